import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.findings.finding import withhold
from harness.provider.tokens import Iteration
from harness.provider.usage import Usage
from harness.reports.document import read_document
from harness.reports.markdown import markdown
from harness.reports.rebuild import is_private, rebuild
from tests.reports.examples import BUST, FINDINGS, HOSTILE, READ, WRITE, findings_of, report, row

OTHER = Usage(
    input_tokens=5,
    ephemeral_1h_input_tokens=7,
    output_tokens=1,
    iterations=(Iteration(type="compaction", model="claude-sonnet-5-5", output_tokens=3),),
    counters=(("server_tool_use.web_search_requests", 2),),
    modifiers=(("speed", "fast"),),
)


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("failed", [0, 1])
@pytest.mark.parametrize("findings", [(), FINDINGS])
def test_markdown_of_report_json_is_that_of_the_run(private: bool, failed: int, findings: tuple[()]) -> None:
    run = report(
        row(WRITE), row(READ), row(OTHER, version="v2"), row(READ, model="gpt-5"), failed=failed, findings=findings
    )
    document = read_document(json.loads(run.to_json(is_private=private)))
    again = rebuild(document)

    expected = markdown(run, run.findings, is_private=private)
    assert markdown(again, again.findings, is_private=is_private(again.findings)) == expected


@given(findings_of(HOSTILE))
@settings(max_examples=30)
def test_any_finding_comes_back(finding: object) -> None:
    run = report(findings=(finding,))  # type: ignore[arg-type]

    assert rebuild(read_document(json.loads(run.to_json(is_private=False)))).findings == (finding,)


@given(st.text())
def test_what_is_withheld_is_withheld_once(text: str) -> None:
    assert withhold(withhold(text)) == withhold(text)
    assert "text" not in withhold("text of a prompt")


def test_a_report_with_texts_is_not_private() -> None:
    assert not is_private([BUST])
    assert is_private([])

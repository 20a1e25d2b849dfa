"""In replay mode, where no cassette holds a changed request, a run names the cause that a run with answers names."""

import json
from typing import Any

import pytest

from harness.cli import main
from tests.pytest_plugin.conftest import APP, PROMPT, Project

pytest_plugins = ("pytester",)

TICKET = """\
suites:
  desk:
    call: app.py:ask
    client: anthropic
    prompts:
      v1: {file: prompt.md}
    cases:
      refund: {ticket: {customer: Ann Lee, text: Where is my money}}
      parcel: {ticket: {customer: Bob Ray, text: Where is my parcel}}
"""
DESK = APP.replace("question):", "ticket):").replace('"content": question', '"content": ticket["text"]')
LEAKS = (
    ("in front", '"text": f"For {ticket[\'customer\']}. {prompt}"'),
    ("at the end", '"text": prompt + "\\nThe customer is " + ticket["customer"]'),
    ("as JSON", '"text": prompt + str({"customer": ticket["customer"].upper()})'),
)
REPORTS = ("-o", "harness_reports=reports")
MODES = ((), ("--harness-mode=emulate",), ("-n", "2"))


@pytest.fixture
def desk(project: Project) -> Project:
    project.write("suite.yaml", TICKET)
    project.write("app.py", DESK)
    project.write("prompt.md", PROMPT)
    project.record("--harness-update-lock")
    return project


def check(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    capsys.readouterr()
    assert main(["lock", "--check", *options]) == 1
    return capsys.readouterr().out


def findings(project: Project) -> list[dict[str, Any]]:
    report: list[dict[str, Any]] = json.loads((project.path / "reports/report.json").read_text(encoding="utf-8"))[
        "findings"
    ]
    return report


@pytest.mark.parametrize("mode", MODES, ids=["replay", "emulate", "xdist"])
@pytest.mark.parametrize("text", [row[1] for row in LEAKS], ids=[row[0] for row in LEAKS])
def test_an_input_in_the_prefix_is_named_in_every_mode(text: str, mode: tuple[str, ...], desk: Project) -> None:
    desk.write("app.py", DESK.replace('"text": prompt', text))

    result = desk.run(*mode, *REPORTS)

    assert result.ret == 1
    assert {finding["rule"] for finding in findings(desk)} == {"leak"}
    for finding in findings(desk):
        assert finding["headline"].startswith("ticket.customer is in the cached prefix")
        assert finding["costs"]


@pytest.mark.parametrize("text", [row[1] for row in LEAKS], ids=[row[0] for row in LEAKS])
def test_the_fast_check_names_the_input_before_the_lost_prefix(
    text: str, desk: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.write("app.py", DESK.replace('"text": prompt', text))

    lines = check(capsys).splitlines()

    headlines = [line for line in lines if ": error: " in line]
    assert "ticket.customer is in the cached prefix" in headlines[0]
    assert "the cached prefix changed" in headlines[1]


def test_a_leak_is_named_even_if_the_application_swallows_the_miss(desk: Project) -> None:
    body = "".join(f"    {line}\n" for line in DESK.replace('"text": prompt', LEAKS[0][1]).splitlines()[2:-1])
    desk.write(
        "app.py",
        "def ask(client, prompt, ticket):\n    try:\n" + body + "    except Exception:\n        return None\n",
    )

    desk.run(*REPORTS)

    assert findings(desk)[0]["rule"] == "leak"


def test_a_typo_does_not_hide_a_date(desk: Project, capsys: pytest.CaptureFixture[str]) -> None:
    text = PROMPT.replace("Rule 3: be", "Rule 3: stay").replace("Rule 150:", "Today is 2026-11-26. Rule 150:")
    desk.write("prompt.md", text)

    result = desk.run()

    result.stdout.fnmatch_lines(
        [
            "  prompt.md:151, system[[]0[]] at character *",
            "  cause: timestamp: *",
            "  also text_changed: system[[]0[]] at character *: '*be polite*' -> '*stay polite*'",
        ]
    )
    assert "change 2 of 2 (text_changed): system[0]" in check(capsys)


def test_a_parameter_outside_the_prefix_is_named_with_both_values(desk: Project) -> None:
    desk.write("app.py", DESK.replace("max_tokens=500", "max_tokens=600"))

    result = desk.run()

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*: max_tokens is 600 (recorded: 500)", "  the cached prefix is as accepted"])


def test_a_checkout_with_other_line_ends_is_the_same_prompt(desk: Project) -> None:
    (desk.path / "prompt.md").write_bytes(PROMPT.replace("\n", "\r\n").encode())

    assert desk.run().ret == 0


def test_line_ends_that_the_application_reads_are_named(desk: Project, capsys: pytest.CaptureFixture[str]) -> None:
    desk.write("app.py", DESK.replace('"text": prompt', '"text": prompt.replace("\\n", "\\r\\n")'))

    result = desk.run()

    result.stdout.fnmatch_lines(
        [
            "  fix:   add '[*].md text eol=lf' to .gitattributes, and run git add --renormalize .",
            "  note:  only the line ends differ: LF before, CRLF now",
        ]
    )
    assert "only the line ends differ: LF before, CRLF now" in check(capsys)


def test_private_runs_name_the_causes_without_the_texts(desk: Project) -> None:
    desk.write("prompt.md", PROMPT.replace("Rule 3: be", "Rule 3: stay").replace("Rule 150:", "At 10:15:02. Rule 150:"))

    result = desk.run("--harness-private", *REPORTS)

    result.stdout.fnmatch_lines(["*change 2 of 2 (text_changed): system[[]0[]] at character *"])
    assert "polite" not in result.stdout.str() + (desk.path / "reports/report.json").read_text(encoding="utf-8")


def test_rebuilding_without_a_suite_says_that_nothing_was_rebuilt(desk: Project) -> None:
    desk.write(
        "test_plain.py",
        "from app import ask\n\ndef test_plain(anthropic_client):\n"
        f"    ask(anthropic_client, {PROMPT!r}, {{'text': 'Hello'}})\n",
    )
    emulated = ("--harness-mode=emulate", "--harness-determinism")

    plain, suite = desk.run("test_plain.py", *emulated), desk.run("suite.yaml", *emulated)

    plain.stdout.fnmatch_lines(["warning: --harness-determinism: no case of a suite sent a request, so nothing *"])
    suite.stdout.no_fnmatch_line("warning: --harness-determinism*")

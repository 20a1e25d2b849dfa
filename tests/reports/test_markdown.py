import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.findings.finding import Finding
from harness.reports.markdown import COMMENT_LIMIT, MARKER, SUMMARY_LIMIT, markdown
from tests.reports.examples import ACCEPTED, BUST, FINDINGS, HOSTILE, READ, UNUSED, WRITE, findings_of, report, row

PARSER = MarkdownIt("gfm-like")
OURS = (MARKER, "<details>\n<summary>Notes and accepted busts: 1</summary>", "</details>")

WHOLE = """\
<!-- prompt-cache-harness -->
# Prompt cache: bust

1 error, 1 warning, 1 note; 3 passed, 1 failed in `replay` mode.

cost of the calls: `$0.0711`, without the prompt cache `$0.0906`, saved `$0.0195` (22 %); usage reported by the \
emulator of this package, by the documented caching rules.

**error: analysis v2: the prefix is not the accepted one**

`prompts/analysis/v2.md:12`, found by `prompt_suites/analysis/suite.yaml::v2[senior-backend]`

```text
case: senior-backend, call 1
first difference: system[0] at character 1,234
  accepted: 'as of 12:00 canary-7f3a'
  now:      'as of 12:01 canary-7f3a'
cause: timestamp: the prefix contains a date or time that changes
cost:  4,000 tokens are no longer read: $0.0108 more per call
fix:   move it after the last breakpoint, into the user message
3 more cases share this prefix
```

If this was not meant: undo the change.

If it was meant: give the prompt a new version, or accept it, best with a reason (cache_bust):

```sh
pytest prompt_suites --harness-update-lock
```

**warning: analysis v1: the lock file has an entry that no test used**

`prompts.lock`, found by `prompts.lock`

Run next:

```sh
pytest prompt_suites --harness-update-lock
```

## Savings

| suite    | version   | model                        | plan           |   calls |   written |   read |   uncached |\
   output |    cost |   without cache |          saved |
|----------|-----------|------------------------------|----------------|---------|-----------|--------|------------|\
----------|---------|-----------------|----------------|
| analysis | v1        | `claude-3-7-sonnet-20250219` | 2 equal rounds |       2 |    10,000 | 10,000 |        200 |\
    2,000 | $0.0711 |         $0.0906 | $0.0195 (22 %) |

Tokens: written to and read from the prompt cache, uncached input, output. Plan: the calls that each \
case makes. In equal rounds and samples, the first writes and the others read all of it; questions read one static \
prefix; each call of a conversation reads what the one before it wrote.

<details>
<summary>Notes and accepted busts: 1</summary>

**note: suggestions v1: a changed prefix was accepted: typo fixed**

found by `prompt_suites/suggestions/suite.yaml::v1`

```text
cost:  one write of 4,000 tokens: $0.0150 once
```

Run next:

```sh
git add prompts.lock
```

</details>
"""

CALLS = (row(WRITE), row(READ))


def comment(*findings: Finding, limit: int = COMMENT_LIMIT) -> str:
    return markdown(report(*CALLS), findings, is_private=False, limit=limit)


def flat(text: str) -> list[Token]:
    """All tokens of a GitHub-flavoured Markdown parser, including inline tokens."""
    return [part for token in PARSER.parse(text) for part in (token, *(token.children or ()))]


def structure(text: str) -> list[tuple[str, str]]:
    """The blocks of a document; HTML with its text, and code blocks marked as such."""
    return [(token.type, token.content if token.type == "html_block" else "") for token in PARSER.parse(text)]


def test_the_comment_is_whole() -> None:
    assert markdown(report(*CALLS, failed=1), FINDINGS, is_private=False) == WHOLE


def test_a_run_without_findings_and_calls_is_short() -> None:
    assert markdown(report()) == (
        "<!-- prompt-cache-harness -->\n# Prompt cache: pass\n\nno findings; 3 passed, 0 failed in `replay` mode.\n"
    )


@pytest.mark.parametrize(
    ("findings", "failed", "explained", "verdict"),
    [
        ((), 1, 0, "fail"),
        ((Finding(rule="cannot-tell", headline="x"),), 1, 1, "cannot tell"),
        ((Finding(rule="cannot-tell", headline="x"),), 2, 1, "fail"),
        ((UNUSED, ACCEPTED), 0, 0, "pass"),
    ],
)
def test_the_heading_is_the_verdict(findings: tuple[Finding, ...], failed: int, explained: int, verdict: str) -> None:
    text = markdown(replace(report(failed=failed), explained=explained), findings, is_private=False)
    assert text.splitlines()[:2] == [MARKER, f"# Prompt cache: {verdict}"]


def test_accepted_busts_are_folded_away_whatever_their_level() -> None:
    text = comment(replace(ACCEPTED, level="warning"))
    assert text.index("<details>") < text.index("**warning: suggestions v1") < text.index("</details>")


@given(HOSTILE, HOSTILE)
def test_excerpts_stay_in_their_code_block(before: str, after: str) -> None:
    after += "."
    assert BUST.place is not None
    place = replace(BUST.place, before=before, after=after)
    tokens = flat(comment(replace(BUST, place=place), ACCEPTED))
    assert [token.content.strip() for token in tokens if token.type.startswith("html")] == list(OURS)
    holding = [token for token in tokens if f"  now:      {after!r}\n" in token.content]
    assert [token.type for token in holding] == ["fence"]
    assert structure(comment(replace(BUST, place=place), ACCEPTED)) == structure(comment(BUST, ACCEPTED))


@given(findings_of(HOSTILE), HOSTILE, HOSTILE)
def test_whatever_stands_in_a_finding_it_is_text_or_code(finding: Finding, suite: str, model: str) -> None:
    call = row(WRITE, suite=suite, model=model)
    tokens = flat(markdown(report(call), [finding], is_private=False))
    html = [token.content.strip() for token in tokens if token.type.startswith("html")]
    assert html in ([OURS[0]], list(OURS))
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    assert kinds.isdisjoint({"link", "image", "list_item", "blockquote", "code_block", "s", "em"})
    assert [token.type for token in tokens].count("td_open") == 12
    for token in tokens:
        if token.type == "text":
            assert not re.search(r"@\w|#\d|GH-\d|\b[0-9a-f]{7,}\b(?<=\d)|https?:|www\.", token.content)


@given(
    st.lists(st.tuples(findings_of(HOSTILE), st.integers(0, 3_000)), max_size=12),
    st.integers(min_value=2_500, max_value=20_000),
)
def test_the_comment_keeps_to_its_limit_and_counts_what_it_leaves_out(
    drawn: list[tuple[Finding, int]], limit: int
) -> None:
    findings = [replace(finding, facts=("é" * length,), headline="headline") for finding, length in drawn]
    text = comment(*findings, limit=limit)
    assert len(text.encode()) <= limit
    shown = len(re.findall(r"^\*\*(?:error|warning|note): headline\*\*$", text, re.MULTILINE))
    left_out = [int(number) for number in re.findall(r"^And (\d+) more findings? that did not fit here\.$", text, re.M)]
    assert shown + sum(left_out) == len(findings)


def test_a_thousand_busts_fit_a_comment_and_its_summary() -> None:
    findings = [replace(BUST, headline=f"analysis v{number}: another prefix") for number in range(1_000)]
    text = comment(*findings, ACCEPTED)
    assert len(text.encode()) <= COMMENT_LIMIT
    assert f"\n\nAnd {1_000 - text.count('**error: ')} more findings that did not fit here.\n\n" in text
    assert "And 1 more finding that did not fit here." in text
    summary = comment(*findings, ACCEPTED, limit=SUMMARY_LIMIT)
    assert "did not fit" not in summary


def test_a_table_that_does_not_fit_is_counted() -> None:
    many = report(*(row(WRITE, version=f"{number}") for number in range(1_000)))
    text = markdown(many, [BUST], is_private=False)
    assert len(text.encode()) <= COMMENT_LIMIT
    assert "## Savings\n\nThe table of 1,000 prompt versions does not fit here.\n" in text
    assert "**error: analysis v2" in text


def test_the_results_of_checks_stand_in_a_table_with_what_failed_below() -> None:
    rows = [
        {
            "check": "json | x",
            "cases": 8,
            "passed": 6,
            "failed": 1,
            "cannot_tell": 1,
            "mean_score": 0.5,
            "rate": 6 / 7,
            "interval": [0.49, 0.97],
        }
    ]
    compared = {
        "suite": "analysis", "check": "json | x", "before": "v1", "after": "v2", "word": "worse", "difference": -0.2,
        "says": "8 cases: 6 worse, 0 better.", "flipped": [*"abcdefg"], "fixed": [],
    }  # fmt: skip
    checked = replace(report(), quality={("analysis", "v2", "anthropic"): rows}, comparisons=(compared,))

    text = markdown(checked, is_private=False)

    assert text.partition("## Answers")[2] == (
        "\n\n"
        "| suite    | version   |   checks |   cases |   passed | mean scores        |\n"
        "|----------|-----------|----------|---------|----------|--------------------|\n"
        "| analysis | v2        |        1 |       8 |   6 of 7 | json `\\x7c` x 0.50 |\n\n"
        "- analysis v2, json `|` x: 6 of 7 pass, 95 % interval 49 to 97 %, 1 cannot be told\n"
        "- analysis v1 to v2, json `|` x: worse. 8 cases: 6 worse, 0 better. "
        "(now failing: a, b, c, d, e and 2 more)\n"
    )

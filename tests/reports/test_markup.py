import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.findings.words import printable
from harness.reports.markup import block, cell, code, inline
from tests.reports.examples import HOSTILE

PARSER = MarkdownIt("gfm-like")


def parse(text: str) -> list[Token]:
    (_, line, _) = PARSER.parse(text)
    assert line.children is not None
    return line.children


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the second call, then: done.", "the second call, then: done."),
        ("analysis v1 costs 4,000 tokens (22 %)", "analysis v1 costs 4,000 tokens (22 %)"),
        ("more: $0.0108 a call", "more: `$0.0108` a call"),
        ("in prompts/v2.md, at (system[0])", "in `prompts/v2.md`, at (`system[0]`)"),
        ("@octocat fixes #12 and GH-12 by 1234567", "`@octocat` fixes `#12` and `GH-12` by `1234567`"),
        ("a`b ``c``", "``a`b`` ``` ``c`` ```"),
        ("</details> <b>", "`</details>` `<b>`"),
        ("a\nb\x1b", "a `b\\x1b`"),
    ],
)
def test_plain_words_stay_and_others_become_code(text: str, shown: str) -> None:
    assert inline(text) == shown


@given(HOSTILE)
def test_nothing_but_text_and_code_comes_of_any_text(text: str) -> None:
    tokens = parse(f"**{inline('x ' + text)}**")
    kinds = [token.type for token in tokens if token.content or token.nesting]
    assert (kinds[0], kinds[-1]) == ("strong_open", "strong_close")
    assert set(kinds[1:-1]) <= {"text", "code_inline"}


@given(HOSTILE)
def test_a_code_span_holds_all_of_the_text(text: str) -> None:
    (span,) = [token for token in parse(f"x {code('a' + text)}") if token.type == "code_inline"]
    assert span.content == printable("a" + text)


@given(HOSTILE.map(lambda text: text or "x"), HOSTILE)
def test_a_cell_stays_a_cell(first: str, second: str) -> None:
    table = f"| a | b |\n|---|---|\n| {cell(first)} | {cell(second)} |\n"
    tokens = PARSER.parse(table)
    assert [token.type for token in tokens].count("td_open") == 2
    assert tokens[-1].type == "table_close"


@given(st.lists(HOSTILE))
def test_a_block_holds_all_of_its_lines(lines: list[str]) -> None:
    (fence,) = PARSER.parse(block(lines, language="text"))
    assert fence.type == "fence"
    assert fence.content == "".join(f"{printable(line)}\n" for line in lines)

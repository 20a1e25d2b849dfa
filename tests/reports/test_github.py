import re
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.finding import Finding
from harness.reports.github import MAX_OF_A_KIND, annotations, defuse
from tests.reports.examples import ACCEPTED, BUST, FINDINGS, HOSTILE, UNUSED, findings_of

ERROR = (
    "::error file=prompts/analysis/v2.md,line=12,title=prompt cache%3A bust::"
    "analysis v2: the prefix is not the accepted one%0A"
    "  case: senior-backend, call 1%0A"
    "  first difference: system[0] at character 1,234%0A"
    "    accepted: 'as of 12:00 canary-7f3a'%0A"
    "    now:      'as of 12:01 canary-7f3a'%0A"
    "  cause: timestamp: the prefix contains a date or time that changes%0A"
    "  cost:  4,000 tokens are no longer read: $0.0108 more per call%0A"
    "  fix:   move it after the last breakpoint, into the user message%0A"
    "  3 more cases share this prefix%0A"
    "if this was not meant: undo the change%0A"
    "if it was meant: give the prompt a new version, or accept it, best with a reason (cache_bust): "
    "pytest prompt_suites --harness-update-lock"
)


class Command(NamedTuple):
    """A workflow command as the runner parses it from a line."""

    name: str
    properties: dict[str, str]
    data: str


def obeyed(output: str) -> list[Command | str]:
    """Find what the runner obeys in the output of a step: commands, and the names of older ones.

    According to its ActionCommand.cs, a line ends with CR or LF, "::" counts after white space,
    and "##[" counts anywhere. Here every name counts, even if the runner does not know it.
    """
    found: list[Command | str] = []
    for line in re.split(r"[\r\n]", output):
        if match := re.match(r"\s*::((?:(?!::).)*)::(.*)", line, re.DOTALL):
            name, _, rest = match[1].partition(" ")
            pairs = (pair.split("=", 1) for pair in rest.split(",") if "=" in pair)
            found.append(Command(name, {key: unescape(value) for key, value in pairs}, unescape(match[2])))
        elif match := re.search(r"##\w*\[([^\]]*)\]", line):
            found.append(match[0])
    return found


def unescape(text: str) -> str:
    for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, char)
    return text


def test_annotations_are_whole_and_errors_come_first() -> None:
    assert annotations(FINDINGS, is_private=False) == [
        ERROR,
        "::warning file=prompts.lock,title=prompt cache%3A unused::"
        "analysis v1: the lock file has an entry that no test used%0A"
        "next: pytest prompt_suites --harness-update-lock",
        "::notice title=prompt cache%3A accepted-bust::"
        "suggestions v1: a changed prefix was accepted: typo fixed%0A"
        "  cost:  one write of 4,000 tokens: $0.0150 once%0A"
        "next: git add prompts.lock",
    ]


def test_no_findings_make_no_lines() -> None:
    assert annotations([], is_private=False) == []


def test_properties_and_messages_are_escaped_as_the_toolkit_does() -> None:
    finding = Finding(rule="bust", headline="100 %, done: ok", file="a,b:c%.md", line=1)
    assert annotations([finding], is_private=False) == [
        "::error file=a%2Cb%3Ac%25.md,line=1,title=prompt cache%3A bust::100 %25, done: ok"
    ]


def test_paths_of_windows_have_forward_slashes() -> None:
    (line,) = annotations([replace(UNUSED, file="prompts\\v2.md")], is_private=False)
    assert line.startswith("::warning file=prompts/v2.md,title=")


@pytest.mark.parametrize(
    ("errors", "notes", "last"),
    [
        (
            11,
            0,
            "1 more finding without an annotation: GitHub shows 10 errors, 10 warnings and 10 notices per step",
        ),
        (
            13,
            14,
            "7 more findings without an annotation: GitHub shows 10 errors, 10 warnings and 10 notices per step",
        ),
    ],
)
def test_what_github_would_drop_is_counted(errors: int, notes: int, last: str) -> None:
    lines = annotations([*[ACCEPTED] * notes, *[BUST] * errors], is_private=False)
    names = [line.split()[0] for line in lines[:-1]]
    assert names == ["::error"] * MAX_OF_A_KIND + ["::notice"] * min(notes, MAX_OF_A_KIND)
    assert lines[-1] == last


@given(findings_of(HOSTILE))
def test_whatever_stands_in_a_finding_it_is_one_command(finding: Finding) -> None:
    lines = annotations([finding], is_private=False)
    (command,) = obeyed("\n".join(lines))
    assert isinstance(command, Command)
    assert command.name == {"error": "error", "warning": "warning", "note": "notice"}[finding.level]
    assert set(command.properties) <= {"file", "line", "title"}
    assert command.properties["title"] == f"prompt cache: {finding.rule}"
    # If the runner does not know the newer name, older commands count anywhere in the line.
    assert "##[" not in lines[0]


@given(HOSTILE)
def test_defused_text_holds_no_command(text: str) -> None:
    assert obeyed(defuse(text)) == []
    assert defuse(defuse(text)) == defuse(text)


@given(HOSTILE)
def test_a_defused_excerpt_spells_the_same_text(text: str) -> None:
    spelled = eval(defuse(f"  now: {text!r}").partition(": ")[2])
    assert spelled == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("a\n \t::add-mask::x", "a\n \t" + r"\x3a:add-mask::x"),
        ("a\r::error::x", "a\r" + r"\x3a:error::x"),
        ("\u3000::error::x", "\u3000" + r"\x3a:error::x"),
        ("now: '##[error]x'", r"now: '#\x23[error]x'"),
        ("###[error]x", r"##\x23[error]x"),
        ("##vso[task.setvariable variable=a]b", r"#\x23vso[task.setvariable variable=a]b"),
        ("test_app.py::test_one ## [x] C++::f", "test_app.py::test_one ## [x] C++::f"),
        ("", ""),
    ],
)
def test_only_what_the_runner_would_obey_is_changed(text: str, shown: str) -> None:
    assert defuse(text) == shown


@given(st.text(alphabet=" \n\r:#[x]", max_size=12))
def test_short_texts_of_the_characters_that_matter_hold_no_command(text: str) -> None:
    assert obeyed(defuse(text)) == []

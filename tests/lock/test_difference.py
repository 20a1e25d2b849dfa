"""Two lock files compared, as a table, in Markdown and as JSON."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given

from harness.lock.difference import LockDifference, compare_locks, difference_json, difference_table, lock_table
from harness.lock.entries import Lock, LockedBlock, LockedBreakpoint, LockedCall, LockEntry
from tests.reports.examples import HOSTILE


def call(text: str = "a", *, tokens: int = 2_400, tail: int = 4, model: str = "claude-sonnet-5-5") -> LockedCall:
    return LockedCall(
        model=model,
        parameters={},
        breakpoints=(LockedBreakpoint("system[0]", "5m", tokens, text * 64),),
        blocks=(LockedBlock("system[0]", "-", "text", tokens, text * 64),),
        tail_tokens=tail,
    )


def entry(
    *calls: LockedCall, version: str = "v1", case: str = "refund", reason: str | None = None, suite: str = "eu/support"
) -> LockEntry:
    return LockEntry(suite=suite, version=version, case=case, calls=calls, reason=reason)


def lock(*entries: LockEntry) -> Lock:
    return Lock(entries={one.key: one for one in entries})


OLD = lock(
    entry(call()),
    entry(call(), case="parcel"),
    entry(call(), case="return"),
    entry(call(), case="same"),
    entry(call(), case="gone"),
    entry(call(), version="", suite="test_app", case="test_ask"),
)
NEW = lock(
    entry(call("b", tokens=2_500)),
    entry(call("b"), case="parcel", reason="a typo | in rule 3"),
    entry(call(tail=9), case="return"),
    entry(call(), case="same"),
    entry(call("c"), version="v2"),
    entry(call("c", model="claude-of-tomorrow"), case="late"),
    entry(call(), call("d"), version="", suite="test_app", case="test_ask"),
)
DIFFERENCES = compare_locks(OLD, NEW)


def test_every_kind_of_change_has_its_name_and_place() -> None:
    assert [(one.version, one.case, one.change, one.path) for one in DIFFERENCES] == [
        ("v1", "gone", "removed", None),
        ("v1", "late", "new", None),
        ("v1", "parcel", "accepted", "system[0]"),
        ("v1", "refund", "changed", "system[0]"),
        ("v1", "return", "figures", None),
        ("v2", "refund", "new version", None),
        ("", "test_ask", "changed", "calls"),
    ]
    assert [one.case for one in DIFFERENCES if one.is_bust] == ["gone", "refund", "test_ask"]


def test_equal_locks_do_not_differ() -> None:
    assert compare_locks(OLD, OLD) == ()
    assert difference_table((), style="simple") == ""
    assert difference_json(()) == "[]"


def test_reason_that_was_there_before_accepts_nothing() -> None:
    before, after = (lock(entry(call(text), reason="a typo")) for text in "ab")

    (one,) = compare_locks(before, after)

    assert (one.change, one.is_bust) == ("changed", True)


def test_table_for_a_terminal() -> None:
    assert difference_table(DIFFERENCES, style="simple") == TABLE


TABLE = """\
suite       version    case      change       first difference      prefix tokens    per 1,000 calls  reason
----------  ---------  --------  -----------  ------------------  ---------------  -----------------  ------------------
eu/support  v1         gone      removed      -                         2,400 → -        $0.2538 → -
eu/support  v1         late      new          -                         - → 2,400                  -
eu/support  v1         parcel    accepted     system[0]                     2,400            $0.2538  a typo | in rule 3
eu/support  v1         refund    changed      system[0]             2,400 → 2,500  $0.2538 → $0.2640
eu/support  v1         return    figures      -                             2,400  $0.2538 → $0.2638
eu/support  v2         refund    new version  -                         - → 2,400        - → $0.2538
test_app    -          test_ask  changed      calls                 2,400 → 4,800  $0.2538 → $0.5076"""


def test_table_in_markdown() -> None:
    assert difference_table(DIFFERENCES[2:4], style="github") == MARKDOWN


MARKDOWN = """\
| suite      | version   | case   | change   | first difference   |   prefix tokens |   per 1,000 calls | reason                  |
|------------|-----------|--------|----------|--------------------|-----------------|-------------------|-------------------------|
| eu/support | v1        | parcel | accepted | `system[0]`        |           2,400 |           $0.2538 | `a typo \\x7c in rule 3` |
| eu/support | v1        | refund | changed  | `system[0]`        |   2,400 → 2,500 | $0.2538 → $0.2640 |                         |"""  # noqa: E501


def test_json() -> None:
    assert json.loads(difference_json(DIFFERENCES[3:4])) == [
        {
            "suite": "eu/support",
            "version": "v1",
            "case": "refund",
            "change": "changed",
            "path": "system[0]",
            "tokens_before": 2400,
            "tokens_after": 2500,
            "usd_per_1000_before": "0.2538",
            "usd_per_1000_after": "0.2640",
            "reason": None,
            "flipped": [],
        }
    ]


def test_table_of_what_is_accepted() -> None:
    assert lock_table(NEW, style="simple") == ACCEPTED


ACCEPTED = """\
suite       version    case      model                 prefix tokens    per 1,000 calls  reason
----------  ---------  --------  ------------------  ---------------  -----------------  ------------------
eu/support  v1         late      claude-of-tomorrow            2,400                  -
eu/support  v1         parcel    claude-sonnet-5-5             2,400            $0.2538  a typo | in rule 3
eu/support  v1         refund    claude-sonnet-5-5             2,500            $0.2640
eu/support  v1         return    claude-sonnet-5-5             2,400            $0.2638
eu/support  v1         same      claude-sonnet-5-5             2,400            $0.2538
eu/support  v2         refund    claude-sonnet-5-5             2,400            $0.2538
test_app    -          test_ask  claude-sonnet-5-5             4,800            $0.5076"""


# --- user text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "cell"),
    [
        ("a typo in rule three", "a typo in rule three"),
        ("fixes v2, again", "fixes v2, again"),
        ("see #12", "`see #12`"),
        ("asked by @octocat", "`asked by @octocat`"),
        ("<!-- gone -->", "`<!-- gone -->`"),
        ("one | two", "`one \\x7c two`"),
        ("a `b` c", "``a `b` c``"),
        ("`b`", "`` `b` ``"),
        ("one\n\n# two", "`one # two`"),
        ("red \x1b[31m", "`red \\x1b[31m`"),
        ("as of deadbeef12345678", "`as of deadbeef12345678`"),
    ],
)
def test_reason_is_a_cell_of_plain_words_or_code(reason: str, cell: str) -> None:
    one = replace(DIFFERENCES[2], reason=reason)

    assert difference_table([one], style="github").splitlines()[2].rpartition("$0.2538 | ")[2].strip(
        " |"
    ) == cell.strip(" |")


@given(HOSTILE)
def test_no_word_of_a_user_breaks_out_of_its_cell(text: str) -> None:
    one = LockDifference(suite=text, version=text, case=text, change="changed", path=text, reason=text)
    accepted = lock(entry(call(model=text), suite=text, version=text, case=text, reason=text))

    for table, columns in ((difference_table([one], style="github"), 8), (lock_table(accepted, style="github"), 7)):
        lines = table.split("\n")
        assert len(lines) == 3
        assert table.isprintable() or set(filter(lambda char: not char.isprintable(), table)) == {"\n"}
        cells = lines[2].removeprefix("|").removesuffix("|").split("|")
        assert len(cells) == columns
        assert all(_is_harmless(cell.strip()) for cell in cells)


def _is_harmless(cell: str) -> bool:
    """Whether a cell is words, figures, or one code span that ends with the cell."""
    fence = re.match("`*", cell)
    assert fence is not None
    if not fence[0]:
        return re.fullmatch(r"[\w ,/→$.-]*", cell) is not None
    inner = cell.removeprefix(fence[0]).removesuffix(fence[0])
    return cell.endswith(fence[0]) and fence[0] not in re.findall("`+", inner)


@given(HOSTILE)
def test_in_a_terminal_a_reason_is_one_line_without_control_characters(text: str) -> None:
    table = difference_table([replace(DIFFERENCES[2], reason=text)], style="simple")

    assert len(table.split("\n")) == 3
    assert all(char.isprintable() for line in table.split("\n") for char in line)


@given(HOSTILE)
def test_json_gives_a_reason_back(text: str) -> None:
    assert json.loads(difference_json([replace(DIFFERENCES[2], reason=text)]))[0]["reason"] == text

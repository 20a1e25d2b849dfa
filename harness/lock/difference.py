"""Two lock files side by side: which entries are new, gone, changed or accepted, in tokens and dollars."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Literal

from tabulate import tabulate

from harness.findings.words import printable
from harness.lock.entries import Lock, LockEntry
from harness.lock.figures import price_of_1000
from harness.lock.results import find_flipped
from harness.provider.pricing import dollars

ChangeKind = Literal["changed", "accepted", "new version", "new", "removed", "figures", "checks"]
"""``figures``: the prefixes are the same, but the tokens or the reason differ; ``checks``: only what the checks of the
answers said."""

_HEADERS = ("suite", "version", "case", "change", "first difference", "prefix tokens", "per 1,000 calls", "reason")


_PLAIN = re.compile(r"[^\W\d_]+\d{0,2}(?:(?:[ /-]|, )[^\W\d_]+\d{0,2})*|-|")
"""Words, and names such as ``v2`` that are too short for a commit hash."""
_BACKTICKS = re.compile("`+")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockDifference:
    """One entry that differs between two lock files."""

    suite: str
    version: str
    case: str
    change: ChangeKind
    path: str | None = None
    """Path of the first block or parameter that differs."""
    tokens_before: int | None = None
    """Sum of the longest prefix of each call."""
    tokens_after: int | None = None
    usd_per_1000_before: str | None = None
    usd_per_1000_after: str | None = None
    reason: str | None = None
    is_replaced: bool = False
    """The entry is gone, and its case has another version."""
    flipped: tuple[str, ...] = ()
    """Checks whose result changed between passed and failed, each with both results."""

    @property
    def is_bust(self) -> bool:
        """Whether the entry changed under the same version without a reason, or is gone."""
        return self.change == "changed" or (self.change == "removed" and not self.is_replaced)


def compare_locks(old: Lock, new: Lock) -> tuple[LockDifference, ...]:
    """Compare two locks; return every entry that differs, sorted by key."""
    known = {(entry.suite, entry.case) for entry in old.entries.values()}
    kept = {(entry.suite, entry.case) for entry in new.entries.values() if entry.version}
    pairs = [(old.entries.get(key), new.entries.get(key)) for key in sorted(old.entries.keys() | new.entries.keys())]
    found = tuple(_compare(before, after, known) for before, after in pairs if before != after)
    return tuple(
        replace(one, is_replaced=True) if one.change == "removed" and (one.suite, one.case) in kept else one
        for one in found
    )


def difference_table(differences: Sequence[LockDifference], *, style: str) -> str:
    """A row per difference; ``style`` is a table format of ``tabulate``. Empty if there are no differences."""
    if not differences:
        return ""
    align = ("left",) * 5 + ("right",) * 2 + ("left",)
    rows = [_cells(difference, style) for difference in differences]
    return tabulate(rows, headers=_HEADERS, tablefmt=style, colalign=align, disable_numparse=True)


def flipped_lines(differences: Sequence[LockDifference]) -> list[str]:
    """A line for each check of a case whose result changed between passed and failed."""
    return [
        f"{' '.join(part for part in (one.suite, one.version, one.case) if part)}: {printable(flipped)}"
        for one in differences
        for flipped in one.flipped
    ]


def difference_json(differences: Sequence[LockDifference]) -> str:
    """The differences as indented JSON; money as strings."""
    rows = [asdict(difference) for difference in differences]
    for row in rows:
        del row["is_replaced"]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def lock_table(lock: Lock, *, style: str) -> str:
    """A row per entry: the accepted prompt, and its cost."""
    headers = ("suite", "version", "case", "model", "prefix tokens", "per 1,000 calls", "reason")
    rows = [
        (
            _cell(entry.suite, style),
            _cell(entry.version or "-", style),
            _cell(entry.case, style),
            _cell(", ".join(dict.fromkeys(call.model for call in entry.calls)), style),
            f"{_tokens(entry):,}",
            _money(_price(entry)),
            _cell(entry.reason or "", style),
        )
        for _, entry in sorted(lock.entries.items())
    ]
    align = ("left",) * 4 + ("right",) * 2 + ("left",)
    return tabulate(rows, headers=headers, tablefmt=style, colalign=align, disable_numparse=True)


def _cells(difference: LockDifference, style: str) -> tuple[str, ...]:
    return (
        _cell(difference.suite, style),
        _cell(difference.version or "-", style),
        _cell(difference.case, style),
        difference.change,
        _cell(difference.path or "-", style),
        _arrow(_count(difference.tokens_before), _count(difference.tokens_after)),
        _arrow(_money(difference.usd_per_1000_before), _money(difference.usd_per_1000_after)),
        _cell(difference.reason or "", style),
    )


def _cell(text: str, style: str) -> str:
    """User text for a table cell: one line without control characters; in Markdown, as code unless it is plain words.

    Code disables markup, HTML, mentions and links; but a bar ends the cell even in code.
    """
    line = printable(" ".join(text.split()))
    if style != "github" or _PLAIN.fullmatch(line):
        return line
    fence = "`" * (max(map(len, _BACKTICKS.findall(line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}".replace("|", r"\x7c")


def _compare(before: LockEntry | None, after: LockEntry | None, known: set[tuple[str, str]]) -> LockDifference:
    entry = after or before
    assert entry is not None
    return LockDifference(
        suite=entry.suite,
        version=entry.version,
        case=entry.case,
        change=_name_change(before, after, known),
        path=_first_path(before, after) if before and after else None,
        tokens_before=_tokens(before) if before else None,
        tokens_after=_tokens(after) if after else None,
        usd_per_1000_before=_price(before) if before else None,
        usd_per_1000_after=_price(after) if after else None,
        reason=after.reason if after else None,
        flipped=tuple(_flipped(before, after)) if before and after else (),
    )


def _flipped(before: LockEntry, after: LockEntry) -> Iterator[str]:
    for name, old, new in find_flipped(before.results, after.results):
        yield f"{name}: {old} → {new}"


def _name_change(before: LockEntry | None, after: LockEntry | None, known: set[tuple[str, str]]) -> ChangeKind:
    if after is None:
        return "removed"
    if before is None:
        return "new version" if after.version and (after.suite, after.case) in known else "new"
    if before.prefix == after.prefix:
        checked = replace(before, answered_by=after.answered_by, results=after.results)
        return "checks" if checked == after else "figures"
    return "accepted" if after.reason and after.reason != before.reason else "changed"


def _first_path(before: LockEntry, after: LockEntry) -> str | None:
    pairs = zip(before.calls, after.calls, strict=False)
    found = next((old.differs_at(new) for old, new in pairs if old.prefix != new.prefix), None)
    return found or ("calls" if before.prefix != after.prefix else None)


def _tokens(entry: LockEntry) -> int:
    return sum(call.prefix_tokens for call in entry.calls)


def _price(entry: LockEntry) -> str | None:
    """Dollars for the input of a thousand rounds of an entry's calls; ``None`` if a price is unknown."""
    prices = [price_of_1000(call) for call in entry.calls]
    known = [Decimal(price) for price in prices if price is not None]
    return str(sum(known, Decimal(0))) if len(known) == len(prices) else None


def _arrow(before: str, after: str) -> str:
    return after if before == after else f"{before} → {after}"


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _money(text: str | None) -> str:
    return "-" if text is None else dollars(Decimal(text))

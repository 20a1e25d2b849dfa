"""Two lock files side by side: which entries are new, gone, changed or accepted, in tokens and dollars."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

from tabulate import tabulate

from harness.gate.lockfile import Entry, Lock, LockedCall
from harness.provider.pricing import dollars

Change = Literal["changed", "accepted", "new version", "new", "removed", "figures"]
"""``figures``: the prefixes are the same, what they are expected to cost is not."""

_HEADERS = ("suite", "version", "case", "change", "first difference", "prefix tokens", "per 1,000 calls", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One entry that is not the same in both."""

    suite: str
    version: str
    case: str
    change: Change
    path: str | None = None
    """Of the first block or parameter that differs."""
    tokens_before: int | None = None
    """Of the longest prefix of each call, summed."""
    tokens_after: int | None = None
    usd_per_1000_before: str | None = None
    usd_per_1000_after: str | None = None
    reason: str | None = None

    @property
    def is_bust(self) -> bool:
        """Whether what was accepted changed under the same version, and nobody said why."""
        return self.change == "changed"


def compare_locks(old: Lock, new: Lock) -> tuple[Difference, ...]:
    """Every entry that differs, sorted by key."""
    known = {(entry.suite, entry.case) for entry in old.entries.values()}
    pairs = [(old.entries.get(key), new.entries.get(key)) for key in sorted(old.entries.keys() | new.entries.keys())]
    return tuple(_compare(before, after, known) for before, after in pairs if before != after)


def difference_table(differences: Sequence[Difference], *, style: str) -> str:
    """A row per difference; ``style`` is a table format of ``tabulate``. Empty if there is none."""
    if not differences:
        return ""
    align = ("left",) * 5 + ("right",) * 2 + ("left",)
    rows = [_cells(difference, style) for difference in differences]
    return tabulate(rows, headers=_HEADERS, tablefmt=style, colalign=align, disable_numparse=True)


def difference_json(differences: Sequence[Difference]) -> str:
    """The differences as indented JSON; money as strings."""
    return json.dumps([asdict(difference) for difference in differences], indent=2, ensure_ascii=False)


def lock_table(lock: Lock, *, style: str) -> str:
    """A row per entry: what is accepted, and what it costs."""
    headers = ("suite", "version", "case", "model", "prefix tokens", "per 1,000 calls", "reason")
    rows = [
        (
            entry.suite,
            entry.version or "-",
            entry.case,
            ", ".join(dict.fromkeys(call.model for call in entry.calls)),
            f"{_tokens(entry):,}",
            _money(_price(entry)),
            _cell(entry.reason or "", style),
        )
        for _, entry in sorted(lock.entries.items())
    ]
    align = ("left",) * 4 + ("right",) * 2 + ("left",)
    return tabulate(rows, headers=headers, tablefmt=style, colalign=align, disable_numparse=True)


def _cells(difference: Difference, style: str) -> tuple[str, ...]:
    return (
        difference.suite,
        difference.version or "-",
        difference.case,
        difference.change,
        difference.path or "-",
        _arrow(_count(difference.tokens_before), _count(difference.tokens_after)),
        _arrow(_money(difference.usd_per_1000_before), _money(difference.usd_per_1000_after)),
        _cell(difference.reason or "", style),
    )


def _cell(text: str, style: str) -> str:
    """A user's words in a table: of one line, and in Markdown without what would end the cell or be read as HTML."""
    line = " ".join(text.split())
    if style != "github":
        return line
    for character in "\\`*_[]<>|@#!~":
        line = line.replace(character, f"\\{character}")
    return line


def _compare(before: Entry | None, after: Entry | None, known: set[tuple[str, str]]) -> Difference:
    entry = after or before
    assert entry is not None
    return Difference(
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
    )


def _name_change(before: Entry | None, after: Entry | None, known: set[tuple[str, str]]) -> Change:
    if after is None:
        return "removed"
    if before is None:
        return "new version" if after.version and (after.suite, after.case) in known else "new"
    if before.prefix == after.prefix:
        return "figures"
    return "accepted" if after.reason and after.reason != before.reason else "changed"


def _first_path(before: Entry, after: Entry) -> str | None:
    pairs = zip(before.calls, after.calls, strict=False)
    found = next((_path_in_call(old, new) for old, new in pairs if old.prefix != new.prefix), None)
    return found or ("calls" if before.prefix != after.prefix else None)


def _path_in_call(old: LockedCall, new: LockedCall) -> str:
    if old.model != new.model:
        return "model"
    for one, two in zip(old.blocks, new.blocks, strict=False):
        if one.digest != two.digest:
            return two.path
    parameters: tuple[dict[str, Any], dict[str, Any]] = (old.parameters, new.parameters)
    changed = (
        key for key in sorted({*old.parameters, *new.parameters}) if parameters[0].get(key) != parameters[1].get(key)
    )
    return next(changed, "cache_control")


def _tokens(entry: Entry) -> int:
    return sum(max((point.tokens for point in call.points), default=0) for call in entry.calls)


def _price(entry: Entry) -> str | None:
    """Dollars for the input of a thousand rounds of an entry's calls; ``None`` where a price is not known."""
    prices = [call.usd_per_1000_calls for call in entry.calls]
    known = [Decimal(price) for price in prices if price is not None]
    return str(sum(known, Decimal(0))) if len(known) == len(prices) else None


def _arrow(before: str, after: str) -> str:
    return after if before == after else f"{before} → {after}"


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _money(text: str | None) -> str:
    return "-" if text is None else dollars(Decimal(text))

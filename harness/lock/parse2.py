"""Read format 2 of the lock file, which `harness.lock.format2` describes: sort its lines and combine them."""

from collections.abc import Mapping
from dataclasses import replace
from json import JSONDecodeError
from typing import Any, NamedTuple

from harness.errors import LockError
from harness.files import check_depth
from harness.lock.entries import (
    FORMS,
    TTLS,
    Lock,
    LockedBlock,
    LockedBreakpoint,
    LockedCall,
    LockEntry,
    check_parameters,
    prefix_ends,
)
from harness.lock.format2 import END, VERSION, Group, check_sum
from harness.lock.results import read_results
from harness.lock.values import (
    RESTORE,
    block_order,
    check_block_path,
    check_choice,
    check_count,
    check_digest,
    check_keys,
    check_list,
    check_text,
)
from harness.numbers import make_decoder

MERGE = "keep the lines of one side, or restore the file; then accept what changed: pytest --harness-update-lock"

_OPTIONAL = ("version", "prefixes", "reason", "answered_by", "checks")
"""Keys of the line of a case that it may lack."""

type Prefix = tuple[Group, str]
"""Its group and its name."""


class _Line(NamedTuple):
    number: int
    data: Mapping[str, Any]


class _LineError(Exception):
    """A faulty line: its number, the problem and a hint."""

    def __init__(self, number: int, what: str, hint: str) -> None:
        super().__init__(number, what, hint)
        self.number, self.what, self.hint = number, what, hint


def parse_lines(text: str, place: str) -> Lock:
    """Parse the text of a file in format 2; ``place`` names it in messages.

    Raises:
        LockError: a line is damaged, or contradicts another one.
    """
    try:
        # Not ``splitlines``: names may hold characters that it treats as line ends.
        rows = [_Line(number, _load(number, raw)) for number, raw in enumerate(text.split("\n"), 1) if raw.strip()]
        return _sort(rows).build()
    except _LineError as error:
        raise LockError(f"{place}:{error.number}: {error.what}", hint=error.hint) from None


def _load(number: int, raw: str) -> Any:
    try:
        check_depth(raw)
        return _DECODER.decode(raw)
    except JSONDecodeError as error:
        raise _LineError(number, f"not a line of a lock file: {error.msg}", RESTORE) from None
    except RecursionError:
        raise _LineError(number, "not a line of a lock file: nested too deeply", RESTORE) from None
    except ValueError as error:
        raise _LineError(number, str(error), RESTORE) from None


def _sort(rows: list[_Line]) -> "_Lines":
    """Sort the lines between the first and the last one; both must be present."""
    lines = _Lines()
    if not rows or not _is_first(rows[0].data):
        raise _LineError(rows[0].number if rows else 1, f'the first line is not {{"format": {VERSION}}}', RESTORE)
    for row in rows[1:-1]:
        try:
            lines.add(row)
        except ValueError as error:
            raise _LineError(row.number, str(error), RESTORE) from None
    if rows[-1].data != END:
        raise _LineError(rows[-1].number, "the file ends here, but its last line is missing", RESTORE)
    return lines


def _is_first(data: Any) -> bool:
    return data == {"format": VERSION} and type(data["format"]) is int


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a key appears twice in the line")
    return data


_DECODER = make_decoder(_make_object)
"""One for all lines."""


class _Lines:
    """The lines of a file, sorted by kind."""

    def __init__(self) -> None:
        self._prefixes: dict[Group, dict[str, _Line]] = {}
        self._heads: list[tuple[Group, _Line]] = []
        self._blocks: list[tuple[Group, _Line]] = []
        self._cases: dict[str, _Line] = {}

    def add(self, line: _Line) -> None:
        """Check a single line and add it.

        Raises:
            ValueError: the line has an invalid value.
        """
        data = line.data
        if not isinstance(data, dict):
            raise ValueError(f"{data!r:.60} is not an object")
        if data == END:
            raise ValueError("more lines follow this line, which must be the last one")
        if _is_first(data):
            return
        if "case" in data:
            _put(self._cases, _check_case(data), line, "case")
        elif "block" in data:
            _check_block(data)
            self._blocks.append((_group(data), line))
        elif "model" in data:
            _check_head(data)
            self._heads.append((_group(data), line))
        else:
            check_keys(data, required=("suite", "prefix"), optional=("version",))
            _check_group(data)
            check_text(data["prefix"], "prefix")
            _put(self._prefixes.setdefault(_group(data), {}), data["prefix"], line, "prefix")

    def build(self) -> Lock:
        """Combine the lines into a lock."""
        calls = self._build_prefixes()
        unused = dict.fromkeys(calls)
        entries = {}
        for key, line in self._cases.items():
            group, tails = _group(line.data), line.data["tail_tokens"]
            names = [self._name(group, name, line) for name in line.data.get("prefixes") or [None] * len(tails)]
            entries[key] = LockEntry(
                suite=group[0],
                version=group[1],
                case=line.data["case"],
                calls=tuple(
                    replace(calls[group, name], tail_tokens=tail) for name, tail in zip(names, tails, strict=True)
                ),
                reason=line.data.get("reason"),
                answered_by=line.data.get("answered_by", ""),
                results=read_results(line.data.get("checks", {})),
            )
            for name in names:
                unused.pop((group, name), None)
        for group, name in unused:
            raise _LineError(self._prefixes[group][name].number, "no case uses this prefix", MERGE)
        return Lock(entries=entries)

    def _build_prefixes(self) -> dict[Prefix, LockedCall]:
        """Build a call for each prefix, with nothing after the prefix."""
        heads: dict[Prefix, _Line] = {}
        blocks: dict[Prefix, dict[str, _Line]] = {}
        for group, line in self._heads:
            name = self._name(group, line.data.get("prefix"), line)
            _put(heads, (group, name), line, "prefix")
        for group, line in self._blocks:
            name = self._name(group, line.data.get("prefix"), line)
            _put(blocks.setdefault((group, name), {}), line.data["block"], line, "block")
        calls = {}
        for group, lines in self._prefixes.items():
            for name, line in lines.items():
                head = heads.get((group, name))
                found = [one.data for one in blocks.get((group, name), {}).values()]
                call = None if head is None else _build_call(head.data, found)
                if call is None or check_sum(call) != name:
                    raise _LineError(line.number, "other lines of this prefix were changed or lost", MERGE)
                calls[group, name] = call
        return calls

    def _name(self, group: Group, name: str | None, line: _Line) -> str:
        """The name of the prefix that a line belongs to; a line that names none belongs to the only prefix."""
        known = self._prefixes.get(group, {})
        if name is None and len(known) == 1:
            return next(iter(known))
        if name is None and known:
            numbers = " and ".join(str(found.number) for found in known.values())
            what = f"its version has several prefixes, on lines {numbers}, and it names none of them"
            raise _LineError(line.number, what, MERGE)
        if name is None or name not in known:
            raise _LineError(line.number, f"no line defines its prefix{f' {name!r:.60}' if name else ''}", MERGE)
        return name


def _put[Key](lines: dict[Key, _Line], key: Key, line: _Line, what: str) -> None:
    """Add a line; it may be repeated, but must not contradict a line with the same key."""
    known = lines.setdefault(key, line)
    if known is not line and _facts(known) != _facts(line):
        raise _LineError(line.number, f"line {known.number} has other values for the same {what}", MERGE)


def _facts(line: _Line) -> dict[str, Any]:
    # A line may leave out its prefix while there is only one.
    return {key: value for key, value in line.data.items() if key != "prefix"}


def _group(data: Mapping[str, Any]) -> Group:
    return data["suite"], data.get("version", "")


def _check_group(data: Mapping[str, Any]) -> None:
    check_text(data["suite"], "suite")
    check_text(data.get("version", ""), "version")


def _check_case(data: Mapping[str, Any]) -> str:
    """Check the line of a case; return its key."""
    check_keys(data, required=("suite", "case", "tail_tokens"), optional=_OPTIONAL)
    _check_group(data)
    tails = check_list(data["tail_tokens"], "tail_tokens")
    for tokens in tails:
        check_count(tokens, "tail_tokens")
    if "prefixes" in data:
        names = check_list(data["prefixes"], "prefixes")
        if len(names) != len(tails):
            raise ValueError(f"prefixes has {len(names)} values, but tail_tokens has {len(tails)}")
        for name in names:
            check_text(name, "prefixes")
    for key in ("reason", "answered_by"):
        check_text(data.get(key, ""), key)
    read_results(data.get("checks", {}))
    suite, version = _group(data)
    return LockEntry(suite=suite, version=version, case=check_text(data["case"], "case"), calls=()).key


def _check_head(data: Mapping[str, Any]) -> None:
    check_keys(data, required=("suite", "model"), optional=("version", "prefix", "parameters"))
    _check_group(data)
    check_text(data.get("prefix", ""), "prefix")
    check_text(data["model"], "model")
    check_parameters(data.get("parameters", {}))


def _check_block(data: Mapping[str, Any]) -> None:
    marker = ("ttl", "fingerprint") if {"ttl", "fingerprint", "automatic"} & data.keys() else ()
    required = ("suite", "block", "form", "tokens", "sha256", *marker)
    check_keys(data, required=required, optional=("version", "prefix", "role", "automatic"))
    _check_group(data)
    check_text(data.get("prefix", ""), "prefix")
    check_block_path(data["block"], "block")
    check_text(data.get("role", ""), "role")
    check_choice(data["form"], "form", FORMS)
    check_count(data["tokens"], "tokens")
    check_digest(data["sha256"], "sha256")
    if marker:
        check_choice(data["ttl"], "ttl", TTLS)
        check_digest(data["fingerprint"], "fingerprint")
        if data.get("automatic", True) is not True:
            raise ValueError(f"automatic is {data['automatic']!r:.60}, expected true or no such key")


def _build_call(head: Mapping[str, Any], lines: list[Mapping[str, Any]]) -> LockedCall:
    """Build a call with the prefix that the lines describe, and nothing after it."""
    lines = sorted(lines, key=lambda line: block_order(line["block"]))
    blocks = tuple(
        LockedBlock(line["block"], line.get("role", "-"), line["form"], line["tokens"], line["sha256"])
        for line in lines
    )
    ends = prefix_ends(blocks)
    breakpoints = [
        LockedBreakpoint(path, line["ttl"], ends[path], line["fingerprint"], "automatic" in line)
        for line in lines
        if "ttl" in line and (path := line["block"])
    ]
    return LockedCall(
        model=head["model"],
        parameters=dict(head.get("parameters", {})),
        # The same order as in a request: the automatic breakpoint comes last.
        breakpoints=tuple(sorted(breakpoints, key=lambda point: point.is_automatic)),
        blocks=blocks,
        tail_tokens=0,
    )

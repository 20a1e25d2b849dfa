"""Write the lock file in format 2: one self-contained JSON object per line, sorted.

The lines of a prompt version are grouped. First comes its prefix: a line for the model and the
parameters, a line with the checksum of all lines of the prefix, which is its name, and a line for
each block with its breakpoint. Then comes a line for each case, with the tokens that belong to the
case alone, and what the checks of its answers said: samples passed, samples judged, mean score. A
version whose cases share one prefix, as almost all do, names it once, and the lines of its cases
stay the same when the prompt changes. If there are several, each line names its prefix.

Every line has its suite and version, because git merges files by lines. ``.gitattributes`` sets
``merge=union``, which every git knows without configuration: if two branches add lines at the same
place, it keeps both. With self-contained lines, the result is either correct or contradicts
itself. In one JSON document, such a merge would break the commas; with headings, it would move
cases to another version, since git keeps a line that both branches added only once. Therefore:

* Equal lines count once, and the order of the lines does not matter.
* Two lines with different values for the same prefix, block or case are refused.
* So are a case without a prefix, a prefix without a case, and a prefix whose lines do not match
  its checksum: two branches that changed one prompt are never mixed into a third version of it.
* A line that does not change, that of the model or an empty one, separates the lines that change
  with a prompt from the places where cases and versions are added: git reports a conflict for
  changes to adjacent lines.

`harness.lock.parse2` reads this format.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from harness.lock.entries import Lock, LockedCall, LockEntry
from harness.numbers import write_json

VERSION = 2
END = {"end": True}
"""The last line; it is missing in a truncated file."""

_SUM_DIGITS = 16
_SPACED = (", ", ": ")

type Group = tuple[str, str]
"""Suite and version."""


def format_lock(lock: Lock) -> str:
    """Format a lock as the text of its file."""
    groups: dict[Group, list[LockEntry]] = {}
    for entry in lock.entries.values():
        groups.setdefault((entry.suite, entry.version), []).append(entry)
    paragraphs: list[list[dict[str, Any]]] = [[{"format": VERSION}]]
    for group in sorted(groups):
        paragraphs += _group_paragraphs(group, sorted(groups[group], key=lambda entry: entry.case))
    return "\n".join("".join(f"{_dump(line)}\n" for line in lines) for lines in [*paragraphs, [END]])


def check_sum(call: LockedCall) -> str:
    """The name of a call's prefix: the first digits of the SHA-256 of its lines, independent of their layout."""
    text = "\n".join(
        write_json(line, separators=_SPACED, ensure_ascii=True, sort_keys=True) for line in _prefix_lines(call)
    )
    return sha256(text.encode()).hexdigest()[:_SUM_DIGITS]


def _group_paragraphs(group: Group, entries: list[LockEntry]) -> Iterator[list[dict[str, Any]]]:
    """The lines of each prefix of a version, followed by those of its cases."""
    suite, version = group
    key = {"suite": suite, **({"version": version} if version else {})}
    names = [[check_sum(call) for call in entry.calls] for entry in entries]
    prefixes = {
        name: call
        for row, entry in zip(names, entries, strict=True)
        for name, call in zip(row, entry.calls, strict=True)
    }
    is_only = len(prefixes) == 1
    for name, call in sorted(prefixes.items()):
        head, *blocks = _prefix_lines(call)
        mark = {} if is_only else {"prefix": name}
        yield [{**key, **mark, **head}, {**key, "prefix": name}, *({**key, **mark, **block} for block in blocks)]
    yield [
        {
            **key,
            "case": entry.case,
            **({} if is_only or not row else {"prefixes": row}),
            "tail_tokens": [call.tail_tokens for call in entry.calls],
            **({} if entry.reason is None else {"reason": entry.reason}),
            **({"answered_by": entry.answered_by, "checks": entry.results} if entry.results else {}),
        }
        for row, entry in zip(names, entries, strict=True)
    ]


def _prefix_lines(call: LockedCall) -> Iterator[dict[str, Any]]:
    """The lines of a prefix, without the keys that name its suite and version."""
    yield {"model": call.model, **({"parameters": call.parameters} if call.parameters else {})}
    breakpoints = {point.path: point for point in call.breakpoints}
    for block in call.blocks:
        line: dict[str, Any] = {"block": block.path}
        if block.role != "-":
            line["role"] = block.role
        line |= {"form": block.form, "tokens": block.tokens, "sha256": block.digest}
        if point := breakpoints.get(block.path):
            line |= {"ttl": point.ttl, "fingerprint": point.fingerprint}
            if point.is_automatic:
                line["automatic"] = True
        yield line


def _dump(line: dict[str, Any]) -> str:
    text = write_json(line, separators=_SPACED)
    # User-defined names may hold half a surrogate pair, which cannot be written, or characters that hide others.
    return text if text.isprintable() else write_json(line, separators=_SPACED, ensure_ascii=True)

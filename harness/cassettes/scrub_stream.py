"""Edit texts that a stream spreads over several events: join them to search, and change each event in place."""

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from harness.cassettes.format import RecordedResponse

_HOLDERS = {"content_block_start": "content_block", "content_block_delta": "delta"}
"""The key that holds the text of an event, by the type of the event."""

_FIELDS = {
    "text": "text",
    "text_delta": "text",
    "thinking": "thinking",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
}
"""The field of a text, by the type of the object that holds it."""

_CLOSINGS = (b'"}}', b"}}", b"}")
"""Endings that complete a data line that was cut off in its text or after it."""

# The beginning of an escape at the end: an odd backslash, with the part of its code that arrived.
_CUT_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*(\\(?:u[0-9A-Fa-f]{0,3})?)\Z")


class Edit[T: (str, bytes)](NamedTuple):
    """A part of a text or body, and its replacement."""

    start: int
    end: int
    put: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One event with a part of a content block's text."""

    start: int
    """Where its JSON begins in the body."""
    data: bytes
    """Its JSON, as far as it can be read."""
    closing: bytes
    """The ending that the JSON lacks, if the stream was cut off."""
    event: dict[str, Any]
    holder: str
    field: str

    @property
    def text(self) -> str:
        """The part of the text in this event."""
        return str(self.event[self.holder][self.field])


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamBlock:
    """A content block of a stream."""

    deltas: tuple[Delta, ...]
    text: str
    """The joined text of the deltas, as a user of the SDK sees it."""


def is_stream(response: RecordedResponse) -> bool:
    """Whether a response is a stream of events."""
    return response.headers.get("content-type", "").startswith("text/event-stream")


def read_blocks(body: bytes) -> tuple[StreamBlock, ...]:
    """Read the content blocks of a stream that have a text; skip all other lines."""
    blocks: dict[tuple[str, str], list[Delta]] = {}
    for delta in _read_deltas(body):
        blocks.setdefault((str(delta.event.get("index")), delta.field), []).append(delta)
    return tuple(
        StreamBlock(deltas=tuple(deltas), text="".join(delta.text for delta in deltas)) for deltas in blocks.values()
    )


def change_blocks(
    body: bytes, blocks: tuple[StreamBlock, ...], find: Callable[[str], list[Edit[str]]], edges: tuple[int, ...]
) -> tuple[bytes, tuple[int, ...]]:
    """Apply the edits that ``find`` returns for the text of each block; return the stream and the moved edges.

    A replacement goes into the delta in which the replaced part began. Only the strings of deltas
    whose text changes are rewritten; every other byte stays.
    """
    edits: list[Edit[bytes]] = []
    for block in blocks:
        if found := find(block.text):
            edits += _spread(block.deltas, *splice(block.text, found, _ends(block.deltas)))
    return splice(body, sorted(edits), edges)


def splice[T: (str, bytes)](whole: T, edits: Iterable[Edit[T]], edges: tuple[int, ...]) -> tuple[T, tuple[int, ...]]:
    """Apply edits to a text or body; return it and the moved edges. Edits and edges are sorted by offset.

    An edge inside a replaced part moves to the end of the replacement.
    """
    pieces: list[T] = []
    moved: list[int] = []
    done = shift = 0
    for start, end, put in edits:
        # A pure insertion at an edge goes before the edge, so that the last edge stays the end.
        while len(moved) < len(edges) and edges[len(moved)] <= min(start, end - 1):
            moved.append(edges[len(moved)] + shift)
        while len(moved) < len(edges) and edges[len(moved)] < end:
            moved.append(start + shift + len(put))
        pieces += [whole[done:start], put]
        done, shift = end, shift + len(put) - (end - start)
    if not pieces:
        return whole, edges
    moved += [edge + shift for edge in edges[len(moved) :]]
    pieces.append(whole[done:])
    return whole[:0].join(pieces), tuple(moved)


def _ends(deltas: tuple[Delta, ...]) -> tuple[int, ...]:
    return tuple(accumulate(len(delta.text) for delta in deltas))


def _spread(deltas: tuple[Delta, ...], text: str, ends: tuple[int, ...]) -> Iterator[Edit[bytes]]:
    """Yield the edits to a body that give each delta its part of a new text."""
    for delta, start, end in zip(deltas, (0, *ends), ends, strict=False):
        if text[start:end] != delta.text:
            yield _rewrite(delta, text[start:end])


def _rewrite(delta: Delta, text: str) -> Edit[bytes]:
    whole = delta.data + delta.closing
    event = {**delta.event, delta.holder: {**delta.event[delta.holder], delta.field: text}}
    string = _dump(text, whole.isascii())
    strings = re.finditer(rb'"%s"\s*:\s*("(?:[^"\\]|\\.)*+")' % delta.field.encode(), whole)
    tries = (whole[: match.start(1)] + string + whole[match.end(1) :] for match in strings)
    # The string may occur elsewhere in the event, or its key be escaped; then the whole event is rewritten.
    new = next((data for data in tries if _load(data) == event), None) or _dump(event, whole.isascii())
    return _narrow(Edit(delta.start, delta.start + len(delta.data), new.removesuffix(delta.closing)), delta.data)


def _narrow(edit: Edit[bytes], old: bytes) -> Edit[bytes]:
    """Trim the bytes at both ends that an edit does not change, so that edges in them stay too."""
    head = _count_same(old, edit.put)
    tail = _count_same(old[head:][::-1], edit.put[head:][::-1])
    return Edit(edit.start + head, edit.end - tail, edit.put[head : len(edit.put) - tail])


def _count_same(one: bytes, other: bytes) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (left, right) in pairs if left != right), min(len(one), len(other)))


def _dump(value: Any, is_ascii: bool) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=is_ascii, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair, whose other half is in the next delta.
        return json.dumps(value, separators=(",", ":")).encode()


def _read_deltas(body: bytes) -> Iterator[Delta]:
    start = 0
    for line in body.splitlines(keepends=True):
        if line.startswith(b"data:") and b"content_block_" in line:
            data = line[5:].strip()
            delta = _read_delta(data, start + line.index(data, 5))
            if delta is not None:
                yield delta
        start += len(line)


def _read_delta(data: bytes, start: int) -> Delta | None:
    event, closing = _load(data), b""
    if event is None:
        data = _without_cut(data)
        closing = next((closing for closing in _CLOSINGS if _load(data + closing) is not None), b"")
        event = _load(data + closing) or {}
    holder = _HOLDERS.get(str(event.get("type")), "")
    inner = event.get(holder)
    field = _FIELDS.get(str(inner.get("type")), "") if isinstance(inner, dict) else ""
    if not isinstance(inner, dict) or not isinstance(inner.get(field), str):
        return None
    return Delta(start=start, data=data, closing=closing, event=event, holder=holder, field=field)


def _load(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _without_cut(data: bytes) -> bytes:
    """Drop an incomplete character or escape at the end of data."""
    try:
        data = codecs.getincrementaldecoder("utf-8")().decode(data).encode()
    except UnicodeDecodeError:
        return data
    cut = _CUT_ESCAPE.search(data)
    return data[: cut.start(1)] if cut else data

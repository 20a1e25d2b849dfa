"""Text in a cached prefix that looks as if it changed from call to call: times, ids, paths of this machine.

A find is a hint, not a verdict: a date may be part of a policy. Messages about it say "looks like".
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from harness.prompt.blocks import Block
from harness.prompt.text import block_text, first_difference

Kind = Literal["time", "date", "epoch", "uuid", "session id", "temporary path", "hostname"]

_MONTHS = "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"  # noqa: E501
_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_CLOCK = r"[0-2]?\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_DATE = (
    r"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]|[12]\d|3[01])[/.](?:19|20)\d\d"
    rf"|(?:(?:{_DAYS})\.?,? )?(?:(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d|\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})\.?,? (?:19|20)\d\d)"  # noqa: E501
    r"|(?:19|20)\d\d年\d{1,2}月\d{1,2}日"
)

_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("uuid", re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")),
    ("time", re.compile(rf"(?<![A-Za-z0-9_.])(?:{_DATE})(?:T|,? (?:at )?){_CLOCK}(?![A-Za-z0-9_])")),
    (
        "time",
        re.compile(
            rf"(?<![A-Za-z0-9_.])(?:(?:{_DAYS}) (?:{_MONTHS}) +\d{{1,2}} {_CLOCK}(?: [A-Z]{{3,4}})? (?:19|20)\d\d)"
        ),
    ),
    ("date", re.compile(rf"(?<![A-Za-z0-9_./-])(?:{_DATE})(?![A-Za-z0-9_/-])")),
    (
        "time",
        re.compile(
            r"(?<![A-Za-z0-9_:.])[0-2]?\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)(?: ?(?:Z|UTC|GMT))?(?![A-Za-z0-9_:])"
        ),
    ),
    ("epoch", re.compile(r"(?<![A-Za-z0-9_.$-])1[5-9]\d{8}(?:\d{3}|\d{6}|\d{9}|\.\d{1,9})?(?![A-Za-z0-9_-])")),
    (
        "session id",
        re.compile(r"\b(?:session|request|trace|run|conversation)[_ -]?id\b\W{0,4}[\w-]{8,}", re.IGNORECASE),
    ),
    (
        "temporary path",
        re.compile(r"(?:/tmp|/var/folders|/private/var|[A-Z]:\\Users\\[^\\\s]+\\AppData\\Local\\Temp)[/\\][\w./\\-]+"),
    ),
    ("hostname", re.compile(r"\b(?:host(?:name)?|node|server)\b\s*[:=]\s*[\w-]+(?:\.[\w-]+)*", re.IGNORECASE)),
)

_SPAN_CHARACTERS = 60
_LABEL_CHARACTERS = 40

_TIME_IN_A_CHANGE = re.compile(
    r"(?<![A-Za-z0-9_:.])[0-2]?\d:[0-5]\d(?: ?[AaPp]\.?[Mm]\.?)?(?![A-Za-z0-9_:])"
    r"|(?<![A-Za-z0-9_./-])\d{1,2}[./]\d{1,2}[./]\d{2}(?![A-Za-z0-9_/-])"
    rf"|\b(?:{_MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})\b"
    r"|\b(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)
"""Patterns too common to be reported on their own, but that count as a time if nothing else changed."""

TIMES: tuple[Kind, ...] = ("time", "date", "epoch")
"""The kinds that name a point in time."""


class Span(NamedTuple):
    """A part of a text that looks volatile."""

    kind: Kind
    start: int
    end: int


class Find(NamedTuple):
    """A volatile-looking part of a block."""

    path: str
    offset: int
    kind: Kind
    text: str

    def __str__(self) -> str:
        kind = "an epoch number" if self.kind == "epoch" else f"a {self.kind}"
        return f"{self.path} at character {self.offset} has what looks like {kind}: {self.text!r}"


def find_spans(text: str) -> list[Span]:
    """Find the volatile-looking parts of a text, in order, without overlap."""
    spans: list[Span] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if all(match.end() <= span.start or match.start() >= span.end for span in spans):
                spans.append(Span(kind, match.start(), match.end()))
    return sorted(spans, key=lambda span: span.start)


def find_volatile(blocks: Sequence[Block], *, today: date | None = None) -> Iterator[Find]:
    """Find text in blocks that looks as if it changed from call to call.

    A plain date is reported only if it is ``today`` (within a day): dates in policies, laws and
    examples are common and do not change.
    """
    for block in blocks:
        text = block_text(block)
        for span in find_spans(text):
            found = text[span.start : span.end]
            if span.kind != "date" or (today is not None and _is_near(found, today)):
                yield Find(block.path, span.start, span.kind, found)


def reads_as_time(before: str, after: str) -> bool:
    """Whether two texts differ only in a date or time, with at most a short label."""
    start = first_difference(before, after)
    end = first_difference(before[start:][::-1], after[start:][::-1])
    sides = [_changed_times(text, start, len(text) - end) for text in (before, after)]
    return any(has_time for has_time, _ in sides) and all(
        len(rest) <= _LABEL_CHARACTERS and (has_time or not rest) for has_time, rest in sides
    )


def _changed_times(text: str, start: int, end: int) -> tuple[bool, str]:
    """Whether a time overlaps the changed region, and what else is in the region."""
    low = max(0, start - _SPAN_CHARACTERS)
    window = text[low : end + _SPAN_CHARACTERS]
    if start == end:
        # Nothing was there; a time that begins right after it did not change.
        return False, ""
    times = [(span.start + low, span.end + low) for span in find_spans(window) if span.kind in TIMES]
    times += [(match.start() + low, match.end() + low) for match in _TIME_IN_A_CHANGE.finditer(window)]
    spans = sorted(time for time in times if time[0] < end and time[1] > start)
    rest, position = "", start
    for span_start, span_end in spans:
        rest += text[position : max(position, span_start)]
        position = max(position, span_end)
    return bool(spans), (rest + text[position:end]).strip()


def _is_near(text: str, today: date) -> bool:
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    months = [number for number, name in enumerate(_MONTHS.split("|"), start=1) if name[:3] in text]
    candidates = {(today + timedelta(days=shift)) for shift in (-1, 0, 1)}
    return any(
        day.year in numbers and day.day in numbers and (day.month in numbers or day.month in months)
        for day in candidates
    )

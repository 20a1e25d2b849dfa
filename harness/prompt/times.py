"""Dates and times in texts: whether a change is one of a moment, and of nothing else."""

import re
from typing import NamedTuple

from harness.prompt.strings import first_difference

_MONTHS = "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"  # noqa: E501
_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_CLOCK = r"[0-2]?\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_DATE = (
    r"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]|[12]\d|3[01])[/.](?:19|20)\d\d"
    rf"|(?:(?:{_DAYS})\.?,? )?(?:(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d|\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})\.?,? (?:19|20)\d\d)"  # noqa: E501
    r"|(?:19|20)\d\d年\d{1,2}月\d{1,2}日"
)

_MOMENTS = (
    re.compile(rf"(?<![A-Za-z0-9_.])(?:{_DATE})(?:T|,? (?:at )?){_CLOCK}(?![A-Za-z0-9_])"),
    re.compile(rf"(?<![A-Za-z0-9_.])(?:(?:{_DAYS}) (?:{_MONTHS}) +\d{{1,2}} {_CLOCK}(?: [A-Z]{{3,4}})? (?:19|20)\d\d)"),
    re.compile(rf"(?<![A-Za-z0-9_./-])(?:{_DATE})(?![A-Za-z0-9_/-])"),
    re.compile(r"(?<![A-Za-z0-9_:.])[0-2]?\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)(?: ?(?:Z|UTC|GMT))?(?![A-Za-z0-9_:])"),
    re.compile(r"(?<![A-Za-z0-9_.$-])1[5-9]\d{8}(?:\d{3}|\d{6}|\d{9}|\.\d{1,9})?(?![A-Za-z0-9_-])"),
)
"""Date and time, date alone, time with seconds, and seconds or fractions of them since 1970."""

_SPAN_CHARACTERS = 60
_LABEL_CHARACTERS = 40

_TIME_IN_A_CHANGE = re.compile(
    r"(?<![A-Za-z0-9_:.])[0-2]?\d:[0-5]\d(?: ?[AaPp]\.?[Mm]\.?)?(?![A-Za-z0-9_:])"
    r"|(?<![A-Za-z0-9_./-])\d{1,2}[./]\d{1,2}[./]\d{2}(?![A-Za-z0-9_/-])"
    rf"|\b(?:{_MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})\b"
    r"|\b(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)
"""Patterns too common to be reported on their own, but that count as a time if nothing else changed."""


class Span(NamedTuple):
    """A part of a text."""

    start: int
    end: int


def find_moments(text: str) -> list[Span]:
    """Find the dates and times in a text, in order, without overlap."""
    spans: list[Span] = []
    for pattern in _MOMENTS:
        for match in pattern.finditer(text):
            if all(match.end() <= span.start or match.start() >= span.end for span in spans):
                spans.append(Span(*match.span()))
    return sorted(spans)


def reads_as_time(before: str, after: str) -> bool:
    """Whether two texts differ only in dates or times, or in one that was put in with at most a short label."""
    start = first_difference(before, after)
    end = first_difference(before[start:][::-1], after[start:][::-1])
    sides = [_without_times(text, start, len(text) - end) for text in (before, after)]
    if [""] in sides:
        # One text has nothing there; the other one may have a label with its time.
        added = max(sides, key=len)
        return len(added) > 1 and len("".join(added).strip()) <= _LABEL_CHARACTERS
    return min(map(len, sides)) > 1 and _without_padding(sides[0]) == _without_padding(sides[1])


def _without_times(text: str, start: int, end: int) -> list[str]:
    """Cut the times out of a changed region: the pieces around them, one more than there are times."""
    if start == end:
        # Nothing was there; a time that begins right after it did not change.
        return [""]
    low = max(0, start - _SPAN_CHARACTERS)
    window = text[low : end + _SPAN_CHARACTERS]
    times = [(span.start + low, span.end + low) for span in find_moments(window)]
    times += [(match.start() + low, match.end() + low) for match in _TIME_IN_A_CHANGE.finditer(window)]
    pieces: list[str] = []
    position = start
    for span_start, span_end in sorted(time for time in times if time[0] < end and time[1] > start):
        if span_start >= position or not pieces:
            pieces.append(text[position : max(position, span_start)])
        position = max(position, span_end)
    return [*pieces, text[position:end]]


def _without_padding(pieces: list[str]) -> str:
    """Join the pieces without the spaces before a time: they pad hours and days of one digit."""
    return "".join(piece.rstrip() for piece in pieces[:-1]) + pieces[-1]

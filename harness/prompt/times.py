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
    # Text that was joined to it without a space does not make it anything else.
    re.compile(rf"(?<![0-9_.])(?:{_DATE})(?:T|,? (?:at )?){_CLOCK}(?![0-9_])"),
    re.compile(rf"(?<![A-Za-z0-9_.])(?:(?:{_DAYS}) (?:{_MONTHS}) +\d{{1,2}} {_CLOCK}(?: [A-Z]{{3,4}})? (?:19|20)\d\d)"),
    re.compile(rf"(?<![A-Za-z0-9_./-])(?:{_DATE})(?![A-Za-z0-9_/-])"),
    re.compile(r"(?<![A-Za-z0-9_:.])[0-2]?\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)(?: ?(?:Z|UTC|GMT))?(?![A-Za-z0-9_:])"),
    re.compile(r"(?<![A-Za-z0-9_.$-])1[5-9]\d{8}(?:\d{3}|\d{6}|\d{9}|\.\d{1,9})?(?![A-Za-z0-9_-])"),
)
"""Date and time, date alone, time with seconds, and seconds or fractions of them since 1970."""

_SPAN_CHARACTERS = 60
_LABEL_CHARACTERS = 40
_WORD_CHARACTERS = 48

_CLOCK_TIME = r"(?<![A-Za-z0-9_:.])[0-2]?\d:[0-5]\d"
_SURE_MONTHS = rf"(?!(?:May|Mar|March|Jan)\b)(?:{_MONTHS})"
"""Months whose names are no other word or name."""

_SURE_IN_A_CHANGE = re.compile(
    rf"{_CLOCK_TIME}(?: ?[AaPp]\.?[Mm]\b\.?|(?: ?(?:UTC|GMT|Uhr)\b|Z\b| ?[+-]\d{{2}}:?\d{{2}}))(?![A-Za-z0-9_:])"
    rf"|\b{_SURE_MONTHS} \d{{1,2}}\b|\b(?:{_MONTHS}) \d{{1,2}}(?:st|nd|rd|th)\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)? {_SURE_MONTHS}\b|\b\d{{1,2}}(?:st|nd|rd|th) (?:{_MONTHS})\b"
)
"""Patterns too common to be reported on their own, but that count as a time if nothing else changed."""

_MAYBE_IN_A_CHANGE = re.compile(
    rf"{_CLOCK_TIME}(?![A-Za-z0-9_:])"
    r"|(?<![A-Za-z0-9_./-])\d{1,2}[./]\d{1,2}[./]\d{2}(?![A-Za-z0-9_/-])"
    rf"|\b(?:{_MONTHS}) \d{{1,2}}\b|\b\d{{1,2}} (?:{_MONTHS})\b"
    r"|\b(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)
"""Patterns that are a time only next to a word that says so, or to another time: ``3:16`` is also a verse."""

_EPOCH = _MOMENTS[-1]

_TIME_WORD = (
    r"(?<![A-Za-z])(?:(?:(?:date|unix)?[ _-]?time|(?:time)?[ _-]?stamp|ts|epoch|now|today|tonight|yesterday|dated?"
    r"|as of|it is|it[’']s|clock|since|until|deadline|expires|heute|jetzt|datum|uhrzeit|zeit|stand"
    r"|(?:updated|generated|created|modified|printed|rendered|received|started|written|sent|built)(?:[ _-]?(?:at|on))?"
    r")(?![A-Za-z])|t(?=[\"' ]*[=:]))"
)
_SAYS_NOTHING = (
    r"(?:[^A-Za-z.!?\n]"
    r"|(?<![A-Za-z])(?:is|was|it|at|on|the|um|ist|der|local|utc|gmt|unix|ms|now|in \w+)(?![A-Za-z]))"
)
_TIME_BEFORE = re.compile(rf"{_TIME_WORD}{_SAYS_NOTHING}{{0,12}}$", re.IGNORECASE)
_TIME_AFTER = re.compile(r"^ ?(?:now|today|o[’']clock|sharp|local time)\b", re.IGNORECASE)
_BETWEEN_TIMES = re.compile(r"[ ,;()|T–-]{0,3}(?:(?:at|um|on|to) )?")


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
    return _differ_in_times(before, after, is_sure=True)


def may_be_time(before: str, after: str) -> bool:
    """Whether two texts differ only in what may be a date or time, but may be anything else: ``4:30``."""
    return not reads_as_time(before, after) and _differ_in_times(before, after, is_sure=False)


def _differ_in_times(before: str, after: str, *, is_sure: bool) -> bool:
    start = first_difference(before, after)
    end = first_difference(before[start:][::-1], after[start:][::-1])
    sides = [_without_times(text, start, len(text) - end, is_sure=is_sure) for text in (before, after)]
    if [""] in sides:
        # One text has nothing there; the other one may have a label with its time.
        added = max(sides, key=len)
        return len(added) > 1 and len("".join(added).strip()) <= _LABEL_CHARACTERS
    return min(map(len, sides)) > 1 and _without_padding(sides[0]) == _without_padding(sides[1])


def _without_times(text: str, start: int, end: int, *, is_sure: bool) -> list[str]:
    """Cut the times out of a changed region: the pieces around them, one more than there are times."""
    if start == end:
        # Nothing was there; a time that begins right after it did not change.
        return [""]
    low = max(0, start - _SPAN_CHARACTERS)
    times = _find_times(text[low : end + _SPAN_CHARACTERS], is_sure=is_sure)
    pieces: list[str] = []
    position = start
    for span_start, span_end in ((span.start + low, span.end + low) for span in times):
        if span_start >= end or span_end <= start:
            continue
        if span_start >= position or not pieces:
            pieces.append(text[position : max(position, span_start)])
        position = max(position, span_end)
    return [*pieces, text[position:end]]


def _find_times(text: str, *, is_sure: bool) -> list[Span]:
    """Find what are times, or may be, in the text around a change; they may overlap."""
    sure = {span for span in find_moments(text) if not _EPOCH.fullmatch(text, *span)}
    sure |= {Span(*match.span()) for match in _SURE_IN_A_CHANGE.finditer(text)}
    maybe = {Span(*match.span()) for match in _MAYBE_IN_A_CHANGE.finditer(text)} | {*find_moments(text)}
    groups: list[list[Span]] = []
    for span in sorted(sure | maybe):
        if groups and _BETWEEN_TIMES.fullmatch(text[max(other.end for other in groups[-1]) : span.start]):
            groups[-1].append(span)
        else:
            groups.append([span])
    # What may be a time is one next to another time.
    return [span for group in groups if not is_sure or sure & {*group} or _has_word(text, group) for span in group]


def _has_word(text: str, group: list[Span]) -> bool:
    """Whether a word next to possible times says that they are."""
    start, end = group[0].start, max(span.end for span in group)
    before = text[max(0, start - _WORD_CHARACTERS) : start]
    return bool(_TIME_BEFORE.search(before) or _TIME_AFTER.search(text[end : end + _WORD_CHARACTERS]))


def _without_padding(pieces: list[str]) -> str:
    """Join the pieces without the spaces before a time: they pad hours and days of one digit."""
    return "".join(piece.rstrip() for piece in pieces[:-1]) + pieces[-1]

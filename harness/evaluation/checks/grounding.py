"""A check that an answer invents nothing: its numbers, dates and names are in the inputs.

It does not see an invention in lower case, a number in words, a true name or number at the wrong place or with another
unit, or a single name that begins a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.evaluation.checks.inputs import list_texts, normalise
from harness.evaluation.checks.names import MONTHS, find_names, is_known_name, list_words
from harness.evaluation.checks.wording import quotes
from harness.evaluation.result import CheckResult
from harness.findings.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

_YEAR = r"(?:19|20)\d\d"
_DATES = (
    re.compile(rf"\b(?P<year>{_YEAR})[-/.](?P<month>0?[1-9]|1[0-2])(?:[-/.]\d{{1,2}})?\b"),
    re.compile(rf"\b(?P<month>0?[1-9]|1[0-2])[/.](?P<year>{_YEAR})\b"),
    re.compile(rf"\b(?P<name>[^\W\d_]+)\.?,?\s+(?:\d{{1,2}}(?:st|nd|rd|th)?,?\s+)?(?:de\s+)?(?P<year>{_YEAR})\b"),
    re.compile(rf"(?P<year>{_YEAR})\s*年\s*(?P<month>0?[1-9]|1[0-2])\s*月"),
)
_NUMBER = re.compile(r"\d+(?:[.,'’ \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?")
_SCALES = {
    "k": "k", "thousand": "k", "tsd": "k", "mil": "k", "m": "m", "mn": "m", "mio": "m", "million": "m", "millions": "m",
    "millionen": "m", "milhões": "m", "millones": "m", "b": "b", "bn": "b", "mrd": "b", "billion": "b", "billions": "b",
    "milliarden": "b", "lakh": "lakh", "lakhs": "lakh", "crore": "crore", "crores": "crore", "万": "万", "億": "億",
}  # fmt: skip
"""Words of size behind a number, and what they are compared as."""
_SCALE = re.compile(rf"[ \u00a0]?({'|'.join(sorted(_SCALES, key=len, reverse=True))})(?![^\W\d_])")
_MARKER = re.compile(r"(?m)^[ \t>]*(?:[#*+-]+[ \t]+)?(?:\*\*)?\d{1,3}[.)][ \t]")
"""The number of a point in a list."""
_GROUPS = re.compile(r"[.,'’ \u00a0\u202f](?=\d{3}(?!\d))")


class Claim(NamedTuple):
    """A number, date or name of an answer, as it stands there."""

    text: str
    offset: int


def grounded(
    answer: str, sources: Iterable[Any], *, allow: Sequence[str] = (), min_score: float | None = None
) -> CheckResult:
    """Check that every number, date and name of the answer is in one of the sources, or in ``allow``.

    Sources are texts, or objects and lists of them. The score is the share of what was found there; the check passes if
    that is all, or at least ``min_score``. Sentences may begin with any word, and the usual headings are no names.
    """
    known = " \n".join([*(text for source in sources for text in list_texts(source)), *allow])
    claims, missing = _judge(answer, known)
    if not claims:
        return CheckResult(check="", passed=True, score=1.0, why="has no number, date or name to look for")
    score = 1 - len(missing) / claims
    passed = not missing if min_score is None else score >= min_score
    if not missing:
        return CheckResult(
            check="",
            passed=True,
            score=score,
            why=f"{count(claims, 'number, date or name', 'numbers, dates and names')}, all in the inputs",
        )
    missing.sort(key=lambda claim: claim.offset)
    texts = list(dict.fromkeys(claim.text for claim in missing))
    line = answer.count("\n", 0, missing[0].offset) + 1
    return CheckResult(
        check="", passed=passed, score=score, why=f"not in the inputs: {quotes(texts)}", place=f"line {line}"
    )


def _judge(answer: str, known: str) -> tuple[int, list[Claim]]:
    """The number of claims, and those that the sources lack."""
    source = normalise(known)
    dates, numbers = set(_read_dates(source)), _read_numbers(source)
    text = _same_length(answer)
    without_dates, found_dates = _cut_dates(text)
    missing = [claim for claim, date in found_dates if date not in dates]
    marked = _MARKER.sub(lambda match: " " * len(match[0]), without_dates)
    found_numbers = list(_NUMBER.finditer(marked))
    missing += [
        Claim(f"{match[0].strip()}{_scale_text(marked, match)}", match.start())
        for match in found_numbers
        if not _scaled(marked, match) & numbers
    ]
    names, words = list(find_names(answer)), list_words(known)
    missing += [Claim(name.text, name.offset) for name in names if not is_known_name(name, words)]
    return len(found_dates) + len(found_numbers) + len(names), missing


def _same_length(text: str) -> str:
    """The text in ASCII digits and lower case, character by character, so that places stay the same."""
    plain = (normalise(char) for char in text)
    return "".join(new if len(new) == 1 else old for old, new in zip(text, plain, strict=True))


def _cut_dates(text: str) -> tuple[str, list[tuple[Claim, tuple[int, int]]]]:
    """The text with its months of years blanked, and these."""
    found = []
    for pattern in _DATES:
        for match in list(pattern.finditer(text)):
            if (date := _date_of(match)) is None:
                continue
            found.append((Claim(match[0], match.start()), date))
            text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    return text, found


def _read_dates(text: str) -> Iterator[tuple[int, int]]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if (date := _date_of(match)) is not None:
                yield date


def _date_of(match: re.Match[str]) -> tuple[int, int] | None:
    parts = match.groupdict()
    month = MONTHS.get(parts["name"]) if parts.get("name") else int(parts.get("month") or 0)
    return (int(parts["year"]), month) if month else None


def _read_numbers(text: str) -> set[str]:
    """What the numbers of a text may mean; those with a word of size also without it."""
    found: set[str] = set()
    for match in _NUMBER.finditer(text):
        found |= _scaled(text, match) | _readings(match[0])
    # A range or a date is several numbers; a number whose digits are grouped is one.
    for digits in re.findall(r"\d+", _NUMBER.sub(lambda match: match[0] if match[0].isdecimal() else " ", text)):
        found |= _readings(digits)
    return found


def _scaled(text: str, match: re.Match[str]) -> set[str]:
    """The readings of a number, with the word of size that follows it."""
    scale = _SCALE.match(text, match.end())
    return {f"{number} {_SCALES[scale[1]]}" if scale else number for number in _readings(match[0])}


def _scale_text(text: str, match: re.Match[str]) -> str:
    scale = _SCALE.match(text, match.end())
    return scale[0] if scale else ""


def _readings(number: str) -> set[str]:
    """What a number may mean: its separators group digits, or one of them is the decimal point."""
    plain = _GROUPS.sub("", number)
    return {_trim(plain.replace(",", ".")), _trim(re.sub(r"\D", "", number)) if plain.isdecimal() else _trim(plain)}


def _trim(number: str) -> str:
    whole, point, rest = number.replace(",", ".").partition(".")
    rest = rest.rstrip("0")
    return (whole.lstrip("0") or "0") + (f"{point}{rest}" if rest else "")

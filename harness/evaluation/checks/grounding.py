"""A check that an answer invents nothing: its numbers, dates and names are in the inputs.

It does not see an invention in lower case, a number in words, or a true name or number at the wrong place.
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
    found_numbers = [Claim(match[0].strip(), match.start()) for match in _NUMBER.finditer(marked)]
    missing += [claim for claim in found_numbers if not _readings(claim.text) & numbers]
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
    found: set[str] = set()
    for match in _NUMBER.finditer(text):
        found |= _readings(match[0])
    # A range or a date is several numbers too.
    for digits in re.findall(r"\d+", text):
        found |= _readings(digits)
    return found


def _readings(number: str) -> set[str]:
    """What a number may mean: its separators group digits, or one of them is the decimal point."""
    plain = _GROUPS.sub("", number)
    return {_trim(plain.replace(",", ".")), _trim(re.sub(r"\D", "", number)) if plain.isdecimal() else _trim(plain)}


def _trim(number: str) -> str:
    whole, point, rest = number.replace(",", ".").partition(".")
    rest = rest.rstrip("0")
    return (whole.lstrip("0") or "0") + (f"{point}{rest}" if rest else "")

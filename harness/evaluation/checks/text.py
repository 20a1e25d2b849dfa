"""Checks of plain text: what it contains, how long it is, how similar it is to a reference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.evaluation.checks.wording import fails, line_at, passes, quote, quotes, scored
from harness.findings.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.evaluation.result import CheckResult

Bounds = tuple[float | None, float | None]
"""Lowest and highest number, both included."""

_WORD = re.compile(r"\S+")


def contains(answer: str, *texts: str, ignore_case: bool = False) -> CheckResult:
    """Check that every text stands in the answer."""
    missing = [text for text in texts if _find(answer, text, ignore_case) < 0]
    if missing:
        return fails(f"lacks {quotes(missing)}")
    return passes(f"contains {quotes(texts)}", place=line_at(answer, _find(answer, texts[0], ignore_case)))


def lacks(answer: str, *texts: str, ignore_case: bool = False) -> CheckResult:
    """Check that none of the texts stands in the answer."""
    found = [(text, at) for text in texts if (at := _find(answer, text, ignore_case)) >= 0]
    if found:
        return fails(f"contains {quotes([text for text, _ in found])}", place=line_at(answer, found[0][1]))
    return passes(f"lacks {quotes(texts)}")


def regex(answer: str, pattern: str | re.Pattern[str], *, at_least: int = 1, at_most: int | None = None) -> CheckResult:
    """Check how often a pattern of Python's `re` matches; ``^`` is the beginning of a line only with ``(?m)``."""
    found = [match.start() for match in re.finditer(pattern, answer)]
    wanted = (
        f"{at_least} or more"
        if at_most is None
        else f"{at_least}"
        if at_least == at_most
        else f"{at_least} to {at_most}"
    )
    shown = quote(pattern if isinstance(pattern, str) else pattern.pattern)
    if len(found) < at_least:
        return fails(f"{count(len(found), 'match', 'matches')} of {shown}, expected {wanted}")
    if at_most is not None and len(found) > at_most:
        return fails(
            f"{count(len(found), 'match', 'matches')} of {shown}, expected {wanted}",
            place=line_at(answer, found[at_most]),
        )
    place = line_at(answer, found[0]) if found else ""
    return passes(f"{count(len(found), 'match', 'matches')} of {shown}", place=place)


def length(
    answer: str,
    *,
    words: Bounds = (None, None),
    characters: Bounds = (None, None),
    tokens: Bounds = (None, None),
    count_tokens: Callable[[str], int] | None = None,
) -> CheckResult:
    """Check the length of the answer; words are separated by white space, tokens counted by ``count_tokens``."""
    counters: Mapping[str, tuple[Bounds, Callable[[str], int]]] = {
        "word": (words, lambda text: len(_WORD.findall(text))),
        "character": (characters, len),
        "token": (tokens, _need_counter if count_tokens is None else count_tokens),
    }
    said = []
    for noun, ((low, high), measure) in counters.items():
        if low is None and high is None:
            continue
        size = measure(answer)
        if (low is not None and size < low) or (high is not None and size > high):
            return fails(f"{count(size, noun)}, expected {_range(low, high)}")
        said.append(count(size, noun))
    return passes(", ".join(said))


def similarity(answer: str, reference: str, *, min_score: float | None = None) -> CheckResult:
    """Score how similar the answer is to a reference: 1 for the same words in any order and number.

    The score is ``token_set_ratio`` of rapidfuzz, divided by 100, on texts in lower case without punctuation.

    Raises:
        UsageError: rapidfuzz is not installed.
    """
    try:
        from rapidfuzz import fuzz, utils
    except ImportError:
        raise UsageError(
            "a check of similarity needs rapidfuzz", hint='pip install "prompt-cache-harness[evaluation]"'
        ) from None
    score = fuzz.token_set_ratio(answer, reference, processor=utils.default_process) / 100
    return scored(score, f"{score:.0%} similar to the reference", min_score=min_score)


def _find(answer: str, text: str, ignore_case: bool) -> int:
    if not ignore_case:
        return answer.find(text)
    found = re.search(re.escape(text), answer, re.IGNORECASE)
    return -1 if found is None else found.start()


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return f"{low:,g} or more"
    return f"{high:,g} or fewer" if low is None else f"{low:,g} to {high:,g}"


def _need_counter(_: str) -> int:
    raise UsageError("tokens cannot be counted without count_tokens")

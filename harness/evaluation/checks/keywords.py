"""A check of how many keywords of an input, such as a job posting, the answer covers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harness.evaluation.checks.inputs import list_texts, normalise
from harness.evaluation.checks.wording import quotes, scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.evaluation.result import CheckResult

_MOST_WORDS = 5
"""Words of the longest entry that is one keyword; a longer one is a sentence."""

_JOINTS = re.compile(r"[\s\-‐‑‒–—_/·・]+")
_WORD = re.compile(r"[\w+#.]*[\w+#]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts without spaces between words, or with endings joined to them."""


def keywords(
    answer: str,
    terms: Iterable[str],
    *,
    synonyms: Mapping[str, Sequence[str]] | None = None,
    min_score: float | None = None,
) -> CheckResult:
    """Score the share of keywords that stand in the answer, as whole words in any case, also with a plural ``s``.

    ``synonyms`` holds other words for a keyword. Hyphens, slashes and spaces are the same.

    Raises:
        ValueError: there are no keywords.
    """
    wanted = list(dict.fromkeys(terms))
    if not wanted:
        raise ValueError("there are no keywords to look for")
    others = {_join(name): list(words) for name, words in (synonyms or {}).items()}
    text = _join(answer)
    missing = [term for term in wanted if not any(_has(text, word) for word in (term, *others.get(_join(term), ())))]
    score = 1 - len(missing) / len(wanted)
    rest = f"; missing {quotes(missing)}" if missing else ""
    return scored(score, f"{len(wanted) - len(missing)} of {len(wanted)} keywords{rest}", min_score=min_score)


def find_terms(value: Any) -> list[str]:
    """The keywords of a value: entries of at most five words; of longer ones, the names in them.

    A name is a word with a capital letter or a digit that does not begin a sentence.
    """
    found: list[str] = []
    for text in list_texts(value):
        found += [text.strip()] if len(text.split()) <= _MOST_WORDS else _find_names(text)
    return list(dict.fromkeys(term for term in found if term))


def _find_names(text: str) -> list[str]:
    names = []
    for sentence in re.split(r"(?<=[.!?:;])\s+|\n+", text):
        words = [match[0] for match in _WORD.finditer(sentence)]
        names += [word for word in words[1:] if any(char.isupper() or char.isdigit() for char in word)]
    return names


def _join(text: str) -> str:
    return _JOINTS.sub(" ", normalise(text)).strip()


def _has(text: str, word: str) -> bool:
    wanted = _join(word)
    if not wanted:
        return False
    if _UNSPACED.search(wanted):
        return wanted.replace(" ", "") in text.replace(" ", "")
    return re.search(rf"(?<![\w]){re.escape(wanted)}(?:s|es|'s)?(?![\w+#])", text) is not None

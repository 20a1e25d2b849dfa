"""Names in a text: words with a capital letter that do not begin a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.evaluation.checks.inputs import normalise

_WORD = re.compile(r"[^\W_]+(?:[+#&]+|(?:[.'’&][^\W_]+)*)")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_CASED = re.compile(r"[^\W\d_]")
_BREAK = re.compile(r"(?:[.!?:;…]|[-–—|•*>#(\[{\"“„«]|\n|^)[\s*_#>\"“„«(\[-]*$")
"""What stands before a word that begins a sentence, a point of a list, or a part of a line."""
_HEADING = re.compile(r"[ \t>*]*#")
_LISTED = re.compile(r"[*_]*(?:,| *[|(])")
"""What follows a word that stands first in a list of words, or alone in a cell of a table."""
_MANY_CAPITALS = 0.3
"""The share of words with a capital within sentences from which on a language writes every noun so, as German does."""
_MIN_WORDS = 12

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero janeiro gennaio", "february feb februar février febrero fevereiro",
            "march mar märz mars marzo março", "april apr avril abril aprile", "may mai mayo maio maggio",
            "june jun juni juin junio junho giugno", "july jul juli juillet julio julho luglio",
            "august aug août agosto", "september sep sept septembre septiembre setembro",
            "october oct oktober okt octobre octubre outubro ottobre", "november nov novembre noviembre novembro",
            "december dec dezember dez décembre diciembre dezembro dicembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""Names of months, and their short forms, in the languages of most resumes."""

RANKS = frozenset(
    {
        "assistant",
        "chief",
        "deputy",
        "director",
        "executive",
        "junior",
        "managing",
        "president",
        "principal",
        "senior",
        "vice",
    }
)
"""Words that begin a title: at the start of a line, too, they are part of it."""

_COMMON = """
a about above achievements additional additionally also an and as at award awards background before besides by
career certificate certificates certification certifications change changed changes contact core current
currently cv degree description details earlier education email employment english experience finally first for
friday from full furthermore highlights history however i in instead interests job key language languages later
licence licences license licenses log ltd main monday moreover name no note notes objective of on or other our
overall overview part people personal phone position positions posting present previously professional profile
project projects publications qualifications reason reasons recently recommendations references relevant
research responsibilities resume role roles résumé saturday second section selected since skill skills strengths
summary sunday technical technologies the then therefore third thursday thus time to today tools training
tuesday university version volunteer volunteering wednesday with work yes your
"""
COMMON = frozenset(_COMMON.split())
"""Words that headings and dates are made of, which are no names."""


class Name(NamedTuple):
    """A run of words with capitals, and those of its words that are to be found."""

    text: str
    offset: int
    words: tuple[str, ...]


def find_names(text: str) -> Iterator[Name]:
    """Find names: words with a capital or a digit within a sentence or heading, and runs of several anywhere.

    In a language that writes every noun with a capital, only runs of two or more are names.
    """
    words = list(_WORD.finditer(text))
    fewest = 2 if _writes_nouns_with_capitals(text, words) else 1
    run: list[re.Match[str]] = []
    for word in words:
        joined = run and text[run[-1].end() : word.start()] in (" ", "-", " & ")
        if not _is_capital(word[0]):
            yield from _end(text, run, fewest)
            run = []
        elif joined:
            run.append(word)
        else:
            yield from _end(text, run, fewest)
            run = [word]
    yield from _end(text, run, fewest)


def is_known_name(name: Name, words: frozenset[str]) -> bool:
    """Whether every word of a name is among those of a text."""
    return all(any(form in words for form in _forms(word)) for word in name.words)


def list_words(text: str) -> frozenset[str]:
    """The words of a text as names are compared with them: also those that a hyphen or a script joins."""
    plain = normalise(text)
    found = {word for match in _WORD.finditer(plain) for word in (match[0], *re.split(r"[.'’&]", match[0]))}
    # Where a script has no spaces, Latin words stand between its characters.
    found |= set(re.findall("[a-z\u00c0-\u024f0-9]+", plain))
    return frozenset(found | {form for word in found for form in _forms(word)})


def _end(text: str, run: list[re.Match[str]], fewest: int) -> Iterator[Name]:
    if len(run) < fewest:
        return
    first = run[0]
    line = text.rfind("\n", 0, first.start()) + 1
    is_start = first.start() == 0 or _BREAK.search(text[max(0, first.start() - 12) : first.start()]) is not None
    is_name = (
        _HEADING.match(text, line) is not None
        or normalise(first[0]) in RANKS
        or (len(run) == 1 and (_is_odd(first[0]) or _LISTED.match(text, first.end()) is not None))
    )
    # The first word of a sentence may be any word; in headings, titles and lists, the names stand first.
    counted = run[1:] if is_start and not is_name else run
    plain = ((word[0], normalise(word[0])) for word in counted)
    words = tuple(word for word, name in plain if name not in COMMON and name not in MONTHS and _CASED.search(word))
    if words:
        yield Name(text[first.start() : run[-1].end()], first.start(), words)


def _is_capital(word: str) -> bool:
    return any(char.isupper() for char in word) or (bool(_LATIN.search(word)) and any(map(str.isdigit, word)))


def _is_odd(word: str) -> bool:
    """Whether a word is a name wherever it stands: capitals within it, such as gRPC or PostgreSQL."""
    return any(char.isupper() for char in word[1:])


def _forms(word: str) -> Iterator[str]:
    plain = normalise(word)
    yield plain
    for ending in ("'s", "’s", "s", "es"):
        if plain.endswith(ending) and len(plain) > len(ending) + 1:
            yield plain.removesuffix(ending)


def _writes_nouns_with_capitals(text: str, words: list[re.Match[str]]) -> bool:
    inner = [
        word
        for word in words
        if word.start() and not _BREAK.search(text[max(0, word.start() - 12) : word.start()]) and _CASED.match(word[0])
    ]
    prose = [word for word in inner if not _is_odd(word[0])]
    capitals = sum(word[0][0].isupper() for word in prose)
    return len(prose) >= _MIN_WORDS and capitals > _MANY_CAPITALS * len(prose)

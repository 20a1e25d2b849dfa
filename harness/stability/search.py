"""Search for what a case's cached prefix depends on, by building the case again with other inputs.

All inputs are changed at once, three times: to marks, larger numbers, longer lists and further keys;
to long texts, negative numbers and earlier dates; to empty texts and lists, and absent keys. Only if
that gives another prefix, or no request at all, are the changes halved again and again, down to the
fields that matter. Keys that the builder asks for in vain are added in one more build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import UUID

from harness.findings.finding import Place
from harness.findings.words import count
from harness.prompt.text import block_text
from harness.stability.differences import find_differences
from harness.stability.fields import Site, drop_indexes, find_node, list_all
from harness.stability.leaves import DIRECTIONS, Direction
from harness.stability.taint import Leak, find_leaks
from harness.stability.variation import Picks, Watched, count_variations, list_asked, list_fixed, list_sites, vary

if TYPE_CHECKING:
    from harness.prompt.reading import Prompt
    from harness.stability.builds import Builder, Built, Move

_MOST_BUILDS = 250
"""Builds of one case; each takes about a millisecond."""

_BEFORE, _AFTER = 24, 48
_SHOWN = 60
_PLAIN = (date, time, timedelta, Decimal, UUID, PurePath)
"""Types of which the text says more than the expression that makes the value."""
_FINDABLE = 3
"""A shorter text may be in a block by chance."""


class Hit(NamedTuple):
    """A site of the inputs that one block of the cached prefix depends on."""

    site: Site
    """Its path contains ``…`` if only a part of a mark is left that fits several fields."""
    prompt: Prompt
    """The request with other inputs."""
    place: Place
    is_marked: bool
    """Found by a mark; otherwise by comparison."""
    is_value: bool
    """The block contains the value itself, and not only something derived from it."""
    change: str = ""
    """How the input was changed, if it was found by comparison: ``order.total: 5 → 0``."""


class _Outcome(NamedTuple):
    kind: Literal["same", "moved", "failed"]
    error: BaseException | None = None
    move: Move | None = None
    has_marks: bool = False


class Search:
    """Searches one case."""

    def __init__(self, builder: Builder, inputs: Mapping[str, Any]) -> None:
        self.hits: dict[tuple[str, Site], Hit] = {}
        """By path of the block."""
        self.failed: dict[Site, str] = {}
        """Sites that could not be judged, each with the reason: mostly the exception that the function raised."""
        self._builder = builder
        self._inputs = inputs
        self._found: set[Site] = set()
        self._judged: set[Site] = set()
        self._watched: list[Watched] = []

    def run(self) -> None:
        """Find all sites that a cached prefix depends on."""
        nodes = list_all(self._inputs)
        self.failed = dict.fromkeys(list_fixed(nodes), "no other value is known")
        for direction in DIRECTIONS:
            self._search(direction, list_sites(nodes, direction))
        self._search("more", list_asked(self._watched))
        self._drop_unrepeatable()
        self.failed = {site: why for site, why in self.failed.items() if site not in self._judged | self._found}

    def _search(self, direction: Direction, sites: Sequence[Site]) -> bool:
        """Search among some sites; return whether anything was found."""
        sites = [site for site in sites if not self._is_known(site)]
        if not sites:
            return False
        if self._builder.builds >= _MOST_BUILDS:
            self.failed |= dict.fromkeys(sites, f"limit of {_MOST_BUILDS} builds")
            return False
        outcome = self._examine(direction, dict.fromkeys(sites, 0))
        if outcome.kind == "same":
            self._judged |= set(sites)
            return outcome.has_marks
        if outcome.has_marks and any(map(self._is_known, sites)):
            self._search(direction, sites)
            return True
        if len(sites) == 1:
            return self._settle(direction, sites[0], outcome)
        middle = len(sites) // 2
        is_found = self._search(direction, sites[:middle])
        is_found |= self._search(direction, sites[middle:])
        if outcome.move is not None and not is_found:
            self._note_move(direction, *self._narrow(direction, sites, outcome.move))
            return True
        return is_found or outcome.has_marks

    def _settle(self, direction: Direction, site: Site, outcome: _Outcome) -> bool:
        """Judge a single site; while the builder fails, with one variation after the other."""
        pick, number = 0, 0
        if outcome.kind == "failed":
            number = count_variations(find_node(self._inputs, site.path), site, direction)
        while outcome.kind == "failed" and pick + 1 < number:
            pick += 1
            outcome = self._examine(direction, {site: pick})
        if outcome.move is not None:
            self._note_move(direction, {site: pick}, outcome.move)
        elif outcome.kind == "failed" and outcome.error is not None and self._is_open(direction, site):
            self.failed.setdefault(site, type(outcome.error).__name__)
        else:
            self._judged.add(site)
        return outcome.has_marks or outcome.move is not None

    def _is_open(self, direction: Direction, site: Site) -> bool:
        """Whether a site may matter although the builder refuses all that was tried.

        A builder that refuses other keys or another length cannot depend on them, unless it refuses
        only what was guessed: the items of an empty list, or the value of an absent key.
        """
        is_guess = direction == "more" and (site.aspect == "presence" or not find_node(self._inputs, site.path))
        return site.aspect == "value" or (site.aspect != "keys" and is_guess)

    def _examine(self, direction: Direction, picks: Picks) -> _Outcome:
        built = self._builder.build(vary(self._inputs, picks, direction, self._watched))
        sites = {site.label: site for site in picks}
        has_marks = sum(self._note_marks(built, number, sites) for number in range(len(built.prompts))) > 0
        if move := self._builder.find_move(built):
            return _Outcome("moved", built.error, move, has_marks)
        return _Outcome("same" if self._builder.is_complete(built) else "failed", built.error, None, has_marks)

    def _narrow(self, direction: Direction, sites: Sequence[Site], move: Move) -> tuple[Picks, Move]:
        """Leave out the sites that are not needed to move the prefix, where only several together do."""
        needed = list(sites)
        for site in sites:
            fewer = [other for other in needed if other != site]
            if fewer and self._builder.builds < _MOST_BUILDS:
                outcome = self._examine(direction, dict.fromkeys(fewer, 0))
                needed, move = (fewer, outcome.move) if outcome.move is not None else (needed, move)
        return dict.fromkeys(needed, 0), move

    # --- what was found ----------------------------------------------------------------------------------

    def _is_known(self, site: Site) -> bool:
        """Whether it was found itself, or as a part of what was found."""
        return any(
            site.holds(found) or (found.aspect == "keys" and drop_indexes(found.path) == site.owner)
            for found in self._found
        )

    def _note_marks(self, built: Built, number: int, sites: Mapping[str, Site]) -> bool:
        prompt = built.prompts[number]
        if prompt is None:
            return False
        leaks = find_leaks(prompt, tuple(sites))
        for leak in leaks:
            site = sites.get(leak.field, Site(leak.field))
            if leak.field in sites:
                self._found.add(site)
            place = self._place_mark(leak, number)
            self.hits.setdefault((leak.path, site), Hit(site, prompt, place, True, site.aspect == "value"))
        if leaks and prompt.static_blocks[-1].level == "messages":
            # Such leaks may be intended, so there is no point in a long search for more in the same block.
            self._builder.ignored |= {leak.path for leak in leaks}
        return bool(leaks)

    def _place_mark(self, leak: Leak, number: int) -> Place:
        usual = self._find_usual(number)
        before = "" if usual is None else _excerpt(usual, leak)
        return Place(
            path=leak.path, offset=leak.offset, first="usual", second="marked", before=before, after=leak.excerpt
        )

    def _note_move(self, direction: Direction, picks: Picks, move: Move) -> None:
        self._found |= picks.keys()
        usual = self._find_usual(move.number)
        if usual is None:
            return
        differences = find_differences(usual, move.prompt, first="usual", second="varied")
        places = [place for place, _ in differences if place.path not in self._builder.ignored]
        varied = vary(self._inputs, picks, direction)
        for site in picks:
            change, shown = _describe_change(site, self._inputs, varied)
            for place in places:
                is_value = shown != "" and shown.casefold() in place.after.casefold()
                hit = Hit(site, move.prompt, place, False, is_value, change)
                self.hits.setdefault((place.path, site), hit)

    def _find_usual(self, number: int) -> Prompt | None:
        usual = self._builder.usual
        return usual[number] if number < len(usual) else next((one for one in usual if one is not None), None)

    def _drop_unrepeatable(self) -> None:
        """Drop what was found by comparison if the usual inputs no longer give a usual prefix."""
        is_compared = any(not hit.is_marked for hit in self.hits.values())
        if is_compared and self._builder.find_move(self._builder.build()) is not None:
            self.hits = {key: hit for key, hit in self.hits.items() if hit.is_marked}


def _excerpt(prompt: Prompt, leak: Leak) -> str:
    """The usual text at the place of a mark, shortened."""
    for part in prompt.static_parts:
        if part.path == leak.path:
            text, offset = (block_text(part.block), leak.offset or 0) if part.block else (str(part.value), 0)
            low, high = max(0, offset - _BEFORE), offset + _AFTER
            return f"{'…' if low else ''}{text[low:high]}{'…' if high < len(text) else ''}"
    return ""


def _describe_change(site: Site, inputs: Mapping[str, Any], varied: Mapping[str, Any]) -> tuple[str, str]:
    """How the value of a site was changed, and the other value as a text that is easy to find."""
    if site.aspect == "presence":
        return f"{site.path}: {'absent' if _has_key(site, inputs) else 'added'}", ""
    if site.aspect == "keys":
        return f"{site.path}: two more keys", ""
    old, new = (find_node(side, site.path) for side in (inputs, varied))
    if site.aspect == "length":
        return f"{site.path}: {count(len(old), 'item')} → {count(len(new), 'item')}", ""
    shown = str(new)
    return f"{site.path}: {_shorten(old)} → {_shorten(new)}", shown if len(shown) >= _FINDABLE else ""


def _has_key(site: Site, inputs: Mapping[str, Any]) -> bool:
    return any(drop_indexes(path) == site.path for path, _ in list_all(inputs))


def _shorten(value: Any) -> str:
    text = str(value) if isinstance(value, _PLAIN) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

"""Inputs with other values in their fields: larger, smaller, longer, empty, with other keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from harness.stability.fields import Node, Site, drop_indexes, kind_of, like, list_children, map_nodes
from harness.stability.guesses import Asked, Bare, Keys, Short, guess_values
from harness.stability.leaves import Direction, Field, find_kind, vary_leaf

Picks = Mapping[Site, int]
"""The sites to change, each with the number of the variation to use."""

Watched = tuple[str, Asked]
"""The path of a mapping, and the mapping."""

_MORE_ITEMS = 10
"""Items that a list gets: enough for a limit on how many are shown."""


def list_sites(nodes: Sequence[Node], direction: Direction) -> list[Site]:
    """All sites that can be changed in a direction, in order; see `list_all`."""
    ranks = Counter[object]()
    return list(dict.fromkeys(site for path, node in nodes for site in _sites_of(node, path, direction, ranks)))


def list_fixed(nodes: Sequence[Node]) -> list[Site]:
    """The values of which no variation is known, such as a function."""
    return [Site(path) for path, node in nodes if list_children(node) is None and find_kind(node) is None]


def count_variations(node: Any, site: Site, direction: Direction) -> int:
    """Number of variations of a site in a direction; ``node`` is the value at its path."""
    match site.aspect:
        case "value":
            # Booleans differ by their rank, but never have more than one other value.
            return sum(1 for _ in vary_leaf(node, Field(site.mark), direction))
        case "length":
            return sum(1 for _ in _vary_length(node, site.mark, direction))
        case "presence" if direction == "more":
            return len(guess_values(site.mark))
    return 2 if site.aspect == "keys" else 1


def vary(
    inputs: Mapping[str, Any], picks: Picks, direction: Direction, watched: list[Watched] | None = None
) -> dict[str, Any]:
    """A copy of the inputs in which the picked sites are changed.

    ``watched`` takes the mappings that note which absent keys a builder asks for.
    """
    change = _Change(picks=picks, direction=direction, watched=[] if watched is None else watched)
    return {name: map_nodes(value, name, change.apply) for name, value in inputs.items()}


def list_asked(watched: Iterable[Watched]) -> list[Site]:
    """The absent keys that a builder asked for; in the direction ``more``, they are added."""
    return list(
        dict.fromkeys(
            _presence(path, key) for path, mapping in watched for key in mapping.absent if isinstance(key, str)
        )
    )


@dataclass(slots=True, kw_only=True)
class _Change:
    """Changes one node after the other, in their order."""

    picks: Picks
    direction: Direction
    watched: list[Watched]
    ranks: Counter[object] = field(default_factory=Counter)

    def apply(self, node: Any, path: str) -> Any:
        match kind_of(node):
            case "leaf":
                others = vary_leaf(node, _next_field(node, path, self.ranks), self.direction)
                return self._pick(node, Site(path), others)
            case "items":
                site = Site(path, "length")
                return self._pick(node, site, _vary_length(node, site.mark, self.direction))
            case "mapping" if self.direction == "more":
                return self._add_keys(self._add_asked(node, path), path)
            case "mapping":
                absent = {key for key in node if _presence(path, key) in self.picks}
                return _without_keys(node, absent) if absent else node
        return node

    def _pick(self, node: Any, site: Site, others: Iterator[Any]) -> Any:
        pick = self.picks.get(site)
        return node if pick is None else next(islice(others, pick, None), node)

    def _add_asked(self, mapping: Mapping[Any, Any], path: str) -> Mapping[Any, Any]:
        """Add keys that a builder asked for."""
        owner = drop_indexes(path)
        added = {
            site.path[len(owner) + 1 :]: guess_values(site.mark)[pick]
            for site, pick in self.picks.items()
            if site.aspect == "presence" and site.owner == owner
        }
        return like(mapping, {**mapping, **added}) if added else mapping

    def _add_keys(self, mapping: Mapping[Any, Any], path: str) -> Any:
        """One more key before all others and one after them, with values that the mapping has already."""
        site = Site(path, "keys")
        if site not in self.picks:
            return mapping
        mark, values = site.mark, list(mapping.values())
        first, last = (values[0], values[-1]) if values else (mark, mark)
        more = like(mapping, {mark: first, **mapping, f"~{mark}": last})
        return self._watch(more, path) if type(mapping) is dict and self.picks[site] == 0 else more

    def _watch(self, mapping: Mapping[Any, Any], path: str) -> Asked:
        made = Asked(mapping)
        made.absent = Keys()
        self.watched.append((path, made))
        return made


def _next_field(node: Any, path: str, ranks: Counter[object]) -> Field:
    """The field of a leaf; the next of the same kind has the next rank."""
    kind = find_kind(node)
    ranks[kind] += 1
    return Field(Site(path).mark, ranks[kind] - 1)


def _sites_of(node: Any, path: str, direction: Direction, ranks: Counter[object]) -> Iterator[Site]:
    match kind_of(node):
        case "leaf":
            field = _next_field(node, path, ranks)
            yield from (Site(path) for _ in islice(vary_leaf(node, field, direction), 1))
        case "mapping" if direction == "more":
            yield Site(path, "keys")
        case "mapping" if direction == "none":
            yield from (_presence(path, key) for key in node)
        case "items" if direction == "more" or (direction == "none" and node):
            yield Site(path, "length")


def _presence(path: str, key: Any) -> Site:
    owner = drop_indexes(path)
    return Site(f"{owner}.{key}", "presence", owner)


def _vary_length(items: Any, mark: str, direction: Direction) -> Iterator[Any]:
    """Lists or tuples of other lengths."""
    kind: type[Any] = tuple if isinstance(items, tuple) else list
    if direction == "more":
        # Nobody knows what the items of an empty list would be.
        further = items[-1:] or guess_values(mark)
        yield from (kind([*items, *[item] * _MORE_ITEMS]) for item in further)
    elif direction == "none" and items:
        if kind is list:
            yield _shorten(items)
        yield kind()
        if len(items) > 1:
            yield kind(items[:-1])


def _shorten(items: Sequence[Any]) -> Short:
    made = Short()
    made.kept = items
    return made


def _without_keys(mapping: Mapping[Any, Any], absent: Set[Any]) -> Any:
    left = {key: value for key, value in mapping.items() if key not in absent}
    if type(mapping) is not dict:
        return like(mapping, left)
    made = Bare(left)
    made.kept = mapping
    return made

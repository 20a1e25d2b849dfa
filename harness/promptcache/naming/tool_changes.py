"""The cause of a first difference among the tools, and the other tools that changed."""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.prompt.assumptions import Assumptions
from harness.promptcache.naming.items import Item
from harness.promptcache.naming.named import END, Named, Spot
from harness.promptcache.naming.pair_notes import say_pair
from harness.promptcache.naming.pairs import find_inner_spots, name_text
from harness.promptcache.naming.places import say_move


def name_tool(old: Sequence[Item], new: Sequence[Item], *, at: tuple[int, int], assumptions: Assumptions) -> Named:
    """Name the first difference among the tools of two prompts; ``at`` are its indexes."""
    start, new_start = at
    before, after = next(iter(old[start:]), None), next(iter(new[new_start:]), None)
    there, here = (None if item is None else tool_name(item) for item in (before, after))
    if before is not None and after is not None and there == here:
        cause = name_text(before.block, after.block, assumptions) or "tool_changed"
        inner = find_inner_spots(cause, before.block, after.block, start, assumptions)
        notes = say_pair(cause, before.block, after.block, assumptions)
        return Named(cause, notes, (*inner, *find_tool_spots(old, new, {there})))
    names = _names(old), _names(new)
    is_gone = there is not None and names[0].count(there) > names[1].count(there)
    is_new = here is not None and names[1].count(here) > names[0].count(here)
    if is_gone and is_new:
        note = f"{old[start].path} was renamed, or replaced by another tool"
        return Named("tool_changed", (note,), find_tool_spots(old, new, {there, here}))
    if is_gone:
        return Named("tool_removed", (), find_tool_spots(old, new, {there}), old[start].path)
    if is_new:
        return Named("tool_added", (), find_tool_spots(old, new, {here}))
    kept = _kept(old, new)
    if _names(kept[0]) != _names(kept[1]):
        paths = [item.path for item in kept[0]], [item.path for item in kept[1]]
        note = say_move(paths, (_names(kept[0]), _names(kept[1])))
        return Named("tool_reorder", (note,), tuple(sorted(_find_spots(old, new, set()), key=_position)))
    # The tool only has another number, because one before it is gone or new.
    return Named("tool_added" if set(names[1]) > set(names[0]) else "tool_removed")


def tool_name(item: Item) -> str:
    """Return the name of a tool; its type if it has none."""
    return str(item.block.content.get("name") or item.block.content.get("type"))


def find_tool_spots(old: Sequence[Item], new: Sequence[Item], seen: set[str | None]) -> tuple[Spot, ...]:
    """Find the tools that changed, moved, were removed or added, besides those whose names are already ``seen``."""
    spots = list(_find_spots(old, new, seen))
    kept = _kept(old, new)
    moved = [one for one, other in zip(*kept, strict=False) if tool_name(one) != tool_name(other)]
    if moved:
        spots.append(Spot("the order of the tools", old.index(moved[0])))
    return tuple(sorted(spots, key=_position))


def _find_spots(old: Sequence[Item], new: Sequence[Item], seen: set[str | None]) -> Iterator[Spot]:
    before = {tool_name(item): index for index, item in reversed(list(enumerate(old)))}
    after = {tool_name(item): item for item in reversed(new)}
    for name, index in before.items():
        if name not in seen and name not in after:
            yield Spot(f"{old[index].path} (removed)", index, (old[index].block, None))
        elif name not in seen and after[name].key != old[index].key:
            yield Spot(after[name].path, index, (old[index].block, after[name].block))
    for index, item in enumerate(new):
        if tool_name(item) not in before and tool_name(item) not in seen:
            yield Spot(f"{item.path} (added)", old[index].position if index < len(old) else END, (None, item.block))


def _kept(old: Sequence[Item], new: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """The tools that are in both prompts by name, as often as in both."""
    shared = Counter(_names(old)) & Counter(_names(new))
    return _take(old, Counter(shared)), _take(new, Counter(shared))


def _take(items: Sequence[Item], left: Counter[str]) -> list[Item]:
    taken = []
    for item in items:
        left[tool_name(item)] -= 1
        if left[tool_name(item)] >= 0:
            taken.append(item)
    return taken


def _names(items: Sequence[Item]) -> list[str]:
    return [tool_name(item) for item in items]


def _position(spot: Spot) -> int:
    return spot.position

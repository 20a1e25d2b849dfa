"""Breakpoints of the client: its own, beside those that the caller set.

The rules, in this order:

1. What the caller marked stays as it is, and counts.
2. What cannot be cached is left unmarked: thinking, empty text, deferred tools, what a program called, and a prefix
   that is certainly below the model's minimum.
3. A request has at most four breakpoints: ours are dropped from the front until they fit.
4. A longer TTL stands in front of a shorter one: behind a 5m marker of the caller ours become 5m, and in front of the
   last 1h marker ours become 1h.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.client.minimum import is_below_minimum
from harness.client.places import Places
from harness.client.strategies import Target
from harness.errors import UnknownModelError
from harness.prompt.blocks import Block, marker_ttl
from harness.prompt.wire import to_plain
from harness.provider.limits import MAX_BREAKPOINTS, Ttl
from harness.provider.models import find_model

logger = logging.getLogger("harness.client")


_AUTOMATIC = Target("automatic", "5m")


class _Point(NamedTuple):
    """A breakpoint, of ours or of the caller."""

    place: int
    """Of its block, in wire order."""
    ttl: Ttl
    is_ours: bool
    is_automatic: bool = False


def prepare_system_prompt(system: str, *, is_cached: bool, ttl: Ttl = "5m") -> list[dict[str, Any]]:
    """Turn a system prompt into text blocks; the last one carries ``cache_control`` if ``is_cached``.

    An empty prompt gives no blocks: the API refuses a marker on empty text.
    """
    if not system:
        return []
    block: dict[str, Any] = {"type": "text", "text": system}
    if is_cached:
        block["cache_control"] = _marker(ttl)
    return [block]


def place_breakpoints(request: Mapping[str, Any], targets: Sequence[Target]) -> dict[str, Any]:
    """Copy a request, given as arguments of the SDK, and add breakpoints; nothing of the caller's changes."""
    if simple := _mark_simple(request, targets):
        return simple
    places = Places(request)
    points, skipped = _choose(places, targets, request)
    if len(points) > MAX_BREAKPOINTS:
        points, surplus = _limit(points)
        skipped += [f"{places.blocks[index].path} (more than {MAX_BREAKPOINTS})" for index in surplus]
    if skipped:
        logger.debug("left unmarked: %s", ", ".join(skipped))
    result = dict(request)
    for point in _order(points) if len(points) > 1 else points:
        if point.is_ours and point.is_automatic:
            result["cache_control"] = _marker(point.ttl)
        elif point.is_ours:
            _mark(result, places.blocks[point.place], _marker(point.ttl))
    return result


def _mark_simple(request: Mapping[str, Any], targets: Sequence[Target]) -> dict[str, Any] | None:
    """Mark the only system block of a request that is otherwise texts; ``None`` for any other request.

    Most requests are so. With nothing to look for, this takes a quarter of the time.
    """
    system = request.get("system")
    if len(targets) != 1 or targets[0].name != "system" or not isinstance(system, list) or len(system) != 1:
        return None
    if request.get("tools") or request.get("cache_control"):
        return None
    for message in request["messages"]:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            return None
    block = system[0]
    if not isinstance(block, dict) or block.get("cache_control") or not block.get("text"):
        return None
    if is_below_minimum(request, (Block("system", 0, None, None, block),), 0):
        return None
    return {**request, "system": [{**block, "cache_control": _marker(targets[0].ttl)}]}


def _choose(places: Places, targets: Sequence[Target], request: Mapping[str, Any]) -> tuple[list[_Point], list[str]]:
    """The caller's breakpoints and those of the targets, in wire order; and what is left unmarked, with reasons."""
    skipped: list[str] = []
    points = {index: _Point(index, marker_ttl(marker), is_ours=False) for index, marker in places.marked()}
    if own := request.get("cache_control"):
        for index in places.find(_AUTOMATIC):
            points.setdefault(index, _Point(index, marker_ttl(own), is_ours=False, is_automatic=True))
    for target in targets:
        found = places.find(target)
        if not found:
            skipped.append(f"{target.name} (nothing there that can be marked)")
        for index in found:
            if index in points:
                continue
            if is_below_minimum(request, places.blocks, index):
                skipped.append(f"{places.blocks[index].path} (below the minimum)")
            else:
                is_automatic = target.name == "automatic" and not _is_on_bedrock(request)
                points[index] = _Point(index, target.ttl, is_ours=True, is_automatic=is_automatic)
    return [points[index] for index in sorted(points)], skipped


def _is_on_bedrock(request: Mapping[str, Any]) -> bool:
    """Whether the model may refuse a marker of the request itself, so that its block is marked instead.

    Source: platform.claude.com/docs/en/build-with-claude/prompt-caching, "Automatic caching" (checked 2026-11-23).
    """
    try:
        return find_model(str(request.get("model"))).surface == "bedrock"
    except UnknownModelError:
        return False


def _limit(points: list[_Point]) -> tuple[list[_Point], list[int]]:
    """Drop ours from the front until there are at most four; also return the indexes of those."""
    surplus = [point.place for point in points if point.is_ours][: len(points) - MAX_BREAKPOINTS]
    return [point for point in points if point.place not in surplus], surplus


def _order(points: Sequence[_Point]) -> list[_Point]:
    """Adjust the TTLs of ours so that no 1h marker stands behind a 5m one."""
    short = next((point.place for point in points if not point.is_ours and point.ttl == "5m"), None)
    lowered = [
        point._replace(ttl="5m") if point.is_ours and short is not None and point.place > short else point
        for point in points
    ]
    long = max((point.place for point in lowered if point.ttl == "1h"), default=-1)
    return [
        point._replace(ttl="1h")
        if point.is_ours and point.place < long and (short is None or point.place < short)
        else point
        for point in lowered
    ]


def _marker(ttl: Ttl) -> dict[str, Any]:
    return {"type": "ephemeral"} if ttl == "5m" else {"type": "ephemeral", "ttl": ttl}


def _mark(request: dict[str, Any], block: Block, marker: dict[str, Any]) -> None:
    """Mark a block in a copied request, by copying only what holds it."""
    if block.message is None:
        request[block.level] = _marked(request[block.level], block.number, marker)
        return
    messages = list(request["messages"])
    message = _as_mapping(messages[block.message])
    messages[block.message] = {**message, "content": _marked(message["content"], block.number, marker)}
    request["messages"] = messages


def _marked(items: Any, number: int, marker: dict[str, Any]) -> list[Any]:
    copy = [items] if isinstance(items, str) else list(items)
    copy[number] = {**_as_mapping(copy[number]), "cache_control": marker}
    return copy


def _as_mapping(item: Any) -> Mapping[str, Any]:
    if isinstance(item, str):
        return {"type": "text", "text": item}
    plain: Mapping[str, Any] = item if isinstance(item, Mapping) else to_plain(item)
    return plain

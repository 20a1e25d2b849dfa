"""From a request to what the lock file keeps of it, and back to a request."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from harness.errors import UnknownModelError
from harness.lock.lockfile import LockedBlock, LockedCall, LockedPoint
from harness.prompt.blocks import Block, Request, can_carry_marker
from harness.prompt.parameters import has_citations, has_images, rendered_part, web_tools
from harness.prompt.reading import Prompt, read
from harness.prompt.text import block_text
from harness.prompt.tokens import CountText
from harness.promptcache.simulator import Simulator
from harness.provider.models import find_model
from harness.provider.pricing import price
from harness.provider.usage import Usage

GetText = Callable[[str], str | None]
"""The text of a digest; ``None`` if it is not there, or not whole."""
PutText = Callable[[str], object]
"""Keeps a text under its digest."""

_BEHIND = "behind_prefix"
"""Key of what stands behind the last breakpoint and matters all the same: what is rendered in front of it, and where
the conversation goes on."""

_REST = "…"

_IMAGE = {
    "type": "image",
    "source": {
        "type": "base64",
        "media_type": "image/png",
        "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    },
}
_DOCUMENT = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "…"},
    "citations": {"enabled": True},
}

# Keeps the API from no thinking of earlier turns, as a text of the user would.
_STUB = {"type": "tool_result", "tool_use_id": _REST, "content": _REST}
_STUB_WITH_IMAGE = {**_STUB, "content": [_IMAGE]}

_READS_PER_WRITE = 999


def lock_call(prompt: Prompt) -> LockedCall:
    """What the lock file keeps of a request."""
    points = tuple(
        LockedPoint(
            prompt.path_of(point),
            point.ttl,
            prompt.count.prefixes[point.block_index],
            prompt.fingerprints[point.block_index].hex(),
            point.is_automatic,
        )
        for point in prompt.breakpoints
    )
    prefix = _prefix_of(prompt.blocks, points)
    tokens = _tokens_by_path(prompt)
    first, second = _expected(prompt)
    return LockedCall(
        model=str(prompt.request.get("model")),
        parameters=_parameters(prompt, prefix),
        points=points,
        blocks=tuple(_lock_block(block, tokens.get(block.path, 0)) for block in prefix),
        first=_figures(first),
        second=_figures(second),
        usd_per_1000_calls=_price_of_many(first, second, prompt.model.id),
    )


def prefix_key(prompt: Prompt) -> tuple[tuple[str, str, bool], ...]:
    """The value of `LockedCall.prefix` for a request, without counting its tokens.

    Raises:
        RequestError: the request cannot be fingerprinted.
    """
    prints = prompt.fingerprints
    return tuple((prints[point.block_index].hex(), point.ttl, point.is_automatic) for point in prompt.breakpoints)


def keep_texts(prompt: Prompt, call: LockedCall, put_text: PutText) -> None:
    """Keep the content of all blocks of an accepted request, for the day on which it changes."""
    for block in _prefix_of(prompt.blocks, call.points):
        put_text(_content(block)[1])


def restore_request(call: LockedCall, get_text: GetText, count_text: CountText) -> Prompt | None:
    """The accepted request up to its last breakpoint; ``None`` if a text is gone.

    It has the fingerprints that were accepted, which is checked, and a stub for what followed.
    ``max_tokens`` is left out, for its value decides whether the API takes some parameters.
    """
    marks = {point.path: point.ttl for point in call.points if not point.is_automatic}
    behind = call.parameters.get(_BEHIND, {})
    request: dict[str, Any] = {"model": call.model}
    request |= {key: value for key, value in call.parameters.items() if key != _BEHIND}
    if len(marks) == len(call.points):
        # A top-level marker that fell on a marked block would fall on the stub now.
        request.pop("cache_control", None)
    for block in call.blocks:
        text = get_text(block.digest)
        if text is None:
            return None
        content = {"type": "text", "text": text} if block.form == "text" else json.loads(text)
        if block.path in marks:
            content = {**content, "cache_control": {"type": "ephemeral", "ttl": marks[block.path]}}
        _place(request, block, content)
    _add_rest(request, behind)
    prompt = read(request, count_text)
    return prompt if prefix_key(prompt) == call.prefix else None


def _add_rest(request: dict[str, Any], behind: Mapping[str, Any]) -> None:
    """Stand in for what followed the last breakpoint, where that makes a difference."""
    tools = [{"name": name} for name in behind.get("tools", ())]
    tools += [{"type": f"{name}_{_REST}", "defer_loading": True} for name in behind.get("web", ())]
    if tools:
        request["tools"] = [*request.get("tools", ()), *tools]
    messages = request.setdefault("messages", [])
    where = behind.get("goes_on")
    if where == "nowhere":
        return
    stubs = [_STUB_WITH_IMAGE if behind.get("images") else _STUB, *([_DOCUMENT] if behind.get("citations") else [])]
    if where == "in_system":
        # A token more than at its end.
        request["system"] = [*request["system"], {"type": "text", "text": _REST}]
    if where == "in_message":
        messages[-1]["content"] += stubs
    else:
        messages.append({"role": "user", "content": stubs})


def _prefix_of(blocks: tuple[Block, ...], points: tuple[LockedPoint, ...]) -> tuple[Block, ...]:
    """The blocks up to the last breakpoint."""
    paths = [block.path for block in blocks]
    return blocks[: paths.index(points[-1].path) + 1] if points else ()


def _place(request: dict[str, Any], block: LockedBlock, content: Mapping[str, Any]) -> None:
    level = block.path.partition("[")[0]
    if level != "messages":
        request.setdefault(level, []).append(content)
        return
    number = int(block.path.partition("[")[2].partition("]")[0])
    messages = request.setdefault("messages", [])
    while len(messages) <= number:
        messages.append({"role": block.role, "content": []})
    messages[number]["role"] = block.role
    messages[number]["content"].append(content)


def _lock_block(block: Block, tokens: int) -> LockedBlock:
    form, text = _content(block)
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return LockedBlock(block.path, block.role or "-", form, tokens, digest)


def _content(block: Block) -> tuple[str, str]:
    """Form and content of a block: its text where it has nothing else, else its JSON without the marker."""
    if set(block.content) <= {"type", "text", "cache_control"} and block.type == "text":
        return "text", block_text(block)
    if block.type == "text":
        plain = {key: value for key, value in block.content.items() if key != "cache_control"}
        return "json", json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return "json", block_text(block)


def _parameters(prompt: Prompt, prefix: tuple[Block, ...]) -> dict[str, Any]:
    given = rendered_part(prompt.request)
    behind = _find_behind(prompt.request, prompt.blocks, prefix) if prefix else {}
    return given | ({_BEHIND: behind} if behind else {})


def _find_behind(request: Request, blocks: tuple[Block, ...], prefix: tuple[Block, ...]) -> dict[str, Any]:
    shown = {"tools": [block.content for block in prefix if block.level == "tools"]}
    web = web_tools(shown, prefix)
    found = {
        "images": has_images(blocks) and not has_images(prefix),
        "citations": has_citations(request, blocks) and not has_citations(shown, prefix),
        # Deferred tools are no blocks; all others stand in front of what this is rendered for.
        "web": [name for name in web_tools(request, blocks) if name not in web],
        # What became of a tool is known by the names of all.
        "tools": [
            str(block.content.get("name") or block.type) for block in blocks[len(prefix) :] if block.level == "tools"
        ],
        "goes_on": _goes_on(blocks, prefix),
    }
    return {key: value for key, value in found.items() if value}


def _goes_on(blocks: tuple[Block, ...], prefix: tuple[Block, ...]) -> str | None:
    """Where a request goes on behind its prefix; ``None`` for the usual place, a message of its own."""
    if len(blocks) == len(prefix) or not any(map(can_carry_marker, blocks[len(prefix) :])):
        # Behind an automatic breakpoint there is nothing that could carry it.
        return "nowhere"
    follows, last = blocks[len(prefix)], prefix[-1]
    if last.level == "system" and follows.level == "system":
        return "in_system"
    return "in_message" if last.message is not None and blocks[-1].message == last.message else None


def _tokens_by_path(prompt: Prompt) -> dict[str, int]:
    """Tokens that each block adds to the prefix."""
    counts = prompt.count.prefixes
    return {
        block.path: after - before for block, before, after in zip(prompt.blocks, (0, *counts), counts, strict=False)
    }


def _expected(prompt: Prompt) -> tuple[Usage, Usage]:
    simulator = Simulator()
    return simulator.send(prompt.record, at=0.0).usage, simulator.send(prompt.record, at=1.0).usage


def _figures(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
    }


def _price_of_many(first: Usage, second: Usage, model: str) -> str | None:
    try:
        return f"{price(first, model) + _READS_PER_WRITE * price(second, model):.4f}"
    except UnknownModelError:
        return None


def written_points(call: LockedCall) -> tuple[LockedPoint, ...]:
    """The breakpoints at which a call writes: those whose prefix reaches the model's minimum."""
    minimum = find_model(call.model).min_cacheable_tokens
    return tuple(point for point in call.points if point.tokens >= minimum)


def write_price(call: LockedCall) -> Decimal | None:
    """Dollars for writing the prefix of a call once; ``None`` where no price is known."""
    tokens = {"5m": 0, "1h": 0}
    done = 0
    for point in written_points(call):
        tokens[point.ttl] += max(0, point.tokens - done)
        done = max(done, point.tokens)
    usage = Usage(ephemeral_5m_input_tokens=tokens["5m"], ephemeral_1h_input_tokens=tokens["1h"])
    try:
        return price(usage, call.model)
    except UnknownModelError:
        return None

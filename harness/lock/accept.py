"""Convert a request to its record in the lock file, and restore a request from the record."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from harness.lock.entries import LockedBlock, LockedBreakpoint, LockedCall
from harness.numbers import parse_json, write_json
from harness.prompt.blocks import Block, Request, can_carry_marker
from harness.prompt.parameters import has_citations, has_images, rendered_part, web_tools
from harness.prompt.reading import Prompt, read
from harness.prompt.text import block_text
from harness.prompt.tokens import CountText

GetText = Callable[[str], str | None]
"""Returns the text of a digest; ``None`` if it is missing or incomplete."""
PutText = Callable[[str], object]
"""Stores a text under its digest."""

_BEHIND = "behind_prefix"
"""Key of the facts from after the last breakpoint that affect the prefix: what is rendered before it, and where the
conversation goes on."""

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

# Unlike a text of the user, it does not make the API strip the thinking of earlier turns.
_STUB = {"type": "tool_result", "tool_use_id": _REST, "content": _REST}
_STUB_WITH_IMAGE = {**_STUB, "content": [_IMAGE]}


def lock_call(prompt: Prompt) -> LockedCall:
    """Make the record that the lock file keeps of a request."""
    breakpoints = tuple(
        LockedBreakpoint(
            prompt.path_of(point),
            point.ttl,
            prompt.count.prefixes[point.block_index],
            prompt.fingerprints[point.block_index].hex(),
            point.is_automatic,
        )
        for point in prompt.breakpoints
    )
    prefix = _prefix_of(prompt.blocks, breakpoints)
    tokens = _tokens_by_path(prompt)
    prefix_tokens = max((point.tokens for point in breakpoints), default=0)
    return LockedCall(
        model=str(prompt.request.get("model")),
        parameters=_parameters(prompt, prefix),
        breakpoints=breakpoints,
        blocks=tuple(_lock_block(block, tokens.get(block.path, 0)) for block in prefix),
        tail_tokens=prompt.count.total - prefix_tokens,
    )


def prefix_key(prompt: Prompt) -> tuple[tuple[str, str, bool], ...]:
    """The value of `LockedCall.prefix` for a request; counts no tokens.

    Raises:
        RequestError: the request cannot be fingerprinted.
    """
    prints = prompt.fingerprints
    return tuple((prints[point.block_index].hex(), point.ttl, point.is_automatic) for point in prompt.breakpoints)


def keep_texts(prompt: Prompt, call: LockedCall, put_text: PutText) -> None:
    """Store the content of all blocks of an accepted request, to explain later changes."""
    for block in _prefix_of(prompt.blocks, call.breakpoints):
        put_text(_content(block)[1])


def restore_request(call: LockedCall, get_text: GetText, count_text: CountText) -> Prompt | None:
    """Restore the accepted request up to its last breakpoint; ``None`` if a text is missing.

    Its fingerprints are checked against the accepted ones, and a stub replaces what followed.
    ``max_tokens`` is left out, since its value decides whether the API accepts some parameters.
    """
    marks = {point.path: point.ttl for point in call.breakpoints if not point.is_automatic}
    behind = call.parameters.get(_BEHIND, {})
    request: dict[str, Any] = {"model": call.model}
    request |= {key: value for key, value in call.parameters.items() if key != _BEHIND}
    if len(marks) == len(call.breakpoints):
        # The top-level marker fell on a marked block; here it would fall on the stub.
        request.pop("cache_control", None)
    for block in call.blocks:
        text = get_text(block.digest)
        if text is None:
            return None
        content = {"type": "text", "text": text} if block.form == "text" else parse_json(text)
        if block.path in marks:
            content = {**content, "cache_control": {"type": "ephemeral", "ttl": marks[block.path]}}
        _place(request, block, content)
    _add_rest(request, behind)
    prompt = replace(read(request, count_text), is_restored=True)
    return prompt if prefix_key(prompt) == call.prefix else None


def _add_rest(request: dict[str, Any], behind: Mapping[str, Any]) -> None:
    """Add stubs for what followed the last breakpoint, where that affects the prefix."""
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
        # A system prompt that goes on has one token more than one that ends here.
        request["system"] = [*request["system"], {"type": "text", "text": _REST}]
    if where == "in_message":
        messages[-1]["content"] += stubs
    elif where == "in_results":
        messages[-1]["content"].append(_STUB)
    if where != "in_message" and messages and messages[-1]["content"][-1].get("type") == "tool_result":
        # The results of a turn end where another role goes on, and the last one has other tokens than the rest.
        messages.append({"role": "assistant", "content": [{"type": "text", "text": _REST}]})
    if where != "in_message" or messages[-1]["role"] == "assistant":
        # A conversation that ends in text of the assistant is a prefill, which many models refuse.
        messages.append({"role": "user", "content": stubs})


def _prefix_of(blocks: tuple[Block, ...], breakpoints: tuple[LockedBreakpoint, ...]) -> tuple[Block, ...]:
    """The blocks up to the last breakpoint."""
    paths = [block.path for block in blocks]
    return blocks[: max((paths.index(point.path) for point in breakpoints), default=-1) + 1]


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
    """Form and content of a block: its text if it has nothing else, otherwise its JSON without the marker."""
    if set(block.content) <= {"type", "text", "cache_control"} and block.type == "text":
        return "text", block_text(block)
    if block.type == "text":
        plain = {key: value for key, value in block.content.items() if key != "cache_control"}
        return "json", write_json(plain)
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
        # Deferred tools are not blocks; all other tools come before the text that they affect.
        "web": [name for name in web_tools(request, blocks) if name not in web],
        # The names of all tools show whether a tool was removed or moved.
        "tools": [
            str(block.content.get("name") or block.type) for block in blocks[len(prefix) :] if block.level == "tools"
        ],
        "goes_on": _goes_on(blocks, prefix),
    }
    return {key: value for key, value in found.items() if value}


def _goes_on(blocks: tuple[Block, ...], prefix: tuple[Block, ...]) -> str | None:
    """Where a request goes on after its prefix; ``None`` for the usual place, a separate message."""
    if len(blocks) == len(prefix) or not any(map(can_carry_marker, blocks[len(prefix) :])):
        # No block after an automatic breakpoint can carry one.
        return "nowhere"
    follows, last = blocks[len(prefix)], prefix[-1]
    if last.level == "system" and follows.level == "system":
        return "in_system"
    if last.message is None or follows.message != last.message:
        return None
    if blocks[-1].message == last.message:
        return "in_message"
    return "in_results" if last.type == follows.type == "tool_result" else None


def _tokens_by_path(prompt: Prompt) -> dict[str, int]:
    """Tokens that each block adds to the prefix."""
    counts = prompt.count.prefixes
    return {
        block.path: after - before for block, before, after in zip(prompt.blocks, (0, *counts), counts, strict=False)
    }

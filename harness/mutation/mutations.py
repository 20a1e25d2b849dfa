"""Mutations that put every kind of bust into a request: the changes that a gate must catch.

Each mutation changes a request as a careless edit would, and names the cause that an
explanation must give. A mutation that finds nothing to change in a request does not apply.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.errors import CannotTellError, RequestError
from harness.prompt.parameters import thinking_type
from harness.prompt.reading import read
from harness.prompt.wire import to_body
from harness.promptcache.causes import Cause
from harness.promptcache.refusals.api_error import ApiError
from harness.promptcache.refusals.check import check_request

Body = dict[str, Any]
_IMAGE = {
    "type": "image",
    "source": {
        "type": "base64",
        "media_type": "image/png",
        "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    },
}
_START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One way to bust a prompt cache."""

    name: str
    what: str
    """The change, in a few words."""
    cause: Cause
    """The cause that an explanation must name."""
    change: Callable[[Body, int], bool]
    """Changes a body in place, given the number of the request; ``False`` if there is nothing to change."""
    assertion: str
    """The check to add where the mutation survives."""

    def apply(self, request: Body, number: int = 0) -> Body | None:
        """A changed copy of the ``number``-th request; ``None`` if it does not apply, or the API refuses that."""
        if _is_refused(request):
            return None
        body = deepcopy(request)
        # Compared as sent, because the order of keys matters.
        return body if self.change(body, number) and to_body(body) != to_body(request) else None


_SECOND_CALL = "call it twice, and assert_reads_prefix(second, written_by=first)"
_LOCK = "lock it: pytest --harness-update-lock, or assert_same_prefix(accepted, call)"


def _timestamp(body: Body, number: int) -> bool:
    moment = _START + timedelta(seconds=number)
    return _edit_text(body, lambda text: f"Now: {moment:%Y-%m-%dT%H:%M:%S}Z\n{text}")


def _trailing_space(body: Body, _: int) -> bool:
    return _edit_text(body, lambda text: f"{text} ")


def _decomposed(body: Body, _: int) -> bool:
    return any(
        _set_text(block, unicodedata.normalize("NFD", block["text"]))
        for block in _texts(body)
        if not unicodedata.is_normalized("NFD", block["text"])
    )


def _key_order(body: Body, _: int) -> bool:
    for tool in body.get("tools") or ():
        schema = tool.get("input_schema")
        keys = schema.get("properties") if isinstance(schema, dict) else None
        target = keys if isinstance(keys, dict) and len(keys) > 1 else schema
        if isinstance(target, dict) and len(target) > 1:
            items = list(target.items())[::-1]
            target.clear()
            target.update(items)
            return True
    return False


def _tool_reorder(body: Body, _: int) -> bool:
    tools = body.get("tools") or []
    if len(tools) < 2:
        return False
    # The marker stays at the end: only the tools move.
    markers = [tool.pop("cache_control", None) for tool in tools]
    tools.reverse()
    for tool, marker in zip(tools, markers, strict=True):
        if marker is not None:
            tool["cache_control"] = marker
    return True


def _marker_moved(body: Body, _: int) -> bool:
    blocks = list(_blocks(body))
    marked = [index for index, block in enumerate(blocks) if block.get("cache_control")]
    if not marked or len(blocks) < 2:
        return False
    last = marked[-1]
    to = last + 1 if last + 1 < len(blocks) else last - 1
    if blocks[to].get("cache_control"):
        return False
    blocks[to]["cache_control"] = blocks[last].pop("cache_control")
    return True


def _fifth_marker(body: Body, _: int) -> bool:
    blocks = [block for block in _blocks(body) if block.get("type") not in ("thinking", "redacted_thinking")]
    missing = 5 - sum(bool(block.get("cache_control")) for block in blocks) - bool(body.get("cache_control"))
    if not any(block.get("cache_control") for block in blocks) or missing <= 0:
        return False
    for block in [block for block in blocks if not block.get("cache_control")][:missing]:
        block["cache_control"] = {"type": "ephemeral"}
        missing -= 1
    first = body["messages"][0]
    if missing:
        parts = [
            {"type": "text", "text": f"Part {number}.", "cache_control": {"type": "ephemeral"}}
            for number in range(missing)
        ]
        first["content"] = [*_as_list(first["content"]), *parts]
    return True


def _model(body: Body, _: int) -> bool:
    names = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-sonnet-5", "claude-sonnet-4-6", "claude-haiku-4-5")
    return _set_first(body, *({"model": name} for name in names if name != body.get("model")))


def _tool_choice(body: Body, _: int) -> bool:
    chosen = (body.get("tool_choice") or {}).get("type", "auto")
    choices = ({"tool_choice": {"type": name}} for name in ("any", "auto", "none") if name != chosen)
    return bool(body.get("tools")) and _set_first(body, *choices) and _has_late_marker(body)


def _thinking(body: Body, _: int) -> bool:
    room = max(body.get("max_tokens") or 0, 2048)
    off = [{"thinking": {"type": "disabled"}}, {"thinking": {"type": "between_tools"}}]
    on = [
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": room},
        {"thinking": {"type": "adaptive"}},
    ]
    return _set_first(body, *(off if _thinks(body) else on)) and _has_late_marker(body)


def _thinks(body: Body) -> bool:
    """Whether a request thinks, by what it says or by the default of its model."""
    try:
        kind = thinking_type(body, read(body).model)
    except RequestError:
        kind = (body.get("thinking") or {}).get("type")
    return kind in ("enabled", "adaptive")


def _effort(body: Body, _: int) -> bool:
    config = body.get("output_config") or {}
    levels = [level for level in ("low", "medium") if level != config.get("effort")]
    changes = ({"output_config": {**config, "effort": level}} for level in levels)
    return _set_first(body, *changes) and _has_late_marker(body)


def _image(body: Body, _: int) -> bool:
    if any(block.get("type") == "image" for block in _blocks(body)):
        return False
    last = body["messages"][-1]
    last["content"] = [*_as_list(last["content"]), _IMAGE]
    return last.get("role") == "user" and _has_late_marker(body)


def _citations(body: Body, _: int) -> bool:
    for block in _blocks(body):
        if block.get("type") == "document":
            citations = block.get("citations") or {}
            block["citations"] = {"enabled": not citations.get("enabled")}
            return True
    return False


def _ttl(body: Body, _: int) -> bool:
    marked = [block["cache_control"] for block in _blocks(body) if block.get("cache_control")]
    for marker in marked:
        marker["ttl"] = "5m" if marker.get("ttl") == "1h" else "1h"
    return bool(marked) and len({marker["ttl"] for marker in marked}) == 1


def _below_minimum(body: Body, _: int) -> bool:
    """Shorten everything before the last breakpoint to a few words."""
    marked = [block for block in _blocks(body) if block.get("cache_control")]
    if not marked:
        return False
    for block in _blocks(body):
        if isinstance(block.get("text"), str):
            block["text"] = block["text"][:40].strip() or "…"
        if "input_schema" in block:
            # Closed, because the API refuses open objects in strict schemas.
            block["input_schema"] = {"type": "object"} | (
                {"additionalProperties": False} if block.get("strict") else {}
            )
            block["description"] = ""
        if block.get("type") == "document":
            block["source"] = {"type": "text", "media_type": "text/plain", "data": "…"}
        if block is marked[-1]:
            return True
    return False


def _history_edit(body: Body, _: int) -> bool:
    messages = body.get("messages") or []
    if len(messages) < 3 or not _has_late_marker(body):
        return False
    first = messages[0]
    if isinstance(first["content"], str):
        first["content"] = f"(edited) {first['content']}"
        return True
    texts = (block for block in first["content"] if isinstance(block, dict) and block.get("type") == "text")
    return any(_set_text(block, f"(edited) {block['text']}") for block in texts)


MUTATIONS = (
    Mutation(
        name="timestamp",
        what="the time in front of the system prompt",
        cause="timestamp",
        change=_timestamp,
        assertion=_SECOND_CALL,
    ),
    Mutation(
        name="trailing-space",
        what="a space at the end of the system prompt",
        cause="whitespace",
        change=_trailing_space,
        assertion=_LOCK,
    ),
    Mutation(
        name="nfd",
        what="letters with accents in decomposed form",
        cause="unicode",
        change=_decomposed,
        assertion=_LOCK,
    ),
    Mutation(
        name="key-order",
        what="the keys of a tool's schema in another order",
        cause="key_order",
        change=_key_order,
        assertion=_LOCK,
    ),
    Mutation(
        name="tool-reorder",
        what="the tools in another order",
        cause="tool_reorder",
        change=_tool_reorder,
        assertion=_LOCK,
    ),
    Mutation(
        name="marker-moved",
        what="the last breakpoint on an adjacent block",
        cause="breakpoint_moved",
        change=_marker_moved,
        assertion=_LOCK,
    ),
    Mutation(
        name="fifth-marker",
        what="a fifth breakpoint",
        cause="too_many_breakpoints",
        change=_fifth_marker,
        assertion="call it through a fixture of the harness: the emulator refuses it",
    ),
    Mutation(name="model", what="another model", cause="model_changed", change=_model, assertion=_LOCK),
    Mutation(
        name="tool-choice",
        what="another tool_choice",
        cause="tool_choice_changed",
        change=_tool_choice,
        assertion=_LOCK,
    ),
    Mutation(
        name="thinking",
        what="thinking switched on or off",
        cause="thinking_changed",
        change=_thinking,
        assertion=_LOCK,
    ),
    Mutation(name="effort", what="another effort", cause="effort_changed", change=_effort, assertion=_LOCK),
    Mutation(name="image", what="a first image", cause="image_added", change=_image, assertion=_LOCK),
    Mutation(
        name="citations",
        what="citations switched on or off",
        cause="citations_changed",
        change=_citations,
        assertion=_LOCK,
    ),
    Mutation(name="ttl", what="the other TTL", cause="ttl_changed", change=_ttl, assertion=_LOCK),
    Mutation(
        name="below-minimum",
        what="a prefix shorter than the model's minimum",
        cause="below_minimum",
        change=_below_minimum,
        assertion=_SECOND_CALL,
    ),
    Mutation(
        name="history-edit",
        what="an earlier message rewritten",
        cause="history_edit",
        change=_history_edit,
        assertion=_LOCK,
    ),
)
"""All mutations, in the order in which they are reported."""

BY_NAME = {mutation.name: mutation for mutation in MUTATIONS}


# --- parts of a body -------------------------------------------------------------------------------------


def _blocks(body: Body) -> Iterator[Body]:
    """All blocks that are objects, in wire order; string content is first converted to text blocks in place."""
    yield from body.get("tools") or ()
    if isinstance(body.get("system"), str) and body["system"]:
        body["system"] = [{"type": "text", "text": body["system"]}]
    yield from body.get("system") or ()
    for message in body.get("messages") or ():
        message["content"] = _as_list(message["content"])
        yield from (block for block in message["content"] if isinstance(block, dict))


def _as_list(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _texts(body: Body) -> Iterator[Body]:
    """Text blocks of the system prompt; if there is none, the text blocks up to the last breakpoint."""
    blocks = list(_blocks(body))
    system = [block for block in body.get("system") or () if isinstance(block, dict)]
    marked = [index for index, block in enumerate(blocks) if block.get("cache_control")]
    prefix = system or blocks[: marked[-1] + 1 if marked else 0]
    yield from (block for block in prefix if block.get("type") == "text" and block.get("text"))


def _edit_text(body: Body, edit: Callable[[str], str]) -> bool:
    block = next(_texts(body), None)
    return block is not None and _set_text(block, edit(block["text"]))


def _set_first(body: Body, *changes: Body) -> bool:
    """Set the parameters of the first change that the model of the request does not refuse."""
    before = _refusal(body)
    for change in changes:
        if _refusal({**body, **change}) == before:
            body.update(change)
            return True
    return False


def _is_refused(body: Body) -> bool:
    """Whether the API refuses a request as it is; then its parts may be of any type."""
    try:
        return check_request(read(body)) is not None
    except CannotTellError:
        return False
    except RequestError:
        return True


def _refusal(body: Body) -> ApiError | None:
    try:
        return check_request(read(body))
    except RequestError:
        return None


def _set_text(block: Body, text: str) -> bool:
    block["text"] = text
    return True


def _has_late_marker(body: Body) -> bool:
    """Whether the messages have a breakpoint: a change that is rendered right before them loses only those."""
    if body.get("cache_control"):
        return True
    messages = body.get("messages") or ()
    contents = [message["content"] for message in messages if isinstance(message["content"], list)]
    return any(block.get("cache_control") for content in contents for block in content if isinstance(block, dict))

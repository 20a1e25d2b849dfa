"""The content of an answer: blocks within the limits that the request sets, with the tokens that they are billed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha512
from typing import Any, NamedTuple

from harness.emulator.answers import CallTool, Reply
from harness.emulator.faults import Fault
from harness.emulator.responder import respond
from harness.emulator.schema import minimal_instance
from harness.emulator.script import Choice
from harness.emulator.tools import ToolCall, count_call, forced_call, input_for
from harness.numbers import read_object, write_json
from harness.prompt.parameters import output_format
from harness.prompt.reading import Prompt

_TEXT_FRAME = 4
"""Output tokens of a text besides its own."""
_THOUGHT = "The user asks for an answer, which the emulator makes from a template."


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The content of a message, and how it ends."""

    content: tuple[dict[str, Any], ...] = ()
    pieces: Iterator[str] | None = None
    """More text, made while it is read, as the last block."""
    stop_reason: str = "end_turn"
    stop_sequence: str | None = None
    output_tokens: int = 0
    thinking_tokens: int = 0
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Fields that the script gives for the whole message."""


class Counted(NamedTuple):
    """A block with its output tokens."""

    block: dict[str, Any]
    tokens: int


class Drafting:
    """Makes the content that answers one request."""

    def __init__(self, prompt: Prompt, seed: str) -> None:
        """``seed`` makes ids that no other answer has."""
        self._prompt = prompt
        self._request = prompt.request
        self._seed = seed
        self._tokenizer = prompt.model.generation.tokenizer
        # A request that no call can meet is refused before anything is written.
        self._forced = forced_call(self._request)

    def draft(self, choice: Choice) -> Draft:
        """Make the content that a script has chosen.

        Raises:
            RequestError: an input that fits the tool's schema cannot be made.
        """
        maximum = self._request["max_tokens"]
        if maximum == 0:
            return Draft(stop_reason="max_tokens")
        reply = choice.reply
        if isinstance(reply, Fault):
            reply = respond(self._request)
        if isinstance(reply, Iterator):
            if self._forced is None and self._request.get("stream"):
                return self._limit(Draft(pieces=iter(reply)), self._thoughts())
            reply = "".join(reply)
        overrides: Mapping[str, Any] = {}
        if isinstance(reply, Mapping):
            overrides = {key: value for key, value in reply.items() if key != "content"}
            reply = reply["content"]
        blocks = list(self._blocks(reply, is_default=choice.is_default))
        if not overrides and not any(counted.block["type"] in ("thinking", "redacted_thinking") for counted in blocks):
            blocks = [*self._thoughts(), *blocks]
        return self._limit(Draft(overrides=overrides), blocks)

    def close(self, draft: Draft, text: str) -> Draft:
        """End a draft whose pieces have been read: they were ``text``."""
        tokens = self._count(text) + _TEXT_FRAME if text else 0
        stop = next((stop for stop in self._stops() if stop in text), None)
        total = draft.output_tokens + tokens
        is_cut = total > self._request["max_tokens"]
        return replace(
            draft,
            pieces=None,
            content=(*draft.content, {"type": "text", "text": text}) if text else draft.content,
            output_tokens=min(total, self._request["max_tokens"]),
            stop_reason="max_tokens" if is_cut else "stop_sequence" if stop else draft.stop_reason,
            stop_sequence=None if is_cut else stop,
        )

    # --- blocks ----------------------------------------------------------------------------------------------

    def _blocks(self, reply: Reply, *, is_default: bool) -> Iterator[Counted]:
        if isinstance(reply, str):
            if self._forced is not None:
                given = None if is_default else read_object(reply.encode())
                yield self._call(self._forced if given is None else replace(self._forced, input=given), 0)
            elif text := self._default_text(reply) if is_default else reply:
                yield Counted({"type": "text", "text": text}, self._count(text) + _TEXT_FRAME)
            return
        if isinstance(reply, CallTool):
            reply = [{"type": "tool_use", "name": reply.name, "input": reply.input}]
        blocks: Sequence[Mapping[str, Any]] = reply  # type: ignore[assignment]
        for number, block in enumerate(blocks):
            if block["type"] == "tool_use":
                given = block.get("input")
                made = dict(input_for(self._request, block["name"]) if given is None else given)
                counted = self._call(ToolCall(name=str(block["name"]), input=made, is_named=False), number)
                yield Counted({**counted.block, **block, "input": made}, counted.tokens)
            elif block["type"] == "text":
                yield Counted(dict(block), self._count(str(block.get("text") or "")) + _TEXT_FRAME)
            else:
                yield Counted(dict(block), self._count(write_json({**block, "signature": ""})))

    def _default_text(self, text: str) -> str:
        format = output_format(self._request) or {}
        if format.get("type") != "json_schema":
            return text
        return write_json(minimal_instance(format.get("schema")))

    def _call(self, call: ToolCall, number: int) -> Counted:
        block = {"type": "tool_use", "id": f"toolu_emulated_{self._digest(f'call {number}')[:20]}", "name": call.name}
        tokens = count_call(call, self._prompt.model.generation, self._prompt.count_text)
        return Counted({**block, "input": call.input, "caller": {"type": "direct"}}, tokens)

    def _thoughts(self) -> list[Counted]:
        """The thinking that a request asks for; where it only leaves it to the model, the emulator does not think."""
        thinking = self._request.get("thinking") or {}
        if thinking.get("type") not in ("enabled", "adaptive"):
            return []
        # Source: platform.claude.com/docs/en/build-with-claude/extended-thinking (checked 2026-11-27).
        shown = "" if thinking.get("display") == "omitted" else _THOUGHT
        signature = b64encode(sha512(self._seed.encode()).digest()).decode()
        return [
            Counted(
                {"type": "thinking", "thinking": shown, "signature": signature}, self._count(_THOUGHT) + _TEXT_FRAME
            )
        ]

    # --- limits ----------------------------------------------------------------------------------------------

    def _limit(self, draft: Draft, blocks: Iterable[Counted]) -> Draft:
        """End the content at the first stop sequence, or at ``max_tokens``."""
        content: list[dict[str, Any]] = []
        maximum, spent, thinking, stop = self._request["max_tokens"], 0, 0, None
        is_cut = False
        for counted in blocks:
            fitting, stop = self._stopped(counted)
            is_cut = spent + fitting.tokens > maximum
            if is_cut:
                fitting = _shortened(fitting, maximum - spent)
            spent += fitting.tokens
            thinking += fitting.tokens if fitting.block["type"] == "thinking" else 0
            if fitting.block["type"] != "text" or fitting.block.get("text"):
                content.append(fitting.block)
            if is_cut or stop is not None:
                break
        has_call = any(block["type"] == "tool_use" for block in content)
        reason = "max_tokens" if is_cut else "stop_sequence" if stop is not None else "tool_use" if has_call else None
        return replace(
            draft,
            content=tuple(content),
            output_tokens=spent,
            thinking_tokens=thinking,
            stop_reason=reason or draft.stop_reason,
            stop_sequence=None if is_cut else stop,
        )

    def _stopped(self, counted: Counted) -> tuple[Counted, str | None]:
        """Cut a text at the stop sequence that comes first."""
        text = str(counted.block.get("text") or "") if counted.block["type"] == "text" else ""
        found = [(text.index(stop), stop) for stop in self._stops() if stop in text]
        if not found:
            return counted, None
        position, stop = min(found)
        kept = text[:position]
        return Counted({**counted.block, "text": kept}, self._count(kept) + _TEXT_FRAME), stop

    def _stops(self) -> list[str]:
        return [stop for stop in self._request.get("stop_sequences") or () if stop]

    def _count(self, text: str) -> int:
        return self._prompt.count_text(text, self._tokenizer)

    def _digest(self, what: str) -> str:
        return sha512(f"{self._seed}:{what}".encode()).hexdigest()


def _shortened(counted: Counted, tokens: int) -> Counted:
    """Cut the text of a block to some of its tokens; a call keeps its input, which would be no JSON otherwise."""
    block = counted.block
    for key in ("text", "thinking"):
        if isinstance(block.get(key), str):
            block = {**block, key: block[key][: len(block[key]) * tokens // counted.tokens]}
    return Counted(block, tokens)

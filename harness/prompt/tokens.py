"""Input tokens of a request, counted offline, and where among its blocks they fall.

Texts are counted with ``ctok``; around them stand frames, separators and hidden prompts,
whose sizes are data (``provider/generations.toml``) fitted on recorded calls of the real
API. What cannot be counted offline makes a count inexact, and is named.
"""

import json
import math
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from harness.prompt.blocks import Block, Request
from harness.prompt.images import image_size
from harness.prompt.parameters import find_uncounted, output_format, thinking, tool_choice
from harness.provider.models import Generation, ImageRules, Model

CountText = Callable[[str, str], int]
"""Tokens of a text alone, by text and tokenizer version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Input tokens of one request."""

    total: int
    """All of them, as ``/v1/messages/count_tokens`` would answer."""
    prefixes: tuple[int, ...]
    """Tokens of the prefix that ends at each block, in the order of the blocks."""
    unmodelled: tuple[str, ...] = ()
    """What cannot be counted offline, each ``path: why``. Empty: the count is meant to be exact."""

    @property
    def is_exact(self) -> bool:
        """Whether everything in the request could be counted."""
        return not self.unmodelled


class TextCounter:
    """Tokens of texts by ``ctok``, each distinct text counted once.

    ``memo`` maps digests to counts; give a persistent one, and a warm process loads no vocabulary.
    """

    def __init__(self, memo: MutableMapping[str, int] | None = None) -> None:
        self._memo: MutableMapping[str, int] = {} if memo is None else memo

    def __call__(self, text: str, tokenizer: str) -> int:
        """Tokens of ``text`` alone, without any frame."""
        if not text:
            return 0
        key = f"{tokenizer}:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
        known = self._memo.get(key)
        if known is None:
            known = self._memo[key] = _count(text, tokenizer)
        return known


def count_request(request: Request, blocks: Sequence[Block], model: Model, count_text: CountText) -> Count:
    """Input tokens of a request, and of the prefix that ends at each of its rendered blocks."""
    return _Tally(request, blocks, model, count_text).run()


def _count(text: str, tokenizer: str) -> int:
    # Loading a vocabulary takes 0.1-0.4 s and 95 MB.
    from ctok import tokenize

    # ctok answers for one user message and pads the list by the tokens of its frame.
    tokens = tokenize(text, tokenizer)
    frame = next(index for index, token in enumerate(tokens) if token != "⟨pad⟩")
    return len(tokens) - frame


class _Tally:
    """One walk over a request that adds up tokens block by block."""

    def __init__(self, request: Request, blocks: Sequence[Block], model: Model, count_text: CountText) -> None:
        self.request = request
        self.blocks = blocks
        self.model = model
        self.rules: Generation = self.model.generation
        self.count_text = count_text
        self.has_tools = any(block.level == "tools" for block in blocks)
        self.total = 0
        self.prefixes: list[int] = []
        self.unmodelled: list[str] = []
        self._has_several_results = False
        self._tool_names = {
            str(block.content.get("id")): str(block.content.get("name")) for block in blocks if block.type == "tool_use"
        }

    def run(self) -> Count:
        if not self.model.is_known:
            self.unmodelled.append(f"model: {self.model.id!r} is not known, counted as the newest generation")
        self._add_parameters()
        self._add_tools()
        self._add_system()
        self._add_messages()
        return Count(total=self.total, prefixes=tuple(self.prefixes), unmodelled=tuple(self.unmodelled))

    def text(self, text: str) -> int:
        return self.count_text(text, self.rules.tokenizer)

    def value(self, text: str) -> int:
        """Tokens that a parameter's or result's text adds between the brackets around it."""
        if not text or not self.rules.values_merge:
            return self.text(text)
        return self.text(f">{text}<") - self.text("><")

    @property
    def has_budget_thinking(self) -> bool:
        return thinking(self.request).get("type") == "enabled"

    @property
    def is_forced(self) -> bool:
        return tool_choice(self.request).get("type") in ("any", "tool")

    # --- tools -------------------------------------------------------------------------------------------

    def _add_tools(self) -> None:
        if not self.has_tools:
            return
        self.total += self.rules.tool_prompt_head
        for block in self.blocks:
            if block.level == "tools":
                self.total += self._tool(block)
                self.prefixes.append(self.total)
        # The rest of the hidden prompt is rendered behind the tools; see _add_messages for its tail.

    def _tool(self, block: Block) -> int:
        tool = block.content
        if "input_schema" not in tool:
            self.unmodelled.append(f"{block.path}: the definition of server tool {tool.get('type')!r} is not public")
            return 0
        if tool.get("input_examples"):
            self.unmodelled.append(f"{block.path}: input_examples are rendered in an unknown form")
        return self.text(f"<function>{self._tool_json(tool)}</function>\n") + 1

    def _tool_json(self, tool: Mapping[str, Any]) -> str:
        line = {"name": tool.get("name"), "parameters": tool["input_schema"]}
        if tool.get("description"):
            line = {"description": tool["description"], **line}
        return json.dumps(line, ensure_ascii=self.rules.tool_ascii)

    # --- system ------------------------------------------------------------------------------------------

    def _add_system(self) -> None:
        system = [block for block in self.blocks if block.level == "system"]
        if self.has_budget_thinking:
            self.total += self.rules.budget_thinking[0]
        elif thinking(self.request).get("type") == "adaptive" and not self.has_tools:
            self.total += self.rules.adaptive_thinking
        if not system:
            if self.request.get("system") == "":
                # Seen in recorded traffic: an empty system prompt is accepted and costs 3.
                self.total += 3
            return
        for number, block in enumerate(system):
            self.total += self.text(_text(block)) + (1 if number else 0)
            if block is system[-1]:
                self.total += self._system_separator(_text(block))
            self.prefixes.append(self.total)
        if not self.has_tools:
            self.prefixes[-1] += self.rules.system_head

    def _system_separator(self, text: str) -> int:
        if text.endswith("\n"):
            return self.rules.system_newline + (self.rules.system_with_tools if self.has_tools else 0)
        return self.rules.system_with_tools if self.has_tools else self.rules.system

    # --- messages ----------------------------------------------------------------------------------------

    def _add_messages(self) -> None:
        messages = [block for block in self.blocks if block.level == "messages"]
        self.total += self.rules.frame - self.rules.tail
        self.total += self._hidden_before_messages()
        if messages and messages[0].role == "assistant":
            self.total += self.rules.assistant_first
        previous: Block | None = None
        for block in messages:
            self.total += self._border(previous, block)
            self.total += self._block(block, previous)
            self.prefixes.append(self.total)
            previous = block
        self.total += self._tail(previous)

    def _border(self, previous: Block | None, block: Block) -> int:
        if previous is None:
            return 0
        if block.role != previous.role:
            return self.rules.per_message
        if previous.type == "tool_result":
            return 0 if block.type == "tool_result" else self.rules.after_result[block.message != previous.message]
        return self.rules.same_role if block.message != previous.message else 0

    def _tail(self, last: Block | None) -> int:
        if last is not None and last.role == "assistant" and last.type == "text":
            # A prefilled answer: the turn is already open.
            return 0
        tail = self.rules.tail
        if last is not None and last.type == "tool_result":
            self.prefixes[-1] += tail - self.rules.tail_after_tool_result
        if self.has_budget_thinking:
            tail += self.rules.budget_thinking[1]
        if self.has_tools and self.is_forced:
            tail += self._forced_tail()
            if last is not None and last.type == "tool_result":
                # Seen in recorded traffic: one token merges with the end of the result.
                tail -= 1
        return tail

    def _forced_tail(self) -> int:
        choice = tool_choice(self.request)
        named = self.text(str(choice.get("name"))) + 2 if choice.get("type") == "tool" else 0
        return self.rules.forced_tail + named

    def _hidden_before_messages(self) -> int:
        hidden = 0
        if self.has_tools:
            hidden += self.rules.tool_prompt[self.is_forced] - self.rules.tool_prompt_head
            if self.is_forced:
                hidden -= self.rules.forced_tail
            if tool_choice(self.request).get("disable_parallel_tool_use"):
                hidden += self.rules.no_parallel[self.is_forced]
        schema = output_format(self.request).get("schema")
        if schema is not None:
            hidden += self.text(json.dumps(schema, indent=2, ensure_ascii=False)) + self.rules.format
        return hidden

    # --- blocks of messages ------------------------------------------------------------------------------

    def _block(self, block: Block, previous: Block | None) -> int:
        match block.type:
            case "text":
                return self._message_text(block, previous)
            case "image":
                return self._image(block.content, block.path)
            case "tool_use":
                return self._tool_use(block)
            case "tool_result":
                return self._tool_result(block, previous)
            case "thinking" | "redacted_thinking":
                return self._thinking(block)
            case _:
                return self._unknown(block)

    def _message_text(self, block: Block, previous: Block | None) -> int:
        if block.content.get("citations"):
            self.unmodelled.append(f"{block.path}: citations are rendered in an unknown form")
        text = _text(block)
        if previous is None or previous.message != block.message or previous.type != "text":
            return self.text(text)
        # Neighbouring text blocks are one text to the model: count what merges where they meet.
        before, after = _last_words(_text(previous)), _first_words(text)
        return self.text(text) + self.text(before + after) - self.text(before) - self.text(after)

    def _tool_use(self, block: Block) -> int:
        tokens = self.rules.pair - self.rules.result
        name = str(block.content.get("name"))
        tokens += self.text(name)
        inputs = block.content.get("input")
        for key, value in (inputs if isinstance(inputs, dict) else {}).items():
            rendered = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            tokens += self.rules.parameter + self.text(str(key)) + self.value(rendered)
        return tokens

    def _tool_result(self, block: Block, previous: Block | None) -> int:
        tokens = self.rules.result
        if previous is not None and previous.type == "tool_result":
            # Only now is it known that the turn has several results, and each names its tool.
            if not self._has_several_results:
                tokens += self.rules.several_results + self.text(self._tool_name(previous))
            tokens += self.text(self._tool_name(block))
            self._has_several_results = True
        else:
            self._has_several_results = False
        content = block.content.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else (content or [])
        for index, part in enumerate(parts):
            path = f"{block.path}.content[{index}]"
            if not isinstance(part, dict):
                continue
            if part.get("type") == "text":
                tokens += self.value(str(part.get("text") or ""))
            elif part.get("type") == "image":
                tokens += self._image(part, path)
            else:
                self.unmodelled.append(f"{path}: {part.get('type')} blocks cannot be counted offline")
        return tokens + (self.rules.is_error if block.content.get("is_error") else 0)

    def _tool_name(self, result: Block) -> str:
        return self._tool_names.get(str(result.content.get("tool_use_id")), "")

    def _thinking(self, block: Block) -> int:
        if block.type == "redacted_thinking":
            self.unmodelled.append(f"{block.path}: redacted thinking cannot be counted offline")
        else:
            self.unmodelled.append(f"{block.path}: thinking is billed at its full length, the block holds a summary")
        return self.text(str(block.content.get("thinking") or ""))

    def _image(self, content: Mapping[str, Any], path: str) -> int:
        size = image_size(content.get("source"))
        if size is None:
            source = content.get("source")
            kind = source.get("type") if isinstance(source, dict) else None
            self.unmodelled.append(f"{path}: the size of an image by {kind or 'unknown source'} is not known offline")
            return 0
        return image_tokens(size, self.rules.image)

    def _unknown(self, block: Block) -> int:
        self.unmodelled.append(f"{block.path}: {block.type} blocks cannot be counted offline")
        return 0

    def _add_parameters(self) -> None:
        if self.has_tools and self.has_budget_thinking and self.rules.interleaved:
            more = f"up to {self.rules.interleaved} tokens more with the interleaved-thinking beta, which is a header"
            self.unmodelled.append(f"thinking: {more}")
        for name in find_uncounted(self.request):
            self.unmodelled.append(f"{name}: what it adds to the prompt is not known offline")
        for index, tool in enumerate(self.request.get("tools") or ()):
            if isinstance(tool, dict) and tool.get("defer_loading"):
                self.unmodelled.append(f"tools[{index}]: a deferred tool is rendered only once it is found")


def image_tokens(size: tuple[int, int], rules: ImageRules) -> int:
    """Tokens of an image of ``size`` (width, height, in pixels), after the downscaling of the API."""
    width, height = size
    scale = min(1.0, rules.max_edge / max(width, height))
    while _tiles(width * scale, height * scale, rules.tile) > rules.max_tiles:
        scale *= 0.995
    return _tiles(width * scale, height * scale, rules.tile) * rules.tokens_per_tile + rules.overhead


def _tiles(width: float, height: float, tile: int) -> int:
    return math.ceil(round(width, 3) / tile) * math.ceil(round(height, 3) / tile)


def _text(block: Block) -> str:
    text = block.content.get("text")
    return text if isinstance(text, str) else ""


def _last_words(text: str) -> str:
    start = len(text)
    for _ in range(3):
        start = max(text.rfind(" ", 0, start), text.rfind("\n", 0, start), 0)
    return text[max(start, len(text) - 200) :]


def _first_words(text: str) -> str:
    end = 0
    for _ in range(3):
        found = [position for position in (text.find(" ", end + 1), text.find("\n", end + 1)) if position > 0]
        if not found:
            return text[:200]
        end = min(found)
    return text[: min(end, 200)]

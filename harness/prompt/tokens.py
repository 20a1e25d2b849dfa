"""Input tokens of a request, counted offline, and where among its blocks they fall.

Texts are counted with ``ctok``; around them stand frames, separators and hidden prompts,
whose sizes are data (``provider/generations.toml``) fitted on recorded calls of the real
API. What cannot be counted offline makes a count inexact, and is named.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from math import inf
from threading import Lock
from typing import Any

from harness.prompt.blocks import Block, Request
from harness.prompt.doubts import Doubt, bound_of
from harness.prompt.message_tokens import MessageTally, block_text, doubt_unknown
from harness.prompt.parameters import clearing_kinds, find_uncounted, output_format, thinking_type, tool_choice
from harness.prompt.tally import Tally
from harness.prompt.tool_tokens import definition_text, forced_tokens, schema_text
from harness.provider.models import Model

CountText = Callable[[str, str], int]
"""Tokens of a text alone, by text and tokenizer version."""

_THINKING = ("thinking", "redacted_thinking")

_CLEARED = ("tool_use", "tool_result", *_THINKING)
_CLEARING = frozenset({"clear_tool_uses", "clear_thinking"})
"""Edits that clear nothing but calls and results of tools, and thinking; any other may replace whole messages.

Source: platform.claude.com/docs/en/build-with-claude/context-editing (checked 2026-11-26).
"""

_CLIENT_TOOLS = ("bash", "computer", "memory", "text_editor")
_CLIENT_TOOL_TOKENS = 3_000
"""More than the definition of any tool takes that the client runs: 244 to 1,320 in recorded calls."""

_EMPTY_SYSTEM = 3
"""Of ``system: ""``, which the API accepts, where there are no tools. Seen in recorded traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Input tokens of one request."""

    total: int
    """All of them, as ``/v1/messages/count_tokens`` would answer."""
    prefixes: tuple[int, ...]
    """Tokens of the prefix that ends at each block, in the order of the blocks."""
    doubts: tuple[Doubt, ...] = ()
    """What cannot be counted offline. Empty: the count is meant to be exact."""

    @property
    def unmodelled(self) -> tuple[str, ...]:
        """What cannot be counted offline, each ``path: why``."""
        return tuple(str(doubt) for doubt in self.doubts)

    @property
    def is_exact(self) -> bool:
        """Whether everything in the request could be counted."""
        return not self.doubts

    @property
    def bound(self) -> int | None:
        """How many tokens the total may be off, in either direction; 0 if exact, ``None`` if not known."""
        return bound_of(self.doubts)

    def range_of_prefix(self, index: int) -> tuple[int, float]:
        """The least and the most tokens that the prefix that ends at a block may have; the most may be infinite."""
        low = high = float(self.prefixes[index])
        for doubt in self.doubts:
            if doubt.since <= index:
                certain = self.prefixes[doubt.since - 1] if doubt.since else 0
                counted = doubt.tokens if doubt.counted is None else doubt.counted
                low -= self.prefixes[index] - certain if counted is None else counted
                high += inf if doubt.tokens is None else doubt.tokens
        return int(max(0.0, low)), high

    def bound_of_prefix(self, index: int) -> int | None:
        """How many tokens the prefix that ends at a block may be off; 0 if exact, ``None`` if not known."""
        return bound_of(doubt for doubt in self.doubts if doubt.since <= index)


class TextCounter:
    """Tokens of texts by ``ctok``, each distinct text counted once.

    ``memo`` maps digests to counts; give a persistent one, and a warm process loads no vocabulary.
    """

    def __init__(self, memo: MutableMapping[str, int] | None = None, *, count: CountText | None = None) -> None:
        """Count with ``count``, by default in this thread; what one thread counts, no other counts meanwhile."""
        self._memo: MutableMapping[str, int] = {} if memo is None else memo
        self._count: CountText = count or count_text
        self._lock = Lock()
        self._pending: dict[str, Future[int]] = {}

    def __call__(self, text: str, tokenizer: str) -> int:
        """Tokens of ``text`` alone, without any frame."""
        if not text:
            return 0
        key = f"{tokenizer}:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
        known = self._memo.get(key)
        return self._count_once(key, text, tokenizer) if known is None else known

    def _count_once(self, key: str, text: str, tokenizer: str) -> int:
        with self._lock:
            pending = self._pending.get(key)
            mine = self._pending[key] = Future() if pending is None else pending
        if pending is not None:
            return pending.result()
        try:
            counted = self._memo[key] = self._count(text, tokenizer)
            mine.set_result(counted)
            return counted
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._pending[key]


def count_request(request: Request, blocks: Sequence[Block], model: Model, count_text: CountText) -> Count:
    """Input tokens of a request, and of the prefix that ends at each of its rendered blocks."""
    return _Counting(request, blocks, model, count_text).run()


def count_text(text: str, tokenizer: str) -> int:
    """Count the tokens of a text alone."""
    # Loading a vocabulary takes 0.1-0.4 s and 95 MB.
    from ctok import tokenize

    # ctok answers for one user message and pads the list by the tokens of its frame; of blanks, that is all.
    tokens = tokenize(text, tokenizer)
    return len(tokens) - next((index for index, token in enumerate(tokens) if token != "⟨pad⟩"), len(tokens))


class _Counting:
    """One walk over a request: tools, system, messages, and what stands between them."""

    def __init__(self, request: Request, blocks: Sequence[Block], model: Model, count_text: CountText) -> None:
        self.request = request
        self.model = model
        self.rules = model.generation
        self.tally = Tally(model.generation, count_text)
        self.tools = [block for block in blocks if block.level == "tools"]
        self.system = [block for block in blocks if block.level == "system"]
        self.messages = [block for block in blocks if block.level == "messages"]
        self.choice = tool_choice(request)
        self.is_forced = bool(self.tools) and self.choice.get("type") in ("any", "tool")
        self.thinking = thinking_type(request, model)

    def run(self) -> Count:
        tally = self.tally
        self._doubt_what_is_not_counted()
        if self.tools:
            self._add_tools()
        self._add_system()
        self._add_between_system_and_messages()
        MessageTally(tally, self.messages, is_adaptive=self.thinking == "adaptive").run()
        tally.total += self._tail()
        return Count(total=tally.total, prefixes=tuple(tally.prefixes), doubts=tuple(tally.doubts))

    def _doubt_what_is_not_counted(self) -> None:
        in_front_of_messages = len(self.tools) + len(self.system)
        for name in find_uncounted(self.request):
            if name == "context_management":
                self._doubt_what_is_cleared()
            else:
                self.tally.doubt(name, "what it adds to the prompt is not known offline", counted=0)
        if _leaves_out_thinking(self.request) and self.thinking != "adaptive":
            what = "whether thinking blocks are counted where thinking is left out"
            self.tally.doubt_unproven("omitted_thinking", "thinking", what, counted=0, since=in_front_of_messages)
        for index, tool in enumerate(self.request.get("tools") or ()):
            if isinstance(tool, dict) and tool.get("defer_loading"):
                whole = self._definition(tool) if "input_schema" in tool else None
                self.tally.doubt(
                    f"tools[{index}]", "a deferred tool is rendered only once it is found", whole, counted=0
                )

    def _doubt_what_is_cleared(self) -> None:
        """Doubt the prefixes that context management may shorten, by calls, results and thinking or by more."""
        kinds = clearing_kinds(self.request)
        is_all = not kinds <= _CLEARING
        first = next((i for i, block in enumerate(self.messages) if is_all or block.type in _CLEARED), None)
        if kinds and first is not None:
            since = len(self.tools) + len(self.system) + first
            self.tally.doubt("context_management", "how much it clears is not known offline", since=since)

    # --- tools -------------------------------------------------------------------------------------------

    def _add_tools(self) -> None:
        # The rest of the hidden prompt is rendered behind the tools, and its tail behind the last message.
        self.tally.total += self.rules.tool_prompt_head
        for block in self.tools:
            doubt_unknown(self.tally, block)
            self.tally.total += self._tool(block)
            self.tally.end_block()

    def _tool(self, block: Block) -> int:
        tool = block.content
        if "input_schema" not in tool:
            kind = str(tool.get("type"))
            bound = _CLIENT_TOOL_TOKENS if kind.rpartition("_")[0] in _CLIENT_TOOLS else None
            self.tally.doubt(block.path, f"the definition of server tool {kind!r} is not public", bound, counted=0)
            return 0
        if tool.get("input_examples"):
            self.tally.doubt(block.path, "input_examples are rendered in an unknown form", counted=0)
        return self._definition(tool)

    def _definition(self, tool: Mapping[str, Any]) -> int:
        return self.tally.text(definition_text(tool, self.rules)) + 1

    # --- system ------------------------------------------------------------------------------------------

    def _add_system(self) -> None:
        self.tally.total += self._thinking_in_front()
        if not self.system:
            is_empty = self.request.get("system") == "" and not self.tools
            self.tally.total += _EMPTY_SYSTEM if is_empty else 0
            return
        for number, (block, text) in enumerate(zip(self.system, self._system_texts(), strict=True)):
            doubt_unknown(self.tally, block)
            self.tally.total += self.tally.text(text) + (1 if number else 0)
            if number == len(self.system) - 1:
                self.tally.total += self._system_separator(text)
            self.tally.end_block()
        if not self.tools:
            self.tally.prefixes[-1] += self.rules.system_head

    def _thinking_in_front(self) -> int:
        if self.thinking == "enabled":
            self._doubt_interleaved()
            has_more = bool(self.tools or self.system)
            return self.rules.budget_thinking[0] + self.rules.budget_thinking_separator * has_more
        return self.rules.adaptive_thinking if self.thinking == "adaptive" and not self.tools else 0

    def _doubt_interleaved(self) -> None:
        beta = "the interleaved-thinking beta, which is a header"
        if self.tools and self.rules.interleaved:
            more = self.rules.interleaved
            self.tally.doubt("thinking", f"up to {more} tokens more with {beta}", more)
        elif not self.tools and self.rules.interleaved_without_tools:
            self.tally.doubt("thinking", f"a little more or less with {beta}", self.rules.interleaved_without_tools)

    def _system_texts(self) -> list[str]:
        texts = [block_text(block) for block in self.system]
        if self.tools and self.rules.system_is_stripped:
            texts[0] = texts[0].lstrip()
            texts[-1] = texts[-1].rstrip()
        return texts

    def _system_separator(self, text: str) -> int:
        if self.tools:
            return self.rules.system_with_tools
        if not text.endswith("\n"):
            return self.rules.system
        if text.endswith("?\n") or self._first_text().startswith("\n"):
            return self.rules.system_newline[True]
        self.tally.doubt_unproven("system_newline", self.system[-1].path, "a system prompt that ends in a newline")
        return self.rules.system_newline[False]

    def _first_text(self) -> str:
        return block_text(self.messages[0]) if self.messages else ""

    # --- between system and messages ---------------------------------------------------------------------

    def _add_between_system_and_messages(self) -> None:
        self.tally.total += self.rules.frame - self.rules.tail
        if self.tools:
            self.tally.total += self._rest_of_tool_prompt()
        schema = output_format(self.request).get("schema")
        if schema is not None:
            self.tally.total += self._format(schema)
        self.tally.total += self._task_budget()

    def _rest_of_tool_prompt(self) -> int:
        tokens = self.rules.tool_prompt[self.is_forced] - self.rules.tool_prompt_head
        if self.is_forced:
            tokens -= self.rules.forced_tail
        if self.choice.get("disable_parallel_tool_use"):
            rule = "no_parallel_forced" if self.is_forced else "no_parallel"
            self.tally.doubt_unproven(rule, "tool_choice.disable_parallel_tool_use", "what it adds to the prompt")
            tokens += self.rules.no_parallel[self.is_forced]
        return tokens

    def _format(self, schema: object) -> int:
        self.tally.doubt_unproven("format", "output_config.format", "the form in which it is rendered, to the token")
        has_more = bool(self.tools or self.system or self.thinking == "enabled")
        separator = self.rules.format_separator * has_more
        return self.tally.text(schema_text(schema)) + self.rules.format + separator

    def _task_budget(self) -> int:
        config = self.request.get("output_config")
        if not (isinstance(config, dict) and config.get("task_budget")):
            return 0
        tokens = self.rules.task_budget
        self.tally.doubt_unproven(
            "task_budget", "output_config.task_budget", "what it adds, to the token", counted=tokens
        )
        return tokens

    # --- behind the last message -------------------------------------------------------------------------

    def _tail(self) -> int:
        last = self.messages[-1] if self.messages else None
        is_result = last is not None and last.type == "tool_result"
        # A prefilled answer: the turn is already open.
        is_prefilled = last is not None and last.role == "assistant" and last.type == "text"
        tail = 0 if is_prefilled else self.rules.tail
        if self.thinking == "enabled" and not is_prefilled:
            tail += self.rules.budget_thinking[1]
        if self.is_forced:
            if is_prefilled:
                self.tally.doubt(
                    "tool_choice", "only one recorded call shows a forced choice behind a prefilled answer", 3
                )
            tail += forced_tokens(self.tally, self.choice, is_after_result=is_result)
        return tail


def _leaves_out_thinking(request: Request) -> bool:
    """Whether a request holds thinking blocks, and says nothing of thinking."""
    if request.get("thinking"):
        return False
    contents = [message["content"] for message in request["messages"] if isinstance(message["content"], list)]
    return any(isinstance(block, dict) and block.get("type") in _THINKING for content in contents for block in content)

"""One reading of a request: everything above takes a `Prompt` and looks at no raw request again."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from harness.errors import RequestError
from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.blocks import Block, Breakpoint, Request, find_breakpoints, read_blocks
from harness.prompt.fingerprint import fingerprints
from harness.prompt.parameters import Value, read_parameters
from harness.prompt.parts import Part, list_parts
from harness.prompt.rendering import lookback_positions, rendered_blocks
from harness.prompt.tokens import Count, CountText, TextCounter, count_request
from harness.provider.limits import Ttl
from harness.provider.models import Model, find_model


class ActiveBreakpoint(NamedTuple):
    """A breakpoint whose prefix reaches the model's minimum, so that it writes and reads."""

    block_index: int
    fingerprint: bytes
    ttl: Ttl
    tokens: int
    """Of the prefix that ends there."""
    is_automatic: bool


class PromptRecord(NamedTuple):
    """A prompt without its text, as the prompt cache needs it. All tuples but the last run over the blocks."""

    model: str
    fingerprints: tuple[bytes, ...]
    positions: tuple[int, ...]
    """For the lookback: a run of tool_use or tool_result blocks shares one position."""
    prefix_tokens: tuple[int, ...]
    total_tokens: int
    breakpoints: tuple[ActiveBreakpoint, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Prompt:
    """One request as the API sees it. What takes time is computed when it is first asked for, and once."""

    request: Request
    """As sent."""
    model: Model
    sent_blocks: tuple[Block, ...]
    """All blocks, also those that the API strips; only what it refuses is judged by them."""
    blocks: tuple[Block, ...]
    """The rendered blocks: tools, system, messages, without thinking that the API strips."""
    breakpoints: tuple[Breakpoint, ...]
    """In wire order, the automatic one last; indexes are those of ``blocks``."""
    parameters: tuple[Value, ...]
    """What is part of the prompt besides the blocks, or may be."""
    count_text: CountText
    assumptions: Assumptions = DEFAULT

    @cached_property
    def fingerprints(self) -> tuple[bytes, ...]:
        """SHA-256 of the prefix that ends at each block.

        Raises:
            RequestError: a block holds what JSON bytes cannot carry, such as a lone surrogate.
        """
        return fingerprints(self.blocks, self.parameters, self.assumptions)

    @cached_property
    def count(self) -> Count:
        """Input tokens, in total and of the prefix that ends at each block."""
        return count_request(self.request, self.blocks, self.model, self.count_text)

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """The lookback position of each block."""
        return lookback_positions(self.blocks)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Parameters and blocks in the order in which the prompt cache compares them."""
        name = self.request.get("model")
        return list_parts(self.blocks, self.parameters, model_name=name, assumptions=self.assumptions)

    @cached_property
    def active_breakpoints(self) -> tuple[ActiveBreakpoint, ...]:
        """The breakpoints that write and read; below the model's minimum they do neither."""
        return tuple(
            ActiveBreakpoint(
                point.block_index,
                self.fingerprints[point.block_index],
                point.ttl,
                self.count.prefixes[point.block_index],
                point.is_automatic,
            )
            for point in self.breakpoints
            if self.count.prefixes[point.block_index] >= self.model.min_cacheable_tokens
        )

    @cached_property
    def record(self) -> PromptRecord:
        """The prompt without its text, for the simulator and for logs of millions of requests."""
        return PromptRecord(
            self.model.id,
            self.fingerprints,
            self.positions,
            self.count.prefixes,
            self.count.total,
            self.active_breakpoints,
        )

    # --- the static prefix -------------------------------------------------------------------------------

    @property
    def static_end(self) -> Breakpoint | None:
        """The breakpoint at which the part ends that its author means to be the same in every call.

        It is the last one in tools or system. Where there is none, it is the first of all: the
        later ones in messages move on with the conversation. ``None`` without any breakpoint.
        """
        static = [point for point in self.breakpoints if self.blocks[point.block_index].level != "messages"]
        return static[-1] if static else next(iter(self.breakpoints), None)

    @property
    def static_blocks(self) -> tuple[Block, ...]:
        """The blocks of the static prefix; empty without any breakpoint."""
        end = self.static_end
        return self.blocks[: end.block_index + 1] if end else ()

    @property
    def static_parts(self) -> tuple[Part, ...]:
        """The parameters and blocks up to the end of the static prefix.

        The prompt cache can tell two prefixes apart exactly if a ``key`` among their parts differs.
        """
        end = self.static_end
        if end is None:
            return ()
        last = self.blocks[end.block_index]
        return self.parts[: next(index for index, part in enumerate(self.parts, start=1) if part.block is last)]

    def block_at(self, path: str) -> Block | None:
        """The rendered block of a path: ``system[0]``; ``None`` if there is none."""
        return next((block for block in self.blocks if block.path == path), None)

    def path_of(self, point: Breakpoint | ActiveBreakpoint) -> str:
        """Path of the block that a breakpoint is on."""
        return self.blocks[point.block_index].path


def read(request: Request, count_text: CountText | None = None, *, assumptions: Assumptions = DEFAULT) -> Prompt:
    """Read a request, parsed from JSON. ``count_text`` counts tokens; by default with ``ctok``, remembering nothing.

    Raises:
        RequestError: the body does not have the shape of a Messages request; starts with the path of what is wrong.
    """
    name = request.get("model")
    model = find_model(name if isinstance(name, str) else "")
    sent = read_blocks(request)
    blocks = rendered_blocks(request, sent, model)
    return Prompt(
        request=request,
        model=model,
        sent_blocks=sent,
        blocks=blocks,
        breakpoints=find_breakpoints(request, blocks),
        parameters=read_parameters(request, blocks, model),
        count_text=count_text or TextCounter(),
        assumptions=assumptions,
    )


def read_whole(request: Request, count_text: CountText | None = None, *, assumptions: Assumptions = DEFAULT) -> Prompt:
    """Read a request, and make sure that all of it can be fingerprinted.

    Raises:
        RequestError: it cannot; starts with the path of what is wrong.
    """
    prompt = read(request, count_text, assumptions=assumptions)
    _ = prompt.fingerprints
    return prompt


def try_read(request: Request, count_text: CountText | None = None) -> Prompt | None:
    """Read a request whole; ``None`` where it is not one."""
    try:
        return read_whole(request, count_text)
    except RequestError:
        return None

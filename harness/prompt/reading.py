"""Reading of a request: everything above takes the `Prompt` and never reads the raw request again."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple, Self

from harness.errors import RequestError
from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.blocks import Block, Breakpoint, Request, find_breakpoints, read_blocks
from harness.prompt.fingerprint import fingerprints
from harness.prompt.key_order import sort_tool_keys
from harness.prompt.other_apis import check_api
from harness.prompt.parameters import Value, read_parameters
from harness.prompt.parts import Part, list_parts
from harness.prompt.rendering import lookback_positions, rendered_blocks
from harness.prompt.tokens import Count, CountText, TextCounter, count_request
from harness.provider.limits import Ttl
from harness.provider.models import Model, find_model, known_models


class ActiveBreakpoint(NamedTuple):
    """A breakpoint whose prefix reaches the model's minimum, so that it writes and reads."""

    block_index: int
    fingerprint: bytes
    ttl: Ttl
    tokens: int
    """Size of the prefix that ends there."""
    is_automatic: bool


class PromptRecord(NamedTuple):
    """A prompt without its text, as the prompt cache needs it. All tuples except the last have one item per block."""

    model: str
    fingerprints: tuple[bytes, ...]
    positions: tuple[int, ...]
    """Lookback positions: a run of tool_use or tool_result blocks shares one."""
    prefix_tokens: tuple[int, ...]
    total_tokens: int
    breakpoints: tuple[ActiveBreakpoint, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Prompt:
    """One request as the API sees it. Expensive values are computed once, when first used."""

    request: Request
    """The request as sent."""
    model: Model
    sent_blocks: tuple[Block, ...]
    """All blocks, including those that the API strips; used only to find what the API refuses."""
    blocks: tuple[Block, ...]
    """The rendered blocks: tools, system, messages, without thinking that the API strips.

    If the order of keys in tool definitions is assumed not to matter, their keys are sorted.
    """
    breakpoints: tuple[Breakpoint, ...]
    """Breakpoints in wire order, the automatic one last; their indexes are those of ``blocks``."""
    parameters: tuple[Value, ...]
    """Parameters that are, or may be, part of the prompt."""
    count_text: CountText
    assumptions: Assumptions = DEFAULT
    doubted_as: Literal["less", "more"] | None = None
    """Which end of the range of a doubtful count decides whether a breakpoint is active; ``None``: the count itself."""
    unreadable: RequestError | None = None
    """Why the request has no blocks: one of its parts has a shape that the API refuses."""
    is_restored: bool = False
    """Restored from the record of an answered request, with stubs for what is not recorded: never refused."""

    @property
    def model_name(self) -> str:
        """The requested model, as spelled in the request."""
        return str(self.request.get("model"))

    @cached_property
    def fingerprints(self) -> tuple[bytes, ...]:
        """SHA-256 of the prefix that ends at each block.

        Raises:
            RequestError: a block holds a value that JSON bytes cannot carry, such as a lone surrogate, or a part of
                the request has a shape that the API refuses.
        """
        self._raise_unreadable()
        return fingerprints(self.blocks, self.parameters, self.assumptions)

    @property
    def has_fingerprints(self) -> bool:
        """Whether all blocks hold what JSON bytes can carry."""
        try:
            return bool(self.fingerprints) or not self.blocks
        except RequestError:
            return False

    @cached_property
    def count(self) -> Count:
        """Input tokens, in total and of the prefix that ends at each block.

        Raises:
            RequestError: a part of the request has a shape that the API refuses.
        """
        self._raise_unreadable()
        return count_request(self.request, self.blocks, self.model, self.count_text)

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """The lookback position of each block."""
        return lookback_positions(self.blocks)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Parameters and blocks in the order in which the prompt cache compares them.

        Raises:
            RequestError: a part of the request has a shape that the API refuses.
        """
        self._raise_unreadable()
        name = self.request.get("model")
        return list_parts(self.blocks, self.parameters, model_name=name, assumptions=self.assumptions)

    @cached_property
    def active_breakpoints(self) -> tuple[ActiveBreakpoint, ...]:
        """The breakpoints that write and read; those below the model's minimum do neither."""
        return tuple(
            ActiveBreakpoint(
                point.block_index,
                self.fingerprints[point.block_index],
                point.ttl,
                self.count.prefixes[point.block_index],
                point.is_automatic,
            )
            for point in self.breakpoints
            if self._is_active(point)
        )

    def _is_active(self, point: Breakpoint) -> bool:
        minimum = self.model.min_cacheable_tokens
        if self.doubted_as is None:
            return self.count.prefixes[point.block_index] >= minimum
        return self.count.range_of_prefix(point.block_index)[self.doubted_as == "more"] >= minimum

    @cached_property
    def uncertain_breakpoints(self) -> tuple[Breakpoint, ...]:
        """The breakpoints whose prefix may or may not reach the minimum, by what the count leaves in doubt."""
        if not self.breakpoints:
            return ()
        minimum, ranges = self.model.min_cacheable_tokens, self.count.range_of_prefix
        bounds = ((point, ranges(point.block_index)) for point in self.breakpoints)
        return tuple(point for point, (low, high) in bounds if low < minimum <= high)

    def doubted(self, direction: Literal["less", "more"]) -> Self:
        """Copy the prompt with breakpoints that are active if all doubts of the count go in one direction."""
        copy = replace(self, doubted_as=direction)
        computed = ("fingerprints", "count", "positions", "parts")
        vars(copy).update({name: value for name, value in vars(self).items() if name in computed})
        return copy

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
        """The breakpoint that ends the static prefix, which its author means to be the same in every call.

        It is the last one in tools or system or, without any there, the first one in messages:
        later ones move on with the conversation. ``None`` without any breakpoint.
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

        The prompt cache tells two prefixes apart exactly if a ``key`` of their parts differs.
        """
        end = self.static_end
        if end is None:
            return ()
        last = self.blocks[end.block_index]
        return self.parts[: next(index for index, part in enumerate(self.parts, start=1) if part.block is last)]

    def block_at(self, path: str) -> Block | None:
        """Find the rendered block of a path, such as ``system[0]``; ``None`` if there is none."""
        return next((block for block in self.blocks if block.path == path), None)

    def path_of(self, point: Breakpoint | ActiveBreakpoint) -> str:
        """Return the path of the block of a breakpoint."""
        return self.blocks[point.block_index].path

    def _raise_unreadable(self) -> None:
        if self.unreadable is not None:
            raise self.unreadable


_OF_MESSAGES = ("max_tokens", "messages", "model", "system")
"""Two of these parameters make a body a Messages request, whatever their values."""


def read(request: Request, count_text: CountText | None = None, *, assumptions: Assumptions = DEFAULT) -> Prompt:
    """Read a request, parsed from JSON. ``count_text`` counts tokens; the default uses ``ctok`` and remembers nothing.

    A Messages request with a part that the API refuses for its shape is read without blocks, so that its refusal
    can be explained; its fingerprints and tokens raise the error.

    Raises:
        RequestError: the body does not have the shape of a Messages request; the message starts with the path.
        UnknownModelError: the model is not known, so nothing can be said about its prompt.
        CannotTellError: the body belongs to another API.
    """
    check_api(request)
    name = request.get("model")
    # The API refuses a request without a model, by the rules of no model in particular.
    model = find_model(name) if name and isinstance(name, str) else known_models()[0]
    counter = count_text or TextCounter()
    try:
        return _read(request, model, counter, assumptions)
    except RequestError as error:
        if sum(key in request for key in _OF_MESSAGES) < 2:
            raise
        return Prompt(
            request=request,
            model=model,
            sent_blocks=(),
            blocks=(),
            breakpoints=(),
            parameters=(),
            count_text=counter,
            assumptions=assumptions,
            unreadable=error,
        )


def _read(request: Request, model: Model, count_text: CountText, assumptions: Assumptions) -> Prompt:
    sent = read_blocks(request)
    blocks = rendered_blocks(request, sent, model)
    if not assumptions.has_tool_key_order:
        blocks = sort_tool_keys(blocks)
    return Prompt(
        request=request,
        model=model,
        sent_blocks=sent,
        blocks=blocks,
        breakpoints=find_breakpoints(request, blocks),
        parameters=read_parameters(request, blocks, model),
        count_text=count_text,
        assumptions=assumptions,
    )

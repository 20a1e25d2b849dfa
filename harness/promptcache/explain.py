"""Why a request would not read what an earlier one wrote: verdict, place, cause, tokens and dollars."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from harness.errors import UnknownModelError
from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.blocks import LEVELS, Block, Breakpoint, Level, Request, read_blocks
from harness.prompt.diff import Divergence, Part, first_divergence, read_parts
from harness.prompt.tokens import CountText
from harness.promptcache.causes import PARAMETER_CAUSES, Cause, name_cause, tool_names
from harness.promptcache.prepared import PreparedRequest, Rung, prepare
from harness.promptcache.simulator import Simulator
from harness.promptcache.validation import ApiError, check_request
from harness.provider.models import TTL_SECONDS
from harness.provider.pricing import price
from harness.provider.usage import Usage

Verdict = Literal["hit", "partial", "miss", "never_cached", "rejected"]
LevelVerdict = Literal["hit", "miss", "n/a", "model_specific"]

_MODEL_SPECIFIC: tuple[Cause, ...] = ("thinking_changed", "effort_changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What becomes of the prompt cache when one request follows another."""

    verdict: Verdict
    levels: dict[Level, LevelVerdict]
    breakpoints: tuple[tuple[str, LevelVerdict], ...] = ()
    """Path of each breakpoint of the earlier request, and whether this one still reads up to it."""
    cause: Cause | None = None
    path: str | None = None
    offset: int | None = None
    excerpt: tuple[str, str] | None = None
    """Before and after, shortened."""
    tokens_lost: int = 0
    """Tokens that the earlier request wrote or read and this one does not read."""
    cost: Decimal | None = Decimal(0)
    """Dollars that the loss adds to this request; ``None`` where no price is known."""
    error: ApiError | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_bust(self) -> bool:
        """Whether something is lost, or was never there to be lost."""
        return self.verdict in ("never_cached", "rejected") or self.cause is not None

    def to_json(self) -> dict[str, Any]:
        """The object that ``harness explain --format json`` prints."""
        return {
            "bust": self.is_bust,
            "verdict": self.verdict,
            "levels": dict(self.levels),
            "cause": self.cause,
            "path": self.path,
            "offset": self.offset,
            "excerpt": {"before": self.excerpt[0], "after": self.excerpt[1]} if self.excerpt else None,
            "tokens_lost": self.tokens_lost,
            "cost_usd": "unknown" if self.cost is None else f"{self.cost:f}",
            "error": self.error.message if self.error else None,
            "notes": list(self.notes),
        }


def explain(
    before: Request,
    after: Request,
    count_text: CountText,
    *,
    gap_seconds: float = 30.0,
    assumptions: Assumptions = DEFAULT,
) -> Explanation:
    """Explain what ``after`` reads when ``before`` was answered ``gap_seconds`` earlier.

    Raises:
        RequestError: one of them does not have the shape of a Messages request.
    """
    return _Comparison(before, after, count_text, gap_seconds, assumptions).explain()


class _Comparison:
    """Two requests, one after the other, in an otherwise empty prompt cache."""

    def __init__(
        self, before: Request, after: Request, count_text: CountText, gap_seconds: float, assumptions: Assumptions
    ) -> None:
        self.before, self.after = before, after
        self.old, self.new = (prepare(request, count_text, assumptions) for request in (before, after))
        self.gap_seconds = gap_seconds
        self.assumptions = assumptions
        self.old_parts, self.new_parts = (
            read_parts(before, self.old.blocks, assumptions),
            read_parts(after, self.new.blocks, assumptions),
        )
        self.old_error = check_request(before, read_blocks(before))
        simulator = Simulator(assumptions)
        if self.old_error is None:
            simulator.send(self.old, at=0.0)
        self.outcome = simulator.send(self.new, at=gap_seconds)

    def explain(self) -> Explanation:
        error = check_request(self.after, read_blocks(self.after))
        if error is not None:
            return self._rejected(error)
        if not self.new.rungs:
            return self._never_cached()
        lost = self._lost_point()
        if lost is None:
            # Not lost by the default assumption, but the levels and a note say what it rests on.
            cause = self._unclear_change()
            return Explanation(
                verdict="hit", levels=self._levels(cause), breakpoints=self._breakpoints(), notes=self._notes(cause)
            )
        return self._lost(lost)

    # --- what is read and what is lost -------------------------------------------------------------------

    @property
    def read_tokens(self) -> int:
        return self.outcome.usage.cache_read_input_tokens

    def _is_read(self, point: Breakpoint | Rung) -> bool:
        """Whether this request reads the prefix that the earlier one had up to a breakpoint."""
        index = self.outcome.read_index
        return index is not None and self.old.fingerprints[point.block_index] in self.new.fingerprints[: index + 1]

    def _lost_point(self) -> Rung | None:
        """The last breakpoint of the earlier request, if what it wrote is not read any more."""
        written = self.old.rungs if self.old_error is None else ()
        if not written or self._is_read(written[-1]):
            return None
        return written[-1]

    def _unclear_change(self) -> Cause | None:
        """A changed parameter whose reach is not documented."""
        parts = {part.path: part.key for part in self.old_parts}
        for part in self.new_parts:
            cause = PARAMETER_CAUSES.get(part.path)
            if cause in _MODEL_SPECIFIC and parts.get(part.path) != part.key:
                return cause
        return None

    def _cost(self, tokens: int) -> Decimal | None:
        """Dollars by which the request would be cheaper had it read ``tokens`` more."""
        usage = self.outcome.usage
        written_5m = min(tokens, usage.ephemeral_5m_input_tokens)
        written_1h = min(tokens - written_5m, usage.ephemeral_1h_input_tokens)
        uncached = min(tokens - written_5m - written_1h, usage.input_tokens)
        better = Usage(
            input_tokens=usage.input_tokens - uncached,
            cache_read_input_tokens=usage.cache_read_input_tokens + written_5m + written_1h + uncached,
            ephemeral_5m_input_tokens=usage.ephemeral_5m_input_tokens - written_5m,
            ephemeral_1h_input_tokens=usage.ephemeral_1h_input_tokens - written_1h,
        )
        try:
            return price(usage, self.new.model.id) - price(better, self.new.model.id)
        except UnknownModelError:
            return None

    def _levels(self, cause: Cause | None) -> dict[Level, LevelVerdict]:
        return {level: self._level(level, cause) for level in LEVELS}

    def _breakpoints(self) -> tuple[tuple[str, LevelVerdict], ...]:
        return tuple(
            (self.old.blocks[point.block_index].path, "hit" if self._is_read(point) else "miss")
            for point in self.old.breakpoints
        )

    def _level(self, level: Level, cause: Cause | None) -> LevelVerdict:
        old_points = [point for point in self.old.breakpoints if self.old.blocks[point.block_index].level == level]
        if not old_points:
            has_new = any(self.new.blocks[point.block_index].level == level for point in self.new.breakpoints)
            return "miss" if has_new else "n/a"
        if cause in _MODEL_SPECIFIC and level != "messages":
            return "model_specific"
        return "hit" if self._is_read(old_points[-1]) else "miss"

    # --- verdicts ----------------------------------------------------------------------------------------

    def _rejected(self, error: ApiError) -> Explanation:
        levels: dict[Level, LevelVerdict] = {}
        for level in LEVELS:
            has_point = any(
                prepared.blocks[point.block_index].level == level
                for prepared in (self.old, self.new)
                for point in prepared.breakpoints
            )
            levels[level] = "miss" if has_point else "n/a"
        tokens = self.old.rungs[-1].tokens if self.old.rungs and self.old_error is None else 0
        return Explanation(
            verdict="rejected",
            levels=levels,
            cause=error.cause,
            path=error.path,
            tokens_lost=tokens,
            error=error,
            notes=self._notes(None),
        )

    def _never_cached(self) -> Explanation:
        lost = self._lost_point()
        tokens = lost.tokens if lost else 0
        if self.new.breakpoints:
            cause: Cause = "below_minimum"
            path = self.new.blocks[self.new.breakpoints[-1].block_index].path
        elif self.old.breakpoints:
            cause = "breakpoint_removed"
            path = self._marker_path(self.old, self.old.breakpoints[-1])
        else:
            cause, path = "other", "cache_control"
        return Explanation(
            verdict="never_cached",
            levels={
                level: "miss" if self._level(level, None) == "hit" else self._level(level, None) for level in LEVELS
            },
            cause=cause,
            path=path,
            tokens_lost=tokens,
            cost=self._cost(tokens),
            notes=self._notes(cause),
        )

    def _lost(self, lost: Rung) -> Explanation:
        verdict: Verdict = "partial" if self.outcome.read_index is not None else "miss"
        tokens = max(0, lost.tokens - self.read_tokens)
        divergence = self._divergence(lost)
        if divergence is None:
            cause, path = self._cause_without_divergence(lost)
            offset, excerpt = None, None
        else:
            cause, path, offset, excerpt = self._cause_of(divergence, lost)
        return Explanation(
            verdict=verdict,
            levels=self._levels(cause),
            breakpoints=self._breakpoints(),
            cause=cause,
            path=path,
            offset=offset,
            excerpt=excerpt,
            tokens_lost=tokens,
            cost=self._cost(tokens),
            notes=self._notes(cause),
        )

    # --- causes ------------------------------------------------------------------------------------------

    def _divergence(self, lost: Rung) -> Divergence | None:
        """Where the requests part within the prefix that was lost; ``None`` if the prefix is still there."""
        if self.old.fingerprints[lost.block_index] in self.new.fingerprints:
            return None
        return first_divergence(self.old_parts, self.new_parts)

    def _cause_of(self, divergence: Divergence, lost: Rung) -> tuple[Cause, str, int | None, tuple[str, str] | None]:
        if self._is_stripped(divergence):
            assert divergence.before is not None
            return "thinking_stripped", divergence.before.path, None, None
        cause, path = name_cause(divergence, self.old_parts, self.new_parts), divergence.path
        if self._is_unique_tail(divergence, lost):
            cause = "automatic_after_unique_tail"
        elif cause in ("image_added", "image_removed"):
            path = _image_path(self.new.blocks if cause == "image_added" else self.old.blocks)
        elif cause == "citations_changed":
            path = _citations_path(self.new.blocks, self.old.blocks)
        elif cause == "tool_removed":
            path = _removed_tool_path(self.old_parts, self.new_parts) or path
        return cause, path, divergence.offset, divergence.excerpts()

    def _is_stripped(self, divergence: Divergence) -> bool:
        """Whether the first difference is a thinking block that is still sent, but not rendered any more."""
        part = divergence.before
        if part is None or part.block is None or part.block.type not in ("thinking", "redacted_thinking"):
            return False
        return (
            divergence.after is None or divergence.after.block is None or divergence.after.block.type != part.block.type
        )

    def _is_unique_tail(self, divergence: Divergence, lost: Rung) -> bool:
        """Whether an automatic breakpoint sits on the block that differs, at the end of both requests."""
        new_last = self.new.breakpoints[-1]
        if not (lost.is_automatic and new_last.is_automatic and divergence.before and divergence.after):
            return False
        return (
            divergence.before.block is self.old.blocks[lost.block_index]
            and divergence.after.block is self.new.blocks[new_last.block_index]
        )

    def _cause_without_divergence(self, lost: Rung) -> tuple[Cause, str]:
        """The cause where the lost prefix is still sent unchanged: time, reach, or the markers."""
        index = self.new.fingerprints.index(self.old.fingerprints[lost.block_index])
        block = self.new.blocks[index].path
        here = next((point for point in self.new.breakpoints if point.block_index == index), None)
        if here is not None and here.ttl != lost.ttl and self.assumptions.is_ttl_in_key:
            return "ttl_changed", "cache_control" if here.is_automatic else f"{block}.cache_control.ttl"
        if self.gap_seconds > TTL_SECONDS[lost.ttl]:
            return "ttl_expired", block
        later = [point for point in self.new.rungs if point.block_index > index]
        if later:
            return "lookback", self.new.blocks[later[0].block_index].path
        old_marks = {self.old.blocks[point.block_index].path for point in self.old.breakpoints}
        new_marks = {self.new.blocks[point.block_index].path for point in self.new.breakpoints}
        moved = new_marks - old_marks
        return ("breakpoint_moved" if moved else "breakpoint_removed"), self._marker_path(self.old, lost)

    def _marker_path(self, prepared: PreparedRequest, point: Breakpoint | Rung) -> str:
        return "cache_control" if point.is_automatic else prepared.blocks[point.block_index].path

    # --- notes -------------------------------------------------------------------------------------------

    def _notes(self, cause: Cause | None) -> tuple[str, ...]:
        notes = []
        if self.old_error is not None:
            notes.append(f"the API would reject the earlier request: {self.old_error.message}")
        names = self.before.get("model"), self.after.get("model")
        if names[0] != names[1] and self.old.model.id == self.new.model.id:
            notes.append(
                f"{names[0]!r} and {names[1]!r} name one model: assumed to share its prompt cache, not documented"
            )
        if not self.new.model.is_known:
            notes.append(f"model {self.new.model.id!r} is not known: judged by the rules of the newest models")
        elif self.new.model.minimum_is == "inferred" and cause == "below_minimum":
            notes.append(f"the minimum of {self.new.model.id} is not documented: taken from the models before it")
        if cause in _MODEL_SPECIFIC:
            notes.append(
                "which levels this parameter invalidates differs by model and is not documented: "
                "assumed to be messages only"
            )
        if cause == "ttl_changed":
            notes.append(
                "that the two TTLs have separate entries is measured, not documented (assumption is_ttl_in_key)"
            )
        if _tool_ids(self.before) != _tool_ids(self.after)[: len(_tool_ids(self.before))]:
            notes.append("ids of tool calls differ: assumed not to be part of the prompt, as measured for server tools")
        notes += [f"not counted exactly: {reason}" for reason in self.new.count.unmodelled]
        return tuple(notes)


def _image_path(blocks: Sequence[Block]) -> str:
    for block in blocks:
        if block.type == "image":
            return block.path
        parts = block.content.get("content")
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, dict) and part.get("type") == "image":
                return f"{block.path}.content[{index}]"
    return "messages"


def _citations_path(*sides: Sequence[Block]) -> str:
    return next((block.path for blocks in sides for block in blocks if block.content.get("citations")), "messages")


def _removed_tool_path(old: Sequence[Part], new: Sequence[Part]) -> str | None:
    """Of the first tool that is gone; ``None`` if there were two of one name, of which one is left."""
    kept = set(tool_names(new))
    return next((f"tools[{index}]" for index, name in enumerate(tool_names(old)) if name not in kept), None)


def _tool_ids(request: Request) -> list[str]:
    ids = []
    for message in request.get("messages") or ():
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict) and block.get("type") == "tool_use":
                ids.append(str(block.get("id")))
    return ids

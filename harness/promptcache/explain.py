"""Explanations of why a request does not read what an earlier one wrote: verdict, place, cause and cost."""

from decimal import Decimal
from functools import cached_property
from typing import Literal

from harness.errors import UnknownPriceError
from harness.prompt.blocks import Breakpoint
from harness.prompt.diff import Divergence, first_divergence
from harness.prompt.reading import ActiveBreakpoint, Prompt
from harness.promptcache.cannot_tell import (
    cannot_count,
    cannot_tell,
    find_unclear,
    refuse_unclear_block,
    refuse_unknown_default,
    without,
)
from harness.promptcache.causes import Cause
from harness.promptcache.explanation import Explanation, LevelVerdict, Verdict
from harness.promptcache.naming.changes import name_change
from harness.promptcache.naming.named import Change
from harness.promptcache.notes import list_assumptions, list_doubts, on_tool_keys
from harness.promptcache.refusals.api_error import ApiError
from harness.promptcache.refusals.check import check_request
from harness.promptcache.simulator import Outcome, Simulator
from harness.provider.limits import TTL_SECONDS
from harness.provider.parameters import LEVELS, Level, Parameter
from harness.provider.pricing import price
from harness.provider.usage import Usage


def explain(before: Prompt, after: Prompt, *, gap_seconds: float = 30.0) -> Explanation:
    """Explain what ``after`` reads when ``before`` was answered ``gap_seconds`` earlier.

    Raises:
        RequestError: a request cannot be fingerprinted.
        CannotTellError: they differ in something that may or may not be rendered, or the verdict depends on
            what cannot be counted offline.
    """
    errors = check_request(before), check_request(after)
    unclear = find_unclear(before, after) if errors == (None, None) else ()
    if unclear:
        return _explain_without(unclear, before, after, gap_seconds)
    result = _Comparison(before, after, gap_seconds, errors).explain()
    if result.verdict == "rejected":
        return result
    uncertain = [(prompt, point) for prompt in (after, before) for point in prompt.uncertain_breakpoints]
    if uncertain:
        for direction in _DIRECTIONS:
            sides = before.doubted(direction), after.doubted(direction)
            other = _Comparison(*sides, gap_seconds, errors).explain()
            if (other.verdict, other.cause) != (result.verdict, result.cause):
                raise cannot_count(*uncertain[0])
    return result


def _explain_without(unclear: tuple[str, ...], before: Prompt, after: Prompt, gap_seconds: float) -> Explanation:
    """Explain two requests that differ in parameters of unknown reach, if all is lost whatever these are.

    Raises:
        CannotTellError: the verdict depends on them.
    """
    result = explain(*(without(prompt, unclear) for prompt in (before, after)), gap_seconds=gap_seconds)
    is_certain = result.verdict in ("miss", "rejected") or result.cause in ("unmarked", "breakpoint_removed")
    if not is_certain:
        raise cannot_tell(unclear[0])
    return result


_DIRECTIONS: tuple[Literal["less", "more"], ...] = ("less", "more")


class _Comparison:
    """Two requests, one after the other, in an otherwise empty prompt cache."""

    def __init__(
        self, before: Prompt, after: Prompt, gap_seconds: float, errors: tuple[ApiError | None, ApiError | None]
    ) -> None:
        self.old, self.new = before, after
        self.gap_seconds = gap_seconds
        self.assumptions = after.assumptions
        self.old_error, self.error = errors

    def explain(self) -> Explanation:
        if self.error is not None:
            return self._rejected(self.error)
        if not self.new.active_breakpoints:
            return self._never_cached()
        lost = self._lost_breakpoint()
        if lost is None:
            # Nothing is lost under the default assumption; the levels and a note state the assumption.
            row = self._model_specific_change()
            return Explanation(
                verdict="hit", levels=self._levels(row), breakpoints=self._breakpoints(), notes=self._notes(row)
            )
        return self._lost(lost)

    # --- what is read and what is lost -------------------------------------------------------------------

    @cached_property
    def outcome(self) -> Outcome:
        """How the later request is billed after the earlier one."""
        simulator = Simulator(self.assumptions)
        if self.old_error is None:
            simulator.send(self.old.record, at=0.0)
        return simulator.send(self.new.record, at=self.gap_seconds)

    @property
    def read_tokens(self) -> int:
        return self.outcome.usage.cache_read_input_tokens

    def _is_read(self, point: Breakpoint | ActiveBreakpoint) -> bool:
        """Whether the later request reads the earlier one's prefix up to a breakpoint."""
        index = self.outcome.read_index
        return index is not None and self.old.fingerprints[point.block_index] in self.new.fingerprints[: index + 1]

    def _lost_breakpoint(self) -> ActiveBreakpoint | None:
        """The last breakpoint of the earlier request, if its prefix is not read any more."""
        written = self.old.active_breakpoints if self.old_error is None else ()
        if not written or self._is_read(written[-1]):
            return None
        return written[-1]

    def _model_specific_change(self) -> Parameter | None:
        """A changed parameter for which it is not documented which levels are lost."""
        if self.old_error is not None:
            return None
        keys = {part.path: part.key for part in self.old.parts}
        for part in self.new.parts:
            if part.row is not None and part.row.is_model_specific and keys.get(part.path) != part.key:
                return part.row
        return None

    def _cost(self, tokens: int) -> Decimal | None:
        """Dollars that the request would save if it read ``tokens`` more."""
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
            return price(usage, self.new.model_name) - price(better, self.new.model_name)
        except UnknownPriceError:
            return None

    def _levels(self, row: Parameter | None) -> dict[Level, LevelVerdict]:
        """The verdict of each level; ``row`` is the changed parameter, if a parameter changed."""
        return {level: self._level(level, row) for level in LEVELS}

    def _breakpoints(self) -> tuple[tuple[str, LevelVerdict], ...]:
        return tuple(
            (self.old.path_of(point), "hit" if self._is_read(point) else "miss") for point in self.old.breakpoints
        )

    def _level(self, level: Level, row: Parameter | None) -> LevelVerdict:
        old_points = _points_of(self.old, level)
        if not old_points:
            return "miss" if _points_of(self.new, level) else "n/a"
        if row is not None and row.is_model_specific and level != row.level:
            return "model_specific"
        return "hit" if self._is_read(old_points[-1]) else "miss"

    # --- verdicts ----------------------------------------------------------------------------------------

    def _rejected(self, error: ApiError) -> Explanation:
        levels: dict[Level, LevelVerdict] = {
            level: "miss" if _points_of(self.old, level) or _points_of(self.new, level) else "n/a" for level in LEVELS
        }
        written = self.old.active_breakpoints if self.old_error is None else ()
        return Explanation(
            verdict="rejected",
            levels=levels,
            cause=error.cause,
            path=error.path,
            tokens_lost=written[-1].tokens if written else 0,
            error=error,
            notes=self._notes(None),
        )

    def _never_cached(self) -> Explanation:
        lost = self._lost_breakpoint()
        tokens = lost.tokens if lost else 0
        if self.new.breakpoints:
            cause: Cause = "below_minimum"
            path = self.new.path_of(self.new.breakpoints[-1])
        elif self.old.breakpoints:
            cause = "breakpoint_removed"
            path = _marker_path(self.old, self.old.breakpoints[-1])
        else:
            cause, path = "unmarked", "cache_control"
        return Explanation(
            verdict="never_cached",
            levels={
                level: "miss" if self._level(level, None) == "hit" else self._level(level, None) for level in LEVELS
            },
            cause=cause,
            path=path,
            tokens_lost=tokens,
            cost=self._cost(tokens),
            notes=self._notes(None, cause),
        )

    def _lost(self, lost: ActiveBreakpoint) -> Explanation:
        verdict: Verdict = "partial" if self.outcome.read_index is not None else "miss"
        tokens = max(0, lost.tokens - self.read_tokens)
        divergence = self._divergence(lost)
        notes: tuple[str, ...] = ()
        if divergence is None:
            change, row = self._change_of_markers(lost), None
        else:
            refuse_unclear_block(divergence, self.assumptions)
            refuse_unknown_default(divergence, self.new)
            change, row = name_change(divergence, self.old, self.new), divergence.row
            if self._is_unique_tail(divergence, lost):
                change = change._replace(cause="automatic_after_unique_tail")
            notes = tuple(on_tool_keys(divergence))
        return Explanation(
            verdict=verdict,
            levels=self._levels(row),
            breakpoints=self._breakpoints(),
            cause=change.cause,
            path=change.path,
            offset=change.offset,
            excerpt=change.excerpt,
            tokens_lost=tokens,
            cost=self._cost(tokens),
            changes=change.notes,
            notes=(*change.notes, *self._notes(row, change.cause), *notes),
            is_several=bool(change.others),
        )

    # --- causes ------------------------------------------------------------------------------------------

    def _divergence(self, lost: ActiveBreakpoint) -> Divergence | None:
        """The first difference within the lost prefix; ``None`` if the prefix is still sent unchanged."""
        if self.old.fingerprints[lost.block_index] in self.new.fingerprints:
            return None
        return first_divergence(self.old.parts, self.new.parts)

    def _is_unique_tail(self, divergence: Divergence, lost: ActiveBreakpoint) -> bool:
        """Whether an automatic breakpoint is on the block that differs, at the end of both requests."""
        new_last = self.new.breakpoints[-1]
        if not (lost.is_automatic and new_last.is_automatic and divergence.before and divergence.after):
            return False
        return (
            divergence.before.block is self.old.blocks[lost.block_index]
            and divergence.after.block is self.new.blocks[new_last.block_index]
        )

    def _change_of_markers(self, lost: ActiveBreakpoint) -> Change:
        """The change if the lost prefix is still sent unchanged: time, lookback or the markers."""
        index = self.new.fingerprints.index(self.old.fingerprints[lost.block_index])
        block = self.new.blocks[index].path
        here = next((point for point in self.new.breakpoints if point.block_index == index), None)
        if here is not None and here.ttl != lost.ttl and self.assumptions.is_ttl_in_key:
            return Change("ttl_changed", "cache_control" if here.is_automatic else f"{block}.cache_control.ttl")
        if self.gap_seconds > TTL_SECONDS[lost.ttl]:
            return Change("ttl_expired", block)
        later = [point for point in self.new.active_breakpoints if point.block_index > index]
        if later:
            return Change("lookback", self.new.path_of(later[0]))
        old_marks, new_marks = (
            {prompt.path_of(point) for point in prompt.breakpoints} for prompt in (self.old, self.new)
        )
        cause: Cause = "breakpoint_moved" if new_marks - old_marks else "breakpoint_removed"
        return Change(cause, _marker_path(self.old, lost))

    def _notes(self, row: Parameter | None, cause: Cause | None = None) -> tuple[str, ...]:
        return (
            *(
                ()
                if self.old_error is None
                else (f"the API would reject the earlier request: {self.old_error.message}",)
            ),
            *(list_assumptions(self.old, self.new, row=row, cause=cause) if self.error is None else ()),
            *(list_doubts(self.new, self.outcome) if self.error is None else ()),
        )


def _points_of(prompt: Prompt, level: Level) -> list[Breakpoint]:
    return [point for point in prompt.breakpoints if prompt.blocks[point.block_index].level == level]


def _marker_path(prompt: Prompt, point: Breakpoint | ActiveBreakpoint) -> str:
    return "cache_control" if point.is_automatic else prompt.path_of(point)

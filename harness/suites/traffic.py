"""The traffic of a suite as ``suite.yaml`` states it: how many calls a day, and when they come."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

PatternName = Literal["poisson", "even", "office hours", "bursts", "log"]
"""When calls come: at random, at equal distances, at random within working hours, in bursts, or as a log says."""

_KEYS_OF: dict[PatternName, tuple[str, ...]] = {"office hours": ("hours",), "bursts": ("burst",), "log": ("log",)}
"""The keys that belong to one pattern only."""


_LOWEST, _HIGHEST = Decimal("0.001"), Decimal(1_000_000_000)


def _read_number(value: Any) -> Any:
    # YAML has booleans and texts that pydantic would take for numbers.
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{value!r} is not a number")
    number = Decimal(str(value))
    if not _LOWEST <= number <= _HIGHEST:
        raise ValueError(f"{value!r} is not from {_LOWEST} to {_HIGHEST:,}")
    return number


Number = Annotated[Decimal, BeforeValidator(_read_number)]


def _read_hours(value: Any) -> Any:
    if not isinstance(value, list | tuple) or [type(hour) for hour in value] != [int, int]:
        raise ValueError(f"{value!r} is not two hours, such as [9, 17]")
    start, end = value
    if not 0 <= start < end <= 24:
        raise ValueError(f"{start} to {end} are not hours of a day, expected the start before the end")
    if (start, end) == (0, 24):
        raise ValueError("0 to 24 is the whole day: use the pattern poisson")
    return value


Hours = Annotated[tuple[int, int], BeforeValidator(_read_hours)]


class BurstEntry(BaseModel):
    """The bursts of a pattern: so many calls, so many seconds apart."""

    model_config = ConfigDict(extra="forbid")

    calls: Annotated[int, Field(ge=2, le=1_000_000, strict=True)]
    seconds_apart: Number


class TrafficEntry(BaseModel):
    """The traffic of one suite in ``suite.yaml``: of calls that share a prefix."""

    model_config = ConfigDict(extra="forbid")

    calls_per_day: Number | None = None
    """Of each day with calls; in office hours, of each working day."""
    pattern: PatternName = "poisson"
    hours: Hours | None = None
    """The first hour and the hour of the end, from Monday to Friday."""
    burst: BurstEntry | None = None
    log: Annotated[str, Field(min_length=1)] | None = None
    """A file with the time of each call, one a line."""

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        for pattern, keys in _KEYS_OF.items():
            for key in keys:
                if (getattr(self, key) is not None) and self.pattern != pattern:
                    raise ValueError(f"{key} belongs to the pattern {pattern}, this one is {self.pattern}")
        if self.pattern == "bursts" and self.burst is None:
            raise ValueError("bursts need a size: burst: {calls: 20, seconds_apart: 5}")
        if self.pattern == "log" and self.log is None:
            raise ValueError("the pattern log needs a file of times: log: times.txt")
        if self.pattern == "log" and self.calls_per_day is not None:
            raise ValueError("the log says how many calls a day there are: remove calls_per_day")
        if self.pattern != "log" and self.calls_per_day is None:
            raise ValueError("calls_per_day is missing")
        return self

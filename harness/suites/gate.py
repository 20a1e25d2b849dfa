"""When the answers of a suite fail the run, as ``suite.yaml`` states it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, model_validator

Share = Annotated[StrictFloat | StrictInt, Field(ge=0, le=1)]
"""From 0 to 1."""


class GateEntry(BaseModel):
    """The rules of a suite; without any, every check has to pass in every case."""

    model_config = ConfigDict(extra="forbid")

    pass_rate: Share | dict[str, Share] | None = None
    """The share of the cases of a version that have to pass: of every check, or by check."""
    mean_score: dict[str, Share] = {}
    """The mean score that a version has to reach, by check."""
    regressions: StrictBool = False
    """No case that passed when it was accepted fails now."""
    worse: StrictBool = False
    """No version is worse than the one before it, at 2.5 % one-sided."""

    @model_validator(mode="after")
    def _check_rules(self) -> "GateEntry":
        if self == GateEntry.model_construct():
            raise ValueError("states no rule: pass_rate, mean_score, regressions or worse")
        return self

    def pass_rate_of(self, check: str) -> float | None:
        """The share of cases that have to pass a check; ``None`` for any."""
        rates = self.pass_rate
        found = rates.get(check) if isinstance(rates, dict) else rates
        return None if found is None else float(found)

    @property
    def named_checks(self) -> list[str]:
        """The checks that the rules name."""
        return [*(self.pass_rate if isinstance(self.pass_rate, dict) else ()), *self.mean_score]

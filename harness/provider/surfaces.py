"""What differs on the surfaces of other clouds: the rows of ``surfaces.toml``, which explains each field."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal

from harness.provider.generations import read_data
from harness.provider.model_names import Surface
from harness.provider.models import Model

When = Literal["marked", "unmarked", "several", "long", "automatic", "new_version", "1h"]
"""What of a request a note concerns."""

_ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceNote:
    """What is not promised on a surface."""

    name: str
    on: Surface
    geo: tuple[str, ...] | None
    when: When | None
    models: frozenset[str]
    """Ids; empty for all."""
    text: str
    source: str
    checked: date

    def concerns(self, model: Model) -> bool:
        """Whether it is about a model, where it is called."""
        is_there = self.geo is None or model.geo in self.geo or (_ANY in self.geo and bool(model.geo))
        return self.on == model.surface and is_there and (not self.models or model.id in self.models)


@dataclass(frozen=True, slots=True, kw_only=True)
class Premium:
    """The factor of all token prices on a surface."""

    name: str
    on: Surface
    not_geo: frozenset[str]
    not_of: frozenset[str]
    """Names of generations."""
    factor: Decimal
    source: str
    checked: date

    def concerns(self, model: Model) -> bool:
        """Whether a model costs more where it is called."""
        return self.on == model.surface and model.geo not in self.not_geo and model.generation.name not in self.not_of


@cache
def all_notes() -> tuple[SurfaceNote, ...]:
    """List all notes, in the order of the file."""
    return tuple(
        SurfaceNote(
            name=row["name"],
            on=row["on"],
            geo=tuple(row["geo"]) if "geo" in row else None,
            when=row.get("when"),
            models=frozenset(row.get("models", ())),
            text=row["text"],
            source=row["source"],
            checked=row["checked"],
        )
        for row in read_data("surfaces.toml")["note"]
    )


@cache
def all_premiums() -> tuple[Premium, ...]:
    """List all premiums, in the order of the file."""
    return tuple(
        Premium(
            name=row["name"],
            on=row["on"],
            not_geo=frozenset(row["not_geo"]),
            not_of=frozenset(row["not_of"]),
            factor=Decimal(row["factor"]),
            source=row["source"],
            checked=row["checked"],
        )
        for row in read_data("surfaces.toml")["premium"]
    )


def find_premium(model: Model) -> Decimal:
    """Find the factor of all token prices of a model where it is called; 1 for the prices of the Claude API."""
    return next((row.factor for row in all_premiums() if row.concerns(model)), Decimal(1))

"""Warnings about replayed cassettes that are old, or that hold requests which their tests do not send."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.errors import CassetteError, CheckError
from harness.findings.finding import Finding
from harness.findings.words import count

if TYPE_CHECKING:
    from harness.cassettes.format import Interaction

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class OldCassette:
    """A cassette that is older than allowed."""

    name: str
    recorded_at: str
    days: int
    record: str
    """The command that records it again."""

    def raise_error(self, max_age_days: int) -> None:
        """Fail its test.

        Raises:
            CheckError: always.
        """
        headline = f"cassette {self!s}, expected at most {count(max_age_days, 'day')}"
        raise CheckError(headline, hint=self.record, findings=(Finding(rule="old-cassette", headline=headline),))

    def __str__(self) -> str:
        return f"{self.name!r} was recorded {self.recorded_at}, {count(self.days, 'day')} ago"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplayedCassette:
    """A cassette that holds requests which its test did not send."""

    name: str
    requests: int
    first: str
    record: str
    """The command that records it again."""

    def raise_error(self) -> None:
        """Fail its test.

        Raises:
            CheckError: always.
        """
        headline = f"cassette {self!s}"
        raise CheckError(headline, hint=self.record, findings=(Finding(rule="unplayed", headline=headline),))

    def __str__(self) -> str:
        return f"{self.name!r} holds {count(self.requests, 'request')} not sent, the first: {self.first}"


def find_old(
    name: str, recorded_at: str, *, now: datetime, max_age_days: int | None, record: str
) -> OldCassette | None:
    """Find out whether a cassette is older than ``max_age_days``; ``None`` if it is not.

    Raises:
        CassetteError: ``recorded_at`` is not an ISO time, so that its age is not known.
    """
    if max_age_days is None:
        return None
    try:
        moment = datetime.fromisoformat(recorded_at)
    except ValueError:
        raise CassetteError(
            f"cassette {name!r} was recorded at {recorded_at!r}, expected an ISO time", hint=record
        ) from None
    seconds = (now - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))).total_seconds()
    if seconds <= max_age_days * _SECONDS_A_DAY:
        return None
    return OldCassette(name=name, recorded_at=f"{moment:%Y-%m-%d}", days=int(seconds // _SECONDS_A_DAY), record=record)


def find_unplayed(name: str, unplayed: tuple[Interaction, ...], *, record: str) -> UnplayedCassette | None:
    """Describe what a cassette holds beyond the requests that were sent; ``None`` if nothing is left."""
    if not unplayed:
        return None
    request = unplayed[0].request
    model = _read_model(request.message_body)
    first = f"{request.method} {request.path}" + (f" ({model})" if model else "")
    return UnplayedCassette(name=name, requests=len(unplayed), first=first, record=record)


def to_json(row: OldCassette | UnplayedCassette) -> str:
    """Write a row as one JSON string, which xdist can carry too."""
    return json.dumps(asdict(row))


def old_lines(rows: list[str], max_age_days: int) -> list[str]:
    """Lines of the summary about old cassettes, oldest first; empty if there are none."""
    old = sorted((OldCassette(**json.loads(row)) for row in set(rows)), key=lambda row: (row.recorded_at, row.name))
    return _section(f"older than {count(max_age_days, 'day')}:", [f"{row}; {row.record}" for row in old])


def unplayed_lines(rows: list[str]) -> list[str]:
    """Lines of the summary about cassettes with unplayed requests, by name; empty if there are none."""
    unplayed = sorted((UnplayedCassette(**json.loads(row)) for row in set(rows)), key=lambda row: row.name)
    return _section("recorded but not sent:", [f"{row}; {row.record}" for row in unplayed])


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, *(f"  {line}" for line in lines)] if lines else []


def _read_model(body: bytes) -> str | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    model = value.get("model") if isinstance(value, dict) else None
    return model if isinstance(model, str) else None

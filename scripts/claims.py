"""Compute the tables of docs/claims.md: which promises about prompt caching hold, and when.

Run: python scripts/claims.py
"""

import math
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from harness.money.claims import (  # noqa: E402
    FIRST,
    LATER,
    OVERALL,
    Shape,
    Span,
    outputs_within,
    percent,
)
from harness.settings import DEFAULT_MODEL  # noqa: E402

PAGE = ROOT / "docs" / "claims.md"
START, END = "<!-- tables: made by scripts/claims.py -->", "<!-- end of tables -->"

AT = datetime(2026, 11, 26, tzinfo=UTC)
"""The day of the prices."""
CACHED = 15_000
UNCACHED = (2_000, 5_000)
OUTPUTS = (0, 500, 1_000, 2_000, 5_000, 11_000)
CALLS = (2, 3, 5, 10, 100)
LONGEST = 128_000
"""The longest answer that a model gives, in tokens."""

MODELS = (("Claude 3.7 Sonnet", "claude-3-7-sonnet-20250219"), ("today's default model", DEFAULT_MODEL))


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def page(text: str) -> str:
    """The page with its tables computed anew."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{tables()}\n\n{END}{after}"


def tables() -> str:
    """The tables of each model."""
    return "\n\n".join(_tables_of(name, model) for name, model in MODELS)


def _tables_of(name: str, model: str) -> str:
    shapes = [
        Shape(model=model, cached=CACHED, uncached=uncached, output=output, at=AT)
        for uncached in UNCACHED
        for output in OUTPUTS
    ]
    return "\n\n".join(
        (
            f"## {name[0].upper()}{name[1:]} (`{model}`)",
            "Each cell says by which share the request costs more or less; **bold** is what the promise says.",
            _table(_COLUMNS, [_row(shape) for shape in shapes]),
            "How long answers may be for each promise to hold:",
            _table(("uncached", "promise", "answers, in tokens"), _length_rows(shapes)),
            "Calls a day on one prefix, at random, for 30 to 50 % overall, with entries of 5 minutes and of 1 hour:",
            _table(("uncached", "output", "5m", "1h"), [_rate_row(shape) for shape in shapes]),
        )
    )


_COLUMNS = (
    "uncached",
    "output",
    "first",
    "later",
    *(f"{number} calls" for number in CALLS),
    "30 to 50 % overall with",
)


def _row(shape: Shape) -> tuple[str, ...]:
    gains = [shape.gain_of(number) for number in CALLS]
    return (
        f"{shape.uncached:,}",
        f"{shape.output:,}",
        _mark(f"+{percent(shape.first_loss)}", is_met=FIRST.holds(shape.first_loss)),
        _mark(f"-{percent(shape.later_gain)}", is_met=LATER.holds(shape.later_gain)),
        *(_mark(_say_gain(percent(gain)), is_met=OVERALL.holds(gain)) for gain in gains),
        _say_calls(shape.calls_within(OVERALL)),
    )


def _length_rows(shapes: list[Shape]) -> list[tuple[str, ...]]:
    rows = []
    for shape in (one for one in shapes if one.output == OUTPUTS[0]):
        rows += [
            _length_row(shape, "first request 5 % dearer", FIRST, "first_loss"),
            _length_row(shape, "later requests 60 to 80 % cheaper", LATER, "later_gain"),
        ]
        rows += [_calls_row(shape, calls) for calls in CALLS]
    return rows


def _length_row(shape: Shape, promise: str, span: Span, name: str) -> tuple[str, ...]:
    found = outputs_within(span, lambda output: getattr(replace(shape, output=output), name), limit=LONGEST)
    return f"{shape.uncached:,}", promise, _say_span(found)


def _calls_row(shape: Shape, calls: int) -> tuple[str, ...]:
    found = outputs_within(OVERALL, lambda output: replace(shape, output=output).gain_of(calls), limit=LONGEST)
    return f"{shape.uncached:,}", f"30 to 50 % overall, {calls} calls", _say_span(found)


def _rate_row(shape: Shape) -> tuple[str, ...]:
    rates = [replace(shape, ttl=ttl).rates_within(OVERALL) for ttl in ("5m", "1h")]
    return f"{shape.uncached:,}", f"{shape.output:,}", *map(_say_rates, rates)


def _say_calls(found: tuple[int, int | None] | None) -> str:
    if found is None:
        return "no number of calls"
    first, last = found
    if last is None:
        return f"{first:,} calls or more"
    return f"{first:,} calls" if first == last else f"{first:,} to {last:,} calls"


def _say_span(found: tuple[int, int] | None) -> str:
    if found is None:
        return "none"
    low, high = found
    return f"{low:,} or more" if high == LONGEST else f"{low:,} to {high:,}"


def _say_rates(found: tuple[float, float] | None) -> str:
    if found is None:
        return "never"
    low, high = found
    return f"{low:,.0f} or more" if high == math.inf else f"{low:,.0f} to {high:,.0f}"


def _say_gain(text: str) -> str:
    return f"+{text[1:]}" if text.startswith("-") else f"-{text}"


def _mark(text: str, *, is_met: bool) -> str:
    return f"**{text}**" if is_met else text


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    rule = tuple("---:" if column in ("uncached", "output") else "---" for column in columns)
    lines = [columns, rule, *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()

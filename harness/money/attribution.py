"""Why one prompt version costs more than another: the difference in parts that add up to it exactly.

Each version is described by factors: the number of its calls, the size of their prompts, how the tokens of a prompt
were billed (cache behaviour), the length of the answers, the price list of the day with its modifiers, and the model.
The cost of the tokens is a function of these, so it can also be computed for a mixture, such as the new prompts at the
old price.

The part of a factor is its Shapley value: what its change adds to the cost, averaged over all orders in which the
factors could have changed. So no order is preferred, both directions give the same parts with the other sign, a factor
that did not change has no part, and the parts add up to the difference. All is computed in fractions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import factorial
from typing import Any, Literal

from harness.money.amounts import add_known, round_parts
from harness.provider.pricing import price
from harness.provider.usage import Usage

Part = Literal[
    "prompt size", "cache behaviour", "output length", "price", "model", "number of calls", "searches and iterations"
]
PARTS: tuple[Part, ...] = ("prompt size", "cache behaviour", "output length", "price", "model")
"""The parts that every attribution has; the other two are added where they are not 0."""

_FACTORS: tuple[Part, ...] = (*PARTS, "number of calls")

_INPUT = ("input_tokens", "cache_read_input_tokens", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
_OUTPUT = "output_tokens"
_CLASSES = (*_INPUT, _OUTPUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The factors of one version's cost."""

    cost: Decimal
    """Dollars of all calls."""
    calls: int
    prompt_tokens: Fraction
    """Of one call."""
    sizes: Mapping[str, Mapping[int, Fraction]]
    """For each class of tokens: the share of its tokens in prompts of each size; a price list can depend on it."""
    shares: Mapping[str, Fraction]
    """The share of each class in the tokens of the prompts."""
    output_tokens: Fraction
    """Of one call."""
    model: str
    at: datetime
    modifiers: Mapping[str, Fraction]
    """What batches, regions and fast mode multiply the price of each class by."""
    others: Fraction
    """Dollars for searches and for iterations beside the calls' own tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The difference in cost between two versions, and its parts."""

    against: str
    """Name of the version before."""
    total: Decimal
    """Dollars by which all calls of the later version cost more."""
    parts: Mapping[Part, Decimal]
    """Add up to ``total``, to the last digit."""

    def to_json(self) -> dict[str, Any]:
        """The value of ``attribution`` of a version in ``report.json``."""
        return {
            "against": self.against,
            "total_usd": f"{self.total:f}",
            "parts": [{"part": part, "usd": f"{amount:f}"} for part, amount in self.parts.items()],
        }


def describe(usages: Sequence[Usage], model: str, *, at: datetime | None = None) -> Profile:
    """Describe the calls of one version and model by the factors of their cost, at the prices of ``at`` (default: now).

    Raises:
        UnknownPriceError: a call has a part without a known price.
    """
    moment = _noon(at or datetime.now(UTC))
    bare = [replace(usage, iterations=(), counters=(), modifiers=()) for usage in usages]
    modified = [replace(usage, iterations=(), counters=()) for usage in usages]
    list_costs = [Fraction(price(usage, model, at=moment)) for usage in bare]
    own_costs = [Fraction(price(usage, model, at=moment)) for usage in modified]
    costs = [price(usage, model, at=moment) for usage in usages]
    total = sum(usage.total_input_tokens for usage in usages)
    output = sum(usage.output_tokens for usage in usages)
    factors = [own / listed if listed else Fraction(1) for own, listed in zip(own_costs, list_costs, strict=True)]
    return Profile(
        cost=add_known(costs) or Decimal(0),
        calls=len(usages),
        prompt_tokens=Fraction(total, len(usages) or 1),
        sizes={name: _weigh_sizes(usages, name) for name in _CLASSES},
        shares={name: Fraction(sum(getattr(usage, name) for usage in usages), total or 1) for name in _INPUT},
        output_tokens=Fraction(output, len(usages) or 1),
        model=model,
        at=moment,
        modifiers={name: _average_factor(usages, factors, name, model, moment) for name in _CLASSES},
        others=sum(map(Fraction, costs), Fraction(0)) - sum(own_costs, Fraction(0)),
    )


def attribute(before: Profile, after: Profile, *, against: str) -> Attribution:
    """Attribute what the calls of ``after`` cost more than those of ``before``, the version named ``against``."""
    # A version without calls differs in their number alone.
    before = before if before.calls else replace(after, calls=0, cost=Decimal(0), others=Fraction(0))
    after = after if after.calls else replace(before, calls=0, cost=Decimal(0), others=Fraction(0))
    exact: dict[Part, Fraction] = {
        **_find_parts(before, after),
        "searches and iterations": after.others - before.others,
    }
    total = add_known([after.cost, before.cost.copy_negate()]) or Decimal(0)
    shown = {part: amount for part, amount in exact.items() if part in PARTS or amount}
    rounded = round_parts({str(part): amount for part, amount in shown.items()}, total)
    return Attribution(against=against, total=total, parts={part: rounded[part] for part in shown})


def _noon(at: datetime) -> datetime:
    """The same day of UTC at noon: prices change at midnight, and one time a day keeps the lookups few."""
    day = at if at.tzinfo is None else at.astimezone(UTC)
    return datetime.combine(day.date(), time(12), UTC)


def _find_parts(before: Profile, after: Profile) -> dict[Part, Fraction]:
    """The Shapley value of each factor of the tokens' cost."""
    changed = [part for part in _FACTORS if _read_factor(before, part) != _read_factor(after, part)]
    costs = {
        frozenset(group): _price_mixture({part: after if part in group else before for part in _FACTORS})
        for size in range(len(changed) + 1)
        for group in combinations(changed, size)
    }
    return {part: _find_part(part, changed, costs) if part in changed else Fraction(0) for part in _FACTORS}


def _find_part(part: Part, changed: Sequence[Part], costs: Mapping[frozenset[Part], Fraction]) -> Fraction:
    others = [other for other in changed if other != part]
    found = Fraction(0)
    for size in range(len(changed)):
        weight = Fraction(factorial(size) * factorial(len(others) - size), factorial(len(changed)))
        for group in map(frozenset, combinations(others, size)):
            found += weight * (costs[group | {part}] - costs[group])
    return found


def _read_factor(profile: Profile, part: Part) -> Any:
    match part:
        case "prompt size":
            return profile.prompt_tokens, profile.sizes
        case "cache behaviour":
            return profile.shares
        case "output length":
            return profile.output_tokens
        case "price":
            return profile.at, profile.modifiers
        case "model":
            return profile.model
        case _:
            return profile.calls


def _price_mixture(of: Mapping[Part, Profile]) -> Fraction:
    """Price tokens whose factors come from different versions."""
    size, share, priced = of["prompt size"], of["cache behaviour"], of["price"]
    tokens = {name: size.prompt_tokens * share.shares[name] for name in _INPUT}
    tokens[_OUTPUT] = of["output length"].output_tokens
    per_call = sum(
        (
            number * _find_rate(of["model"].model, priced.at, size.sizes[name], name) * priced.modifiers[name]
            for name, number in tokens.items()
            if number
        ),
        Fraction(0),
    )
    return of["number of calls"].calls * per_call


def _find_rate(model: str, at: datetime, sizes: Mapping[int, Fraction], name: str) -> Fraction:
    return sum((share * _list_rate(model, size, at, name) for size, share in sizes.items()), Fraction(0))


@lru_cache(maxsize=65_536)
def _list_rate(model: str, prompt_tokens: int, at: datetime, name: str) -> Fraction:
    """Dollars of the price list for one token of a class, in a prompt of a size."""
    size = max(prompt_tokens, 1)
    if name == _OUTPUT:
        with_one, without = Usage(input_tokens=size, output_tokens=1), Usage(input_tokens=size)
        return Fraction(price(with_one, model, at=at)) - Fraction(price(without, model, at=at))
    tokens: dict[str, Any] = {name: size}
    return Fraction(price(Usage(**tokens), model, at=at)) / size


def _weigh_sizes(usages: Sequence[Usage], name: str) -> dict[int, Fraction]:
    """The share of a class's tokens in prompts of each size; of all tokens if the class has none."""
    weights = [getattr(usage, name) for usage in usages]
    if not any(weights):
        weights = [usage.total_input_tokens for usage in usages]
    if not any(weights):
        weights = [1] * len(usages)
    found: dict[int, Fraction] = {}
    for usage, weight in zip(usages, weights, strict=True):
        if weight:
            size = usage.total_input_tokens
            found[size] = found.get(size, Fraction(0)) + Fraction(weight, sum(weights))
    return found or {1: Fraction(1)}


def _average_factor(
    usages: Sequence[Usage], factors: Sequence[Fraction], name: str, model: str, at: datetime
) -> Fraction:
    """The factor of the modifiers over the tokens of a class, weighted by their list price; 1 of no tokens."""
    weights = [
        getattr(usage, name) * _list_rate(model, usage.total_input_tokens, at, name) if getattr(usage, name) else 0
        for usage in usages
    ]
    if not any(weights):
        return sum(factors, Fraction(0)) / len(factors) if factors else Fraction(1)
    weighted = sum((weight * factor for weight, factor in zip(weights, factors, strict=True)), Fraction(0))
    return weighted / sum(weights)

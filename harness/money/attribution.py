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
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import factorial
from typing import Any, Literal

from harness.money.amounts import round_parts, to_exact
from harness.money.price_list import CLASSES, INPUT_CLASSES, OUTPUT_CLASS, PriceList
from harness.provider.usage import Usage

Part = Literal[
    "prompt size", "cache behaviour", "output length", "price", "model", "number of calls", "searches and iterations"
]
PARTS: tuple[Part, ...] = ("prompt size", "cache behaviour", "output length", "price", "model")
"""The parts that every attribution has; the other two are added where they are not 0."""

_FACTORS: tuple[Part, ...] = (*PARTS, "number of calls")


# Compared and hashed by identity, as what a mixture is made of.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """The factors of one version's cost."""

    calls: int
    prompt_tokens: Fraction
    """Of one call."""
    sizes: Mapping[str, Mapping[int, int]]
    """For each class: how many of its tokens are in prompts of each size, on which its price can depend."""
    shares: Mapping[str, Fraction]
    """The share of each class in the tokens of the prompts."""
    output_tokens: Fraction
    """Of one call."""
    prices: PriceList
    """Those of the version's model and day."""
    modifiers: Mapping[str, Fraction]
    """What batches, regions and fast mode multiply the price of each class by."""
    cost: Fraction
    """Dollars of all calls."""
    rest: Fraction
    """Of these, for searches and for iterations beside the calls' own tokens."""


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
    prices = PriceList(model, at)
    total = sum(usage.total_input_tokens for usage in usages)
    output = sum(usage.output_tokens for usage in usages)
    return Profile(
        calls=len(usages),
        prompt_tokens=Fraction(total, len(usages) or 1),
        sizes={name: _weigh_sizes(usages, name) for name in CLASSES},
        shares={name: Fraction(sum(getattr(usage, name) for usage in usages), total or 1) for name in INPUT_CLASSES},
        output_tokens=Fraction(output, len(usages) or 1),
        prices=prices,
        modifiers={name: _average_factor(usages, name, prices) for name in CLASSES},
        cost=sum(map(prices.price, usages), Fraction(0)),
        rest=sum(map(prices.price_rest, usages), Fraction(0)),
    )


def attribute(before: Profile, after: Profile, *, against: str) -> Attribution:
    """Attribute what the calls of ``after`` cost more than those of ``before``, the version named ``against``."""
    # A version without calls differs in their number alone.
    before = before if before.calls else replace(after, calls=0, cost=Fraction(0), rest=Fraction(0))
    after = after if after.calls else replace(before, calls=0, cost=Fraction(0), rest=Fraction(0))
    exact: dict[Part, Fraction] = {**_find_parts(before, after), "searches and iterations": after.rest - before.rest}
    total = to_exact(after.cost - before.cost)
    shown = {part: amount for part, amount in exact.items() if part in PARTS or amount}
    rounded = round_parts({str(part): amount for part, amount in shown.items()}, total)
    return Attribution(against=against, total=total, parts={part: rounded[part] for part in shown})


def _find_parts(before: Profile, after: Profile) -> dict[Part, Fraction]:
    """The Shapley value of each factor of the tokens' cost."""
    changed = [part for part in _FACTORS if _read_factor(before, part) != _read_factor(after, part)]
    find_rate = cache(_find_rate)

    def price_mixture(group: tuple[Part, ...]) -> Fraction:
        """The tokens of the version before, with some factors of the one after."""
        of = {part: after if part in group else before for part in _FACTORS}
        size, share, priced = of["prompt size"], of["cache behaviour"], of["price"]
        tokens = {name: size.prompt_tokens * share.shares[name] for name in INPUT_CLASSES}
        tokens[OUTPUT_CLASS] = of["output length"].output_tokens
        per_call = sum(
            (
                number * find_rate(of["model"], priced, size, name) * priced.modifiers[name]
                for name, number in tokens.items()
                if number
            ),
            Fraction(0),
        )
        return of["number of calls"].calls * per_call

    costs = {
        frozenset(group): price_mixture(group)
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
            return profile.prices.at, profile.modifiers
        case "model":
            return profile.prices.model
        case _:
            return profile.calls


def _find_rate(of_model: Profile, of_price: Profile, of_size: Profile, name: str) -> Fraction:
    """Dollars for one token of a class, for the model, the day and the prompt sizes of three versions."""
    own = of_model.prices
    prices = own if own.at == of_price.prices.at else PriceList(own.model, of_price.prices.at)
    sizes = of_size.sizes[name]
    return sum((weight * prices.find_rates(size)[name] for size, weight in sizes.items()), Fraction(0)) / sum(
        sizes.values()
    )


def _weigh_sizes(usages: Sequence[Usage], name: str) -> dict[int, int]:
    """How many tokens of a class are in prompts of each size; of all tokens if the class has none."""
    weights = [getattr(usage, name) for usage in usages]
    if not any(weights):
        weights = [usage.total_input_tokens or 1 for usage in usages]
    found: dict[int, int] = {}
    for usage, weight in zip(usages, weights, strict=True):
        if weight:
            found[usage.total_input_tokens] = found.get(usage.total_input_tokens, 0) + weight
    return found or {1: 1}


def _average_factor(usages: Sequence[Usage], name: str, prices: PriceList) -> Fraction:
    """The factor of the modifiers over the tokens of a class, weighted by their list price; 1 without calls."""
    factors = [prices.find_factor(usage) for usage in usages]
    if len(set(factors)) <= 1:
        return factors[0] if factors else Fraction(1)
    weights: list[Fraction] = [
        getattr(usage, name) * prices.find_rates(usage.total_input_tokens)[name] for usage in usages
    ]
    if not any(weights):
        return sum(factors, Fraction(0)) / len(factors)
    weighted = sum((weight * factor for weight, factor in zip(weights, factors, strict=True)), Fraction(0))
    return weighted / sum(weights)

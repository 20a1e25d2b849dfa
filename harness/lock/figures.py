"""Figures derived from an accepted call: the tokens written, the usage of two calls, and dollars."""

from decimal import Decimal

from harness.errors import UnknownModelError, UnknownPriceError
from harness.lock.entries import LockedBreakpoint, LockedCall
from harness.provider.models import find_model
from harness.provider.pricing import price
from harness.provider.usage import Usage

_READS_PER_WRITE = 999


def written_breakpoints(call: LockedCall) -> tuple[LockedBreakpoint, ...]:
    """The breakpoints that a call writes: those whose prefix reaches the model's minimum.

    Raises:
        UnknownModelError: the model is not known.
    """
    minimum = find_model(call.model).min_cacheable_tokens
    return tuple(point for point in call.breakpoints if point.tokens >= minimum)


def expect_usage(call: LockedCall) -> tuple[Usage, Usage]:
    """Usage of a call on an empty prompt cache, and of the same call after it.

    Raises:
        UnknownModelError: the model is not known.
    """
    written = {point.ttl: point.tokens for point in written_breakpoints(call)}
    tokens = max(written.values(), default=0)
    uncached = call.prefix_tokens + call.tail_tokens - tokens
    # Everything up to the last one-hour breakpoint is written for one hour.
    one_hour = written.get("1h", 0)
    first = Usage(
        input_tokens=uncached, ephemeral_1h_input_tokens=one_hour, ephemeral_5m_input_tokens=tokens - one_hour
    )
    return first, Usage(input_tokens=uncached, cache_read_input_tokens=tokens)


def price_of_1000(call: LockedCall) -> str | None:
    """Dollars for the input of a thousand calls, where the first one writes; ``None`` if no price is known."""
    try:
        first, second = expect_usage(call)
        return f"{price(first, call.model) + _READS_PER_WRITE * price(second, call.model):.4f}"
    except (UnknownModelError, UnknownPriceError):
        return None


def write_price(call: LockedCall) -> Decimal | None:
    """Dollars for writing the prefix of a call once; ``None`` if no price is known."""
    try:
        first, _ = expect_usage(call)
        written = Usage(
            ephemeral_5m_input_tokens=first.ephemeral_5m_input_tokens,
            ephemeral_1h_input_tokens=first.ephemeral_1h_input_tokens,
        )
        return price(written, call.model)
    except (UnknownModelError, UnknownPriceError):
        return None

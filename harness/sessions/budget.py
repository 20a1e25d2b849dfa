"""A limit in dollars for the calls of a run: a call that could exceed it is not sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import Any

from anthropic import AnthropicError

from harness.cassettes.format import RecordedRequest
from harness.errors import CheckError, RequestError, UnknownPriceError
from harness.findings.finding import Finding
from harness.findings.words import printable
from harness.prompt.blocks import Breakpoint
from harness.prompt.parameters import find_priced
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import is_count, is_message_call, path_only
from harness.provider.pricing import dollars, price
from harness.provider.usage import Usage

_SPARE_TOKENS = 32
"""Counts are sometimes a few tokens too low. Of 1,470 recorded requests whose count should be exact, none was
low by more than this (checked 2026-11-23)."""

_SHOWN_REASONS = 3


class NotSentError(CheckError, AnthropicError):
    """A request that was not sent to the real API.

    Also an ``AnthropicError``: the SDK retries any other exception of a transport twice and
    reports it as "Connection error.".
    """

    @classmethod
    def of(cls, finding: Finding) -> NotSentError:
        """Make the error of a finding."""
        return cls(str(finding), findings=(finding,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Dollars reserved for one call in progress."""

    model: str
    highest: Decimal
    """Most dollars that the call can cost."""


class Budget:
    """The budget of a run, shared by all calls and threads of a process."""

    def __init__(self, limit: Decimal, *, reader: PromptReader) -> None:
        """Allow calls until the next one could raise their sum above ``limit`` dollars."""
        self._limit = limit
        self._reader = reader
        self._lock = Lock()
        self._spent = Decimal(0)
        self._held = Decimal(0)
        self._not_priced: dict[str, None] = {}

    @property
    def spent(self) -> Decimal:
        """Dollars spent on all calls that have ended."""
        return self._spent

    def reserve(self, request: RecordedRequest) -> Reservation | None:
        """Reserve the most that a request can cost; ``None`` for one that costs nothing.

        Raises:
            NotSentError: the request could exceed the limit, or its cost cannot be estimated.
        """
        if request.method == "GET" or is_count(request.method, request.path):
            return None
        try:
            highest = find_highest(request, self._reader)
        except RequestError as error:
            raise NotSentError.of(self._cannot_tell(error.message)) from None
        with self._lock:
            if self._spent + self._held + highest.cost > self._limit:
                raise NotSentError.of(self._too_much(highest))
            self._held += highest.cost
        return Reservation(model=highest.model, highest=highest.cost)

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Record the cost of a call that has ended; if its cost is not known, the most that it can have cost."""
        cost, reasons = _cost(usage, reservation)
        with self._lock:
            self._held -= reservation.highest
            self._spent += cost
            self._not_priced.update(dict.fromkeys(reasons))

    def _too_much(self, highest: Highest) -> Finding:
        return Finding(
            rule="budget",
            headline="this call could exceed the budget, so it was not sent",
            facts=(*self._account(), f"this call at most: {highest}", self._limit_fact),
            fix="raise --harness-budget, or run fewer tests",
        )

    def _cannot_tell(self, reason: str) -> Finding:
        with self._lock:
            account = self._account()
        return Finding(
            rule="budget",
            headline="cannot tell what this call can cost at most, so it was not sent",
            facts=(*account, f"this call at most: {reason}", self._limit_fact),
            fix="omit --harness-budget for this test",
        )

    def _account(self) -> list[str]:
        held = [f"reserved for calls in progress: {dollars(self._held)}"] if self._held else []
        names = "; ".join(map(printable, self._not_priced))
        highest = [f"of that, some calls count in full: not priced: {names}"] if names else []
        return [f"spent so far: {dollars(self.spent)}", *highest, *held]

    @property
    def _limit_fact(self) -> str:
        return f"budget: {dollars(self._limit)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Highest:
    """The most that a request can cost."""

    model: str
    input_tokens: int
    output_tokens: int
    cost: Decimal

    def __str__(self) -> str:
        return f"{dollars(self.cost)} for {self.input_tokens:,} input and {self.output_tokens:,} output tokens"


def find_highest(request: RecordedRequest, reader: PromptReader) -> Highest:
    """Find the cost of a request if all its input is written and its answer is as long as ``max_tokens`` allows.

    Raises:
        RequestError: the cost cannot be estimated offline; the message says why.
        UnknownPriceError: the price list has no row for the model.
    """
    if not is_message_call(request.method, request.path):
        raise RequestError(f"not known for {request.method} {path_only(request.path)}")
    body = reader.parse(request.message_body)
    model, output_tokens = body.get("model"), body.get("max_tokens")
    if not isinstance(model, str):
        raise RequestError("the request names no model")
    if not isinstance(output_tokens, int) or isinstance(output_tokens, bool):
        raise RequestError("the request has no max_tokens")
    prompt = reader.read(request.message_body)
    doubts = [str(doubt) for doubt in prompt.count.doubts if doubt.tokens is None]
    if reasons := [*_surcharges(body), *doubts]:
        raise RequestError(f"not known offline ({_shorten(reasons)})")
    input_tokens = prompt.count.total + (prompt.count.bound or 0) + prompt.count.total // 100 + _SPARE_TOKENS
    usages = _usages(input_tokens, output_tokens, prompt.breakpoints)
    cost = max(price(usage, model) for usage in usages)
    return Highest(model=model, input_tokens=input_tokens, output_tokens=output_tokens, cost=cost)


def _cost(usage: Usage | None, reservation: Reservation) -> tuple[Decimal, tuple[str, ...]]:
    """Dollars of a call that has ended, and what of it has no known price."""
    try:
        return (reservation.highest if usage is None else price(usage, reservation.model)), ()
    except UnknownPriceError as error:
        return reservation.highest, error.reasons


def _usages(input_tokens: int, output_tokens: int, breakpoints: tuple[Breakpoint, ...]) -> Iterator[Usage]:
    """Yield usage with all input uncached, and with all of it written under each TTL that the request names."""
    yield Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    ttls = {point.ttl for point in breakpoints}
    if "5m" in ttls:
        yield Usage(ephemeral_5m_input_tokens=input_tokens, output_tokens=output_tokens)
    if "1h" in ttls:
        yield Usage(ephemeral_1h_input_tokens=input_tokens, output_tokens=output_tokens)


def _surcharges(body: Mapping[str, Any]) -> list[str]:
    return [f"{key}: can have a price of its own" for key in find_priced(body)]


def _shorten(reasons: list[str]) -> str:
    more = [f"and {len(reasons) - _SHOWN_REASONS} more"] if len(reasons) > _SHOWN_REASONS else []
    return "; ".join([*reasons[:_SHOWN_REASONS], *more])

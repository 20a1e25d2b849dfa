"""A limit in dollars for the calls of a run: a call that could pass it is not sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import Any

from anthropic import AnthropicError

from harness.cassettes.format import RecordedRequest
from harness.errors import CheckError, RequestError, UnknownModelError
from harness.findings.finding import Finding
from harness.prompt.blocks import Breakpoint
from harness.prompt.parameters import find_priced
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import COUNT_TOKENS, is_message_call, path_only
from harness.provider.pricing import dollars, price
from harness.provider.usage import Usage

_SPARE_TOKENS = 32
"""Counts are short by a few tokens now and then. Of 1,470 recorded requests whose count is meant to be exact,
none was short by more than this (checked 2026-11-23)."""

_SHOWN_REASONS = 3


class NotSentError(CheckError, AnthropicError):
    """A request that is not sent to the real API.

    Also an ``AnthropicError``: the SDK retries any other exception of a transport twice and
    shows it as "Connection error.".
    """

    @classmethod
    def of(cls, finding: Finding) -> NotSentError:
        """The error for what there is to say of it."""
        return cls(str(finding), findings=(finding,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What is held back for one call that is under way."""

    model: str
    highest: Decimal
    """Dollars that it can cost at most."""


class Budget:
    """The dollars of a run. All calls of a process share it, from whatever thread they are made."""

    def __init__(self, limit: Decimal, *, reader: PromptReader) -> None:
        """Let calls through until the next one could bring their sum above ``limit`` dollars."""
        self._limit = limit
        self._reader = reader
        self._lock = Lock()
        self._spent = Decimal(0)
        self._held = Decimal(0)

    @property
    def spent(self) -> Decimal:
        """Dollars for all calls that have ended."""
        return self._spent

    def reserve(self, request: RecordedRequest) -> Reservation | None:
        """Hold back what a request can cost at most; ``None`` for one that costs nothing.

        Raises:
            NotSentError: it could pass the limit, or what it can cost cannot be told.
        """
        if request.method == "GET" or path_only(request.path) == COUNT_TOKENS:
            return None
        try:
            highest = find_highest(request, self._reader)
        except (RequestError, UnknownModelError) as error:
            raise NotSentError.of(self._cannot_tell(error.message)) from None
        with self._lock:
            if self._spent + self._held + highest.cost > self._limit:
                raise NotSentError.of(self._too_much(highest))
            self._held += highest.cost
        return Reservation(model=highest.model, highest=highest.cost)

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Book a call that has ended; one whose usage is not known counts as the most that it can have cost."""
        cost = reservation.highest if usage is None else price(usage, reservation.model)
        with self._lock:
            self._held -= reservation.highest
            self._spent += cost

    def _too_much(self, highest: Highest) -> Finding:
        return Finding(
            rule="budget",
            headline="this call could pass the budget, and was not sent",
            facts=(*self._account(), f"this call at most: {highest}", self._limit_fact),
            fix="raise --harness-budget, or run fewer tests",
        )

    def _cannot_tell(self, reason: str) -> Finding:
        with self._lock:
            account = self._account()
        return Finding(
            rule="budget",
            headline="cannot tell what this call can cost at most, and it was not sent",
            facts=(*account, f"this call at most: {reason}", self._limit_fact),
            fix="leave out --harness-budget for this test",
        )

    def _account(self) -> list[str]:
        held = [f"held back for calls under way: {dollars(self._held)}"] if self._held else []
        return [f"spent so far: {dollars(self.spent)}", *held]

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
    """What a request costs if its whole input is written to the prompt cache and its answer is as long as it may be.

    Raises:
        RequestError: that cannot be told offline; the message says why.
        UnknownModelError: the price list has no row for the model.
    """
    if not is_message_call(request.method, request.path):
        raise RequestError(f"not known for {request.method} {path_only(request.path)}")
    body = reader.parse(request.body)
    model, output_tokens = body.get("model"), body.get("max_tokens")
    if not isinstance(model, str):
        raise RequestError("the request names no model")
    if not isinstance(output_tokens, int) or isinstance(output_tokens, bool):
        raise RequestError("the request has no max_tokens")
    prompt = reader.read(request.body)
    if reasons := [*_surcharges(body), *prompt.count.unmodelled]:
        raise RequestError(f"not known offline ({_shorten(reasons)})")
    input_tokens = prompt.count.total + prompt.count.total // 100 + _SPARE_TOKENS
    usages = _usages(input_tokens, output_tokens, prompt.breakpoints)
    cost = max(price(usage, model) for usage in usages)
    return Highest(model=model, input_tokens=input_tokens, output_tokens=output_tokens, cost=cost)


def _usages(input_tokens: int, output_tokens: int, breakpoints: tuple[Breakpoint, ...]) -> Iterator[Usage]:
    """All input billed plainly, and all of it written under each TTL that the request names."""
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

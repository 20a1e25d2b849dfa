"""The most that a call can cost, and which calls a budget allows."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from anthropic import AnthropicError

from harness.cassettes.format import RecordedRequest
from harness.errors import HarnessError
from harness.prompt.reader import PromptReader
from harness.provider.pricing import price
from harness.provider.usage import Usage
from harness.sessions.budget import Budget, NotSentError, Reservation, find_highest
from tests.cassettes.examples import request
from tests.recordings import counter

COUNT = counter()
LONG = "".join(f"Rule {number}: be polite.\n" for number in range(200))


def ask(system: str = LONG, ttl: str | None = "5m", **changes: Any) -> RecordedRequest:
    marker = {} if ttl is None else {"cache_control": {"type": "ephemeral", "ttl": ttl}}
    return request(
        {
            "model": "claude-sonnet-5-5",
            "max_tokens": 100,
            "system": [{"type": "text", "text": system, **marker}],
            "messages": [{"role": "user", "content": "Where is my parcel?"}],
            **changes,
        }
    )


def make_budget(dollars: str) -> Budget:
    return Budget(Decimal(dollars), reader=PromptReader(COUNT))


def reserve(budget: Budget, sent: RecordedRequest | None = None) -> Reservation:
    reservation = budget.reserve(sent or ask())
    assert reservation is not None
    return reservation


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        pytest.param(ask(ttl=None), "input_tokens", id="nothing-to-write"),
        pytest.param(ask(), "ephemeral_5m_input_tokens", id="written-for-5-minutes"),
        pytest.param(ask(ttl="1h"), "ephemeral_1h_input_tokens", id="written-for-an-hour"),
        pytest.param(
            ask(ttl="1h", cache_control={"type": "ephemeral"}), "ephemeral_1h_input_tokens", id="the-dearer-of-two-ttls"
        ),
        pytest.param(
            ask(ttl=None, cache_control={"type": "ephemeral"}), "ephemeral_5m_input_tokens", id="automatic-marker"
        ),
    ],
)
def test_all_input_counts_at_the_dearest_price_and_all_output_that_may_come(sent: RecordedRequest, kind: str) -> None:
    highest = find_highest(sent, PromptReader(COUNT))

    assert highest.input_tokens > 2_200
    assert highest.output_tokens == 100
    assert highest.cost == price(Usage(**{kind: highest.input_tokens}, output_tokens=100), "claude-sonnet-5-5")


def test_answer_costs_less_than_the_most_that_was_held_back() -> None:
    budget = make_budget("1")

    reservation = reserve(budget)
    budget.settle(reservation, Usage(ephemeral_5m_input_tokens=2_200, input_tokens=12, output_tokens=100))

    assert Decimal(0) < budget.spent < reservation.highest


def test_call_whose_usage_is_not_known_counts_in_full() -> None:
    budget = make_budget("1")

    reservation = reserve(budget)
    budget.settle(reservation, None)

    assert budget.spent == reservation.highest


NONE = {"input_tokens": 0, "output_tokens": 0}


@pytest.mark.parametrize(
    "api",
    [
        {**NONE, "new_tokens": 1},
        {**NONE, "service_tier": "priority"},
        {**NONE, "speed": "fast"},
        {**NONE, "input_tokens": -10},
        {**NONE, "server_tool_use": {"new_requests": 1}},
        {},
        {"input_tokens": 10},
        {"output_tokens": 10},
    ],
)
def test_call_of_which_a_part_has_no_price_counts_in_full(api: dict[str, Any]) -> None:
    budget = make_budget("1")

    reservation = reserve(budget)
    budget.settle(reservation, Usage.from_api(api))

    assert budget.spent == reservation.highest


def test_call_is_settled_with_all_that_its_usage_holds() -> None:
    budget = make_budget("9")

    budget.settle(reserve(budget), Usage.from_api({**NONE, "input_tokens": 1_000_000, "inference_geo": "us"}))
    budget.settle(reserve(budget), Usage.from_api({**NONE, "server_tool_use": {"web_search_requests": 10}}))

    assert budget.spent == Decimal("2.2") + Decimal("0.1")


def test_refusal_says_that_some_calls_count_in_full() -> None:
    budget = make_budget("0.008")
    budget.settle(reserve(budget), Usage.from_api({**NONE, "new_tokens": 1}))

    with pytest.raises(NotSentError) as caught:
        budget.reserve(ask())

    assert "\n  of that, some calls count in full: not priced: new_tokens\n" in str(caught.value)


def test_budget_may_be_used_up_to_the_last_cent_and_no_further() -> None:
    highest = find_highest(ask(), PromptReader(COUNT)).cost
    budget = make_budget(str(2 * highest))

    for _ in range(2):
        budget.settle(reserve(budget), None)

    with pytest.raises(NotSentError):
        budget.reserve(ask())
    assert budget.spent == 2 * highest


def test_refusal_names_what_is_spent_what_is_held_back_and_what_it_could_cost() -> None:
    budget = make_budget("0.02")
    budget.settle(reserve(budget), Usage(input_tokens=100, output_tokens=60))
    reserve(budget)
    reserve(budget)

    with pytest.raises(NotSentError) as caught:
        budget.reserve(ask(max_tokens=2_000))

    assert str(caught.value) == (
        "this call could exceed the budget, so it was not sent\n"
        "  spent so far: $0.0008\n"
        "  reserved for calls in progress: $0.0133\n"
        "  this call at most: $0.0257 for 2,268 input and 2,000 output tokens\n"
        "  budget: $0.0200\n"
        "  fix:   raise --harness-budget, or run fewer tests"
    )
    finding = caught.value.findings[0]
    assert (finding.rule, finding.level) == ("budget", "error")


def test_refusal_is_neither_wrapped_nor_retried_by_the_sdk_and_is_one_of_ours() -> None:
    assert issubclass(NotSentError, AnthropicError)
    assert issubclass(NotSentError, HarnessError)


def test_cheaper_call_still_passes_after_a_refusal() -> None:
    budget = make_budget("0.01")

    with pytest.raises(NotSentError):
        budget.reserve(ask(max_tokens=2_000))

    assert reserve(budget).highest < Decimal("0.01")


IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
DOCUMENT = {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param(
            ask(model="claude-nova-1", max_tokens=1),
            "model 'claude-nova-1' is not known",
            id="unknown-model",
        ),
        pytest.param(ask(model=3), "the request names no model", id="no-model"),
        pytest.param(ask(max_tokens=None), "the request has no max_tokens", id="no-end"),
        pytest.param(ask(max_tokens=True), "the request has no max_tokens", id="end-that-is-no-number"),
        pytest.param(
            request(b"{"),
            "The request body is not valid JSON: Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1)",
            id="no-json",
        ),
        pytest.param(request(b"[]"), "The request body is not a JSON object", id="no-object"),
        pytest.param(
            ask(speed="fast"), "not known offline (speed: can have a price of its own)", id="price-of-its-own"
        ),
        pytest.param(
            ask(messages=[{"role": "user", "content": [DOCUMENT] * 5}]),
            "not known offline (messages[0].content[0]: document blocks cannot be counted offline; "
            "messages[0].content[1]: document blocks cannot be counted offline; "
            "messages[0].content[2]: document blocks cannot be counted offline; and 2 more)",
            id="what-cannot-be-counted",
        ),
        pytest.param(ask(messages="Hello"), "messages is str, expected a list", id="no-request"),
        pytest.param(
            request({}, "/v1/messages/batches?beta=true"), "not known for POST /v1/messages/batches", id="batch"
        ),
    ],
)
def test_call_whose_cost_cannot_be_told_is_refused(sent: RecordedRequest, reason: str) -> None:
    with pytest.raises(NotSentError) as caught:
        make_budget("1000").reserve(sent)

    assert str(caught.value) == (
        "cannot tell what this call can cost at most, so it was not sent\n"
        "  spent so far: $0.0000\n"
        f"  this call at most: {reason}\n"
        "  budget: $1,000.0000\n"
        "  fix:   omit --harness-budget for this test"
    )


def test_what_is_in_doubt_counts_at_the_most_that_it_can_be() -> None:
    without, image = (
        find_highest(ask(messages=[{"role": "user", "content": content}]), PromptReader(COUNT)).input_tokens
        for content in ("Look.", [IMAGE])
    )

    assert image - without > 4000


def test_model_without_a_price_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise LookupError

    monkeypatch.setattr("genai_prices.calc_price", refuse)

    with pytest.raises(NotSentError, match=r"no price is known for model 'claude-opus-4-1'"):
        make_budget("1").reserve(ask(model="claude-opus-4-1", max_tokens=77))


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(request({"model": "claude-nova-1"}, "/v1/messages/count_tokens"), id="counting"),
        pytest.param(RecordedRequest.from_body("GET", "/v1/models", b""), id="reading"),
    ],
)
def test_what_costs_nothing_passes_any_budget(sent: RecordedRequest) -> None:
    assert make_budget("0.000001").reserve(sent) is None


def test_threads_together_keep_to_the_budget() -> None:
    highest = find_highest(ask(), PromptReader(COUNT)).cost
    budget = make_budget(str(10 * highest))

    def call(_: int) -> bool:
        try:
            budget.settle(reserve(budget), None)
        except NotSentError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(call, range(50)))

    assert sum(passed) == 10
    assert budget.spent == 10 * highest

"""The usage of a call: every part of the API's object is read, or named as unknown or contradictory."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.provider.models import known_models
from harness.provider.tokens import Iteration
from harness.provider.usage import Usage
from harness.provider.usage_keys import KEYS, RATES

TOKENS = st.integers(min_value=0, max_value=10**7)
USAGES = st.builds(
    Usage,
    input_tokens=TOKENS,
    cache_read_input_tokens=TOKENS,
    ephemeral_5m_input_tokens=TOKENS,
    ephemeral_1h_input_tokens=TOKENS,
    output_tokens=TOKENS,
)


def iteration(kind: str, *, uncached: int = 0, written: int = 0, read: int = 0, output: int = 0) -> dict[str, Any]:
    return {
        "type": kind,
        "input_tokens": uncached,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": output,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
    }


def read(api: dict[str, Any]) -> Usage:
    """Read a usage that also has the keys that every usage has."""
    return Usage.from_api({"input_tokens": 0, "output_tokens": 0, **api})


def usage_of(*iterations: dict[str, Any], **tokens: int) -> Usage:
    return read({"iterations": list(iterations), **tokens})


# --- tokens ----------------------------------------------------------------------------------------------


@given(USAGES)
def test_usage_comes_back_from_its_api_form(usage: Usage) -> None:
    assert Usage.from_api({**usage.input_to_api(), "output_tokens": usage.output_tokens}) == usage


@given(USAGES, USAGES)
def test_totals_of_a_sum_are_sums_of_totals(one: Usage, two: Usage) -> None:
    both = one + two
    assert both.total_input_tokens == one.total_input_tokens + two.total_input_tokens
    assert both.prefix_tokens == one.prefix_tokens + two.prefix_tokens
    assert both.output_tokens == one.output_tokens + two.output_tokens


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        ({}, Usage()),
        ({"input_tokens": 3, "cache_read_input_tokens": None, "cache_creation": None}, Usage(input_tokens=3)),
        ({"cache_creation_input_tokens": 7}, Usage(ephemeral_5m_input_tokens=7)),
        (
            {"cache_creation_input_tokens": 7, "cache_creation": {"ephemeral_1h_input_tokens": 5}},
            Usage(ephemeral_5m_input_tokens=2, ephemeral_1h_input_tokens=5),
        ),
        ({"cache_creation": {"ephemeral_1h_input_tokens": 5}}, Usage(ephemeral_1h_input_tokens=5)),
    ],
)
def test_fields_that_the_api_leaves_out_or_nulls_are_read(api: dict[str, Any], expected: Usage) -> None:
    assert read(api) == expected


# Each is the standard price, so such a usage equals one of plain tokens.
PLAIN: tuple[dict[str, Any], ...] = (
    {"service_tier": "standard", "speed": "standard", "inference_geo": "global"},
    {"service_tier": None, "speed": None, "inference_geo": None, "server_tool_use": None, "iterations": None},
    {"inference_geo": "not_available"},
    {"inference_geo": "", "iterations": [], "server_tool_use": {}},
    {"server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0}},
    {"server_tool_use": {"web_fetch_requests": 12}},
    {"output_tokens_details": {"thinking_tokens": 5}},
    {"is_byok": False, "cost": 0, "cost_details": {"upstream": None}, "more": [], "text": ""},
)


@pytest.mark.parametrize("extra", PLAIN)
def test_what_adds_nothing_to_the_bill_adds_nothing_to_the_usage(extra: dict[str, Any]) -> None:
    assert Usage.from_api({"input_tokens": 3, "output_tokens": 9, **extra}) == Usage(input_tokens=3, output_tokens=9)


# --- what else is billed -----------------------------------------------------------------------------------

BILLED: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    ({"speed": "fast"}, ("speed: fast",)),
    ({"inference_geo": "us"}, ("inference_geo: us",)),
    ({"service_tier": "batch"}, ("service_tier: batch",)),
    ({"server_tool_use": {"web_search_requests": 1_200}}, ("server_tool_use.web_search_requests: 1,200",)),
    (
        {"iterations": [iteration("compaction", written=55_096, uncached=100, output=82), iteration("message")]},
        ("compaction: 55,096 written, 0 read, 100 uncached, 82 output",),
    ),
    (
        {"iterations": [{**iteration("advisor_message", uncached=9), "model": "claude-opus-5"}]},
        ("advisor_message by claude-opus-5: 0 written, 0 read, 9 uncached, 0 output",),
    ),
    (
        {"speed": "fast", "service_tier": "batch", "server_tool_use": {"web_search_requests": 2}},
        ("service_tier: batch", "speed: fast", "server_tool_use.web_search_requests: 2"),
    ),
)


@pytest.mark.parametrize(("api", "lines"), BILLED)
def test_what_is_billed_besides_tokens_is_listed(api: dict[str, Any], lines: tuple[str, ...]) -> None:
    usage = read(api)
    assert (usage.also_billed, usage.unknown, usage.faults) == (lines, (), ())


UNKNOWN: tuple[tuple[Any, tuple[str, ...]], ...] = (
    ({"server_tool_use": {"code_execution_requests": 3}}, ("server_tool_use.code_execution_requests",)),
    ({"server_tool_use": {"web_search_requests": 1, "image_requests": 1}}, ("server_tool_use.image_requests",)),
    ({"reasoning_tokens": 7}, ("reasoning_tokens",)),
    ({"cost": 0.25}, ("cost",)),
    ({"cost_details": {"upstream": {"usd": 0.1}}}, ("cost_details",)),
    ({"fallback_credit": {"status": {"type": "redeemed"}}}, ("fallback_credit",)),
    ({"is_byok": True}, ("is_byok",)),
    ({"cache_creation": {"ephemeral_24h_input_tokens": 5}}, ("cache_creation.ephemeral_24h_input_tokens",)),
    ({"output_tokens_details": {"audio_tokens": 5}}, ("output_tokens_details.audio_tokens",)),
    ({"service_tier": "priority"}, ("service_tier 'priority'",)),
    ({"service_tier": "flex"}, ("service_tier 'flex'",)),
    ({"speed": "turbo"}, ("speed 'turbo'",)),
    ({"speed": 3}, ("speed 3",)),
    ({"inference_geo": "eu"}, ("inference_geo 'eu'",)),
    ({"iterations": [iteration("dream", output=3)]}, ("iterations of type 'dream'",)),
    ({"iterations": [iteration("fallback_message", output=3)]}, ("iterations of type 'fallback_message'",)),
    ({"iterations": [{**iteration("message"), "searches": 3}]}, ("iterations.message.searches",)),
    ({"iterations": [{**iteration("message"), "model": 5}]}, ("iterations.message.model 5",)),
    ({"iterations": [{**iteration("message"), "model": {"id": "m"}}]}, ("iterations.message.model {'id': 'm'}",)),
    ({"iterations": [{**iteration("compaction"), "model": ["m"]}]}, ("iterations.compaction.model ['m']",)),
    ({"iterations": [{**iteration("compaction"), "model": False}]}, ("iterations.compaction.model False",)),
    ({"iterations": [{**iteration("advisor_message"), "model": 0}]}, ("iterations.advisor_message.model 0",)),
    (None, ("usage, which is missing",)),
)


@pytest.mark.parametrize(("api", "unknown"), UNKNOWN)
def test_what_has_no_price_is_named(api: Any, unknown: tuple[str, ...]) -> None:
    usage = Usage.from_api(api) if api is None else read(api)
    assert (usage.unknown, usage.faults) == (unknown, ())


# --- iterations --------------------------------------------------------------------------------------------


def test_a_compaction_is_billed_besides_the_usage_around_it() -> None:
    compaction = iteration("compaction", uncached=100, written=55_096, output=82)
    answer = iteration("message", uncached=180, output=8)

    usage = usage_of(compaction, answer, input_tokens=180, output_tokens=8)

    assert usage == Usage(
        input_tokens=180,
        output_tokens=8,
        iterations=(
            Iteration(type="compaction", input_tokens=100, ephemeral_5m_input_tokens=55_096, output_tokens=82),
        ),
    )
    # The prompt cache checks look at the call's own prompt.
    assert usage.prefix_tokens == 0


def test_iterations_of_a_loop_with_server_tools_are_not_counted_twice() -> None:
    # A recorded call of Sonnet 4.6: the second iteration reads what the first one wrote.
    loop = iteration("message", uncached=8, written=4_332), iteration("message", uncached=2, written=181, read=4_332)

    usage = usage_of(*loop, input_tokens=10, cache_creation_input_tokens=4_513, cache_read_input_tokens=4_332)

    assert usage == Usage(input_tokens=10, ephemeral_5m_input_tokens=4_513, cache_read_input_tokens=4_332)


def test_a_compaction_that_the_usage_already_includes_is_not_counted_twice() -> None:
    usage = usage_of(iteration("compaction", uncached=100), iteration("message", uncached=20), input_tokens=120)
    assert (usage.input_tokens, usage.also_billed, usage.unknown) == (120, (), ())


def test_a_compaction_without_an_answer_is_billed_alone() -> None:
    assert usage_of(iteration("compaction", uncached=100)).also_billed == (
        "compaction: 0 written, 0 read, 100 uncached, 0 output",
    )


@pytest.mark.parametrize(
    "tokens",
    [{"input_tokens": 21}, {"input_tokens": 19}, {"output_tokens": 20}, {"input_tokens": 20, "output_tokens": 1}, {}],
)
def test_iterations_that_do_not_add_up_are_unknown(tokens: dict[str, int]) -> None:
    usage = usage_of(iteration("compaction", uncached=100), iteration("message", uncached=20), **tokens)
    assert usage.unknown == ("iterations, which do not add up to the usage",)


def test_models_of_the_tokens_are_kept() -> None:
    first, second = ({**iteration("message", output=2), "model": f"claude-opus-{version}"} for version in ("5", "4-8"))
    both = usage_of(first, second, first, output_tokens=6)
    assert (both.models, both.unknown) == (("claude-opus-5", "claude-opus-4-8"), ())
    assert usage_of(iteration("message", output=2), output_tokens=2).models == ()


def by_ttl(five_minutes: int, one_hour: int) -> dict[str, Any]:
    written = five_minutes + one_hour
    split = {"ephemeral_5m_input_tokens": five_minutes, "ephemeral_1h_input_tokens": one_hour}
    return {**iteration("message", written=written), "cache_creation": split}


def without_split(written: int) -> dict[str, Any]:
    return {**iteration("message", written=written), "cache_creation": None}


# The split of a usage, its iterations; then: what was written for 5 minutes and an hour, what is unknown.
SPLITS: tuple[tuple[Any, tuple[dict[str, Any], ...], tuple[int, int], tuple[str, ...]], ...] = (
    (None, (by_ttl(0, 9),), (0, 9), ()),
    (None, (by_ttl(4, 5),), (4, 5), ()),
    ({}, (by_ttl(0, 4), by_ttl(5, 0)), (5, 4), ()),
    (None, (by_ttl(0, 9), iteration("message")), (0, 9), ()),
    (None, (iteration("compaction"), by_ttl(2, 7)), (2, 7), ()),
    # A stream repeats the split of its first message.
    ({"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 0}, (by_ttl(4, 0), by_ttl(0, 5)), (4, 5), ()),
    ({"ephemeral_1h_input_tokens": 9}, (by_ttl(0, 9),), (0, 9), ()),
    ({"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 5}, (without_split(9),), (4, 5), ()),
    (None, (without_split(9),), (9, 0), ()),
    (None, (without_split(4), by_ttl(5, 0)), (9, 0), ()),
    (
        None,
        (without_split(4), by_ttl(0, 5)),
        (9, 0),
        ("iterations, of which not all split their writes by TTL",),
    ),
)


@pytest.mark.parametrize(("top", "iterations", "expected", "unknown"), SPLITS)
def test_written_tokens_have_the_ttls_of_the_iterations(
    top: Any, iterations: tuple[dict[str, Any], ...], expected: tuple[int, int], unknown: tuple[str, ...]
) -> None:
    usage = read({"cache_creation_input_tokens": 9, "cache_creation": top, "iterations": list(iterations)})
    assert (usage.ephemeral_5m_input_tokens, usage.ephemeral_1h_input_tokens) == expected
    assert (usage.unknown, usage.faults) == (unknown, ())


@pytest.mark.parametrize(
    ("top", "iterations", "fault"),
    [
        ((9, 0), (by_ttl(0, 9),), "ephemeral_5m_input_tokens is 9, more than in its iterations, which add up to 0"),
        ((0, 9), (by_ttl(9, 0),), "ephemeral_1h_input_tokens is 9, more than in its iterations, which add up to 0"),
        ((4, 5), (by_ttl(5, 4),), "ephemeral_1h_input_tokens is 5, more than in its iterations, which add up to 4"),
        ((0, 6), (by_ttl(2, 2), by_ttl(2, 3)),
         "ephemeral_1h_input_tokens is 6, more than in its iterations, which add up to 5"),
        ((5, 0), (by_ttl(4, 0), by_ttl(0, 5)),
         "ephemeral_5m_input_tokens is 5, more than in its iterations, which add up to 4"),
    ],
)  # fmt: skip
def test_ttls_that_contradict_those_of_the_iterations_are_a_fault(
    top: tuple[int, int], iterations: tuple[dict[str, Any], ...], fault: str
) -> None:
    api = {"cache_creation_input_tokens": 9, "cache_creation": split(*top), "iterations": list(iterations)}
    assert read(api).faults == (f"usage.cache_creation.{fault}",)


@pytest.mark.parametrize(
    ("api", "missing"),
    [
        ({}, "input_tokens and output_tokens"),
        ({"input_tokens": None, "output_tokens": None}, "input_tokens and output_tokens"),
        ({"output_tokens": 5}, "input_tokens"),
        ({"input_tokens": None, "output_tokens": 5}, "input_tokens"),
        ({"input_tokens": 5}, "output_tokens"),
        ({"cache_read_input_tokens": 5, "output_tokens": 0}, "input_tokens"),
        ({"input_tokens": 0, "cache_read_input_tokens": 5}, "output_tokens"),
    ],
)
def test_usage_without_what_every_usage_has_is_unknown(api: dict[str, Any], missing: str) -> None:
    usage = Usage.from_api(api)
    assert (usage.unknown, usage.faults) == ((f"usage without {missing}",), ())


DEEP = (
    ("objects", '{"a":' * 1_000 + "1" + "}" * 1_000, True),
    ("lists", "[" * 1_000 + "1" + "]" * 1_000, True),
    ("objects in lists", '[{"a":' * 500 + "1" + "}]" * 500, True),
    ("objects with nothing", '{"a":' * 1_000 + "0" + "}" * 1_000, False),
    ("lists of nothing", "[" * 1_000 + "]" * 1_000, False),
)


@pytest.mark.parametrize(("text", "is_named"), [row[1:] for row in DEEP], ids=[row[0] for row in DEEP])
@pytest.mark.parametrize("key", ["new_key", "speed"])
def test_deep_nesting_is_read(key: str, text: str, is_named: bool) -> None:
    usage = read({key: json.loads(text)})
    assert (len(usage.unknown), usage.faults) == (int(is_named), ())


# --- contradictions ----------------------------------------------------------------------------------------


def split(five_minutes: int, one_hour: int) -> dict[str, int]:
    return {"ephemeral_5m_input_tokens": five_minutes, "ephemeral_1h_input_tokens": one_hour}


WRONG_SPLIT = "usage.cache_creation adds up to {} tokens, cache_creation_input_tokens is {}"
FAULTS: tuple[tuple[Any, str], ...] = (
    (
        {"cache_creation_input_tokens": 400, "cache_creation": split(500, 400)},
        WRONG_SPLIT.format("900", "400"),
    ),
    ({"cache_creation_input_tokens": 1_400, "cache_creation": split(0, 900)}, WRONG_SPLIT.format("900", "1,400")),
    ({"cache_creation_input_tokens": 0, "cache_creation": split(5, 0)}, WRONG_SPLIT.format("5", "0")),
    ({"cache_creation_input_tokens": 9, "cache_creation": split(0, 0)}, WRONG_SPLIT.format("0", "9")),
    (
        {"cache_creation_input_tokens": 9, "cache_creation": split(9, 1), "server_tool_use": {"web_fetch_requests": 1}},
        WRONG_SPLIT.format("10", "9"),
    ),
    ({"input_tokens": -5}, "usage.input_tokens is -5, expected a number of tokens"),
    ({"output_tokens": 1.5}, "usage.output_tokens is 1.5, expected a number of tokens"),
    ({"cache_read_input_tokens": True}, "usage.cache_read_input_tokens is True, expected a number of tokens"),
    ({"input_tokens": "12"}, "usage.input_tokens is '12', expected a number of tokens"),
    ({"input_tokens": {"text": 12}}, "usage.input_tokens is {'text': 12}, expected a number of tokens"),
    (
        {"cache_creation": {"ephemeral_1h_input_tokens": "5"}},
        "usage.cache_creation.ephemeral_1h_input_tokens is '5', expected a number of tokens",
    ),
    (
        {"server_tool_use": {"web_search_requests": -1}},
        "usage.server_tool_use.web_search_requests is -1, expected a number of requests",
    ),
    ({"cache_creation": 3}, "usage.cache_creation is int, expected an object"),
    ({"server_tool_use": [1]}, "usage.server_tool_use is list, expected an object"),
    ({"iterations": {"type": "message"}}, "usage.iterations is {'type': 'message'}, expected a list of objects"),
    (
        {"iterations": [iteration("message", uncached=-1)]},
        "usage.iterations[0].input_tokens is -1, expected a number of tokens",
    ),
    (
        {"output_tokens": 5, "output_tokens_details": {"thinking_tokens": 500}},
        "usage.output_tokens_details.thinking_tokens is 500, more than output_tokens, which is 5",
    ),
    (
        {"output_tokens": 0, "output_tokens_details": {"thinking_tokens": 1}},
        "usage.output_tokens_details.thinking_tokens is 1, more than output_tokens, which is 0",
    ),
    (
        {"output_tokens": 5, "iterations": [
            {**iteration("message", output=5), "output_tokens_details": {"thinking_tokens": 6}}
        ]},
        "usage.iterations[0].output_tokens_details.thinking_tokens is 6, more than output_tokens, which is 5",
    ),
    ("many", "usage is str, expected an object"),
    ([], "usage is list, expected an object"),
)  # fmt: skip


@pytest.mark.parametrize(("api", "fault"), FAULTS)
def test_what_cannot_be_true_is_a_fault(api: Any, fault: str) -> None:
    usage = Usage.from_api(api)
    assert usage.faults == (fault,)
    assert min(usage.total_input_tokens, usage.output_tokens, usage.ephemeral_5m_input_tokens) >= 0


@pytest.mark.parametrize(
    "extra",
    [
        {"server_tool_use": {"web_search_requests": 3}},
        {"server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0}},
    ],
)
def test_after_server_tools_a_split_of_one_request_is_no_contradiction(extra: dict[str, Any]) -> None:
    # As recorded: the split is that of one request, the rest are writes of the automatic breakpoint.
    usage = Usage.from_api({"cache_creation_input_tokens": 12_174, "cache_creation": split(291, 0), **extra})
    assert (usage.ephemeral_5m_input_tokens, usage.faults) == (12_174, ())


# --- sums --------------------------------------------------------------------------------------------------


def test_a_sum_holds_all_that_its_parts_hold() -> None:
    first = usage_of(iteration("compaction", output=2), iteration("message", output=1), output_tokens=1)
    second = read({"server_tool_use": {"web_search_requests": 2, "new_requests": 1}, "input_tokens": -1})

    both = first + first + second + second

    assert both.iterations == (Iteration(type="compaction", output_tokens=4),)
    assert both.counters == (("server_tool_use.web_search_requests", 4),)
    assert (both.unknown, len(both.faults)) == (("server_tool_use.new_requests",), 1)


def test_a_sum_of_different_rates_has_no_price() -> None:
    fast, slow = read({"output_tokens": 1, "speed": "fast"}), Usage(output_tokens=1)
    assert (fast + fast).unknown == ()
    assert (fast + slow).unknown == (slow + fast).unknown == ("calls with different rates",)
    assert sum([fast, fast], Usage()) == fast + fast


# --- rows --------------------------------------------------------------------------------------------------


def test_every_row_has_a_source() -> None:
    assert all(row.source for row in (*KEYS, *RATES))
    assert {row.key for row in RATES} == {row.path for row in KEYS if row.kind == "modifier"}


def test_models_in_the_rates_are_known_and_all_newer_ones_have_us_inference() -> None:
    names = {model.id for model in known_models()}
    assert all(row.models <= names for row in RATES if row.models is not None)
    (us,) = (row.models for row in RATES if row.value == "us")
    assert us == {model.id for model in known_models() if model.generation.name in ("4.6", "4.7", "4.8", "5")}

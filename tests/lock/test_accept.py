"""The record that is kept of a request, and the request that is restored from it."""

import json
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.lock.accept import keep_texts, lock_call, prefix_key, restore_request
from harness.lock.entries import Lock, LockedBlock, LockedCall, LockEntry
from harness.lock.figures import expect_usage, price_of_1000, write_price, written_breakpoints
from harness.lock.format2 import format_lock
from harness.lock.lockfile import parse_lock
from harness.mutation.mutations import MUTATIONS, Mutation
from harness.numbers import parse_json
from harness.prompt import read
from harness.prompt.blocks import Request
from harness.prompt.tokens import TextCounter
from harness.prompt.wire import to_body
from harness.promptcache.explain import explain
from harness.promptcache.refusals.check import check_request
from harness.promptcache.simulator import Simulator
from harness.provider.usage import Usage
from harness.testing.strategies import requests
from tests.lock.examples import rich_request
from tests.lock.keeping import Texts, accept, make_case, quarter

Body = dict[str, Any]

FIVE = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
LONG = "word " * 6_000

# Whether thinking of earlier turns is kept depends on the model.
KEEPS_THINKING, STRIPS_THINKING = "claude-sonnet-5-5", "claude-haiku-4-5"


def text(words: str, **more: Any) -> Body:
    return {"type": "text", "text": words, **more}


def user(*content: Body) -> Body:
    return {"role": "user", "content": list(content)}


def assistant(*content: Body) -> Body:
    return {"role": "assistant", "content": list(content)}


def tool(name: str, **more: Any) -> Body:
    return {"name": name, "description": "Looks it up.", "input_schema": {"type": "object"}, **more}


def result(*content: Body, **more: Any) -> Body:
    return {"type": "tool_result", "tool_use_id": "toolu_1", "content": list(content)} | more


def request(*messages: Body, **more: Any) -> Body:
    body = {"model": KEEPS_THINKING, "max_tokens": 4096, "system": [text(LONG, cache_control=FIVE)]}
    return {**body, "messages": list(messages), **more}


def keep(body: Request) -> tuple[LockedCall, Texts]:
    """The record of a request after it was written and read, and the texts."""
    call = lock_call(read(body, quarter))
    texts = Texts()
    keep_texts(read(body), call, texts.keep)
    entry = LockEntry(suite="support", version="v1", case="refund", calls=(call,))
    assert LockEntry.from_json(json.loads(json.dumps(entry.to_json()))) == entry
    lock = parse_lock(format_lock(Lock(entries={entry.key: entry})), "prompts.lock")
    return lock.entries[entry.key].calls[0], texts


ASK = text("Where is it?")
LATE = text("And then?", cache_control=FIVE)
USE = {"type": "tool_use", "id": "toolu_1", "name": "order", "input": {"b": 1, "a": 2}}
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
IMAGE = {
    "type": "image",
    "source": {
        "type": "base64",
        "media_type": "image/png",
        "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    },
}
DOCUMENT = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "Parcels arrive."},
    "citations": {"enabled": True},
}
THINKS: Body = {"tools": [tool("order")], "thinking": {"type": "enabled", "budget_tokens": 1024}}
AUTOMATIC: Body = {"cache_control": FIVE, "system": [text(LONG)]}
SCHEMA = {"type": "json_schema", "schema": {"b": 1, "a": 2}}

SHAPES: dict[str, Body] = {
    "plain strings": request({"role": "user", "content": "Hi"}, system=LONG, cache_control=FIVE),
    "strings among the blocks": request({"role": "user", "content": ["Hi", LATE]}),
    "system with what changes behind it": request(
        user(ASK), system=[text(LONG, cache_control=FIVE), text("Today is Monday.")]
    ),
    "block with more than a text": request(user(text("Hi", citations=None, cache_control=FIVE))),
    "answer with citations": request(
        user(ASK), assistant(text("So.", citations=[{"type": "char_location", "cited_text": "so"}])), user(LATE)
    ),
    "empty message": request({"role": "user", "content": []}, user(LATE)),
    "instructions between the messages": request(
        user(ASK), {"role": "system", "content": [LATE]}, assistant(ASK), user(ASK)
    ),
    "image behind": request(user(IMAGE, ASK)),
    "image behind in the same message": request(user(LATE, IMAGE)),
    "image behind in a tool's result": request(user(LATE), assistant(USE), user(result(IMAGE)), tools=[tool("order")]),
    "image in the prefix": request(user(IMAGE, LATE), assistant(ASK), user(IMAGE)),
    "citations behind": request(user(DOCUMENT, ASK)),
    "citations behind in the same message": request(user(LATE, DOCUMENT)),
    "citations in the prefix, image behind": request(user(DOCUMENT, LATE), assistant(ASK), user(IMAGE)),
    "automatic": request(user(ASK), assistant(ASK), user(ASK), **AUTOMATIC),
    "automatic on an image": request(user(ASK, IMAGE), **AUTOMATIC),
    "automatic after one for an hour": request(
        user(ASK), system=[text(LONG, cache_control=HOUR)], cache_control=FIVE, tools=[tool("order")]
    ),
    "automatic for an hour": request(user(ASK), system=[text(LONG, cache_control=HOUR)], cache_control=HOUR),
    "automatic on a marked block": request(user(LATE), **AUTOMATIC),
    "automatic in front of thinking": request(user(ASK), assistant(ASK, THINKING), **AUTOMATIC, **THINKS),
    "marker inside a tool's result": request(
        user(ASK), assistant(USE), user(result(text("Here.", cache_control=FIVE))), tools=[tool("order")]
    ),
    "marker for an hour inside a tool's result": request(
        user(ASK),
        assistant(USE),
        user(result(text("Here.", cache_control=HOUR))),
        assistant(ASK),
        user(LATE),
        tools=[tool("order")],
        system=[text(LONG)],
    ),
    "marker inside a document": request(user({**DOCUMENT, "content": [text("So.", cache_control=FIVE)]}, ASK)),
    "thinking of this turn": request(user(ASK), assistant(THINKING, USE), user(result(cache_control=FIVE)), **THINKS),
    "thinking of this turn, and results behind": request(
        user(ASK), assistant(THINKING, {**USE, "cache_control": FIVE}), user(result(ASK)), **THINKS
    ),
    "thinking of this turn, and results behind in the same message": request(
        user(ASK),
        assistant(THINKING, USE, {**USE, "id": "toolu_2"}),
        user(result(ASK, cache_control=FIVE), result(ASK, tool_use_id="toolu_2")),
        **THINKS,
    ),
    "thinking of this turn, automatic": request(
        user(ASK), assistant(THINKING, USE), user(result(ASK)), **THINKS, **AUTOMATIC
    ),
    "thinking of an earlier turn": request(user(ASK), assistant(THINKING, ASK), user(LATE), **THINKS),
    "thinking of an earlier turn, marked before this one": request(
        user(ASK), assistant(THINKING, LATE), user(ASK), **THINKS
    ),
    "thinking alone in its message": request(
        user(ASK), assistant(THINKING), user(ASK), assistant(THINKING, ASK), user(LATE), **THINKS
    ),
    "thinking of both": request(
        user(ASK),
        assistant(THINKING, ASK),
        user(ASK),
        assistant(THINKING, USE),
        user(result(cache_control=FIVE)),
        **THINKS,
    ),
    "thinking while it is off": request(user(ASK), assistant(THINKING, LATE), user(ASK)),
    "call of a server tool behind in the same message": request(
        user(ASK), assistant(LATE, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}})
    ),
    "TTLs of both kinds": request(
        user(LATE), tools=[tool("order", cache_control=HOUR)], system=[text(LONG, cache_control=HOUR)]
    ),
    "tools alone": request(
        user(ASK),
        tools=[tool("order", description=LONG), tool("parcel", cache_control=FIVE), tool("refund")],
        system=LONG,
    ),
    "deferred tool": request(user(ASK), tools=[tool("order", defer_loading=True), tool("parcel", cache_control=FIVE)]),
    "search of the web": request(user(ASK), tools=[{"type": "web_search_20250305", "name": "web_search"}]),
    "deferred search of the web": request(
        user(ASK), tools=[tool("order"), {"type": "web_search_20250305", "name": "web_search", "defer_loading": True}]
    ),
    "structured output": request(
        user(LATE), output_config={"format": SCHEMA, "effort": "low", "task_budget": {"type": "tokens", "total": 2**20}}
    ),
    "structured output at its old place": request(user(LATE), output_format=SCHEMA),
    "one tool at a time": request(
        user(LATE), tools=[tool("order")], tool_choice={"type": "auto", "disable_parallel_tool_use": True}
    ),
    "speed": request(user(LATE), speed="fast"),
    "nothing marked": request(user(ASK), system=[text(LONG)]),
}  # fmt: skip


@pytest.mark.parametrize("model", [KEEPS_THINKING, STRIPS_THINKING, "us.anthropic.claude-opus-4-7"])
@pytest.mark.parametrize("shape", SHAPES)
def test_restored_request_has_the_accepted_prefix(shape: str, model: str) -> None:
    body = {**SHAPES[shape], "model": model}
    call, texts = keep(body)

    restored = restore_request(call, texts.get, quarter)

    assert restored is not None
    assert prefix_key(restored) == call.prefix == prefix_key(read(body))
    # A request that the API would reject has no entry that could be lost.
    assert check_request(restored) is None
    now = read(body, quarter)
    # Not every model accepts instructions between the messages.
    assert check_request(now) or explain(restored, now).tokens_lost == 0


@given(requests())
def test_restored_request_has_the_prefix_of_any_request(body: Body) -> None:
    call, texts = keep(body)

    restored = restore_request(call, texts.get, quarter)

    assert restored is not None
    assert prefix_key(restored) == call.prefix == prefix_key(read(body))


@given(requests(), st.sampled_from(MUTATIONS))
def test_change_is_explained_from_the_lock_file_as_from_the_request(body: Body, mutation: Mutation) -> None:
    changed = mutation.apply(body)
    if changed is None:
        return
    expected = explain(read(body, quarter), read(changed, quarter))

    found = accept(make_case(body)).compare(make_case(changed))

    if expected.is_bust and expected.tokens_lost:
        (finding,) = found
        assert finding.place is not None
        assert (finding.rule, finding.cause, finding.tokens) == ("bust", expected.cause, expected.tokens_lost)
        assert (finding.place.path, finding.place.offset) == (expected.path, expected.offset)


@pytest.mark.parametrize("repeats", [100, 150])
def test_text_that_is_sent_again_after_the_last_breakpoint_does_not_count_as_moved(repeats: int) -> None:
    again = "Weigh the evidence of each skill before the title of the post. " * repeats
    body = request(user(text(again, cache_control=FIVE), text(again)))
    del body["system"]
    changed = next(mutation for mutation in MUTATIONS if mutation.name == "timestamp").apply(body)
    assert changed is not None

    (finding,) = accept(make_case(body)).compare(make_case(changed))

    assert finding.cause == "timestamp"


@pytest.mark.parametrize("number", range(7))
def test_without_one_of_its_texts_nothing_is_restored(number: int) -> None:
    call, texts = keep(rich_request())
    del texts[call.blocks[number].digest]

    assert restore_request(call, texts.get, quarter) is None


def test_texts_that_are_not_those_restore_nothing() -> None:
    call, texts = keep(request(user(ASK)))

    assert restore_request(call, {digest: f"{kept}!" for digest, kept in texts.items()}.get, quarter) is None


def test_accepting_changes_nothing_in_a_request() -> None:
    body = rich_request()
    before = deepcopy(body)

    call, texts = keep(body)
    restore_request(call, texts.get, quarter)

    assert body == before


# --- kept texts ------------------------------------------------------------------------------------------


def test_blocks_up_to_the_last_breakpoint_are_kept_and_what_is_behind_it_is_not() -> None:
    call, texts = keep(
        request(user(text("My name is Ana.", cache_control=FIVE)), assistant(ASK), user(text("Secret.")))
    )

    assert [block.path for block in call.blocks] == ["system[0]", "messages[0].content[0]"]
    assert sorted(texts.values(), key=len) == ["My name is Ana.", LONG]


def test_request_without_a_breakpoint_keeps_no_block() -> None:
    call, texts = keep(SHAPES["nothing marked"])

    assert (call.breakpoints, call.blocks, texts) == ((), (), {})
    assert len({*expect_usage(call)}) == 1


def test_parameters_that_are_rendered_are_kept_and_no_others() -> None:
    body = request(
        user(ASK), temperature=0.5, stream=True, metadata={"user_id": "ana"}, tool_choice={"type": "any"}, speed="fast"
    )

    assert keep(body)[0].parameters == {"tool_choice": {"type": "any"}, "speed": "fast"}


@pytest.mark.parametrize(
    ("shape", "behind"),
    [
        ("plain strings", {"goes_on": "nowhere"}),
        ("image behind", {"images": True}),
        ("image behind in the same message", {"images": True, "goes_on": "in_message"}),
        ("citations behind", {"citations": True}),
        ("deferred search of the web", {"web": ["web_search"]}),
        ("tools alone", {"tools": ["refund"]}),
        ("system with what changes behind it", {"goes_on": "in_system"}),
        ("thinking of an earlier turn, marked before this one", None),
    ],
)
def test_of_what_is_behind_the_prefix_only_what_matters_is_kept(shape: str, behind: Body | None) -> None:
    assert keep(SHAPES[shape])[0].parameters.get("behind_prefix") == behind


def test_results_that_go_on_behind_the_prefix_keep_its_tokens() -> None:
    uses = [{"type": "tool_use", "id": name, "name": "find", "input": {"query": "Hello."}} for name in ("t1", "t2")]
    results = [{"type": "tool_result", "tool_use_id": name, "content": "Hello."} for name in ("t1", "t2")]
    results[0]["cache_control"] = FIVE
    answers = [{"role": "assistant", "content": [text("Hello.")]}, {"role": "user", "content": [text("Hello.")]}]
    find = {"name": "find", "description": "Hello.", "input_schema": {"type": "object"}}
    turn = {"role": "assistant", "content": uses}
    body = {**request(user(text("Hello.")), turn, user(*results), *answers), "model": "claude-3-haiku", "tools": [find]}
    call, texts = keep(body)

    restored = restore_request(call, texts.get, quarter)

    assert call.parameters["behind_prefix"] == {"goes_on": "in_results"}
    assert restored is not None
    assert [point.tokens for point in lock_call(restored).breakpoints] == [point.tokens for point in call.breakpoints]


def test_text_that_varies_behind_the_prefix_does_not_change_what_is_kept() -> None:
    bodies = [request(user(text(words))) for words in ("Where is my parcel?", "How do I get a refund of all of it?")]

    one, two = (lock_call(read(body, quarter)) for body in bodies)

    assert (one.prefix, one.breakpoints, one.blocks, one.parameters) == (
        two.prefix,
        two.breakpoints,
        two.blocks,
        two.parameters,
    )


def test_key_without_counting_is_the_prefix_that_is_kept() -> None:
    assert prefix_key(read(rich_request())) == keep(rich_request())[0].prefix


# --- figures ---------------------------------------------------------------------------------------------


def test_figures_of_the_first_call_and_the_second(count_text: TextCounter) -> None:
    body = rich_request()
    call = lock_call(read(body, count_text))

    assert expect_usage(call) == (
        Usage(input_tokens=2, ephemeral_5m_input_tokens=3009),
        Usage(input_tokens=2, cache_read_input_tokens=3009),
    )
    assert [(point.path, point.tokens) for point in call.breakpoints] == [
        ("system[0]", 2758),
        ("messages[2].content[0]", 3009),
    ]
    assert sum(block.tokens for block in call.blocks) == 3009
    assert call.blocks[2] == LockedBlock("system[0]", "-", "text", 2400, call.blocks[2].digest)


def test_price_is_that_of_one_write_and_999_reads() -> None:
    call, _ = keep(rich_request())
    # claude-sonnet-5-5, dollars per million tokens: input, write for five minutes, read.
    uncached, write, read = Decimal(2), Decimal("2.5"), Decimal("0.1")
    first, second = expect_usage(call)
    once = first.input_tokens * uncached + first.ephemeral_5m_input_tokens * write
    again = second.input_tokens * uncached + second.cache_read_input_tokens * read

    assert price_of_1000(call) == f"{(once + 999 * again) / 1_000_000:.4f}"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("model", [KEEPS_THINKING, STRIPS_THINKING])
def test_usage_that_follows_is_that_of_the_simulator(shape: str, model: str) -> None:
    record = read({**SHAPES[shape], "model": model}, quarter).record
    simulator = Simulator()

    found = expect_usage(keep({**SHAPES[shape], "model": model})[0])

    assert found == tuple(simulator.send(record, at=at).usage for at in (0.0, 1.0))


@given(requests())
def test_usage_that_follows_is_that_of_the_simulator_for_any_request(body: Body) -> None:
    simulator = Simulator()

    found = expect_usage(keep(body)[0])

    assert found == tuple(simulator.send(read(body, quarter).record, at=at).usage for at in (0.0, 1.0))


def test_price_of_an_unknown_model_is_not_known() -> None:
    call = replace(keep(rich_request())[0], model="claude-of-tomorrow")

    assert price_of_1000(call) is None
    assert write_price(call) is None


@pytest.mark.parametrize(
    ("system", "messages", "dollars_a_million"),
    [
        pytest.param(FIVE, FIVE, "2.5", id="five minutes"),
        pytest.param(HOUR, HOUR, "4", id="an hour"),
    ],
)
def test_price_of_writing_once(system: Body, messages: Body, dollars_a_million: str) -> None:
    call, _ = keep(request(user(text("Hi", cache_control=messages)), system=[text(LONG, cache_control=system)]))

    assert write_price(call) == call.breakpoints[-1].tokens * Decimal(dollars_a_million) / 1_000_000


def test_price_of_writing_both_kinds_is_that_of_each_part() -> None:
    call, _ = keep(request(user(text(LONG, cache_control=FIVE)), system=[text(LONG, cache_control=HOUR)]))
    hour, all_ = (point.tokens for point in call.breakpoints)

    assert write_price(call) == (hour * Decimal(4) + (all_ - hour) * Decimal("2.5")) / 1_000_000


def test_prefix_below_the_minimum_is_not_written_and_costs_nothing() -> None:
    call, _ = keep(request(user(ASK), system=[text("Be brief.", cache_control=FIVE)]))

    assert len(call.breakpoints) == 1
    assert written_breakpoints(call) == ()
    assert write_price(call) == 0


SENT = ("1e400", "-0", "1.10", "340282366920938463463374607431768211456", "1E5", "1.0", "1e-07")


@pytest.mark.parametrize("number", SENT)
def test_numbers_are_accepted_as_they_were_sent(number: str) -> None:
    shown = parse_json(f'{{"name": "order", "input_schema": {{"maximum": {number}}}}}')
    answer = parse_json(f'{{"format": {{"type": "json_schema", "schema": {{"minimum": {number}}}}}}}')
    body = request(user(LATE), tools=[shown], output_config=answer)
    call, texts = keep(body)

    restored = restore_request(call, texts.get, quarter)

    assert restored is not None
    assert prefix_key(restored) == call.prefix == prefix_key(read(body))
    assert to_body({"tools": restored.request["tools"]}).decode() == (
        f'{{"tools":[{{"name":"order","input_schema":{{"maximum":{number}}}}}]}}'
    )

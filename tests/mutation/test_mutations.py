"""The mutations: each makes the change that it names, and leaves the original alone."""

import json
from copy import deepcopy
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.mutation.mutations import BY_NAME, MUTATIONS, Mutation
from harness.numbers import parse_json
from harness.prompt import read
from harness.prompt.tokens import TextCounter
from harness.prompt.wire import to_body
from harness.promptcache.causes import Cause
from harness.promptcache.explain import explain
from harness.testing.strategies import requests
from tests.lock.examples import rich_request

Body = dict[str, Any]


def test_there_are_sixteen_each_with_a_name_and_a_cause_of_its_own() -> None:
    assert len(MUTATIONS) == len(BY_NAME) == len({mutation.cause for mutation in MUTATIONS}) == 16
    assert {mutation.cause for mutation in MUTATIONS} <= set(get_args(Cause))
    assert all(mutation.what and mutation.assertion for mutation in MUTATIONS)


@pytest.mark.parametrize("name", BY_NAME)
def test_mutation_changes_what_is_sent_and_leaves_the_original(name: str) -> None:
    body = rich_request()

    changed = BY_NAME[name].apply(body)

    assert changed is not None
    assert to_body(changed) != to_body(body)
    assert to_body(body) == to_body(rich_request())


@pytest.mark.parametrize("name", BY_NAME)
def test_explanation_names_the_cause_of_the_mutation(name: str, count_text: TextCounter) -> None:
    changed = BY_NAME[name].apply(rich_request())
    assert changed is not None

    result = explain(read(rich_request(), count_text), read(changed, count_text))

    assert result.is_bust
    assert result.cause == BY_NAME[name].cause


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - {"timestamp"}))
def test_mutation_is_the_same_in_every_call(name: str) -> None:
    assert BY_NAME[name].apply(rich_request(), 0) == BY_NAME[name].apply(rich_request(), 1)


def test_timestamp_is_another_in_every_call() -> None:
    texts = [
        changed["system"][0]["text"][:25]
        for n in range(2)
        if (changed := BY_NAME["timestamp"].apply(rich_request(), n))
    ]

    assert texts == ["Now: 2026-01-02T03:04:05Z", "Now: 2026-01-02T03:04:06Z"]


@given(requests(), st.sampled_from(MUTATIONS))
def test_mutation_of_any_request_is_another_request_or_none_at_all(body: Body, mutation: Mutation) -> None:
    before = to_body(body)

    changed = mutation.apply(body)

    assert to_body(body) == before
    assert changed is None or to_body(changed) != before
    assert changed is None or json.loads(to_body(changed)) == changed


# --- requests without anything to change -----------------------------------------------------------------


def plain() -> Body:
    return {"model": "claude-sonnet-5-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}


def test_of_a_request_without_a_marker_only_the_model_can_be_changed() -> None:
    assert [mutation.name for mutation in MUTATIONS if mutation.apply(plain()) is not None] == ["model"]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        pytest.param("nfd", ("system",), id="no accents"),
        pytest.param("key-order", ("tools",), id="no tools to reorder keys in"),
        pytest.param("tool-reorder", ("tools",), id="no tools to reorder"),
        pytest.param("tool-choice", ("tools",), id="no tools to choose from"),
    ],
)
def test_mutation_does_not_apply_to_a_request_without_what_it_changes(name: str, keys: tuple[str, ...]) -> None:
    body = {key: value for key, value in rich_request().items() if key not in keys}

    assert BY_NAME[name].apply(body) is None


@pytest.mark.parametrize("name", ["tool-choice", "thinking", "effort", "image", "history-edit"])
def test_mutation_in_front_of_the_messages_needs_a_breakpoint_in_them(name: str) -> None:
    body = rich_request()
    del body["messages"][2]["content"][0]["cache_control"]

    assert BY_NAME[name].apply(body) is None


@pytest.mark.parametrize("name", BY_NAME)
def test_mutation_applies_as_well_to_strings_and_an_automatic_breakpoint(name: str, count_text: TextCounter) -> None:
    body = rich_request()
    body["system"] = body["system"][0]["text"]
    body["messages"][2]["content"] = "The last one."
    body["cache_control"] = {"type": "ephemeral"}
    before = deepcopy(body)

    changed = BY_NAME[name].apply(body)

    assert body == before
    if changed is not None:
        assert explain(read(body, count_text), read(changed, count_text)).cause == BY_NAME[name].cause


@pytest.mark.parametrize(
    ("model", "thinking", "choice"),
    [
        ("claude-sonnet-5-5", ("between_tools", "adaptive"), ("none", "auto")),
        ("claude-opus-5", ("disabled", "adaptive"), ("any", "auto")),
        ("claude-haiku-5-5", ("disabled", "adaptive"), ("any", "auto")),
        ("claude-opus-4-8", ("adaptive", "disabled"), ("any", "auto")),
        ("claude-sonnet-4-6", ("enabled", "disabled"), ("any", "auto")),
        ("claude-haiku-4-5", ("enabled", "disabled"), ("any", "auto")),
        ("claude-of-tomorrow", ("enabled", "disabled"), ("any", "auto")),
    ],
)
def test_what_is_on_is_switched_off_and_back_as_the_model_accepts_it(
    model: str, thinking: tuple[str, str], choice: tuple[str, str]
) -> None:
    for name, key, expected in (("thinking", "thinking", thinking), ("tool-choice", "tool_choice", choice)):
        once = BY_NAME[name].apply({**rich_request(), "model": model})
        assert once is not None
        twice = BY_NAME[name].apply(once)
        assert twice is not None
        assert (once[key]["type"], twice[key]["type"]) == expected


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-fable-5", "claude-fable-5-2", "claude-mythos-5-1"])
def test_thinking_that_is_always_on_is_not_switched_off(model: str) -> None:
    body = {**rich_request(), "model": model}

    assert BY_NAME["thinking"].apply(body) is None
    assert BY_NAME["thinking"].apply({**body, "thinking": {"type": "adaptive"}}) is None


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-sonnet-4-5"])
def test_a_model_without_effort_keeps_none(model: str) -> None:
    assert BY_NAME["effort"].apply({**rich_request(), "model": model}) is None


@pytest.mark.parametrize(
    ("thinking", "model"),
    [
        ({"type": "enabled", "budget_tokens": 1024}, "claude-sonnet-4-6"),
        ({"type": "adaptive"}, "claude-opus-5-5"),
        ({"type": "between_tools"}, "claude-sonnet-5-5"),
        ({"type": "disabled"}, "claude-sonnet-5"),
        (None, "claude-opus-5-5"),
    ],
)
def test_the_other_model_is_one_that_accepts_the_request(thinking: Body | None, model: str) -> None:
    body = {**rich_request(), "model": "claude-opus-4-6" if thinking else "claude-haiku-4-5", "thinking": thinking}
    if thinking == {"type": "between_tools"}:
        body["model"] = "claude-of-tomorrow"

    changed = BY_NAME["model"].apply(body)

    assert changed is not None
    assert changed["model"] == model


def test_second_application_changes_the_request_again() -> None:
    for name in ("model", "effort", "ttl", "citations", "tool-reorder", "key-order"):
        once = BY_NAME[name].apply(rich_request())
        assert once is not None
        assert BY_NAME[name].apply(once) is not None


@pytest.mark.parametrize("number", ["1e400", "-0", "1.10", "340282366920938463463374607431768211456", "1E5", "1e-07"])
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_mutation_leaves_numbers_as_they_were_sent(mutation: Mutation, number: str) -> None:
    text = json.dumps({**rich_request(), "metadata": {"a": "NUMBER"}}).replace('"NUMBER"', number)

    changed = mutation.apply(parse_json(text))

    assert changed is not None
    assert f'"metadata":{{"a":{number}}}'.encode() in to_body(changed)

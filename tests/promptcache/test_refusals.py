"""What each model refuses: every row of refusals.toml in the API's words, and what must not be refused."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from harness.cli import main
from harness.emulator.core import Emulator
from harness.prompt import read
from harness.promptcache.explain import explain
from harness.promptcache.refusals.by_model import model_faults, model_notes
from harness.promptcache.refusals.check import check_request
from harness.promptcache.refusals.facts import DERIVED
from harness.provider.models import known_models
from harness.provider.refusals import Limit, Refusal, all_limits, all_refusals
from tests.promptcache.refusal_examples import (
    BUDGET,
    CLOSED,
    EXAMPLES,
    FORCED,
    NODE,
    PREFILL,
    SERVER_TOOL,
    TOOL,
    USER,
    Body,
    body,
    closed,
    formatted,
    letters,
    many,
    strict,
    user,
)
from tests.recordings import counter, recordings

ROWS: dict[str, Refusal | Limit] = {row.name: row for row in (*all_refusals(), *all_limits())}
IDS = [model.id for model in known_models()]
SOME = (
    "claude-fable-5-2",
    "claude-opus-4-8",
    "claude-sonnet-4-6",
    "claude-haiku-4-5-20251001",
    "claude-3-haiku-20240307",
)


def one_a_letter(text: str, tokenizer: str) -> int:
    """A tokenizer that needs no vocabulary."""
    return len(text)


def refusal(request: Mapping[str, Any]) -> str | None:
    error = check_request(read(request, one_a_letter), needs_max_tokens=True)
    return error.message if error else None


# --- the table ---------------------------------------------------------------------------------------------


def test_every_row_has_an_example() -> None:
    assert set(EXAMPLES) == set(ROWS)
    assert len(ROWS) == len(all_refusals()) + len(all_limits())


@pytest.mark.parametrize("name", ROWS)
def test_a_row_names_models_that_are_known_its_source_and_a_day(name: str) -> None:
    row = ROWS[name]
    assert row.models <= set(IDS)
    assert any(mark in row.source for mark in (".com/", "recorded call", "#", "quoted"))
    assert date(2026, 11, 23) <= row.checked <= date(2027, 12, 31)


@pytest.mark.parametrize("row", all_refusals(), ids=lambda row: row.name)
def test_a_row_asks_only_for_facts_that_can_be_found(row: Refusal) -> None:
    assert {condition.at for condition in row.when if condition.at.startswith("@")} <= set(DERIVED)


def test_every_fact_is_asked_for() -> None:
    asked = {condition.at for row in all_refusals() for condition in row.when}
    assert set(DERIVED) == {at for at in asked if at.startswith("@")}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_refusal_has_the_words_and_the_place_of_the_api(name: str) -> None:
    example = EXAMPLES[name]

    error = check_request(read(body(example.model, **example.refused), one_a_letter), needs_max_tokens=True)

    assert error is not None
    assert (error.status, error.type, error.cause) == (400, "invalid_request_error", "other")
    assert (error.message, error.path) == (example.message, example.path)


@pytest.mark.parametrize(
    ("name", "model"), [(name, model) for name, row in ROWS.items() for model in sorted(row.models) or SOME]
)
def test_every_model_of_a_row_refuses_the_one_and_accepts_the_other(name: str, model: str) -> None:
    example = EXAMPLES[name]
    expected = example.message.replace(read(body(example.model)).model.id, model)

    found = [fault.message for fault in model_faults(read(body(model, **example.refused), one_a_letter))]

    if name in (
        "window of 1M",
        "window of 200k",
        "window of sonnet-4 and sonnet-4-5",
        "input and output in the window",
    ):
        # The tokens around the text differ by generation.
        assert any(message.partition(":")[0] == expected.partition(":")[0] for message in found)
    else:
        assert expected in found
    assert [fault.message for fault in model_faults(read(body(model, **example.accepted), one_a_letter))] == []


# --- what no row names --------------------------------------------------------------------------------------

SILENT = (
    # A combination of which no source says what the model answers, or says that it is accepted.
    ("claude-mythos-preview", {"output_config": {"effort": "xhigh"}}),
    ("claude-opus-4-1", {"output_config": {"effort": "high"}}),
    ("claude-opus-4-1", {"temperature": 0.5, "top_p": 0.9}),
    ("claude-sonnet-4-0", {"temperature": 0.5, "top_p": 0.9}),
    ("claude-opus-4-8", {"output_config": {"effort": "xhigh"}, "thinking": {"type": "disabled"}}),
    ("claude-sonnet-5", {"output_config": {"effort": "xhigh"}, "thinking": {"type": "disabled"}}),
    ("claude-opus-4-6", {"speed": "fast"}),
    ("claude-opus-5-5", {"speed": "fast"}),
    ("claude-fable-5-2", {"speed": "fast"}),
    ("claude-haiku-4-5", {"speed": "standard"}),
    ("claude-3-5-sonnet-20241022", {"max_tokens": 8_192}),
    ("claude-3-7-sonnet-20250219", {"max_tokens": 100_000}),
    ("claude-sonnet-4-6", {"inference_geo": "us"}),
    ("claude-haiku-5-5", {"inference_geo": "global"}),
    ("claude-opus-4-8", {"top_p": 1}),
    ("claude-haiku-5-5", FORCED),
    ("claude-fable-5", FORCED),
    ("claude-opus-4-7", {**FORCED, "thinking": {"type": "adaptive"}}),
    ("claude-opus-5", {"service_tier": "standard_only"}),
    ("claude-opus-5", {"cache_control": {"type": "ephemeral", "ttl": "1h"}}),
    ("claude-3-opus-20240229", {"thinking": {"type": "adaptive"}}),
    ("claude-sonnet-5-5", {"thinking": {"type": "adaptive", "display": "summarized"}}),
)


@pytest.mark.parametrize(("model", "parameters"), SILENT)
def test_what_no_source_says_is_not_refused(model: str, parameters: Body) -> None:
    assert refusal(body(model, **parameters)) is None


FILES = (
    {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
    {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
    {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "image", "source": {"type": "file"}}]},
    {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "document", "source": {"type": "file"}}]},
    {"type": "container_upload", "file_id": "file_1"},
)


@pytest.mark.parametrize("block", FILES, ids=lambda block: block["type"])
def test_sources_of_type_file_need_no_beta_any_more(block: Body) -> None:
    assert list(model_faults(read(body(messages=[user(block)])))) == []


# --- forced tools ------------------------------------------------------------------------------------------

CHOICES = (
    ("any client tool", {"tools": [TOOL], "tool_choice": {"type": "any"}}, True),
    ("a client tool by name", {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "look_up"}}, True),
    ("any of both kinds", {"tools": [SERVER_TOOL, TOOL], "tool_choice": {"type": "any"}}, True),
    ("a tool that is not there", {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "other"}}, True),
    ("without tools", {"tool_choice": {"type": "any"}}, True),
    ("a custom tool", {"tools": [{**TOOL, "type": "custom"}], "tool_choice": {"type": "any"}}, True),
    (
        "a server tool by name",
        {"tools": [SERVER_TOOL, TOOL], "tool_choice": {"type": "tool", "name": "web_search"}},
        False,
    ),
    ("any server tool", {"tools": [SERVER_TOOL], "tool_choice": {"type": "any"}}, False),
    ("auto", {"tools": [TOOL], "tool_choice": {"type": "auto"}}, False),
    ("none", {"tools": [TOOL], "tool_choice": {"type": "none"}}, False),
    ("one at a time", {"tools": [TOOL], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}, False),
    ("left out", {"tools": [TOOL]}, False),
)


@pytest.mark.parametrize(("parameters", "is_refused"), [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES])
@pytest.mark.parametrize("model", ["claude-sonnet-5-5", "claude-fable-5-1"])
def test_only_a_forced_client_tool_is_refused(parameters: Body, is_refused: bool, model: str) -> None:
    assert (refusal(body(model, **parameters)) is not None) == is_refused


# --- ends of conversations ---------------------------------------------------------------------------------

THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
ENDS: tuple[tuple[str, Any, bool], ...] = (
    ("a string", "{", True),
    ("a text", [{"type": "text", "text": "{"}], True),
    ("two texts", [{"type": "text", "text": "So"}, {"type": "text", "text": "{"}], True),
    ("thinking and a text", [THOUGHT, {"type": "text", "text": "{"}], True),
    ("thinking", [THOUGHT], True),
    ("an interrupted search", [{"type": "text", "text": "I look."}, SEARCH], False),
    ("a search with its result", [SEARCH, FOUND], False),
    ("text after a search", [SEARCH, FOUND, {"type": "text", "text": "I found"}], False),
    (
        "an MCP call",
        [{"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "a", "server_name": "b", "input": {}}],
        False,
    ),
    ("a compaction", [{"type": "compaction", "content": "So far."}], False),
    ("nothing", [], False),
)


@pytest.mark.parametrize(("content", "is_refused"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
@pytest.mark.parametrize("model", ["claude-opus-4-6", "claude-haiku-5-5", "claude-mythos-preview"])
def test_only_a_message_that_the_model_is_to_continue_is_a_prefill(content: Any, is_refused: bool, model: str) -> None:
    request = body(model, messages=[USER, {"role": "assistant", "content": content}])
    assert (EXAMPLES["prefill"].message in [fault.message for fault in model_faults(read(request))]) == is_refused


@pytest.mark.parametrize(
    "model", ["claude-haiku-4-5", "claude-opus-4-5", "claude-sonnet-4-0", "claude-3-opus-20240229"]
)
def test_older_models_take_a_prefill(model: str) -> None:
    assert refusal(body(model, messages=[USER, PREFILL])) is None


# --- strict schemas ----------------------------------------------------------------------------------------

OPEN = "{}: For 'object' type, 'additionalProperties' must be explicitly set to false"
CIRCLE = (
    "{}: Invalid schema: Circular reference detected in schema definitions: {}. Self-referencing or "
    "mutually-referencing "
    "definitions are not supported."
)
PAIR = {
    "$defs": {"A": closed({"b": {"$ref": "#/$defs/B"}}), "B": closed({"a": {"$ref": "#/$defs/A"}})},
    **closed({"a": {"$ref": "#/$defs/A"}}),
}
LEAF = {"$defs": {"Leaf": closed({"name": {"type": "string"}})}, **closed({"leaf": {"$ref": "#/$defs/Leaf"}})}
UNUSED = {"$defs": NODE["$defs"], **closed({"name": {"type": "string"}})}


def optional(number: int) -> Body:
    return closed(many(number, {"type": "string"}), required=False)


UNIONS = closed(many(8, {"anyOf": [{"type": "string"}, {"type": "null"}]}))
SCHEMAS: tuple[tuple[str, Body, str | None], ...] = (
    ("closed", strict(CLOSED), None),
    ("open", strict({"type": "object", "properties": {}}), OPEN.format("tools.0.custom")),
    ("additional true", strict({**CLOSED, "additionalProperties": True}), OPEN.format("tools.0.custom")),
    ("open inside", strict(closed({"a": {"type": "object"}})), OPEN.format("tools.0.custom")),
    ("open in a list", strict(closed({"a": {"items": {"type": "object"}}})), OPEN.format("tools.0.custom")),
    ("open in a union", strict(closed({"a": {"anyOf": [{"type": "object"}]}})), OPEN.format("tools.0.custom")),
    ("open in a definition", strict({**CLOSED, "$defs": {"A": {"type": "object"}}}), OPEN.format("tools.0.custom")),
    (
        "the second tool",
        {"tools": [TOOL, {**TOOL, "name": "b", "strict": True}]},
        OPEN.format("tools.1.custom"),
    ),
    ("format", formatted({"type": "object"}), OPEN.format("output_config.format.schema")),
    (
        "format at its older place",
        {"output_format": {"type": "json_schema", "schema": {"type": "object"}}},
        OPEN.format("output_format.schema"),
    ),
    ("not strict", {"tools": [TOOL]}, None),
    ("strict false", {"tools": [{**TOOL, "strict": False}]}, None),
    ("deferred", {"tools": [SERVER_TOOL, {**TOOL, "strict": True, "defer_loading": True}]}, None),
    ("a property named properties", strict(closed({"properties": {"type": "string"}})), None),
    ("a property named type", strict(closed({"type": {"type": "string"}})), None),
    ("definition", strict(LEAF), None),
    ("circle of one", strict(NODE), CIRCLE.format("tools.0.custom", "Node -> Node")),
    ("circle of two", strict(PAIR), CIRCLE.format("tools.0.custom", "A -> B -> A")),
    ("circle in the format", formatted(PAIR), CIRCLE.format("output_config.format.schema", "A -> B -> A")),
    ("circle that nothing refers to", strict(UNUSED), None),
    ("16 unions of two tools", strict(UNIONS, times=2), None),
    (
        "24 unions of three tools",
        strict(UNIONS, times=3),
        EXAMPLES["union types in strict schemas"].message.replace("17", "24"),
    ),
    ("unions inside", strict(closed({"a": closed(many(15, {"type": ["string", "null"]}))})), None),
    (
        "unions behind references",
        strict(closed(many(17, {"$ref": "#/$defs/A"}), **{"$defs": {"A": {"type": ["string", "null"]}}})),
        None,
    ),
    (
        "optional behind a reference",
        strict(closed({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": optional(30)}})),
        None,
    ),
    (
        "optional of a tool and the format",
        {**strict(optional(13)), **formatted(optional(12))},
        EXAMPLES["optional parameters of strict schemas"].message,
    ),
)


@pytest.mark.parametrize(("parameters", "message"), [row[1:] for row in SCHEMAS], ids=[row[0] for row in SCHEMAS])
def test_strict_schemas_are_judged_as_the_api_judges_them(parameters: Body, message: str | None) -> None:
    assert refusal(body("claude-sonnet-4-6", **parameters)) == message


# --- sizes that are not exact ------------------------------------------------------------------------------

PDF = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}


def doubtful(number: int, tokens: str = "claude-haiku-4-5") -> Body:
    """A prompt whose count is off by an unknown number of tokens."""
    return body(tokens, messages=[user(PDF, {"type": "text", "text": "x" * number})])


@pytest.mark.parametrize("number", [150_000, 199_000, 200_500, 260_000, 1_000_000])
def test_a_count_without_a_bound_refuses_nothing_and_says_so(number: int) -> None:
    prompt = read(doubtful(number), one_a_letter)

    assert list(model_faults(prompt)) == []
    notes = list(model_notes(prompt))
    assert notes == (
        []
        if number < 199_500
        else [
            f"cannot tell whether the API refuses the request: prompt is too long: {prompt.count.total} tokens > "
            f"200000 "
            "maximum (not counted exactly)"
        ]
    )


BOUNDED = {"tools": [TOOL], "thinking": BUDGET}


@pytest.mark.parametrize(
    ("number", "is_refused"), [(199_000, False), (199_300, False), (199_450, False), (199_600, True), (201_000, True)]
)
def test_a_bounded_doubt_refuses_only_beyond_its_bound(number: int, is_refused: bool) -> None:
    prompt = read(body("claude-haiku-4-5", **letters(number), **BOUNDED), one_a_letter)
    bound = prompt.count.bound
    assert bound

    faults, notes = list(model_faults(prompt)), list(model_notes(prompt))

    spans = prompt.count.total - bound <= 200_000 < prompt.count.total + bound
    assert (bool(faults), bool(notes)) == (is_refused, spans)


def test_most_requests_are_judged_without_counting() -> None:
    def refuse(text: str, tokenizer: str) -> int:
        pytest.fail("counted")

    assert list(model_faults(read(body("claude-opus-4-1", **letters(100_000)), refuse))) == []


PICTURE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}


@pytest.mark.parametrize(
    ("content", "is_counted"),
    [
        ("x" * 150_000, False),
        ("é" * 30_000, False),
        ("é" * 60_000, True),
        ("x" * 195_000, True),
        ([{"type": "text", "text": "x"}] * 200, False),
        ([{"type": "text", "text": "x"}] * 2_000, True),
        ([{"type": "text", "text": "x"}, *[PICTURE] * 10], False),
        ([{"type": "text", "text": "x"}, *[PICTURE] * 30], True),
        ("x" * 150_000 + "\ud800", True),
    ],
)
def test_what_may_reach_the_window_is_counted(content: Any, is_counted: bool) -> None:
    counted = []

    def count(text: str, tokenizer: str) -> int:
        counted.append(text)
        return 1

    list(model_faults(read(body("claude-haiku-4-5", messages=[{"role": "user", "content": content}]), count)))

    assert bool(counted) == is_counted


def test_a_prompt_may_be_too_long_to_be_sent_and_still_be_counted() -> None:
    prompt = read(body("claude-haiku-4-5", **letters(300_000), max_tokens=100_000), one_a_letter)

    assert [fault.path for fault in model_faults(prompt)] == ["max_tokens", "messages"]
    assert list(model_faults(prompt, is_count=True)) == []
    assert check_request(prompt, is_count=True) is None


# --- Bedrock -----------------------------------------------------------------------------------------------

COMPUTER = {"tools": [{"type": "computer_20251124", "name": "computer"}]}


@pytest.mark.parametrize(
    ("parameters", "is_refused"),
    [
        ({}, True),
        ({"anthropic_version": "vertex-2023-10-16"}, True),
        ({"anthropic_version": "bedrock-2023-05-31"}, False),
        ({"anthropic_version": "2026-10-21"}, True),
        ({"model": "anthropic/claude-opus-5-5"}, True),
    ],
)
def test_bedrock_takes_the_computer_tool_that_the_claude_api_refuses(parameters: Body, is_refused: bool) -> None:
    request = {**body("claude-opus-5-5", **COMPUTER), **parameters}
    assert bool(list(model_faults(read(request)))) == is_refused


MARK = {"cache_control": {"type": "ephemeral"}}
ASKED = {"diagnostics": {"previous_message_id": None}}
SERVERS = {"mcp_servers": [{"type": "url", "url": "https://example.com", "name": "jobs"}]}
SERVER = {"tools": [SERVER_TOOL]}


@pytest.mark.parametrize(
    ("model", "parameters", "is_refused"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", MARK, True),
        ("anthropic.claude-opus-4-6-v1", MARK, True),
        ("global.anthropic.claude-sonnet-4-6", MARK, True),
        ("anthropic.claude-3-haiku-20240307-v1:0:200k", MARK, True),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", MARK, True),
        ("anthropic.claude-haiku-4-5", MARK, False),
        ("us.anthropic.claude-opus-4-8", MARK, False),
        ("claude-sonnet-4-5@20250929", MARK, False),
        ("claude-sonnet-4-5", MARK, False),
        ("us.anthropic.claude-opus-5", ASKED, True),
        ("claude-opus-4-5@20251101", ASKED, True),
        ("claude-opus-5", ASKED, False),
        ("us.anthropic.claude-opus-5", SERVERS, True),
        ("claude-opus-4-5@20251101", SERVERS, True),
        ("claude-opus-5", SERVERS, False),
        ("us.anthropic.claude-opus-5", SERVER, True),
        ("claude-opus-4-5@20251101", SERVER, False),
        ("us.anthropic.claude-opus-5", {"mcp_servers": []}, False),
    ],
)
def test_what_a_platform_does_not_have_is_refused_there_alone(model: str, parameters: Body, is_refused: bool) -> None:
    assert (refusal(body(model, **parameters)) is not None) == is_refused


def test_on_bedrock_it_is_not_documented_that_the_long_window_of_older_models_has_ended() -> None:
    request = body("claude-sonnet-4-5", **letters(300_000))

    assert refusal(request) is not None
    assert refusal({**request, "anthropic_version": "bedrock-2023-05-31"}) is None


# --- retired models ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [model for model in known_models() if model.retired_on], ids=lambda model: model.id)
def test_a_retired_model_is_noted_and_not_refused(model: Any) -> None:
    prompt = read(body(model.id))

    assert check_request(prompt) is None
    assert list(model_notes(prompt)) == [f"{model.id} was retired on the Claude API on {model.retired_on}"]
    assert explain(prompt, prompt).notes[:1] == tuple(model_notes(prompt))


def test_a_retired_model_may_be_served_elsewhere() -> None:
    notes = model_notes(read(body("eu.anthropic.claude-3-7-sonnet-20250219-v1:0")))

    assert list(notes) == [
        "claude-3-7-sonnet-20250219 was retired on the Claude API on 2026-02-19; other platforms have their own dates"
    ]


@pytest.mark.parametrize("model", ["claude-opus-5", "claude-sonnet-4-5", "claude-haiku-5-5", "claude-fable-5-2"])
def test_a_model_that_is_served_has_no_note(model: str) -> None:
    assert list(model_notes(read(body(model)))) == []


# --- recorded calls ----------------------------------------------------------------------------------------


def test_no_recorded_call_that_was_answered_is_refused() -> None:
    refused = {}
    for number, recording in recordings().items():
        try:
            prompt = read(recording.request, counter())
        except ValueError:
            continue
        if faults := list(model_faults(prompt)):
            refused[number] = faults[0].message
    assert refused == {}


# --- everyone asks the same ----------------------------------------------------------------------------------

SAMPLE = (
    "forced tool",
    "budget thinking on adaptive models",
    "effort",
    "temperature on 4.7 and later",
    "prefill",
    "computer_20251124 from 5.2 and 5.5 on",
    "open object in a strict schema",
    "output of 64k",
    "window of 200k",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_explain_simulate_and_the_emulator_agree(
    name: str, emulator: Emulator, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    example = EXAMPLES[name]
    # A letter is at most one token of the real tokenizers too, and these are at least one each.
    refused = body(example.model, **(example.refused if name != "window of 200k" else {"messages": [user(*RARE)]}))
    path = tmp_path / "requests.jsonl"
    path.write_text(json.dumps({"at": 0, "request": refused}) + "\n", encoding="utf-8")

    explained = explain(read(body(example.model)), read(refused)).to_json()
    answer = emulator.handle("POST", "/v1/messages", json.dumps(refused).encode())
    main(["simulate", str(path), "--format", "jsonl"])
    simulated = json.loads(capsys.readouterr().out)

    answered = json.loads(b"".join(answer.chunks))["error"]["message"]
    assert answer.status == 400
    assert explained["verdict"] == "rejected"
    assert (explained["cause"], explained["path"]) == ("other", example.path)
    assert explained["error"] == simulated["error"] == answered
    if name != "window of 200k":
        assert answered == example.message


RARE = [{"type": "text", "text": " ".join(str(number * 7919 % 99991) for number in range(50_000))}] * 2

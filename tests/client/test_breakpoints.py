import json
import logging
import subprocess
import sys
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.client.breakpoints import place_breakpoints, prepare_system_prompt
from harness.client.minimum import is_below_minimum
from harness.client.places import Places
from harness.client.strategies import Breakpoints, read_targets, without_messages
from harness.errors import UsageError
from harness.prompt.blocks import find_breakpoints, read_blocks
from harness.prompt.reading import read
from harness.prompt.tokens import TextCounter
from harness.promptcache.refusals.check import check_request
from harness.promptcache.simulator import Simulator
from harness.provider.models import known_models
from tests.client.conversation import RULES, TOOLS, requests

CURRENT = [model.id for model in known_models() if model.retired_on is None or model.retired_on > date(2026, 11, 27)]

MODEL = "claude-sonnet-5-5"
M5 = {"type": "ephemeral"}
H1 = {"type": "ephemeral", "ttl": "1h"}


def marks(request: dict[str, Any]) -> list[tuple[str, str]]:
    """Path and TTL of each breakpoint, in wire order."""
    blocks = read_blocks(request)
    return [
        ("cache_control" if point.is_automatic else blocks[point.block_index].path, point.ttl)
        for point in find_breakpoints(request, blocks)
    ]


def place(request: dict[str, Any], breakpoints: Breakpoints) -> list[tuple[str, str]]:
    return marks(place_breakpoints(request, read_targets(breakpoints)))


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **more}


def simple(*messages: Any, **more: Any) -> dict[str, Any]:
    given = messages or ({"role": "user", "content": "Hello"},)
    return {"model": MODEL, "max_tokens": 9, "system": RULES, "messages": list(given), **more}


@pytest.mark.parametrize(
    ("system", "is_cached", "blocks"),
    [
        ("Be brief.", True, [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]),
        ("Be brief.", False, [{"type": "text", "text": "Be brief."}]),
        (" ", True, [{"type": "text", "text": " ", "cache_control": {"type": "ephemeral"}}]),
        ("", True, []),
        ("", False, []),
    ],
)
def test_only_a_prompt_that_is_not_empty_is_marked(system: str, is_cached: bool, blocks: list[dict[str, Any]]) -> None:
    assert prepare_system_prompt(system, is_cached=is_cached) == blocks


def test_an_hour_is_named_in_the_marker() -> None:
    (block,) = prepare_system_prompt("Be brief.", is_cached=True, ttl="1h")
    assert block["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


# --- ten turns with tools, by the rules of the prompt cache -------------------------------------------------

STRATEGIES: tuple[Breakpoints, ...] = (
    "system",
    "tools",
    "conversation",
    "automatic",
    ("tools", "system", "conversation"),
    ("tools", "system", "automatic"),
    {"tools": "1h", "system": "1h", "conversation": "5m"},
    ("tools[1]", "system[0]", "messages[0].content[0]"),
)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("model", CURRENT)
def test_every_turn_reads_all_that_the_one_before_wrote(
    model: str, strategy: Breakpoints, count_text: TextCounter
) -> None:
    simulator, before = Simulator(), 0
    for number, request in enumerate(requests(model)):
        prompt = read(place_breakpoints(request, read_targets(strategy)), count_text)

        usage = simulator.send(prompt.record, at=number * 20.0).usage

        assert check_request(prompt) is None
        assert 1 <= len(prompt.breakpoints) <= 4
        assert len(prompt.active_breakpoints) == len(prompt.breakpoints)
        assert (usage.cache_read_input_tokens >= before) if number else usage.prefix_tokens
        before = prompt.active_breakpoints[-1].tokens


@pytest.mark.parametrize("texts", [25, 60])
@pytest.mark.parametrize("strategy", ["conversation", ("tools", "system", "conversation")], ids=str)
def test_turns_longer_than_the_lookback_are_read_too(
    texts: int, strategy: Breakpoints, count_text: TextCounter
) -> None:
    simulator, before = Simulator(), 0
    for number, request in enumerate(requests(MODEL, texts=texts)):
        record = read(place_breakpoints(request, read_targets(strategy)), count_text).record

        assert simulator.send(record, at=number * 20.0).usage.cache_read_input_tokens == before
        before = record.breakpoints[-1].tokens


def test_with_an_automatic_breakpoint_such_turns_are_lost(count_text: TextCounter) -> None:
    simulator, read_tokens = Simulator(), []
    for number, request in enumerate(requests(MODEL, texts=25, turns=2)):
        record = read(place_breakpoints(request, read_targets("automatic")), count_text).record
        read_tokens.append(simulator.send(record, at=number * 20.0).usage.cache_read_input_tokens)

    assert read_tokens[1] == 0


# --- where each strategy marks ------------------------------------------------------------------------------

THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
ASKED = {"role": "user", "content": "Why?"}
ANSWERED = {"role": "assistant", "content": [text("Because."), THINKING]}
DEFERRED = {**TOOLS[0], "name": "rare", "defer_loading": True}
CALLED = {"type": "tool_use", "id": "t1", "name": "title", "input": {}}
BY_CODE = {**CALLED, "id": "t2", "caller": {"type": "code_execution_20260120", "tool_id": "c"}}


def result(tool_use_id: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": tool_use_id, "content": "5"}


def results(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": [*blocks]}


PLACES: tuple[tuple[str, dict[str, Any], Breakpoints, list[str]], ...] = (
    ("the system prompt", simple(), "system", ["system[0]"]),
    ("the last system block", simple(system=[text(RULES), text("b")]), "system", ["system[1]"]),
    ("no empty system block", simple(system=[text(RULES), text("")]), "system", ["system[0]"]),
    ("no system prompt", simple(system=""), "system", []),
    ("the last tool", simple(tools=TOOLS), "tools", ["tools[2]"]),
    ("no deferred tool", simple(tools=[*TOOLS, DEFERRED]), "tools", ["tools[2]"]),
    ("no tools", simple(), "tools", []),
    ("the first turn", simple(ASKED), "conversation", ["messages[0].content[0]"]),
    (
        "the last two turns",
        simple(ASKED, ANSWERED, ASKED, ANSWERED, ASKED),
        "conversation",
        ["messages[2].content[0]", "messages[4].content[0]"],
    ),
    (
        "two answers in a row count as one",
        simple(ASKED, ANSWERED, ANSWERED, ASKED),
        "conversation",
        ["messages[0].content[0]", "messages[3].content[0]"],
    ),
    (
        "an answer that is continued, up to its thinking",
        simple(ASKED, ANSWERED),
        "conversation",
        ["messages[0].content[0]", "messages[1].content[0]"],
    ),
    (
        "no empty text",
        simple(ASKED, ANSWERED, {"role": "user", "content": [text("a"), text("")]}),
        "conversation",
        ["messages[0].content[0]", "messages[2].content[0]"],
    ),
    (
        "nothing that a program called",
        simple(ASKED, {"role": "assistant", "content": [CALLED, BY_CODE]}, results(result("t1"), result("t2"))),
        "conversation",
        ["messages[0].content[0]", "messages[2].content[0]"],
    ),
    (
        "no instruction of one turn",
        simple(ASKED, {"role": "system", "content": "Now.", "clear_at": "turn"}),
        "conversation",
        ["messages[0].content[0]"],
    ),
    ("the request itself", simple(), "automatic", ["cache_control"]),
    (
        "the last block instead, on Bedrock",
        simple(model="anthropic.claude-opus-4-6-v1"),
        "automatic",
        ["messages[0].content[0]"],
    ),
    ("paths", simple(tools=TOOLS), ("tools[0]", "messages[0].content[0]"), ["tools[0]", "messages[0].content[0]"]),
    ("a path without a block", simple(), ("system[3]", "tools[0]"), []),
    ("the path of thinking", simple(ASKED, ANSWERED), ("messages[1].content[1]",), []),
    ("the path of a deferred tool", simple(tools=[*TOOLS, DEFERRED]), ("tools[3]",), []),
    ("no strategy", simple(tools=TOOLS), (), []),
)  # fmt: skip


@pytest.mark.parametrize(("request_", "strategy", "paths"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_a_strategy_marks(request_: dict[str, Any], strategy: Breakpoints, paths: list[str]) -> None:
    before = deepcopy(request_)

    assert place(request_, strategy) == [(path, "5m") for path in paths]
    assert request_ == before


def test_only_markers_are_added() -> None:
    request = list(requests(MODEL))[-1]
    marked = place_breakpoints(request, read_targets(("tools", "system", "conversation")))

    assert read(request).fingerprints == read(marked).fingerprints
    assert marked["messages"][:-3] == request["messages"][:-3]
    assert marked["messages"][0] is request["messages"][0]


# --- together with the caller's own -------------------------------------------------------------------------

MARKED = text("5", cache_control=M5)
OWN = [{**tool, "cache_control": M5} for tool in TOOLS]

TOGETHER: tuple[tuple[str, dict[str, Any], Breakpoints, list[tuple[str, str]]], ...] = (
    ("stays", simple(system=[text(RULES, cache_control=H1)]), "system", [("system[0]", "1h")]),
    (
        "counts: ours are dropped from the front",
        simple(ASKED, ANSWERED, ASKED, tools=[*OWN[:2], TOOLS[2]]),
        ("system", "conversation"),
        [("tools[0]", "5m"), ("tools[1]", "5m"), ("messages[0].content[0]", "5m"), ("messages[2].content[0]", "5m")],
    ),
    (
        "as many as possible: none of ours",
        simple(tools=OWN, system=[text(RULES, cache_control=M5)]),
        ("conversation",),
        [("tools[0]", "5m"), ("tools[1]", "5m"), ("tools[2]", "5m"), ("system[0]", "5m")],
    ),
    (
        "5m in front: ours become 5m",
        simple(tools=OWN[:1]),
        {"system": "1h"},
        [("tools[0]", "5m"), ("system[0]", "5m")],
    ),
    (
        "1h behind: ours become 1h",
        simple({"role": "user", "content": [text("a", cache_control=H1)]}, tools=TOOLS),
        ("tools", "system"),
        [("tools[2]", "1h"), ("system[0]", "1h"), ("messages[0].content[0]", "1h")],
    ),
    (
        "ours among themselves",
        simple(tools=TOOLS),
        {"tools": "5m", "system": "1h", "conversation": "5m"},
        [("tools[2]", "1h"), ("system[0]", "1h"), ("messages[0].content[0]", "5m")],
    ),
    (
        "automatic of the caller",
        simple(cache_control=M5),
        ("system", "conversation"),
        [("system[0]", "5m"), ("cache_control", "5m")],
    ),
    (
        "inside a tool result",
        simple(ASKED, {"role": "assistant", "content": [CALLED]}, results({**result("t1"), "content": [MARKED]})),
        "automatic",
        [("messages[2].content[0]", "5m")],
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "strategy", "expected"), [row[1:] for row in TOGETHER], ids=[row[0] for row in TOGETHER]
)
def test_a_marker_of_the_caller(
    request_: dict[str, Any], strategy: Breakpoints, expected: list[tuple[str, str]]
) -> None:
    assert place(request_, strategy) == expected


# --- the minimum --------------------------------------------------------------------------------------------


def test_what_is_certainly_too_short_is_left_unmarked_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="harness.client")

    assert place(simple(ASKED, system="Be brief."), ("tools", "system", "conversation")) == []
    assert [record.getMessage() for record in caplog.records] == [
        "left unmarked: tools (nothing there that can be marked), system[0] (below the minimum), "
        "messages[0].content[0] (below the minimum)"
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"model": "claude-unknown"},
        {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://a"}}]}]},
    ],
    ids=lambda more: next(iter(more)),
)
def test_what_may_be_long_enough_is_marked(more: dict[str, Any]) -> None:
    assert place({**simple(system=""), **more}, "conversation") == [("messages[0].content[0]", "5m")]


def test_no_tokens_are_counted_for_it() -> None:
    script = (
        "import sys; from harness.client.breakpoints import place_breakpoints; "
        "from harness.client.strategies import read_targets; "
        "messages = [{'role': 'user', 'content': 'word ' * 400}]; "
        "place_breakpoints({'model': 'claude-opus-4-6', 'messages': messages}, read_targets('conversation')); "
        "print('ctok' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400)


@settings(max_examples=60)
@given(
    model=st.sampled_from(CURRENT),
    system=TEXTS,
    texts=st.lists(TEXTS, min_size=1, max_size=6),
    inputs=st.dictionaries(st.text("abc", min_size=1, max_size=4), TEXTS, max_size=3),
    has_tools=st.booleans(),
)
def test_nothing_that_reaches_the_minimum_counts_as_below(
    model: str, system: str, texts: list[str], inputs: dict[str, str], has_tools: bool, count_text: TextCounter
) -> None:
    messages: list[dict[str, Any]] = [
        {"role": "assistant" if index % 2 else "user", "content": content} for index, content in enumerate(texts)
    ]
    messages += [] if len(texts) % 2 == 0 else [{"role": "assistant", "content": [{**CALLED, "input": inputs}]}]
    messages.append({"role": "user", "content": [result("t1")] if len(texts) % 2 else "And?"})
    request = {"model": model, "max_tokens": 9, "system": system, "messages": messages}
    if has_tools:
        request["tools"] = [{"name": "title", "description": system, "input_schema": {"type": "object"}}]
    prompt = read(json.loads(json.dumps(request)), count_text)
    blocks = Places(request).blocks

    for index in range(len(blocks)):
        if is_below_minimum(request, blocks, index):
            assert prompt.count.prefixes[index] < prompt.model.min_cacheable_tokens


# --- what the user gives ------------------------------------------------------------------------------------


NAMES = "tools, system, conversation, automatic or the path of a block"


@pytest.mark.parametrize(
    ("breakpoints", "message"),
    [
        ("sytem", f"breakpoints has 'sytem', expected {NAMES}"),
        (["system", "messages[0]"], f"breakpoints has 'messages[0]', expected {NAMES}"),
        ({"system": "2h"}, "breakpoints has the TTL '2h' for system, expected 5m or 1h"),
    ],
)  # fmt: skip
def test_another_name_or_ttl_is_an_error(breakpoints: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_targets(breakpoints)

    assert caught.value.message == message


@pytest.mark.parametrize(
    ("breakpoints", "names"),
    [
        (("tools", "system", "conversation"), ["tools", "system"]),
        ("conversation", ["system"]),
        (("tools[0]", "messages[0].content[0]", "automatic"), ["tools[0]"]),
        ((), ["system"]),
    ],
)
def test_without_messages_tools_and_system_are_left(breakpoints: Breakpoints, names: list[str]) -> None:
    assert [target.name for target in without_messages(read_targets(breakpoints))] == names

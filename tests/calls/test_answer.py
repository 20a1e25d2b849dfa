"""The usage of an answer: of a plain body, and merged from the events of a stream."""

from typing import Any

import pytest

from harness.calls.answer import read_message, read_stream
from harness.calls.stream_usage import list_usages, read_usages
from harness.provider.usage import Usage

START = {
    "input_tokens": 10,
    "output_tokens": 1,
    "cache_creation_input_tokens": 7,
    "cache_creation": {"ephemeral_1h_input_tokens": 7},
}
WHOLE = {"input_tokens": 10, "output_tokens": 5}
END = {"output_tokens": 5}


def stream(start: Any, *deltas: Any) -> list[dict[str, Any]]:
    return [
        {"type": "message_start", "message": {"id": "msg_1", "usage": start}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}, "usage": {"no": 1}},
        *({"type": "message_delta", "delta": {}, "usage": delta} for delta in deltas),
    ]


FELL = "{}, which fell from {} to {} within the stream"
NO_END = "output_tokens, which the end of the stream does not report"


def tools(**counts: Any) -> dict[str, Any]:
    return {"server_tool_use": counts}


def nest(levels: int, **inner: int) -> dict[str, Any]:
    nested: dict[str, Any] = dict(inner)
    for _ in range(levels):
        nested = {"a": nested}
    return nested


STREAMS: tuple[tuple[list[dict[str, Any]], Usage], ...] = (
    (stream(START), Usage(input_tokens=10, ephemeral_1h_input_tokens=7, output_tokens=1)),
    (
        stream(START, {"output_tokens": 5}),
        Usage(input_tokens=10, ephemeral_1h_input_tokens=7, output_tokens=5),
    ),
    (
        stream(START, {"output_tokens": 5, "input_tokens": None}, {"output_tokens": 8}),
        Usage(input_tokens=10, ephemeral_1h_input_tokens=7, output_tokens=8),
    ),
    (
        stream({**START, "speed": "fast"}, {"output_tokens": 5, "server_tool_use": {"web_search_requests": 2}}),
        Usage(
            input_tokens=10,
            ephemeral_1h_input_tokens=7,
            output_tokens=5,
            modifiers=(("speed", "fast"),),
            counters=(("server_tool_use.web_search_requests", 2),),
        ),
    ),
    (
        stream({**WHOLE, "new_key": 1}, {**END, "newer_key": 2}),
        Usage(input_tokens=10, output_tokens=5, unknown=("new_key", "newer_key")),
    ),
    (
        # Server tools write more than message_start says, and no split of it follows.
        stream(
            {**WHOLE, "cache_creation_input_tokens": 7, "cache_creation": {"ephemeral_5m_input_tokens": 7}},
            {**END, "cache_creation_input_tokens": 90, "server_tool_use": {"web_fetch_requests": 1}},
        ),
        Usage(input_tokens=10, ephemeral_5m_input_tokens=90, output_tokens=5),
    ),
    (
        stream(WHOLE, {**END, "iterations": [{"type": "message", "input_tokens": 4}]}),
        Usage(input_tokens=10, output_tokens=5, unknown=("iterations, which do not add up to the usage",)),
    ),
    (stream({"input_tokens": 5}, ["many"]), Usage(faults=("usage is list, expected an object",))),
    (stream(None), Usage(unknown=("usage, which is missing",))),
    (stream(None, None), Usage(unknown=("usage, which is missing",))),
    (stream(None, END), Usage(output_tokens=5, unknown=("usage without input_tokens",))),
    (stream({}, END), Usage(output_tokens=5, unknown=("usage without input_tokens",))),
    *(
        (stream(WHOLE, end), Usage(input_tokens=10, output_tokens=5, unknown=(NO_END,)))
        for end in (None, {}, {"output_tokens": None}, {"input_tokens": 10})
    ),
    (stream(WHOLE, None, END), Usage(input_tokens=10, output_tokens=5)),
    (
        stream({**WHOLE, **tools(web_search_requests=0, gpu_seconds=3)}, {**END, **tools(web_search_requests=2)}),
        Usage(
            input_tokens=10,
            output_tokens=5,
            counters=(("server_tool_use.web_search_requests", 2),),
            unknown=("server_tool_use.gpu_seconds",),
        ),
    ),
    (
        stream({**WHOLE, **tools(web_search_requests=2)}, {**END, "server_tool_use": None}),
        Usage(input_tokens=10, output_tokens=5, counters=(("server_tool_use.web_search_requests", 2),)),
    ),
    (
        stream({**WHOLE, **tools(web_search_requests=2)}, {**END, **tools(web_search_requests=None)}),
        Usage(input_tokens=10, output_tokens=5, counters=(("server_tool_use.web_search_requests", 2),)),
    ),
    (
        stream({**WHOLE, "server_tool_use": None}, {**END, **tools(web_search_requests=2)}),
        Usage(input_tokens=10, output_tokens=5, counters=(("server_tool_use.web_search_requests", 2),)),
    ),
    (
        stream({**WHOLE, "new": nest(1_000, one=1)}, {**END, "new": nest(1_000, two=0)}),
        Usage(input_tokens=10, output_tokens=5, unknown=("new",)),
    ),
    (
        stream({**WHOLE, "input_tokens": 100}, {**END, "input_tokens": 3}),
        Usage(input_tokens=3, output_tokens=5, unknown=(FELL.format("input_tokens", 100, 3),)),
    ),
    (
        stream(WHOLE, {**END, "input_tokens": 11}, {**END, "input_tokens": 4}),
        Usage(input_tokens=4, output_tokens=5, unknown=(FELL.format("input_tokens", 11, 4),)),
    ),
    (
        stream({**WHOLE, "cache_read_input_tokens": 9}, {**END, "cache_read_input_tokens": 0}),
        Usage(input_tokens=10, output_tokens=5, unknown=(FELL.format("cache_read_input_tokens", 9, 0),)),
    ),
    (
        stream({**WHOLE, "cache_creation_input_tokens": 9}, {**END, "cache_creation_input_tokens": 8}),
        Usage(
            input_tokens=10,
            ephemeral_5m_input_tokens=8,
            output_tokens=5,
            unknown=(FELL.format("cache_creation_input_tokens", 9, 8),),
        ),
    ),
    (stream({**WHOLE, "output_tokens": 9}, END), Usage(input_tokens=10, output_tokens=5)),
    ([], Usage(unknown=("usage, which is missing",))),
)


@pytest.mark.parametrize(("events", "expected"), STREAMS)
def test_the_usage_of_a_stream_has_all_keys_of_its_events(events: list[dict[str, Any]], expected: Usage) -> None:
    assert read_usages(list_usages(events)) == read_stream(events).usage == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"usage": START}, Usage(input_tokens=10, ephemeral_1h_input_tokens=7, output_tokens=1)),
        ({"usage": {**WHOLE, "new_key": 1}}, Usage(input_tokens=10, output_tokens=5, unknown=("new_key",))),
        ({"usage": 3}, Usage(faults=("usage is int, expected an object",))),
        ({"usage": None}, Usage(unknown=("usage, which is missing",))),
        ({}, Usage(unknown=("usage, which is missing",))),
    ],
)
def test_the_usage_of_a_message_is_read_whole(message: dict[str, Any], expected: Usage) -> None:
    assert read_message(message).usage == expected

"""The usage of an answer: of a plain body, and merged from the events of a stream."""

from typing import Any

import pytest

from harness.calls.answer import read_message, read_stream, read_stream_usage
from harness.provider.usage import Usage

START = {"input_tokens": 10, "cache_creation_input_tokens": 7, "cache_creation": {"ephemeral_1h_input_tokens": 7}}


def stream(start: Any, *deltas: Any) -> list[dict[str, Any]]:
    return [
        {"type": "message_start", "message": {"id": "msg_1", "usage": start}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}, "usage": {"no": 1}},
        *({"type": "message_delta", "delta": {}, "usage": delta} for delta in deltas),
    ]


STREAMS: tuple[tuple[list[dict[str, Any]], Usage], ...] = (
    (stream(START), Usage(input_tokens=10, ephemeral_1h_input_tokens=7)),
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
    (stream({"new_key": 1}, {"newer_key": 2}), Usage(unknown=("new_key", "newer_key"))),
    (
        # Server tools write more than message_start says, and no split of it follows.
        stream(
            {"cache_creation_input_tokens": 7, "cache_creation": {"ephemeral_5m_input_tokens": 7}},
            {"cache_creation_input_tokens": 90, "server_tool_use": {"web_fetch_requests": 1}},
        ),
        Usage(ephemeral_5m_input_tokens=90),
    ),
    (
        stream({"input_tokens": 5}, {"iterations": [{"type": "message", "input_tokens": 4}]}),
        Usage(input_tokens=5, unknown=("iterations, which do not add up to the usage",)),
    ),
    (stream({"input_tokens": 5}, ["many"]), Usage(faults=("usage is list, expected an object",))),
    (stream(None), Usage(unknown=("usage, which is missing",))),
    ([], Usage(unknown=("usage, which is missing",))),
)


@pytest.mark.parametrize(("events", "expected"), STREAMS)
def test_the_usage_of_a_stream_has_all_keys_of_its_events(events: list[dict[str, Any]], expected: Usage) -> None:
    assert read_stream_usage(events) == read_stream(events).usage == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"usage": START}, Usage(input_tokens=10, ephemeral_1h_input_tokens=7)),
        ({"usage": {"new_key": 1}}, Usage(unknown=("new_key",))),
        ({"usage": 3}, Usage(faults=("usage is int, expected an object",))),
        ({"usage": None}, Usage(unknown=("usage, which is missing",))),
        ({}, Usage(unknown=("usage, which is missing",))),
    ],
)
def test_the_usage_of_a_message_is_read_whole(message: dict[str, Any], expected: Usage) -> None:
    assert read_message(message).usage == expected

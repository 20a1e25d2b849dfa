from typing import Any

import pytest

from harness.errors import RequestError
from harness.prompt.blocks import Breakpoint, find_breakpoints, read_blocks

MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
PART = {"type": "text", "text": "a"}


def document(**source: Any) -> dict[str, Any]:
    return {"type": "document", "source": source}


def test_blocks_come_in_wire_order_with_their_paths() -> None:
    request = {
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "text", "text": "Yes"}, {"type": "text", "text": "?"}]},
        ],
        "system": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}],
        "tools": [{"name": "a"}, {"name": "deferred", "defer_loading": True}, {"name": "b"}],
    }

    assert [block.path for block in read_blocks(request)] == [
        "tools[0]",
        "tools[2]",
        "system[0]",
        "system[1]",
        "messages[0].content[0]",
        "messages[1].content[0]",
        "messages[1].content[1]",
    ]


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        ({}, "messages is missing, expected a list of messages"),
        ({"messages": None}, "messages is missing, expected a list of messages"),
        ({"messages": 3}, "messages is int, expected a list"),
        ({"messages": ["x"]}, "messages[0] is not a message, expected role and content"),
        ({"messages": [{"role": "user"}]}, "messages[0] is not a message, expected role and content"),
        ({"messages": [{"role": 1, "content": "x"}]}, "messages[0].role is int, expected a string"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content is int, expected a string or a list"),
        ({"messages": [{"role": "user", "content": [1]}]}, "messages[0].content[0] is int, expected an object"),
        ({"messages": [], "system": 1}, "system is int, expected a string or a list of text blocks"),
        ({"messages": [], "system": ["x"]}, "system[0] is str, expected an object"),
        ({"messages": [], "tools": {}}, "tools is dict, expected a list"),
        ({"messages": [], "tools": ["x"]}, "tools[0] is str, expected an object"),
        ({"messages": [], "tools": [{"type": 5}]}, "tools[0].type is int, expected a string"),
        ({"messages": [], "system": [{"type": []}]}, "system[0].type is list, expected a string"),
        (
            {"messages": [{"role": "user", "content": ["Hi", {"type": {}}]}]},
            "messages[0].content[1].type is dict, expected a string",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": 5}]}]},
            "messages[0].content[0].content is int, expected a string or a list",
        ),
    ],
)
def test_a_body_of_another_shape_is_refused_with_its_path(request_body: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_blocks(request_body)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("content", "automatic", "found"),
    [
        ([{"type": "text", "text": "a"}], None, ()),
        ([{"type": "text", "text": "a", "cache_control": MARK}], None, (Breakpoint(0, "5m"),)),
        ([{"type": "text", "text": "a", "cache_control": HOUR}], None, (Breakpoint(0, "1h"),)),
        ([{"type": "text", "text": "a"}], MARK, (Breakpoint(0, "5m", is_automatic=True),)),
        ([{"type": "text", "text": "a", "cache_control": MARK}], MARK, (Breakpoint(0, "5m"),)),
        (
            [{"type": "text", "text": "a"}, {"type": "text", "text": ""}],
            HOUR,
            (Breakpoint(0, "1h", is_automatic=True),),
        ),
        ([{"type": "text", "text": "a"}, {"type": "thinking", "thinking": "b"}], MARK, (Breakpoint(0, "5m", True),)),
        ([{"type": "thinking", "thinking": "b"}], MARK, ()),
        (
            [
                {
                    "type": "tool_result",
                    "tool_use_id": "t",
                    "content": [{"type": "text", "text": "a", "cache_control": MARK}],
                }
            ],
            None,
            (Breakpoint(0, "5m"),),
        ),
        ([document(type="content", content=[PART, {**PART, "cache_control": HOUR}])], None, (Breakpoint(0, "1h"),)),
        ([document(type="content", content=[{**PART, "cache_control": MARK}, PART])], None, ()),
        ([document(type="content", content="So.")], None, ()),
        ([document(type="text", data="So.")], None, ()),
        ([{"type": "document", "content": [{**PART, "cache_control": MARK}]}], None, ()),
        ([{"type": "document", "source": "So."}], None, ()),
        (
            [{**document(type="content", content=[{**PART, "cache_control": HOUR}]), "cache_control": MARK}],
            None,
            (Breakpoint(0, "5m"),),
        ),
    ],
)
def test_breakpoints_are_found(content: list[Any], automatic: Any, found: tuple[Breakpoint, ...]) -> None:
    request = {"messages": [{"role": "user", "content": content}], "cache_control": automatic}

    assert find_breakpoints(request, read_blocks(request)) == found

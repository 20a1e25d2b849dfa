"""The static prefix: its blocks and parameters."""

from typing import Any

import pytest

from harness.errors import RequestError
from harness.prompt import read

MARK = {"type": "ephemeral"}


def text(value: str, *, is_marked: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": value} | ({"cache_control": MARK} if is_marked else {})


def tool(name: str, *, is_marked: bool = False) -> dict[str, Any]:
    return {"name": name, "input_schema": {"type": "object"}} | ({"cache_control": MARK} if is_marked else {})


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def paths(request: dict[str, Any]) -> list[str]:
    return [block.path for block in read(request).static_blocks]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param({"system": "Hi.", "messages": [user(text("x"))]}, [], id="none"),
        pytest.param(
            {
                "tools": [tool("a", is_marked=True), tool("b")],
                "system": [text("s", is_marked=True), text("t")],
                "messages": [user(text("x", is_marked=True))],
            },
            ["tools[0]", "tools[1]", "system[0]"],
            id="last-in-system",
        ),
        pytest.param(
            {"tools": [tool("a", is_marked=True), tool("b")], "system": "s", "messages": [user(text("x"))]},
            ["tools[0]"],
            id="in-tools",
        ),
        pytest.param(
            {"system": "s", "messages": [user(text("x", is_marked=True), text("y")), user(text("z", is_marked=True))]},
            ["system[0]", "messages[0].content[0]"],
            id="first-in-messages",
        ),
        pytest.param(
            {"cache_control": MARK, "system": "s", "messages": [user(text("x"), text("y"))]},
            ["system[0]", "messages[0].content[0]", "messages[0].content[1]"],
            id="automatic",
        ),
        pytest.param(
            {"cache_control": MARK, "system": [text("s", is_marked=True)], "messages": [user(text("x"))]},
            ["system[0]"],
            id="automatic-beside-one-in-system",
        ),
    ],
)
def test_prefix_ends_at_the_last_breakpoint_in_tools_or_system_else_at_the_first(
    request_: dict[str, Any], expected: list[str]
) -> None:
    assert paths(request_) == expected


def test_end_says_whether_the_api_places_the_breakpoint() -> None:
    end = read({"cache_control": MARK, "messages": [user(text("x"))]}).static_end

    assert end is not None
    assert end.is_automatic


def test_parts_hold_the_parameters_in_front_of_the_end_and_no_others() -> None:
    request = {"model": "claude-sonnet-5-5", "tools": [tool("a")], "system": [text("s", is_marked=True)]}

    parts = read(request | {"messages": [user(text("x"))]}).static_parts

    order = [part.path for part in parts]
    assert order[:2] == ["model", "speed"]
    assert order.index("tools[0]") < order.index("citations") < order.index("system[0]") == len(order) - 1
    assert {"tool_choice", "thinking", "output_config.effort", "messages[0].content[0]"}.isdisjoint(order)


def test_parts_tell_a_change_in_front_of_the_end_from_one_behind() -> None:
    request = {"model": "claude-sonnet-5-5", "system": [text("s", is_marked=True)], "messages": [user(text("x"))]}

    def keys(**changes: Any) -> list[str]:
        return [part.key for part in read(request | changes).static_parts]

    assert keys() == keys(messages=[user(text("y"))]) == keys(tool_choice={"type": "none"})
    assert keys() != keys(model="claude-opus-5")
    assert keys() != keys(system=[text("t", is_marked=True)])
    assert keys() != keys(tools=[tool("a")])
    # A cited document is in the messages, but it changes text in front of the system prompt.
    assert keys() != keys(messages=[user({"type": "document", "citations": {"enabled": True}})])


def test_parts_of_a_request_without_breakpoints_are_none() -> None:
    assert read({"messages": [user(text("x"))]}).static_parts == ()


def test_body_that_is_no_request_is_refused() -> None:
    with pytest.raises(RequestError, match=r"^messages is missing, expected a list of messages$"):
        read({"system": "s"})

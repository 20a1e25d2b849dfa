"""All blocks in which two prefixes differ."""

from typing import Any

import pytest

from harness.prompt import read
from harness.stability.differences import find_differences

MARK = {"type": "ephemeral"}


def request(*texts: str, tools: tuple[str, ...] = (), marked: int | None = -1, **more: Any) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": text} for text in texts]
    if marked is not None:
        blocks[marked]["cache_control"] = MARK
    return {
        "model": "claude-sonnet-5-5",
        "tools": [{"name": name} for name in tools],
        "system": blocks,
        "messages": [{"role": "user", "content": "Why?"}],
        **more,
    }


def paths(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        difference.place.path for difference in find_differences(read(before), read(after), first="one", second="two")
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(request("a", "b"), request("a", "b"), [], id="alike"),
        pytest.param(request("a", "b"), request("x", "b"), ["system[0]"], id="one-block"),
        pytest.param(request("a", "b", "c"), request("x", "b", "y"), ["system[0]", "system[2]"], id="two-blocks"),
        pytest.param(request("a"), request("a", "b"), ["system[1]"], id="block-more"),
        pytest.param(
            request("a", tools=("s", "t")), request("x", tools=("s",)), ["tools[1]", "system[0]"], id="tool-less"
        ),
        pytest.param(request("a", "b", marked=0), request("a", "x", marked=0), [], id="behind-the-breakpoint"),
        pytest.param(
            request("a"), request("a", messages=[{"role": "user", "content": "How?"}]), [], id="other-messages"
        ),
        pytest.param(request("a"), request("a", model="claude-opus-4-1"), ["model"], id="parameter"),
        pytest.param(request("a", "b", marked=0), request("a", "b"), ["system[0]"], id="breakpoint"),
    ],
)
def test_every_differing_block_up_to_the_breakpoint_is_listed(
    before: dict[str, Any], after: dict[str, Any], expected: list[str]
) -> None:
    assert paths(before, after) == expected


def test_both_texts_and_the_cause_are_given_where_they_say_something() -> None:
    day, text = find_differences(
        read(request("It is 2026-03-04.", "a")), read(request("It is 2026-03-05.", "x")), first="one", second="two"
    )

    assert day.place.lines() == [
        "first difference: system[0] at character 15",
        "  one: 'It is 2026-03-04.'",
        "  two: 'It is 2026-03-05.'",
    ]
    assert day.cause == "timestamp"
    assert text.cause is None


@pytest.mark.parametrize(
    ("after", "text", "cause"),
    [
        (request("a", "b", marked=0), "breakpoint on system[0]", "breakpoint_moved"),
        (request("a", "b", marked=None), "no breakpoint", "breakpoint_removed"),
    ],
)
def test_equal_text_that_is_marked_elsewhere_is_a_difference(after: dict[str, Any], text: str, cause: str) -> None:
    (difference,) = find_differences(read(request("a", "b")), read(after), first="one", second="two")

    assert (difference.place.before, difference.place.after) == ("breakpoint on system[1]", text)
    assert difference.cause == cause

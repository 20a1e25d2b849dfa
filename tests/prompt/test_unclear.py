"""Differences between two blocks of which it is not known whether the prompt cache sees them."""

from typing import Any

import pytest

from harness.prompt import read
from harness.prompt.assumptions import DEFAULT
from harness.prompt.blocks import Block
from harness.prompt.known_fields import find_unknown
from harness.prompt.unclear import name_unclear

TOOL = {"name": "find", "description": "Finds.", "input_schema": {"type": "object"}}
CALL = {"type": "tool_use", "id": "t", "name": "find", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "x"}]}
TEXT = {"type": "text", "text": "x"}


def tool(content: dict[str, Any]) -> Block:
    return Block("tools", 0, None, None, content)


def block(content: dict[str, Any], role: str = "user") -> Block:
    return Block("messages", 0, role, 1, content)


UNCLEAR = (
    ("an unknown type on one side", block(TEXT), block({"type": "hologram"}), "messages[1].content[0].type"),
    ("an unknown type that was there", block({"type": "hologram"}), block(TEXT), "messages[1].content[0].type"),
    ("an unknown type that goes", block({"type": "hologram"}), None, "messages[1].content[0].type"),
    ("an unknown tool", None, tool({"type": "telepathy_20270101", "name": "t"}), "tools[0].type"),
    ("a function of another API", tool(TOOL), tool({"type": "function", "function": {}}), "tools[0].type"),
    (
        "an unknown type inside a result",
        block(RESULT),
        block({**RESULT, "content": [{"type": "smell", "data": "x"}]}),
        "messages[1].content[0].content[0].type",
    ),
    ("an unknown field of a tool", tool(TOOL), tool({**TOOL, "cost": 1}), "tools[0].cost"),
    ("another value of one", tool({**TOOL, "cost": 1}), tool({**TOOL, "cost": 2}), "tools[0].cost"),
    ("who may call a tool", tool(TOOL), tool({**TOOL, "allowed_callers": ["direct"]}), "tools[0].allowed_callers"),
    ("how input comes", tool({**TOOL, "eager_input_streaming": True}), tool(TOOL), "tools[0].eager_input_streaming"),
    ("who called", block(CALL), block({**CALL, "caller": {"type": "direct"}}), "messages[1].content[0].caller"),
    ("an unknown field of a text", block(TEXT), block({**TEXT, "tone": "dry"}), "messages[1].content[0].tone"),
    (
        "an unknown field inside a result",
        block(RESULT),
        block({**RESULT, "content": [{**TEXT, "tone": "dry"}]}),
        "messages[1].content[0].content[0].tone",
    ),
    ("a field of a message", block(TEXT), block({**TEXT, "message.clear_at": "never"}), "messages[1].clear_at"),
    (
        "the file of an upload",
        block({"type": "container_upload", "file_id": "a"}),
        block({"type": "container_upload", "file_id": "b"}),
        "messages[1].content[0].file_id",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("before", "after", "path"), [row[1:] for row in UNCLEAR], ids=[row[0] for row in UNCLEAR])
def test_a_difference_of_unknown_reach_is_named(before: Block | None, after: Block | None, path: str) -> None:
    assert name_unclear(before, after, DEFAULT) == path


CERTAIN = (
    ("another text", block(TEXT), block({**TEXT, "text": "y"})),
    ("another text besides an unknown field", block(TEXT), block({**TEXT, "text": "y", "tone": "dry"})),
    ("another role", block(TEXT), block({**TEXT, "tone": "dry"}, role="assistant")),
    ("another type", block(TEXT), block({"type": "image", "source": {"type": "url", "url": "https://e.org/a"}})),
    ("another description", tool(TOOL), tool({**TOOL, "description": "Looks."})),
    ("a later date", tool({"type": "bash_20250124", "name": "b"}), tool({"type": "bash_20990101", "name": "b"})),
    ("another text in a result", block(RESULT), block({**RESULT, "content": [{**TEXT, "text": "y"}]})),
    ("a block more", None, block(TEXT)),
    ("a marker", tool(TOOL), tool({**TOOL, "strict": True})),
)  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in CERTAIN], ids=[row[0] for row in CERTAIN])
def test_a_difference_that_certainly_counts_is_not_in_doubt(before: Block | None, after: Block) -> None:
    assert name_unclear(before, after, DEFAULT) is None


def test_what_is_not_known_makes_a_count_inexact() -> None:
    request = {
        "model": "claude-sonnet-5-5",
        "max_tokens": 9,
        "tools": [{**TOOL, "cost": 1}],
        "system": [{"type": "image", "source": {}}],
        "messages": [
            {"role": "user", "content": [TEXT, {**TEXT, "tone": "dry"}], "priority": 1},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": [{"type": "hologram"}]},
        ],
    }

    assert [doubt.path for doubt in read(request).count.doubts] == [
        "tools[0].cost",
        "system[0]",
        "messages[0].priority",
        "messages[0].content[1].tone",
        "messages[2].content[0]",
        "messages[2].content[0]",
    ]


@pytest.mark.parametrize("content", [TEXT, {**TEXT, "cache_control": {"type": "ephemeral"}}, RESULT, CALL])
def test_what_is_known_leaves_no_doubt(content: dict[str, Any]) -> None:
    assert find_unknown(block(content)) is None

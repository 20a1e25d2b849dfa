"""Requests of Converse as Messages requests: what is translated, and what is refused by name."""

from typing import Any

import pytest

from harness.errors import CannotTellError, RequestError
from harness.prompt.converse import converse_to_messages
from harness.prompt.reading import read
from harness.prompt.surfaces import to_messages

MODEL = "us.anthropic.claude-opus-5"
POINT = {"cachePoint": {"type": "default"}}
HELLO = {"role": "user", "content": [{"text": "Hello"}]}


def content(*blocks: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(blocks)}]}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"text": "Hello"}, {"type": "text", "text": "Hello"}),
        (
            {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        ),
        (
            {
                "document": {
                    "format": "pdf",
                    "name": "CV",
                    "source": {"bytes": "AAAA"},
                    "citations": {"enabled": True},
                }
            },
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
                "title": "CV",
                "citations": {"enabled": True},
            },
        ),
        (
            {"document": {"format": "txt", "name": "CV", "source": {"text": "I am"}, "context": "of Ada"}},
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "I am"},
                "title": "CV",
                "context": "of Ada",
            },
        ),
        (
            {"document": {"name": "CV", "source": {"content": [{"text": "I am"}]}}},
            {
                "type": "document",
                "source": {"type": "content", "content": [{"type": "text", "text": "I am"}]},
                "title": "CV",
            },
        ),
        (
            {"searchResult": {"source": "a", "title": "b", "content": [{"text": "c"}]}},
            {"type": "search_result", "source": "a", "title": "b", "content": [{"type": "text", "text": "c"}]},
        ),
        (
            {"toolUse": {"toolUseId": "t1", "name": "find", "input": {"b": 1, "a": 2}}},
            {"type": "tool_use", "id": "t1", "name": "find", "input": {"b": 1, "a": 2}},
        ),
        (
            {"toolResult": {"toolUseId": "t1", "content": [{"text": "no"}], "status": "error"}},
            {
                "type": "tool_result",
                "tool_use_id": "t1",
                "content": [{"type": "text", "text": "no"}],
                "is_error": True,
            },
        ),
        (
            {"toolResult": {"toolUseId": "t1", "content": [], "status": "success"}},
            {"type": "tool_result", "tool_use_id": "t1", "content": []},
        ),
        (
            {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
            {"type": "thinking", "thinking": "Hm", "signature": "s"},
        ),
        ({"reasoningContent": {"redactedContent": "AA"}}, {"type": "redacted_thinking", "data": "AA"}),
    ],
)
def test_block_becomes_one_of_the_messages_api(block: dict[str, Any], expected: dict[str, Any]) -> None:
    translated = converse_to_messages(content(block), MODEL)
    assert translated == {"model": MODEL, "messages": [{"role": "user", "content": [expected]}]}


def test_cache_points_mark_the_blocks_before_them() -> None:
    request = {
        "toolConfig": {"tools": [{"toolSpec": {"name": "find", "inputSchema": {"json": {"type": "object"}}}}, POINT]},
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default", "ttl": "1h"}}, {"text": "Today"}],
        **content({"text": "Hello"}, POINT),
    }
    translated = converse_to_messages(request, MODEL)
    assert translated["tools"] == [
        {"name": "find", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}}
    ]
    assert translated["system"] == [
        {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "text", "text": "Today"},
    ]
    assert translated["messages"][0]["content"] == [
        {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}
    ]


def test_parameters_become_those_of_the_messages_api() -> None:
    spec = {"name": "find", "description": "Finds", "inputSchema": {"json": {"z": 1, "a": 2}}, "strict": True}
    request = {
        "modelId": MODEL,
        "messages": [HELLO],
        "inferenceConfig": {"maxTokens": 9, "temperature": 0.5, "topP": 0.9, "stopSequences": ["x"]},
        "toolConfig": {"tools": [{"toolSpec": spec}], "toolChoice": {"tool": {"name": "find"}}},
        "additionalModelRequestFields": {"thinking": {"type": "adaptive"}},
        "outputConfig": {"effort": "low"},
        "requestMetadata": {"team": "a"},
        "performanceConfig": {"latency": "standard"},
        "additionalModelResponseFieldPaths": ["/a"],
        "guardrailConfig": {"guardrailIdentifier": "g"},
        "serviceTier": {"type": "flex"},
    }
    translated = converse_to_messages(request, MODEL)
    assert translated == {
        "model": MODEL,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop_sequences": ["x"],
        "tools": [{"name": "find", "description": "Finds", "input_schema": {"z": 1, "a": 2}, "strict": True}],
        "tool_choice": {"type": "tool", "name": "find"},
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "low"},
    }
    assert list(translated["tools"][0]["input_schema"]) == ["z", "a"]


@pytest.mark.parametrize("kind", ["auto", "any"])
def test_tool_choice_without_a_name(kind: str) -> None:
    request = {"messages": [HELLO], "toolConfig": {"tools": [], "toolChoice": {kind: {}}}}
    assert converse_to_messages(request, MODEL)["tool_choice"] == {"type": kind}


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        (content({"video": {}}), "messages[0].content[0].video"),
        (content({"guardContent": {}}), "messages[0].content[0].guardContent"),
        (content({"citationsContent": {}}), "messages[0].content[0].citationsContent"),
        (
            content({"image": {"format": "png", "source": {"s3Location": {"uri": "s3://a"}}}}),
            "messages[0].content[0].image.source.s3Location",
        ),
        (
            content({"document": {"format": "csv", "name": "a", "source": {"bytes": "AA"}}}),
            "messages[0].content[0].document.source.bytes of the format 'csv'",
        ),
        (
            content({"toolResult": {"toolUseId": "a", "content": [{"json": {}}]}}),
            "messages[0].content[0].toolResult.content[0].json",
        ),
        (
            content({"toolUse": {"toolUseId": "a", "name": "b", "input": {}, "type": "server_tool_use"}}),
            "messages[0].content[0].toolUse.type",
        ),
        (content(POINT), "messages[0].content[0].cachePoint, which follows no block that it could mark,"),
        (
            content({"text": "a"}, POINT, POINT),
            "messages[0].content[2].cachePoint, which follows no block that it could mark,",
        ),
        ({"messages": [HELLO], "system": [{"guardContent": {}}]}, "system[0].guardContent"),
        ({"messages": [HELLO], "promptVariables": {}}, "promptVariables"),
        (
            {"messages": [HELLO], "toolConfig": {"tools": [{"systemTool": {"name": "a"}}]}},
            "toolConfig.tools[0].systemTool",
        ),
        ({"messages": [HELLO], "outputConfig": {"textFormat": {}}}, "outputConfig.textFormat"),
        (
            {"messages": [HELLO], "additionalModelRequestFields": {"messages": []}},
            "additionalModelRequestFields, which sets messages a second time",
        ),
        ({"messages": [HELLO], "max_tokens": 9}, "max_tokens"),
    ],
)
def test_what_has_no_counterpart_is_named(request_: dict[str, Any], what: str) -> None:
    with pytest.raises(CannotTellError) as caught:
        converse_to_messages(request_, MODEL)
    assert caught.value.message == f"{what} of a Converse request has no known counterpart in the Messages API"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"messages": {}}, "messages is dict, expected a list"),
        ({"messages": ["a"]}, "messages[0] is str, expected an object"),
        (content({"text": "a", "image": {}}), "messages[0].content[0] has 2 members, expected one"),
        (content({"text": 1}), "messages[0].content[0].text is int, expected a string"),
        (
            content({"text": "a"}, {"cachePoint": {"type": "x"}}),
            "messages[0].content[1].cachePoint.type is 'x', expected 'default'",
        ),
        (
            content({"image": {"format": "bmp", "source": {"bytes": ""}}}),
            "messages[0].content[0].image.format is 'bmp', expected one of png, jpeg, gif, webp",
        ),
    ],
)
def test_other_shapes_are_named(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError) as caught:
        converse_to_messages(request_, MODEL)
    assert caught.value.message == message


# --- bodies of all surfaces ----------------------------------------------------------------------------------

INVOKE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
VERTEX = INVOKE | {"anthropic_version": "vertex-2023-10-16"}
NEW = INVOKE | {"anthropic_version": "2026-10-21"}


@pytest.mark.parametrize(
    ("request_", "model", "name"),
    [
        ({"modelId": MODEL, "messages": [HELLO]}, None, MODEL),
        ({"model": MODEL, "messages": [HELLO]}, None, MODEL),
        ({"messages": [HELLO]}, "claude-opus-5", "bedrock/claude-opus-5"),
        (INVOKE | {"modelId": MODEL}, None, MODEL),
        ({"modelId": MODEL, "body": '{"max_tokens": 9, "messages": []}'}, None, MODEL),
        ({"modelId": MODEL, "body": INVOKE}, None, MODEL),
        (INVOKE, "claude-opus-5", "bedrock/claude-opus-5"),
        (VERTEX, "claude-opus-5", "publishers/anthropic/models/claude-opus-5"),
        (VERTEX, "claude-opus-4-5@20251101", "claude-opus-4-5@20251101"),
        (NEW, "claude-opus-5", "claude-opus-5"),
        (NEW, MODEL, MODEL),
        (NEW | {"model": "claude-opus-5"}, "claude-opus-4-8", "claude-opus-5"),
    ],
)
def test_body_of_each_surface_becomes_a_messages_request(request_: Any, model: str | None, name: str) -> None:
    translated = to_messages(request_, model)
    assert translated["model"] == name
    assert "modelId" not in translated
    read(translated)


@pytest.mark.parametrize("request_", [INVOKE, {"messages": [HELLO]}, {"contents": []}, {"model": "claude-opus-5"}])
def test_body_without_a_model_or_of_another_api_is_left(request_: dict[str, Any]) -> None:
    assert to_messages(request_) is request_


def test_body_of_invoke_model_must_be_an_object() -> None:
    with pytest.raises(RequestError, match=r"^body is not valid JSON"):
        to_messages({"modelId": MODEL, "body": "{"})
    with pytest.raises(RequestError, match=r"^body is list, expected a JSON object$"):
        to_messages({"modelId": MODEL, "body": []})

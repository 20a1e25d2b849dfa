"""Bodies of other APIs are named, and Messages requests that borrow from them are not."""

import json
from typing import Any

import pytest

from harness.emulator.core import Emulator
from harness.errors import CannotTellError
from harness.prompt.reading import read
from harness.promptcache.refusals.check import check_request

Body = dict[str, Any]

PASS = "pass the body of a POST /v1/messages, as your code or its gateway sends it to Anthropic"
CHAT = "a request of OpenAI's Chat Completions API"
RESPONSES = "a request of OpenAI's Responses API"
GEMINI = "a request of the Gemini API"
CONVERSE = "a request of Bedrock's Converse API"
CLOUD = "a request of Bedrock's InvokeModel or of Vertex AI"

HELLO = {"role": "user", "content": "Hello"}
FUNCTION = {"type": "function", "function": {"name": "order", "parameters": {"type": "object"}}}
CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": {}}]}
ANSWER = {"role": "tool", "tool_call_id": "call_1", "content": "Sent."}
MARK = {"cache_control": {"type": "ephemeral"}}
MARKED = {"type": "text", "text": "Hi", **MARK}
SYSTEM = {"role": "system", "content": "Be brief."}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def chat(*messages: Any, **changes: Any) -> Body:
    return {"model": "claude-sonnet-5-5", "messages": list(messages) or [HELLO], **changes}


def converse(*blocks: Body, **changes: Any) -> Body:
    return {"messages": [{"role": "user", "content": list(blocks)}], **changes}


def parts(*content: Any) -> Body:
    return {"role": "user", "content": list(content)}


OTHERS: tuple[tuple[Body, str, str], ...] = (
    # --- Chat Completions
    (chat(max_completion_tokens=100), CHAT, "max_completion_tokens"),
    (chat(response_format={"type": "json_object"}), CHAT, "response_format"),
    (chat(frequency_penalty=0), CHAT, "frequency_penalty"),
    (chat(presence_penalty=0.5), CHAT, "presence_penalty"),
    (chat(logit_bias={}), CHAT, "logit_bias"),
    (chat(logprobs=True), CHAT, "logprobs"),
    (chat(n=1), CHAT, "n"),
    (chat(stop=["\n"]), CHAT, "stop"),
    (chat(seed=7), CHAT, "seed"),
    (chat(parallel_tool_calls=False), CHAT, "parallel_tool_calls"),
    (chat(functions=[]), CHAT, "functions"),
    (chat(function_call="auto"), CHAT, "function_call"),
    (chat(reasoning_effort="low"), CHAT, "reasoning_effort"),
    (chat(stream_options={"include_usage": True}), CHAT, "stream_options"),
    (chat(tools=[FUNCTION]), CHAT, "tools[0].type is 'function'"),
    (chat(HELLO, CALL, ANSWER), CHAT, "messages[1].tool_calls"),
    (chat(HELLO, ANSWER), CHAT, "messages[1].role is 'tool'"),
    (chat({"role": "developer", "content": "Be brief."}, HELLO), CHAT, "messages[0].role is 'developer'"),
    (chat({"role": "function", "name": "order", "content": "Sent."}), CHAT, "messages[0].role is 'function'"),
    (chat({**HELLO, "name": "Ann"}), CHAT, "messages[0].name"),
    (chat(parts({"type": "text", "text": "Look"}, PICTURE)), CHAT, "messages[0].content[1].type is 'image_url'"),
    # --- Responses
    ({"input": []}, RESPONSES, "input"),
    ({"model": "gpt-5", "input": "Hello"}, RESPONSES, "input"),
    ({"model": "gpt-5", "input": [HELLO], "instructions": "Be brief."}, RESPONSES, "input"),
    ({"model": "gpt-5", "instructions": "Be brief."}, RESPONSES, "instructions"),
    ({"previous_response_id": "resp_1", "input": "And?", "tools": [FUNCTION]}, RESPONSES, "input"),
    # --- Gemini
    ({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}, GEMINI, "contents"),
    ({"contents": []}, GEMINI, "contents"),
    ({"contents": "Hello", "model": "gemini-3"}, GEMINI, "contents"),
    ({"systemInstruction": {"parts": []}, "contents": [], "generationConfig": {}}, GEMINI, "contents"),
    ({"tools": [{"functionDeclarations": []}], "contents": []}, GEMINI, "contents"),
    # --- Converse
    (converse({"text": "Hello"}), CONVERSE, "messages[0].content[0] has 'text' and no type"),
    (converse({"cachePoint": {"type": "default"}}), CONVERSE, "messages[0].content[0] has 'cachePoint' and no type"),
    (converse({"toolUse": {"toolUseId": "a"}}), CONVERSE, "messages[0].content[0] has 'toolUse' and no type"),
    (converse({"toolResult": {"toolUseId": "a"}}), CONVERSE, "messages[0].content[0] has 'toolResult' and no type"),
    (converse({"guardContent": {"text": {}}}), CONVERSE, "messages[0].content[0] has 'guardContent' and no type"),
    (converse({"video": {"format": "mp4"}}), CONVERSE, "messages[0].content[0] has 'video' and no type"),
    (converse({"document": {"format": "pdf"}}), CONVERSE, "messages[0].content[0] has 'document' and no type"),
    (converse({"audio": {"format": "mp3"}}), CONVERSE, "messages[0].content[0] has 'audio' and no type"),
    (converse({"searchResult": {"title": "a"}}), CONVERSE, "messages[0].content[0] has 'searchResult' and no type"),
    (converse({"citationsContent": {}}), CONVERSE, "messages[0].content[0] has 'citationsContent' and no type"),
    (converse(guardrailConfig={}), CONVERSE, "guardrailConfig"),
    (converse(modelId="anthropic.claude-opus-5"), CONVERSE, "modelId"),
    (converse(inferenceConfig={"maxTokens": 100}), CONVERSE, "inferenceConfig"),
    (converse(toolConfig={"tools": []}), CONVERSE, "toolConfig"),
    (converse({"text": "Hello"}, system=[{"text": "Be brief."}, {"cachePoint": {"type": "default"}}]), CONVERSE,
     "messages[0].content[0] has 'text' and no type"),
    # --- InvokeModel and Vertex
    ({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100, "messages": [HELLO]}, CLOUD,
     "anthropic_version, but no model"),
    ({"anthropic_version": "vertex-2023-10-16", "stream": True, "messages": [HELLO]}, CLOUD,
     "anthropic_version, but no model"),
    ({"anthropic_version": "2026-10-21", "anthropic_beta": ["x"], "messages": [HELLO]}, CLOUD,
     "anthropic_version, but no model"),
    ({"anthropic_version": "2026-10-21", "messages": [HELLO], "system": "Be brief."}, CLOUD,
     "anthropic_version, but no model"),
    ({"anthropic_version": "bedrock-2023-05-31", "prompt": None, "messages": []}, CLOUD,
     "anthropic_version, but no model"),
    # --- others of Anthropic
    ({"model": "claude-2", "prompt": "Human: Hi"}, "a request of the legacy Text Completions API", "prompt"),
    ({"requests": [{"custom_id": "a", "params": chat()}]}, "a batch", "requests"),
    ({"requests": []}, "a batch", "requests"),
    ({"custom_id": "a", "params": chat()}, "an item of a batch", "custom_id and params"),
    ({"at": 0, "request": chat()}, "a line of `harness simulate`", "at and request"),
    ({"at": 0, "request": chat(), "usage": {}}, "a line of `harness simulate`", "at and request"),
    ({"type": "message", "role": "assistant", "content": []}, "an answer", "type is 'message'"),
    ({"type": "message", "model": "claude-opus-5"}, "an answer", "type is 'message'"),
    # --- answers of others
    ({"id": "chatcmpl-1", "choices": [{"message": {}}], "model": "claude-opus-5"},
     "an answer of OpenAI's Chat Completions API", "choices"),
    ({"choices": []}, "an answer of OpenAI's Chat Completions API", "choices"),
    ({"candidates": [], "usageMetadata": {}}, "an answer of the Gemini API", "candidates"),
    ({"object": "response", "output": []}, "an answer of OpenAI's Responses API or of Bedrock's Converse API",
     "output"),
    ({"output": {"message": {}}, "usage": {}}, "an answer of OpenAI's Responses API or of Bedrock's Converse API",
     "output"),
    # --- Chat Completions with markers, as gateways pass them on
    (chat(SYSTEM, parts(MARKED), tools=[FUNCTION]), CHAT, "tools[0].type is 'function'"),
    (chat({"role": "system", "content": [MARKED]}, HELLO, tools=[{**FUNCTION, **MARK}]), CHAT,
     "tools[0].type is 'function'"),
    (chat(SYSTEM, HELLO, CALL, ANSWER, **MARK), CHAT, "messages[2].tool_calls"),
    (chat(SYSTEM, parts(MARKED, PICTURE)), CHAT, "messages[1].content[1].type is 'image_url'"),
    (chat(SYSTEM, parts(MARKED), provider={"order": ["anthropic"]}), CHAT, "provider"),
    (chat(SYSTEM, parts(MARKED), reasoning={"effort": "high"}), CHAT, "reasoning"),
    (chat(SYSTEM, parts(MARKED), user="ann"), CHAT, "user"),
    (chat(SYSTEM, parts(MARKED), max_completion_tokens=10), CHAT, "max_completion_tokens"),
    ({"type": "message", "role": "assistant", "content": [], "usage": {}}, "an answer", "type is 'message'"),
    ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "an error", "type is 'error'"),
)  # fmt: skip


@pytest.mark.parametrize(("body", "name", "sign"), OTHERS, ids=[f"{name}: {sign}" for _, name, sign in OTHERS])
def test_body_of_another_api_is_named_with_what_gives_it_away(body: Body, name: str, sign: str) -> None:
    with pytest.raises(CannotTellError) as caught:
        read(body)

    assert caught.value.message == f"the body is {name} ({sign}), not a request of the Messages API"


HINTS = (
    (chat(n=1), PASS),
    ({"input": []}, PASS),
    ({"contents": []}, PASS),
    (converse({"text": "Hello"}), 'add "modelId" with the model that the URL names'),
    ({"prompt": "Hi"}, PASS),
    (
        {"anthropic_version": "2026-10-21", "messages": []},
        'add "model" with the Anthropic id of the model that the URL names',
    ),
    ({"requests": [{}]}, 'pass one request at a time: the "params" of an item'),
    ({"requests": []}, 'pass one request at a time: the "params" of an item'),
    ({"custom_id": "a", "params": {}}, 'pass its "params"'),
    ({"at": 0, "request": {}}, 'pass its "request"'),
    ({"choices": []}, "pass the request that it answers, as it goes to Anthropic"),
    ({"type": "message", "usage": {}}, "pass the request that it answers"),
    ({"type": "error", "error": {}}, "pass the request that was refused"),
)


@pytest.mark.parametrize(("body", "hint"), HINTS)
def test_hint_says_what_to_pass_instead(body: Body, hint: str) -> None:
    with pytest.raises(CannotTellError) as caught:
        read(body)

    assert caught.value.hint == hint


@pytest.mark.parametrize("body", [body for body, _, _ in OTHERS])
def test_emulator_refuses_a_body_of_another_api(body: Body, emulator: Emulator) -> None:
    answer = emulator.handle("POST", "/v1/messages", json.dumps(body).encode())

    assert answer.status == 400
    assert json.loads(b"".join(answer.chunks))["error"]["type"] == "invalid_request_error"


TOOL = {"name": "order", "input_schema": {"type": "object"}}
USE = {"type": "tool_use", "id": "toolu_1", "name": "order", "input": {}}

MIXED: tuple[tuple[str, Body, str], ...] = (
    ("system", chat(n=1, system="Be brief."), "n: Extra inputs are not permitted"),
    ("automatic marker", chat(seed=7, **MARK), "seed: Extra inputs are not permitted"),
    (
        "marked block",
        chat(parts({"type": "text", "text": "Hi", **MARK}), stop=["x"]),
        "stop: Extra inputs are not permitted",
    ),
    (
        "block without a type",
        chat(parts({"text": "Hi"}), system="Be brief."),
        "messages.0.content.0.type: Field required",
    ),
    (
        "marked tool",
        chat(tools=[{**FUNCTION, **MARK}]),
        "tools.0: Input tag 'function' found using 'type' does not match any of the expected tags",
    ),
    (
        "tool with an input schema",
        chat(tools=[TOOL, FUNCTION]),
        "tools.1: Input tag 'function' found using 'type' does not match any of the expected tags",
    ),
    (
        "call",
        chat(HELLO, {"role": "assistant", "content": [USE]}, ANSWER),
        'messages: Unexpected role "tool". Allowed roles are "user" or "assistant".',
    ),
    (
        "result",
        chat(parts({"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sent."}, PICTURE)),
        "messages.0.content.1: Input tag 'image_url' found using 'type' does not match any of the expected tags",
    ),
    (
        "thinking",
        chat(HELLO, {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}], "tool_calls": []}),
        "messages.1.tool_calls: Extra inputs are not permitted",
    ),
    ("version", chat(logprobs=True, anthropic_version="2026-10-21"), "logprobs: Extra inputs are not permitted"),
)  # fmt: skip


@pytest.mark.parametrize(("body", "answer"), [row[1:] for row in MIXED], ids=[row[0] for row in MIXED])
def test_messages_request_with_parts_of_openai_is_refused_as_one(body: Body, answer: str) -> None:
    error = check_request(read(body))

    assert error is not None
    assert error.message == answer


FIRST = "role 'system' is not supported on this model"
BESIDE_SYSTEM: tuple[tuple[Body, str], ...] = (
    (chat(SYSTEM, HELLO, model="claude-haiku-4-5"), FIRST),
    (chat(SYSTEM, parts(MARKED), model="claude-haiku-4-5"), FIRST),
    (chat(SYSTEM, HELLO, model="claude-haiku-4-5", **MARK), FIRST),
    (chat(SYSTEM, HELLO, model="claude-haiku-4-5", tools=[TOOL]), FIRST),
    (chat(SYSTEM, HELLO, system="Be brief.", user="ann", model="claude-haiku-4-5"), FIRST),
    (chat(SYSTEM, HELLO, system="Be brief.", n=1), "n: Extra inputs are not permitted"),
    (
        chat(SYSTEM, HELLO, tools=[TOOL, FUNCTION]),
        "tools.1: Input tag 'function' found using 'type' does not match any of the expected tags",
    ),
)


@pytest.mark.parametrize(("body", "answer"), BESIDE_SYSTEM)
def test_message_of_the_system_alone_makes_no_other_api(body: Body, answer: str) -> None:
    error = check_request(read(body))

    assert error is not None
    assert error.message == answer


MESSAGES: tuple[Body, ...] = (
    chat(),
    chat(max_tokens=100, stop_sequences=["x"], metadata={"user_id": "a"}),
    chat(parts({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}})),
    chat(tools=[{"type": "web_search_20250305", "name": "web_search"}]),
    chat(system=[]),
    chat(input="a key that nobody knows"),
    chat(prompt="a key that nobody knows"),
    chat(anthropic_version="2026-10-21", anthropic_beta=["context-management-2025-06-27"]),
)


@pytest.mark.parametrize("body", MESSAGES)
def test_messages_request_is_none_of_another_api(body: Body) -> None:
    assert check_request(read(body)) is None

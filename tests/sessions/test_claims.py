"""Which requests of a test are Claude's: by address, by headers, by form; all others are none of ours."""

import gzip
import json
from typing import Any

import pytest

from harness.sessions.interception.claims import api_path, is_claudes, is_emulated
from harness.sessions.interception.outgoing import Outgoing

CHAT = {"model": "claude-sonnet-5-5", "max_tokens": 8, "messages": [{"role": "user", "content": "Hi"}]}
JSON = {"content-type": "application/json"}
BEDROCK = "https://bedrock-runtime.eu-west-1.amazonaws.com"
VERTEX = "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1"


def request(
    url: str, body: Any = None, *, method: str = "POST", headers: dict[str, str] | None = None, is_read: bool = True
) -> Outgoing:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Outgoing(
        method=method, url=url, headers=JSON if headers is None else headers, body=content if is_read else None
    )


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(request("https://api.anthropic.com/v1/messages", CHAT), id="api"),
        pytest.param(request("https://api.anthropic.com/v1/models", method="GET", headers={}), id="api-any-path"),
        pytest.param(request("https://API.anthropic.com:443/v1/messages", b"no JSON"), id="api-other-spelling"),
        pytest.param(request("https://gateway.example/v1/messages", CHAT), id="gateway"),
        pytest.param(request("https://gateway.example/a/b/v1/messages?beta=true", CHAT), id="gateway-with-path"),
        pytest.param(request("https://gateway.example/v1/messages", CHAT | {"model": "house-llm"}), id="gateway-alias"),
        pytest.param(request("http://127.0.0.1:4000/v1/messages", CHAT), id="gateway-on-loopback"),
        pytest.param(request("https://gateway.example/v1/messages/count_tokens", CHAT), id="count"),
        pytest.param(
            request("https://gateway.example/v1/models", method="GET", headers={"anthropic-version": "2023-06-01"}),
            id="headers",
        ),
        pytest.param(request("https://openrouter.ai/api/v1/chat/completions", CHAT), id="chat-completions"),
        pytest.param(request("https://gateway.example/v1/messages", CHAT, headers={}), id="no-content-type"),
        pytest.param(
            request(
                "https://gateway.example/v1/messages",
                gzip.compress(json.dumps(CHAT).encode()),
                headers=JSON | {"content-encoding": "gzip"},
            ),
            id="compressed",
        ),
        pytest.param(request(f"{BEDROCK}/model/eu.anthropic.claude-opus-4-5-v1%3A0/converse", {}), id="converse"),
        pytest.param(
            request(f"{BEDROCK}/model/arn%3Aaws%3Abedrock%3A1/invoke", {"anthropic_version": "bedrock-2023-05-31"}),
            id="invoke-a-profile",
        ),
        pytest.param(request(f"{VERTEX}/publishers/anthropic/models/claude-opus-4-5:rawPredict", {}), id="vertex"),
        pytest.param(request("https://llm.corp.example/proxy/anything", {}), id="configured"),
    ],
)
def test_request_to_claude_is_claimed(sent: Outgoing) -> None:
    assert is_claudes(sent, ["https://llm.corp.example/proxy/"]) is True


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(request("https://weather.example/today", method="GET"), id="get"),
        pytest.param(request("https://weather.example/today", {"city": "Lisbon"}), id="json"),
        pytest.param(
            request("https://api.openai.com/v1/embeddings", {"model": "small", "input": "x"}), id="embeddings"
        ),
        pytest.param(
            request("https://api.openai.com/v1/chat/completions", CHAT | {"model": "gpt-6"}), id="another-model"
        ),
        pytest.param(request("http://127.0.0.1:8000/chat", {"model": "claude-sonnet-5-5", "text": "Hi"}), id="backend"),
        pytest.param(request("http://127.0.0.1:8000/api/chat", CHAT), id="backend-that-asks-claude"),
        pytest.param(request("http://127.0.0.1:8000/v1/messages", {"text": "Hi"}), id="messages-of-another-api"),
        pytest.param(request("http://127.0.0.1:8000/v1/messages", method="GET"), id="list-of-messages"),
        pytest.param(request("https://telemetry.example/v1/traces", {"spans": [CHAT]}), id="telemetry"),
        pytest.param(request("https://api.anthropic.com.evil.example/", {}), id="a-host-that-looks-like-it"),
        pytest.param(request("https://llm.corp.example/proxying", {}), id="a-path-that-looks-configured"),
        pytest.param(request("https://llm.corp.example:8443/proxy/", {}), id="another-port"),
        pytest.param(request("https://files.example/f", b"\xff" * 9, headers={"content-type": "image/png"}), id="file"),
        pytest.param(request("https://weather.example/today", b"\xff{", headers={}), id="no-json"),
        pytest.param(
            request("https://gateway.example/v1/messages", b"cut", headers={"content-encoding": "gzip"}), id="damaged"
        ),
    ],
)
def test_any_other_request_is_not_claimed(sent: Outgoing) -> None:
    assert is_claudes(sent, ["https://llm.corp.example/proxy/"]) is False


@pytest.mark.parametrize(
    ("sent", "claim"),
    [
        (request("https://api.anthropic.com/v1/messages", is_read=False), True),
        (request("https://gateway.example/v1/messages", is_read=False), None),
        (request("http://127.0.0.1:4000/chat/completions", is_read=False), None),
        (request("http://127.0.0.1:8000/chat", is_read=False), False),
        (request("http://127.0.0.1:8000/v1/messages", method="PUT", is_read=False), False),
    ],
)
def test_body_is_read_only_if_it_has_to_tell(sent: Outgoing, claim: bool | None) -> None:
    assert is_claudes(sent, []) is claim


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/messages", "/v1/messages"),
        ("/anthropic/v1/messages", "/v1/messages"),
        ("/a/v1/messages/count_tokens?beta=true", "/v1/messages/count_tokens?beta=true"),
        ("/v1/models", "/v1/models"),
        ("/chat/completions", "/chat/completions"),
        ("/v1/messages-of-mine", "/v1/messages-of-mine"),
        ("/model/eu.anthropic.claude-v1%3A0/converse", "/model/eu.anthropic.claude-v1:0/converse"),
        ("/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Ax%2Fy/invoke", "/model/arn:aws:bedrock:eu:1:x%2Fy/invoke"),
    ],
)
def test_path_of_a_gateway_is_left_out(path: str, expected: str) -> None:
    assert api_path(path) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.anthropic.com/v1/models", True),
        ("https://gateway.example/x/v1/messages", True),
        ("https://gateway.example/x/v1/models", False),
        (f"{BEDROCK}/model/m/invoke", True),
        (f"{BEDROCK}/model/anthropic.claude-opus-5/converse-stream", True),
        (f"{BEDROCK}/model/anthropic.claude-opus-5/count-tokens", False),
        (f"{BEDROCK}/model/amazon.nova-lite-v1:0/converse", False),
        (f"{VERTEX}/publishers/anthropic/models/claude-opus-5:rawPredict", True),
        ("https://gateway.example/v1/chat/completions", False),
    ],
)
def test_emulator_answers_the_api_and_calls_for_a_message_elsewhere(url: str, expected: bool) -> None:
    assert is_emulated("POST", url) is expected

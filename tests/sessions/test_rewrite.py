"""Requests that a mutation changes, on each surface."""

import json

import httpx2
import pytest

from harness.sessions.rewrite import rewritten

HOST = "https://bedrock-runtime.eu-west-1.amazonaws.com"
MODEL = "us.anthropic.claude-opus-5"
MESSAGES = {"messages": [{"role": "user", "content": "Hi"}]}


def shout(body: bytes) -> bytes:
    return body.replace(b"Hi", b"HI")


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://api.anthropic.com/v1/messages", {"model": "claude-opus-5", **MESSAGES}),
        ("https://gateway.example/x/v1/messages?beta=true", {"model": "claude-opus-5", **MESSAGES}),
        (f"{HOST}/model/{MODEL}/invoke-with-response-stream", {"anthropic_version": "a", **MESSAGES}),
        (
            "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models/"
            "claude-opus-5:streamRawPredict",
            {"anthropic_version": "a", **MESSAGES, "stream": True},
        ),
    ],
)
def test_body_is_changed_in_the_form_of_its_surface(url: str, body: dict[str, object]) -> None:
    sent = json.dumps(body, separators=(",", ":")).encode()
    request = httpx2.Request("POST", url, content=sent)
    assert rewritten(request, sent, shout).content == shout(sent)
    assert rewritten(request, sent, lambda body: body).content == sent


@pytest.mark.parametrize(
    "url", [f"{HOST}/model/{MODEL}/converse", "https://api.anthropic.com/v1/messages/count_tokens"]
)
def test_other_bodies_are_not_changed(url: str) -> None:
    sent = b'{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}'
    assert rewritten(httpx2.Request("POST", url, content=sent), sent, shout).content == sent

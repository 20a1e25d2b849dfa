"""``ClaudeClient(validate=True)``: what the API would refuse is not sent, and the rest is sent as before."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, AsyncAnthropic, BadRequestError, NotFoundError
from anthropic.types import TextBlock

from harness.client.claude import AsyncClaudeClient, ClaudeClient, message_text
from harness.client.local_cache import LocalCache
from harness.client.validation import refuse
from harness.errors import RefusedRequestError, RequestError
from harness.settings import Settings
from tests.conftest import BASE_URL, Wire
from tests.promptcache.refusal_examples import EXAMPLES, FORCED

SYSTEM, USER = "Be brief.", "Hello"

Ask = Callable[..., str]


def create(wire: Wire, settings: Settings, *, validate: bool = True, **options: Any) -> str:
    with httpx2.Client(transport=wire) as http, Anthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk:
        client = ClaudeClient(sdk, settings=settings, validate=validate)
        return message_text(client.create_message(SYSTEM, USER, **options))


def stream(wire: Wire, settings: Settings, *, validate: bool = True, **options: Any) -> str:
    with httpx2.Client(transport=wire) as http, Anthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk:
        client = ClaudeClient(sdk, settings=settings, validate=validate)
        return "".join(client.stream_message(SYSTEM, USER, **options))


def create_async(wire: Wire, settings: Settings, *, validate: bool = True, **options: Any) -> str:
    async def run() -> str:
        async with (
            httpx2.AsyncClient(transport=wire) as http,
            AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
        ):
            client = AsyncClaudeClient(sdk, settings=settings, validate=validate)
            return message_text(await client.create_message(SYSTEM, USER, **options))

    return asyncio.run(run())


def stream_async(wire: Wire, settings: Settings, *, validate: bool = True, **options: Any) -> str:
    async def run() -> str:
        async with (
            httpx2.AsyncClient(transport=wire) as http,
            AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
        ):
            client = AsyncClaudeClient(sdk, settings=settings, validate=validate)
            return "".join([text async for text in client.stream_message(SYSTEM, USER, **options)])

    return asyncio.run(run())


WAYS = (create, stream, create_async, stream_async)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(local_cache_dir=tmp_path / "local")


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    way: Ask = request.param
    return way


# Options, the place of the fault, the API's text.
REFUSED: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"model": "claude-opus-5-5", **FORCED}, "tool_choice", EXAMPLES["forced tool"].message),
    (
        {"model": "claude-opus-5", "thinking": {"type": "enabled", "budget_tokens": 1024}},
        "thinking",
        EXAMPLES["budget thinking on adaptive models"].message,
    ),
    (
        {"model": "claude-haiku-4-5", "output_config": {"effort": "low"}},
        "output_config.effort",
        EXAMPLES["effort"].message,
    ),
    (
        {"model": "claude-opus-5", "extra_body": {"temperature": 0}},
        "temperature",
        EXAMPLES["temperature on 4.7 and later"].message,
    ),
    ({"model": "claude-haiku-4-5", "max_tokens": 128_000}, "max_tokens", EXAMPLES["output of 64k"].message),
    (
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "{"}]},
        "messages[1]",
        EXAMPLES["prefill"].message,
    ),
    (
        {
            "system": [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}],
            "cache_control": {"type": "ephemeral", "ttl": "1h"},
        },
        "cache_control",
        "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note "
        "that blocks are processed in the following order: `tools`, `system`, `messages`.",
    ),
)


@pytest.mark.parametrize(("options", "path", "message"), REFUSED, ids=[row[1] for row in REFUSED])
def test_what_the_api_would_refuse_is_not_sent(
    wire: Wire, settings: Settings, ask: Ask, options: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(RequestError) as caught:
        ask(wire, settings, **options)

    error = caught.value
    assert isinstance(error, RefusedRequestError)
    assert error.path == path
    assert message in error.message
    assert wire.sent == []


def test_the_whole_message(wire: Wire, settings: Settings, ask: Ask) -> None:
    with pytest.raises(RefusedRequestError) as caught:
        ask(wire, settings, model="claude-opus-5-5", **FORCED)

    assert str(caught.value) == (
        'tool_choice: the API would refuse this request: tool_choice: type "tool" and "any" are not supported for this '
        "model.\n  try: correct tool_choice, or make the client with validate=False to send it anyway"
    )


# What cannot be told, and what is accepted.
SENT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("plain", {}),
    ("a retired model", {"model": "claude-3-haiku-20240307"}),
    ("tuples", {"stop_sequences": ("END",)}),
    ("headers", {"extra_headers": {"x-test": "1"}, "timeout": 30.0}),
    ("a key whose reach is not known", {"extra_body": {"fallbacks": [{"model": "claude-opus-5"}]}}),
    ("an empty extra body", {"extra_body": None}),
)


@pytest.mark.parametrize("options", [row[1] for row in SENT], ids=[row[0] for row in SENT])
def test_what_cannot_be_told_is_sent(wire: Wire, settings: Settings, ask: Ask, options: dict[str, Any]) -> None:
    assert ask(wire, settings, **options)
    assert len(wire.sent) == 1


def test_a_model_that_is_not_known_is_left_to_the_api(wire: Wire, settings: Settings, ask: Ask) -> None:
    with pytest.raises(NotFoundError, match="model: claude-of-tomorrow"):
        ask(wire, settings, model="claude-of-tomorrow", thinking={"type": "enabled", "budget_tokens": 1024})

    assert len(wire.sent) == 1


def test_a_key_that_is_not_known_is_left_to_the_api(wire: Wire, settings: Settings, ask: Ask) -> None:
    with pytest.raises(BadRequestError, match="something_new: Extra inputs are not permitted"):
        ask(wire, settings, extra_body={"something_new": {"a": 1}})

    assert len(wire.sent) == 1


def test_the_blocks_of_an_earlier_answer_are_checked_too(wire: Wire, settings: Settings, ask: Ask) -> None:
    answer = [TextBlock(type="text", text="Hello.")]
    history = [{"role": "user", "content": USER}, {"role": "assistant", "content": answer}]

    ask(wire, settings, messages=[*history, {"role": "user", "content": "And now?"}])
    with pytest.raises(RefusedRequestError):
        ask(wire, settings, messages=history)

    assert len(wire.sent) == 1


def test_an_object_that_is_no_json_is_left_to_the_sdk() -> None:
    refuse({"model": "claude-opus-5-5", **FORCED, "metadata": object()}, is_streamed=False)
    refuse({"model": "claude-opus-5-5", **FORCED, "messages": {1, object()}}, is_streamed=False)
    refuse({"model": "claude-opus-5-5", **FORCED, "extra_body": 7}, is_streamed=False)
    refuse({"model": "claude-opus-5-5", **FORCED, "stop_sequences": {object()}}, is_streamed=False)


def test_the_check_comes_before_the_local_cache(wire: Wire, settings: Settings) -> None:
    options = {"model": "claude-opus-5", "max_tokens": 0}
    create(wire, settings, validate=False, **options)
    sent = len(wire.sent)
    cache = LocalCache(folder=settings.local_cache_dir)
    answer = {"type": "message", "content": [{"type": "text", "text": "Stored."}]}
    cache.write(json.loads(wire.sent[0].content), answer, [{"input_tokens": 1, "output_tokens": 1}])
    assert create(wire, settings, **options) == "Stored."

    # The same request as a stream: its answer is stored, and the API refuses it.
    with pytest.raises(RefusedRequestError, match="max_tokens: 0 cannot be combined with stream"):
        stream(wire, settings, **options)
    with pytest.raises(RefusedRequestError):
        stream_async(wire, settings, **options)

    assert len(wire.sent) == sent == 1


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_without_validate_the_api_answers(wire: Wire, settings: Settings, way: Ask) -> None:
    with pytest.raises(BadRequestError, match="are not supported for this model"):
        way(wire, settings, validate=False, model="claude-opus-5-5", **FORCED)

    assert len(wire.sent) == 1


def test_validate_changes_no_byte_of_what_is_sent(wire: Wire, tmp_path: Path, ask: Ask) -> None:
    for validate in (False, True):
        ask(wire, Settings(local_cache_dir=tmp_path / str(validate)), validate=validate)

    first, second = wire.sent
    assert first.content == second.content


def test_a_client_that_does_not_validate_imports_none_of_the_checks() -> None:
    script = (
        "import sys; from harness.client.claude import ClaudeClient; "
        "ClaudeClient(object()).prepare('a', 'b', {}); "
        "print([name for name in sys.modules if name.startswith('harness.promptcache')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

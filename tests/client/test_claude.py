import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import NOT_GIVEN, Anthropic, AsyncAnthropic, BadRequestError, not_given, omit

from harness.client.claude import AsyncClaudeClient, ClaudeClient, message_text
from harness.client.log_lines import parse_line
from harness.client.metrics import CacheMetrics
from harness.emulator.pieces import Pieces
from harness.errors import UsageError
from harness.settings import Settings
from tests.conftest import BASE_URL, Wire

SYSTEM = "You compare resumes with jobs, carefully and briefly. " * 100
USER = "Compare these two."
ANSWER = "This is the emulator's answer to a message of 18 characters."


@dataclass(frozen=True)
class Ask:
    """One call of a client."""

    user: str = USER
    system: str = SYSTEM
    is_streamed: bool = False
    options: tuple[tuple[str, Any], ...] = ()


def bodies(wire: Wire) -> list[dict[str, Any]]:
    return [json.loads(request.content) for request in wire.sent]


def ask_sync(wire: Wire, settings: Settings, *asks: Ask, version: str = "") -> tuple[list[str], CacheMetrics]:
    with (
        httpx2.Client(transport=wire) as http,
        Anthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
    ):
        client = ClaudeClient(sdk, settings=settings, prompt_version=version)
        texts = []
        for ask in asks:
            if ask.is_streamed:
                texts.append("".join(client.stream_message(ask.system, ask.user, **dict(ask.options))))
            else:
                texts.append(message_text(client.create_message(ask.system, ask.user, **dict(ask.options))))
        return texts, client.metrics


def ask_async(wire: Wire, settings: Settings, *asks: Ask, version: str = "") -> tuple[list[str], CacheMetrics]:
    async def run() -> tuple[list[str], CacheMetrics]:
        async with (
            httpx2.AsyncClient(transport=wire) as http,
            AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
        ):
            client = AsyncClaudeClient(sdk, settings=settings, prompt_version=version)
            texts = []
            for ask in asks:
                if ask.is_streamed:
                    stream = client.stream_message(ask.system, ask.user, **dict(ask.options))
                    texts.append("".join([text async for text in stream]))
                else:
                    message = await client.create_message(ask.system, ask.user, **dict(ask.options))
                    texts.append(message_text(message))
            return texts, client.metrics

    return asyncio.run(run())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(local_cache_dir=tmp_path / "local")


@pytest.fixture(params=[ask_sync, ask_async], ids=["sync", "async"])
def ask_all(request: pytest.FixtureRequest) -> Callable[..., tuple[list[str], CacheMetrics]]:
    return request.param


STREAMED = Ask(is_streamed=True)

# Calls, changed settings; then: requests sent, local hits, whether the prompt cache was written, and read.
TABLE: tuple[tuple[str, tuple[Ask, ...], dict[str, Any], tuple[int, int, bool, bool]], ...] = (
    ("one call", (Ask(),), {}, (1, 0, True, False)),
    ("one stream", (STREAMED,), {}, (1, 0, True, False)),
    ("equal calls", (Ask(), Ask()), {}, (1, 1, True, False)),
    ("equal streams", (STREAMED, STREAMED), {}, (1, 1, True, False)),
    ("a stream after the call it equals", (Ask(), STREAMED), {}, (1, 1, True, False)),
    ("a call after the stream it equals", (STREAMED, Ask()), {}, (1, 1, True, False)),
    ("another user prompt", (Ask(), Ask(user="Other")), {}, (2, 0, True, True)),
    ("another system prompt", (Ask(), Ask(system=SYSTEM + "!")), {}, (2, 0, True, False)),
    ("another option", (Ask(), Ask(options=(("stop_sequences", ("END",)),))), {}, (2, 0, True, True)),
    ("local cache off", (Ask(), STREAMED), {"use_local_cache": False}, (2, 0, True, True)),
    ("prompt cache off", (Ask(), Ask(user="Other")), {"use_prompt_cache": False}, (2, 0, False, False)),
    (
        "both off",
        (Ask(), Ask()),
        {"use_prompt_cache": False, "use_local_cache": False},
        (2, 0, False, False),
    ),
    ("no system prompt", (Ask(system=""), Ask(system="")), {}, (1, 1, False, False)),
    (
        "a prompt below the minimum",
        (Ask(system="Be brief."), Ask(system="Be brief.", user="b")),
        {},
        (2, 0, False, False),
    ),
)


@pytest.mark.parametrize(("asks", "changes", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_sync_and_async_send_answer_and_count_alike(
    wire: Wire,
    settings: Settings,
    ask_all: Callable[..., tuple[list[str], CacheMetrics]],
    asks: tuple[Ask, ...],
    changes: dict[str, Any],
    expected: tuple[int, int, bool, bool],
) -> None:
    sent, local_hits, is_written, is_read = expected
    texts, metrics = ask_all(wire, replace(settings, **changes), *asks)
    assert texts == [f"This is the emulator's answer to a message of {len(ask.user)} characters." for ask in asks]
    assert (len(wire.sent), metrics.local_hits, metrics.local_misses) == (sent, local_hits, sent)
    assert bool(metrics.usage.cache_creation_input_tokens) is is_written
    assert bool(metrics.usage.cache_read_input_tokens) is is_read


def test_sync_and_async_send_the_same_bytes(wire: Wire, settings: Settings) -> None:
    off = replace(settings, use_local_cache=False)
    asks = (Ask(), STREAMED, Ask(options=(("max_tokens", 7), ("stop_sequences", ("END",)))))
    ask_sync(wire, off, *asks)
    ask_async(wire, off, *asks)
    sent = [request.content for request in wire.sent]
    assert sent[:3] == sent[3:]


def test_the_request_has_the_marked_system_prompt_and_the_user_prompt_behind_it(wire: Wire, settings: Settings) -> None:
    ask_sync(wire, settings, Ask())
    assert bodies(wire) == [
        {
            "model": "claude-sonnet-5-5",
            "max_tokens": 4096,
            "system": [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": USER}],
        }
    ]


def test_with_the_prompt_cache_off_nothing_is_marked(wire: Wire, settings: Settings) -> None:
    ask_sync(wire, replace(settings, use_prompt_cache=False), Ask())
    assert b"cache_control" not in wire.sent[0].content
    assert bodies(wire)[0]["system"] == [{"type": "text", "text": SYSTEM}]


def test_an_empty_system_prompt_is_left_out(wire: Wire, settings: Settings) -> None:
    ask_sync(wire, settings, Ask(system=""))
    assert "system" not in bodies(wire)[0]


def test_options_override_model_and_max_tokens(wire: Wire, settings: Settings) -> None:
    ask_sync(wire, settings, Ask(options=(("model", "claude-opus-5-5"), ("max_tokens", 16))))
    assert (bodies(wire)[0]["model"], bodies(wire)[0]["max_tokens"]) == ("claude-opus-5-5", 16)


def test_a_parameter_that_is_not_given_is_left_out(wire: Wire, settings: Settings) -> None:
    ask_sync(wire, settings, Ask(), Ask(options=(("tools", omit), ("model", not_given), ("temperature", NOT_GIVEN))))
    assert len(wire.sent) == 1


def test_streams_are_asked_for_by_the_method(wire: Wire, settings: Settings) -> None:
    assert ask_sync(wire, settings, Ask(is_streamed=True, options=(("stream", True),)))[0] == [ANSWER]
    with pytest.raises(UsageError, match=r"^create_message\(\) gives whole answers\n  try: call stream_message\(\)"):
        ask_sync(wire, settings, Ask(options=(("stream", True),)))


def test_the_model_comes_from_the_settings(wire: Wire, settings: Settings) -> None:
    ask_sync(wire, replace(settings, model="claude-opus-5-5"), Ask())
    assert bodies(wire)[0]["model"] == "claude-opus-5-5"


def test_the_local_cache_outlives_the_client_and_gives_the_same_message(wire: Wire, settings: Settings) -> None:
    with (
        httpx2.Client(transport=wire) as http,
        Anthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
    ):
        first = ClaudeClient(sdk, settings=settings).create_message(SYSTEM, USER)
        second = ClaudeClient(sdk, settings=settings).create_message(SYSTEM, USER)
    assert len(wire.sent) == 1
    assert first.model_dump() == second.model_dump()


@pytest.mark.parametrize(
    "changes",
    [{"cache_prefix": "staging"}, {"model": "claude-opus-5-5"}, {"use_prompt_cache": False}],
    ids=lambda changes: next(iter(changes)),
)
def test_other_settings_do_not_share_a_local_answer(wire: Wire, settings: Settings, changes: dict[str, Any]) -> None:
    ask_sync(wire, settings, Ask())
    ask_sync(wire, replace(settings, **changes), Ask())
    assert len(wire.sent) == 2


def test_two_prompt_versions_do_not_share_a_local_answer(wire: Wire, settings: Settings) -> None:
    ask_sync(wire, settings, Ask(), version="v1")
    ask_sync(wire, settings, Ask(), version="v2")
    ask_sync(wire, settings, Ask(), version="v1")
    assert len(wire.sent) == 2


def test_an_api_error_passes_through_and_is_neither_stored_nor_counted(
    anthropic: Anthropic, settings: Settings
) -> None:
    client = ClaudeClient(anthropic, settings=settings)
    with pytest.raises(BadRequestError, match="messages: at least one message is required"):
        client.create_message(SYSTEM, USER, messages=[])
    assert client.metrics.calls == 0
    assert not settings.local_cache_dir.exists()


class LongAnswers(Wire):
    """Streams more than one piece of text, whatever the request."""

    def __init__(self, upstream: Wire, events: int | None = None) -> None:
        super().__init__(upstream.upstream)
        self.events = events

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._cut(super().handle_request(request))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._cut(await super().handle_async_request(request))

    def _cut(self, response: httpx2.Response) -> httpx2.Response:
        assert isinstance(response.stream, Pieces)
        chunks = list(response.stream)
        delta = next(chunk for chunk in chunks if chunk.startswith(b"event: content_block_delta"))
        place = chunks.index(delta)
        chunks[place:place] = [delta, delta]
        return httpx2.Response(200, headers=response.headers, stream=Pieces(tuple(chunks[: self.events])))


def test_a_stream_whose_reader_stops_early_is_not_stored(wire: Wire, settings: Settings) -> None:
    several = LongAnswers(wire)
    with (
        httpx2.Client(transport=several) as http,
        Anthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
    ):
        client = ClaudeClient(sdk, settings=settings)
        with closing(client.stream_message(SYSTEM, USER)) as stream:
            assert next(stream) == ANSWER
        assert not settings.local_cache_dir.exists()
        assert "".join(client.stream_message(SYSTEM, USER)) == ANSWER * 3
    assert len(several.sent) == 2


def test_an_async_stream_whose_reader_stops_early_is_not_stored(wire: Wire, settings: Settings) -> None:
    several = LongAnswers(wire)

    async def run() -> None:
        async with (
            httpx2.AsyncClient(transport=several) as http,
            AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=http) as sdk,
        ):
            client = AsyncClaudeClient(sdk, settings=settings)
            async with aclosing(client.stream_message(SYSTEM, USER)) as stream:
                assert await anext(stream) == ANSWER
            assert not settings.local_cache_dir.exists()
            assert "".join([text async for text in client.stream_message(SYSTEM, USER)]) == ANSWER * 3

    asyncio.run(run())
    assert len(several.sent) == 2


def test_a_stream_that_the_server_cuts_off_is_not_stored(
    wire: Wire, settings: Settings, ask_all: Callable[..., tuple[list[str], CacheMetrics]]
) -> None:
    # message_start, content_block_start, ping and one delta; then the connection ends without message_stop.
    cut = LongAnswers(wire, events=4)
    try:
        ask_all(cut, settings, STREAMED)
    finally:
        assert not settings.local_cache_dir.exists()


@pytest.mark.parametrize("is_streamed", [False, True])
def test_an_answer_that_was_cut_off_is_not_stored(
    wire: Wire, settings: Settings, ask_all: Callable[..., tuple[list[str], CacheMetrics]], is_streamed: bool
) -> None:
    ask = Ask(is_streamed=is_streamed, options=(("max_tokens", 1),))
    _, metrics = ask_all(wire, settings, ask, ask)

    assert (len(wire.sent), metrics.local_hits) == (2, 0)
    assert not list(settings.local_cache_dir.glob("*.json"))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"response": 1}', b'{"response": {}}'])
def test_a_damaged_local_answer_is_asked_for_again(wire: Wire, settings: Settings, content: bytes) -> None:
    ask_sync(wire, settings, Ask())
    (stored,) = settings.local_cache_dir.iterdir()
    stored.write_bytes(content)
    texts, metrics = ask_sync(wire, settings, Ask())
    assert (texts, metrics.local_hits, len(wire.sent)) == ([ANSWER], 0, 2)


def test_a_call_with_options_of_the_sdk_is_answered(wire: Wire, settings: Settings) -> None:
    options = (("timeout", httpx2.Timeout(30.0)), ("extra_headers", {"x-trace": "1"}))
    texts, _ = ask_sync(wire, settings, Ask(options=options))
    assert texts == [ANSWER]


def test_a_conversation_may_hold_the_blocks_of_an_earlier_answer(anthropic: Anthropic, settings: Settings) -> None:
    client = ClaudeClient(anthropic, settings=settings)
    first = client.create_message(SYSTEM, USER)
    history = [
        {"role": "user", "content": USER},
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": "And now?"},
    ]
    assert message_text(client.create_message(SYSTEM, "", messages=history)) == ANSWER.replace("18", "8")


def test_each_call_is_logged_with_tokens_and_savings(
    wire: Wire, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="harness")
    ask_sync(wire, settings, Ask(), Ask(user="Another question"), Ask())
    lines = [parse_line(record.getMessage()) for record in caplog.records if record.name == "harness.client"]
    ids = [line.message_id for line in lines if line]
    assert [record.getMessage().partition(" message_id=")[0] for record in caplog.records] == [
        'call model=claude-sonnet-5-5 version="" read=0 written_5m=1902 written_1h=0 uncached=12 output=23 '
        "cost_usd=0.005009 saved_usd=-0.000951 local=miss",
        'call model=claude-sonnet-5-5 version="" read=1902 written_5m=0 written_1h=0 uncached=9 output=23 '
        "cost_usd=0.0004382 saved_usd=0.0036138 local=miss",
        'call model=claude-sonnet-5-5 version="" read=0 written_5m=0 written_1h=0 uncached=0 output=0 '
        "cost_usd=0 saved_usd=0.004058 local=hit",
    ]
    assert (ids[0], len(set(ids))) == (ids[2], 2)


def test_only_text_blocks_make_the_text_of_a_message(anthropic: Anthropic) -> None:
    message = anthropic.messages.create(
        model="claude-sonnet-5-5", max_tokens=99, messages=[{"role": "user", "content": USER}]
    )
    assert message_text(message) == ANSWER


def test_without_a_client_one_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "from-the-environment")
    client = ClaudeClient(settings=settings)
    assert client._client.api_key == "from-the-environment"
    client._client.close()


def test_without_settings_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, anthropic: Anthropic) -> None:
    monkeypatch.setenv("CLAUDE_MODEL", "claude-opus-5-5")
    assert ClaudeClient(anthropic).settings.model == "claude-opus-5-5"

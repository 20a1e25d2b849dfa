"""``harness.watch``: what it counts and logs, and that calls are as without it."""

import asyncio
import gzip
import json
import logging
import stat
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, AsyncAnthropic, BadRequestError
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness.client.call_log import CallRow, LoggedBlock, LoggedBreakpoint, LoggedRequest, read_row, write_row
from harness.errors import RequestError, UsageError
from harness.prompt.reading import read
from tests.client.test_streams import PIECES, Server, events
from tests.conftest import BASE_URL, Wire

SYSTEM = [{"type": "text", "text": "A secret rule. " * 300, "cache_control": {"type": "ephemeral"}}]
REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "system": SYSTEM,
    "messages": [{"role": "user", "content": "Hello"}],
}
ANSWER = {
    "id": "msg_7",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-5-5",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}


def sdk_for(transport: httpx2.BaseTransport) -> Anthropic:
    return Anthropic(
        api_key="sk-ant-key", base_url=BASE_URL, http_client=httpx2.Client(transport=transport), max_retries=0
    )


def rows(path: Path) -> list[CallRow]:
    return [read_row(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "calls.jsonl"


def test_calls_are_counted_and_logged(wire: Wire, log: Path) -> None:
    sdk = sdk_for(wire)
    with harness.watch(sdk, log=log, prompt_version="v2") as watched:
        message = sdk.messages.create(**REQUEST)
        sdk.messages.create(**REQUEST)
        sdk.messages.count_tokens(model=REQUEST["model"], messages=REQUEST["messages"])
        snapshot = watched.metrics.snapshot()

    first, second = rows(log)
    prompt = read(json.loads(wire.sent[0].content))
    assert (first.message_id, first.model, first.version) == (message.id, "claude-sonnet-5-5", "v2")
    assert (first.is_stream, first.is_partial, first.stop_reason) == (False, False, "end_turn")
    assert first.usage == message.usage.to_dict()
    assert first.request_id == message._request_id
    assert [block.path for block in first.request.blocks] == ["system[0]", "messages[0].content[0]"]
    assert [block.fingerprint for block in first.request.blocks] == [one.hex()[:32] for one in prompt.fingerprints]
    assert first.request.blocks[0].size == 4_500
    assert first.request.breakpoints == (LoggedBreakpoint(0, "5m", False),)
    assert first.request == second.request
    assert snapshot.by_version("v2") == snapshot.total
    assert snapshot.total.calls == 2
    assert snapshot.total.usage.cache_read_input_tokens == second.usage["cache_read_input_tokens"] > 0
    assert (first.cost or 0) + (second.cost or 0) == snapshot.total.cost
    assert (first.saved or 0) + (second.saved or 0) == snapshot.total.saved


def test_the_log_is_private_and_holds_no_text_and_no_key(wire: Wire, log: Path) -> None:
    sdk = sdk_for(wire)
    with harness.watch(sdk, log=log):
        sdk.messages.create(**REQUEST, extra_headers={"x-other": "sk-other"})

    data = log.read_bytes()
    assert not any(word in data for word in (b"secret", b"Hello", b"emulator's", b"sk-"))
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_with_text_the_rows_hold_the_request_and_the_answer(wire: Wire, log: Path) -> None:
    sdk = sdk_for(wire)
    with harness.watch(sdk, log=log, with_text=True):
        message = sdk.messages.create(**REQUEST)

    (row,) = rows(log)
    assert row.texts["body"] == REQUEST
    assert row.texts["answer"]["content"] == [block.to_dict() for block in message.content]


def test_streams_pass_as_they_arrive_and_are_read_to_their_end(log: Path) -> None:
    server = Server()
    sdk = sdk_for(server)
    with harness.watch(sdk, log=log) as watched:
        with sdk.messages.stream(**REQUEST) as stream:
            texts = iter(stream.text_stream)
            assert next(texts) == "Hel"
            assert server.read == 3
            assert watched.metrics.calls == 0
            assert list(texts) == PIECES[1:]
        assert watched.metrics.usage.output_tokens == 9

    (row,) = rows(log)
    assert (row.is_stream, row.is_partial, row.message_id, row.stop_reason) == (True, False, "msg_1", "end_turn")
    assert row.usage == {"input_tokens": 7, "cache_read_input_tokens": 1_000, "output_tokens": 9}


def test_a_stream_that_the_caller_leaves_is_counted_by_what_had_arrived(log: Path) -> None:
    sdk = sdk_for(Server())
    with harness.watch(sdk, log=log) as watched:
        with sdk.messages.create(**REQUEST, stream=True) as stream:
            for event in stream:
                if event.type == "content_block_delta":
                    break
        del stream
        total = watched.metrics.total

    assert (total.calls, total.partial, total.usage.input_tokens, total.usage.output_tokens) == (1, 1, 7, 1)
    assert rows(log)[0].is_partial


def test_async_clients_are_watched_too(log: Path) -> None:
    async def run() -> None:
        http = httpx2.AsyncClient(transport=Server())
        sdk = AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=http)
        with harness.watch(sdk, log=log) as watched:
            async with sdk.messages.stream(**REQUEST) as stream:
                assert [piece async for piece in stream.text_stream] == PIECES
            assert watched.metrics.calls == 1

    asyncio.run(run())

    assert rows(log)[0].usage["output_tokens"] == 9


def test_copies_of_a_client_are_watched_and_nothing_is_after_close(wire: Wire) -> None:
    sdk = sdk_for(wire)
    watched = harness.watch(sdk)
    sdk.with_options(timeout=7).messages.create(**REQUEST)
    assert watched.metrics.calls == 1

    watched.close()
    sdk.messages.create(**REQUEST)

    assert watched.metrics.calls == 1


def test_metrics_may_be_shared(wire: Wire) -> None:
    metrics = harness.CacheMetrics()
    clients = [sdk_for(wire), sdk_for(wire)]
    watches = [
        harness.watch(client, metrics=metrics, prompt_version=str(number)) for number, client in enumerate(clients)
    ]
    for client in clients:
        client.messages.create(**REQUEST)
    for one in watches:
        one.close()

    assert {version for version, _ in metrics.snapshot().parts} == {"0", "1"}


def test_errors_pass_and_are_not_counted(wire: Wire, log: Path) -> None:
    sdk = sdk_for(wire)
    with harness.watch(sdk, log=log) as watched:
        with pytest.raises(BadRequestError):
            sdk.messages.create(**{**REQUEST, "messages": []})
        assert watched.metrics.calls == 0
    assert not log.exists()


def test_a_log_that_cannot_be_written_breaks_no_call(
    wire: Wire, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    sdk = sdk_for(wire)
    with harness.watch(sdk, log=tmp_path / "file" / "calls.jsonl") as watched:
        for _ in range(2):
            assert sdk.messages.create(**REQUEST).content
            watched.flush()
        assert watched.metrics.calls == 2

    (record,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "is no folder; calls may be missing from the log" in record.getMessage()


def test_the_thread_writes_without_being_asked(wire: Wire, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.client.watch._SECONDS", 0.01)
    sdk = sdk_for(wire)
    with harness.watch(sdk, log=log) as watched:
        sdk.messages.create(**REQUEST)
        thread = watched._thread
        assert thread is not None
        for _ in range(500):
            if log.exists():
                break
            thread.join(0.01)
        assert len(rows(log)) == 1


def test_without_a_thread_calls_go_on_and_are_counted_when_asked(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    sdk = sdk_for(wire)
    with harness.watch(sdk) as watched:
        for _ in range(2):
            sdk.messages.create(**REQUEST)
        assert watched.metrics.calls == 2

    (record,) = caplog.records
    assert record.getMessage() == (
        """a call cannot be watched: RuntimeError("can't start new thread"); calls may be missing from the log"""
    )


def answering(content: bytes, kind: str, **headers: str) -> httpx2.MockTransport:
    return httpx2.MockTransport(
        lambda _: httpx2.Response(200, headers={"content-type": kind, **headers}, content=content)
    )


def test_the_bytes_of_an_answer_that_the_caller_reads_are_read_too(log: Path) -> None:
    sdk = sdk_for(answering(json.dumps(ANSWER).encode(), "application/json"))
    with harness.watch(sdk, log=log), sdk.messages.with_streaming_response.create(**REQUEST) as response:
        assert json.loads(b"".join(response.iter_bytes())) == ANSWER

    assert (rows(log)[0].message_id, rows(log)[0].is_stream) == ("msg_7", False)


def test_a_compressed_stream_is_read(log: Path) -> None:
    data = b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events())

    class Compressed(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield gzip.compress(data)

    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream; charset=utf-8", "content-encoding": "gzip"}
        return httpx2.Response(200, headers=headers, stream=Compressed())

    sdk = sdk_for(httpx2.MockTransport(answer))
    with harness.watch(sdk, log=log), sdk.messages.stream(**REQUEST) as stream:
        assert list(stream.text_stream) == PIECES

    assert rows(log)[0].usage["output_tokens"] == 9


# Address, content type, answer, model, whether it is a stream.
FRAMES = b"".join(
    b"\x00\x00:event-type" + json.dumps({"bytes": b64encode(json.dumps(one).encode()).decode()}).encode() + b"\x01"
    for one in events()
)
WHOLE = json.dumps(ANSWER).encode()
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
PLATFORMS = (
    (
        "/model/anthropic.claude-opus-4-6-v1/invoke",
        "application/json",
        WHOLE,
        "anthropic.claude-opus-4-6-v1",
        False,
    ),
    (
        f"/model/{HAIKU.replace(':', '%3A')}/invoke-with-response-stream",
        "application/vnd.amazon.eventstream",
        FRAMES,
        HAIKU,
        True,
    ),
    (
        "/v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4-6:rawPredict",
        "application/json; charset=UTF-8",
        WHOLE,
        "claude-opus-4-6",
        False,
    ),
)


@pytest.mark.parametrize(("path", "kind", "content", "model", "is_stream"), PLATFORMS)
def test_other_platforms_name_the_model_in_the_address(
    path: str, kind: str, content: bytes, model: str, is_stream: bool, log: Path
) -> None:
    http = httpx2.Client(transport=answering(content, kind), base_url="https://platform.example")
    body = {key: value for key, value in REQUEST.items() if key != "model"}
    client: Any = SimpleNamespace(_client=http)
    with harness.watch(client, log=log) as watched:
        with http.stream("POST", path, json={"anthropic_version": "bedrock-2023-05-31", **body}) as response:
            for _ in response.iter_bytes():
                pass
        assert watched.metrics.snapshot().by_model(model).calls == 1

    (row,) = rows(log)
    assert (row.model, row.is_stream, row.message_id) == (model, is_stream, "msg_1" if is_stream else "msg_7")
    assert row.request.unreadable is None


def test_what_cannot_be_read_is_logged_with_its_reason(log: Path) -> None:
    sdk = sdk_for(answering(json.dumps(ANSWER).encode(), "application/json"))
    with harness.watch(sdk, log=log) as watched:
        sdk.messages.create(**{**REQUEST, "model": "claude-unheard-of"})
        assert watched.metrics.not_priced

    (row,) = rows(log)
    assert row.request.unreadable == "model 'claude-unheard-of' is not known"
    assert (row.cost, row.saved, row.usage) == (None, None, ANSWER["usage"])


def test_something_else_than_a_client_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"^object cannot be watched: it has no HTTP client of the SDK"):
        harness.watch(object())  # type: ignore[arg-type]


TEXTS = st.text(max_size=20)
AMOUNTS = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=8)
COUNTS = st.integers(0, 2**70)
ROWS = st.builds(
    CallRow,
    at=st.datetimes(timezones=st.just(UTC)),
    seconds=st.none() | st.floats(0, 1e6),
    model=TEXTS,
    version=TEXTS,
    message_id=TEXTS,
    request_id=TEXTS,
    is_stream=st.booleans(),
    is_partial=st.booleans(),
    stop_reason=st.none() | TEXTS,
    usage=st.none() | st.dictionaries(TEXTS, COUNTS | TEXTS, max_size=3),
    cost=AMOUNTS,
    saved=AMOUNTS,
    request=st.builds(
        LoggedRequest,
        sha256=TEXTS,
        size=COUNTS,
        fingerprint_version=st.just(1),
        blocks=st.lists(st.builds(LoggedBlock, TEXTS, TEXTS, COUNTS, COUNTS), max_size=3).map(tuple),
        breakpoints=st.lists(
            st.builds(LoggedBreakpoint, COUNTS, st.sampled_from(["5m", "1h"]), st.booleans()), max_size=3
        ).map(tuple),
    )
    | st.builds(LoggedRequest, sha256=TEXTS, size=COUNTS, unreadable=TEXTS),
    texts=st.just({}) | st.fixed_dictionaries({"body": st.just({"a": 1}), "answer": st.just({"b": "ü"})}),
)


@given(ROWS)
def test_a_row_is_read_as_it_was_written(row: CallRow) -> None:
    line = write_row(row)

    assert line.endswith(b"\n")
    assert b"\n" not in line[:-1]
    assert read_row(line) == row


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 2, "request": {}}'])
def test_what_is_no_row_is_an_error(line: bytes) -> None:
    with pytest.raises(RequestError):
        read_row(line)


def test_the_whole_row() -> None:
    row = CallRow(
        at=datetime(2026, 11, 27, 13, 3, 16, tzinfo=UTC),
        seconds=0.5,
        model="claude-sonnet-5-5",
        version="v2",
        message_id="msg_1",
        request_id="req_1",
        stop_reason="end_turn",
        usage={"input_tokens": 3},
        cost=Decimal("0.0000001"),
        request=LoggedRequest(
            sha256="ab",
            size=9,
            fingerprint_version=1,
            blocks=(LoggedBlock("system[0]", "cd", 7, 0),),
            breakpoints=(LoggedBreakpoint(0, "5m", False),),
        ),
    )

    assert write_row(row).decode() == (
        '{"format":1,"at":"2026-11-27T13:03:16Z","seconds":0.5,"model":"claude-sonnet-5-5","version":"v2",'
        '"message_id":"msg_1","request_id":"req_1","stream":false,"ended":"whole","stop_reason":"end_turn",'
        '"usage":{"input_tokens":3},"cost_usd":"0.0000001","saved_usd":null,"request":{"sha256":"ab","bytes":9,'
        '"fingerprint_version":1,"blocks":[["system[0]","cd",7,0]],"breakpoints":[[0,"5m",false]]}}\n'
    )

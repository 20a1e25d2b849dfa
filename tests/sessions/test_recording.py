import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx2
import pytest

from harness.calls.call import Call
from harness.cassettes.format import Cassette, Failure, RecordedResponse
from harness.cassettes.store import CassetteStore
from harness.emulator.core import Emulator
from harness.emulator.transport import EmulatorTransport
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.provider.usage import Usage
from harness.sessions.interactions import make_call
from tests.cassettes.examples import HEADER, dump, message, request, response
from tests.cassettes.wire import (
    REQUEST,
    STREAM,
    URL,
    WAYS,
    Upstream,
    async_create,
    async_sdk,
    async_stream,
    record,
    replay,
    sync_create,
    sync_sdk,
    sync_stream,
)


@WAYS
def test_what_was_recorded_replays_with_the_same_answer_and_calls(emulator: Emulator, ask: Callable[..., str]) -> None:
    recorded_calls: list[Call] = []
    replayed_calls: list[Call] = []
    recorder = record(EmulatorTransport(emulator), recorded_calls)
    first = ask(recorder)
    recorded = Cassette(header=HEADER, interactions=recorder.interactions)
    assert ask(replay(recorded, replayed_calls)) == first
    assert recorded_calls == replayed_calls
    assert len(recorded_calls) == 1


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_stream_is_recorded_piece_by_piece(is_async: bool) -> None:
    calls: list[Call] = []
    recorder = record(Upstream(*STREAM, content_type="text/event-stream; charset=utf-8"), calls)
    assert (async_stream if is_async else sync_stream)(recorder) == "Hi"
    assert tuple(chunk.data for chunk in recorder.interactions[0].response.chunks) == STREAM
    assert calls[0].usage == Usage(input_tokens=10, output_tokens=7)


def test_interactions_stand_in_the_order_of_sending_not_of_reading() -> None:
    recorder = record(Upstream(b"{}"))
    with (
        httpx2.Client(transport=recorder) as http,
        http.stream("POST", URL, content=b'"first"') as first,
        http.stream("POST", URL, content=b'"second"') as second,
    ):
        second.read()
        assert [item.request.body for item in recorder.interactions] == [b'"second"']
        first.read()
    assert [item.request.body for item in recorder.interactions] == [b'"first"', b'"second"']


def test_threads_that_record_lose_nothing() -> None:
    calls: list[Call] = []
    recorder = record(Upstream(dump(message("Hi"))), calls)
    start = Barrier(8)

    def send(thread: int) -> None:
        with httpx2.Client(transport=recorder) as http:
            start.wait()
            for n in range(25):
                http.post(URL, content=dump([thread, n]) if n % 2 else dump(REQUEST | {"max_tokens": n + 1}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))
    assert len(recorder.interactions) == len(calls) == 200


def test_a_stream_that_was_not_read_to_its_end_is_recorded_as_far_as_it_was() -> None:
    calls: list[Call] = []
    recorder = record(Upstream(*STREAM, content_type="text/event-stream"), calls)
    with httpx2.Client(transport=recorder) as http, http.stream("POST", URL, content=dump(REQUEST)) as answer:
        next(answer.iter_raw())

    (taken,) = recorder.interactions
    assert [chunk.data for chunk in taken.response.chunks] == [STREAM[0]]
    assert taken.response.failure == Failure("ReadError", "the recording ends here: its reader stopped reading")
    assert [call.usage.input_tokens for call in calls] == [10]


class Failing(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Fails before any answer, or after some chunks of one."""

    def __init__(self, error: httpx2.TransportError, *chunks: bytes) -> None:
        self.error = error
        self.chunks = chunks

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if not self.chunks:
            raise self.error
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Breaking(self))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return self.handle_request(request)


class Breaking(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, upstream: Failing) -> None:
        self.upstream = upstream

    def __iter__(self) -> Iterator[bytes]:
        yield from self.upstream.chunks
        raise self.upstream.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.upstream.chunks:
            yield chunk
        raise self.upstream.error


ERRORS = [
    httpx2.ConnectError("refused"),
    httpx2.ConnectTimeout("too slow"),
    httpx2.ReadTimeout("too slow"),
    httpx2.RemoteProtocolError("peer closed connection"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("chunks", [(), STREAM[:2]], ids=["before", "midway"])
def test_a_call_that_breaks_breaks_in_the_same_way_and_place_when_replayed(
    error: httpx2.TransportError, chunks: tuple[bytes, ...], tmp_path: Path
) -> None:
    def read(transport: httpx2.BaseTransport) -> tuple[list[bytes], str]:
        seen: list[bytes] = []
        with (
            httpx2.Client(transport=transport) as http,
            pytest.raises(type(error)) as caught,
            http.stream("POST", URL, content=dump(REQUEST)) as answer,
        ):
            seen.extend(answer.iter_raw())
        return seen, str(caught.value)

    recorder = record(Failing(error, *chunks))
    first = read(recorder)
    store = CassetteStore(tmp_path)
    store.save("broken", Cassette(header=HEADER, interactions=recorder.interactions))

    assert read(replay(store.load("broken"))) == first == (list(chunks), str(error))


def test_a_recorded_retry_is_replayed_without_waiting(
    tmp_path: Path, emulator: Emulator, count_text: TextCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Flaky(httpx2.BaseTransport):
        def __init__(self) -> None:
            self.calls = 0

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            self.calls += 1
            if self.calls == 1:
                return httpx2.Response(529, headers={"retry-after-ms": "1"}, content=b'{"type":"error"}')
            if self.calls == 2:
                return httpx2.Response(429, headers={"retry-after": "30", "retry-after-ms": "1"}, content=b"{}")
            return EmulatorTransport(emulator).handle_request(request)

    recorder = record(Flaky())
    answer = sync_create(recorder)
    recorded = Cassette(header=HEADER, interactions=recorder.interactions)
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)

    assert sync_create(replay(recorded)) == answer
    assert [interaction.response.status for interaction in recorder.interactions] == [529, 429, 200]
    assert max(waits) <= 0.001


def test_errors_of_the_api_are_recorded_but_are_no_calls() -> None:
    calls: list[Call] = []
    recorder = record(Upstream(b'{"type":"error"}', status=400), calls)
    with httpx2.Client(transport=recorder) as http:
        http.post(URL, content=dump(REQUEST))
    assert [item.response.status for item in recorder.interactions] == [400]
    assert calls == []


SECRETS = ("key-secret", "org-secret", "workspace-secret", "cookie-secret", "ray-secret", "token-secret")
SECRET_HEADERS = ("authorization", "x-api-key", "anthropic-organization-id", "anthropic-workspace-id", "set-cookie")


@pytest.fixture(params=["sync", "async"])
def recorded_file(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    recorder = record(Upstream(dump(message("Hi"))))
    headers = {"X-Api-Key": "key-secret", "Authorization": "Bearer token-secret"}
    if request.param == "sync":
        with sync_sdk(recorder) as client:
            client.with_options(api_key="key-secret").messages.create(**REQUEST, extra_headers=headers)
    else:

        async def run() -> None:
            async with async_sdk(recorder) as client:
                await client.with_options(api_key="key-secret").messages.create(**REQUEST, extra_headers=headers)

        asyncio.run(run())
    store = CassetteStore(tmp_path)
    store.save("case", Cassette(header=HEADER, interactions=recorder.interactions))
    return store.path("case").read_text()


def test_no_secret_and_no_header_that_could_hold_one_is_in_the_file(recorded_file: str) -> None:
    assert [secret for secret in SECRETS if secret in recorded_file] == []
    assert [name for name in SECRET_HEADERS if name in recorded_file.lower()] == []
    headers = json.loads(recorded_file)["interactions"][0]["response"]["headers"]
    assert headers == {"content-type": "application/json", "request-id": "req_1"}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_the_upstream_is_asked_for_a_body_that_is_not_compressed(is_async: bool) -> None:
    upstream = Upstream(dump(message("Hi")))
    (async_create if is_async else sync_create)(record(upstream))
    assert [request.headers["accept-encoding"] for request in upstream.seen] == ["identity"]


def test_an_upstream_of_the_other_kind_is_refused() -> None:
    class SyncOnly(httpx2.BaseTransport):
        pass

    class AsyncOnly(httpx2.AsyncBaseTransport):
        pass

    sent = httpx2.Request("POST", URL, content=b"{}")
    with pytest.raises(TypeError, match=r"^the upstream of this recorder is async only$"):
        record(AsyncOnly()).handle_request(sent)
    with pytest.raises(TypeError, match=r"^the upstream of this recorder is sync only$"):
        asyncio.run(record(SyncOnly()).handle_async_request(sent))


# --- calls ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        ("/v1/messages", response(dump(message("Hi"))), Usage(input_tokens=10, output_tokens=5)),
        ("/v1/messages?beta=true", response(dump(message("Hi"))), Usage(input_tokens=10, output_tokens=5)),
        (
            "/v1/messages",
            response(b"".join(STREAM)[:100], b"".join(STREAM)[100:], content_type="text/event-stream"),
            Usage(input_tokens=10, output_tokens=7),
        ),
        ("/v1/messages", response(b'{"type":"error"}', status=529), None),
        ("/v1/messages/count_tokens", response(b'{"input_tokens":5}'), None),
        ("/v1/models", response(b"{}"), None),
    ],
)
def test_only_an_answered_messages_request_is_a_call(
    path: str, answer: RecordedResponse, expected: Usage | None
) -> None:
    call = make_call(request(REQUEST, path), answer, "anthropic", PromptReader())
    assert (call.usage if call else None) == expected
    assert call is None or (call.request, call.origin, call.model) == (REQUEST, "anthropic", "claude-sonnet-5-5")

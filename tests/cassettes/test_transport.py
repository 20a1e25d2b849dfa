import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, AnthropicError, AsyncAnthropic

from harness.cassettes.format import Cassette, Interaction, RecordedResponse
from harness.cassettes.store import CassetteStore
from harness.cassettes.transport import CassetteMissError, RecordTransport, ReplayTransport, make_call
from harness.emulator.core import Emulator
from harness.emulator.transport import Chunks, EmulatorTransport
from harness.errors import HarnessError
from harness.prompt.call import Call
from harness.provider.usage import Usage
from tests.recordings import counter
from tests.cassettes.examples import HEADER, cassette, dump, interaction, message, request, response
from tests.conftest import BASE_URL

URL = f"{BASE_URL}/v1/messages"
# In the order in which the SDK sends it.
REQUEST: dict[str, Any] = {
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hello"}],
    "model": "claude-sonnet-5-5",
}
HINT = "pytest --harness-mode=record"
STREAM = (
    b'event: message_start\ndata: {"type":"message_start","message":' + dump(message("") | {"content": []}) + b"}\n\n",
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    b'"content_block":{"type":"text","text":""}}\n\n',
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"Hi"}}\n\n',
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},'
    b'"usage":{"output_tokens":7}}\n\n',
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
)


def replay(recorded: Cassette | None, calls: list[Call] | None = None) -> ReplayTransport:
    noted = [] if calls is None else calls
    return ReplayTransport(recorded, name="suite/case", on_call=noted.append, count_text=counter(), hint=HINT)


def sync_sdk(transport: httpx2.BaseTransport) -> Anthropic:
    return Anthropic(api_key="test", base_url=BASE_URL, http_client=httpx2.Client(transport=transport))


def async_sdk(transport: httpx2.AsyncBaseTransport) -> AsyncAnthropic:
    return AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=httpx2.AsyncClient(transport=transport))


def sync_create(transport: httpx2.BaseTransport) -> str:
    with sync_sdk(transport) as client:
        return client.messages.create(**REQUEST).content[0].text


def sync_stream(transport: httpx2.BaseTransport) -> str:
    with sync_sdk(transport) as client, client.messages.stream(**REQUEST) as stream:
        return "".join(stream.text_stream)


def async_create(transport: httpx2.AsyncBaseTransport) -> str:
    async def run() -> str:
        async with async_sdk(transport) as client:
            return (await client.messages.create(**REQUEST)).content[0].text

    return asyncio.run(run())


def async_stream(transport: httpx2.AsyncBaseTransport) -> str:
    async def run() -> str:
        async with async_sdk(transport) as client, client.messages.stream(**REQUEST) as stream:
            return "".join([piece async for piece in stream.text_stream])

    return asyncio.run(run())


WAYS = pytest.mark.parametrize("ask", [sync_create, sync_stream, async_create, async_stream])


# --- replay --------------------------------------------------------------------------------------------------


def test_equal_requests_are_answered_in_the_order_recorded() -> None:
    recorded = cassette(*(interaction(REQUEST, dump(message(text))) for text in ("one", "two", "three")))
    transport = replay(recorded)
    assert [sync_create(transport), async_create(transport), sync_create(transport)] == ["one", "two", "three"]


def test_different_requests_are_answered_in_any_order() -> None:
    recorded = cassette(*(interaction({"n": n}, dump({"answer": n})) for n in range(3)))
    with httpx2.Client(transport=replay(recorded)) as http:
        assert [http.post(URL, content=dump({"n": n})).json()["answer"] for n in (2, 0, 1)] == [2, 0, 1]


def test_status_headers_and_pieces_come_back_as_recorded() -> None:
    answer = RecordedResponse(
        status=429, headers={"content-type": "text/plain", "retry-after": "3"}, chunks=(b"slow ", b"down")
    )
    recorded = cassette(Interaction(request=request({}), response=answer))
    with httpx2.Client(transport=replay(recorded)) as http, http.stream("POST", URL, content=b"{}") as got:
        assert list(got.iter_raw()) == [b"slow ", b"down"]
        assert (got.status_code, dict(got.headers)) == (429, {"content-type": "text/plain", "retry-after": "3"})


def test_a_replayed_call_is_noted_with_its_usage_and_origin() -> None:
    calls: list[Call] = []
    answer = message("Hi", cache_read_input_tokens=900)
    sync_create(replay(cassette(interaction(REQUEST, dump(answer))), calls))
    assert calls == [
        Call(
            request=REQUEST,
            usage=Usage(input_tokens=10, cache_read_input_tokens=900, output_tokens=5),
            status=200,
            origin="emulator",
        )
    ]


def test_threads_take_each_recorded_answer_exactly_once() -> None:
    threads, per_thread = 8, 50
    total = threads * per_thread
    calls: list[Call] = []
    answers = (dump(message(f"{n}", input_tokens=n)) for n in range(total))
    transport = replay(cassette(*(interaction(REQUEST, answer) for answer in answers)), calls)
    start = Barrier(threads)

    def take(_: int) -> list[str]:
        with httpx2.Client(transport=transport) as http:
            start.wait()
            return [http.post(URL, content=dump(REQUEST)).json()["content"][0]["text"] for _ in range(per_thread)]

    with ThreadPoolExecutor(threads) as pool:
        taken = [text for texts in pool.map(take, range(threads)) for text in texts]
    assert sorted(taken, key=int) == [f"{n}" for n in range(total)]
    assert sorted(call.usage.input_tokens for call in calls) == list(range(total))
    assert transport.misses == []
    with pytest.raises(CassetteMissError), httpx2.Client(transport=transport) as http:
        http.post(URL, content=dump(REQUEST))


# --- misses --------------------------------------------------------------------------------------------------


class Attempts(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Counts what the SDK tries."""

    def __init__(self, upstream: ReplayTransport) -> None:
        self.upstream = upstream
        self.count = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.count += 1
        return self.upstream.handle_request(request)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.count += 1
        return await self.upstream.handle_async_request(request)


@WAYS
def test_a_miss_is_raised_once_and_never_retried(ask: Callable[..., str]) -> None:
    transport = replay(None)
    attempts = Attempts(transport)
    with pytest.raises(CassetteMissError) as caught:
        ask(attempts)
    assert attempts.count == 1
    assert transport.misses == [caught.value]
    assert str(caught.value) == (f"no cassette 'suite/case': nothing was recorded for POST /v1/messages\n  try: {HINT}")


def test_a_miss_is_an_error_of_the_harness_and_of_the_sdk() -> None:
    assert issubclass(CassetteMissError, HarnessError)
    assert issubclass(CassetteMissError, AnthropicError)


@WAYS
def test_a_request_sent_once_more_than_recorded_is_a_miss(emulator: Emulator, ask: Callable[..., str]) -> None:
    recorder = record(EmulatorTransport(emulator))
    ask(recorder)
    transport = replay(Cassette(header=HEADER, interactions=recorder.interactions))
    ask(transport)
    with pytest.raises(CassetteMissError) as caught:
        ask(transport)
    assert str(caught.value) == (
        f"cassette 'suite/case' holds POST /v1/messages once, and it was sent once more\n  try: {HINT}"
    )


@pytest.mark.parametrize(
    "sent",
    [
        b'{"b":2,"a":1}',
        b'{"a":1, "b":2}',
        b'{"a":true,"b":2}',
        b'{"a":1.0,"b":2}',
        b'{"a":1,"b":2}\n',
        b'{"a":1,"a":1,"b":2}',
    ],
)
def test_a_body_that_differs_in_one_byte_is_a_miss(sent: bytes) -> None:
    transport = replay(cassette(interaction(b'{"a":1,"b":2}')))
    with httpx2.Client(transport=transport) as http, pytest.raises(CassetteMissError):
        http.post(URL, content=sent)


def test_another_path_is_a_miss() -> None:
    transport = replay(cassette(interaction(b"{}")))
    with httpx2.Client(transport=transport) as http, pytest.raises(CassetteMissError):
        http.post(f"{URL}/count_tokens", content=b"{}")


def test_a_miss_stays_noted_when_the_caller_swallows_it() -> None:
    transport = replay(None)
    for _ in range(2):
        with pytest.raises(CassetteMissError):
            sync_create(transport)
    assert len(transport.misses) == 2


# --- record --------------------------------------------------------------------------------------------------


class Upstream(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Answers as the real API does, with headers that must not be kept."""

    def __init__(self, *chunks: bytes, status: int = 200, content_type: str = "application/json") -> None:
        self.chunks = chunks
        self.status = status
        self.content_type = content_type
        self.seen: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._answer(request)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._answer(request)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        headers = {
            "Content-Type": self.content_type,
            "Request-Id": "req_1",
            "Anthropic-Organization-Id": "org-secret",
            "Anthropic-Workspace-Id": "workspace-secret",
            "Set-Cookie": "cookie-secret",
            "CF-Ray": "ray-secret",
        }
        return httpx2.Response(self.status, headers=headers, stream=Chunks(self.chunks))


def record(
    upstream: httpx2.BaseTransport | httpx2.AsyncBaseTransport, calls: list[Call] | None = None
) -> RecordTransport:
    return RecordTransport(upstream, origin="emulator", on_call=([] if calls is None else calls).append)


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
    assert recorder.interactions[0].response.chunks == STREAM
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


def test_a_stream_that_was_not_read_to_its_end_is_not_recorded() -> None:
    calls: list[Call] = []
    recorder = record(Upstream(*STREAM, content_type="text/event-stream"), calls)
    with httpx2.Client(transport=recorder) as http, http.stream("POST", URL, content=dump(REQUEST)) as answer:
        next(answer.iter_raw())
    assert (recorder.interactions, calls) == ((), [])


def test_a_request_whose_upstream_fails_is_not_recorded() -> None:
    class Failing(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError("refused", request=request)

    recorder = record(Failing())
    with httpx2.Client(transport=recorder) as http, pytest.raises(httpx2.ConnectError):
        http.post(URL, content=b"{}")
    assert recorder.interactions == ()


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
    call = make_call(Interaction(request=request(REQUEST, path), response=answer), "anthropic")
    assert (call.usage if call else None) == expected
    assert call is None or (call.request, call.origin, call.model) == (REQUEST, "anthropic", "claude-sonnet-5-5")

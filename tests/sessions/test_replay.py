from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx2
import pytest
from anthropic import AnthropicError

from harness.calls.call import Call
from harness.cassettes.format import Cassette, Chunk, Interaction, RecordedResponse
from harness.emulator.core import Emulator
from harness.emulator.transport import EmulatorTransport
from harness.errors import HarnessError
from harness.provider.usage import Usage
from harness.sessions.replay import CassetteMissError, ReplayTransport
from tests.cassettes.examples import HEADER, cassette, dump, interaction, message, request
from tests.cassettes.wire import HINT, REQUEST, URL, WAYS, async_create, record, replay, sync_create


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
        status=429, headers={"content-type": "text/plain", "retry-after": "3"}, chunks=(Chunk(b"slow "), Chunk(b"down"))
    )
    recorded = cassette(Interaction(request=request({}), response=answer))
    with httpx2.Client(transport=replay(recorded)) as http, http.stream("POST", URL, content=b"{}") as got:
        assert list(got.iter_raw()) == [b"slow ", b"down"]
        assert (got.status_code, dict(got.headers)) == (
            429,
            {"content-type": "text/plain", "retry-after": "3", "retry-after-ms": "1"},
        )


def test_a_replayed_call_is_noted_with_its_usage_and_origin() -> None:
    calls: list[Call] = []
    answer = message("Hi", cache_read_input_tokens=900)
    sync_create(replay(cassette(interaction(REQUEST, dump(answer))), calls))
    assert calls == [
        Call(
            body=dump(REQUEST),
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
    """Counts the attempts of the SDK."""

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
        f"cassette 'suite/case' holds POST /v1/messages once, but it was sent once more\n  try: {HINT}"
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

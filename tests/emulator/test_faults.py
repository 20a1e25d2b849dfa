"""Faults on purpose, asked for by header or by script, as the unchanged SDK meets them."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, APIConnectionError, APIStatusError, AsyncAnthropic

from harness.emulator.core import Emulator
from harness.emulator.faults import Fault
from harness.emulator.http import DROP, Pause
from harness.emulator.transport import EmulatorTransport
from harness.errors import RequestError
from tests.conftest import BASE_URL
from tests.emulator.test_core import body, parse


def send(emulator: Emulator, fault: str, **changes: Any) -> Any:
    return emulator.handle("POST", "/v1/messages", body(**changes), {"harness-fault": fault})


@pytest.fixture
def client(emulator: Emulator) -> Anthropic:
    http_client = httpx2.Client(transport=EmulatorTransport(emulator))
    return Anthropic(api_key="test", base_url=BASE_URL, http_client=http_client, max_retries=0)


REQUEST: dict[str, Any] = json.loads(body())

STATUSES = (400, 401, 402, 403, 404, 409, 413, 429, 500, 504, 529)


@pytest.mark.parametrize("status", STATUSES)
def test_an_error_has_status_type_and_text_of_the_api(client: Anthropic, status: int) -> None:
    with pytest.raises(APIStatusError) as caught:
        client.messages.create(**REQUEST, extra_headers={"harness-fault": f"status={status}"})
    assert caught.value.status_code == status
    body: Any = caught.value.body
    assert body["error"]["type"] == Fault(status=status).error["type"]
    assert body["error"]["message"]


def test_a_429_says_when_to_come_again(emulator: Emulator) -> None:
    answer = send(emulator, "status=429, retry-after=3")
    assert (answer.status, answer.headers["retry-after"]) == (429, "3")


def test_slow_answers_pause_before_the_first_event_and_between_events(emulator: Emulator) -> None:
    pieces = list(send(emulator, "first-token-seconds=2, event-seconds=0.5", stream=True).chunks)
    pauses = [piece.seconds for piece in pieces if isinstance(piece, Pause)]
    assert isinstance(pieces[0], Pause)
    assert pauses == [2.0] + [0.5] * 7


def test_what_a_slow_answer_writes_is_readable_only_when_it_begins(emulator: Emulator) -> None:
    send(emulator, "first-token-seconds=2")
    assert parse(send(emulator, ""))["usage"]["cache_read_input_tokens"] == 0
    emulator.time.advance(2)
    assert parse(send(emulator, ""))["usage"]["cache_read_input_tokens"] > 0


def test_a_cut_stream_breaks_the_connection(client: Anthropic) -> None:
    with (
        pytest.raises(httpx2.RemoteProtocolError),
        client.messages.stream(**REQUEST, extra_headers={"harness-fault": "cut-after=3"}) as stream,
    ):
        list(stream)


def test_a_dropped_connection_gives_no_answer(client: Anthropic, emulator: Emulator) -> None:
    assert list(send(emulator, "drop").chunks) == [DROP]
    with pytest.raises(APIConnectionError):
        client.messages.create(**REQUEST, extra_headers={"harness-fault": "drop"})


def test_an_error_event_ends_a_stream(client: Anthropic) -> None:
    with (
        pytest.raises(APIStatusError, match="Overloaded"),
        client.messages.stream(**REQUEST, extra_headers={"harness-fault": "error-after=3"}) as stream,
    ):
        list(stream)


def test_a_malformed_event_is_no_json(client: Anthropic) -> None:
    with (
        pytest.raises(ValueError, match=r"Unterminated|Expecting|control"),
        client.messages.stream(**REQUEST, extra_headers={"harness-fault": "malformed-after=3"}) as stream,
    ):
        list(stream)


def test_pauses_of_the_transport_do_not_block_an_event_loop(emulator: Emulator) -> None:
    async def run() -> list[str]:
        order: list[str] = []
        http_client = httpx2.AsyncClient(transport=EmulatorTransport(emulator))
        async with AsyncAnthropic(api_key="test", base_url=BASE_URL, http_client=http_client) as client:

            async def ask(name: str, fault: str) -> None:
                await client.messages.create(**REQUEST, extra_headers={"harness-fault": fault})
                order.append(name)

            await asyncio.gather(ask("slow", "first-token-seconds=0.3"), ask("fast", ""))
        return order

    assert asyncio.run(run()) == ["fast", "slow"]


OTHERS = (("POST", "/v1/messages/count_tokens"), ("GET", "/v1/models"), ("GET", "/v1/messages/batches"))


@pytest.mark.parametrize(("method", "path"), OTHERS)
def test_every_endpoint_has_faults(emulator: Emulator, method: str, path: str) -> None:
    def ask(fault: str) -> Any:
        return emulator.handle(method, path, body() if method == "POST" else b"", {"harness-fault": fault})

    assert ask("").status == 200
    assert ask("status=529").status == 529
    assert list(ask("drop").chunks) == [DROP]
    assert next(iter(ask("first_token_seconds=1").chunks)) == Pause(1)


UNKNOWN = (
    ("speed=1", "'speed' is no fault; expected one of status, type, message"),
    ("status=soon", "the fault status is 'soon', expected a number"),
    ("status=200", "the fault status is 200, expected 400 to 599"),
    ("event-seconds=1e9", "the fault event_seconds is 1e+09, expected 0 to 600 seconds"),
    ("first-token-seconds=nan", "the fault first_token_seconds is nan, expected 0 to 600 seconds"),
)


@pytest.mark.parametrize(("text", "message"), UNKNOWN)
def test_a_fault_that_is_not_known_is_refused(emulator: Emulator, text: str, message: str) -> None:
    with pytest.raises(RequestError, match="fault"):
        Fault.from_text(text)
    refused = send(emulator, text)
    assert refused.status == 400
    assert parse(refused)["error"]["message"].startswith(f"harness-fault: {message}")

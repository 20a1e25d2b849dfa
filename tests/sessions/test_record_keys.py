"""The client's own keys are recorded nowhere, and requests that hold them still find their answers."""

import gzip

import httpx2
import pytest

from harness.cassettes.format import Cassette, Interaction
from harness.cassettes.scrub import Scrubber
from harness.prompt.reader import PromptReader
from harness.sessions.record import NotRecordedError, RecordTransport
from harness.sessions.replay import CassetteMissError, ReplayTransport
from tests.cassettes.examples import HEADER, dump, interaction, message, request, response
from tests.cassettes.wire import Upstream, replay
from tests.conftest import BASE_URL
from tests.recordings import counter

FIRST, SECOND = "gateway-Key-QQQQ7777", "gateway-Key-ZZZZ8888"


def send(transport: httpx2.BaseTransport, key: str, text: str, *, query: str = "", **headers: str) -> httpx2.Response:
    body = dump({"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": text}]})
    with httpx2.Client(transport=transport) as client:
        return client.post(f"{BASE_URL}/v1/messages{query}", content=body, headers={"x-api-key": key, **headers})


def recorded(text: str, answer: str, *, query: str = "") -> Cassette:
    recorder = RecordTransport(
        Upstream(dump(message(answer))), origin="anthropic", on_call=lambda _: None, reader=PromptReader(counter())
    )
    send(recorder, FIRST, text, query=query)
    return Cassette(header=HEADER, interactions=recorder.interactions)


@pytest.mark.parametrize("query", ["", f"?key={FIRST}", f"?q={FIRST}"])
def test_key_of_the_client_is_neither_in_request_nor_answer(query: str) -> None:
    cassette = recorded(f"my key is {FIRST}", f"no, {FIRST} is mine", query=query)

    (item,) = cassette.interactions
    for stored in (item.request.path, item.request.body.decode(), item.response.body.decode()):
        assert FIRST not in stored
    other = query.replace(FIRST, SECOND)
    assert send(replay(cassette), SECOND, f"my key is {SECOND}", query=other).content == item.response.body


def test_word_that_is_the_key_of_a_replay_only_is_found() -> None:
    cassette = recorded("the placeholder stays", "yes")

    assert send(replay(cassette), "placeholder", "the placeholder stays").status_code == 200


def test_cassette_that_was_recorded_with_a_key_in_it_is_found() -> None:
    body = {"messages": [{"role": "user", "content": "sk-ant-old"}]}
    old = Interaction(request=request(body), response=response(b"first"))
    again = Interaction(request=request(body), response=response(b"second"))
    transport = replay(Cassette(header=HEADER, interactions=(old, again)))

    with httpx2.Client(transport=transport) as client:
        answers = [client.post(f"{BASE_URL}/v1/messages", content=dump(body)).content for _ in range(2)]
        with pytest.raises(CassetteMissError):
            client.post(f"{BASE_URL}/v1/messages", content=dump(body))

    assert answers == [b"first", b"second"]
    assert transport.unplayed == ()


def test_miss_does_not_quote_the_key_of_its_client() -> None:
    transport = replay(Cassette(header=HEADER, interactions=(interaction({}),)))

    with pytest.raises(CassetteMissError) as caught:
        send(transport, FIRST, f"my key is {FIRST}", query=f"?key={FIRST}")

    assert caught.value.sent is not None
    assert FIRST not in f"{caught.value} {caught.value.sent.path} {caught.value.sent.body.decode()}"


def test_compressed_request_is_matched_decoded_and_refused_if_it_cannot_be() -> None:
    body = dump({"messages": []})
    recorder = RecordTransport(Upstream(b"{}"), origin="anthropic", on_call=lambda _: None)
    headers = {"content-encoding": "gzip"}
    with httpx2.Client(transport=recorder) as client:
        client.post(f"{BASE_URL}/v1/messages", content=gzip.compress(body), headers=headers)
        with pytest.raises(NotRecordedError) as refused:
            client.post(f"{BASE_URL}/v1/messages", content=b"\x1f\x8b\xff", headers=headers)
    cassette = Cassette(header=HEADER, interactions=recorder.interactions)
    player = ReplayTransport(cassette, on_call=lambda _: None, make_miss=lambda _: CassetteMissError("no"))
    with httpx2.Client(transport=player) as client:
        client.post(f"{BASE_URL}/v1/messages", content=body)

    assert recorder.interactions[0].request.body == body
    assert str(refused.value).startswith("POST to api.anthropic.com cannot be recorded: a gzip body is cut off")


def test_key_of_the_environment_is_taken_out_in_replay_too() -> None:
    scrubber = Scrubber(values=frozenset({SECOND}))
    sent = scrubber.request(request({"system": SECOND}))

    assert sent.body == dump({"system": "<api-key>"})

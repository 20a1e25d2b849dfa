"""Event streams of Bedrock in cassettes: exact bytes, texts that can be searched, secrets across frames."""

import json
from pathlib import Path

import pytest

from harness.calls.event_stream import decode_frames, encode_frame, make_event
from harness.calls.surface_answers import write_aws_stream
from harness.cassettes.aws_streams import as_text, split_stream
from harness.cassettes.format import (
    Cassette,
    Chunk,
    Header,
    Interaction,
    RecordedRequest,
    RecordedResponse,
    decode,
    encode,
)
from harness.cassettes.hygiene import check
from harness.cassettes.interchange import read_response
from harness.cassettes.scan import read_texts
from harness.cassettes.scrub import Scrubber
from harness.cassettes.store import CassetteStore
from harness.emulator.events import write_events

HEADERS = {"content-type": "application/vnd.amazon.eventstream"}
KEY = "sk-ant-" + "api03-abcdefghij0123456789"
PATH = "/model/anthropic.claude-opus-5/converse-stream"


def stream(text: str, api: str) -> RecordedResponse:
    message = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "a",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    assert api in ("invoke", "converse")
    pieces = write_aws_stream(b"".join(write_events(message)), api)  # type: ignore[arg-type]
    return RecordedResponse(status=200, headers=HEADERS, chunks=tuple(map(Chunk, pieces)))


def cassette_of(response: RecordedResponse) -> Cassette:
    request = RecordedRequest.from_body("POST", PATH, b"{}")
    header = Header(origin="emulator", recorded_at="2026-11-27T00:00:00Z", sdk="x")
    return Cassette(header=header, interactions=(Interaction(request=request, response=response),))


@pytest.mark.parametrize("api", ["invoke", "converse"])
def test_bytes_of_a_stream_are_kept_exactly(api: str) -> None:
    response = stream("Hello " * 100, api)
    text = encode(cassette_of(response), lambda _: "")
    assert decode(text, lambda _: "").interactions[0].response == response


@pytest.mark.parametrize("api", ["invoke", "converse"])
def test_key_that_spans_frames_is_removed_and_the_frames_stay_whole(api: str) -> None:
    scrubbed = Scrubber().response(stream(f"{'x' * 110}{KEY} end", api))
    frames = decode_frames(scrubbed.body)
    assert len(frames) == len(scrubbed.chunks)
    texts = [text for side, _, text in read_texts(cassette_of(scrubbed).interactions[0]) if side == "response"]
    assert f"{'x' * 110}<api-key> end" in texts
    assert Scrubber().response(scrubbed) == scrubbed


def test_key_outside_of_the_text_is_removed() -> None:
    frame = make_event("metadata", json.dumps({"trace": {"note": KEY}}).encode())
    response = RecordedResponse(status=200, headers=HEADERS, chunks=(Chunk(encode_frame(frame)),))
    scrubbed = Scrubber().response(response)
    assert json.loads(decode_frames(scrubbed.body)[0].payload) == {"trace": {"note": "<api-key>"}}


@pytest.mark.parametrize("api", ["invoke", "converse"])
def test_stream_without_secrets_is_not_changed(api: str) -> None:
    response = stream("Hello " * 100, api)
    assert Scrubber().response(response) is response


def test_damaged_stream_is_scrubbed_as_any_body() -> None:
    response = RecordedResponse(status=200, headers=HEADERS, chunks=(Chunk(f"no frames {KEY}".encode()),))
    assert Scrubber().response(response).body == b"no frames <api-key>"
    assert as_text(response) is response


@pytest.mark.parametrize("api", ["invoke", "converse"])
def test_check_finds_a_key_in_frames(api: str, tmp_path: Path) -> None:
    store = CassetteStore(tmp_path)
    store.save("clean", cassette_of(stream("Hello", api)))
    assert check(tmp_path) == []
    store.save("leak", cassette_of(stream(f"{'x' * 110}{KEY} end", api)))
    assert {problem.path.name for problem in check(tmp_path)} == {"leak.json"}


def test_check_finds_a_key_outside_of_the_text(tmp_path: Path) -> None:
    frame = make_event("metadata", json.dumps({"trace": {"note": KEY}}).encode())
    response = RecordedResponse(status=200, headers=HEADERS, chunks=(Chunk(encode_frame(frame)),))
    CassetteStore(tmp_path).save("leak", cassette_of(response))
    assert [problem.path.name for problem in check(tmp_path)] == ["leak.json"]
    places = [place for side, place, _ in read_texts(cassette_of(response).interactions[0]) if side == "response"]
    assert "trace.note" in places


def test_response_is_split_into_frames() -> None:
    whole = stream("Hello", "invoke")
    assert read_response(200, HEADERS, whole.body).chunks == whole.chunks
    assert split_stream(whole.body + b"rest")[-1] == b"rest"
    assert split_stream(b"no frames at all") == (b"no frames at all",)
    assert split_stream(b"") == (b"",)

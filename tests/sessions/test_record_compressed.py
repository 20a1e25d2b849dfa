"""Upstreams that compress although they were asked not to: recorded decoded and scrubbed, or refused."""

import asyncio
import gzip
from collections.abc import Callable

import brotli
import httpx2
import pytest

from harness.calls.call import Call
from harness.cassettes.format import Cassette
from harness.sessions.record import NotRecordedError, RecordTransport
from tests.cassettes.examples import HEADER, dump, message
from tests.cassettes.test_decoding import raw_deflate, zstd
from tests.cassettes.wire import (
    REQUEST,
    STREAM,
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

ANSWER = dump(message("the key is sk-ant-api03-secret"))

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "br, gzip": lambda body: gzip.compress(brotli.compress(body)),
}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("encoding", PACK)
def test_compressed_answer_is_recorded_as_text_without_its_key(encoding: str, is_async: bool) -> None:
    calls: list[Call] = []
    ask = async_create if is_async else sync_create
    recorder = record(Upstream(PACK[encoding](ANSWER), encoding=encoding), calls)

    assert ask(recorder) == "the key is sk-ant-api03-secret"

    (interaction,) = recorder.interactions
    assert interaction.response.body == ANSWER.replace(b"sk-ant-api03-secret", b"<api-key>")
    assert ask(replay(Cassette(header=HEADER, interactions=(interaction,)))) == "the key is <api-key>"
    assert len(calls) == 1


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("encoding", PACK)
def test_compressed_stream_keeps_its_chunks(encoding: str, is_async: bool) -> None:
    packed = PACK[encoding](b"".join(STREAM))
    pieces = tuple(packed[start : start + 40] for start in range(0, len(packed), 40))
    recorder = record(Upstream(*pieces, content_type="text/event-stream", encoding=encoding))

    assert (async_stream if is_async else sync_stream)(recorder) == "Hi"

    response = recorder.interactions[0].response
    assert response.body == b"".join(STREAM)
    assert all(chunk.data for chunk in response.chunks)


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("gzip", gzip.compress(ANSWER)[:-4], "a gzip body is cut off"),
        ("zstd", b"\xff" * 20, "a zstd body is damaged: Unable to decompress Zstandard data: Unknown frame descriptor"),
        ("aes", b"\xff" * 20, "a body is compressed with 'aes', expected gzip, deflate, br or zstd"),
        (None, gzip.compress(ANSWER), "it is not text, and no content-encoding says how to decode it"),
    ],
)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_answer_that_cannot_be_decoded_is_refused_at_once(
    encoding: str | None, body: bytes, reason: str, is_async: bool
) -> None:
    upstream = Upstream(body, encoding=encoding)
    recorder = record(upstream)

    with pytest.raises(NotRecordedError) as caught:
        (async_create if is_async else sync_create)(recorder)

    assert str(caught.value) == (
        f"the answer to POST /v1/messages cannot be recorded: {reason}\n"
        "  try: ask the owner of the upstream to respect accept-encoding: identity"
    )
    assert recorder.refused == [caught.value]
    assert recorder.interactions == ()
    assert len(upstream.seen) == 1


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_compressed_stream_that_is_not_read_to_its_end_is_recorded_as_far_as_it_came(is_async: bool) -> None:
    packed = gzip.compress(b"".join(STREAM))
    recorder = record(Upstream(packed[:-9], packed[-9:], content_type="text/event-stream", encoding="gzip"))

    (_leave_async if is_async else _leave)(recorder)

    (interaction,) = recorder.interactions
    assert interaction.response.failure is not None
    assert interaction.response.body
    assert b"".join(STREAM).startswith(interaction.response.body)


def _leave(recorder: RecordTransport) -> None:
    with sync_sdk(recorder) as client, client.messages.stream(**REQUEST) as stream:
        next(iter(stream))


def _leave_async(recorder: RecordTransport) -> None:
    async def run() -> None:
        async with async_sdk(recorder) as client, client.messages.stream(**REQUEST) as stream:
            async for _ in stream:
                break

    asyncio.run(run())


def test_file_that_is_no_text_is_recorded() -> None:
    recorder = record(Upstream(b"\x89PNG\r\n\xff", content_type="image/png"))

    with httpx2.Client(transport=recorder) as client:
        client.get("https://api.anthropic.com/v1/files/file_1/content")

    assert recorder.interactions[0].response.body == b"\x89PNG\r\n\xff"

"""The event streams of Amazon Bedrock in cassettes: read as text, scrubbed frame by frame."""

from collections.abc import Callable
from dataclasses import replace

from harness.calls.event_stream import decode_frames, encode_frame, is_aws_stream, split_frames
from harness.calls.surface_answers import EVENT_STREAM, is_converse_stream, read_aws_stream, write_aws_stream
from harness.cassettes.format import Chunk, RecordedResponse

Scrub = Callable[[bytes], bytes]


def as_text(response: RecordedResponse) -> RecordedResponse:
    """The same response with its frames as server-sent events, if it has any that can be read."""
    if not is_aws_stream(response.headers):
        return response
    try:
        body = read_aws_stream(response.body)
    except ValueError:
        return response
    return replace(response, headers={**response.headers, "content-type": EVENT_STREAM}, chunks=(Chunk(body),))


def read_payloads(response: RecordedResponse) -> list[bytes]:
    """The payloads of all frames; empty for a response that has none."""
    try:
        return [frame.payload for frame in decode_frames(response.body)] if is_aws_stream(response.headers) else []
    except ValueError:
        return []


def split_stream(body: bytes) -> tuple[bytes, ...]:
    """Split a stream into its frames, and what is left of a frame that was cut off."""
    try:
        frames = tuple(split_frames(body))
    except ValueError:
        return (body,)
    rest = body[sum(map(len, frames)) :]
    return (*frames, *((rest,) if rest else ())) or (body,)


def scrub_frames(chunks: tuple[Chunk, ...], scrub: Scrub, scrub_events: Scrub) -> tuple[Chunk, ...]:
    """Scrub all frames as server-sent events with ``scrub_events``, then each frame with ``scrub``.

    In the other order, a secret that spans two frames could lose only its beginning. The lengths and checksums of
    frames are written again. A stream that changes has one chunk a frame, and no frame that was cut off: nothing can be
    found in half a frame.

    Raises:
        ValueError: the chunks are no frames.
    """
    body = b"".join(chunk.data for chunk in chunks)
    frames = sent = decode_frames(body)
    events = read_aws_stream(body)
    scrubbed = scrub_events(events)
    if scrubbed != events:
        pieces = write_aws_stream(scrubbed, "converse" if is_converse_stream(frames) else "invoke")
        frames = decode_frames(b"".join(pieces))
    frames = [frame._replace(payload=scrub(frame.payload)) for frame in frames]
    return chunks if frames == sent else tuple(Chunk(encode_frame(frame)) for frame in frames)

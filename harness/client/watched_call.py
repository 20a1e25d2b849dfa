"""A call of a watched client: what its HTTP exchange says, read after the call."""

import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from harness.calls.answer import assemble_message
from harness.calls.events import read_events
from harness.calls.stream_usage import list_usages, merge_usages, read_usages
from harness.client.answers import usage_so_far
from harness.client.call_log import DIGITS, CallRow, LoggedBlock, LoggedBreakpoint, LoggedRequest
from harness.client.metrics import Answered, noon
from harness.errors import RequestError, UnknownModelError, UnknownPriceError
from harness.numbers import read_object
from harness.prompt.fingerprint import VERSION
from harness.prompt.reading import read
from harness.prompt.text import block_text
from harness.provider.pricing import price, price_without_cache
from harness.provider.usage import Usage

AWS_EVENTS = "application/vnd.amazon.eventstream"
"""How Bedrock frames a stream: each event as JSON, in Base64, in a binary message."""

_AWS_EVENT = re.compile(rb'"bytes"\s*:\s*"([A-Za-z0-9+/=]+)"')
_MODEL_IN_PATH = re.compile(r"/models?/([^/:]+(?::[0-9]+)?)(?:/invoke|:)")
"""Bedrock and Vertex name the model in the address, not in the body."""


class Tap:
    """Keeps the bytes of an answer as they pass to its reader, after its encoding is undone."""

    def __init__(self, response: Any) -> None:
        self.chunks: list[bytes] = []
        self.is_over = False
        self._is_in_memory = bool(response.is_closed)
        self._read, self._read_async = response.iter_bytes, response.aiter_bytes
        response.iter_bytes, response.aiter_bytes = self._iter, self._aiter

    def has_ended(self, response: Any) -> bool:
        """Whether nothing more will pass; an answer that a test made has never been open."""
        return self.is_over or (bool(response.is_closed) and not self._is_in_memory)

    def _iter(self, chunk_size: int | None = None) -> Iterator[bytes]:
        try:
            for chunk in self._read(chunk_size):
                self.chunks.append(chunk)
                yield chunk
        finally:
            self.is_over = True

    async def _aiter(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._read_async(chunk_size):
                self.chunks.append(chunk)
                yield chunk
        finally:
            self.is_over = True


@dataclass(frozen=True, kw_only=True)
class WatchedCall:
    """One answered call."""

    started: float
    """Unix time."""
    response: Any
    """The response of ``httpx2``, with its request."""
    version: str
    """Prompt version."""
    tap: Tap | None
    """What has passed of an answer that the caller reads; ``None`` if the SDK has read it."""

    @property
    def is_over(self) -> bool:
        """Whether the answer was read, or left."""
        return bool(self.response.is_closed) if self.tap is None else self.tap.has_ended(self.response)

    @cached_property
    def body(self) -> bytes:
        """The body of the request."""
        content: bytes = self.response.request.content
        return content

    @cached_property
    def request(self) -> dict[str, Any]:
        """The parameters of the request, with the model that its address names."""
        parameters = read_object(self.body) or {}
        found = _MODEL_IN_PATH.search(unquote(self.response.request.url.path))
        return {"model": found[1], **parameters} if found else parameters

    @property
    def model(self) -> str:
        """The requested model."""
        return str(self.request.get("model"))

    @cached_property
    def events(self) -> list[dict[str, Any]] | None:
        """The events of a stream, as far as they were read; ``None`` if the answer is no stream."""
        if self.tap is None:
            return None
        data = b"".join(self.tap.chunks)
        if self.response.headers.get("content-type", "").startswith(AWS_EVENTS):
            return [event for found in _AWS_EVENT.findall(data) if (event := read_object(b64decode(found))) is not None]
        if b"data:" not in data[:65_536]:
            # A whole answer that the caller reads in pieces.
            return None
        return read_events(data)

    @cached_property
    def answer(self) -> dict[str, Any]:
        """The message; of a stream, as far as it was read."""
        if self.events is not None:
            return assemble_message(self.events)
        data = self.response.content if self.tap is None else b"".join(self.tap.chunks)
        return read_object(data) or {}

    @property
    def usages(self) -> Sequence[Any]:
        """The usages of the answer: one, or those of a stream."""
        return [self.answer.get("usage")] if self.events is None else list_usages(self.events)

    @property
    def is_partial(self) -> bool:
        """Whether it is a stream that ended early."""
        return self.events is not None and not any(event.get("type") == "message_stop" for event in self.events[-2:])

    @cached_property
    def usage(self) -> Usage:
        """The usage as far as it is known."""
        if not self.is_partial:
            return read_usages(self.usages)
        deltas = sum(event.get("type") == "content_block_delta" for event in self.events or ())
        return usage_so_far(self.usages, deltas)

    def account(self) -> Answered:
        """What the metrics count."""
        at = datetime.fromtimestamp(self.started, UTC)
        return Answered(
            partial(_same, self.usage), self.model, self.version, self._message_id, at, is_partial=self.is_partial
        )

    def row(self, *, with_text: bool) -> CallRow:
        """What the log keeps."""
        usage, at = self.usage, datetime.fromtimestamp(self.started, UTC)
        cost = saved = None
        try:
            cost = price(usage, self.model, at=noon(at))
            saved = price_without_cache(usage, self.model, at=noon(at)) - cost
        except UnknownPriceError:
            pass
        return CallRow(
            at=at,
            seconds=self._seconds,
            model=self.model,
            version=self.version,
            message_id=self._message_id,
            request_id=self.response.headers.get("request-id", ""),
            is_stream=self.events is not None,
            is_partial=self.is_partial,
            stop_reason=self.answer.get("stop_reason"),
            usage=merge_usages(self.usages),
            cost=cost,
            saved=saved,
            request=_describe(self.body, self.request),
            texts={"body": self.request, "answer": self.answer} if with_text else {},
        )

    @property
    def _seconds(self) -> float | None:
        try:
            return round(float(self.response.elapsed.total_seconds()), 6)
        except RuntimeError:
            # An answer that a test made.
            return None

    @property
    def _message_id(self) -> str:
        return str(self.answer.get("id") or "")


def _describe(body: bytes, request: dict[str, Any]) -> LoggedRequest:
    digest = sha256(body).hexdigest()
    try:
        prompt = read(request)
        fingerprints = prompt.fingerprints
    except (RequestError, UnknownModelError) as error:
        return LoggedRequest(sha256=digest, size=len(body), unreadable=error.message)
    parts = zip(prompt.blocks, fingerprints, prompt.positions, strict=True)
    return LoggedRequest(
        sha256=digest,
        size=len(body),
        fingerprint_version=VERSION,
        blocks=tuple(
            LoggedBlock(block.path, mark.hex()[:DIGITS], len(block_text(block).encode(errors="replace")), position)
            for block, mark, position in parts
        ),
        breakpoints=tuple(LoggedBreakpoint(*point) for point in prompt.breakpoints),
    )


def _same(usage: Usage) -> Usage:
    return usage

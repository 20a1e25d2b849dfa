"""The format of a cassette on disk: JSON that reads well in a pull request and reproduces every byte.

A JSON body is stored as JSON, with long texts named by digest (``{"$blob": …}``) and stored
once beside the cassettes, but only if that reproduces the bytes. Any other body is stored as
text, or as base64 if it is not UTF-8. A stored SHA-256 proves each body.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple, Self

from harness.calls.event_stream import ERROR_TYPE, STREAM_TYPE
from harness.calls.surface_requests import message_body
from harness.errors import CassetteError
from harness.files import check_depth
from harness.provider.endpoints import Origin

VERSION = 1
BLOB_CHARACTERS = 1_000
"""Texts of at least this length are stored as blobs."""

BLOB_NAME = re.compile(r'"\$blob": "([^"]*)"')
"""Matches the names of blobs in the text of a cassette."""

_DIGEST_LINE = re.compile(r' "sha256": "([0-9a-f]{64})",')

_MAX_DEPTH = 100
"""Bodies nested deeper are stored as text: writing them as JSON would recurse too deep."""

_MAX_FILE_DEPTH = 2 * _MAX_DEPTH
"""No cassette is nested this deep: what is around a body adds a few levels only."""

KEPT_RESPONSE_HEADERS = frozenset(
    {"content-type", "request-id", "retry-after", "retry-after-ms", "x-should-retry", ERROR_TYPE, STREAM_TYPE}
)
"""The only response headers that are recorded: others could hold an organization's id."""

PutBlob = Callable[[str], str]
"""Stores a text and returns its digest."""
GetBlob = Callable[[str], str]
"""Returns the text of a digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """The request of an interaction, without any header that could hold a secret."""

    method: str
    path: str
    digest: str
    """SHA-256 (hex) of the body's exact bytes."""
    load_body: Callable[[], bytes] = field(compare=False, repr=False)
    """Returns the body; for a cassette on disk, it is assembled only when it is needed."""

    @classmethod
    def from_body(cls, method: str, path: str, body: bytes) -> Self:
        """Make a request from a body in memory."""
        return cls(method=method, path=path, digest=sha256(body).hexdigest(), load_body=lambda: body)

    @property
    def body(self) -> bytes:
        """The exact bytes of the body."""
        return self.load_body()

    @property
    def message_body(self) -> bytes:
        """The body as that of a Messages request, whatever surface the request goes to."""
        return message_body(self.method, self.path, self.body)

    @property
    def key(self) -> tuple[str, str, str]:
        """The key that requests are matched on: method, path and digest of the exact body."""
        return self.method, self.path, self.digest


class Chunk(NamedTuple):
    """One piece of a body, as it arrived."""

    data: bytes
    after_ms: int = 0
    """Milliseconds since the previous piece or the start of the response, rounded to 10 ms."""


class Failure(NamedTuple):
    """The error that broke a call, such as a time-out or a dropped connection."""

    kind: str
    """Name of the exception class of ``httpx2``: ``ReadTimeout``, ``RemoteProtocolError``, …"""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResponse:
    """A recorded response: whole, cut off, or missing because the call broke."""

    status: int | None
    """``None`` if the call broke before a response began; then there is a ``failure``."""
    headers: Mapping[str, str]
    chunks: tuple[Chunk, ...]
    failure: Failure | None = None

    @property
    def body(self) -> bytes:
        """The body, or the part of it that arrived."""
        return b"".join(chunk.data for chunk in self.chunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One recorded request with its response."""

    request: RecordedRequest
    response: RecordedResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Origin, time and SDK of a recording."""

    origin: Origin
    recorded_at: str
    """ISO 8601, UTC."""
    sdk: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """A recorded sequence of interactions, in the order of their requests."""

    header: Header
    interactions: tuple[Interaction, ...]


def encode(cassette: Cassette, put_blob: PutBlob) -> str:
    """Write a cassette as the text of its file; long texts go to ``put_blob``."""
    return sign(
        {
            "recorded": {
                "from": cassette.header.origin,
                "at": cassette.header.recorded_at,
                "sdk": cassette.header.sdk,
            },
            "interactions": [_encode_interaction(interaction, put_blob) for interaction in cassette.interactions],
        }
    )


def sign(content: dict[str, Any]) -> str:
    """Write the text of a cassette file: version and digest on separate lines, then the content of that digest."""
    rest = json.dumps(content, ensure_ascii=False, indent=1)[2:] + "\n"
    digest = sha256(rest.encode("utf-8", "surrogatepass")).hexdigest()
    return f'{{\n "format": {VERSION},\n "sha256": "{digest}",\n{rest}'


def decode(text: str, get_blob: GetBlob) -> Cassette:
    """Read a cassette from the text of its file, and check the blobs that it names.

    Raises:
        CassetteError: the text is not a cassette, has another version, or was changed since it
            was recorded; or a blob is missing or was changed.
    """
    try:
        check_depth(text, _MAX_FILE_DEPTH)
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CassetteError(f"not a cassette: {error}") from None
    version = document.get("format") if isinstance(document, dict) else None
    if version != VERSION:
        raise CassetteError(f"cassette format is {version!r}, expected {VERSION}")
    _prove_text(text)
    for digest in set(BLOB_NAME.findall(text)):
        get_blob(digest)
    try:
        recorded = document["recorded"]
        if recorded["from"] not in ("anthropic", "emulator"):
            raise CassetteError(f"recorded from {recorded['from']!r}, expected anthropic or emulator")
        header = Header(origin=recorded["from"], recorded_at=str(recorded["at"]), sdk=str(recorded["sdk"]))
        interactions = tuple(
            _decode_interaction(item, number, get_blob) for number, item in enumerate(document["interactions"])
        )
    except CassetteError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise CassetteError(f"not a cassette: {type(error).__name__} at {error}") from None
    return Cassette(header=header, interactions=interactions)


def _prove_text(text: str) -> None:
    lines = text.split("\n", 3)
    named = _DIGEST_LINE.fullmatch(lines[2]) if len(lines) == 4 else None
    if named is None or sha256(lines[3].encode("utf-8", "surrogatepass")).hexdigest() != named[1]:
        raise CassetteError(
            "changed since it was recorded (its sha256 differs): edited by hand, or with other line endings"
        )


def _encode_interaction(interaction: Interaction, put_blob: PutBlob) -> dict[str, Any]:
    request, response = interaction.request, interaction.response
    return {
        "request": {
            "method": request.method,
            "path": request.path,
            "sha256": request.digest,
            **_encode_body(request.body, put_blob),
        },
        "response": _encode_response(response, put_blob),
    }


def _encode_response(response: RecordedResponse, put_blob: PutBlob) -> dict[str, Any]:
    item: dict[str, Any] = {}
    if response.status is not None:
        item = {
            "status": response.status,
            "headers": dict(response.headers),
            "sha256": sha256(response.body).hexdigest(),
            **_encode_chunks(response.chunks, put_blob),
        }
    if response.failure is not None:
        item["failure"] = {"kind": response.failure.kind, "message": response.failure.message}
    return item


def _decode_interaction(item: dict[str, Any], number: int, get_blob: GetBlob) -> Interaction:
    request, response = item["request"], item["response"]

    def load_body() -> bytes:
        place = f"interactions[{number}].request"
        try:
            body = _decode_body(request, get_blob)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise CassetteError(f"{place}: not a body: {type(error).__name__} at {error}") from None
        _prove(body, request["sha256"], place)
        return body

    return Interaction(
        request=RecordedRequest(
            method=str(request["method"]),
            path=str(request["path"]),
            digest=str(request["sha256"]),
            load_body=load_body,
        ),
        response=_decode_response(response, f"interactions[{number}].response", get_blob),
    )


def _decode_response(item: dict[str, Any], place: str, get_blob: GetBlob) -> RecordedResponse:
    failure = Failure(str(item["failure"]["kind"]), str(item["failure"]["message"])) if "failure" in item else None
    if "status" not in item:
        if failure is None:
            raise CassetteError(f"{place}: neither a status nor a failure")
        return RecordedResponse(status=None, headers={}, chunks=(), failure=failure)
    response = RecordedResponse(
        status=int(item["status"]),
        headers={str(name): str(value) for name, value in item["headers"].items()},
        chunks=_decode_chunks(item, get_blob),
        failure=failure,
    )
    _prove(response.body, item["sha256"], place)
    return response


def _prove(body: bytes, digest: str, place: str) -> None:
    if sha256(body).hexdigest() != digest:
        raise CassetteError(f"{place}: the body is not the one that was recorded (its sha256 differs)")


def _encode_body(body: bytes, put_blob: PutBlob) -> dict[str, Any]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {"text": text}
    if _depth(value) > _MAX_DEPTH or _dump(value) != text or _has_blob_key(value):
        return {"text": text}
    return {"json": _with_blobs(value, put_blob)}


def _decode_body(item: Mapping[str, Any], get_blob: GetBlob) -> bytes:
    if "json" in item:
        text = _dump(item["json"])
        # Searching the text is faster than walking over the value.
        return (_dump(_without_blobs(item["json"], get_blob)) if '"$blob"' in text else text).encode()
    if "text" in item:
        return str(item["text"]).encode()
    return _decode_base64(item["base64"])


def _encode_chunks(chunks: tuple[Chunk, ...], put_blob: PutBlob) -> dict[str, Any]:
    if len(chunks) == 1:
        after = {"after_ms": chunks[0].after_ms} if chunks[0].after_ms else {}
        return {**_encode_body(chunks[0].data, put_blob), **after}
    try:
        return {"chunks": [[chunk.after_ms, chunk.data.decode()] for chunk in chunks]}
    except UnicodeDecodeError:
        encoded = [(chunk.after_ms, base64.b64encode(chunk.data).decode("ascii")) for chunk in chunks]
        return {"chunks": [[after_ms, {"base64": data}] for after_ms, data in encoded]}


def _decode_chunks(item: Mapping[str, Any], get_blob: GetBlob) -> tuple[Chunk, ...]:
    if "chunks" not in item:
        return (Chunk(_decode_body(item, get_blob), int(item.get("after_ms", 0))),)
    return tuple(
        Chunk(data.encode() if isinstance(data, str) else _decode_base64(data["base64"]), int(after_ms))
        for after_ms, data in item["chunks"]
    )


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise CassetteError(f"a body is not base64: {error}") from None


def _dump(value: Any) -> str:
    # The form that the official SDK sends, so that its bodies are reproduced to the byte.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _depth(value: Any) -> int:
    """Count levels of nesting without recursion."""
    depth, level = 0, [value]
    while level and depth <= _MAX_DEPTH:
        depth += 1
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _has_blob_key(value: Any) -> bool:
    if isinstance(value, dict):
        return "$blob" in value or any(_has_blob_key(item) for item in value.values())
    return isinstance(value, list) and any(_has_blob_key(item) for item in value)


def _with_blobs(value: Any, put_blob: PutBlob) -> Any:
    if isinstance(value, str) and len(value) >= BLOB_CHARACTERS:
        return {"$blob": put_blob(value)}
    if isinstance(value, dict):
        return {key: _with_blobs(item, put_blob) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_blobs(item, put_blob) for item in value]
    return value


def _without_blobs(value: Any, get_blob: GetBlob) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"$blob"}:
            return get_blob(str(value["$blob"]))
        return {key: _without_blobs(item, get_blob) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_blobs(item, get_blob) for item in value]
    return value

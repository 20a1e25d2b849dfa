"""Import and export of ordinary vcrpy cassettes in YAML; every byte of a body is kept.

Only the response headers that we record are copied: no credential of a vcrpy cassette reaches
one of ours.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
from vcr.request import Request
from vcr.serialize import serialize
from vcr.serializers import yamlserializer

from harness.calls.event_stream import is_aws_stream
from harness.calls.events import is_event_stream
from harness.cassettes.aws_streams import split_stream
from harness.cassettes.credentials import read_credentials
from harness.cassettes.decoding import decompress
from harness.cassettes.format import (
    KEPT_RESPONSE_HEADERS,
    Cassette,
    Chunk,
    Header,
    Interaction,
    RecordedRequest,
    RecordedResponse,
)
from harness.cassettes.scrub import Scrubber
from harness.errors import CassetteError
from harness.files import decode_text, read_file, write_atomically
from harness.files.yaml_text import YamlTags, parse_yaml
from harness.loopback import is_loopback
from harness.provider.endpoints import API_URL, Origin

_HEADER_KEY = "prompt_cache_harness"
"""Key of our cassette's header in the ``metadata`` of an export, which vcrpy ignores."""
_TAGS: YamlTags = {
    "tag:yaml.org,2002:python/str": str,
    "tag:yaml.org,2002:python/unicode": str,
    "tag:yaml.org,2002:python/tuple": list,
    "tag:yaml.org,2002:python/object/new:_io.BytesIO": lambda value: value["state"][0],
    "tag:yaml.org,2002:python/object/apply:builtins.iter": lambda value: iter(value["args"][0]),
}
"""Tags that vcrpy has written, and what its own reader makes of them."""
_KEYS_ONLY = Scrubber()
_EVENT_END = re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)")


def read_vcr(path: Path, scrubber: Scrubber = _KEYS_ONLY) -> Cassette:
    """Read a vcrpy YAML cassette, which may be compressed with gzip, as one of ours: decoded and scrubbed.

    Raises:
        CassetteError: the file is not a vcrpy cassette, or a body cannot be decoded; starts with file and place.
    """
    document, _ = parse_yaml(_read_text(path), path, CassetteError, tags=_TAGS)
    items = document.get("interactions") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise CassetteError(f"{path}: not a vcrpy cassette: it has no list of interactions")
    interactions = []
    for number, item in enumerate(items):
        try:
            interactions.append(_read_interaction(item, scrubber))
        except CassetteError as error:
            raise CassetteError(f"{path}: interactions[{number}]: {error.message}") from None
        except (KeyError, TypeError, AttributeError, ValueError, httpx2.InvalidURL) as error:
            reason = f"{type(error).__name__} at {error}"
            raise CassetteError(f"{path}: interactions[{number}]: not in vcrpy's form: {reason}") from None
    return Cassette(header=_read_header(document, path), interactions=tuple(interactions))


def write_vcr(cassette: Cassette, path: Path) -> None:
    """Write a cassette as YAML that stock vcrpy can play.

    Raises:
        CassetteError: a call broke off, which vcrpy's format cannot hold.
    """
    for number, interaction in enumerate(cassette.interactions):
        if (failure := interaction.response.failure) is not None:
            raise CassetteError(
                f"interactions[{number}] broke off with {failure.kind}, which a vcrpy cassette cannot hold"
            )
    header = cassette.header
    metadata = {_HEADER_KEY: {"from": header.origin, "at": header.recorded_at, "sdk": header.sdk}}
    interactions = {
        "requests": [_vcr_request(interaction.request) for interaction in cassette.interactions],
        "responses": [vcr_response(interaction.response) for interaction in cassette.interactions],
    }
    write_atomically(path, serialize(interactions, _WithMetadata(metadata)).encode())


def vcr_response(response: RecordedResponse) -> dict[str, Any]:
    """Convert a response to vcrpy's form."""
    status = response.status or 200
    return {
        "status": {"code": status, "message": httpx2.codes.get_reason_phrase(status)},
        "headers": {name: [value] for name, value in response.headers.items()},
        "body": {"string": response.body},
    }


def read_body(body: Any) -> bytes:
    """Read the bytes of a request body from vcrpy's form.

    Parsed JSON becomes the JSON that the official SDK sends.

    Raises:
        CassetteError: the body is of another kind, such as a form.
    """
    if body is None:
        return b""
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, BytesIO):
        return body.getvalue()
    if isinstance(body, dict | list):
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if isinstance(body, Iterator):
        return b"".join(read_body(piece) for piece in body)
    raise CassetteError(f"a body is of type {type(body).__name__}, expected text, bytes or JSON")


def read_response(status: int, headers: Mapping[str, Any], body: bytes) -> RecordedResponse:
    """Make a response as we record it: decoded, without headers that could hold a secret, streams event by event.

    Raises:
        CassetteError: the body is compressed and cannot be decoded.
    """
    values = {name.lower(): _header_text(value) for name, value in headers.items()}
    kept = {name: value for name, value in values.items() if name in KEPT_RESPONSE_HEADERS}
    body = decompress(body, values.get("content-encoding", ""))
    pieces = split_stream(body) if is_aws_stream(kept) else split_events(body, is_event_stream(kept))
    return RecordedResponse(status=status, headers=kept, chunks=tuple(map(Chunk, pieces)))


def split_events(body: bytes, is_stream: bool) -> tuple[bytes, ...]:
    """Split a stream into events, each with the empty line that ends it; anything else stays in one piece."""
    pieces = tuple(filter(None, _EVENT_END.split(body))) if is_stream else ()
    return pieces or (body,)


def request_path(uri: str) -> str:
    """Path and query of a URL, as the official SDK sends them."""
    return httpx2.URL(uri).raw_path.decode("ascii")


def _read_text(path: Path) -> str:
    try:
        data = read_file(path)
    except OSError as error:
        raise CassetteError(f"{path}: unreadable: {error.strerror}") from None
    try:
        data = decompress(data, "gzip") if path.suffix == ".gz" else data
    except CassetteError as error:
        raise CassetteError(f"{path}: {error.message}") from None
    return decode_text(data, path, CassetteError)


def _read_interaction(item: Mapping[str, Any], scrubber: Scrubber) -> Interaction:
    request, response = item["request"], item["response"]
    headers = {name.lower(): _header_text(value) for name, value in (request.get("headers") or {}).items()}
    # Some projects' serialisers store parsed JSON, under a separate key.
    if "parsed_body" in request:
        body = read_body(request["parsed_body"])
    else:
        body = decompress(read_body(request.get("body")), headers.get("content-encoding", ""))
    scrubber = scrubber.knowing(read_credentials(headers.items(), str(request["uri"])))
    return Interaction(
        request=scrubber.request(RecordedRequest.from_body(str(request["method"]), request_path(request["uri"]), body)),
        response=scrubber.response(_read_response(response)),
    )


def _read_response(item: Mapping[str, Any]) -> RecordedResponse:
    headers = item.get("headers") or {}
    if "parsed_body" in item:
        # Parsed JSON is not compressed, whatever the headers say.
        headers = {name: value for name, value in headers.items() if name.lower() != "content-encoding"}
        body = item["parsed_body"]
    elif "content" in item:
        body = item["content"]
    else:
        body = item.get("body")
        if isinstance(body, dict) and "string" in body:
            body = body["string"]
        elif body == {}:
            body = b""
    status = item["status_code"] if "status_code" in item else item["status"]["code"]
    return read_response(int(status), headers, read_body(body))


def _read_header(document: Mapping[str, Any], path: Path) -> Header:
    metadata = document.get("metadata")
    kept = metadata.get(_HEADER_KEY) if isinstance(metadata, dict) else None
    if isinstance(kept, dict) and kept.get("from") in ("anthropic", "emulator"):
        return Header(origin=kept["from"], recorded_at=str(kept.get("at")), sdk=str(kept.get("sdk")))
    items = document["interactions"]
    origin: Origin = (
        "emulator"
        if items and all(is_loopback(httpx2.URL(item["request"]["uri"]).host) for item in items)
        else "anthropic"
    )
    moments = [moment for item in items if (moment := _date(item["response"].get("headers") or {}))]
    # Without a date from the server, the file's own is the only one left.
    moment = min(moments) if moments else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Header(origin=origin, recorded_at=moment.strftime("%Y-%m-%dT%H:%M:%SZ"), sdk="imported from vcrpy")


def _vcr_request(request: RecordedRequest) -> Request:
    return Request(request.method, f"{API_URL}{request.path}", request.body, {})


class _WithMetadata:
    """vcrpy's YAML, with metadata beside the interactions, which vcrpy 8 reads over and does not write."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._metadata = metadata

    def serialize(self, document: Mapping[str, Any]) -> str:
        """Write a cassette in vcrpy's form."""
        return str(yamlserializer.serialize({**document, "metadata": self._metadata}))


def _date(headers: Mapping[str, Any]) -> datetime | None:
    text = next((_header_text(value) for name, value in headers.items() if name.lower() == "date"), "")
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None


def _header_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

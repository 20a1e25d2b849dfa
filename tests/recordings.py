"""Recorded calls of the real API, and how close the harness comes to their bill.

`scripts/accuracy.py` writes what this module measures to docs/accuracy.md.
"""

import base64
import gzip
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.client.token_memo import TokenMemo
from harness.errors import RequestError
from harness.prompt import read
from harness.prompt.parameters import output_format
from harness.prompt.tokens import Count, TextCounter
from harness.promptcache.simulator import Simulator
from harness.provider.models import find_model
from harness.provider.usage import Usage

DATA = Path(__file__).parent / "data"
SECONDS_BETWEEN_STEPS = 10.0
TOLERANCE = 3

_MODELLED_BLOCKS = {"text", "image", "tool_use", "tool_result", "thinking"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded call."""

    id: int
    repo: str
    path: str
    request: dict[str, Any]
    usage: Usage
    total: int
    """Input tokens that the API counted."""
    is_whole: bool
    """Nothing that affects the tokens of the request was cut."""
    beta: str | None

    @property
    def model(self) -> str:
        """The requested model."""
        return str(self.request["model"])

    @property
    def generation(self) -> str:
        """The generation of that model."""
        return find_model(self.model).generation.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a recorded sequence, as billed and as predicted."""

    recording: Recording
    predicted: Usage
    count: Count

    @property
    def is_exact(self) -> bool:
        """Read and written tokens are predicted to the token."""
        actual = self.recording.usage
        return (
            self.predicted.cache_read_input_tokens == actual.cache_read_input_tokens
            and self.predicted.cache_creation_input_tokens == actual.cache_creation_input_tokens
        )

    @property
    def is_explained(self) -> bool:
        """Read and written tokens are predicted to within `TOLERANCE`."""
        actual = self.recording.usage
        return (
            abs(self.predicted.cache_read_input_tokens - actual.cache_read_input_tokens) <= TOLERANCE
            and abs(self.predicted.cache_creation_input_tokens - actual.cache_creation_input_tokens) <= TOLERANCE
        )


@cache
def counter() -> TextCounter:
    """The token counter that all measurements share."""
    return TextCounter(TokenMemo())


@cache
def recordings() -> dict[int, Recording]:
    """All recorded calls that were answered, by id."""
    with gzip.open(DATA / "recordings.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {
        row["id"]: Recording(
            id=row["id"],
            repo=row["repo"],
            path=row["path"],
            request=_with_image_headers(row["request"]),
            usage=Usage.from_api(row["usage"] or {}),
            total=row["true_total_input"],
            is_whole=_is_whole(row),
            beta=row["beta"],
        )
        for row in rows
    }


@cache
def counted() -> tuple[tuple[str, Recording, Count], ...]:
    """Every whole recording with its kind and its count."""
    return tuple(
        (kind(recording), recording, read(recording.request, counter()).count)
        for recording in recordings().values()
        if recording.is_whole and _is_readable(recording)
    )


def kind(recording: Recording) -> str:
    """The content that decides a request's tokens: text, tools, histories (calls of tools), images, or other."""
    request = recording.request
    types = {block.type for block in read(request).sent_blocks if block.level == "messages"}
    tools = request.get("tools") or []
    is_other = (
        types - _MODELLED_BLOCKS
        or any("input_schema" not in tool for tool in tools)
        or request.get("mcp_servers")
        or (request.get("thinking") or {}).get("type") == "enabled"
        or "thinking" in types
        or output_format(request)
    )
    if is_other:
        return "other"
    if "image" in types or '"image"' in json.dumps(request["messages"]):
        return "images"
    if types - {"text"}:
        return "histories"
    return "tools" if tools else "text"


def sequences() -> Iterator[tuple[str, list[Recording]]]:
    """The recorded sequences: repository, and its calls in order."""
    for line in (DATA / "sequences.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["repo"], [recordings()[number] for number in row["ids"] if number in recordings()]


def replay_sequence(calls: list[Recording]) -> Iterator[Step]:
    """Predict each step of a sequence.

    If the very first step reads, the prompt cache was warm from an earlier run of the same
    recording: then the sequence is first sent once more.
    """
    simulator, at = Simulator(), 0.0
    is_warm = bool(calls and calls[0].usage.cache_read_input_tokens)
    for number, call in enumerate([*calls, *calls] if is_warm else calls):
        at += SECONDS_BETWEEN_STEPS
        prompt = read(call.request, counter())
        outcome = simulator.send(prompt.record, at=at)
        if not is_warm or number >= len(calls):
            yield Step(recording=call, predicted=outcome.usage, count=prompt.count)


def _is_whole(row: dict[str, Any]) -> bool:
    """Whether the request is complete; cuts in the response do not matter here."""
    cut = set(row["lossy"]) - {"events-dropped", "response-text-truncated", "base64-dropped"}
    return not cut or not any(mark in json.dumps(row["request"]) for mark in ('"signature"', "encrypted_content"))


def _is_readable(recording: Recording) -> bool:
    try:
        read(recording.request)
    except RequestError:
        return False
    return True


def _with_image_headers(value: Any) -> Any:
    """Give images without data a PNG header with their recorded size."""
    if isinstance(value, list):
        return [_with_image_headers(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("_image_dims"):
        header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", *value["_image_dims"])
        return {"type": "base64", "media_type": "image/png", "data": base64.b64encode(header).decode("ascii")}
    return {key: _with_image_headers(item) for key, item in value.items()}

"""Compare new answers with the recorded ones: their usage and their shape."""

import json
from collections.abc import Iterable
from typing import Any

from harness.calls.call import Call
from harness.cassettes.aws_streams import as_text
from harness.cassettes.format import Cassette, Interaction
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import Origin
from harness.sessions.interactions import make_call


def find_changed_answers(recorded: Cassette, answered: Iterable[Interaction], reader: PromptReader) -> list[str]:
    """Write a line for each way in which an answer differs from the recorded one to the same request.

    Reads and writes are compared as one sum, because a prompt does not decide whether the prompt
    cache is warm. Requests that are not recorded are skipped.
    """
    waiting: dict[tuple[str, str, str], list[Interaction]] = {}
    for interaction in recorded.interactions:
        waiting.setdefault(interaction.request.key, []).append(interaction)
    lines: list[str] = []
    for interaction in answered:
        if old := waiting.get(interaction.request.key):
            lines += _compare(old.pop(0), interaction, recorded.header.origin, reader)
    return lines


def _compare(old: Interaction, new: Interaction, origin: Origin, reader: PromptReader) -> list[str]:
    sent = f"{new.request.method} {new.request.path}"
    if old.response.status != new.response.status:
        return [f"{sent}: status {new.response.status}, recorded {old.response.status}"]
    old_call = make_call(old.request, old.response, origin, reader)
    new_call = make_call(new.request, new.response, origin, reader)
    lines = []
    if old_call is not None and new_call is not None:
        for name, before, after in _figures(old_call, new_call):
            if before != after:
                lines.append(f"{sent}: {after:,} {name}, recorded {before:,}")
    if _shape(old) != _shape(new):
        lines.append(f"{sent}: answer of the form {_shape(new)}, recorded {_shape(old)}")
    return lines


def _figures(old: Call, new: Call) -> Iterable[tuple[str, int, int]]:
    yield "input tokens", old.usage.total_input_tokens, new.usage.total_input_tokens
    yield "tokens read or written", old.usage.prefix_tokens, new.usage.prefix_tokens


def _shape(interaction: Interaction) -> str:
    """Keys and block types of an answer; for a stream, the types of its events."""
    response = as_text(interaction.response)
    body = response.body
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        kinds = [line.removeprefix(b"event: ").decode() for line in body.splitlines() if line.startswith(b"event: ")]
        return " ".join(dict.fromkeys(kind for kind in kinds if kind != "ping"))
    try:
        answer: Any = json.loads(body)
    except ValueError:
        return "not JSON"
    if not isinstance(answer, dict):
        return type(answer).__name__
    blocks = [str(block.get("type")) for block in answer.get("content") or () if isinstance(block, dict)]
    return f"{{{', '.join(sorted(answer))}}} with content [{', '.join(blocks)}]"

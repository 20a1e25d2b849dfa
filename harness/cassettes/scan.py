"""Scan what is about to be written, or was written, for secrets: every text of an interaction, with its place."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.cassettes.aws_streams import as_text, read_payloads
from harness.cassettes.encodings import views
from harness.cassettes.format import Cassette, Interaction, RecordedResponse
from harness.cassettes.scrub_stream import is_stream, read_blocks
from harness.cassettes.secrets import find_foreign
from harness.errors import SecretError

_LONGEST_PAIR = 200
"""Longer values are texts, whose meaning does not depend on their key."""

_HINT = "take it out, replace it with a rule of harness_scrub, or allow it in harness_allow_secrets (docs/secrets.md)"


class Text(NamedTuple):
    """A text of an interaction."""

    side: str
    """``request`` or ``response``."""
    place: str
    """Path within the body, such as ``messages[0].content``, or what else it is."""
    text: str


class Leak(NamedTuple):
    """A secret, and where it is."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.what} in {self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretGuard:
    """Refuses to write what holds a secret that scrubbing leaves: those of others in the texts of prompts and answers.

    Such a text is what is tested, so it is not changed without a word.
    """

    allowed: tuple[re.Pattern[str], ...] = ()
    """Values that are no secrets."""
    values: frozenset[str] = frozenset()
    """The keys of this run."""

    def check_cassette(self, cassette: Cassette, name: str) -> None:
        """Check a cassette before it is written.

        Raises:
            SecretError: it holds a secret; names its kind and place, but not the secret.
        """
        for number, interaction in enumerate(cassette.interactions, start=1):
            for side, place, text in read_texts(interaction):
                for what in self._name(text):
                    raise SecretError(
                        f"cassette {name!r} is not written: {Leak(f'{place} of {side} {number}', what)}", hint=_HINT
                    )

    def check_text(self, text: str) -> None:
        """Check a text that is kept to explain later changes.

        Raises:
            SecretError: it holds a secret; names its kind.
        """
        for what in self._name(text):
            raise SecretError(f"a prompt is not accepted: its text holds {what}, and would be written", hint=_HINT)

    def _name(self, text: str) -> Iterator[str]:
        if self.values and any(value in view for view in views(text) for value in self.values):
            yield "a key of this run"
        for secret in find_foreign(text, self.allowed):
            yield secret.what


def read_texts(interaction: Interaction) -> Iterator[Text]:
    """Yield all texts of an interaction; those of a stream joined as a user of the SDK sees them."""
    request, response = interaction.request, interaction.response
    yield Text("request", "the URL", request.path)
    for place, text in _read_body(request.body):
        yield Text("request", place, text)
    for name, value in response.headers.items():
        yield Text("response", f"the header {name}", value)
    if response.failure is not None:
        yield Text("response", "the error", response.failure.message)
    for place, text in _read_answer(response):
        yield Text("response", place, text)


def _read_answer(response: RecordedResponse) -> Iterator[tuple[str, str]]:
    for payload in read_payloads(response):
        yield from _read_body(payload)
    response = as_text(response)
    if not is_stream(response):
        yield from _read_body(response.body)
        return
    for number, block in enumerate(read_blocks(response.body)):
        yield f"content[{number}]", block.text
    for line in response.body.split(b"\n"):
        if line.startswith(b"data:"):
            yield from _read_body(line[5:].strip())


def _read_body(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        yield "the body", body.decode("utf-8", "surrogateescape")
        return
    yield from _walk(value)


def _walk(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the strings of a JSON value with their paths, and short ones also beside their keys; without recursion."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path or "the body", value
        elif isinstance(value, list):
            waiting += [(f"{path}[{number}]", item) for number, item in enumerate(value)]
        elif isinstance(value, dict):
            for key, item in value.items():
                place = f"{path}.{key}" if path else key
                if isinstance(item, str) and len(item) <= _LONGEST_PAIR:
                    yield place, f'"{key}": "{item}"'
                else:
                    waiting.append((place, item))

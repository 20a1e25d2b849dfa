"""One call of the Messages API: request, answer and usage. All checks read these records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from harness.calls.answer import Answer, read_message, read_stream
from harness.calls.events import is_event_stream, read_events
from harness.calls.stream_usage import list_usages, read_usages
from harness.numbers import read_object
from harness.prompt.reader import PromptReader
from harness.prompt.reading import Prompt
from harness.provider.endpoints import Origin
from harness.provider.usage import Usage

NO_DIVERGENCE = "no_divergence"
"""The diagnostics found no difference that keeps a call from reading what an earlier one wrote."""

PENDING = "pending"
"""The diagnostics had not finished when the answer began."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One answered request."""

    body: bytes
    """The body as the application sent it; to Bedrock or Google Cloud, as that of a Messages request."""
    usage: Usage
    """Usage as the API reported it; for a stream, the final one."""
    status: int
    origin: Origin
    diagnostics: str | None = None
    """Result of the API's cache diagnostics in ``live`` mode: `NO_DIVERGENCE`, `PENDING` or the type of a
    ``cache_miss_reason``; ``None`` if no comparison with an earlier call was requested, or none came back."""
    reader: PromptReader = field(default_factory=PromptReader, compare=False, repr=False)
    """Reads the body; all calls of a run share one reader, so that equal bodies are read once."""
    load_answer: Callable[[], Answer] = field(default=Answer, compare=False, repr=False)
    """Reads the answer, only when it is needed: few calls of a run need it."""

    @cached_property
    def answer(self) -> Answer:
        """The answer: content blocks and stop reason."""
        return self.load_answer()

    @property
    def request(self) -> dict[str, Any]:
        """The body, parsed."""
        return self.reader.parse(self.body)

    @property
    def prompt(self) -> Prompt:
        """The request as the API sees it.

        Raises:
            RequestError: the body does not have the shape of a Messages request.
        """
        return self.reader.read(self.body)

    @property
    def model(self) -> str:
        """The requested model."""
        return str(self.request.get("model"))


def read_call(
    body: bytes,
    response: bytes,
    headers: Mapping[str, str],
    *,
    status: int = 200,
    origin: Origin,
    reader: PromptReader,
) -> Call:
    """Make a call from a request body and a successful response; the names in ``headers`` are in lower case.

    Of a response that is no message, or has another status than 200, the usage is unknown.
    """
    make = partial(Call, body=body, status=status, origin=origin, reader=reader)
    if is_event_stream(headers):
        events = read_events(response)
        usage, load_answer = read_usages(list_usages(events)), partial(read_stream, events)
    elif (message := read_object(response)) is not None:
        usage, load_answer = Usage.from_api(message.get("usage")), partial(read_message, message)
    else:
        kind = headers.get("content-type") or "no content type"
        return make(usage=Usage(unknown=(f"an answer that is no message ({kind})",)))
    if status != 200:
        usage = replace(usage, unknown=(*usage.unknown, f"an answer with status {status}"))
    return make(usage=usage, load_answer=load_answer)

"""Conversions between the SDK's HTTP client, recorded interactions and calls."""

from collections.abc import Callable

import httpx2

from harness.calls.call import Call, read_call
from harness.calls.event_stream import is_aws_stream
from harness.calls.events import is_event_stream
from harness.calls.surface_answers import to_messages_answer
from harness.cassettes.credentials import read_credentials
from harness.cassettes.decoding import decompress
from harness.cassettes.format import RecordedRequest, RecordedResponse
from harness.cassettes.scrub import Scrubber
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import Origin, find_endpoint, is_message_call

OnCall = Callable[[Call], None]

BUILT_IN_ONLY = Scrubber()
"""Scrubs only by the built-in rules: API keys, tokens, and ids of organizations and workspaces."""


def recorded_request(request: httpx2.Request, body: bytes) -> RecordedRequest:
    """Convert a request of the HTTP client to the form that is matched and stored, with its body decoded.

    Raises:
        CassetteError: the body is compressed, and cannot be decoded.
    """
    body = decompress(body, request.headers.get("content-encoding", ""))
    return RecordedRequest.from_body(request.method, request.url.raw_path.decode("ascii"), body)


def scrubber_for(scrubber: Scrubber, request: httpx2.Request) -> Scrubber:
    """Let a scrubber also remove the keys that the client sends with a request."""
    return scrubber.knowing(read_credentials(request.headers.multi_items(), str(request.url)))


def make_call(
    request: RecordedRequest, response: RecordedResponse, origin: Origin, reader: PromptReader
) -> Call | None:
    """Make the call of an interaction; ``None`` if it is no answered request for a message.

    On every surface, the call has the body of a Messages request and the answer to one.
    """
    status = response.status
    if status is None or not is_message_call(request.method, request.path) or not 200 <= status < 300:
        return None
    if response.failure is not None and not (is_event_stream(response.headers) or is_aws_stream(response.headers)):
        # The client got no answer, and has probably asked again.
        return None
    endpoint = find_endpoint(request.method, request.path)
    assert endpoint is not None
    headers, body = to_messages_answer(endpoint, response.headers, response.body)
    return read_call(request.message_body, body, headers, status=status, origin=origin, reader=reader)

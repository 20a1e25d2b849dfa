"""Conversions between the SDK's HTTP client, recorded interactions and calls."""

from collections.abc import Callable

import httpx2

from harness.calls.call import Call, read_call
from harness.cassettes.format import RecordedRequest, RecordedResponse
from harness.cassettes.scrub import Scrubber
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import Origin, is_message_call

OnCall = Callable[[Call], None]

BUILT_IN_ONLY = Scrubber()
"""Scrubs only by the built-in rules: API keys, tokens, and ids of organizations and workspaces."""


def recorded_request(request: httpx2.Request, body: bytes) -> RecordedRequest:
    """Convert a request of the HTTP client to the form that is matched and stored."""
    return RecordedRequest.from_body(request.method, request.url.raw_path.decode("ascii"), body)


def make_call(
    request: RecordedRequest, response: RecordedResponse, origin: Origin, reader: PromptReader
) -> Call | None:
    """Make the call of an interaction; ``None`` if it is not an answered Messages request."""
    if not is_message_call(request.method, request.path) or response.status != 200:
        return None
    return read_call(request.body, response.body, response.headers, origin=origin, reader=reader)

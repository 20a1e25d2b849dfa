"""Refusal of requests before they are sent, for ``ClaudeClient(validate=True)``."""

from collections.abc import Mapping
from typing import Any

import orjson

from harness.client.identity import to_plain
from harness.errors import RefusedRequestError
from harness.prompt.reading import read
from harness.promptcache.refusals.api_error import ApiError
from harness.promptcache.refusals.check import check_request


def refuse(request: Mapping[str, Any], *, is_streamed: bool) -> None:
    """Raise if the API would refuse a request, given as arguments of the SDK.

    Raises:
        RefusedRequestError: with the API's text and the place of the fault.
    """
    error = _check(request, is_streamed=is_streamed)
    if error is not None:
        place = error.path or "the request"
        raise RefusedRequestError(
            f"{place}: the API would refuse this request: {error.message}",
            path=error.path,
            hint=f"correct {place}, or make the client with validate=False to send it anyway",
        )


def _check(request: Mapping[str, Any], *, is_streamed: bool) -> ApiError | None:
    """The API's error; ``None`` also for a request that cannot be read, so that the API has the last word."""
    try:
        body = {**request, **(request.get("extra_body") or {}), **({"stream": True} if is_streamed else {})}
        return check_request(read(orjson.loads(orjson.dumps(body, default=to_plain))), needs_max_tokens=True)
    except (TypeError, ValueError):
        # Values that only the SDK can write as JSON, and bodies whose shape is not known (RequestError).
        return None

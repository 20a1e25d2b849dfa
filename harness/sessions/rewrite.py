"""Change requests before they are sent, for a mutation test of the gate."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from harness.calls.surface_requests import from_messages_body, message_body
from harness.provider.endpoints import find_endpoint

Rewrite = Callable[[bytes], bytes]
"""Returns the body to send instead of a given one."""


class RewritingTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Changes the body of each request to the Messages API, and passes it on."""

    def __init__(self, upstream: httpx2.BaseTransport | httpx2.AsyncBaseTransport, rewrite: Rewrite) -> None:
        self._upstream = upstream
        self._rewrite = rewrite

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Change one request and pass it on."""
        if not isinstance(self._upstream, httpx2.BaseTransport):
            raise TypeError("the upstream is async only")
        return self._upstream.handle_request(rewritten(request, request.read(), self._rewrite))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Change one request and pass it on."""
        if not isinstance(self._upstream, httpx2.AsyncBaseTransport):
            raise TypeError("the upstream is sync only")
        return await self._upstream.handle_async_request(rewritten(request, await request.aread(), self._rewrite))


def rewritten(request: httpx2.Request, body: bytes, rewrite: Rewrite) -> httpx2.Request:
    """Change the body of a request for a message; return any other request, and one of Converse, unchanged."""
    path = request.url.raw_path.decode("ascii")
    endpoint = find_endpoint(request.method, path)
    if endpoint is None or endpoint.kind != "messages":
        return request
    given = message_body(request.method, path, body)
    changed = rewrite(given)
    content = None if changed == given else from_messages_body(endpoint, changed)
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
    return httpx2.Request(request.method, request.url, headers=headers, content=body if content is None else content)

"""The emulator in process: an ``httpx2`` transport, sync and async, that streams event by event."""

import httpx2

from harness.emulator.chunks import Chunks
from harness.emulator.core import Emulator


class EmulatorTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """The emulator as a transport for ``httpx2.Client`` or ``httpx2.AsyncClient``, the SDK's ``http_client``."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        return self._answer(request, request.read())

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        return self._answer(request, await request.aread())

    def _answer(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        path = request.url.raw_path.decode("ascii")
        answer = self._emulator.handle(request.method, path, body)
        return httpx2.Response(answer.status, headers=dict(answer.headers), stream=Chunks(answer.chunks))

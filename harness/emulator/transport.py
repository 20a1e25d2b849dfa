"""The emulator in process: an ``httpx2`` transport, sync and async, that streams event by event."""

import httpx2
from anyio.lowlevel import checkpoint

from harness.emulator.http import Api, HttpAnswer, HttpRequest
from harness.emulator.pieces import Pieces


class EmulatorTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """The emulator as a transport for ``httpx2.Client`` or ``httpx2.AsyncClient``, the SDK's ``http_client``."""

    def __init__(self, emulator: Api) -> None:
        self._emulator = emulator

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        return _to_response(self._emulator.answer(self._emulator.receive(_read(request, request.read()))))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request, when those that are sent at the same time have arrived too."""
        received = self._emulator.receive(_read(request, await request.aread()))
        await checkpoint()
        return _to_response(self._emulator.answer(received))


def _read(request: httpx2.Request, body: bytes) -> HttpRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = request.url.raw_path.decode("ascii")
    return HttpRequest(method=request.method, path=path, headers=headers, body=body)


def _to_response(answer: HttpAnswer) -> httpx2.Response:
    return httpx2.Response(answer.status, headers=dict(answer.headers), stream=Pieces(answer.chunks))

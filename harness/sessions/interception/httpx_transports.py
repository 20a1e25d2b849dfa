"""The transports of ``httpx`` and ``httpx2`` that reach the network; those in the process pass untouched."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any
from unittest import mock

from harness.sessions.interception.installed import find_class
from harness.sessions.interception.outgoing import Answerer, Outgoing, fold

if TYPE_CHECKING:
    from harness.cassettes.format import RecordedResponse

_TRANSPORTS = (
    ("httpx", "HTTPTransport"),
    ("httpx", "AsyncHTTPTransport"),
    ("httpx2", "HTTPTransport"),
    ("httpx2", "AsyncHTTPTransport"),
    ("httpx_curl_cffi", "CurlTransport"),
    ("httpx_curl_cffi", "AsyncCurlTransport"),
    ("pyreqwest.compatibility.httpx", "SyncHttpxTransport"),
    ("pyreqwest.compatibility.httpx", "HttpxTransport"),
)
_WHOLE = frozenset({"network_stream"})
"""Extensions of a response that mean nothing once its body has been read."""


@contextmanager
def intercept_httpx(answerer: Answerer) -> Iterator[None]:
    """Take the requests that ``answerer`` claims."""
    with ExitStack() as patches:
        for module, name in _TRANSPORTS:
            transport = find_class(module, name)
            for method, wrap in (("handle_request", _wrap), ("handle_async_request", _wrap_async)):
                if (original := getattr(transport, method, None)) is not None:
                    patches.enter_context(mock.patch.object(transport, method, wrap(original, answerer)))
        yield


def _wrap(handle: Callable[..., Any], answerer: Answerer) -> Callable[..., Any]:
    @wraps(handle)
    def handle_request(self: Any, request: Any) -> Any:
        sent = _outgoing(request)
        if answerer.claims(sent) is False:
            return handle(self, request)
        sent = replace(sent, body=request.read())
        if not answerer.claims(sent):
            return handle(self, request)
        place = answerer.begin()
        if (answer := answerer.answer(sent, place)) is not None:
            return _response(request, answer)
        request.headers["accept-encoding"] = "identity"
        response = handle(self, request)
        try:
            body = b"".join(response.stream)
        finally:
            response.stream.close()
        return _note(answerer, sent, place, request, response, body)

    return handle_request


def _wrap_async(handle: Callable[..., Awaitable[Any]], answerer: Answerer) -> Callable[..., Awaitable[Any]]:
    @wraps(handle)
    async def handle_async_request(self: Any, request: Any) -> Any:
        sent = _outgoing(request)
        if answerer.claims(sent) is False:
            return await handle(self, request)
        sent = replace(sent, body=await request.aread())
        if not answerer.claims(sent):
            return await handle(self, request)
        place = answerer.begin()
        if (answer := answerer.answer(sent, place)) is not None:
            return _response(request, answer)
        request.headers["accept-encoding"] = "identity"
        response = await handle(self, request)
        try:
            body = b"".join([piece async for piece in response.stream])
        finally:
            await response.stream.aclose()
        return _note(answerer, sent, place, request, response, body)

    return handle_async_request


def _outgoing(request: Any) -> Outgoing:
    return Outgoing(method=request.method, url=str(request.url), headers=fold(request.headers.items()), body=None)


def _response(request: Any, answer: RecordedResponse) -> Any:
    library = _library(request)
    headers = [*answer.headers.items(), ("content-length", str(len(answer.body)))]
    return library.Response(answer.status or 200, headers=headers, stream=library.ByteStream(answer.body))


def _note(answerer: Answerer, sent: Outgoing, place: int, request: Any, response: Any, body: bytes) -> Any:
    """Record a response, and make one like it whose body can be read again."""
    answerer.note(sent, place, response.status_code, fold(response.headers.multi_items()), body)
    library = _library(request)
    extensions = {name: value for name, value in response.extensions.items() if name not in _WHOLE}
    return library.Response(
        response.status_code, headers=response.headers, stream=library.ByteStream(body), extensions=extensions
    )


def _library(request: Any) -> Any:
    """The library whose request it is: ``httpx`` or ``httpx2``."""
    return sys.modules[type(request).__module__.partition(".")[0]]

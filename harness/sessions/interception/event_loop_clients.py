"""The clients of aiohttp and Tornado: vcrpy knows how to take their requests and make their responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unittest import mock

from harness.cassettes.interchange import read_body, vcr_response
from harness.errors import CassetteError
from harness.loopback import as_text
from harness.sessions.interception.installed import find_class
from harness.sessions.interception.outgoing import Answerer, Outgoing, fold

if TYPE_CHECKING:
    from vcr.request import Request

    from harness.cassettes.format import RecordedResponse

_READABLE = (bytes, bytearray, str, dict, list, BytesIO)
"""Bodies that can be read without using them up."""
_TORNADO = (
    ("tornado.simple_httpclient", "SimpleAsyncHTTPClient"),
    ("tornado.curl_httpclient", "CurlAsyncHTTPClient"),
)


@contextmanager
def intercept_event_loop_clients(answerer: Answerer) -> Iterator[None]:
    """Take the requests that ``answerer`` claims."""
    with ExitStack() as patches:
        if (session := find_class("aiohttp", "ClientSession")) is not None:
            stub = import_module("vcr.stubs.aiohttp_stubs").vcr_request
            patches.enter_context(mock.patch.object(session, "_request", _aiohttp(session._request, stub, answerer)))
        for module, name in _TORNADO:
            if (client := find_class(module, name)) is not None:
                stub = import_module("vcr.stubs.tornado_stubs").vcr_fetch_impl
                wrapper = _tornado(client.fetch_impl, stub, answerer)
                patches.enter_context(mock.patch.object(client, "fetch_impl", wrapper))
        yield


class _OneCall:
    """What vcrpy's stubs ask of a cassette, for one request."""

    write_protected = False

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._place = 0
        self._answer: RecordedResponse | None = None

    def can_play_response_for(self, request: Request) -> bool:
        """Whether there is an answer, so that the host is not asked."""
        self._place = self._answerer.begin()
        self._answer = self._answerer.answer(_outgoing(request), self._place)
        return self._answer is not None

    def play_response(self, request: Request) -> dict[str, Any]:
        """Return the answer in vcrpy's form; a redirect makes vcrpy ask again."""
        if self._answer is None and not self.can_play_response_for(request):
            raise ConnectionError(f"nothing answers the redirect to {request.uri}")
        assert self._answer is not None
        answer, self._answer = self._answer, None
        return {**vcr_response(answer), "body": {"string": answer.body}}

    def filter_request(self, request: Request) -> Request:
        """Record every request."""
        return request

    def append(self, request: Request, response: dict[str, Any]) -> None:
        """Record the response of the host."""
        headers = fold((name, ", ".join(values)) for name, values in dict(response["headers"]).items())
        body = response["body"].get("string") or b""
        self._answerer.note(_outgoing(request), self._place, response["status"]["code"], headers, body)


def _aiohttp(send: Callable[..., Any], stub: Callable[..., Any], answerer: Answerer) -> Callable[..., Any]:
    @wraps(send)
    async def request(self: Any, method: str, url: Any, **options: Any) -> Any:
        absolute = str(self._build_url(url))
        headers = self._prepare_headers(options.get("headers"))
        data = options.get("json") if options.get("data") is None else options["data"]
        sent = Outgoing(method=method.upper(), url=absolute, headers=fold(headers.items()), body=_peek(data))
        if not answerer.claims(sent):
            return await send(self, method, url, **options)
        asking = {**options, "headers": _with_identity(headers)}
        return await stub(_OneCall(answerer), send)(self, method, absolute, **asking)

    return request


def _tornado(fetch: Callable[..., Any], stub: Callable[..., Any], answerer: Answerer) -> Callable[..., Any]:
    @wraps(fetch)
    def fetch_impl(self: Any, request: Any, callback: Any) -> Any:
        headers = fold(request.headers.get_all())
        sent = Outgoing(method=request.method, url=request.url, headers=headers, body=request.body or b"")
        if not answerer.claims(sent):
            return fetch(self, request, callback)
        return stub(_OneCall(answerer), fetch)(self, request, callback)

    return fetch_impl


def _with_identity(headers: Any) -> Any:
    changed = headers.copy()
    changed["Accept-Encoding"] = "identity"
    return changed


def _peek(data: Any) -> bytes:
    """Read a body without using it up; empty if that is impossible, as for a form or a stream."""
    try:
        return read_body(data) if isinstance(data, _READABLE) else b""
    except (TypeError, ValueError):
        return b""


def _outgoing(request: Request) -> Outgoing:
    try:
        body = read_body(request.body)
    except CassetteError:
        body = None
    headers = fold((name, as_text(value)) for name, value in request.headers.items())
    return Outgoing(method=request.method, url=request.uri, headers=headers, body=body)

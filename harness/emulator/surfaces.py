"""Requests of Bedrock and Google Cloud, answered as those of the Messages API are."""

from collections.abc import Callable
from dataclasses import replace

from harness.calls.surface_answers import from_messages_answer
from harness.calls.surface_requests import to_messages_request
from harness.emulator.http import DROP, HttpAnswer, HttpRequest, Pause, Piece
from harness.provider.endpoints import find_endpoint


def answer_on_surface(request: HttpRequest, answer: Callable[[HttpRequest], HttpAnswer]) -> HttpAnswer:
    """Answer a request of any surface by ``answer``, which answers those of the Messages API.

    On other surfaces a stream is made before it is sent, and keeps only the pause before its first event.
    """
    endpoint = find_endpoint(request.method, request.path)
    if endpoint is None or endpoint.api == "messages":
        return answer(request)
    path, body = to_messages_request(request.method, request.path, request.body)
    given = answer(replace(request, path=path, body=body))
    pieces = tuple(given.chunks)
    events = [piece for piece in pieces if isinstance(piece, bytes)]
    headers, chunks = from_messages_answer(endpoint, given.status, given.headers, events)
    before: tuple[Piece, ...] = pieces[:1] if pieces and isinstance(pieces[0], Pause) else ()
    behind: tuple[Piece, ...] = (DROP,) if DROP in pieces else ()
    return replace(given, headers=headers, chunks=(*before, *chunks, *behind))

"""Requests to any surface as the bodies of Messages requests: whatever judges a request reads it in this one form."""

from functools import lru_cache

from harness.errors import RequestError
from harness.numbers import read_object, write_json
from harness.prompt.converse import converse_to_messages
from harness.provider.endpoints import COUNT_TOKENS, MESSAGES, Endpoint, find_endpoint

_KEPT = 64
"""Distinct bodies to remember: the rounds of a case send the same ones."""
_DEFAULT_MAX_TOKENS = 4096
"""For an emulated answer to Converse, whose ``maxTokens`` may be left out: longer than any emulated answer."""


def message_body(method: str, path: str, body: bytes) -> bytes:
    """Translate a body to that of ``POST /v1/messages``; one that is already, or cannot be read, is returned.

    The model of the path goes into the body, in a spelling that says the surface. A Converse request with a part that
    has no counterpart becomes its parameters with ``modelId``, which no reader takes for a Messages request: they say
    which part it is.
    """
    endpoint = find_endpoint(method, path)
    if endpoint is None or endpoint.kind != "messages" or endpoint.model_name is None:
        return body
    return _translate(endpoint, endpoint.model_name, body)


@lru_cache(maxsize=_KEPT)
def _translate(endpoint: Endpoint, name: str, body: bytes) -> bytes:
    request = read_object(body)
    if request is None:
        return body
    if endpoint.api == "converse":
        try:
            translated = converse_to_messages(request, name)
        except RequestError:
            return write_json({"modelId": name, **request}).encode()
    else:
        translated = {"model": name, **{key: value for key, value in request.items() if key != "model"}}
    is_stream = endpoint.is_stream and "stream" not in translated
    return write_json({**translated, "stream": True} if is_stream else translated).encode()


def to_messages_request(method: str, path: str, body: bytes) -> tuple[str, bytes]:
    """Turn a request to any surface into path and body of one that the Messages API answers.

    A path that is not Claude's is returned with its body. `from_messages_answer` turns the answer back.
    """
    endpoint = find_endpoint(method, path)
    if endpoint is None:
        return path, body
    if endpoint.kind == "count_tokens":
        return COUNT_TOKENS, body
    if endpoint.kind != "messages":
        return path, body
    body = message_body(method, path, body)
    return MESSAGES, _with_max_tokens(body) if endpoint.api == "converse" else body


def from_messages_body(endpoint: Endpoint, body: bytes) -> bytes | None:
    """Turn the body of a Messages request into that of the endpoint; ``None`` where there is no way back."""
    if endpoint.api == "messages":
        return body
    request = read_object(body)
    if request is None or endpoint.api == "converse":
        return None
    dropped = ("model", "stream") if endpoint.api == "invoke" else ("model",)
    return write_json({key: value for key, value in request.items() if key not in dropped}).encode()


def _with_max_tokens(body: bytes) -> bytes:
    request = read_object(body)
    if request is None or "max_tokens" in request or "modelId" in request:
        return body
    return write_json({**request, "max_tokens": _DEFAULT_MAX_TOKENS}).encode()

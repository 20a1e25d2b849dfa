"""Requests to InvokeModel and Converse of Bedrock and to Google Cloud's rawPredict, as Messages requests.

Sources: botocore 1.44, service ``bedrock-runtime``; anthropic SDK 2.12, ``lib/bedrock`` and ``lib/vertex``;
docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html (checked 2026-11-27).
"""

from collections.abc import Mapping
from typing import Any

from harness.errors import RequestError
from harness.numbers import parse_json
from harness.prompt.blocks import Request
from harness.prompt.converse import converse_to_messages
from harness.prompt.other_apis import is_converse
from harness.provider.model_names import Surface, spell_on

_OF_INVOKE_MODEL = ("anthropic_version", "max_tokens")
"""What a body beside ``modelId`` has only if it is one of InvokeModel."""


def to_messages(request: Request, model: str | None = None) -> Request:
    """Read a request of any surface as a Messages request; one that is already, or belongs to another API, is returned.

    The arguments of boto3 are understood too: ``modelId`` beside the parameters of Converse, or beside the ``body`` of
    InvokeModel. ``model`` stands behind a body that names none, as its URL does that.

    Raises:
        CannotTellError: a part of a Converse request has no documented counterpart; the message starts with its path.
        RequestError: the body of a call of InvokeModel is not a JSON object.
    """
    if "modelId" in request and "body" in request:
        inner = _read_body(request["body"])
        return to_messages({"modelId": request["modelId"], **inner})
    named = request.get("modelId")
    name = named if isinstance(named, str) else model
    if is_converse(request) and request.keys().isdisjoint(_OF_INVOKE_MODEL):
        rest = {key: value for key, value in request.items() if key != "model"}
        name = name or request.get("model")
        return converse_to_messages(rest, spell_on("bedrock", name)) if isinstance(name, str) else request
    surface = _surface(request)
    if surface is None or "model" in request or name is None:
        return request
    rest = {key: value for key, value in request.items() if key not in ("model", "modelId")}
    return {"model": spell_on(surface, name), **rest}


def _surface(request: Request) -> Surface | None:
    """Whose body it is that names no model, as far as its version tells; ``None`` if it is another body."""
    if "modelId" in request:
        return "bedrock"
    version = request.get("anthropic_version")
    if version is None:
        return None
    surfaces: tuple[Surface, ...] = ("bedrock", "vertex")
    return next((surface for surface in surfaces if str(version).startswith(surface)), "anthropic")


def _read_body(body: Any) -> Mapping[str, Any]:
    if isinstance(body, str):
        try:
            body = parse_json(body)
        except ValueError as error:
            raise RequestError(f"body is not valid JSON: {error}") from None
    if not isinstance(body, Mapping):
        raise RequestError(f"body is {type(body).__name__}, expected a JSON object")
    return body

"""Addresses of the API on every surface: what a request asks for, by its method and the end of its path.

Sources: platform.claude.com/docs/en/api/messages; anthropic SDK 2.12, ``lib/bedrock``, ``lib/vertex``,
``lib/foundry.py`` and ``lib/google_cloud``; botocore 1.44, service ``bedrock-runtime`` (all checked 2026-11-26).
"""

import re
from functools import lru_cache
from typing import Literal, NamedTuple
from urllib.parse import unquote

from harness.provider.model_names import spell_on

Origin = Literal["anthropic", "emulator"]
"""Who answered, now or when a cassette was recorded."""

Kind = Literal["messages", "count_tokens", "batches", "models"]
"""What a request asks for."""

Api = Literal["messages", "invoke", "converse", "vertex"]
"""The form of bodies and answers: Anthropic's own, Bedrock's InvokeModel or Converse, or Google Cloud's rawPredict."""

API_URL = "https://api.anthropic.com"
MESSAGES = "/v1/messages"
COUNT_TOKENS = "/v1/messages/count_tokens"

_MESSAGES_API = re.compile(r"/v1/(?:messages(?P<rest>/count_tokens|/batches(?:/.*)?)?|models(?:/[^/]+)?)$")
_BEDROCK = re.compile(
    r"/model/(?P<model>.+)/(?P<action>invoke|invoke-with-response-stream|converse|converse-stream|count-tokens)$"
)
_GOOGLE = re.compile(
    r"(?:/locations/(?P<location>[^/]+))?/publishers/anthropic/models/(?P<model>[^/]+):(?P<action>rawPredict|streamRawPredict)$"
)
_COUNT_MODEL = "count-tokens"
"""Stands in a path of Google Cloud for the model; the body names it then."""


class Endpoint(NamedTuple):
    """What a request asks for, and in which form."""

    kind: Kind
    api: Api
    model: str | None = None
    """The model id of the path, decoded; ``None`` where the body names it."""
    is_stream: bool | None = None
    """Whether the path asks for a stream; ``None`` where the body tells."""
    location: str = ""
    """The location of a path of Google Cloud, such as ``global`` or ``us-east5``."""

    @property
    def model_name(self) -> str | None:
        """The model of the path, spelled so that the id also says on which surface it is."""
        if self.model is None:
            return None
        if self.api == "vertex":
            place = f"locations/{self.location}/" if self.location else ""
            return f"{place}publishers/anthropic/models/{self.model}"
        return spell_on("bedrock", self.model)


def path_only(path: str) -> str:
    """Return a path without its query."""
    return path.partition("?")[0]


@lru_cache(maxsize=256)
def find_endpoint(method: str, path: str) -> Endpoint | None:
    """Find what a request asks of Claude; ``None`` if its path is not one of Claude's.

    What a gateway puts before a path does not count, nor does a query. A path of Bedrock whose id names no model, such
    as that of an application inference profile, is taken for Claude's; its body tells.
    """
    plain = unquote(path_only(path)).rstrip("/")
    if found := _MESSAGES_API.search(plain):
        return _find_messages_api(method, found)
    if method != "POST":
        return None
    if found := _BEDROCK.search(plain):
        return _find_bedrock(found) if _may_be_claude(found["model"]) else None
    if found := _GOOGLE.search(plain):
        is_count = found["model"] == _COUNT_MODEL
        return Endpoint(
            kind="count_tokens" if is_count else "messages",
            api="vertex",
            model=None if is_count else found["model"],
            is_stream=found["action"] == "streamRawPredict",
            location=found["location"] or "",
        )
    return None


def is_message_call(method: str, path: str) -> bool:
    """Whether a request asks for a message, on any surface; ``path`` may have a query."""
    endpoint = find_endpoint(method, path)
    return endpoint is not None and endpoint.kind == "messages"


def is_count(method: str, path: str) -> bool:
    """Whether a request only asks for its tokens, on any surface."""
    endpoint = find_endpoint(method, path)
    return endpoint is not None and endpoint.kind == "count_tokens"


def names_claude(model: str) -> bool:
    """Whether a model id of Bedrock says that it is Claude's."""
    return "anthropic" in model.lower() or "claude" in model.lower()


def _find_messages_api(method: str, found: re.Match[str]) -> Endpoint | None:
    rest = found["rest"]
    if rest and rest.startswith("/batches"):
        return Endpoint(kind="batches", api="messages")
    if "/v1/models" in found[0]:
        return Endpoint(kind="models", api="messages") if method == "GET" else None
    if method != "POST":
        return None
    return Endpoint(kind="count_tokens" if rest else "messages", api="messages")


def _find_bedrock(found: re.Match[str]) -> Endpoint:
    action = found["action"]
    if action == "count-tokens":
        return Endpoint(kind="count_tokens", api="invoke", model=found["model"], is_stream=False)
    return Endpoint(
        kind="messages",
        api="converse" if action.startswith("converse") else "invoke",
        model=found["model"],
        is_stream=action.endswith("-stream"),
    )


def _may_be_claude(model: str) -> bool:
    """Whether an id of Bedrock names Claude or, like that of an application profile, no model at all."""
    # Ids of models have a vendor and a dot before the name: amazon.nova-lite-v1:0.
    return names_claude(model) or "." not in model.rpartition("/")[2]

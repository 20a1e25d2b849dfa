"""Which requests are Claude's: all others of a test pass untouched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from harness.cassettes.decoding import decompress
from harness.errors import CassetteError
from harness.numbers import read_object
from harness.provider.endpoints import API_URL, COUNT_TOKENS, MESSAGES, find_endpoint, names_claude
from harness.provider.models import is_given_name
from harness.sessions.interception.outgoing import Outgoing

_API_HOST = urlsplit(API_URL).hostname
_API_HEADERS = frozenset({"anthropic-version", "anthropic-beta"})
"""Headers that only clients of the API send. Source: docs.claude.com/en/api/versioning (checked 2026-11-26)."""
_GOOGLE_MODEL = "/publishers/anthropic/models/"
"""In every path of Claude on Google Cloud, whatever is asked. Source: anthropic 2.12, lib/vertex."""
_CHAT_COMPLETIONS = "/chat/completions"
_SHARED_PATHS = (MESSAGES, COUNT_TOKENS, _CHAT_COMPLETIONS)
_BEDROCK_MODEL = re.compile(r"/model/([^/]+)/[a-z-]+$")
_MESSAGES_PATH = re.compile(rf"{MESSAGES}(?:/[^?]*)?(?:\?.*)?$")


def is_claudes(request: Outgoing, base_urls: Iterable[str]) -> bool | None:
    """Whether a request is one to Claude, by its address, its headers or its form; ``None`` if its body has to tell.

    ``base_urls`` are the addresses that clients of the API are configured to use.
    """
    parts = urlsplit(request.url)
    path = unquote(parts.path)
    if parts.hostname == _API_HOST or any(_is_below(request.url, base) for base in base_urls):
        return True
    if not _API_HEADERS.isdisjoint(request.headers) or _GOOGLE_MODEL in path:
        return True
    endpoint = find_endpoint(request.method, parts.path)
    model = None if endpoint is None else endpoint.model
    if model is not None and (names_claude(model) or is_given_name(model)):
        return True
    # An id without Claude's name, such as that of an inference profile.
    is_opaque = model is not None and endpoint is not None and endpoint.api == "invoke"
    if request.method != "POST" or not (path.endswith(_SHARED_PATHS) or is_opaque):
        return False
    if request.body is None:
        return None
    body = _read_body(request, request.body)
    return "anthropic_version" in body if is_opaque else _is_claude_shaped(path, body)


def api_path(path: str) -> str:
    """Path and query as one client sends them to the API itself, whatever another client or a gateway makes of them.

    What a gateway puts before a path of the Messages API is left out. Ids in paths of Bedrock are encoded as by the
    official SDK; boto3 also encodes colons.
    """
    found = _MESSAGES_PATH.search(path)
    if found:
        return found[0]
    plain, mark, query = path.partition("?")
    model = _BEDROCK_MODEL.search(plain)
    if model is None:
        return path
    start, end = model.span(1)
    return f"{plain[:start]}{quote(unquote(model[1]), safe=':')}{plain[end:]}{mark}{query}"


def is_emulated(method: str, url: str) -> bool:
    """Whether the emulator can answer a request of Claude's: any to the API; elsewhere, for a message or its tokens."""
    parts = urlsplit(url)
    if parts.hostname == _API_HOST:
        return True
    endpoint = find_endpoint(method, parts.path)
    if endpoint is None or endpoint.kind not in ("messages", "count_tokens"):
        return False
    # Bedrock counts the tokens of a body inside the body.
    return (endpoint.kind, endpoint.api) != ("count_tokens", "invoke")


def _is_below(url: str, base: str) -> bool:
    asked, given = urlsplit(url), urlsplit(base)
    root = given.path.rstrip("/")
    is_same_host = (asked.scheme, asked.hostname, asked.port) == (given.scheme, given.hostname, given.port)
    return is_same_host and (asked.path == root or asked.path.startswith(f"{root}/"))


def _read_body(request: Outgoing, body: bytes) -> Mapping[str, Any]:
    try:
        return read_object(decompress(body, request.headers.get("content-encoding", ""))) or {}
    except CassetteError:
        return {}


def _is_claude_shaped(path: str, body: Mapping[str, Any]) -> bool:
    """Whether a body is one for Claude, on a path that other APIs have too."""
    model = body.get("model")
    if not isinstance(model, str) or not isinstance(body.get("messages"), list):
        return False
    return not path.endswith(_CHAT_COMPLETIONS) or "claude" in model.lower() or "anthropic" in model.lower()

"""Which requests are Claude's: all others of a test pass untouched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.cassettes.decoding import decompress
from harness.errors import CassetteError
from harness.numbers import read_object
from harness.provider.endpoints import API_URL, COUNT_TOKENS, MESSAGES
from harness.sessions.interception.outgoing import Outgoing

_API_HOST = urlsplit(API_URL).hostname
_API_HEADERS = frozenset({"anthropic-version", "anthropic-beta"})
"""Headers that only clients of the API send. Source: docs.claude.com/en/api/versioning (checked 2026-11-26)."""
_CLOUD_MODEL = re.compile(
    r"/publishers/anthropic/models/"
    r"|/model/[^/]*(?:anthropic|claude)[^/]*/(?:invoke|invoke-with-response-stream|converse|converse-stream)$"
)
"""Paths of Claude on Google Cloud and Amazon Bedrock. Source: anthropic 2.12, lib/vertex and lib/bedrock."""
_CHAT_COMPLETIONS = "/chat/completions"
_SHARED_PATHS = (MESSAGES, COUNT_TOKENS, _CHAT_COMPLETIONS)
_INVOKE = re.compile(r"/model/[^/]+/invoke(?:-with-response-stream)?$")
"""Paths of Amazon Bedrock for any model, such as an inference profile without Claude's name."""
_MESSAGES_PATH = re.compile(rf"{MESSAGES}(?:/[^?]*)?(?:\?.*)?$")


def is_claudes(request: Outgoing, base_urls: Iterable[str]) -> bool | None:
    """Whether a request is one to Claude, by its address, its headers or its form; ``None`` if its body has to tell.

    ``base_urls`` are the addresses that clients of the API are configured to use.
    """
    parts = urlsplit(request.url)
    path = unquote(parts.path)
    if parts.hostname == _API_HOST or any(_is_below(request.url, base) for base in base_urls):
        return True
    if not _API_HEADERS.isdisjoint(request.headers) or _CLOUD_MODEL.search(path):
        return True
    if request.method != "POST" or not (path.endswith(_SHARED_PATHS) or _INVOKE.search(path)):
        return False
    return None if request.body is None else _is_claude_shaped(path, _read_body(request, request.body))


def api_path(path: str) -> str:
    """Path and query of the Messages API, without what a gateway puts before it; any other path as it is."""
    found = _MESSAGES_PATH.search(path)
    return found[0] if found else path


def is_emulated(url: str) -> bool:
    """Whether the emulator can answer a request of Claude's: it is one to the API, or to its messages elsewhere."""
    return urlsplit(url).hostname == _API_HOST or is_messages_path(urlsplit(url).path)


def is_messages_path(path: str) -> bool:
    """Whether a path is one of the Messages API, on its own host or behind a gateway."""
    return _MESSAGES_PATH.search(path) is not None


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
    if _INVOKE.search(path):
        return "anthropic_version" in body
    model = body.get("model")
    if not isinstance(model, str) or not isinstance(body.get("messages"), list):
        return False
    return not path.endswith(_CHAT_COMPLETIONS) or "claude" in model.lower() or "anthropic" in model.lower()

"""Which requests are Claude's: all others of a test pass untouched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.calls.answer import read_object
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
    is_messages = path.endswith((MESSAGES, COUNT_TOKENS))
    if request.method != "POST" or not (is_messages or _may_be_json(request)):
        return False
    if request.body is None:
        return None
    return _is_message_shaped(read_object(request.body) or {}, is_messages=is_messages)


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


def _may_be_json(request: Outgoing) -> bool:
    """Whether the body may be JSON: many clients leave the type of bytes out, some say that it is a form."""
    kind = request.headers.get("content-type", "")
    return not kind or "json" in kind or kind.startswith(("application/x-www-form-urlencoded", "text/plain"))


def _is_message_shaped(body: dict[str, Any], *, is_messages: bool) -> bool:
    if "anthropic_version" in body:
        return True
    model = body.get("model")
    if not isinstance(model, str) or not isinstance(body.get("messages"), list):
        return False
    return is_messages or "claude" in model.lower() or "anthropic" in model.lower()

"""The keys that a run knows: from its environment, and from the headers and URLs of its requests."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.cassettes.scrub_path import QUERY_NAMES

_SHORTEST = 8
"""Shorter values are placeholders, and would be found in the middle of words."""

_HEADER = re.compile(r"(?i).*(?:authorization|cookie|token|secret|password|signature|api-?key|-key|^key)$")
_NO_CREDENTIAL = frozenset({"idempotency-key"})
_PARAMETER = re.compile(QUERY_NAMES, re.IGNORECASE)


def read_credentials(headers: Iterable[tuple[str, str]], url: str) -> frozenset[str]:
    """Read the keys of a request: from the headers and from the URL, with its user info and its query."""
    found = [*_read_url(url)]
    for name, value in headers:
        if _HEADER.fullmatch(name) and name.lower() not in _NO_CREDENTIAL:
            found += _read_header(name.lower(), value)
    return keep_long(found)


def keep_long(values: Iterable[str]) -> frozenset[str]:
    """Drop values that are too short to be keys, and texts of several words."""
    return frozenset(value for value in values if len(value) >= _SHORTEST and not re.search(r"\s", value))


def _read_header(name: str, value: str) -> Iterator[str]:
    if "cookie" in name:
        yield from (part.partition("=")[2].strip() for part in value.split(";"))
        return
    scheme, _, rest = value.strip().rpartition(" ")
    yield rest
    if scheme.lower() == "basic":
        yield _password(rest)


def _password(packed: str) -> str:
    try:
        return base64.b64decode(packed).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _read_url(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        yield from (unquote(part) for part in (parts.username, parts.password) if part)
        for name, value in parse_qsl(parts.query):
            if _PARAMETER.fullmatch(name):
                yield value
    except ValueError:
        return

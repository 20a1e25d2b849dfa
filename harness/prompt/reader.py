"""Reading of request bodies: each distinct one is parsed, read, fingerprinted and counted once."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from harness.errors import CannotTellError, RequestError
from harness.numbers import parse_json
from harness.prompt.reading import Prompt, read
from harness.prompt.tokens import CountText, TextCounter

_KEPT = 64
"""Distinct bodies to remember: enough for the rounds of a case, without filling the memory in a long run."""
_LARGEST_KEPT = 1_000_000
"""Bytes up to which a body is remembered."""


class PromptReader:
    """Reads the request bodies of one run; equal bytes give the same `Prompt`, up to a megabyte of them."""

    def __init__(self, count_text: CountText | None = None) -> None:
        """Count tokens with ``count_text``; the default uses ``ctok`` and remembers nothing."""
        self.count_text: CountText = count_text or TextCounter()
        self._parse = lru_cache(maxsize=_KEPT)(_parse)
        self._read = lru_cache(maxsize=_KEPT)(self._read_request)

    def parse(self, body: bytes) -> dict[str, Any]:
        """Parse the JSON object of a body.

        Raises:
            RequestError: the body is not a JSON object.
        """
        return self._parse(body) if len(body) <= _LARGEST_KEPT else _parse(body)

    def read(self, body: bytes) -> Prompt:
        """Read the prompt of a body.

        Raises:
            RequestError: the body does not have the shape of a Messages request.
        """
        return self._read(body) if len(body) <= _LARGEST_KEPT else self._read_request(body)

    def try_read(self, body: bytes) -> Prompt | None:
        """Read the prompt of a body; ``None`` if the body does not have the shape of a Messages request."""
        return _try(self.read, body)

    def _read_request(self, body: bytes) -> Prompt:
        return read(self.parse(body), self.count_text)


def find_doubt(body: bytes, reader: PromptReader) -> CannotTellError | None:
    """Find out why a body cannot be judged; ``None`` if it can be, or if it is no request at all."""
    try:
        reader.read(body)
    except CannotTellError as error:
        return error
    except RequestError:
        return None
    return None


def try_read_once(body: bytes) -> Prompt | None:
    """Read a body that does not come again, like `PromptReader.try_read`."""
    return _try(lambda body: read(_parse(body)), body)


def _try(read_body: Callable[[bytes], Prompt], body: bytes) -> Prompt | None:
    try:
        return read_body(body)
    except RequestError:
        return None


def _parse(body: bytes) -> dict[str, Any]:
    try:
        value = parse_json(body)
    except RequestError as error:
        raise RequestError(f"The request body cannot be read: {error.message}") from None
    except (ValueError, RecursionError) as error:
        raise RequestError(f"The request body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise RequestError("The request body is not a JSON object")
    return value

"""The local cache: whole responses on disk, for offline use and redundancy."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from harness.errors import WriteError
from harness.files import load_json, read_file, write_atomically

logger = logging.getLogger(__name__)


class StoredAnswer(NamedTuple):
    """A response as it is stored."""

    response: dict[str, Any]
    usages: Sequence[Any]
    """The usages that the API sent with it, in order: one, or several of a stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCache:
    """Responses by request, one JSON file each, under ``folder``."""

    folder: Path
    prefix: str = ""
    """``CACHE_PREFIX``: keeps environments apart."""
    prompt_version: str = ""
    """Keeps the answers of two versions of a prompt apart, even where the request is the same."""
    _problems: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
    """Why responses could not be stored; only the first is warned of."""

    def key(self, request: Mapping[str, Any]) -> str:
        """SHA-256 (hex) of the whole request, prefix and prompt version; the order of keys does not matter."""
        canonical = [self.prefix, self.prompt_version, request]
        return sha256(_dump(canonical)).hexdigest()

    def read(self, request: Mapping[str, Any]) -> StoredAnswer | None:
        """Read the stored response to a request; ``None`` if there is none that can be read."""
        try:
            # Unlike orjson, it keeps integers beyond 64 bits.
            stored = load_json(read_file(self._path(request)).decode())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self.warn(request, (error.strerror if isinstance(error, OSError) else None) or str(error))
            return None
        response = stored.get("response") if isinstance(stored, dict) else None
        if not isinstance(response, dict):
            self.warn(request, "it holds no response")
            return None
        return StoredAnswer(response, stored.get("usages") or [response.get("usage")])

    def warn(self, request: Mapping[str, Any], reason: str) -> None:
        """Log that the stored response to a request cannot be used."""
        logger.warning("%s: not a stored response (%s); asking again", self._path(request), reason)

    def write(self, request: Mapping[str, Any], response: Mapping[str, Any], usages: Sequence[Any]) -> None:
        """Store a response; a reader sees the old file or the new one, never part of one.

        What cannot be stored is warned of once, and never an error: the response is paid for.
        """
        stored = {"model": request.get("model"), "response": response, "usages": usages}
        try:
            data = json.dumps(stored, indent=2, default=_to_text).encode()
            write_atomically(self._path(request), data, is_private=True)
        except WriteError as error:
            self._note_problem(error.message)
        except (TypeError, ValueError, RecursionError) as error:
            self._note_problem(f"{self._path(request)} cannot be written: {error}")

    def _note_problem(self, problem: str) -> None:
        self._problems.append(problem)
        if len(self._problems) == 1:
            logger.warning("%s; responses are not kept in the local cache", problem)

    def _path(self, request: Mapping[str, Any]) -> Path:
        return self.folder / f"{self.key(request)}.json"


def _dump(value: Any) -> bytes:
    try:
        return orjson.dumps(value, default=to_plain, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # An integer beyond 64 bits.
        return json.dumps(value, default=to_plain, sort_keys=True).encode()


def _to_text(value: Any) -> str:
    """Write a time, such as that at which a container expires, as the API does."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError


def to_plain(value: Any) -> Any:
    """Convert an SDK object in a request, such as the content of an earlier answer, to the JSON that is sent."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_unset=True)
    raise TypeError

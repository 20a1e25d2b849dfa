"""The local cache: whole responses on disk, for offline use and redundancy."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from harness.client.cache_limits import NO_LIMITS, Limits, make_room
from harness.client.entry import StoredAnswer, read_entry, write_entry
from harness.client.identity import canonical_bytes
from harness.errors import WriteError
from harness.files import read_file, write_atomically
from harness.files.locking import only_writer

logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCache:
    """Responses by request, one JSON file each, under ``folder``."""

    folder: Path
    prefix: str = ""
    """``CACHE_PREFIX``: keeps environments apart."""
    prompt_version: str = ""
    """Keeps the answers of two versions of a prompt apart, even where the request is the same."""
    limits: Limits = NO_LIMITS
    clock: Callable[[], datetime] = _now
    _problems: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
    """Why responses could not be stored; only the first is warned of."""

    def key(self, request: Mapping[str, Any], version: str | None = None) -> str:
        """SHA-256 (hex) of the request, prefix and prompt version; the order of keys does not matter.

        ``version`` stands for the prompt version of the cache.

        Raises:
            TypeError: the request holds a value that JSON cannot.
            ValueError: the same, of a number or a text.
        """
        own = self.prompt_version if version is None else version
        return sha256(canonical_bytes(self.prefix, own, request)).hexdigest()

    def read(self, request: Mapping[str, Any], version: str | None = None) -> StoredAnswer | None:
        """Read the stored response to a request; ``None`` if there is none that can be read and is whole."""
        try:
            key = self.key(request, version)
        except (TypeError, ValueError) as error:
            self._note_problem(f"a request has no key: {error}")
            return None
        path = self._path(key)
        if self.limits.is_too_old(path, self.clock()):
            return None
        try:
            return read_entry(read_file(path), key)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._warn(path, (error.strerror if isinstance(error, OSError) else None) or str(error))
            return None

    def warn(self, request: Mapping[str, Any], reason: str, version: str | None = None) -> None:
        """Log that the stored response to a request cannot be used."""
        self._warn(self._path(self.key(request, version)), reason)

    def write(
        self,
        request: Mapping[str, Any],
        response: Mapping[str, Any],
        usages: Sequence[Any],
        *,
        pieces: Sequence[int] = (),
        version: str | None = None,
    ) -> None:
        """Store a response; a reader sees the old file or the new one, never part of one.

        With limits, one process writes at a time, and removes the oldest responses first. What cannot
        be stored is warned of once, and never an error: the response is paid for.
        """
        place: object = "a response"
        try:
            key = self.key(request, version)
            place = path = self._path(key)
            data = write_entry(key, request.get("model"), StoredAnswer(dict(response), usages, pieces))
            self._store(path, data)
        except WriteError as error:
            self._note_problem(error.message)
        except (TypeError, ValueError, RecursionError, OSError) as error:
            self._note_problem(f"{place} cannot be written: {error}")

    def _store(self, path: Path, data: bytes) -> None:
        is_limited = self.limits != NO_LIMITS
        with only_writer(self.folder) if is_limited else nullcontext():
            if is_limited and not make_room(self.folder, len(data), self.limits, self.clock()):
                raise ValueError(f"it has {len(data):,} bytes, which is more than the local cache may have")
            write_atomically(path, data, is_private=True)

    def _warn(self, path: Path, reason: str) -> None:
        logger.warning("%s: not a stored response (%s); asking again", path, reason)

    def _note_problem(self, problem: str) -> None:
        self._problems.append(problem)
        if len(self._problems) == 1:
            logger.warning("%s; responses are not kept in the local cache", problem)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

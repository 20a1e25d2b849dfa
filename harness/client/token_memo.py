"""Token counts of texts, stored on disk by digest, so that a warm run loads no vocabulary."""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import platformdirs

from harness.errors import WriteError
from harness.files import append_to_file, read_file

logger = logging.getLogger(__name__)

_KEPT = 50_000


class TokenMemo(MutableMapping[str, int]):
    """A mapping from digest to count, backed by an append-only file that many processes can share.

    Only digests and numbers are stored, never text. A line that was cut off is ignored.
    Where the file cannot be written nothing is remembered, with one warning, and the run goes on.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Keep the counts in ``path``, by default in the user's cache folder, by version of ``ctok``."""
        self._path = path or default_path()
        self._counts: dict[str, int] | None = None
        self.problem: str | None = None
        """Why counts are not remembered; ``None`` if they are."""

    def __getitem__(self, key: str) -> int:
        return self._load()[key]

    def __setitem__(self, key: str, value: int) -> None:
        counts = self._load()
        if len(counts) >= 2 * _KEPT:
            for old in list(islice(counts, _KEPT)):
                del counts[old]
        counts[key] = value
        try:
            append_to_file(self._path, f"{key} {value}\n".encode(), is_private=True)
        except WriteError as error:
            if self.problem is None:
                self.problem = f"{error.message}; token counts are not remembered"
                logger.warning("%s", self.problem)

    def __delitem__(self, key: str) -> None:
        raise TypeError("a token count cannot be deleted")

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def _load(self) -> dict[str, int]:
        if self._counts is None:
            self._counts = _read(self._path)
        return self._counts


def default_path() -> Path:
    """The file used when no path is given; a new version of ``ctok`` starts a new file."""
    folder = Path(platformdirs.user_cache_dir("prompt-cache-harness"))
    return folder / f"tokens-{version('ctok')}.txt"


def _read(path: Path) -> dict[str, int]:
    try:
        lines = read_file(path).decode("ascii", "replace").splitlines(keepends=True)
    except OSError:
        return {}
    counts: dict[str, int] = {}
    for line in lines[-_KEPT:]:
        key, _, count = line.partition(" ")
        # A line without its end was cut off, perhaps in the middle of the number.
        if count.endswith("\n") and count[:-1].isdecimal() and len(key) > 64:
            counts[key] = int(count)
    if len(lines) > 2 * _KEPT:
        with suppress(OSError):
            path.unlink()
    return counts

"""Cassettes and blobs as files: checked by digest when read, written atomically."""

import json
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from harness.cassettes.format import BLOB_NAME, Cassette, decode, encode
from harness.cassettes.scan import SecretGuard
from harness.cassettes.unchanged import keep_unchanged
from harness.errors import CassetteError
from harness.files import decode_text, read_file, write_atomically
from harness.provider.endpoints import Origin

_RESTORE = "restore the file from version control, or record it again"


class CassetteStore:
    """The cassettes under one folder, with their long texts in ``blobs/``."""

    def __init__(self, folder: Path, *, guard: SecretGuard | None = None) -> None:
        """Open a folder; ``guard`` refuses to write secrets into it."""
        self.folder = folder
        self._guard = guard
        self._blobs: dict[str, str] = {}
        self._sharing: Counter[str] | None = None

    def path(self, name: str) -> Path:
        """The file of the cassette ``name``, a path with slashes and without the file extension."""
        return self.folder / f"{name}.json"

    def load(self, name: str) -> Cassette | None:
        """Load the cassette ``name``; ``None`` if nothing was recorded under that name.

        Raises:
            CassetteError: the file, or a blob that it names, is unreadable or damaged.
        """
        path = self.path(name)
        text = read_text(path)
        if text is None:
            return None
        try:
            return decode(text, self._get_blob)
        except CassetteError as error:
            raise CassetteError(f"{path}: {error.message}", hint=error.hint or _RESTORE) from None

    def read_header(self, name: str) -> Mapping[str, Any]:
        """Read how a cassette was recorded; empty if it is missing or unreadable."""
        try:
            header = json.loads(read_text(self.path(name)) or "")["recorded"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return {}
        return header if isinstance(header, dict) else {}

    def upstream(self, name: str) -> Origin:
        """Who answers when a cassette is recorded again: whoever did before, or else the emulator."""
        return "anthropic" if self.read_header(name).get("from") == "anthropic" else "emulator"

    def rename(self, old: str, new: str) -> list[Path]:
        """Move the cassette of a test to another name; return the files that changed, none if there is no cassette.

        Raises:
            CassetteError: the cassette is damaged.
            WriteError: the new file cannot be written.
        """
        if self._load_whole(old) is None:
            return []
        write_atomically(self.path(new), read_file(self.path(old)))
        self.path(old).unlink()
        return [self.path(old), self.path(new)]

    def save(self, name: str, cassette: Cassette) -> None:
        """Write a cassette after its blobs, so that no file names a missing blob.

        Raises:
            SecretError: it holds a secret; nothing is written.
        """
        if self._guard is not None:
            self._guard.check_cassette(cassette, name)
        self._write(name, cassette)

    def update(self, name: str, cassette: Cassette, *, oldest: str = "") -> None:
        """Write a cassette that was recorded again: one that did not change keeps every byte.

        One that was recorded before ``oldest`` gets the new date.

        Raises:
            SecretError: it holds a secret; nothing is written.
        """
        if self._guard is not None:
            self._guard.check_cassette(cassette, name)
        old = self._load_whole(name)
        kept = keep_unchanged(old, cassette, oldest=oldest)
        if kept is not old:
            self._write(name, kept)

    def _load_whole(self, name: str) -> Cassette | None:
        """Load a cassette; ``None`` if there is none, or it is damaged and so has to be written again."""
        try:
            cassette = self.load(name)
            for interaction in cassette.interactions if cassette else ():
                interaction.request.load_body()
        except CassetteError:
            return None
        return cassette

    def _write(self, name: str, cassette: Cassette) -> None:
        write_atomically(self.path(name), encode(cassette, self._put_blob).encode())

    def count_sharing(self, text: str) -> int:
        """Count the cassettes that name a long text; short texts are not stored as blobs, and count as 0."""
        if self._sharing is None:
            self._sharing = Counter(
                digest for path in self.folder.rglob("*.json") for digest in set(BLOB_NAME.findall(_read_anyhow(path)))
            )
        return self._sharing[sha256(text.encode()).hexdigest()]

    def find_text(self, digest: str) -> str | None:
        """Find a stored text by its digest; ``None`` if it is missing or damaged."""
        try:
            return self._get_blob(digest)
        except CassetteError:
            return None

    def put_text(self, text: str) -> str:
        """Store a text beside the cassettes, once, and return its digest.

        Raises:
            SecretError: it holds a secret; nothing is written.
        """
        if self._guard is not None:
            self._guard.check_text(text)
        return self._put_blob(text)

    def _put_blob(self, text: str) -> str:
        digest = _digest(text.encode())
        path = self._blob_path(digest)
        if not _holds(path, digest):
            write_atomically(path, text.encode())
        return digest

    def _get_blob(self, digest: str) -> str:
        text = self._blobs.get(digest)
        if text is None:
            text = self._blobs[digest] = self._read_blob(digest)
        return text

    def _read_blob(self, digest: str) -> str:
        path = self._blob_path(digest)
        try:
            data = read_file(path)
        except OSError:
            raise CassetteError(f"blob {path} is missing or unreadable") from None
        return decode_blob(data, digest, path)

    def _blob_path(self, digest: str) -> Path:
        if len(digest) != 64 or not digest.isalnum():
            raise CassetteError(f"{digest!r} is not the digest of a blob")
        return self.folder / "blobs" / f"{digest}.txt"


def read_text(path: Path) -> str | None:
    """Read the text of a cassette's file, without a byte order mark; ``None`` if there is no such file.

    Raises:
        CassetteError: the file is unreadable or not UTF-8; starts with its path.
    """
    try:
        data = read_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CassetteError(f"{path}: unreadable: {error.strerror}", hint=_RESTORE) from None
    return decode_text(data, path, CassetteError, hint=_RESTORE)


def decode_blob(data: bytes, digest: str, path: Path) -> str:
    """Decode the text of a blob, and prove it by its digest; an editor may have added a byte order mark.

    Raises:
        CassetteError: it is not the text that was recorded; starts with its path.
    """
    # Only an undamaged text may begin with a byte order mark of its own.
    text = data.decode() if _digest(data) == digest else decode_text(data, path, CassetteError)
    if _digest(text.encode()) != digest:
        raise CassetteError(f"{path}: not the text that was recorded (its sha256 differs)")
    return text


def blob_digest(text: str) -> str:
    """The name under which a text is stored."""
    return _digest(text.encode("utf-8", "surrogatepass"))


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _holds(path: Path, digest: str) -> bool:
    """Whether a file exists undamaged: recording again must repair a damaged one."""
    try:
        return _digest(read_file(path)) == digest
    except OSError:
        return False


def _read_anyhow(path: Path) -> str:
    """The text of a file as far as it can be read."""
    try:
        return read_file(path).decode(errors="replace")
    except OSError:
        return ""

"""Accept entries into the lock file while other runs do the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import LockError, UsageError
from harness.files.locking import only_writer
from harness.lock.entries import Lock, LockEntry
from harness.lock.lockfile import read_lock, write_lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What a run changes in the lock file."""

    entries: Mapping[str, LockEntry]
    """Accepted entries, by key."""
    removed: Mapping[str, LockEntry]
    """Entries that no test makes any more, as the run read them."""

    def apply(self, lock: Lock) -> Lock:
        """The lock with the changes; what another run accepted meanwhile stays."""
        removed = frozenset(key for key, entry in self.removed.items() if lock.entries.get(key) == entry)
        return lock.updated({key: _with_reason(entry, lock) for key, entry in self.entries.items()}, removed=removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """The lock file before and after an update."""

    old: Lock
    new: Lock
    is_changed: bool


def update_lock(path: Path, update: Update, *, is_replacing_damage: bool = False) -> Updated:
    """Read the lock file again, apply the changes and write it, with no other run in between.

    Raises:
        LockError: the file is damaged, and ``is_replacing_damage`` does not say that it was before.
        WriteError: the file cannot be written.
    """
    with only_writer(path):
        try:
            old = read_lock(path) or Lock()
        except LockError:
            if not is_replacing_damage:
                raise
            old = Lock()
        new = update.apply(old)
        return Updated(old=old, new=new, is_changed=write_lock(path, new))


def rename_entry(path: Path, lock: Lock, old: str, new: str) -> None:
    """Move an entry of the lock file to another key.

    Raises:
        UsageError: there is no entry ``old``, there is one ``new`` already, or ``new`` cannot be a key.
    """
    entry = lock.entries.get(old)
    if entry is None:
        raise UsageError(f"{path} has no entry {old!r}", hint="list the entries: harness lock")
    if new in lock.entries:
        raise UsageError(f"{path} has an entry {new!r} already", hint="remove one: pytest --harness-update-lock")
    parts = new.rsplit("/", 2 if entry.version else 1)
    if len(parts) < (3 if entry.version else 2) or not all(parts):
        raise UsageError(f"{new!r} is not the key of a {'case' if entry.version else 'test'}")
    suite, *version, case = parts
    moved = replace(entry, suite=suite, version="".join(version), case=case)
    with only_writer(path):
        write_lock(path, lock.updated({moved.key: moved}, removed=frozenset({old})))


def _with_reason(entry: LockEntry, old: Lock) -> LockEntry:
    """Keep the reason of the old entry if the prefix did not change since."""
    before = old.entries.get(entry.key)
    if before is None:
        return replace(entry, reason=None)
    return entry if before.prefix != entry.prefix else replace(entry, reason=before.reason)

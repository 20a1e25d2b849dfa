"""Find entries of the lock file that no test sends any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.findings.finding import Finding
    from harness.lock.entries import LockEntry

_FIX = "remove it with --harness-update-lock, or allow it with --harness-allow-unused"


class Collected:
    """The keys of the collected tests, and the files that were collected completely."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.sources: set[str] = set()
        """Test files (without extension) and folders of suite files whose keys are all known."""
        self.is_all = False
        """The whole project was collected."""
        self.silent: set[str] = set()
        """Keys of tests that passed without sending a request."""

    def to_json(self) -> dict[str, Any]:
        """The collected keys and files of one process, in a form that xdist can send."""
        sets = {"keys": self.keys, "sources": self.sources, "silent": self.silent}
        return {**{name: sorted(values) for name, values in sets.items()}, "is_all": self.is_all}

    def add_json(self, sent: dict[str, Any]) -> None:
        """Add what another process collected, as ``to_json`` wrote it."""
        self.add(sent["keys"], sent["sources"], is_all=sent["is_all"])
        self.silent |= set(sent["silent"])

    def add(self, keys: Iterable[str], sources: Iterable[str], *, is_all: bool) -> None:
        """Add the collected keys and files of one process."""
        self.keys |= set(keys)
        self.sources |= set(sources)
        self.is_all = self.is_all or is_all

    def lacks(self, entry: LockEntry) -> bool:
        """Whether an entry is known to be unused."""
        if entry.key in self.silent:
            return True
        if entry.key in self.keys:
            return False
        return self.is_all or (entry.suite.rpartition("/")[0] if entry.version else entry.suite) in self.sources

    def has_other_version(self, entry: LockEntry) -> bool:
        """Whether the case of an entry was collected with another version."""
        start, end = f"{entry.suite}/", f"/{entry.case}"
        return any(
            key.startswith(start) and key.endswith(end) and key.count("/") == entry.key.count("/")
            for key in self.keys - {entry.key}
        )


def describe_unused(
    entries: Sequence[LockEntry], collected: Collected, *, file: str, is_allowed: bool
) -> tuple[Finding, ...]:
    """One finding per entry; a note instead of an error if another version replaced it."""
    if not entries:
        return ()
    from harness.findings.finding import Finding

    return tuple(
        Finding(
            rule="unused",
            level="note" if is_allowed or is_replaced else "error",
            headline=f"{entry.key}: accepted, but no test sends it any more",
            fix=None if is_replaced else _FIX,
            file=file,
            line=1,
            command="pytest --harness-update-lock",
        )
        for entry, is_replaced in ((entry, collected.has_other_version(entry)) for entry in entries)
    )

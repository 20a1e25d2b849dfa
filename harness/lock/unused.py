"""Find entries of the lock file that no test sends any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.findings.finding import Finding
    from harness.lock.entries import LockEntry
    from harness.prompt.reading import Prompt

_FIX = "remove it with --harness-update-lock, or allow it with --harness-allow-unused"


class Collected:
    """The keys of the collected tests, and the files that were collected completely."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.sources: set[str] = set()
        """Test files (without extension) and folders of suite files whose keys are all known."""
        self.is_all = False
        """The whole project was collected."""
        self.new: dict[str, list[list[str]]] = {}
        """Fingerprints of the requests of tests that are not in the lock file, by key."""
        self.silent: set[str] = set()
        """Keys of tests that passed without sending a request."""

    def to_json(self) -> dict[str, Any]:
        """The collected keys and files of one process, in a form that xdist can send."""
        sets = {"keys": self.keys, "sources": self.sources, "silent": self.silent}
        return {**{name: sorted(values) for name, values in sets.items()}, "is_all": self.is_all, "new": self.new}

    def note_new(self, key: str, prompts: Sequence[Prompt]) -> None:
        """Note the requests of a test that is not in the lock file: it may be one that has been renamed."""
        from harness.lock.accept import prefix_key

        self.new[key] = [[fingerprint for fingerprint, _, _ in prefix_key(prompt)] for prompt in prompts]

    def find_new_name(self, entry: LockEntry) -> str | None:
        """The key of a new test that sends the requests of an entry."""
        old = [[point.fingerprint for point in call.breakpoints] for call in entry.calls]
        return next((key for key, new in self.new.items() if any(new) and new == old[: len(new)]), None)

    def add_json(self, sent: dict[str, Any]) -> None:
        """Add what another process collected, as ``to_json`` wrote it."""
        self.add(sent["keys"], sent["sources"], is_all=sent["is_all"])
        self.silent |= set(sent["silent"])
        self.new |= sent["new"]

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
    from harness.findings.commands import quote
    from harness.findings.finding import Finding

    def describe(entry: LockEntry) -> Finding:
        is_replaced, name = collected.has_other_version(entry), collected.find_new_name(entry)
        finding = Finding(
            rule="unused",
            level="note" if is_allowed or is_replaced else "error",
            headline=f"{entry.key}: accepted, but no test sends it any more",
            fix=None if is_replaced else _FIX,
            file=file,
            line=1,
            command="pytest --harness-update-lock",
        )
        if name is None or is_replaced:
            return finding
        return replace(
            finding,
            headline=f"{entry.key}: renamed to {name}",
            fix="move its entry and its cassette to the new name",
            command=f"harness lock --rename {quote(entry.key)} {quote(name)}",
        )

    return tuple(describe(entry) for entry in entries)

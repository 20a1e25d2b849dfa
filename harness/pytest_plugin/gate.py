"""The gate within a run: compares what tests send with the lock file, and brings it up to date."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import CheckError, LockError
from harness.files import relative
from harness.pytest_plugin import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.cassettes.store import CassetteStore
    from harness.gate.compare import Gate, Subject
    from harness.gate.lockfile import Entry, Lock
    from harness.prompt.tokens import CountText
    from harness.promptcache.finding import Finding

CANNOT_TELL = 2
"""Exit code of a run that cannot judge."""
WORKER_KEY = "harness_collected"
"""Under which a worker of xdist says what it collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """What the options say of the gate."""

    path: Path
    """Of the lock file."""
    is_updating: bool = False
    """What tests send is accepted."""
    is_unused_allowed: bool = False


class GateKeeper:
    """One run's view of the lock file."""

    def __init__(self, config: pytest.Config, options: GateOptions) -> None:
        """Read the lock file; end the run if that cannot be done, unless it is to be written anew."""
        self._config = config
        self.options = options
        self.collected = Collected()
        self.lock = self._read_lock() if options.path.exists() else None

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to compare with and nothing to accept."""
        return self.lock is None and not self.options.is_updating

    def _read_lock(self) -> Lock | None:
        # Not needed by a project without a lock file, and importing it takes 3 ms.
        from harness.gate.lockfile import read_lock

        try:
            return read_lock(self.options.path)
        except LockError as error:
            if self.options.is_updating:
                return None
            raise pytest.exit.Exception(str(error), returncode=CANNOT_TELL) from None

    def note_collected(self, items: list[pytest.Item]) -> None:
        """Note which entries the collected tests make, unless nobody will ask."""
        if self.lock is None:
            return
        from harness.pytest_plugin.names import cassette_of

        refused = {item.path for item in items if getattr(item, "cassette", "") is None}
        root = self._config.rootpath
        is_selected = self._config.args_source == pytest.Config.ArgsSource.ARGS
        is_partial = any("::" in argument for argument in self._config.args)
        sources = [] if is_partial else [_source(item, root) for item in items if item.path not in refused]
        keys = [key for item in items if (key := cassette_of(item))]
        self.collected.add(keys, sources, is_all=not (is_selected or is_partial or refused))

    def check(self, item: pytest.Item, subject: Subject, gate: Gate) -> None:
        """Compare a case's requests with the accepted ones, or note them as what is to be accepted.

        Raises:
            CheckError: they changed in a way that loses what was accepted.
        """
        if self.options.is_updating:
            return
        findings = gate.compare(subject) if self.lock is not None else ()
        errors = tuple(finding for finding in findings if finding.level == "error")
        for finding in findings:
            if finding.level != "error":
                rows.note(item, "finding", json.dumps(finding.to_json()))
        if errors:
            raise CheckError("\n".join(map(str, errors)), hint=self.accept_command(item), findings=errors)

    def accept(self, item: pytest.Item, subject: Subject, store: CassetteStore, count_text: CountText) -> None:
        """In an updating run, note a case's requests as what is to be accepted, and keep their texts."""
        if not self.options.is_updating:
            return
        from harness.gate.accept import keep_texts

        entry = subject.make_entry(count_text)
        for request, call in zip(subject.requests, entry.calls, strict=True):
            keep_texts(request, call, store.put_text)
        rows.note(item, "entry", json.dumps(entry.to_json()))

    def accept_command(self, item: pytest.Item) -> str:
        """What to type to accept what a test sends."""
        return f'pytest "{item.nodeid}" --harness-update-lock'

    # --- the end of the run ------------------------------------------------------------------------------

    def gather_findings(self, reporter: pytest.TerminalReporter) -> tuple[Finding, ...]:
        """All findings of the run: those of its tests, and what is left over in the lock file."""
        lines, unused = rows.gather(reporter, "finding"), self.find_unused()
        if not lines and not unused:
            return ()
        from harness.gate.findings import merge
        from harness.promptcache.finding import Finding

        return merge([*(Finding.from_json(json.loads(line)) for line in lines), *unused])

    def find_unused(self) -> tuple[Finding, ...]:
        """Entries that no collected test makes any more; those of a replaced version are no errors."""
        if self.lock is None or self.options.is_updating or not (unused := self.unused_entries()):
            return ()
        from harness.promptcache.finding import Finding

        return tuple(
            Finding(
                rule="unused",
                level="note" if self.options.is_unused_allowed or self._is_replaced(entry) else "error",
                headline=f"{entry.key}: accepted, and no test sends it any more",
                fix=None if self._is_replaced(entry) else _FIX_UNUSED,
                file=self._relative,
                line=1,
                command="pytest --harness-update-lock",
            )
            for entry in unused
        )

    def unused_entries(self) -> tuple[Entry, ...]:
        """Entries of the lock file whose tests would have been collected if there were any."""
        entries = self.lock.entries.values() if self.lock else ()
        return tuple(entry for entry in entries if self.collected.lacks(entry))

    def write(self, reporter: pytest.TerminalReporter) -> list[str]:
        """Write the lock file of an updating run; what to say of it, a line each."""
        from harness.gate.lockdiff import compare_locks, difference_table
        from harness.gate.lockfile import Entry, Lock, write_lock

        entries = [Entry.from_json(json.loads(row)) for row in rows.gather(reporter, "entry")]
        if not entries:
            return [f"{self._relative} is not written: no test that passed sent a request"]
        old = self.lock or Lock()
        removed = frozenset(entry.key for entry in self.unused_entries())
        new = old.updated({entry.key: _with_reason(entry, old) for entry in entries}, removed=removed)
        if not write_lock(self.options.path, new):
            return [f"{self._relative} is up to date: {len(new.entries):,} entries"]
        table = difference_table(compare_locks(old, new), style="simple")
        commit = f"commit: git add {self._relative} {self._cassettes}"
        return [*table.splitlines(), f"written: {self._relative}, {len(new.entries):,} entries", commit]

    def _is_replaced(self, entry: Entry) -> bool:
        """Whether the case is there under another version of the prompt."""
        return bool(entry.version) and self.collected.has_other_version(entry)

    @cached_property
    def _relative(self) -> str:
        return relative(self.options.path, self._config.rootpath)

    @property
    def _cassettes(self) -> str:
        return str(self._config.getini("harness_cassettes"))


class Collected:
    """The keys that the collected tests make, and which files were collected as a whole."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.sources: set[str] = set()
        """Test files without ending, and folders of suite files, all of whose keys are known."""
        self.is_all = False
        """Everything that the project has was collected."""

    def to_json(self) -> dict[str, Any]:
        """What one process collected, as xdist can carry it."""
        return {"keys": sorted(self.keys), "sources": sorted(self.sources), "is_all": self.is_all}

    def add(self, keys: Iterable[str], sources: Iterable[str], *, is_all: bool) -> None:
        """Note what one process collected."""
        self.keys |= set(keys)
        self.sources |= set(sources)
        self.is_all = self.is_all or is_all

    def lacks(self, entry: Entry) -> bool:
        """Whether no test makes an entry any more, as far as that can be known."""
        if entry.key in self.keys:
            return False
        return self.is_all or (entry.suite.rpartition("/")[0] if entry.version else entry.suite) in self.sources

    def has_other_version(self, entry: Entry) -> bool:
        """Whether the case of an entry is there in another version."""
        start, end = f"{entry.suite}/", f"/{entry.case}"
        return any(
            key.startswith(start) and key.endswith(end) and key.count("/") == entry.key.count("/") for key in self.keys
        )


class WorkerListener:
    """Hears from xdist's workers what they collected; registered only when xdist is loaded."""

    def __init__(self, collected: Collected) -> None:
        self._collected = collected

    def pytest_testnodedown(self, node: Any) -> None:
        """Note what one worker collected; a crashed one has nothing to say."""
        found = (getattr(node, "workeroutput", None) or {}).get(WORKER_KEY)
        if found:
            self._collected.add(found["keys"], found["sources"], is_all=found["is_all"])


def _source(item: pytest.Item, root: Path) -> str:
    is_case = hasattr(item, "cassette")
    name = relative(item.path.parent if is_case else item.path.with_suffix(""), root)
    return "" if name == "." else name


def _with_reason(entry: Entry, old: Lock) -> Entry:
    """An entry with the reason that the old one has, if nothing changed since then."""
    from dataclasses import replace

    before = old.entries.get(entry.key)
    if before is None:
        return replace(entry, reason=None)
    return entry if before.prefix != entry.prefix else replace(entry, reason=before.reason)


_FIX_UNUSED = "remove it with --harness-update-lock, or allow it with --harness-allow-unused"

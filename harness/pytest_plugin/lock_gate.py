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
from harness.lock.unused import Collected, describe_unused
from harness.pytest_plugin import attachments as rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.cassettes.store import CassetteStore
    from harness.findings.finding import Finding
    from harness.lock.compare import CaseRequests, Gate
    from harness.lock.entries import Entry, Lock

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


class LockGate:
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
        from harness.lock.lockfile import read_lock

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
        from harness.pytest_plugin.cassette_names import cassette_of

        refused = {item.path for item in items if getattr(item, "cassette", "") is None}
        root = self._config.rootpath
        is_selected = self._config.args_source == pytest.Config.ArgsSource.ARGS
        is_partial = any("::" in argument for argument in self._config.args) or self._config.getoption("lf", False)
        sources = [] if is_partial else [_source(item, root) for item in items if item.path not in refused]
        keys = [key for item in items if (key := cassette_of(item))]
        self.collected.add(keys, sources, is_all=not (is_selected or is_partial or refused))

    def check(self, item: pytest.Item, case: CaseRequests, gate: Gate) -> tuple[Finding, ...]:
        """What there is to say of a case's requests and is no error: they are new, or their change is accepted.

        Raises:
            CheckError: they changed in a way that loses what was accepted.
        """
        if self.lock is None or self.options.is_updating:
            return ()
        findings = gate.compare(case)
        errors = tuple(finding for finding in findings if finding.level == "error")
        if errors:
            raise CheckError("\n".join(map(str, errors)), hint=self.accept_command(item), findings=errors)
        return findings

    def accept(self, item: pytest.Item, case: CaseRequests, store: CassetteStore) -> None:
        """In an updating run, note a case's requests as what is to be accepted, and keep their texts."""
        if not self.options.is_updating:
            return
        from harness.lock.accept import keep_texts

        entry = case.make_entry()
        for prompt, call in zip(case.prompts, entry.calls, strict=True):
            keep_texts(prompt, call, store.put_text)
        rows.note(item, "entry", json.dumps(entry.to_json()))

    def accept_command(self, item: pytest.Item) -> str:
        """What to type to accept what a test sends."""
        mode = self._config.getoption("--harness-mode")
        # In another mode the cassettes, which do not hold the change yet, would be asked.
        options = [f'"{item.nodeid}"', *([] if mode == "replay" else [f"--harness-mode={mode}"])]
        if mode == "record":
            options.append(f"--harness-upstream={self._config.getoption('--harness-upstream')}")
        return f"pytest {' '.join(options)} --harness-update-lock"

    # --- the end of the run ------------------------------------------------------------------------------

    def gather_findings(self, reporter: pytest.TerminalReporter) -> tuple[Finding, ...]:
        """All findings of the run: those of its tests, and what is left over in the lock file."""
        lines, unused = rows.gather(reporter, "finding"), self.find_unused()
        if not lines and not unused:
            return ()
        from harness.findings.finding import Finding
        from harness.findings.merging import merge

        return merge([*(Finding.from_json(json.loads(line)) for line in lines), *unused])

    def find_unused(self) -> tuple[Finding, ...]:
        """Entries that no collected test makes any more; those of a replaced version are no errors."""
        if self.lock is None or self.options.is_updating:
            return ()
        is_allowed = self.options.is_unused_allowed
        return describe_unused(self.unused_entries(), self.collected, file=self._relative, is_allowed=is_allowed)

    def unused_entries(self) -> tuple[Entry, ...]:
        """Entries of the lock file whose tests would have been collected if there were any."""
        entries = self.lock.entries.values() if self.lock else ()
        return tuple(entry for entry in entries if self.collected.lacks(entry) and not self._is_left_out(entry))

    def write(self, reporter: pytest.TerminalReporter, *, beside: Sequence[str] = ()) -> list[str]:
        """Write the lock file of an updating run; what to say of it, a line each.

        ``beside`` are other files that the run wrote, and that are to be committed too.
        """
        from harness.lock.difference import compare_locks, difference_table
        from harness.lock.entries import Entry, Lock
        from harness.lock.lockfile import write_lock

        entries = [Entry.from_json(json.loads(row)) for row in rows.gather(reporter, "entry")]
        if not entries:
            return [f"{self._relative} is not written: no test that passed sent a request"]
        old = self.lock or Lock()
        removed = frozenset(entry.key for entry in self.unused_entries())
        new = old.updated({entry.key: _with_reason(entry, old) for entry in entries}, removed=removed)
        if not write_lock(self.options.path, new):
            return [f"{self._relative} is up to date: {len(new.entries):,} entries"]
        table = difference_table(compare_locks(old, new), style="simple")
        commit = " ".join(["commit: git add", self._relative, self._cassettes, *beside])
        return [*table.splitlines(), f"written: {self._relative}, {len(new.entries):,} entries", commit]

    def _is_left_out(self, entry: Entry) -> bool:
        """Whether the file of an entry is there all the same: ignored, skipped, broken, or of another folder."""
        folder = entry.suite.rpartition("/")[0]
        source, file = (folder, f"{folder}/suite.yaml") if entry.version else (entry.suite, f"{entry.suite}.py")
        return source not in self.collected.sources and (self._config.rootpath / file.lstrip("/")).exists()

    @cached_property
    def _relative(self) -> str:
        return relative(self.options.path, self._config.rootpath)

    @property
    def _cassettes(self) -> str:
        return str(self._config.getini("harness_cassettes"))


class WorkerReports:
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

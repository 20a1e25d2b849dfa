"""The lock file in a run: compares what tests send with it, and updates it."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from harness.errors import CannotTellError, CheckError, HarnessError, LockError, LostPrefixError
from harness.files import relative
from harness.findings.ranking import of_level
from harness.lock.unused import Collected, describe_unused
from harness.pytest_plugin.attachments import note, note_finding, test_command
from harness.pytest_plugin.cassette_names import cassette_of, is_refused, key_of
from harness.pytest_plugin.stash import SESSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness.findings.finding import Finding
    from harness.lock.compare import CaseRequests, Gate
    from harness.lock.entries import Lock, LockEntry
    from harness.prompt.reading import Prompt
    from harness.pytest_plugin.options import Options
    from harness.pytest_plugin.storage import Storage


class LockGate:
    """One run's view of the lock file."""

    def __init__(self, options: Options, storage: Storage) -> None:
        """Read the lock file; end the run if it is unreadable, unless the run rewrites it."""
        self._options = options
        self._storage = storage
        self.collected = Collected()
        self._checked: set[str] = set()
        """Keys of the tests whose requests were checked."""
        self.lock = self._read_lock() if options.lock_file.exists() else None

    def _read_lock(self) -> Lock | None:
        # A project without a lock file does not need it, and the import takes 3 ms.
        from harness.lock.lockfile import read_lock

        try:
            return read_lock(self._options.lock_file)
        except LockError as error:
            if self._options.is_updating_lock:
                return None
            from harness.findings.verdict import CANNOT_TELL

            raise pytest.exit.Exception(str(error), returncode=CANNOT_TELL) from None

    # --- tests -------------------------------------------------------------------------------------------

    def note_collected(self, items: list[pytest.Item]) -> None:
        """Note which entries the collected tests make, if there is a lock file."""
        if self.lock is None:
            return
        options = self._options
        refused = {item.path for item in items if is_refused(item)}
        sources = (
            [] if options.is_partial else [_source(item, options.root) for item in items if item.path not in refused]
        )
        keys = [key for item in items if (key := cassette_of(item))]
        self.collected.add(keys, sources, is_all=not (options.has_paths or options.is_partial or refused))

    def accepts(self, key: str) -> bool:
        """Whether the lock file holds requests under a key, and the run does not rewrite it."""
        return self.lock is not None and not self._options.is_updating_lock and key in self.lock.entries

    def note_silent(self, item: pytest.Item) -> None:
        """Note that a test that passed sends no request, so that its entry, if it has one, is unused."""
        if self.lock is not None and (key := key_of(item)) in self.lock.entries and key not in self._checked:
            self.collected.silent.add(key)

    def check(self, item: pytest.Item, prompts: Sequence[Prompt]) -> None:
        """Compare a test's requests with the accepted ones, or accept them; note findings that are not errors.

        Raises:
            CheckError: a change loses an accepted prefix.
        """
        if not prompts:
            self.note_silent(item)
            return
        self._checked.add(key_of(item))
        if self.lock is None and not self._options.is_updating_lock:
            return
        from harness.pytest_plugin.case_requests import make_case_requests

        case = make_case_requests(item, prompts)
        if self._options.is_updating_lock:
            self._accept(item, case)
            return
        findings = self._comparison.compare(case)
        errors = of_level(findings, "error")
        if errors:
            raise self.make_error(item, errors)
        for finding in findings:
            note_finding(item, finding, hint="pytest --harness-update-lock")

    def lacks_calls(self, item: pytest.Item, prompts: Sequence[Prompt]) -> bool:
        """Whether a test made fewer requests than are accepted."""
        key = key_of(item)
        return self.accepts(key) and self.lock is not None and len(prompts) < len(self.lock.entries[key].calls)

    def find_lost(self, item: pytest.Item, calls: Iterable[tuple[int, Prompt]]) -> CheckError | None:
        """The error of the first request of a test that loses an accepted prefix; requests by their number from 0."""
        for number, prompt in calls:
            finding = self._compare_one(item, prompt, number)
            if finding is not None and finding.level == "error":
                return self.make_error(item, (finding,))
        return None

    def find_late_loss(self, item: pytest.Item, prompt: Prompt) -> CheckError | None:
        """The error of a request that a test's thread sent after the test ended, unless it is any accepted one."""
        key = key_of(item)
        if self.lock is None or not self.accepts(key):
            return None
        found = [self.find_lost(item, [(number, prompt)]) for number in range(len(self.lock.entries[key].calls))]
        return found[-1] if all(found) else None

    def explain_miss(self, item: pytest.Item, body: bytes, *, number: int) -> Finding | None:
        """Find out how an unanswered request differs from the accepted one; ``None`` if the lock file cannot tell.

        ``number`` counts the requests of the test before it.
        """
        if self.lock is None or self._options.is_updating_lock or SESSION not in item.stash:
            return None
        try:
            return self._compare_one(item, self._storage.reader.read(body), number)
        except CannotTellError as error:
            from harness.findings.from_errors import findings_of

            return findings_of(error)[0]
        except HarnessError:
            # The request cannot be judged, or a marker gives no reason: report the miss itself.
            return None

    def _compare_one(self, item: pytest.Item, prompt: Prompt, number: int) -> Finding | None:
        if self.lock is None or self._options.is_updating_lock:
            return None
        from harness.pytest_plugin.case_requests import make_case_requests

        return self._comparison.compare_one(make_case_requests(item, (prompt,)), number)

    def make_error(self, item: pytest.Item, findings: tuple[Finding, ...], *, hint: str = "") -> CheckError:
        """Make the error of findings; ``hint`` is the command that accepts what they found."""
        from harness.findings.commands import UNDO, meant

        text, hint = "\n".join(map(str, findings)), hint or self.accept_command(item)
        if any(finding.rule == "bust" for finding in findings):
            return LostPrefixError(text, undo=UNDO, meant=meant(item.nodeid), hint=hint, findings=findings)
        return CheckError(text, hint=hint, findings=findings)

    def accept_command(self, item: pytest.Item) -> str:
        """The command that accepts what a test sends."""
        mode = self._options.mode
        # Without the mode, the cassettes would answer, and they do not hold the change yet.
        options = [] if mode == "replay" else [f"--harness-mode={mode}"]
        if mode == "record":
            options.append(f"--harness-upstream={self._options.upstream}")
        return test_command(item, *options, "--harness-update-lock")

    def _accept(self, item: pytest.Item, case: CaseRequests) -> None:
        from harness.lock.accept import keep_texts

        entry = case.make_entry()
        text = json.dumps(entry.to_json())
        self._storage.guard.check_text(text)
        for prompt, call in zip(case.prompts, entry.calls, strict=True):
            keep_texts(prompt, call, self._storage.store.put_text)
        note(item, "entry", text)

    @cached_property
    def _comparison(self) -> Gate:
        from harness.lock.compare import Gate
        from harness.lock.entries import Lock

        storage = self._storage
        return Gate(lock=self.lock or Lock(), get_text=storage.store.find_text, count_text=storage.count_text)

    # --- the end of the run ------------------------------------------------------------------------------

    def find_unused(self) -> tuple[Finding, ...]:
        """Return a finding for each entry that no collected test makes; not an error if its version was replaced."""
        if self.lock is None or self._options.is_updating_lock:
            return ()
        is_allowed = self._options.is_unused_allowed
        return describe_unused(self.unused_entries(), self.collected, file=self._relative, is_allowed=is_allowed)

    def unused_entries(self) -> tuple[LockEntry, ...]:
        """List the entries of the lock file whose tests would have been collected if they still existed."""
        entries = self.lock.entries.values() if self.lock else ()
        return tuple(entry for entry in entries if self.collected.lacks(entry) and not self._is_left_out(entry))

    def write(self, rows: Sequence[str], *, beside: Sequence[str] = ()) -> list[str]:
        """Write the lock file of an updating run from its entries, ``rows``; return the lines to print.

        ``beside`` lists other files that the run wrote and that must be committed too.

        Raises:
            LockError: another program damaged the file since the run began.
            WriteError: the file cannot be written.
        """
        from harness.findings.words import count
        from harness.lock.difference import compare_locks, difference_table
        from harness.lock.entries import LockEntry
        from harness.lock.updating import Update, update_lock

        entries = [LockEntry.from_json(json.loads(row)) for row in rows]
        if not entries:
            return [f"{self._relative} is not written: no test that passed sent a request"]
        update = Update(
            entries={entry.key: entry for entry in entries},
            removed={entry.key: entry for entry in self.unused_entries()},
        )
        done = update_lock(self._options.lock_file, update, is_replacing_damage=self.lock is None)
        total = count(len(done.new.entries), "entry", "entries")
        if not done.is_changed:
            return [f"{self._relative} is up to date: {total}"]
        table = difference_table(compare_locks(done.old, done.new), style="simple")
        cassettes = relative(self._options.cassettes, self._options.root)
        commit = " ".join(["commit: git add", self._relative, cassettes, *beside])
        return [
            *table.splitlines(),
            f"written: {self._relative}, {total}",
            commit,
        ]

    def _is_left_out(self, entry: LockEntry) -> bool:
        """Whether the file of an uncollected entry still exists: ignored, skipped, broken or in another folder."""
        if entry.key in self.collected.silent:
            return False
        folder = entry.suite.rpartition("/")[0]
        source, file = (folder, f"{folder}/suite.yaml") if entry.version else (entry.suite, f"{entry.suite}.py")
        return source not in self.collected.sources and (self._options.root / file.lstrip("/")).exists()

    @cached_property
    def _relative(self) -> str:
        return relative(self._options.lock_file, self._options.root)


def _source(item: pytest.Item, root: Path) -> str:
    is_case = hasattr(item, "cassette")
    name = relative(item.path.parent if is_case else item.path.with_suffix(""), root)
    return "" if name == "." else name

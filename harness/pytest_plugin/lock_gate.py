"""The lock file in a run: compares what tests send with it, and updates it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from os.path import lexists
from typing import TYPE_CHECKING, NoReturn

import pytest

from harness.errors import CannotTellError, CheckError, HarnessError, LockError, LostPrefixError
from harness.files import relative
from harness.findings.ranking import of_level
from harness.lock.unused import Collected, describe_unused
from harness.pytest_plugin.attachments import note, note_finding, test_command
from harness.pytest_plugin.cassette_names import cassette_of, is_refused, key_of
from harness.pytest_plugin.stash import RESULTS, SESSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness.findings.finding import Finding
    from harness.lock.compare import CaseRequests, Gate
    from harness.lock.entries import Lock, LockEntry
    from harness.prompt.reading import Prompt
    from harness.pytest_plugin.options import Options
    from harness.pytest_plugin.storage import Storage


_RESTORE = "restore it from version control, or accept today's prompts: pytest --harness-update-lock"


class LockGate:
    """One run's view of the lock file."""

    def __init__(self, options: Options, storage: Storage) -> None:
        """Read the lock file; end the run if it is unreadable, unless the run rewrites it."""
        self._options = options
        self._storage = storage
        self.collected = Collected()
        self._checked: set[str] = set()
        """Keys of the tests whose requests were checked."""
        self.lock = self._read_lock() if lexists(options.lock_file) else None
        if self.lock is None and options.is_lock_required and not options.is_updating_lock:
            self._end(f"{options.lock_file}: no such lock file\n  try: {_RESTORE}")

    def _end(self, reason: str) -> NoReturn:
        from harness.findings.verdict import CANNOT_TELL

        raise pytest.exit.Exception(reason, returncode=CANNOT_TELL)

    def _read_lock(self) -> Lock | None:
        # A project without a lock file does not need it, and the import takes 3 ms.
        from harness.lock.lockfile import read_lock

        path = self._options.lock_file
        try:
            lock = read_lock(path)
            if lock is None and not self._options.is_updating_lock:
                raise LockError(f"{path}: a link to nothing", hint=_RESTORE)
        except LockError as error:
            if self._options.is_updating_lock:
                return None
            self._end(str(error))
        return lock

    @property
    def known_keys(self) -> set[str]:
        """The keys of the entries, and of the collected tests."""
        return {*(self.lock.entries if self.lock is not None else ()), *self.collected.keys}

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

    def find_entry(self, item: pytest.Item) -> LockEntry | None:
        """The accepted requests of a test."""
        return None if self.lock is None else self.lock.entries.get(key_of(item))

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
        findings = self._compare(case)
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

    def has_accepted_prefix(self, item: pytest.Item, body: bytes) -> bool:
        """Whether an unanswered request of a test has the prefix of an accepted one."""
        key = key_of(item)
        if self.lock is None or not self.accepts(key):
            return False
        from harness.lock.accept import prefix_key

        try:
            now = prefix_key(self._storage.reader.read(body))
        except HarnessError:
            return False
        return any(call.prefix == now for call in self.lock.entries[key].calls)

    def _compare_one(self, item: pytest.Item, prompt: Prompt, number: int) -> Finding | None:
        if self.lock is None or self._options.is_updating_lock:
            return None
        from harness.pytest_plugin.case_requests import make_case_requests

        case = make_case_requests(item, (prompt,))
        if case.key not in self.lock.entries:
            self.collected.note_new(case.key, [prompt])
        comparison = self._committed_comparison if self._is_gone(case.key) else self._comparison
        return comparison.compare_one(case, number)

    def _compare(self, case: CaseRequests) -> tuple[Finding, ...]:
        """Compare the requests of a test with the accepted ones, also if their entry is gone since the last commit."""
        if not self._is_gone(case.key):
            if self.lock is not None and case.key not in self.lock.entries:
                self.collected.note_new(case.key, case.prompts)
            return self._comparison.compare(case)
        from harness.findings.finding import Finding

        gone = Finding(
            rule="cannot-tell",
            headline=f"{case.title}: accepted in git's HEAD, but its entry is gone from {self._relative}",
            fix=_RESTORE,
            file=self._relative,
            line=1,
        )
        return (gone, *self._committed_comparison.compare(case))

    def _is_gone(self, key: str) -> bool:
        return self.lock is not None and key not in self.lock.entries and key in self._committed.entries

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

        answered_by, results = item.stash.get(RESULTS, ("", {}))
        entry = replace(case.make_entry(), answered_by=answered_by, results=results)
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

    @cached_property
    def _committed(self) -> Lock:
        """The lock file of git's HEAD, which is asked for only if an entry is missing."""
        from harness.lock.revisions import read_committed

        return read_committed(self._options.lock_file)

    @cached_property
    def _committed_comparison(self) -> Gate:
        return replace(self._comparison, lock=self._committed)

    # --- the end of the run ------------------------------------------------------------------------------

    def find_unused(self) -> tuple[Finding, ...]:
        """Return a finding for each entry that no collected test makes; not an error if its version was replaced."""
        if self._options.is_updating_lock:
            return ()
        is_allowed = self._options.is_unused_allowed
        return describe_unused(self.unused_entries(), self.collected, file=self._relative, is_allowed=is_allowed)

    def unused_entries(self) -> tuple[LockEntry, ...]:
        """List the entries of the lock file whose tests would have been collected if they still existed."""
        entries = self.lock.entries.values() if self.lock else ()
        return tuple(entry for entry in entries if self._is_unused(entry))

    def _is_unused(self, entry: LockEntry) -> bool:
        is_file = self._file(entry).is_file()
        if not is_file and entry.key not in self.collected.keys and self._is_asked_for(self._file(entry)):
            # Also if only a part of the project is collected: no selection would find it.
            return True
        return self.collected.lacks(entry) and not self._is_left_out(entry)

    def _is_asked_for(self, file: Path) -> bool:
        return any(file.is_relative_to(asked) for asked in self._options.asked)

    def _file(self, entry: LockEntry) -> Path:
        """The file with the test or suite of an entry."""
        file = f"{entry.suite.rpartition('/')[0]}/suite.yaml" if entry.version else f"{entry.suite}.py"
        return self._options.root / file.lstrip("/")

    def find_missing(self, start: Path) -> tuple[Finding, ...]:
        """A finding if there is no lock file, but git's HEAD has one, or the folder ``start`` or one above it."""
        if self.lock is not None or self._options.is_updating_lock:
            return ()
        from harness.findings.finding import Finding
        from harness.lock.revisions import find_elsewhere

        found = find_elsewhere(self._options.lock_file, start)
        if not found and not self._committed.entries:
            return ()
        why = f"it is at {found}" if found else "git's HEAD has one"
        fix = "give --rootdir, or run pytest where the file is" if found else _RESTORE
        return (Finding(rule="cannot-tell", headline=f"{self._relative}: no such lock file, but {why}", fix=fix),)

    def write(self, rows: Sequence[str], *, has_failures: bool = False, beside: Sequence[str] = ()) -> list[str]:
        """Write the lock file of an updating run from its entries, ``rows``; return the lines to print.

        ``beside`` lists other files that the run wrote and that must be committed too. A damaged file is
        replaced only by a run without failures.

        Raises:
            LockError: another program damaged the file since the run began.
            WriteError: the file cannot be written.
        """
        from harness.findings.words import count
        from harness.lock.difference import compare_locks, difference_table, flipped_lines
        from harness.lock.entries import LockEntry
        from harness.lock.updating import Update, update_lock

        entries = [LockEntry.from_json(json.loads(row)) for row in rows]
        if not entries:
            return [f"{self._relative} is not written: no test that passed sent a request"]
        update = Update(
            entries={entry.key: entry for entry in entries},
            removed={entry.key: entry for entry in self.unused_entries()},
        )
        done = update_lock(self._options.lock_file, update, is_replacing_damage=self.lock is None and not has_failures)
        total = count(len(done.new.entries), "entry", "entries")
        if not done.is_changed:
            return [f"{self._relative} is up to date: {total}"]
        differences = compare_locks(done.old, done.new)
        table = difference_table(differences, style="simple")
        cassettes = relative(self._options.cassettes, self._options.root)
        commit = " ".join(["commit: git add", self._relative, cassettes, *beside])
        return [
            *table.splitlines(),
            *(f"check: {line}" for line in flipped_lines(differences)),
            f"written: {self._relative}, {total}",
            commit,
        ]

    def _is_left_out(self, entry: LockEntry) -> bool:
        """Whether the file of an uncollected entry still exists: ignored, skipped, broken or in another folder."""
        if entry.key in self.collected.silent:
            return False
        source = entry.suite.rpartition("/")[0] if entry.version else entry.suite
        return source not in self.collected.sources and self._file(entry).is_file()

    @cached_property
    def _relative(self) -> str:
        return relative(self._options.lock_file, self._options.root)


def _source(item: pytest.Item, root: Path) -> str:
    is_case = hasattr(item, "cassette")
    name = relative(item.path.parent if is_case else item.path.with_suffix(""), root)
    return "" if name == "." else name

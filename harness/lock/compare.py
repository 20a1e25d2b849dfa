"""Compare the requests of a case, as built now, with those that the lock file accepts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from harness.findings.advice import ADVICE
from harness.findings.describe import add_answer, add_edits, find_fix, note_lines, price_of_write
from harness.findings.finding import Finding, Place
from harness.findings.words import amount, count
from harness.lock.accept import GetText, lock_call, prefix_key, restore_request
from harness.lock.entries import Lock, LockedBreakpoint, LockedCall, LockEntry
from harness.lock.figures import write_price, written_breakpoints
from harness.lock.locate import Source, locate
from harness.prompt.reading import Prompt
from harness.prompt.tokens import CountText
from harness.promptcache.causes import Cause
from harness.promptcache.explain import explain
from harness.promptcache.explanation import Explanation
from harness.provider.endpoints import Origin
from harness.suites.plan import ONE_ROUND, Plan

_CALLS = 1_000


@dataclass(frozen=True, kw_only=True)
class CaseRequests:
    """One case, with the requests that were built for it now."""

    suite: str
    """Folder and name of the suite, or the file of the test."""
    version: str
    case: str
    prompts: tuple[Prompt, ...]
    source: Source
    plan: Plan = ONE_ROUND
    """Says which of its calls repeat an accepted one."""
    reason: str | None = None
    """Why a bust is accepted, as the test or the suite states it."""

    @property
    def key(self) -> str:
        """The key of its entry in the lock file."""
        return LockEntry(suite=self.suite, version=self.version, case=self.case, calls=()).key

    @property
    def title(self) -> str:
        """The name in messages."""
        return " ".join(part for part in (self.suite.rpartition("/")[2], self.version, self.case) if part)

    def make_entry(self) -> LockEntry:
        """Make its entry for the lock file.

        Raises:
            RequestError: a request cannot be fingerprinted.
        """
        calls = tuple(lock_call(prompt) for prompt in self.prompts)
        return LockEntry(suite=self.suite, version=self.version, case=self.case, calls=calls, reason=self.reason)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The lock, and the functions needed to compare requests with it."""

    lock: Lock
    get_text: GetText
    count_text: CountText
    find_upstream: Callable[[str], Origin] = lambda cassette: "emulator"
    """Who answers when a cassette is recorded again."""

    @cached_property
    def known(self) -> frozenset[tuple[str, str]]:
        """Suite and case of every entry, under any version."""
        return frozenset((entry.suite, entry.case) for entry in self.lock.entries.values())

    def compare(self, case: CaseRequests) -> tuple[Finding, ...]:
        """Compare the requests of a case with the accepted ones; empty if their prefixes are unchanged.

        Raises:
            RequestError: a body does not have the shape of a Messages request.
        """
        entry = self.lock.entries.get(case.key)
        if entry is None:
            return (self._new(case),)
        if entry.prefix == tuple(prefix_key(prompt) for prompt in case.prompts):
            return ()
        if len(entry.calls) != len(case.prompts):
            counts = f"{count(len(entry.calls), 'request')} accepted, {count(len(case.prompts), 'request')} made"
            finding = Finding(rule="cannot-tell", headline=f"{case.title}: {counts}", fix=_FIX_NUMBER)
            return (replace(finding, file=case.source.file, line=case.source.line),)
        pairs = zip(entry.calls, case.prompts, strict=True)
        found = (self._changed(call, prompt, case) for call, prompt in pairs)
        return tuple(self._accepted(finding, entry, case) for finding in found if finding is not None)

    def compare_one(self, case: CaseRequests, number: int) -> Finding | None:
        """Compare one request, the ``number``-th of its case counted from 0; ``None`` if its prefix is unchanged."""
        entry = self.lock.entries.get(case.key)
        if entry is None:
            new = self._new(case)
            return new if new.rule == "new-version" else None
        accepted = case.plan.accepted_number(number, len(entry.calls))
        if accepted is None:
            return None
        (prompt,) = case.prompts
        finding = self._changed(entry.calls[accepted], prompt, case)
        return None if finding is None else self._accepted(finding, entry, case)

    # --- one request -------------------------------------------------------------------------------------

    def _changed(self, call: LockedCall, prompt: Prompt, case: CaseRequests) -> Finding | None:
        if call.prefix == prefix_key(prompt):
            return None
        before = restore_request(call, self.get_text, self.count_text)
        # Without the accepted texts, the rules still say whether the request caches anything by itself.
        result = explain(prompt if before is None else before, prompt)
        if result.is_bust:
            return self._explained(result, before, prompt, case)
        lost = _lost_breakpoint(call, prompt)
        if lost is None:
            headline = f"{case.title}: the request changed, but no accepted prefix is lost"
            finding = Finding(rule="new-prompt", level="warning", headline=headline, fix=_FIX_STALE)
            return replace(finding, file=case.source.file, line=case.source.line)
        if before is None:
            return self._unexplained(call, prompt, case)
        return self._unwritten(call, lost, prompt, case)

    def _explained(self, result: Explanation, before: Prompt | None, prompt: Prompt, case: CaseRequests) -> Finding:
        excerpt = result.excerpt or ("", "")
        place = Place(
            path=result.path or "model",
            offset=result.offset,
            first="accepted",
            second="now",
            before=excerpt[0],
            after=excerpt[1],
        )
        finding = replace(
            add_answer(_bust(case, place), result.error),
            cause=result.cause,
            tokens=result.tokens_lost,
            costs=self._costs(result, prompt),
            fix=find_fix(result.cause, result.changes) if result.cause else None,
            notes=note_lines(result.changes),
        )
        if before is not None and result.is_several:
            finding = add_edits(finding, before, prompt, first="accepted", second="now")
        return _locate(finding, case, prompt)

    def _unwritten(self, call: LockedCall, lost: LockedBreakpoint, prompt: Prompt, case: CaseRequests) -> Finding:
        """Describe a prefix that the lookback reads one last time: no call writes it any more."""
        now = {fingerprint for fingerprint, _, _ in prefix_key(prompt)}
        if lost.fingerprint in now:
            cost = amount(price_of_write(lost.tokens, prompt))
            found = replace(
                _bust(case, Place(path=f"{lost.path}.cache_control.ttl")),
                facts=("a prefix before the last breakpoint is written with a different TTL",),
                cause="ttl_changed",
                tokens=lost.tokens,
                costs=(f"{lost.tokens:,} tokens are written again: {cost} once for each prefix",),
                fix=ADVICE["ttl_changed"].fix,
            )
            return _locate(found, case, prompt)
        is_moved = bool(now - {point.fingerprint for point in call.breakpoints})
        cause: Cause = "breakpoint_moved" if is_moved else "breakpoint_removed"
        found = replace(
            _bust(case, Place(path=lost.path)),
            facts=("the accepted prefix is still sent, but no call writes it any more",),
            cause=cause,
            tokens=lost.tokens,
            costs=(f"{lost.tokens:,} tokens are read only as part of a longer prefix, if that is unchanged too",),
            fix=ADVICE[cause].fix,
        )
        return _locate(found, case, prompt)

    def _unexplained(self, call: LockedCall, prompt: Prompt, case: CaseRequests) -> Finding:
        """Describe a change whose accepted text is gone: the digest shows which block changed, but not where in it."""
        now = lock_call(prompt)
        tokens = max((point.tokens for point in written_breakpoints(call)), default=0)
        found = replace(
            _bust(case, Place(path=call.differs_at(now))),
            facts=("the accepted texts are no longer in the cassette folder, so the cause is unknown",),
            tokens=tokens,
            costs=(f"up to {tokens:,} tokens are written again: {amount(write_price(now))} once for each prefix",),
            fix=_FIX_TEXTS,
        )
        return _locate(found, case, prompt)

    def _costs(self, result: Explanation, prompt: Prompt) -> tuple[str, ...]:
        if result.verdict == "rejected":
            return ("every call fails",)
        if not result.tokens_lost:
            return ()
        many = amount(None if result.cost is None else result.cost * _CALLS)
        tokens = f"{result.tokens_lost:,} tokens"
        if result.verdict == "never_cached":
            return (f"nothing is read any more ({tokens} before): {many} more per {_CALLS:,} calls",)
        once = amount(price_of_write(result.tokens_lost, prompt))
        return (
            f"{tokens} are written again: {once} once for each prefix",
            f"if they change from call to call: {many} more per {_CALLS:,} calls",
        )

    # --- what is accepted, and what is new ---------------------------------------------------------------

    def _accepted(self, finding: Finding, entry: LockEntry, case: CaseRequests) -> Finding:
        if case.reason is None or finding.rule != "bust":
            return finding
        if case.reason == entry.reason:
            note = "the given reason belongs to an earlier bust: give one for this change, or remove it"
            return replace(finding, notes=(*finding.notes, note))
        headline = f"{case.title}: a bust is accepted: {case.reason}"
        return replace(finding, rule="accepted-bust", level="note", headline=headline)

    def _new(self, case: CaseRequests) -> Finding:
        is_version = bool(case.version) and (case.suite, case.case) in self.known
        entry = case.make_entry()
        tokens = sum(max((point.tokens for point in written_breakpoints(call)), default=0) for call in entry.calls)
        prices = [write_price(call) for call in entry.calls]
        known = [cost for cost in prices if cost is not None]
        cost = sum(known, Decimal(0)) if len(known) == len(prices) else None
        return Finding(
            rule="new-version" if is_version else "new-prompt",
            level="note",
            headline=f"{case.title}: {'a new version' if is_version else 'not accepted yet'}",
            costs=(f"{tokens:,} tokens are written once: {amount(cost)} for each prefix",) if tokens else (),
            tokens=tokens,
            file=case.source.file,
            line=case.source.line,
        )


def _bust(case: CaseRequests, place: Place) -> Finding:
    # Only a suite gives its prompts versions.
    version = ", and the version of the prompt did not" if case.version else ""
    return Finding(rule="bust", headline=f"{case.title}: the cached prefix changed{version}", place=place)


def _locate(finding: Finding, case: CaseRequests, prompt: Prompt) -> Finding:
    """Add the file and line of the place of a change."""
    assert finding.place is not None
    file, line = locate(case.source, prompt, finding.place.path, finding.place.offset)
    return replace(finding, file=file, line=line)


def _lost_breakpoint(call: LockedCall, prompt: Prompt) -> LockedBreakpoint | None:
    """The last accepted breakpoint whose prefix is no longer written, or written with a different TTL."""
    now = {(fingerprint, ttl) for fingerprint, ttl, _ in prefix_key(prompt)}
    lost = [point for point in written_breakpoints(call) if (point.fingerprint, point.ttl) not in now]
    return lost[-1] if lost else None


_FIX_NUMBER = "accept the new number with --harness-update-lock, or make as many calls as before"
_FIX_TEXTS = "restore the texts from version control and run again, or accept the change with --harness-update-lock"
_FIX_STALE = "update the lock file with --harness-update-lock"

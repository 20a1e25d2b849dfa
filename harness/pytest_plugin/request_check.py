"""What a test's requests show, whatever the test ended in.

Applications catch errors, wrap them, or skip the test for them. Every request that is not answered, is refused or
loses an accepted prefix is therefore noted by the session of its test, and looked for here when the test has ended.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.pytest_plugin.attachments import finding_row, forget_notes, note_finding
from harness.pytest_plugin.cassette_names import cassette_of
from harness.pytest_plugin.private.reports import WITHHELD
from harness.pytest_plugin.refusals import explain_refusal
from harness.pytest_plugin.run import RUN
from harness.pytest_plugin.stash import EXPECTED, FAILED, GUARD, PASSED, REPORTED, SESSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.calls.call import Call
    from harness.cassettes.format import RecordedRequest
    from harness.findings.finding import Finding
    from harness.pytest_plugin.lock_gate import LockGate

_ACCEPTED = ("accepted-bust", "new-version")
_AS_ACCEPTED = "the cached prefix is as accepted"
_EXPECTED = "expected: its test is marked xfail"
_NOT_RECORDED = "its cassette does not hold the request either"
_XFAIL: pytest.StashKey[list[pytest.Mark]] = pytest.StashKey()
"""The marks ``xfail`` that a test had before it ran."""
_EXPLAINED: pytest.StashKey[dict[int, tuple[BaseException, BaseException]]] = pytest.StashKey()
"""Errors that were explained, and what they were turned into, so that each is explained once."""


def forget(item: pytest.Item) -> None:
    """Forget what an earlier run of the same test noted and showed: only the last run counts."""
    forget_notes(item)
    keys: tuple[pytest.StashKey[Any], ...] = (EXPECTED, FAILED, PASSED, REPORTED, SESSION, _EXPLAINED)
    for key in keys:
        if key in item.stash:
            del item.stash[key]
    item.stash[_XFAIL] = list(item.iter_markers("xfail"))


# --- errors that a test raises ---------------------------------------------------------------------------


def find_own_error(error: BaseException) -> HarnessError | None:
    """Find the error of the harness that an error wraps, was raised for, or holds in its group; itself if it is one."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop(0)
        if found is None or id(found) in seen:
            continue
        if isinstance(found, HarnessError):
            return found
        seen.add(id(found))
        waiting += [found.__cause__, found.__context__, *getattr(found, "exceptions", ())]
    return None


def explain_error(item: pytest.Item, error: BaseException) -> BaseException:
    """Turn a cassette miss, or the failure after a refused request, into a bust or refusal; return any other error."""
    known = item.stash.setdefault(_EXPLAINED, {})
    if id(error) not in known:
        known[id(error)] = error, _explain(item, error)
    return known[id(error)][1]


def _explain(item: pytest.Item, error: BaseException) -> BaseException:
    own = find_own_error(error)
    if own is not None:
        return _explain_own(item, own)
    session = item.stash.get(SESSION, None)
    if session is None:
        return error
    for doubt in session.unjudged:
        return doubt
    return (_explain_refused(item, session.rejected[-1]) or error) if session.rejected else error


def _explain_own(item: pytest.Item, error: HarnessError) -> HarnessError:
    sent: RecordedRequest | None = getattr(error, "sent", None)
    if sent is None or not _is_message(sent):
        return error
    number = getattr(error, "number", 0)
    if number == 0:
        _note_map(item, sent.message_body)
    finding = _gate(item).explain_miss(item, sent.message_body, number=number)
    if finding is None:
        return _say_accepted(error) if _gate(item).has_accepted_prefix(item, sent.message_body) else error
    if finding.level != "error":
        if finding.rule in _ACCEPTED:
            # What is missing is its cassette.
            note_finding(item, finding)
        return error
    known = replace(finding, notes=(*finding.notes, _NOT_RECORDED))
    hint = f"{error.hint or ''} --harness-update-lock"
    return _gate(item).make_error(item, (known,), hint=hint)


def _note_map(item: pytest.Item, body: bytes) -> None:
    """Note the map of a request that was not answered, unless it cannot be read."""
    run = item.config.stash[RUN]
    with suppress(HarnessError):
        run.rows.note_map(item, run.storage.reader.read(body), run.gate.find_entry(item))


def _say_accepted(error: HarnessError) -> HarnessError:
    """Say of a miss whose cached prefix is the accepted one that the change is outside of it."""
    from harness.findings.finding import Finding
    from harness.sessions.miss import SAME_PREFIX

    error.findings = tuple(
        replace(
            finding,
            facts=tuple(dict.fromkeys([*(fact for fact in finding.facts if fact != SAME_PREFIX), _AS_ACCEPTED])),
        )
        for finding in error.findings
        if isinstance(finding, Finding)
    )
    error.message = "\n".join(map(str, error.findings)) or error.message
    return error


def _explain_refused(item: pytest.Item, body: bytes) -> HarnessError | None:
    finding = _gate(item).explain_miss(item, body, number=len(item.stash[SESSION].calls))
    if finding is None or finding.level != "error":
        return explain_refusal(item.config.stash[RUN].storage.reader, [body])
    return _gate(item).make_error(item, (finding,))


def _is_message(sent: RecordedRequest) -> bool:
    """Whether a request is one for a message: others are not in the lock file."""
    from harness.provider.endpoints import is_message_call

    return is_message_call(sent.method, sent.path)


# --- what the requests of a test show --------------------------------------------------------------------


def raise_passed(item: pytest.Item) -> None:
    """Check the requests of a test that passed, unless its mark ``xfail`` expects a failure.

    Raises:
        HarnessError: a request was not answered, is refused, or loses an accepted prefix.
    """
    session, run = item.stash[SESSION], item.config.stash[RUN]
    session.raise_first_miss()
    if run.options.mode == "replay":
        # Recorded with an emulator that knew fewer rules.
        bodies = [call.body for call in session.calls if call.origin == "emulator"]
        refusal = explain_refusal(run.storage.reader, bodies)
        if refusal is not None:
            raise refusal
    prompts = [call.prompt for call in session.calls]
    if session.rejected and run.gate.lacks_calls(item, prompts):
        refusal = _explain_refused(item, session.rejected[-1])
        if refusal is not None:
            raise refusal
    if prompts:
        run.rows.note_map(item, prompts[0], run.gate.find_entry(item))
    run.gate.check(item, prompts)


@contextmanager
def checking_the_rest(item: pytest.Item) -> Iterator[None]:
    """Check, when the fixtures of a test are closed, what none of its reports has told of.

    Raises:
        HarnessError: a request was not answered, is refused, or loses an accepted prefix; if the test
            has failed already, it is only noted.
    """
    try:
        yield
    except pytest.skip.Exception:
        _check_rest(item)
        raise
    except BaseException:
        item.stash[FAILED] = True
        _check_rest(item)
        raise
    _check_rest(item)


def _check_rest(item: pytest.Item) -> None:
    watch_late_requests(item)
    if item.stash.get(PASSED, False):
        if SESSION not in item.stash:
            _gate(item).note_silent(item)
        return
    error = _find_hidden(item)
    if error is None:
        return
    if item.stash.get(EXPECTED, False):
        note_expected(item, error)
    elif item.stash.get(FAILED, False):
        note_findings(item, error)
    else:
        raise error


def _find_hidden(item: pytest.Item) -> HarnessError | None:
    """The error of the first request that no report of the test has told of; ``None`` without any."""
    session = item.stash.get(SESSION, None)
    if session is None or item.stash.get(REPORTED, False):
        return None
    for error in session.unanswered:
        return _explain_own(item, error)
    lost = _gate(item).find_lost(item, enumerate(call.prompt for call in session.calls))
    return lost or (_explain_refused(item, session.rejected[-1]) if session.rejected else None)


def swallowed_errors(item: pytest.Item) -> tuple[BaseException, ...]:
    """The first miss and the first refused connection of a test, if any, that its code did not let through."""
    misses = item.stash[SESSION].misses if SESSION in item.stash else ()
    blocked = item.stash[GUARD].blocked if GUARD in item.stash else ()
    return (*(explain_error(item, error) for error in misses[:1]), *blocked[:1])


def note_for_the_end(item: pytest.Item) -> None:
    """Note what the requests of a test show that ends the run, and so has no report."""
    error = _find_hidden(item)
    if error is not None:
        add_late(item, error)


def watch_late_requests(item: pytest.Item) -> None:
    """Charge to a test what its threads send after its end."""
    session = item.stash.get(SESSION, None)
    if session is None:
        return

    def note_miss(error: HarnessError) -> None:
        add_late(item, _explain_own(item, error))

    def note_call(call: Call) -> None:
        lost = _gate(item).find_late_loss(item, call.prompt)
        if lost is not None:
            add_late(item, lost)

    session.end(on_late_miss=note_miss, on_late_call=note_call)


def add_late(item: pytest.Item, error: HarnessError) -> None:
    """Fail the run for what a test shows after its last report."""
    rows = [finding_row(item, finding, hint=error.hint) for finding in findings_of(item, error)]
    item.config.stash[RUN].late_findings.extend(rows)


# --- marks -----------------------------------------------------------------------------------------------


def is_expected(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> bool:
    """Whether a mark ``xfail``, which stood in the code before the test ran, expects its failure.

    ``pytest.xfail()``, or a mark that the running test adds, may be an answer to a request that failed.
    """
    if not hasattr(report, "wasxfail"):
        return False
    marks = item.stash.get(_XFAIL, [])
    if any(not mark.args and "condition" not in mark.kwargs for mark in marks):
        return True
    is_called = call.excinfo is not None and isinstance(call.excinfo.value, pytest.xfail.Exception)
    return bool(marks) and not is_called and len(list(item.iter_markers("xfail"))) == len(marks)


# --- findings --------------------------------------------------------------------------------------------


def note_findings(item: pytest.Item, error: HarnessError) -> None:
    """Note the findings of an error."""
    for finding in findings_of(item, error):
        note_finding(item, finding, hint=error.hint)


def note_expected(item: pytest.Item, error: HarnessError) -> None:
    """Note the findings of an error that a mark ``xfail`` expects, as warnings."""
    for finding in findings_of(item, error):
        is_error = finding.level == "error"
        known = replace(finding, level="warning", notes=(*finding.notes, _EXPECTED)) if is_error else finding
        note_finding(item, known, hint=error.hint)


def note_skipped(item: pytest.Item) -> None:
    """Note that the accepted requests of a skipped test were not sent."""
    key = cassette_of(item)
    if key is None or SESSION in item.stash or not _gate(item).accepts(key):
        return
    from harness.findings.finding import Finding

    note_finding(item, Finding(rule="skipped", level="note", headline=f"{key}: accepted, but its test was skipped"))


def findings_of(item: pytest.Item, error: HarnessError) -> tuple[Finding, ...]:
    """Collect the findings of an error; in a private run without its message, which may quote a prompt."""
    from harness.findings import from_errors

    is_private = item.config.stash[RUN].options.is_private
    return from_errors.findings_of(error, withheld=WITHHELD if is_private else None)


def _gate(item: pytest.Item) -> LockGate:
    return item.config.stash[RUN].gate

"""Check the calls of a case on the real API, "
"and repeat a round where the prompt cache missed for no reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.calls.call import Call
from harness.findings.finding import Finding
from harness.suites.call_names import CallNames
from harness.suites.case_checks import check_number, find_faults, list_possible
from harness.suites.checks import expected_tokens
from harness.suites.evidence import Evidence, find_disagreement, gather_evidence
from harness.suites.plan import Plan, Read

Rounds = Sequence[Sequence[Call]]


def find_live_faults(
    plan: Plan,
    rounds: Rounds,
    make_round: Callable[[int], list[Call]],
    *,
    as_billed: Callable[[Call], Call],
) -> list[Finding]:
    """Check the rounds of a case, and whether prediction, usage and diagnostics agree on them.

    If none of the misses can be explained, each round with a miss is repeated once: the real
    prompt cache misses occasionally.
    """
    wrong_number = check_number(plan, [len(calls) for calls in rounds])
    if wrong_number is not None:
        return [wrong_number]
    check = _LiveCheck(plan=plan, as_billed=as_billed)
    evidence = check.gather(rounds, sent=_flatten(rounds))
    missed = [read for read, found in evidence.items() if not found.read]
    written = {read: _flatten(rounds)[read.earlier].usage.prefix_tokens for read in missed}
    if not missed or not all(written[read] and check.is_worth_another_try(evidence[read]) for read in missed):
        return check.find_all(rounds, evidence)
    return check.find_all_again(rounds, make_round, missed)


@dataclass(frozen=True, kw_only=True)
class _LiveCheck:
    """The checks of one case."""

    plan: Plan
    as_billed: Callable[[Call], Call]

    def is_worth_another_try(self, evidence: Evidence) -> bool:
        """Whether a miss may be one of the occasional misses of the real prompt cache.

        Equal rounds must have sent equal requests; for other plans it is enough that, by the
        prediction, the prefix is the same.
        """
        return evidence.is_flake if self.plan.has_equal_rounds else evidence.is_unpredicted_miss

    def gather(self, rounds: Rounds, *, sent: Sequence[Call]) -> dict[Read, Evidence]:
        """Gather the evidence on each read of the plan; ``sent`` are all calls of the case in sending order."""
        calls = _flatten(rounds)
        groups = self.plan.group(len(rounds[0]))
        reads = [read for group in groups for read in list_possible(self.plan, group, calls)]
        return {
            read: gather_evidence(
                self.as_billed(calls[read.earlier]),
                self.as_billed(calls[read.later]),
                is_compared=_is_compared(sent, calls[read.earlier], calls[read.later]),
                extent=read.extent,
            )
            for read in reads
        }

    def find_all(self, rounds: Rounds, evidence: dict[Read, Evidence]) -> list[Finding]:
        """All findings of the checks and of the evidence."""
        found = (find_disagreement(one, CallNames.of(self.plan, read)) for read, one in evidence.items())
        faults = find_faults(self.plan, rounds, as_billed=self.as_billed)
        return [*faults, *(finding for finding in found if finding is not None)]

    def find_all_again(
        self, rounds: Rounds, make_round: Callable[[int], list[Call]], missed: Sequence[Read]
    ) -> list[Finding]:
        """Repeat each round with a miss, and judge again with the calls that read this time."""
        size = len(rounds[0])
        again = {number: make_round(number) for number in sorted({read.later // size for read in missed})}
        for calls in again.values():
            if (wrong_number := check_number(self.plan, [size, len(calls)])) is not None:
                return [wrong_number]
        sent = [*_flatten(rounds), *_flatten(list(again.values()))]
        repeated = [again.get(number, calls) for number, calls in enumerate(rounds)]
        evidence = self.gather(repeated, sent=sent)
        late = [read for read in missed if read in evidence and evidence[read].read]
        judged = repeated if self.plan.is_conversation else _replace_late(rounds, again, late)
        findings = self.find_all(judged, self.gather(judged, sent=sent))
        return [
            *(self._with_note(finding) for finding in findings),
            *(self._describe_late(read, _flatten(rounds), _flatten(repeated)) for read in late),
        ]

    def _with_note(self, finding: Finding) -> Finding:
        if finding.rule != "second-call":
            return finding
        again = "a third call with the same request" if self.plan.is_default else "the same call, made again,"
        return replace(finding, notes=(f"{again} did not read it either",))

    def _describe_late(self, read: Read, calls: Sequence[Call], repeated: Sequence[Call]) -> Finding:
        names = CallNames.of(self.plan, read)
        third = "third call" if self.plan.is_default else "made again"
        ending = "but the third read" if self.plan.is_default else "but read when it was made again"
        expected = expected_tokens(self.as_billed(calls[read.earlier]), read.extent)
        reads = ((names.labels[1], calls[read.later]), (third, repeated[read.later]))
        return Finding(
            rule="second-call",
            level="note",
            headline=f"{names.later} missed, {ending}: this happens occasionally on the API",
            facts=tuple(f"{name}: {call.usage.cache_read_input_tokens:,} of {expected:,} read" for name, call in reads),
        )


def _replace_late(rounds: Rounds, again: dict[int, list[Call]], late: Sequence[Read]) -> list[list[Call]]:
    """Replace the calls that missed at first by their repetitions that read."""
    size = len(rounds[0])
    judged = [list(calls) for calls in rounds]
    for read in late:
        number, index = divmod(read.later, size)
        judged[number][index] = again[number][index]
    return judged


def _is_compared(sent: Sequence[Call], earlier: Call, later: Call) -> bool:
    """Whether the diagnostics of a call compare it with a given earlier one.

    They compare it with an earlier equal call if there is one, otherwise with the call just before it.
    """
    before = sent[: next(index for index, call in enumerate(sent) if call is later)]
    if any(call.body == later.body for call in before):
        return earlier.body == later.body
    return bool(before) and before[-1] is earlier


def _flatten(rounds: Rounds) -> list[Call]:
    return [call for calls in rounds for call in calls]

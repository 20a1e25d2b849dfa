"""What to say of a version of a suite that was built under several conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.findings.finding import Finding
from harness.stability.conditions import (
    ANOTHER_PROCESS,
    CLOCK,
    ENVIRONMENT_ORDER,
    FIXTURE_ORDER,
    HASH_SEED,
    LOCALE,
    RANDOM_STATE,
    TEMPORARY_FOLDER,
    TIME_ZONE,
    TWO_BUILDS,
    USER_AND_HOST,
    WORKING_DIRECTORY,
    Perturbation,
)
from harness.stability.differences import Difference, find_differences
from harness.stability.rebuild import case_key

if TYPE_CHECKING:
    from harness.stability.processes import BuildResult, Rebuilt
    from harness.suites.model import Suite

_LISTED = 8

_ORDER: tuple[tuple[Perturbation, bool], ...] = (
    (ANOTHER_PROCESS, False),
    (ENVIRONMENT_ORDER, False),
    (CLOCK, False),
    (TIME_ZONE, False),
    (LOCALE, False),
    (TEMPORARY_FOLDER, False),
    (WORKING_DIRECTORY, False),
    (USER_AND_HOST, False),
    (HASH_SEED, False),
    (RANDOM_STATE, False),
    (TWO_BUILDS, True),
    (RANDOM_STATE, True),
    (FIXTURE_ORDER, False),
)
"""The most telling first: who renders a date moves with the time zone and the locale too, and means the clock.

What another process alone moves says nothing under any other condition. The flag is for rounds
after the first: what a builder counts is another there, whatever the seed.
"""


class _Comparison(NamedTuple):
    """Two rounds to hold against each other."""

    usual: BuildResult
    usual_round: Mapping[str, Any]
    other: BuildResult
    other_round: Mapping[str, Any] | None
    """``None`` where the process gave no answer."""


@dataclass(slots=True)
class _Seen:
    """What one perturbation did to a version."""

    differences: dict[str, Difference] = field(default_factory=dict)
    """By path, in the order in which they were seen."""
    cases: dict[str, dict[str, None]] = field(default_factory=dict)
    """Those that differ, by path."""
    failures: dict[str, str | None] = field(default_factory=dict)
    """What went wrong ("could not be built …"), and where in the application."""

    def add(self, later: _Seen) -> None:
        """Take in what was seen in later rounds."""
        self.differences = {**later.differences, **self.differences}
        for path, cases in later.cases.items():
            self.cases.setdefault(path, {}).update(cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """One suite, and what was built of it."""

    suite: Suite
    root: Path
    usual: BuildResult
    rebuilt: Sequence[Rebuilt]

    def find_all(self) -> tuple[Finding, ...]:
        """What is wrong with the suite's versions, one after the other."""
        if self.usual.failure is not None:
            return (self._cannot_tell(self.suite.name, self.usual.failure, None),)
        return tuple(finding for version in self.suite.versions for finding in self._judge(version.name))

    def _judge(self, version: str) -> Iterator[Finding]:
        yield from self._find_unbuilt(version)
        seen = [(perturbation, self._see(version, perturbation, late)) for perturbation, late in _ORDER]
        noise = seen[0][1].differences.keys()
        claimed: set[str] = set()
        moved: dict[Perturbation, tuple[_Seen, list[str]]] = {}
        for perturbation, what in seen:
            own = [path for path in what.differences if path not in claimed]
            claimed |= what.differences.keys()
            if perturbation in moved:
                moved[perturbation][0].add(what)
                moved[perturbation][1].extend(own)
            elif own:
                moved[perturbation] = what, own
        for perturbation, (what, own) in moved.items():
            others = [] if own[0] in noise else _also_moving(seen, own[0], perturbation)
            yield self._unstable(version, perturbation, what, own, others)
        for failure, place in {key: value for _, what in seen for key, value in what.failures.items()}.items():
            yield self._note(version, failure, place)

    def _find_unbuilt(self, version: str) -> Iterator[Finding]:
        """An error for each reason why cases could not be built even under usual conditions."""
        reasons: dict[tuple[str, str | None], None] = {}
        for case in self.suite.cases:
            result = self.usual.rounds[0][case_key(self.suite, version, case.name)]
            if not result["digests"]:
                reasons[result["error"] or "no request was made", result["at"]] = None
        for reason, place in reasons:
            yield self._cannot_tell(f"{self.suite.name} {version}", reason, place)

    def _see(self, version: str, perturbation: Perturbation, is_late: bool) -> _Seen:
        seen = _Seen()
        for comparison in self._comparisons(perturbation, is_late):
            if comparison.other_round is None:
                seen.failures[_unbuilt(perturbation, comparison.other.failure)] = None
                continue
            for case in self.suite.cases:
                self._compare(version, case.name, comparison, perturbation, seen)
        return seen

    def _comparisons(self, perturbation: Perturbation, is_late: bool) -> Iterator[_Comparison]:
        if perturbation is TWO_BUILDS:
            yield _Comparison(self.usual, self.usual.rounds[0], self.usual, self.usual.rounds[1])
        for rebuilt in self.rebuilt:
            if rebuilt.perturbation is not perturbation:
                continue
            first = rebuilt.usual.rounds[0]
            if rebuilt.other.failure is not None and not is_late:
                yield _Comparison(rebuilt.usual, first, rebuilt.other, None)
            for other in rebuilt.other.rounds[1:] if is_late else rebuilt.other.rounds[:1]:
                yield _Comparison(rebuilt.usual, first, rebuilt.other, other)

    def _compare(
        self, version: str, case: str, comparison: _Comparison, perturbation: Perturbation, seen: _Seen
    ) -> None:
        assert comparison.other_round is not None
        key = case_key(self.suite, version, case)
        usual, other = comparison.usual_round[key], comparison.other_round[key]
        if len(usual["digests"]) != len(other["digests"]) and usual["digests"]:
            counts = f"made {len(other['digests'])} and not {len(usual['digests'])} requests {perturbation.place}"
            seen.failures.setdefault(_unbuilt(perturbation, other["error"]) if other["error"] else counts, other["at"])
        for before, after in zip(usual["digests"], other["digests"], strict=False):
            if before == after:
                continue
            first, second = perturbation.labels
            requests = comparison.usual.requests[before], comparison.other.requests[after]
            for difference in find_differences(*requests, first=first, second=second):
                path = difference.place.path
                seen.differences.setdefault(path, difference)
                seen.cases.setdefault(path, {})[case] = None

    def _unstable(
        self, version: str, perturbation: Perturbation, seen: _Seen, paths: Sequence[str], others: Sequence[str]
    ) -> Finding:
        cases = list(seen.cases[paths[0]])
        facts = [perturbation.how, f"differs in {len(cases)} of {len(self.suite.cases)} cases; below, {cases[0]}"]
        if len(paths) > 1:
            facts.append(
                f"{_enumerate(sorted(paths[1:], key=_natural))} {'differs' if len(paths) == 2 else 'differ'} too"
            )
        if others:
            facts.append(f"{paths[0]} also moves with: {', '.join(others)}")
        difference = seen.differences[paths[0]]
        return self._finding(
            Finding(
                rule="unstable",
                headline=f"the cached prefix of {self.suite.name} {version} {perturbation.finding}",
                facts=tuple(facts),
                place=difference.place,
                cause=difference.cause,
                fix=perturbation.fix,
            )
        )

    def _cannot_tell(self, what: str, reason: str, place: str | None) -> Finding:
        return self._finding(
            Finding(
                rule="cannot-tell",
                headline=f"{what} could not be built in a process of its own: {reason}",
                facts=_raised_at(place),
                fix=f"let {self.suite.function} work without pytest: no fixture and no conftest.py is loaded there",
            )
        )

    def _note(self, version: str, failure: str, place: str | None) -> Finding:
        return self._finding(
            Finding(
                rule="cannot-tell",
                level="note",
                headline=f"{self.suite.name} {version} {failure}",
                facts=_raised_at(place),
            )
        )

    def _finding(self, finding: Finding) -> Finding:
        file = self.suite.path.absolute().relative_to(self.root.absolute(), walk_up=True).as_posix()
        return replace(finding, file=file, line=self.suite.line)


def _also_moving(seen: Sequence[tuple[Perturbation, _Seen]], path: str, but: Perturbation) -> list[str]:
    """Names of the other perturbations that move a block."""
    names = [one.name for one, what in seen if one is not but and path in what.differences]
    return list(dict.fromkeys(names))


def _unbuilt(perturbation: Perturbation, reason: str | None) -> str:
    return f"could not be built {perturbation.place}: {reason}"


def _raised_at(place: str | None) -> tuple[str, ...]:
    return () if place is None else (f"raised at {place}",)


def _natural(path: str) -> list[str | int]:
    """The key by which ``tools[10]`` comes after ``tools[9]``."""
    return [int(piece) if piece.isdigit() else piece for piece in re.split(r"(\d+)", path)]


def _enumerate(paths: Sequence[str]) -> str:
    more = len(paths) - _LISTED
    return ", ".join(paths[:_LISTED]) + (f" and {more} more" if more > 0 else "")

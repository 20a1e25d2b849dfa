"""Judge a suite that was built under several conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.findings.finding import Finding
from harness.findings.words import count, join
from harness.prompt.reading import read
from harness.stability.conditions import PERTURBATIONS, TWO_BUILDS, Perturbation, case_key
from harness.stability.differences import BlockDifference, find_differences

if TYPE_CHECKING:
    from harness.stability.processes import BuildResult, Rebuilt
    from harness.suites.model import Suite

_LISTED = 8


class _Comparison(NamedTuple):
    """Two rounds to compare."""

    usual: BuildResult
    usual_round: Mapping[str, Any]
    other: BuildResult
    other_round: Mapping[str, Any] | None
    """``None`` if the process gave no result."""


@dataclass(slots=True)
class _Seen:
    """The effects of one perturbation on a version."""

    differences: dict[str, BlockDifference] = field(default_factory=dict)
    """By path, in the order in which they were found."""
    cases: dict[str, dict[str, None]] = field(default_factory=dict)
    """The cases that differ, by path."""
    failures: dict[str, str | None] = field(default_factory=dict)
    """The failures ("could not be built …"), each with its place in the application."""

    def add(self, later: _Seen) -> None:
        """Add the effects from later rounds."""
        self.differences = {**later.differences, **self.differences}
        for path, cases in later.cases.items():
            self.cases.setdefault(path, {}).update(cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges one suite by its build results."""

    suite: Suite
    root: Path
    usual: BuildResult
    rebuilt: Sequence[Rebuilt]

    def find_all(self) -> tuple[Finding, ...]:
        """Find what is wrong with the suite, version by version."""
        if self.usual.failure is not None:
            return (self._cannot_tell(self.suite.name, self.usual.failure, None),)
        return tuple(finding for version in self.suite.versions for finding in self._judge(version.name))

    def _judge(self, version: str) -> Iterator[Finding]:
        yield from self._find_unbuilt(version)
        seen = [(perturbation, self._see(version, perturbation)) for perturbation in PERTURBATIONS]
        noise = seen[0][1].differences.keys()
        claimed: set[str] = set()
        moved: dict[str, tuple[Perturbation, _Seen, list[str]]] = {}
        for perturbation, what in seen:
            own = [path for path in what.differences if path not in claimed]
            claimed |= what.differences.keys()
            if perturbation.name in moved:
                moved[perturbation.name][1].add(what)
                moved[perturbation.name][2].extend(own)
            elif own:
                moved[perturbation.name] = perturbation, what, own
        for perturbation, what, own in moved.values():
            others = [] if own[0] in noise else _also_moving(seen, own[0], perturbation)
            yield self._unstable(version, perturbation, what, own, others)
        for failure, place in {key: value for _, what in seen for key, value in what.failures.items()}.items():
            yield self._note(version, failure, place)

    def _find_unbuilt(self, version: str) -> Iterator[Finding]:
        """One error per reason why cases could not be built under the usual conditions."""
        reasons: dict[tuple[str, str | None], None] = {}
        for case in self.suite.cases:
            result = self.usual.rounds[0][case_key(self.suite, version, case.name)]
            if not result["digests"]:
                reasons[result["error"] or "no request was made", result["at"]] = None
        for reason, place in reasons:
            yield self._cannot_tell(f"{self.suite.name} {version}", reason, place)

    def _see(self, version: str, perturbation: Perturbation) -> _Seen:
        seen = _Seen()
        for comparison in self._comparisons(perturbation):
            if comparison.other_round is None:
                seen.failures[_unbuilt(perturbation, comparison.other.failure)] = None
                continue
            for case in self.suite.cases:
                self._compare(version, case.name, comparison, perturbation, seen)
        return seen

    def _comparisons(self, perturbation: Perturbation) -> Iterator[_Comparison]:
        if perturbation is TWO_BUILDS:
            yield _Comparison(self.usual, self.usual.rounds[0], self.usual, self.usual.rounds[1])
        for rebuilt in self.rebuilt:
            if rebuilt.perturbation.name != perturbation.name:
                continue
            first = rebuilt.usual.rounds[0]
            if rebuilt.other.failure is not None and not perturbation.is_later:
                yield _Comparison(rebuilt.usual, first, rebuilt.other, None)
            for other in rebuilt.other.rounds[1:] if perturbation.is_later else rebuilt.other.rounds[:1]:
                yield _Comparison(rebuilt.usual, first, rebuilt.other, other)

    def _compare(
        self, version: str, case: str, comparison: _Comparison, perturbation: Perturbation, seen: _Seen
    ) -> None:
        assert comparison.other_round is not None
        key = case_key(self.suite, version, case)
        usual, other = comparison.usual_round[key], comparison.other_round[key]
        if len(usual["digests"]) != len(other["digests"]) and usual["digests"]:
            made = count(len(other["digests"]), "request")
            counts = f"made {made} instead of {len(usual['digests']):,} {perturbation.place}"
            seen.failures.setdefault(_unbuilt(perturbation, other["error"]) if other["error"] else counts, other["at"])
        for before, after in zip(usual["digests"], other["digests"], strict=False):
            if before == after:
                continue
            first, second = perturbation.labels
            requests = comparison.usual.requests[before], comparison.other.requests[after]
            prompts = (read(request) for request in requests)
            for difference in find_differences(*prompts, first=first, second=second):
                path = difference.place.path
                seen.differences.setdefault(path, difference)
                seen.cases.setdefault(path, {})[case] = None

    def _unstable(
        self, version: str, perturbation: Perturbation, seen: _Seen, paths: Sequence[str], others: Sequence[str]
    ) -> Finding:
        cases = list(seen.cases[paths[0]])
        facts = [
            perturbation.how,
            f"differs in {len(cases)} of {count(len(self.suite.cases), 'case')}; shown below for {cases[0]}",
        ]
        if len(paths) > 1:
            listed = join(sorted(paths[1:], key=_natural), limit=_LISTED)
            facts.append(f"{listed} {'differs' if len(paths) == 2 else 'differ'} too")
        if others:
            facts.append(f"{paths[0]} also changes with: {', '.join(others)}")
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
                headline=f"{what} could not be built in a separate process: {reason}",
                facts=_raised_at(place),
                fix=f"make {self.suite.function} work without pytest: no fixtures and no conftest.py are loaded there",
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
    """Names of the other perturbations that change a block."""
    names = [one.name for one, what in seen if one.name != but.name and path in what.differences]
    return list(dict.fromkeys(names))


def _unbuilt(perturbation: Perturbation, reason: str | None) -> str:
    return f"could not be built {perturbation.place}: {reason}"


def _raised_at(place: str | None) -> tuple[str, ...]:
    return () if place is None else (f"raised at {place}",)


def _natural(path: str) -> list[str | int]:
    """The sort key that puts ``tools[10]`` after ``tools[9]``."""
    return [int(piece) if piece.isdigit() else piece for piece in re.split(r"(\d+)", path)]

"""The results of a mutation test: which busts the suites would catch, and which checks to add for the others."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from tabulate import tabulate

from harness.findings.words import and_more
from harness.mutation.mutations import Mutation

MutationOutcome = Literal["caught", "partly", "survived", "n/a"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationResult:
    """The result of one mutation over all tests."""

    name: str
    what: str
    caught: tuple[str, ...]
    """Tests that it made fail."""
    survived: tuple[str, ...]
    """Tests that passed although it changed their requests."""
    by: tuple[str, ...]
    """The rules of the findings that caught it, or ``own assertion``."""
    assertion: str
    """The check to add where it survived."""

    @property
    def verdict(self) -> MutationOutcome:
        """Whether the suites as a whole would catch it."""
        if self.caught:
            return "partly" if self.survived else "caught"
        return "survived" if self.survived else "n/a"


def judge_mutation(
    mutation: Mutation, *, changed: set[str], failed: set[str], rules: Mapping[str, set[str]]
) -> MutationResult:
    """Judge one mutation by the tests whose requests it changed and those that failed."""
    caught = sorted(changed & failed)
    found = {rule for test in caught for rule in rules.get(test, {"own assertion"})}
    return MutationResult(
        name=mutation.name,
        what=mutation.what,
        caught=tuple(caught),
        survived=tuple(sorted(changed - failed)),
        by=tuple(sorted(found)),
        assertion=mutation.assertion,
    )


def results_text(results: Sequence[MutationResult], *, style: str) -> str:
    """A table of all mutations, then the checks to add for survivors; ``style`` is a table format of ``tabulate``."""
    rows = [
        (result.name, result.what, result.verdict, _share(result), ", ".join(result.by) or "-") for result in results
    ]
    headers = ("mutation", "puts into the requests", "verdict", "tests", "caught by")
    table = tabulate(rows, headers=headers, tablefmt=style, disable_numparse=True)
    lines = [line for result in results if result.survived for line in _advice(result)]
    counts = Counter(result.verdict for result in results)
    applied = f"{counts['caught']} caught, {counts['partly']} caught by some tests only, {counts['survived']} survived"
    summary = f"{applied}, {counts['n/a']} not applicable"
    return "\n".join([table, "", *([*lines, ""] if lines else []), summary])


def results_json(results: Sequence[MutationResult]) -> str:
    """The results as indented JSON."""
    documents = [{**asdict(result), "verdict": result.verdict} for result in results]
    return json.dumps(documents, indent=2, ensure_ascii=False)


def _share(result: MutationResult) -> str:
    total = len(result.caught) + len(result.survived)
    return f"{len(result.caught)} of {total}" if total else "-"


def _advice(result: MutationResult) -> list[str]:
    survivors = f"{result.survived[0]}{and_more(len(result.survived) - 1)}"
    return [f"{result.name} survives in {survivors}", f"  add: {result.assertion}"]

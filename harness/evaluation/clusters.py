"""Which cases belong together because they share a resume, a job or another fixture."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Inputs = Mapping[str, Mapping[str, str]]


def clusters(inputs: Inputs) -> Mapping[str, str]:
    """The cluster of each case, named after its first case; the cluster, not the case, is the unit of a test.

    Answers about one resume are good or bad together, so ten cases with the same resume are not ten
    independent observations: to count them as such raises false alarms far above the level of the test.

    ``inputs`` holds, for each case, the fixture of each fixture key, such as ``{"resume": "nurse"}``. A key
    with the same fixture in all cases does not tell cases apart, and a key with another one in each does not
    join any, so both are ignored. Cases that share a fixture of another key, directly or through further
    cases, are one cluster.

    If every resume meets every job, that joins all cases, and nothing could be tested. Then only the key
    with the fewest fixtures counts: it gives the fewest units, and so the most cautious test. Cases that
    share a fixture of another key are then taken for independent, although they may not be.
    """
    keys = _telling_keys(inputs)
    joined = _join(inputs, keys)
    if len(inputs) > 1 and len(set(joined.values())) == 1:
        fewest = min(keys, key=lambda key: len(_fixtures(inputs, key)))
        return _join(inputs, [fewest])
    return joined


def _telling_keys(inputs: Inputs) -> list[str]:
    """Keys of which some cases, but not all, share a fixture."""
    keys = dict.fromkeys(key for fixtures in inputs.values() for key in fixtures)
    return [key for key in keys if _is_shared_by_some(inputs, key)]


def _is_shared_by_some(inputs: Inputs, key: str) -> bool:
    holders = sum(key in fixtures for fixtures in inputs.values())
    distinct = len(_fixtures(inputs, key))
    is_same_in_all = distinct == 1 and holders == len(inputs)
    return distinct < holders and not is_same_in_all


def _fixtures(inputs: Inputs, key: str) -> set[str]:
    return {fixtures[key] for fixtures in inputs.values() if key in fixtures}


def _join(inputs: Inputs, keys: Iterable[str]) -> dict[str, str]:
    """The first case of the connected component of each case."""
    first = {case: case for case in inputs}
    for key in keys:
        sharing: dict[str, list[str]] = defaultdict(list)
        for case, fixtures in inputs.items():
            if key in fixtures:
                sharing[fixtures[key]].append(case)
        for cases in sharing.values():
            _merge(first, cases)
    return first


def _merge(first: dict[str, str], cases: list[str]) -> None:
    """Join the components of some cases under the name that stands first."""
    names = {first[case] for case in cases}
    # The order of a dictionary is that of the cases.
    winner = next(case for case in first if case in names)
    for case, name in first.items():
        if name in names:
            first[case] = winner

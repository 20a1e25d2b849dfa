"""Related cases: those that share a resume or a job are one unit of a comparison, not several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_clusters(fixtures: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The cluster of each case, by the names of the fixtures that the cases use.

    An input that has the same fixture in all cases relates none of them: what is found holds for that fixture. Cases
    are related if they share the fixture of another input, directly or through a third case. If that relates all of
    them, as where each of four resumes meets each of two jobs, the input with the fewest fixtures makes the clusters,
    which is the harder test.
    """
    keys = {key for named in fixtures.values() for key in named}
    values = {key: {case: named[key] for case, named in fixtures.items() if key in named} for key in sorted(keys)}
    telling = {key: named for key, named in values.items() if len(set(named.values())) > 1}
    joined = _join(fixtures, telling)
    if not telling or len(set(joined.values())) > 1:
        return joined
    key = min(telling, key=lambda name: len(set(telling[name].values())))
    return {case: f"{key} {telling[key].get(case, case)}" for case in fixtures}


def _join(cases: Mapping[str, object], keys: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Name each case after the first one that it is related to."""
    parents = {case: case for case in cases}

    def root(case: str) -> str:
        while parents[case] != case:
            parents[case] = parents[parents[case]]
            case = parents[case]
        return case

    for named in keys.values():
        first: dict[str, str] = {}
        for case, value in named.items():
            parents[root(case)] = root(first.setdefault(value, case))
    return {case: root(case) for case in cases}

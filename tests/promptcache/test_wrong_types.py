"""A value of the wrong type, wherever it stands, is explained or refused; no explanation fails by it."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.mutation.mutations import MUTATIONS
from harness.prompt.reader import PromptReader
from harness.prompt.reading import Prompt
from harness.prompt.tokens import TextCounter
from harness.promptcache.explain import explain
from harness.promptcache.naming.changes import name_change
from harness.sessions.miss import find_closest
from tests.lock.examples import rich_request

Path = tuple[str | int, ...]

WRONG: list[Any] = [
    True, None, 0, -1.5, 10**30, "", "x", [], ["x"], [None], [[]], {}, {"type": "text"}, {"type": 3}, [{"type": 1}],
]  # fmt: skip
READER = PromptReader(TextCounter())


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value in a request."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def put(request: Any, path: Path, value: Any) -> Any:
    """A copy of a request with another value at a path."""
    request = deepcopy(request)
    inner = request
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return request


def name_and_explain(before: Prompt, after: Prompt) -> bool:
    """All that a miss or a changed prefix is explained by; whether the two can be compared, and differ."""
    try:
        closest, place = find_closest(after, [before])
        if place is not None:
            name_change(place, closest, after)
            explain(before, after)
    except HarnessError:
        return False
    return place is not None


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_wrong_type_is_explained_or_refused(value: Any) -> None:
    good = rich_request()
    before = READER.read(json.dumps(good).encode())
    explained = 0
    for path in paths(good):
        try:
            after = READER.read(json.dumps(put(good, path, value)).encode())
        except HarnessError:
            continue
        explained += name_and_explain(before, after) + name_and_explain(after, before)
    assert explained > 50


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_wrong_type_stops_no_mutation(value: Any) -> None:
    good = rich_request()
    for path in paths(good):
        for mutation in MUTATIONS:
            mutation.apply(put(good, path, value))

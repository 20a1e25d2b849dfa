from collections import Counter
from typing import Any, get_args

import pytest

from harness.errors import CannotTellError
from harness.prompt import read
from harness.promptcache.causes import Cause
from harness.promptcache.explain import explain
from harness.provider.parameters import LEVELS
from tests.promptcache.pairs import PAIRS, Pair
from tests.promptcache.pairs.build import MINIMUM_1024, sized, system
from tests.recordings import counter


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name.replace(" ", "-"))
def test_every_pair_is_judged_by_the_rules(pair: Pair) -> None:
    result = explain(read(pair.before, counter()), read(pair.after, counter()), gap_seconds=pair.gap)

    assert (result.verdict, result.cause, result.path) == (pair.verdict, pair.cause, pair.path)
    assert result.is_bust == (pair.cause is not None)
    if pair.offset is not None:
        assert result.offset == pair.offset
    if pair.changes is not None:
        assert result.changes == pair.changes
        assert result.notes[: len(pair.changes)] == pair.changes
    if pair.levels is not None:
        assert tuple(result.levels[level] for level in LEVELS) == pair.levels


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name.replace(" ", "-"))
def test_tokens_and_dollars_are_lost_only_where_something_was_written(pair: Pair) -> None:
    result = explain(read(pair.before, counter()), read(pair.after, counter()), gap_seconds=pair.gap)

    if result.verdict == "hit":
        assert (result.tokens_lost, result.cost) == (0, 0)
    if result.verdict in ("miss", "partial"):
        assert result.tokens_lost > 0
        assert result.cost is not None
        assert result.cost > 0


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name.replace(" ", "-"))
def test_an_excerpt_shows_a_difference(pair: Pair) -> None:
    result = explain(read(pair.before, counter()), read(pair.after, counter()), gap_seconds=pair.gap)

    assert result.excerpt is None or result.excerpt[0] != result.excerpt[1]


UNCLEAR = (
    ("a key never seen before", {}, {"verbosity": "low"}, "verbosity"),
    ("a key that changes its value", {"verbosity": "high"}, {"verbosity": "low"}, "verbosity"),
    ("a key that goes", {"verbosity": "high"}, {}, "verbosity"),
    ("an unknown part of a known one", {}, {"output_config": {"tone": "dry"}}, "output_config.tone"),
    ("an unknown part of a container", {}, {"container": {"image": "x"}}, "container.image"),
    (
        "context management",
        {},
        {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
        "context_management",
    ),
)


@pytest.mark.parametrize(("before", "after", "path"), [row[1:] for row in UNCLEAR], ids=[row[0] for row in UNCLEAR])
def test_a_difference_that_may_or_may_not_be_rendered_cannot_be_judged(
    before: dict[str, Any], after: dict[str, Any], path: str
) -> None:
    with pytest.raises(CannotTellError) as caught:
        explain(read(system(**before), counter()), read(system(**after), counter()))

    assert str(caught.value) == (
        f"{path} differs, but it is not known whether it is part of the prompt\n"
        "  try: keep it the same in every call, or compare the usage of two real calls"
    )


def test_an_unknown_key_that_stays_the_same_changes_nothing() -> None:
    prompt = read(system(verbosity="low"), counter())

    assert explain(prompt, prompt).verdict == "hit"


def test_there_are_two_pairs_at_least_for_every_cause() -> None:
    counts = Counter(pair.cause for pair in PAIRS)

    assert {cause: counts[cause] for cause in get_args(Cause) if counts[cause] < 2} == {}
    assert len(PAIRS) >= 80


def test_names_of_pairs_are_unique() -> None:
    assert len({pair.name for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("tokens", [1023, 1024])
def test_pairs_at_the_minimum_have_the_size_they_claim(tokens: int) -> None:
    prompt = read(system(sized(tokens), model=MINIMUM_1024), counter())

    assert prompt.count.prefixes[0] == tokens

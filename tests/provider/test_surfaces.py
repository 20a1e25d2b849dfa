"""The rows of what differs on other clouds, and the notes that they put beside verdicts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from harness.prompt.reading import read
from harness.promptcache.explain import explain
from harness.promptcache.surface_notes import list_surface_notes
from harness.provider.models import find_model, known_models
from harness.provider.pricing import price
from harness.provider.surfaces import all_notes, all_premiums
from harness.provider.usage import Usage

OLD = "anthropic.claude-3-7-sonnet-20250219-v1:0"
SONNET = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


def names(model: str, marker: dict[str, Any] | None = None, **more: Any) -> list[str]:
    """The names of the notes on a request."""
    block = {"type": "text", "text": "Be brief.", **({"cache_control": marker} if marker else {})}
    request = {
        "model": model,
        "max_tokens": 9,
        "system": [block],
        "messages": [{"role": "user", "content": "Hi"}],
        **more,
    }
    texts = set(list_surface_notes(read(request, lambda text, _: len(text))))
    read_model = find_model(model)
    return [row.name for row in all_notes() if row.text.format(geo=read_model.geo, model=read_model.id) in texts]


MARK = {"type": "ephemeral"}


@pytest.mark.parametrize(
    ("model", "marker", "more", "expected"),
    [
        ("claude-opus-5", MARK, {}, []),
        ("anthropic.claude-opus-5", MARK, {}, ["isolation on Bedrock"]),
        ("anthropic.claude-opus-5", None, {}, ["implicit caching"]),
        ("us.anthropic.claude-opus-5", MARK, {}, ["cross-region profile", "isolation on Bedrock"]),
        (
            "anthropic.claude-opus-5",
            None,
            {"cache_control": MARK},
            ["isolation on Bedrock", "automatic caching of newer models through InvokeModel or Converse"],
        ),
        (OLD, MARK | {"ttl": "1h"}, {}, ["isolation on Bedrock", "1h on older models of Bedrock"]),
        (OLD, MARK, {}, ["isolation on Bedrock"]),
        (
            "anthropic.claude-opus-5",
            MARK,
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": MARK}]}]},
            ["isolation on Bedrock", "minimum of each checkpoint"],
        ),
        (
            "anthropic.claude-opus-5",
            MARK,
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}] * 20}]},
            ["isolation on Bedrock", "lookback on Bedrock"],
        ),
        (
            SONNET,
            MARK,
            {"anthropic_version": "2026-10-21"},
            ["cross-region profile", "isolation on Bedrock", "version of the API"],
        ),
        ("anthropic.claude-opus-5", MARK, {"anthropic_version": "2026-10-21"}, ["isolation on Bedrock"]),
        ("claude-opus-4-5@20251101", MARK, {}, ["isolation on Google Cloud", "location of Google Cloud"]),
        (
            "locations/global/publishers/anthropic/models/claude-opus-5",
            MARK,
            {},
            ["global endpoint of Google Cloud", "isolation on Google Cloud"],
        ),
        ("locations/us-east5/publishers/anthropic/models/claude-opus-5", None, {}, []),
    ],
)
def test_request_gets_the_notes_that_concern_it(
    model: str, marker: dict[str, Any] | None, more: dict[str, Any], expected: list[str]
) -> None:
    assert names(model, marker, **more) == expected


def test_notes_stand_beside_the_verdict() -> None:
    request = {
        "model": "global.anthropic.claude-opus-5",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "word " * 600, "cache_control": MARK}],
        "messages": [{"role": "user", "content": "Hi"}],
    }
    prompt = read(request, lambda text, _: len(text))
    result = explain(prompt, prompt)
    assert result.verdict == "hit"
    assert (
        "the inference profile 'global' may route a call to a region in which nothing was written: "
        "a read is not promised"
    ) in result.notes


def test_rows_are_dated_and_name_known_models() -> None:
    known = {model.id for model in known_models()}
    for row in (*all_notes(), *all_premiums()):
        assert row.source
        assert date(2026, 1, 1) <= row.checked
    assert {model for row in all_notes() for model in row.models} <= known
    assert len({row.name for row in all_notes()}) == len(all_notes())


@pytest.mark.parametrize(
    ("model", "factor"),
    [
        ("claude-opus-5", "1"),
        ("global.anthropic.claude-opus-5", "1"),
        ("eu.anthropic.claude-opus-5", "1.1"),
        ("anthropic.claude-opus-5", "1.1"),
        ("claude-opus-4-5@20251101", "1"),
        ("locations/global/publishers/anthropic/models/claude-opus-5", "1"),
        ("locations/us-east5/publishers/anthropic/models/claude-opus-5", "1.1"),
    ],
)
def test_regions_cost_more(model: str, factor: str) -> None:
    usage = Usage(input_tokens=1_000_000)
    assert price(usage, model) == price(usage, find_model(model).id) * Decimal(factor)


def test_older_models_cost_the_same_everywhere() -> None:
    usage = Usage(input_tokens=1_000_000)
    place = "locations/us-east5/publishers/anthropic/models/claude-3-7-sonnet@20250219"
    assert price(usage, place) == price(usage, "claude-3-7-sonnet-20250219")

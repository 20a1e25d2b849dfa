from collections import Counter
from typing import Any, get_args

import pytest

from harness.errors import CannotTellError
from harness.prompt import read
from harness.promptcache.causes import Cause
from harness.promptcache.explain import explain
from harness.provider.parameters import LEVELS
from tests.promptcache.pairs import PAIRS, Pair
from tests.promptcache.pairs.build import (
    MARK,
    MCP,
    MINIMUM_1024,
    OTHER,
    STATIC,
    assistant,
    image,
    request,
    sized,
    system,
    text,
    tool,
    user,
)
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
    ("an unknown part of thinking", {}, {"thinking": {"type": "disabled", "tone": "dry"}}, "thinking.tone"),
    (
        "how thinking is returned",
        {"thinking": {"type": "enabled", "budget_tokens": 1024, "display": "omitted"}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024, "display": "summarized"}},
        "thinking.display",
    ),
    (
        "an unknown part of the choice of tools",
        {"tools": [tool("a")]},
        {"tools": [tool("a")], "tool_choice": {"type": "auto", "tone": "dry"}},
        "tool_choice.tone",
    ),
    ("a beta", {"betas": ["a"]}, {"betas": ["b"]}, "betas"),
    ("what is merged into the body", {"extra_body": {"x": 1}}, {"extra_body": {"x": 2}}, "extra_body"),
    ("another workspace", {"workspace_id": "a"}, {"workspace_id": "b"}, "workspace_id"),
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


CERTAIN_ALL_THE_SAME = (
    ("another model too", system(verbosity="low"), system(model="claude-opus-4-5", verbosity="high"), "miss"),
    ("another text in front", system(verbosity="low"), system(OTHER, verbosity="high"), "miss"),
    ("too late", system(verbosity="low"), system(verbosity="high"), "miss"),
    ("nothing marked", system(mark=None, verbosity="low"), system(mark=None, verbosity="high"), "never_cached"),
    ("refused", system(verbosity="low"), system(messages=[], verbosity="high"), "rejected"),
)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [row[1:] for row in CERTAIN_ALL_THE_SAME],
    ids=[row[0] for row in CERTAIN_ALL_THE_SAME],
)
def test_what_is_lost_whatever_an_unknown_key_does_is_judged(
    before: dict[str, Any], after: dict[str, Any], verdict: str
) -> None:
    result = explain(read(before, counter()), read(after, counter()), gap_seconds=9_999 if verdict == "miss" else 30)

    assert result.verdict == verdict
    assert result.path != "verbosity"


def test_credentials_of_a_server_of_tools_are_not_part_of_the_prompt() -> None:
    one, other = (system(mcp_servers=[{**MCP, "authorization_token": token}]) for token in ("a", "b"))

    assert explain(read(one, counter()), read(other, counter())).verdict == "hit"


IMAGE = image()
NESTED = (
    ("a document of blocks", {"type": "document", "source": {"type": "content", "content": [IMAGE]}}, "image_added"),
    ("a result of a server", {"type": "mcp_tool_result", "tool_use_id": "t", "content": [IMAGE]}, "image_added"),
    (
        "a search result",
        {"type": "search_result", "source": "s", "title": "t", "content": [text("x")], "citations": {"enabled": True}},
        "citations_changed",
    ),
    (
        "a document inside a document",
        {
            "type": "document",
            "source": {
                "type": "content",
                "content": [
                    {
                        "type": "document",
                        "citations": {"enabled": True},
                        "source": {"type": "text", "media_type": "text/plain", "data": "x"},
                    }
                ],
            },
        },
        "citations_changed",
    ),
)


@pytest.mark.parametrize(("block", "cause"), [row[1:] for row in NESTED], ids=[row[0] for row in NESTED])
def test_images_and_citations_count_wherever_they_are(block: dict[str, Any], cause: str) -> None:
    before = request(messages=[user(text(STATIC, MARK))])
    after = request(messages=[user(text(STATIC, MARK)), assistant(text("And?")), user(block)])

    result = explain(read(before, counter()), read(after, counter()))

    assert (result.verdict, result.cause) == ("miss", cause)


def test_a_skill_in_its_latest_version_is_noted() -> None:
    prompt = read(system(container={"skills": [{"type": "anthropic", "skill_id": "xlsx"}]}), counter())

    assert any(note.startswith("a skill is used in its latest version") for note in explain(prompt, prompt).notes)


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


# --- what the count decides ------------------------------------------------------------------------------

PDF = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjcK"}}
URL_IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def asked(tokens: int, *blocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A request with a marked text of a number of tokens behind other blocks, on a model with a minimum of 1,024."""
    marked = {"type": "text", "text": sized(tokens), "cache_control": {"type": "ephemeral"}}
    return {
        "model": MINIMUM_1024,
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [*blocks, marked]}],
        **changes,
    }


DECIDED_BY_THE_COUNT = (
    ("a PDF of unknown length", asked(600, PDF)),
    ("an image of unknown size", asked(600, URL_IMAGE)),
    ("a tool whose definition is not public", asked(500, tools=[SEARCH])),
    ("an unknown block", asked(600, {"type": "hologram", "data": "x"})),
    ("an unknown parameter", asked(600, verbosity="low")),
    ("skills", asked(600, container={"skills": [{"type": "anthropic", "skill_id": "pptx"}]})),
    ("servers of tools", asked(600, mcp_servers=[{"type": "url", "url": "https://example.com", "name": "x"}])),
)


@pytest.mark.parametrize(
    "request_", [row[1] for row in DECIDED_BY_THE_COUNT], ids=[row[0] for row in DECIDED_BY_THE_COUNT]
)
def test_a_verdict_that_depends_on_what_cannot_be_counted_cannot_be_told(request_: dict[str, Any]) -> None:
    prompt = read(request_, counter())

    with pytest.raises(CannotTellError, match=r"^the prefix up to messages\[0\]\.content\[\d\] has .* the minimum of "):
        explain(prompt, prompt)


ENOUGH_WITHOUT_IT = tuple((name, {**request, **asked(1_200, *request["messages"][0]["content"][:-1])} | {
    key: request[key] for key in request if key not in ("model", "max_tokens", "messages")
}) for name, request in DECIDED_BY_THE_COUNT)  # fmt: skip


@pytest.mark.parametrize("request_", [row[1] for row in ENOUGH_WITHOUT_IT], ids=[row[0] for row in ENOUGH_WITHOUT_IT])
def test_a_prefix_that_reaches_the_minimum_without_it_is_judged(request_: dict[str, Any]) -> None:
    prompt = read(request_, counter())

    assert explain(prompt, prompt).verdict == "hit"


def test_a_doubt_smaller_than_the_distance_to_the_minimum_decides_nothing() -> None:
    note = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Parcels take a day."}}

    assert explain(read(asked(1_100, note), counter()), read(asked(1_100, note), counter())).verdict == "hit"
    assert explain(read(asked(400, note), counter()), read(asked(400, note), counter())).verdict == "never_cached"


@pytest.mark.parametrize(
    "edits",
    [[], [{"type": "clear_tool_uses_20250919"}], [{"type": "clear_thinking_20251015", "keep": "all"}]],
    ids=["none", "calls of tools", "thinking"],
)
def test_edits_of_the_context_that_can_clear_nothing_leave_no_doubt(edits: list[dict[str, Any]]) -> None:
    prompt = read(asked(1_200, context_management={"edits": edits}), counter())

    assert explain(prompt, prompt).verdict == "hit"


def test_edits_that_may_replace_messages_leave_all_messages_in_doubt() -> None:
    prompt = read(asked(1_200, context_management={"edits": [{"type": "compact_20260112"}]}), counter())

    with pytest.raises(CannotTellError, match=r"has 0 or more tokens, .*\(context_management: how much it clears"):
        explain(prompt, prompt)


def test_a_doubt_behind_the_last_breakpoint_decides_nothing() -> None:
    short = asked(400)
    short["messages"][0]["content"].append(PDF)

    assert explain(read(short, counter()), read(short, counter())).verdict == "never_cached"


def test_what_is_lost_whatever_the_count_is_lost() -> None:
    before, after = asked(2_000, PDF), asked(2_000, PDF)
    after["messages"][0]["content"].insert(0, {"type": "text", "text": "Once more:"})

    assert explain(read(before, counter()), read(after, counter())).verdict == "miss"

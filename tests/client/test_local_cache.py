import json
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.client.cache_limits import Limits
from harness.client.local_cache import LocalCache

REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 64,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [{"role": "user", "content": "Hello"}],
}
RESPONSE = {"id": "msg_1", "content": [{"type": "text", "text": "Grüße"}]}

USAGES = [{"input_tokens": 5}, None, {"output_tokens": "7"}]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def cache(tmp_path: Path) -> LocalCache:
    return LocalCache(folder=tmp_path / "prompts")


def test_what_was_written_is_read(cache: LocalCache) -> None:
    assert cache.read(REQUEST) is None
    cache.write(REQUEST, RESPONSE, USAGES)
    assert cache.read(REQUEST) == (RESPONSE, USAGES, [])


@pytest.mark.parametrize("usage", [{"input_tokens": 5}, None])
def test_an_answer_without_usages_has_the_usage_of_its_response(cache: LocalCache, usage: Any) -> None:
    cache.write(REQUEST, {**RESPONSE, "usage": usage}, [])

    stored = cache.read(REQUEST)

    assert stored is not None
    assert stored.usages == [usage]


def test_a_later_answer_replaces_the_earlier(cache: LocalCache) -> None:
    cache.write(REQUEST, {"id": "old"}, [])
    cache.write(REQUEST, RESPONSE, USAGES)
    assert cache.read(REQUEST) == (RESPONSE, USAGES, [])


@pytest.mark.parametrize(
    "change",
    [
        {"model": "claude-opus-5-5"},
        {"max_tokens": 65},
        {"system": [{"type": "text", "text": "Be brief."}]},
        {"messages": [{"role": "user", "content": "Hello "}]},
        {"temperature": 0.0},
        {"tools": [{"name": "a", "input_schema": {"type": "object"}}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_key_depends_on_the_whole_request(cache: LocalCache, change: dict[str, Any]) -> None:
    assert cache.key(REQUEST) != cache.key(REQUEST | change)


def test_the_key_depends_on_the_prefix_and_the_prompt_version(tmp_path: Path) -> None:
    caches = [
        LocalCache(folder=tmp_path),
        LocalCache(folder=tmp_path, prefix="a"),
        LocalCache(folder=tmp_path, prompt_version="a"),
        LocalCache(folder=tmp_path, prefix="a", prompt_version="a"),
        LocalCache(folder=tmp_path, prefix="aa"),
        LocalCache(folder=tmp_path, prompt_version="aa"),
    ]
    assert len({cache.key(REQUEST) for cache in caches}) == len(caches)


@given(st.dictionaries(st.text("abcdef", max_size=3), VALUES, max_size=5))
def test_the_key_does_not_depend_on_the_order_of_keys(request_body: dict[str, Any]) -> None:
    cache = LocalCache(folder=Path("unused"))
    assert cache.key(request_body) == cache.key(dict(reversed(request_body.items())))


def test_the_order_of_inner_keys_does_not_matter_but_that_of_lists_does(cache: LocalCache) -> None:
    one = {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
    assert cache.key(one) == cache.key(
        {"messages": [{"content": "a", "role": "user"}, {"content": "b", "role": "user"}]}
    )
    assert cache.key(one) != cache.key({"messages": list(reversed(one["messages"]))})


def test_a_file_is_named_after_the_key_and_reads_as_json(cache: LocalCache) -> None:
    cache.write(REQUEST, RESPONSE, USAGES)
    (path,) = cache.folder.iterdir()
    assert path.name == f"{cache.key(REQUEST)}.json"
    assert json.loads(path.read_bytes()) == {
        "model": "claude-sonnet-5-5",
        "response": RESPONSE,
        "usages": USAGES,
        "pieces": [],
        "key": cache.key(REQUEST),
        "sha256": json.loads(path.read_bytes())["sha256"],
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"{",
            "not a stored response (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)); "
            "asking again",
        ),
        (b"[]", "not a stored response (it holds no response); asking again"),
        (b'{"model": "x"}', "not a stored response (it holds no response); asking again"),
        (b'{"response": "text"}', "not a stored response (it holds no response); asking again"),
    ],
)
def test_a_file_that_holds_no_response_is_passed_over_with_a_warning(
    cache: LocalCache, caplog: pytest.LogCaptureFixture, content: bytes, reason: str
) -> None:
    cache.write(REQUEST, RESPONSE, USAGES)
    (path,) = cache.folder.iterdir()
    path.write_bytes(content)
    assert cache.read(REQUEST) is None
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, f"{path}: {reason}")
    ]


def test_a_path_that_cannot_be_read_counts_as_no_response(cache: LocalCache) -> None:
    (cache.folder / f"{cache.key(REQUEST)}.json").mkdir(parents=True)
    assert cache.read(REQUEST) is None


LARGE = (2**64, -(2**63) - 1, 2**128, 10**300, -(10**40))


@pytest.mark.parametrize("number", LARGE)
def test_integers_beyond_64_bits_are_kept(cache: LocalCache, number: int) -> None:
    request = {**REQUEST, "tools": [{"name": "a", "input_schema": {"const": number}}]}
    other = {**REQUEST, "tools": [{"name": "a", "input_schema": {"const": number + 1}}]}
    response = {"content": [{"type": "tool_use", "input": {"id": number}}]}
    cache.write(request, response, [])

    stored = cache.read(request)
    assert stored is not None
    assert stored.response == response
    assert cache.read(other) is None


# --- entries that are not what their name says -------------------------------------------------------------


def test_an_entry_of_another_request_prefix_or_version_is_never_returned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mine = LocalCache(folder=tmp_path, prefix="a", prompt_version="v1")
    others = (
        (LocalCache(folder=tmp_path, prefix="b", prompt_version="v1"), REQUEST),
        (LocalCache(folder=tmp_path, prefix="a", prompt_version="v2"), REQUEST),
        (mine, {**REQUEST, "max_tokens": 65}),
    )
    for other, request in others:
        other.write(request, RESPONSE, USAGES)
        (tmp_path / f"{other.key(request)}.json").rename(tmp_path / f"{mine.key(REQUEST)}.json")

        assert mine.read(REQUEST) is None
        assert (
            caplog.records[-1]
            .getMessage()
            .endswith("not a stored response (it belongs to another request, prefix or prompt version); asking again")
        )

    mine.write(REQUEST, RESPONSE, USAGES)
    assert mine.read(REQUEST) == (RESPONSE, USAGES, [])


@pytest.mark.parametrize("key", ["response", "usages", "pieces", "key", "model"])
def test_an_entry_that_was_changed_is_never_returned(
    cache: LocalCache, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    cache.write(REQUEST, RESPONSE, USAGES)
    (path,) = cache.folder.iterdir()
    stored = json.loads(path.read_bytes())
    path.write_text(json.dumps({**stored, key: {"id": "msg_2"} if key == "response" else [1]}))

    assert cache.read(REQUEST) is None
    assert caplog.records[-1].getMessage().endswith("(its checksum does not match); asking again")


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_no_damage_is_returned(tmp_path_factory: pytest.TempPathFactory, place: int, data: bytes) -> None:
    cache = LocalCache(folder=tmp_path_factory.mktemp("local"))
    cache.write(REQUEST, RESPONSE, USAGES)
    (path,) = cache.folder.iterdir()
    before = path.read_bytes()
    place %= len(before)
    path.write_bytes(before[:place] + data + before[place + len(data) :])

    assert cache.read(REQUEST) in (None, (RESPONSE, USAGES, []))


# --- what the key covers -----------------------------------------------------------------------------------


def test_how_a_request_is_sent_does_not_matter_and_no_header_is_stored(cache: LocalCache) -> None:
    sent = {**REQUEST, "timeout": object(), "extra_headers": {"x-api-key": "sk-secret"}, "diagnostics": {}}
    cache.write(sent, RESPONSE, USAGES)

    assert cache.read(REQUEST) == (RESPONSE, USAGES, [])
    (path,) = cache.folder.iterdir()
    assert b"secret" not in path.read_bytes()
    assert b"Be brief." not in path.read_bytes()


@pytest.mark.parametrize(
    "more",
    [
        {"extra_headers": {"Anthropic-Beta": "context-1m"}},
        {"extra_body": {"temperature": 1}},
        {"betas": ["context-1m"]},
        {"extra_query": {"beta": "true"}},
    ],
)
def test_what_changes_the_answer_is_part_of_the_key(cache: LocalCache, more: dict[str, Any]) -> None:
    assert cache.key({**REQUEST, **more}) != cache.key(REQUEST)


def test_a_request_without_a_key_is_asked_and_not_kept(cache: LocalCache, caplog: pytest.LogCaptureFixture) -> None:
    request = {**REQUEST, "metadata": object()}
    assert cache.read(request) is None
    cache.write(request, RESPONSE, USAGES)

    assert not cache.folder.exists()
    (record,) = caplog.records
    assert "responses are not kept in the local cache" in record.getMessage()


# --- limits ------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def numbered(number: int) -> dict[str, Any]:
    return {**REQUEST, "max_tokens": number}


def fill(cache: LocalCache, count: int) -> list[int]:
    """Store responses, each a minute older than the next; return the numbers of those that are left."""
    for number in range(1, count + 1):
        cache.write(numbered(number), RESPONSE, USAGES)
        path = cache.folder / f"{cache.key(numbered(number))}.json"
        time = NOON.timestamp() - 60 * (count - number)
        os.utime(path, (time, time))
    return [number for number in range(1, count + 1) if cache.read(numbered(number))]


def test_the_oldest_responses_make_room_for_a_new_one(tmp_path: Path) -> None:
    fill(LocalCache(folder=tmp_path / "one"), 1)
    (path,) = (tmp_path / "one").iterdir()
    size = path.stat().st_size
    cache = LocalCache(folder=tmp_path / "two", limits=Limits(max_size=3 * size + 9), clock=lambda: NOON)

    assert fill(cache, 7) == [5, 6, 7]
    assert sum(file.stat().st_size for file in cache.folder.iterdir()) <= 3 * size + 9


def test_a_response_larger_than_the_limit_is_not_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = LocalCache(folder=tmp_path, limits=Limits(max_size=100))
    cache.write(REQUEST, RESPONSE, USAGES)

    assert list(tmp_path.iterdir()) == []
    assert "which is more than the local cache may have" in caplog.text


def test_a_response_that_is_too_old_is_a_miss_and_is_removed_by_the_next_write(tmp_path: Path) -> None:
    cache = LocalCache(folder=tmp_path, limits=Limits(max_age=timedelta(minutes=2, seconds=30)), clock=lambda: NOON)

    assert fill(cache, 5) == [3, 4, 5]
    cache.write(numbered(6), RESPONSE, USAGES)
    assert len(list(tmp_path.iterdir())) == 4


def test_what_a_killed_process_left_counts_and_is_removed_after_a_minute(tmp_path: Path) -> None:
    cache = LocalCache(folder=tmp_path, limits=Limits(max_size=2_000))
    left = tmp_path / ".abc.tmp"
    left.write_bytes(b"x" * 1_900)
    cache.write(REQUEST, RESPONSE, USAGES)
    assert [path.name for path in tmp_path.iterdir()] == [".abc.tmp"]

    os.utime(left, (1, 1))
    cache.write(REQUEST, RESPONSE, USAGES)
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]

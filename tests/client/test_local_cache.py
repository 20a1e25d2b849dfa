import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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

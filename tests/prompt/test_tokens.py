import struct
from base64 import b64encode
from math import ceil
from typing import Any

import pytest

from harness.prompt import read
from harness.prompt.images import image_tokens, most_tokens
from harness.prompt.tokens import TextCounter
from harness.provider.models import find_model
from tests.recordings import counter


def _count(**request: Any) -> Any:
    body = {"model": "claude-sonnet-4-6", "messages": [{"role": "user", "content": "Hi"}], **request}
    return read(body, counter()).count


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("claude-sonnet-4-6", (100, 100), 19),
        ("claude-sonnet-4-6", (300, 346), 146),
        ("claude-sonnet-4-6", (1800, 1200), 1539),
        ("claude-opus-4-7", (1800, 1200), 2798),
        ("claude-sonnet-4-6", (3008, 2000), 1571),
        ("claude-sonnet-4-6", (2000, 3008), 1571),
        ("claude-sonnet-4-6", (1568, 784), 1571),
        ("claude-sonnet-4-6", (100_000, 10), 59),
        ("claude-sonnet-4-6", (1, 1), 4),
        ("claude-3-5-haiku-20241022", (640, 480), 435),
        ("claude-3-5-haiku-20241022", (1001, 1001), 1299),
    ],
)
def test_images_take_the_tiles_that_recorded_calls_show(model: str, size: tuple[int, int], tokens: int) -> None:
    assert image_tokens(size, find_model(model).generation.image) == tokens


@pytest.mark.parametrize("width", range(500, 4000, 457))
@pytest.mark.parametrize("height", range(500, 4000, 457))
def test_an_image_is_scaled_down_no_further_than_the_limits_ask(width: int, height: int) -> None:
    rules = find_model("claude-sonnet-4-6").generation.image
    scales = (number / 1_000 for number in range(1_000, 0, -1))
    allowed = (
        tiles
        for scale in scales
        if max(width, height) * scale <= rules.max_edge
        and (tiles := ceil(width * scale / rules.tile) * ceil(height * scale / rules.tile)) <= rules.max_tiles
    )

    assert image_tokens((width, height), rules) >= next(allowed) + rules.overhead
    assert image_tokens((width, height), rules) <= most_tokens(rules)


@pytest.mark.parametrize(("size", "bound"), [((1800, 1200), 3216), ((1000, 1000), 0)])
def test_how_far_newer_models_scale_images_down_is_in_doubt(size: tuple[int, int], bound: int) -> None:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", *size)
    source = {"type": "base64", "media_type": "image/png", "data": b64encode(header).decode("ascii")}
    messages = [{"role": "user", "content": [{"type": "image", "source": source}]}]

    assert _count(model="claude-opus-5", messages=messages).bound == bound
    assert _count(messages=messages).is_exact


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (
            {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
            "tools[0]: the definition of server tool 'web_search_20250305' is not public",
        ),
        (
            {"tools": [{"name": "a", "input_schema": {}, "defer_loading": True}]},
            "tools[0]: a deferred tool is rendered only once it is found",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "x"}}]}]},
            "messages[0].content[0]: the size of an image by url is not known offline",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "document", "source": {}}]}]},
            "messages[0].content[0]: document blocks cannot be counted offline",
        ),
        ({"container": "c"}, "container: what it adds to the prompt is not known offline"),
    ],
)
def test_what_cannot_be_counted_is_named(parts: dict[str, Any], reason: str) -> None:
    count = _count(**parts)

    assert count.unmodelled == (reason,)
    assert not count.is_exact


def test_prefixes_grow_and_end_below_the_total() -> None:
    count = _count(
        tools=[{"name": "a", "input_schema": {"type": "object"}}],
        system="Be brief.",
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Yes"},
            {"role": "user", "content": "?"},
        ],
    )

    assert list(count.prefixes) == sorted(count.prefixes)
    assert count.prefixes[-1] < count.total


def test_a_text_is_counted_once() -> None:
    memo: dict[str, int] = {}
    TextCounter(memo)("Hello there", "3.0")
    (key,) = memo
    memo[key] = 1000

    assert TextCounter(memo)("Hello there", "3.0") == 1000


def test_an_empty_text_is_no_token() -> None:
    assert TextCounter()("", "3.0") == 0

from datetime import date
from itertools import pairwise

import pytest

from harness.prompt.blocks import read_blocks
from harness.prompt.volatile import find_spans, find_volatile, reads_as_time

TODAY = date(2026, 11, 23)


def _finds(text: str) -> list[str]:
    blocks = read_blocks({"system": text, "messages": []})
    return [str(find) for find in find_volatile(blocks, today=TODAY)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Now: 2026-11-23T09:15:02Z.", "system[0] at character 5 has what looks like a time: '2026-11-23T09:15:02Z'"),
        ("Today is 2026-11-23.", "system[0] at character 9 has what looks like a date: '2026-11-23'"),
        ("Today is November 23, 2026.", "system[0] at character 9 has what looks like a date: 'November 23, 2026'"),
        ("今日は2026年11月23日です", "system[0] at character 3 has what looks like a date: '2026年11月23日'"),
        ("At 09:15:02 sharp", "system[0] at character 3 has what looks like a time: '09:15:02'"),
        ("now=1763888888", "system[0] at character 4 has what looks like an epoch number: '1763888888'"),
        (
            "id 550e8400-e29b-41d4-a716-446655440000",
            "system[0] at character 3 has what looks like a uuid: '550e8400-e29b-41d4-a716-446655440000'",
        ),
        ("session_id: a8f3c2d1e", "system[0] at character 0 has what looks like a session id: 'session_id: a8f3c2d1e'"),
        (
            "in /tmp/build-42/x.md",
            "system[0] at character 3 has what looks like a temporary path: '/tmp/build-42/x.md'",
        ),
        ("host: web-7f9c", "system[0] at character 0 has what looks like a hostname: 'host: web-7f9c'"),
    ],
)
def test_volatile_text_is_named_with_its_place(text: str, said: str) -> None:
    assert _finds(text) == [said]


@pytest.mark.parametrize(
    "text",
    [
        "Answer in 20 lines, 3:1 odds, by rule 12/5.",
        "In force since 2019-03-01, last revised March 3, 2021.",
        "Use claude-3-7-sonnet-20250219 or version 2.14.3.",
        "Call 1-555-0114 or pay $1763888888.",
        "Score from 0 to 100; weigh 15 % of it.",
    ],
)
def test_ordinary_text_is_not_reported(text: str) -> None:
    assert _finds(text) == []


def test_spans_do_not_overlap() -> None:
    spans = find_spans("2026-11-23T09:15:02Z 1763888888 550e8400-e29b-41d4-a716-446655440000")

    assert [span.kind for span in spans] == ["time", "epoch", "uuid"]
    assert all(first.end <= second.start for first, second in pairwise(spans))


@pytest.mark.parametrize(
    ("before", "after", "is_time"),
    [
        ("It is 2026-11-22.", "It is 2026-11-23.", True),
        ("Go.", "2026-11-23 09:15 Go.", True),
        ("Go.", "Generated at 09:15:02. Go.", True),
        ("It is 9:15 PM.", "It is 9:16 PM.", True),
        ("t=1763888888", "t=1763888999", True),
        ("Today is Monday.", "Today is Tuesday.", True),
        ("As of 11/22/26.", "As of 11/23/26.", True),
        ("Mon, 23 Nov 2026 09:15:02 GMT", "Mon, 23 Nov 2026 09:15:03 GMT", True),
        ("Heute ist der 22.11.2026", "Heute ist der 23.11.2026", True),
        ("Rule 7.", "Rule 8.", False),
        ("Since 2026-11-23 we do.", "Since 2026-11-23 we did.", False),
        ("A.", "A paragraph that was written anew on 2026-11-23 and says something else altogether.", False),
        ("same", "same", False),
    ],
)
def test_only_what_reads_as_a_time_is_one(before: str, after: str, is_time: bool) -> None:
    assert reads_as_time(before, after) is is_time
    assert reads_as_time(after, before) is is_time

import pytest

from harness.prompt.times import find_moments, may_be_time, reads_as_time


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Now: 2026-11-23T09:15:02Z.", ["2026-11-23T09:15:02Z"]),
        ("Today is 2026-11-23.", ["2026-11-23"]),
        ("2026-11-23T09:15:02.123456You are", ["2026-11-23T09:15:02.123456"]),
        ("Agent2026-11-23 09:15:02You", ["2026-11-23 09:15:02"]),
        ("Today is November 23, 2026.", ["November 23, 2026"]),
        ("今日は2026年11月23日です", ["2026年11月23日"]),
        ("At 09:15:02 sharp", ["09:15:02"]),
        ("now=1763888888", ["1763888888"]),
        ("2026-11-23T09:15:02Z 1763888888, since 2019-03-01", ["2026-11-23T09:15:02Z", "1763888888", "2019-03-01"]),
        ("Mon Nov 23 09:15:02 UTC 2026", ["Mon Nov 23 09:15:02 UTC 2026"]),
        ("Answer in 20 lines, 3:1 odds, by rule 12/5.", []),
        ("Use claude-3-7-sonnet-20250219 or version 2.14.3.", []),
        ("Call 1-555-0114 or pay $1763888888.", []),
        ("id 550e8400-e29b-41d4-a716-446655440000", []),
        ("Score from 0 to 100; weigh 15 % of it.", []),
    ],
)
def test_dates_and_times_are_found_in_order_without_overlap(text: str, found: list[str]) -> None:
    assert [text[span.start : span.end] for span in find_moments(text)] == found


@pytest.mark.parametrize(
    ("before", "after", "is_time"),
    [
        ("It is 2026-11-22.", "It is 2026-11-23.", True),
        ("Go.", "2026-11-23 09:15 Go.", True),
        ("2026-11-23T09:15:02.123456You are", "2026-11-23T09:15:02.987654You are", True),
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
        ("On 2026-11-22, noon is  9:15:00 sharp.", "On 2026-11-23, noon is 10:15:00 sharp.", True),
        ("From 09:15:02 to 10:15:02, daily.", "From 09:15:03 to 10:15:03, daily.", True),
        ("Monday 2026-11-23, Oslo.", "Tuesday 2026-11-24, Oslo.", True),
        ("It is 9:15 now.", "It is 9:15 PM now.", True),
        ("It is 2026-11-22. Be good.", "It is 2026-11-23. Be kind.", False),
        ("It is 2026-11-22. Be good.", "It is 2026-11-23.  Be good.", False),
        ("It is 2026-11-22", "It is 2026-11-23 ", False),
        ("Good morning, it is 09:15:00.", "Good evening, it is 21:15:00.", False),
        ("Now: unknown", "Now: 2026-11-23", False),
    ],
)
def test_only_what_reads_as_a_time_is_one(before: str, after: str, is_time: bool) -> None:
    assert reads_as_time(before, after) is is_time
    assert reads_as_time(after, before) is is_time


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Current time: 10:00", "Current time: 10:05"),
        ("Current time in Oslo is 10:00", "Current time in Oslo is 10:01"),
        ('{"ts":1772618400}', '{"ts":1772618401}'),
        ('{"created_at": 1772618400}', '{"created_at": 1772618401}'),
        ("epoch_ms=1772618400000", "epoch_ms=1772618400001"),
        ("timestamp 1772618400", "timestamp 1772618500"),
        ("Open until 10:00 UTC", "Open until 10:01 UTC"),
        ("10:00+02:00", "10:05+02:00"),
        ("Today is March 7", "Today is March 8"),
        ("Sat, 7 Mar 2026 10:00", "Sat, 7 Mar 2026 10:05"),
        ("May 12, 2026", "May 13, 2026"),
        ("Date: Saturday 10:00", "Date: Sunday 11:00"),
        ("", "Time: 10:05"),
    ],
)
def test_what_a_word_or_its_form_says_is_a_time_is_one(before: str, after: str) -> None:
    assert reads_as_time(before, after)
    assert not may_be_time(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ratio 4:30", "ratio 4:35"),
        ("John 3:16", "John 3:17"),
        ("costs 12.11.26", "costs 12.12.26"),
        ("order 1772618400", "order 1772618401"),
        ("you May 12 times", "you May 13 times"),
        ("March 12 miles", "March 13 miles"),
        ("Meet Monday", "Meet Friday"),
        ("today's ratio 4:30", "today's ratio 4:35"),
        ("sometimes 4:30", "sometimes 4:31"),
        ("It is late. Odds 4:30", "It is late. Odds 4:31"),
        ("", "John 3:16"),
    ],
)
def test_what_may_be_anything_else_may_only_be_a_time(before: str, after: str) -> None:
    assert may_be_time(before, after)
    assert not reads_as_time(before, after)


@pytest.mark.parametrize(
    ("before", "after"), [("a 4:30 b", "a 4:31 b c"), ("Rule 7.", "Rule 8."), ("same", "same"), ("", "A word.")]
)
def test_what_differs_in_more_is_no_time(before: str, after: str) -> None:
    assert not may_be_time(before, after)

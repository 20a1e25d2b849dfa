"""Token counts in processes of their own."""

import os
import signal
from collections.abc import Iterator

import pytest

from harness.emulator.counting import CountingPool, _split
from harness.prompt.tokens import TextCounter, count_text

TEXT = "You compare resumes with jobs, carefully and briefly.\n" * 200


@pytest.fixture(scope="module")
def pool() -> Iterator[CountingPool]:
    with CountingPool(1) as opened:
        yield opened


def test_a_count_is_the_same_in_another_process(pool: CountingPool) -> None:
    for text in (TEXT, "short", "", "\ud800" * 5000):
        assert pool(text, "3.0") == count_text(text, "3.0")


def test_a_process_that_is_killed_is_replaced(pool: CountingPool) -> None:
    expected = pool(TEXT, "3.0")
    assert pool._pool is not None
    for process in pool._pool._processes:
        os.kill(process, signal.SIGKILL)
    assert pool(TEXT, "3.0") == expected


def test_a_very_long_text_is_counted_in_parts_that_make_the_whole() -> None:
    text = "".join(f"Line {number} of a very long text.\n" for number in range(30_000))
    parts = list(_split(text))
    assert "".join(parts) == text
    assert len(parts) == 3
    assert all(part.startswith("\nLine") for part in parts[1:])
    assert [len(part) for part in _split("x" * 900_000)] == [400_000, 400_000, 100_000]


def test_a_text_that_several_threads_want_is_counted_once() -> None:
    from concurrent.futures import ThreadPoolExecutor
    from time import sleep

    counted = []

    def count(text: str, _: str) -> int:
        counted.append(text)
        sleep(0.1)
        return len(text)

    counter = TextCounter(count=count)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: counter(TEXT, "3.0"), range(8))) == [len(TEXT)] * 8
    assert counted == [TEXT]


def test_a_text_that_cannot_be_counted_fails_for_all_and_can_be_tried_again() -> None:
    failures = [ZeroDivisionError(), None]

    def count(text: str, _: str) -> int:
        if (failure := failures.pop(0)) is not None:
            raise failure
        return len(text)

    counter = TextCounter(count=count)
    with pytest.raises(ZeroDivisionError):
        counter(TEXT, "3.0")
    assert counter(TEXT, "3.0") == len(TEXT)

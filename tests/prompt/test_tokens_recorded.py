"""Counts compared with the API's: shares of recorded requests, by kind of content."""

import pytest

from tests import recordings


def _errors(kind: str) -> list[tuple[int, int]]:
    return [
        (count.total, recording.total)
        for found, recording, count in recordings.counted()
        if found == kind and count.is_exact
    ]


@pytest.mark.parametrize(
    ("kind", "at_least", "share_within_1_percent"), [("text", 400, 0.95), ("tools", 800, 0.95), ("images", 30, 0.95)]
)
def test_most_counts_are_within_one_percent(kind: str, at_least: int, share_within_1_percent: float) -> None:
    errors = _errors(kind)

    assert len(errors) >= at_least
    assert sum(abs(ours - theirs) <= 0.01 * theirs for ours, theirs in errors) / len(errors) >= share_within_1_percent


def test_most_counts_of_plain_text_are_exact() -> None:
    errors = _errors("text")

    assert sum(ours == theirs for ours, theirs in errors) / len(errors) >= 0.95


def test_most_counts_with_images_are_within_three_tokens() -> None:
    errors = _errors("images")

    assert sum(abs(ours - theirs) <= 3 for ours, theirs in errors) / len(errors) >= 0.9


def test_no_count_that_claims_to_be_exact_is_far_off() -> None:
    silent = [
        recording.id
        for _, recording, count in recordings.counted()
        if count.is_exact and abs(count.total - recording.total) > 0.05 * recording.total
    ]

    assert len(silent) <= 0.01 * len(recordings.counted())

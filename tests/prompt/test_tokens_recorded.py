"""Counts compared with the API's, by the content of the recorded requests."""

import pytest

from tests import recordings


def _errors(kind: str) -> list[tuple[int, int]]:
    return [
        (count.total, recording.total)
        for found, recording, count in recordings.counted()
        if found == kind and count.is_exact
    ]


@pytest.mark.parametrize(
    ("kind", "at_least"), [("text", 400), ("tools", 350), ("histories", 450), ("images", 30), ("other", 60)]
)
def test_nearly_all_counts_that_claim_to_be_exact_are(kind: str, at_least: int) -> None:
    errors = _errors(kind)

    assert len(errors) >= at_least
    assert sum(ours == theirs for ours, theirs in errors) / len(errors) >= 0.99


def test_no_count_that_claims_to_be_exact_is_off_by_more_than_three_tokens() -> None:
    silent = [
        recording.id
        for _, recording, count in recordings.counted()
        if count.is_exact and abs(count.total - recording.total) > recordings.TOLERANCE
    ]

    assert silent == []


def test_every_count_with_a_bound_is_within_it() -> None:
    bounded = [
        (recording.id, abs(count.total - recording.total), count.bound)
        for _, recording, count in recordings.counted()
        if not count.is_exact and count.bound is not None
    ]

    assert len(bounded) >= 80
    assert [row for row in bounded if row[1] > row[2]] == []


def test_few_counts_are_flagged_that_have_no_bound() -> None:
    unbounded = [count for _, _, count in recordings.counted() if count.bound is None]

    assert len(unbounded) <= 0.1 * len(recordings.counted())

"""No change of the lock file lets a bust pass in silence, or ends in a traceback."""

from collections import Counter

from tests.lock.mutated import outcome_of


def test_no_change_of_a_lock_file_lets_a_bust_pass() -> None:
    outcomes = Counter(outcome_of(seed) for seed in range(150))

    assert outcomes["silent"] == 0
    assert min(outcomes["refused"], outcomes["told"]) > 10

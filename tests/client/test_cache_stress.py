from pathlib import Path

from tests.client.cache_stress import MAX_SIZE, run


def test_processes_that_are_killed_leave_no_damaged_and_no_wrong_entry_and_keep_the_limit(tmp_path: Path) -> None:
    outcome = run(tmp_path / "local", calls=120, processes=4, kills=6)

    assert outcome.errors == ()
    assert outcome.unreadable == 0
    assert outcome.calls >= 4 * 120 - outcome.kills
    assert 0 < outcome.largest <= MAX_SIZE

"""Several runs accept at once: each changes its own entries, and none undoes what another accepted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import LockError, WriteError
from harness.files import locking
from harness.files.locking import only_writer
from harness.lock.entries import Lock, LockEntry
from harness.lock.lockfile import read_lock, write_lock
from harness.lock.updating import Update, update_lock
from tests.lock.locks import LOCK

(EXAMPLE, *_) = LOCK.entries.values()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))


def entries(*cases: str, reason: str | None = None) -> dict[str, LockEntry]:
    made = [replace(EXAMPLE, case=case, reason=reason) for case in cases]
    return {entry.key: entry for entry in made}


def read(path: Path) -> dict[str, LockEntry]:
    lock = read_lock(path)
    assert lock is not None
    return lock.entries


@pytest.mark.parametrize("runs", [2, 4, 8])
def test_runs_at_the_same_time_lose_no_entry(runs: int, tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    parts = [entries(*(f"case{run}-{number}" for number in range(21))) for run in range(runs)]

    with ThreadPoolExecutor(runs) as pool:
        list(pool.map(lambda part: update_lock(path, Update(entries=part, removed={})), parts))

    assert read(path) == {key: entry for part in parts for key, entry in part.items()}


def test_an_entry_that_another_run_accepted_meanwhile_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    old = entries("gone", "moved")
    write_lock(path, Lock(entries=old))
    accepted = entries("moved", reason="another run accepted it")
    write_lock(path, Lock(entries=old | accepted))

    done = update_lock(path, Update(entries=entries("new"), removed=old))

    assert done.is_changed
    assert read(path) == done.new.entries == accepted | entries("new")


def test_a_reason_of_another_run_stays_if_the_prefix_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    write_lock(path, Lock(entries=entries("one", reason="because")))

    done = update_lock(path, Update(entries=entries("one"), removed={}))

    assert not done.is_changed
    assert read(path) == entries("one", reason="because")


def test_a_file_that_was_damaged_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "prompts.lock"
    path.write_text("<<<<<<< ours\n")
    update = Update(entries=entries("one"), removed={})

    with pytest.raises(LockError, match="an unresolved merge conflict"):
        update_lock(path, update)
    assert path.read_text() == "<<<<<<< ours\n"

    update_lock(path, update, is_replacing_damage=True)
    assert read(path) == entries("one")


def test_a_run_that_waits_in_vain_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "prompts.lock"
    monkeypatch.setattr(locking, "_LONGEST_WAIT", 0.05)

    with only_writer(path), pytest.raises(WriteError) as caught:
        update_lock(path, Update(entries=entries("one"), removed={}))

    assert str(caught.value) == f"{path} cannot be written: another run has been writing it for a minute"
    assert not path.exists()


def test_two_paths_of_one_file_have_one_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    monkeypatch.setattr(locking, "_LONGEST_WAIT", 0.05)

    with only_writer(tmp_path / "folder/prompts.lock"), pytest.raises(WriteError):
        update_lock(tmp_path / "link/prompts.lock", Update(entries=entries("one"), removed={}))


def test_nothing_but_the_lock_file_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "project" / "prompts.lock"

    update_lock(path, Update(entries=entries("one"), removed={}))

    assert [*path.parent.iterdir()] == [path]


def test_without_a_cache_folder_the_lock_lies_in_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_bytes(b"")
    monkeypatch.setattr(locking.tempfile, "gettempdir", lambda: str(tmp_path))
    path = tmp_path / "project" / "prompts.lock"

    update_lock(path, Update(entries=entries("one"), removed={}))

    assert read(path) == entries("one")

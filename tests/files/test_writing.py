from pathlib import Path

import pytest

from harness.files import write_atomically


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.json"
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"a longer old content")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_written_file_can_be_read_by_others(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_atomically(path, b"x")
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_failed_write_leaves_neither_a_temporary_file_nor_a_part(tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.mkdir()
    (path / "old").write_bytes(b"old")
    with pytest.raises(OSError, match="taken"):
        write_atomically(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]
    assert (path / "old").read_bytes() == b"old"

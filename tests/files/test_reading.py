"""Only regular files of a bounded size are read; nothing waits, and nothing goes on for ever."""

import os
import socket
from pathlib import Path

import pytest

from harness.errors import LockError
from harness.files import read_file, read_text


def make_fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def make_socket(path: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    return path


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path


def make_loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


def make_dangling(path: Path) -> Path:
    path.symlink_to(path.with_name("nowhere"))
    return path


def make_sparse(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(2**40)
    return path


UNREADABLE = [
    pytest.param(make_fifo, "a FIFO, expected a regular file", id="fifo"),
    pytest.param(make_socket, "a socket, expected a regular file", id="socket"),
    pytest.param(make_folder, "Is a directory", id="folder"),
    pytest.param(make_loop, "Too many levels of symbolic links", id="loop"),
    pytest.param(make_dangling, "No such file or directory", id="dangling-link"),
    pytest.param(make_sparse, "larger than 67,108,864 bytes", id="a-terabyte"),
    pytest.param(lambda _: Path("/dev/zero"), "a device, expected a regular file", id="device"),
    pytest.param(lambda path: path.with_name("a" * 300), "File name too long", id="long-name"),
    pytest.param(lambda path: path / "a\0b", "its name holds a null character", id="null-character"),
]


@pytest.mark.parametrize(("make", "reason"), UNREADABLE)
def test_what_is_no_regular_file_is_refused_with_the_reason(make: object, reason: str, tmp_path: Path) -> None:
    assert callable(make)
    path = make(tmp_path / "f")

    with pytest.raises(LockError) as caught:
        read_text(path, LockError)

    assert str(caught.value) == f"{path}: unreadable: {reason}"


def test_a_file_of_just_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 100)

    assert read_file(path, limit=100) == b"x" * 100
    with pytest.raises(OSError, match="larger than 99 bytes"):
        read_file(path, limit=99)


def test_a_file_that_the_system_makes_up_is_read_and_bounded() -> None:
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("this system has no /proc")

    assert read_file(path).startswith(b"Name:")
    with pytest.raises(OSError, match="larger than 10 bytes"):
        read_file(path, limit=10)


def test_the_place_of_an_unreadable_file_may_be_another(tmp_path: Path) -> None:
    with pytest.raises(LockError, match=r"^suite\.yaml:3: unreadable: No such file"):
        read_text(tmp_path / "gone", LockError, place="suite.yaml:3")

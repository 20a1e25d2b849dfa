"""An answer that is paid for is returned, whatever becomes of the local cache."""

import json
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.client.local_cache import LocalCache
from harness.settings import Settings
from tests.client.test_claude import ANSWER, Ask, ask_async, ask_sync
from tests.client.test_local_cache import REQUEST, RESPONSE
from tests.conftest import Wire

BOTH = pytest.mark.parametrize("ask_all", [ask_sync, ask_async], ids=["sync", "async"])
STREAMED = pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "streamed"])


def fill_disk(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    patch.setattr(os, "fsync", refuse)


def put_file(folder: Path, _: pytest.MonkeyPatch) -> None:
    folder.write_bytes(b"")


def spoil(content: Callable[[Path], object]) -> Callable[[Path, pytest.MonkeyPatch], None]:
    """Put something else where the response would be."""

    def put(folder: Path, patch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        patch.setattr(LocalCache, "key", lambda *_: "key")
        content(folder / "key.json")

    return put


def serve(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


BROKEN = [
    pytest.param(fill_disk, "cannot be written: No space left on device", id="full-disk"),
    pytest.param(put_file, "is no folder", id="file-instead-of-the-folder"),
    pytest.param(spoil(os.mkdir), "Is a directory", id="folder-instead-of-the-file"),
]
UNREADABLE = [
    pytest.param(spoil(os.mkfifo), "a FIFO, expected a regular file", id="fifo"),
    pytest.param(spoil(serve), "a socket, expected a regular file", id="socket"),
    pytest.param(spoil(lambda path: path.write_bytes(b"\xff")), "invalid start byte", id="no-text"),
    pytest.param(spoil(lambda path: path.write_text("[" * 100_000)), "nested deeper", id="deep"),
    pytest.param(spoil(lambda path: path.symlink_to(path)), "Too many levels of symbolic links", id="loop"),
]


@BOTH
@STREAMED
@pytest.mark.parametrize(("break_cache", "reason"), BROKEN)
def test_answers_are_returned_and_billed_though_none_can_be_stored(
    break_cache: Callable[[Path, pytest.MonkeyPatch], None],
    reason: str,
    *,
    is_streamed: bool,
    ask_all: Any,
    wire: Wire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = Settings(local_cache_dir=tmp_path / "local")
    break_cache(settings.local_cache_dir, monkeypatch)

    with caplog.at_level(logging.WARNING):
        texts, metrics = ask_all(wire, settings, Ask(is_streamed=is_streamed), Ask(is_streamed=is_streamed))

    assert texts == [ANSWER, ANSWER]
    assert len(wire.sent) == metrics.calls == 2
    stores = [record.getMessage() for record in caplog.records if "not kept in the local cache" in record.getMessage()]
    assert len(stores) == 1
    assert reason in stores[0]


@BOTH
@STREAMED
@pytest.mark.parametrize(("break_cache", "reason"), UNREADABLE)
def test_an_answer_that_cannot_be_read_is_asked_for_again(
    break_cache: Callable[[Path, pytest.MonkeyPatch], None],
    reason: str,
    *,
    is_streamed: bool,
    ask_all: Any,
    wire: Wire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(local_cache_dir=tmp_path / "local")
    break_cache(settings.local_cache_dir, monkeypatch)

    texts, _ = ask_all(wire, settings, Ask(is_streamed=is_streamed), Ask(is_streamed=is_streamed))

    assert texts == [ANSWER, ANSWER]
    (warning,) = [record.getMessage() for record in caplog.records]
    assert reason in warning
    assert len(wire.sent) == 1


@pytest.mark.parametrize("response", [{"a": {1, 2}}, {"a": object()}])
def test_a_response_that_json_cannot_hold_is_no_error(
    response: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = LocalCache(folder=tmp_path)

    cache.write(REQUEST, response, [])

    (record,) = caplog.records
    assert "cannot be written" in record.getMessage()
    assert [*tmp_path.iterdir()] == []


def test_files_and_folders_of_the_cache_are_private(tmp_path: Path) -> None:
    cache = LocalCache(folder=tmp_path / "cache" / "prompts")

    cache.write(REQUEST, RESPONSE, [])

    (path,) = cache.folder.iterdir()
    assert [one.stat().st_mode & 0o777 for one in (path, cache.folder, cache.folder.parent)] == [0o600, 0o700, 0o700]


def test_a_file_of_an_earlier_version_becomes_private_when_it_is_written_again(tmp_path: Path) -> None:
    cache = LocalCache(folder=tmp_path)
    path = tmp_path / f"{cache.key(REQUEST)}.json"
    path.write_text(json.dumps({"response": {}}))
    path.chmod(0o644)

    cache.write(REQUEST, RESPONSE, [])

    assert path.stat().st_mode & 0o777 == 0o600

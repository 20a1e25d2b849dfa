"""`harness cache`: what the local cache holds, and what is removed from it."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.cli import main
from harness.client.entry import StoredAnswer, write_entry

Captured = pytest.CaptureFixture[str]
NOW = datetime.now(UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three responses of 10, 5 and 1 days, a damaged file of 2 days, one abandoned, and one of another kind."""
    cache = tmp_path / "prompts"
    cache.mkdir()
    for letter, days in (("a", 10), ("b", 5), ("c", 1)):
        key = letter * 64
        entry = write_entry(key, "claude-sonnet-5-5", StoredAnswer({"n": 1}, [])).decode()
        put(cache / f"{key}.json", entry, days=days)
    put(cache / f"{'d' * 64}.json", "{", days=2)
    put(cache / ".abc.tmp", "{", days=1)
    put(cache / "notes.txt", "mine", days=90)
    return cache


def put(path: Path, text: str, *, days: int) -> None:
    path.write_text(text)
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))


def left(folder: Path) -> list[str]:
    return sorted(path.name[:3] for path in folder.iterdir())


def run(folder: Path, *options: str) -> int:
    return main(["cache", *options, "--dir", str(folder)])


def test_stats_count_responses_bytes_and_damage(folder: Path, capsys: Captured) -> None:
    assert run(folder, "stats") == 0

    size = sum(path.stat().st_size for path in folder.glob("*.json"))
    first, span, *rest = capsys.readouterr().out.splitlines()
    assert first == f"{folder}: 4 responses, {size:,} bytes"
    assert (
        span
        == f"written from {NOW - timedelta(days=10):%Y-%m-%d %H:%M} UTC to {NOW - timedelta(days=1):%Y-%m-%d %H:%M} UTC"
    )
    assert rest == [
        "  claude-sonnet-5-5: 3",
        "  damaged: 1, which count as misses: harness cache prune removes them",
    ]


def test_stats_as_json(folder: Path, capsys: Captured) -> None:
    assert run(folder, "stats", "--format", "json") == 0

    found = json.loads(capsys.readouterr().out)
    assert (found["responses"], found["damaged"], found["models"]) == (4, 1, {"claude-sonnet-5-5": 3})
    assert datetime.fromisoformat(found["oldest"]) < datetime.fromisoformat(found["newest"])


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (("--max-age", "7d"), ["bbb", "ccc", "not"]),
        (("--max-age", "36h"), ["ccc", "not"]),
        (("--max-size", "510B"), ["bbb", "ccc", "not"]),
        (("--max-size", "0B"), ["not"]),
        (("--max-size", "1GB"), ["aaa", "bbb", "ccc", "not"]),
        (("--max-age", "7d", "--max-size", "255B"), ["ccc", "not"]),
    ],
)
def test_prune_removes_the_oldest_and_what_is_damaged(
    options: tuple[str, ...], kept: list[str], folder: Path, capsys: Captured
) -> None:
    assert run(folder, "prune", *options) == 0

    assert left(folder) == kept
    removed = 4 - (len(kept) - 1)
    assert capsys.readouterr().out.startswith(f"removed {removed} response")


def test_clear_leaves_what_is_not_of_the_cache(folder: Path, capsys: Captured) -> None:
    assert run(folder, "clear") == 0

    assert left(folder) == ["not"]
    assert "removed 4 responses" in capsys.readouterr().out


def test_a_file_that_is_just_being_written_stays(folder: Path) -> None:
    put(folder / ".new.tmp", "{", days=0)

    assert run(folder, "clear") == 0

    assert left(folder) == [".ne", "not"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("prune",), "nothing says what to prune"),
        (("prune", "--max-age", "30"), "'30' is no age, expected a number with m, h, d or w, such as 30d"),
        (("prune", "--max-size", "5mb"), "'5mb' is no size, expected a number with B, kB, MB or GB, such as 500MB"),
    ],
)
def test_what_cannot_be_pruned_is_said(options: tuple[str, ...], problem: str, folder: Path, capsys: Captured) -> None:
    try:
        code = run(folder, *options)
    except SystemExit as stopped:
        code = int(stopped.code or 0)

    assert code == 2
    assert problem in capsys.readouterr().err
    assert len(left(folder)) == 6


def test_a_folder_that_is_missing_is_named_unless_it_is_the_usual_one(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(tmp_path / "none", "stats") == 2
    assert "none is no folder" in capsys.readouterr().err

    monkeypatch.setenv("PROMPT_CACHE_DIR", str(tmp_path / "empty"))
    assert main(["cache", "stats"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'empty'}: 0 responses, 0 bytes\n"


def test_a_file_that_the_client_would_not_serve_counts_as_damaged(folder: Path, capsys: Captured) -> None:
    kept = json.loads((folder / f"{'a' * 64}.json").read_text())
    put(folder / f"{'e' * 64}.json", json.dumps({**kept, "key": "e" * 64}), days=1)
    put(folder / f"{'f' * 64}.json", json.dumps({"model": "claude-sonnet-5-5", "response": {}}), days=1)
    assert run(folder, "stats") == 0
    assert "damaged: 3," in capsys.readouterr().out

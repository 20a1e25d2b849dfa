"""The cassettes in version control: intact, without secrets, and all in use."""

from pathlib import Path

from harness.cassettes import hygiene
from harness.lock.format2 import format_lock
from harness.lock.lockfile import read_lock

ROOT = Path(__file__).parent.parent


def test_committed_cassettes_are_whole_and_hold_no_secret() -> None:
    assert hygiene.check(ROOT / "cassettes") == []


def test_every_committed_text_is_named_by_a_cassette_or_the_lock_file() -> None:
    lock = read_lock(ROOT / "prompts.lock")

    assert lock is not None
    assert hygiene.find_unnamed(ROOT / "cassettes", locked=lock.digests).blobs == ()


def test_committed_lock_file_is_as_it_would_be_written_and_short() -> None:
    lock = read_lock(ROOT / "prompts.lock")
    text = (ROOT / "prompts.lock").read_text(encoding="utf-8")

    assert lock is not None
    assert text == format_lock(lock)
    assert text.count("\n") <= 250

"""The cassettes in version control: whole, without secrets, and all in use."""

from pathlib import Path

from harness.cassettes import hygiene
from harness.lock.lockfile import read_lock

ROOT = Path(__file__).parent.parent


def test_committed_cassettes_are_whole_and_hold_no_secret() -> None:
    assert hygiene.check(ROOT / "cassettes") == []


def test_every_committed_text_is_named_by_a_cassette_or_the_lock_file() -> None:
    lock = read_lock(ROOT / "prompts.lock")

    assert lock is not None
    assert hygiene.find_unnamed(ROOT / "cassettes", locked=lock.digests).blobs == ()

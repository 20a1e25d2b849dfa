"""Lock files of two branches, merged by git itself."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from harness.cassettes.git_attributes import add_rules, lock_rule
from harness.errors import LockError
from harness.lock.entries import Lock, LockEntry
from harness.lock.format2 import format_lock
from harness.lock.lockfile import parse_lock, read_lock, write_lock
from tests.lock.locks import make_entry, make_lock

MERGE = "keep the lines of one side, or restore the file; then accept what changed: pytest --harness-update-lock"

type Cases = tuple[LockEntry, ...]


def cases(text: str, *names: str, version: str = "v1", suite: str = "eu/support") -> Cases:
    return tuple(make_entry(text, version=version, case=name, suite=suite) for name in names)


def plain_tests(*texts: str) -> Cases:
    return tuple(make_entry(text, version="", case=f"test_{text}", suite="tests/test_app") for text in texts)


BASE: Cases = (*cases("a", "parcel", "refund"), *cases("b", "parcel", version="v2"), *plain_tests("c", "d"))


class Repository:
    """A git repository with a lock file on two branches."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock_file = path / "prompts.lock"
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, is_checked: bool = True) -> int:
        """Run git independently of the user's configuration; return its exit code."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=environment, capture_output=True, check=is_checked
        )
        return done.returncode

    def commit(self, entries: Iterable[LockEntry]) -> None:
        write_lock(self.lock_file, make_lock(*entries))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "state")

    def merge(self, base: Cases, ours: Cases, theirs: Cases) -> int:
        """Commit the base and both branches, and merge them; return the exit code of ``git merge``."""
        self.commit(base)
        self.git("branch", "theirs")
        self.commit(ours)
        self.git("checkout", "--quiet", "theirs")
        self.commit(theirs)
        self.git("checkout", "--quiet", "main")
        return self.git("merge", "--quiet", "--message", "both", "theirs", is_checked=False)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Make an empty repository with the attributes that the plugin sets."""
    found = Repository(tmp_path)
    add_rules([lock_rule(found.lock_file)])
    return found


ADDED: dict[str, tuple[Cases, Cases]] = {
    "a version each": (
        cases("e", "parcel", "refund", version="v3"),
        cases("f", "parcel", "refund", version="v4"),
    ),
    "a version each, in front": (cases("e", "parcel", version="u1"), cases("f", "parcel", version="u2")),
    "a version each, with the same prompt": (
        cases("e", "parcel", "refund", version="v3"),
        cases("e", "parcel", "refund", version="v4"),
    ),
    "the same version, and a case more": (
        cases("e", "parcel", version="v3"),
        cases("e", "parcel", "refund", version="v3"),
    ),
    "a case each, at the end": (cases("a", "return"), cases("a", "return-late")),
    "a case each, in front": (cases("a", "address"), cases("a", "account")),
    "a case each, between": (cases("a", "place"), cases("a", "price")),
    "the same case": (cases("a", "return"), cases("a", "return")),
    "a case in each version": (cases("a", "return"), cases("b", "account", version="v2")),
    "a suite each": (
        cases("e", "parcel", "refund", suite="eu/travel"),
        cases("e", "parcel", "refund", suite="eu/weather"),
    ),
    "a suite and a version": (cases("e", "parcel", suite="eu/travel"), cases("f", "parcel", version="v3")),
    "a test each": (plain_tests("e"), plain_tests("f")),
}


@pytest.mark.parametrize("name", ADDED)
def test_what_two_branches_add_is_merged_without_a_conflict(name: str, repository: Repository) -> None:
    ours, theirs = ADDED[name]

    code = repository.merge(BASE, (*BASE, *ours), (*BASE, *theirs))

    assert code == 0
    assert read_lock(repository.lock_file) == make_lock(*BASE, *ours, *theirs)


@pytest.mark.parametrize("name", ADDED)
def test_without_the_attribute_it_is_merged_as_well_or_refused(name: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    ours, theirs = ADDED[name]

    if repository.merge(BASE, (*BASE, *ours), (*BASE, *theirs)) == 0:
        assert read_lock(repository.lock_file) == make_lock(*BASE, *ours, *theirs)
    else:
        with pytest.raises(LockError, match=r"^\S+/prompts.lock:\d+: an unresolved merge conflict"):
            read_lock(repository.lock_file)


def test_changed_prompt_and_new_cases_beside_it_are_merged(repository: Repository) -> None:
    changed = (*cases("e", "parcel", "refund"), *BASE[2:])
    added = (
        *cases("a", "account", "return"),
        *cases("f", "parcel", version="u1"),
        *cases("f", "parcel", suite="eu/support-by-mail"),
    )

    code = repository.merge(BASE, changed, (*BASE, *added))

    assert code == 0
    expected = (*cases("e", "account", "return"), *added[2:])
    assert read_lock(repository.lock_file) == make_lock(*changed, *expected)


def test_changed_prompts_of_two_versions_are_merged(repository: Repository) -> None:
    first, second = cases("e", "parcel", "refund"), cases("f", "parcel", version="v2")

    code = repository.merge(BASE, (*BASE, *first), (*BASE, *second))

    assert code == 0
    assert read_lock(repository.lock_file) == make_lock(*BASE, *first, *second)


def test_version_behind_another_and_changed_prompt_of_the_next_suite_are_merged(repository: Repository) -> None:
    base = (*BASE, *cases("d", "parcel", suite="eu/travel"))
    changed, added = cases("e", "parcel", suite="eu/travel"), cases("f", "parcel", version="v3")

    code = repository.merge(base, (*base, *changed), (*base, *added))

    assert code == 0
    assert read_lock(repository.lock_file) == make_lock(*base, *changed, *added)


CONTRADICTIONS: dict[str, tuple[Cases, Cases]] = {
    "prompt of a version": (cases("e", "parcel", "refund"), cases("f", "parcel", "refund")),
    "prompt of a new version": (cases("e", "parcel", version="v3"), cases("f", "parcel", version="v3")),
    "prompt of a test": (
        (replace(plain_tests("e")[0], case="test_c"),),
        (replace(plain_tests("f")[0], case="test_c"),),
    ),
    "tokens of a case": (
        cases("a", "return"),
        (replace(cases("a", "return")[0], calls=cases("a", "longer")[0].calls * 2),),
    ),
    "reason of a case": (
        (replace(BASE[0], reason="a typo"),),
        (replace(BASE[0], reason="a comma"),),
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
@pytest.mark.parametrize("has_attribute", [True, False])
def test_two_changes_of_one_thing_are_refused(name: str, has_attribute: bool, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    if has_attribute:
        add_rules([lock_rule(repository.lock_file)])
    ours, theirs = CONTRADICTIONS[name]

    repository.merge(BASE, (*BASE, *ours), (*BASE, *theirs))

    with pytest.raises(LockError, match=r"^\S+/prompts.lock:\d+: ") as caught:
        read_lock(repository.lock_file)
    assert caught.value.hint == MERGE


def test_changed_prompt_that_the_other_branch_gave_up_is_kept_for_the_run_to_report(repository: Repository) -> None:
    changed = (*cases("e", "parcel", "refund"), *BASE[2:])

    repository.merge(BASE, changed, BASE[2:])

    assert read_lock(repository.lock_file) == make_lock(*changed)


# --- any two branches ------------------------------------------------------------------------------------


def draw_branch(random: Random) -> Lock:
    """The lock of a branch: prompts changed, versions and cases added, cases removed."""
    found = {one.key: one for one in BASE}
    for _ in range(random.randint(1, 3)):
        suite, version = random.choice([*{(one.suite, one.version) for one in BASE if one.version}, ("eu/news", "v1")])
        version = random.choice([version, version, "v3", "v4"])
        known = [one for one in found.values() if (one.suite, one.version) == (suite, version)]
        text = known[0].calls[0].blocks[0].digest[0] if known and random.random() < 0.7 else random.choice("1234")
        new = random.choice(["account", "parcel", "price", "return"])
        for one in cases(text, *{new, *(one.case for one in known)}, version=version, suite=suite):
            found[one.key] = one
        if random.random() < 0.3:
            found.pop(random.choice(sorted(found)))
    return make_lock(*found.values())


def merge_texts(folder: Path, *locks: Lock) -> str:
    """The result of ``merge=union`` for a base and two branches."""
    names = ["ours", "base", "theirs"]
    for name, lock in zip(names, locks, strict=True):
        (folder / name).write_text(format_lock(lock), encoding="utf-8")
    command = ["git", "merge-file", "--stdout", "--union", *names]
    return subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True).stdout


def prompts(lock: Lock) -> dict[tuple[str, str], set[str]]:
    """The accepted digests of each prompt version."""
    found: dict[tuple[str, str], set[str]] = {}
    for entry in lock.entries.values():
        found.setdefault((entry.suite, entry.version), set()).update(call.blocks[0].digest for call in entry.calls)
    return found


def tails(lock: Lock) -> dict[str, list[int]]:
    """The tail tokens of the cases."""
    return {key: [call.tail_tokens for call in entry.calls] for key, entry in lock.entries.items()}


@pytest.mark.parametrize("seed", range(60))
def test_any_merge_takes_each_prompt_from_one_side_or_is_refused(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    base, ours, theirs = make_lock(*BASE), draw_branch(random), draw_branch(random)
    text = merge_texts(tmp_path, ours, base, theirs)
    before, left, right = prompts(base), prompts(ours), prompts(theirs)
    is_torn = any(
        left[group] != right[group] and before.get(group) not in (left[group], right[group])
        for group in left.keys() & right.keys()
    )

    try:
        merged = parse_lock(text, "prompts.lock")
    except LockError as error:
        message = error.message
    else:
        assert not is_torn
        for group, found in prompts(merged).items():
            sides = [side[group] for side in (left, right) if group in side]
            # A change on only one side is kept.
            assert found in ([side for side in sides if side != before.get(group)] or sides)
        assert all(tail in (tails(ours).get(key), tails(theirs).get(key)) for key, tail in tails(merged).items())
        return
    assert message.startswith("prompts.lock:")

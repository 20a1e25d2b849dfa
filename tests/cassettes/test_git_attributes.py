"""Git attributes of cassettes and the lock file."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.cassettes.git_attributes import add_rules, cassette_rule, lock_rule
from harness.errors import WriteError

CASSETTES = "cassettes/** -text linguist-generated"
LOCK = "prompts.lock merge=union"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git work tree, independent of the user's configuration."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def add(project: Path, *, cassettes: str = "cassettes", lock: str = "prompts.lock") -> dict[Path, list[str]]:
    return add_rules([cassette_rule(project / cassettes), lock_rule(project / lock)])


def attributes_of(project: Path, *names: str) -> list[list[str]]:
    """Value of ``text``, ``linguist-generated`` and ``merge`` for each file, as git sees them."""
    command = ["git", "-C", str(project), "check-attr", "-z", "text", "linguist-generated", "merge", "--", *names]
    values = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")[2::3]
    return [values[start : start + 3] for start in range(0, len(values), 3)]


def test_missing_file_is_written(project: Path) -> None:
    file = project / ".gitattributes"

    assert add(project) == {file: [CASSETTES, LOCK]}
    assert file.read_text(encoding="utf-8") == f"{CASSETTES}\n{LOCK}\n"
    assert attributes_of(project, "cassettes/support/v1/a.json", "cassettes/blobs/b.txt", "prompts.lock", "app.py") == [
        ["unset", "set", "unspecified"],
        ["unset", "set", "unspecified"],
        ["unspecified", "unspecified", "union"],
        ["unspecified", "unspecified", "unspecified"],
    ]


def test_second_time_nothing_is_added(project: Path) -> None:
    add(project)
    before = (project / ".gitattributes").read_bytes()

    assert add(project) == {}
    assert (project / ".gitattributes").read_bytes() == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("*.png binary\n", f"*.png binary\n{CASSETTES}\n{LOCK}\n", id="lines of others"),
        pytest.param("*.png binary", f"*.png binary\n{CASSETTES}\n{LOCK}\n", id="no end of the last line"),
        pytest.param("# mine\r\n", f"# mine\r\n{CASSETTES}\r\n{LOCK}\r\n", id="line ends of Windows"),
        pytest.param("a b\r\nc d", f"a b\r\nc d\r\n{CASSETTES}\r\n{LOCK}\r\n", id="line ends of Windows, no last one"),
        pytest.param("* text=auto\n", f"* text=auto\n{CASSETTES}\n{LOCK}\n", id="rule that would change bytes"),
        pytest.param(
            "cassettes/** -text\n", f"cassettes/** -text\ncassettes/** linguist-generated\n{LOCK}\n", id="half of it"
        ),
        pytest.param(f"{CASSETTES}\n*.lock merge=union\n", None, id="said in other words"),
        pytest.param(
            "cassettes/** -text -linguist-generated\nprompts.lock -merge\n", None, id="the user decided otherwise"
        ),
    ],
)
def test_what_is_missing_is_appended_and_nothing_else_touched(before: str, after: str | None, project: Path) -> None:
    file = project / ".gitattributes"
    file.write_bytes(before.encode())

    add(project)

    assert file.read_bytes() == (before if after is None else after).encode()
    assert add(project) == {}


def test_line_that_another_file_overrules_is_added_once(project: Path) -> None:
    (project / "cassettes").mkdir()
    (project / "cassettes" / ".gitattributes").write_text("* text\n", encoding="utf-8")

    assert add(project)
    assert add(project) == {}


def test_each_is_told_beside_itself(project: Path) -> None:
    (project / "tests").mkdir()
    (project / "locks").mkdir()

    added = add(project, cassettes="tests/cassettes", lock="locks/eu.lock")

    assert added == {
        project / "tests" / ".gitattributes": [CASSETTES],
        project / "locks" / ".gitattributes": ["eu.lock merge=union"],
    }


@pytest.mark.parametrize("name", ["two words", "[old]", "a*b", "what?", "#1", "!", '"quoted" one', "back\\slash", "ça"])
def test_any_name_is_matched_and_no_other(name: str, project: Path) -> None:
    assert add(project, cassettes=name, lock=f"{name}.lock")

    assert attributes_of(project, f"{name}/blobs/b.txt", f"{name}.lock") == [
        ["unset", "set", "unspecified"],
        ["unspecified", "unspecified", "union"],
    ]
    assert attributes_of(project, "o/b.txt", "o.lock", "aXb/b.txt") == [["unspecified"] * 3] * 3
    assert add(project, cassettes=name, lock=f"{name}.lock") == {}


def test_nothing_is_written_outside_of_a_work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The folder of all tests may be inside a repository.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert add(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_without_git(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))

    assert add(project) == {}
    assert not (project / ".gitattributes").exists()


def test_file_that_cannot_be_written_is_an_error(project: Path) -> None:
    (project / ".gitattributes").mkdir()

    with pytest.raises(WriteError, match=r"\.gitattributes cannot be written: Is a directory$"):
        add(project)

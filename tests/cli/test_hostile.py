"""Every command that reads a file refuses each hostile one with exit code 2 and one line, and no traceback."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.errors import SuiteError
from harness.suites.loader import load_function, read_suite_file
from tests.cli.projects import Project
from tests.hostile import EMPTY, FILES, NO_FILES

COMMANDS: dict[str, tuple[str, ...]] = {
    "explain-before": ("explain", "FILE", "good.json"),
    "explain-after": ("explain", "good.json", "FILE"),
    "simulate": ("simulate", "FILE"),
    "simulate-lines": ("simulate", "FILE", "--format", "jsonl"),
    "diff-old": ("diff", "FILE", "good.lock"),
    "diff-new": ("diff", "good.lock", "FILE", "--format", "json"),
    "lock": ("lock", "--file", "FILE"),
    "lock-check": ("lock", "--check", "--file", "FILE"),
    "import": ("cassettes", "import", "FILE", "--into", "imported"),
    "export": ("cassettes", "export", "FILE", "--into", "exported"),
    "prune-used": ("cassettes", "prune", "cassettes", "--used", "FILE", "--dry-run"),
    "prune-lock": ("cassettes", "prune", "cassettes", "--lock", "FILE", "--dry-run"),
}
"""Commands by what the file is for them; ``FILE`` is ``hostile/file.json``."""

FINE = {
    *(("simulate", name) for name in EMPTY),
    *(("simulate-lines", name) for name in EMPTY),
    *((f"explain-{place}", name) for place in ("before", "after") for name in ("wrong-types", "nulls")),
}
"""What can be judged: no line of requests at all, and requests of which is known how the API refuses them."""


IN_FOLDERS = [name for name in NO_FILES if name != "missing"]


@pytest.fixture
def place(project: Project) -> Path:
    """A project with a good file of each kind, and the path where the hostile one goes."""
    project.add_suite()
    project.accept("good.lock")
    project.write("good.json", '{"model": "claude-sonnet-5-5", "max_tokens": 5, "messages": []}')
    project.write("cassettes/one.json", "{}")
    (project.path / "hostile").mkdir()
    return project.path / "hostile" / "file.json"


def shown(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What a command said is wrong, without what it says to try."""
    code = main(arguments)
    lines = capsys.readouterr().err.splitlines()
    assert code == 2, (arguments, lines)
    return [line for line in lines if not line.startswith("  try: ")]


@pytest.mark.parametrize("name", FILES)
def test_every_command_refuses_a_hostile_file_in_one_line(
    name: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FILES[name](place)

    for command, arguments in COMMANDS.items():
        if (command, name) in FINE:
            continue
        given = [argument.replace("FILE", str(place)) for argument in arguments]
        lines = shown(given, capsys)
        assert len(lines) == 1, (command, lines)
        assert lines[0].isprintable(), (command, lines)


@pytest.mark.parametrize("name", [*IN_FOLDERS, "zeros", "deep-lists", "utf-16", "cut-off"])
def test_a_cassette_whose_texts_are_unknown_keeps_all_from_being_removed(
    name: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FILES[name](place)

    assert len(shown(["cassettes", "prune", "hostile", "--dry-run"], capsys)) == 1


@pytest.mark.parametrize("name", IN_FOLDERS)
def test_a_cassette_that_nobody_can_read_is_not_called_clean(
    name: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FILES[name](place)

    assert len(shown(["cassettes", "check", "hostile"], capsys)) == 1


def load_all(path: Path, root: Path) -> None:
    """Load the suites of a file, with all that they name."""
    source = read_suite_file(path, root=root)
    for suite in source.entries:
        load_function(source.load(suite))


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_suite_is_one_error_of_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    FILES[name](path)

    with pytest.raises(SuiteError) as caught:
        load_all(path, tmp_path)

    assert caught.value.message.startswith(f"{path}:")
    assert caught.value.message.isprintable()


def test_the_check_of_a_project_goes_on_behind_hostile_suites(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.add_suite()
    project.accept()
    for name, make in FILES.items():
        if name not in ("folder", "missing", "link-to-a-folder"):
            (project.path / name).mkdir()
            make(project.path / name / "suite.yaml")

    assert main(["lock", "--check"]) == 2

    out, err = capsys.readouterr()
    assert err == ""
    assert out.count(": error: ") == len(FILES) - 3
    assert out.splitlines()[-1] == "prompts.lock: 2 cases compared, but not all of them can be judged"


@pytest.mark.parametrize("text", ["a\0b", "x" * 300, "x/" * 3_000])
def test_a_name_that_no_file_can_have_is_refused(text: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in COMMANDS.values():
        if "FILE" in arguments:
            assert len(shown([argument.replace("FILE", text) for argument in arguments], capsys)) == 1


def test_a_folder_to_write_to_that_is_a_file_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.write_text("interactions: []\n")
    Path("taken").write_text("")

    assert main(["cassettes", "import", str(place), "--into", "taken"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line == "taken/file.json cannot be written: taken is no folder"


@pytest.mark.parametrize("error", [RecursionError, MemoryError, OSError(28, "No space left on device", "f")])
def test_what_the_machine_runs_out_of_is_one_line(
    error: Any, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("harness.cli.explain.read_object", fail)

    assert len(shown(["explain", "good.json", "good.json"], capsys)) == 1


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 100
    assert len(NO_FILES) >= 10

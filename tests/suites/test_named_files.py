"""The files that a suite names: where they may be, and what they may be."""

import os
from pathlib import Path

import pytest

from harness.errors import SuiteError
from harness.suites.loader import load_function, read_suite_file
from tests.suites.test_loader import GOOD, write

HINT = "\n  try: move it into the project, or allow it: harness_allow_outside = true"
WITH_FIXTURE = GOOD.replace("    cases:", "    fixtures: {question: questions}\n    cases:")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project beside a file that is not part of it."""
    (tmp_path / "secret.md").write_text("The secret.\n")
    (tmp_path / "secret.json").write_text('"The secret."')
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def load_text(project: Path, suite: str, *, root: Path | None) -> str | None:
    """The text of the prompt of the only suite, whose file is in ``project/support``."""
    path = write(project / "support", suite)
    return read_suite_file(path, root=root).load("support").versions[0].text


@pytest.mark.parametrize("name", ["../../secret.md", "../prompts/../../secret.md", "link.md", "folder/secret.md"])
def test_prompt_outside_the_project_is_refused(name: str, project: Path) -> None:
    (project / "support").mkdir()
    (project / "support" / "link.md").symlink_to("../../secret.md")
    (project / "support" / "folder").symlink_to(project.parent)

    with pytest.raises(SuiteError) as caught:
        load_text(project, GOOD.replace("prompt.md", name), root=project)

    path = project / "support" / "suite.yaml"
    assert str(caught.value) == (
        f"{path}:5: {path.parent / name} is outside the project {project}, "
        f"and its text would be committed with the cassettes{HINT}"
    )


def test_prompt_outside_the_project_is_refused_by_its_whole_path(project: Path) -> None:
    with pytest.raises(SuiteError, match="is outside the project"):
        load_text(project, GOOD.replace("prompt.md", str(project.parent / "secret.md")), root=project)


@pytest.mark.parametrize("value", ["../../../secret", "link"])
def test_fixture_outside_the_project_is_refused(value: str, project: Path) -> None:
    (project / "support/questions").mkdir(parents=True)
    (project / "support/questions/link.json").symlink_to(project.parent / "secret.json")

    with pytest.raises(SuiteError, match=r"suite\.yaml:8: .* is outside the project"):
        load_text(project, WITH_FIXTURE.replace("How", value), root=project)


def test_files_outside_can_be_allowed(project: Path) -> None:
    suite = GOOD.replace("prompt.md", "../../secret.md")

    assert load_text(project, suite, root=None) == "The secret.\n"
    assert load_text(project, suite, root=project.parent) == "The secret.\n"


def test_files_elsewhere_in_the_project_and_links_within_it_are_read(project: Path) -> None:
    (project / "prompts").mkdir()
    (project / "prompts/kind.md").write_text("Be kind.\n")
    (project / "support").mkdir()
    (project / "support/link.md").symlink_to("../prompts/kind.md")

    for name in ("../prompts/kind.md", "link.md"):
        assert load_text(project, GOOD.replace("prompt.md", name), root=project) == "Be kind.\n"


def test_a_project_that_is_reached_by_a_link_holds_its_files(project: Path) -> None:
    link = project.with_name("link")
    link.symlink_to(project)

    assert load_text(link, GOOD, root=link) == load_text(link, GOOD, root=project) == "Be kind.\n"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/dev/zero", "a device, expected a regular file"),
        ("fifo", "a FIFO, expected a regular file"),
        (".", "Is a directory"),
        ('"a\\0b"', "its name holds a null character"),
        ("loop", "Too many levels of symbolic links"),
        ("dangling", "No such file or directory"),
    ],
)
def test_prompt_that_is_no_file_is_refused_with_the_line_that_names_it(name: str, reason: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")

    with pytest.raises(SuiteError, match=rf"^{tmp_path}/suite\.yaml:5: .* is unreadable: {reason}$"):
        read_suite_file(write(tmp_path, GOOD.replace("prompt.md", name))).load("support")


@pytest.mark.parametrize("depth", ["[" * 100_000, "[" * 101 + "]" * 101])
def test_fixture_that_is_nested_too_deeply_is_refused(depth: str, tmp_path: Path) -> None:
    path = write(tmp_path, WITH_FIXTURE.replace("How", "how"), **{"questions/how.json": depth.encode()})

    with pytest.raises(SuiteError) as caught:
        read_suite_file(path).load("support")

    assert str(caught.value) == f"{tmp_path}/questions/how.json:1: not JSON: nested deeper than 100 levels"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 5_000])
def test_fixture_with_a_number_that_is_none_is_refused(number: str, tmp_path: Path) -> None:
    path = write(tmp_path, WITH_FIXTURE.replace("How", "how"), **{"questions/how.json": f"[{number}]".encode()})

    with pytest.raises(SuiteError, match=r"questions/how\.json:1: not JSON: "):
        read_suite_file(path).load("support")


@pytest.mark.parametrize("text", [r'"a \ud800 b"', r'{"\udfff": 1}', r'[{"deep": ["\udc00\ud800"]}]'])
def test_fixture_with_half_of_a_surrogate_pair_is_refused(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, WITH_FIXTURE.replace("How", "how"), **{"questions/how.json": text.encode()})

    with pytest.raises(SuiteError, match=r"questions/how\.json:1: '\\u.* is half of a surrogate pair"):
        read_suite_file(path).load("support")


@pytest.mark.parametrize("source", ["../shared.py", "../shared/../shared.py", "./../shared.py"])
def test_function_may_be_in_a_file_above_the_suite(source: str, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared.py").write_text("def ask(client, prompt, question):\n    return 'shared'\n")
    path = write(tmp_path / "support", GOOD.replace("app.py", source))

    function = load_function(read_suite_file(path).load("support"))

    assert function(None, "", "") == "shared"


@pytest.mark.parametrize(
    ("source", "reason"),
    [("fifo.py", "a FIFO, expected a regular file"), ("zero.py", "a device, expected"), ('"a\\0.py', "a null char")],
)
def test_function_in_no_regular_file_is_refused(source: str, reason: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    suite = GOOD.replace("app.py:ask", f"{source}:ask" + '"' * source.startswith('"'))

    with pytest.raises(SuiteError, match=rf"^{tmp_path}/suite\.yaml:2: call is .* cannot be imported: .*{reason}"):
        load_function(read_suite_file(write(tmp_path, suite)).load("support"))


def test_cases_can_be_merged(tmp_path: Path) -> None:
    suite = GOOD.replace("cases:", "cases: &shared") + (
        "  account:\n    call: app.py:ask\n    prompts: {v1: {file: prompt.md}}\n"
        "    cases:\n      <<: *shared\n      parcel: {question: Where}\n"
    )

    account = read_suite_file(write(tmp_path, suite)).load("account")

    assert [(case.name, case.inputs, case.line) for case in account.cases] == [
        ("refund", {"question": "How"}, 7),
        ("parcel", {"question": "Where"}, 13),
    ]

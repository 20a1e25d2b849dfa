"""Private runs: ids, and names of cassettes, are shown as digests for the part that is made of parameters."""

import json
from hashlib import sha256

import pytest

from harness.pytest_plugin.private.names import KeyHider, private_folder, private_id
from tests.pytest_plugin.conftest import APP, RECORD, Project
from tests.pytest_plugin.private_attempts import CANARY
from tests.pytest_plugin.scratch import EMULATE, UPDATE

pytest_plugins = ("pytester",)


def digest(text: str) -> str:
    """The digest that is shown instead of a text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


PRIVATE = "--harness-private"
TESTS = f"""
import pytest
from app import ask

@pytest.mark.parametrize("question", ["{CANARY} asks: where's it?"])
def test_ask(anthropic_client, question):
    ask(anthropic_client, "Be polite. " * 1000, question)
"""


@pytest.mark.parametrize(
    "nodeid",
    [
        "a/test_it.py",
        "a/test_it.py::test_it",
        "a/test_it.py::TestIt::test_it",
        "test_it.py::a.b.C",
        "README.rst::README.rst",
        "desk/suite.yaml::desk[v1-refund]",
        "",
    ],
)
def test_ids_that_are_code_or_labels_stay(nodeid: str) -> None:
    assert private_id(nodeid) == nodeid


@pytest.mark.parametrize(
    ("nodeid", "shown", "text"),
    [
        ("a/test_it.py::TestIt::test_it[some text]", "a/test_it.py::TestIt::test_it[{}]", "some text"),
        ("test_it.py::test_it[a::b[c]]", "test_it.py::test_it[{}]", "a::b[c]"),
        ("test_it.py::test_it[]", "test_it.py::test_it[{}]", ""),
        ("test_it.py::test_it[\ud800]", "test_it.py::test_it[{}]", "\ud800"),
        ("test_it.py::some text", "test_it.py::{}", "some text"),
        ("it.yaml::word", "it.yaml::{}", "word"),
    ],
)
def test_ids_are_shown_without_texts(nodeid: str, shown: str, text: str) -> None:
    expected = shown.format(digest(text))

    assert private_id(nodeid) == expected
    # Reports of workers are shown by another process.
    assert private_id(expected) == expected


def test_names_of_cassettes_are_shown_without_texts() -> None:
    keys = ["test_it/test_it-where-is-it-0123abcd", "test_it/TestIt.test_it-a-0123abcd", "desk/v1/refund", "a/test_a"]

    text = KeyHider(keys).hide(
        "test_it/test_it-where-is-it-0123abcd, TestIt.test_it-a-0123abcd; desk/v1/refund a/test_a"
    )

    assert text == "test_it/test_it-0123abcd, TestIt.test_it-0123abcd; desk/v1/refund a/test_a"


def test_temporary_folders_are_named_without_texts() -> None:
    assert private_folder("test_it[some text]") == f"test_it_{digest('some text')}_"
    assert len(private_folder(f"test_{'a' * 200}[b]")) <= 30


@pytest.fixture
def asking(project: Project) -> Project:
    """A project whose only test has a text in its id."""
    project.write("app.py", APP)
    project.write("test_ask.py", TESTS)
    return project


def outputs(project: Project, *arguments: str) -> dict[str, str]:
    """What a run prints, and the files that it writes beside cassettes and the lock file."""
    result = project.run("--junitxml=out/junit.xml", "-o", "harness_reports=out", *arguments)
    files = {name: data.decode() for name, data in project.files("out").items()}
    return {"stdout": result.stdout.str(), "stderr": result.stderr.str(), **files}


def test_names_are_digests_whatever_is_found(asking: Project) -> None:
    asking.run(*RECORD, UPDATE)
    states = {
        "accepted again": ("test_ask.py", TESTS, (*RECORD, UPDATE)),
        "bust": ("test_ask.py", TESTS.replace("polite", "kind"), (EMULATE,)),
        "not recorded": ("test_ask.py", TESTS.replace("polite", "kind"), ()),
        "unused": ("test_ask.py", TESTS.replace("asks", "wants"), (EMULATE,)),
        "skipped": ("test_ask.py", TESTS.replace("@pytest", "@pytest.mark.skip\n@pytest"), ()),
        "not sent": ("test_ask.py", TESTS.replace("    ask(", "    return\n    ask("), ()),
        "old": ("test_ask.py", TESTS, ("--harness-max-age=0", "--harness-max-age-fails")),
    }
    for state, (file, text, options) in states.items():
        asking.write(file, text)
        found = outputs(asking, PRIVATE, *options)

        assert [name for name, text in found.items() if CANARY in text] == [], state
        assert "test_ask" in found["stdout"] or state == "accepted again", state


def test_an_update_prints_names_as_digests_and_writes_the_true_key(asking: Project) -> None:
    found = outputs(asking, PRIVATE, *RECORD, UPDATE)

    assert "written: prompts.lock, 1 entry" in found["stdout"]
    assert [name for name, text in found.items() if CANARY in text] == []
    assert outputs(asking, "--harness-mode=replay")["stdout"].count("1 passed") == 1


def test_a_command_names_the_function_with_all_its_parameters(asking: Project) -> None:
    outputs(asking, PRIVATE)

    (finding,) = json.loads((asking.path / "out" / "report.json").read_text(encoding="utf-8"))["findings"]

    assert finding["command"].startswith('pytest "test_ask.py::test_ask" --harness-mode=record')
    assert finding["test"].startswith("test_ask.py::test_ask[")

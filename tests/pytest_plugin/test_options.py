"""Options are read in one place, and their choices are those of the types."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from harness import pytest_plugin
from harness.calls.call import Origin
from harness.pytest_plugin.add_options import MODES, UPSTREAMS
from harness.reports.formats import FORMATS
from harness.sessions.session import Mode
from tests.pytest_plugin.conftest import Project

pytest_plugins = ("pytester",)

FILES = sorted(Path(pytest_plugin.__file__).parent.glob("*.py"))
QUESTIONS = {"getoption", "getini", "inicfg", "args_source", "known_args_namespace"}
"""Attributes of ``pytest.Config`` that return options."""


@pytest.mark.parametrize("file", [file for file in FILES if file.name != "options.py"], ids=lambda file: file.stem)
def test_nothing_but_the_options_asks_pytest_for_an_option(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in QUESTIONS] == []


def test_choices_are_those_of_the_types() -> None:
    assert set(MODES) == set(get_args(Mode))
    assert set(UPSTREAMS) == set(get_args(Origin))


def test_help_names_every_file_that_is_written(project: Project) -> None:
    text = " ".join(project.run("--help").stdout.str().split())

    assert f"folder for {FORMATS[0].file}, " in text
    assert [row.file for row in FORMATS if row.file not in text] == []

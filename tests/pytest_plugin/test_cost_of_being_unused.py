"""In a project that does not use it, the plugin imports nothing large."""

import subprocess
import sys

import pytest

from tests.pytest_plugin.conftest import OTHERS_PLUGINS, Project

pytest_plugins = ("pytester",)

HEAVY = ("anthropic", "httpx2", "pydantic", "yaml", "ctok", "genai_prices", "tabulate", "orjson")

REPORT_HEAVY = f"""
import sys

def pytest_unconfigure(config):
    print("loaded:", [name for name in {HEAVY!r} if name in sys.modules])
"""


@pytest.mark.parametrize("arguments", [(), ("--harness-mode=record", "--harness-upstream=emulator")])
def test_project_without_a_suite_loads_nothing_heavy(arguments: tuple[str, ...], project: Project) -> None:
    project.write("conftest.py", REPORT_HEAVY)
    project.write("test_app.py", "def test_one():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *OTHERS_PLUGINS, *arguments]

    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=project.path)

    assert "1 passed" in done.stdout
    assert "harness" in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_import_of_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, harness; print([name for name in {HEAVY!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_projects_own_yaml_files_are_left_alone(project: Project) -> None:
    project.write("deploy.yaml", "a: [")
    project.write("suites.yaml", "a: [")
    project.write("test_app.py", "def test_one():\n    pass\n")

    project.run().assert_outcomes(passed=1)

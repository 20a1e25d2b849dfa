"""Where the fast check looks for suites, and what it finds in a project."""

from pathlib import Path

import pytest

from harness.lock.check import check_suites, find_suite_files
from harness.lock.entries import Lock
from harness.stability.determinism import find_unstable
from tests.lock.keeping import accept, make_case, quarter

PLACES = {
    "suite.yaml": True,
    "a/b/c/suite.yaml": True,
    "z/suite.yaml": True,
    "a/suite.yml": False,
    "a/my_suite.yaml": False,
    ".hidden/suite.yaml": False,
    "a/.tox/suite.yaml": False,
    "node_modules/x/suite.yaml": False,
    "build/lib/suite.yaml": False,
    "dist/suite.yaml": False,
    "env/lib/suite.yaml": False,
    "env/pyvenv.cfg": False,
    "builds/suite.yaml": True,
}


def test_suites_are_found_where_pytest_would_look(tmp_path: Path) -> None:
    for place in PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()

    found = [path.relative_to(tmp_path).as_posix() for path in find_suite_files(tmp_path)]

    assert found == ["suite.yaml", "a/b/c/suite.yaml", "builds/suite.yaml", "z/suite.yaml"]
    assert set(found) == {place for place, is_found in PLACES.items() if is_found}


def test_project_without_suites_has_nothing_to_find(tmp_path: Path) -> None:
    gate = accept()

    result = check_suites(gate, tmp_path / "prompts.lock", tmp_path, find_unstable=find_unstable)

    assert gate.lock == Lock()
    assert (result.findings, result.cases, result.left) == ((), 0, ())


def test_entries_of_plain_tests_are_left_alone_and_those_of_suites_are_missed(tmp_path: Path) -> None:
    request = {"model": "claude-opus-5", "messages": [{"role": "user", "content": "Hello"}]}
    gate = accept(make_case(request), make_case(request, version="", case="test_ask"))

    result = check_suites(gate, tmp_path / "prompts.lock", tmp_path, find_unstable=find_unstable)

    assert [(finding.rule, finding.headline) for finding in result.findings] == [
        ("unused", "support/support/v1/refund: accepted, but no test sends it any more")
    ]


@pytest.mark.parametrize("name", ["v1", "v2"])
def test_suite_at_the_root_is_compared_with_its_entry(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [])
    (tmp_path / "suite.yaml").write_text(
        "suites:\n  support:\n    build: app.py:ask\n    prompts: {" + name + ": {}}\n    cases: {refund: {}}\n",
        encoding="utf-8",
    )
    (tmp_path / "app.py").write_text(
        "def ask():\n    return {'model': 'claude-opus-5', 'messages': [{'role': 'user', 'content': 'Hello'}]}\n",
        encoding="utf-8",
    )
    gate = accept(
        make_case({"model": "claude-opus-5", "messages": [{"role": "user", "content": "Hello"}]}),
        count_text=quarter,
    )
    entry = gate.lock.entries["support/support/v1/refund"]
    gate.lock.entries.clear()
    gate.lock.entries["support/v1/refund"] = type(entry)(
        suite="support", version="v1", case="refund", calls=entry.calls
    )

    result = check_suites(gate, tmp_path / "prompts.lock", tmp_path, find_unstable=find_unstable)

    assert result.cases == 1
    assert [(finding.rule, finding.level) for finding in result.findings] == (
        [] if name == "v1" else [("new-version", "note"), ("unused", "note")]
    )

"""One reading: in a replayed case, each distinct request is read, fingerprinted and counted once."""

import json
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import Project

pytest_plugins = ("pytester",)

COUNTING = """
import json
from collections import Counter
from hashlib import sha256

from harness.prompt import reading

counts = {}


def counted(name):
    function, seen = getattr(reading, name), counts.setdefault(name, Counter())

    def counting(first, *arguments):
        # The request itself, or the blocks that were made of it.
        whole = json.dumps(first, default=str)
        seen[sha256(whole.encode()).hexdigest()] += 1
        return function(first, *arguments)

    setattr(reading, name, counting)


for name in ("read_blocks", "fingerprints", "count_request"):
    counted(name)


def pytest_unconfigure(config):
    with open("counts.json", "w") as file:
        json.dump(counts, file)
"""


def counts(folder: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads((folder / "counts.json").read_text())
    return found


@pytest.mark.parametrize("options", [(), ("--harness-mode=emulate",)], ids=["replay", "emulate"])
def test_each_distinct_request_of_a_case_is_read_fingerprinted_and_counted_once(
    project: Project, options: tuple[str, ...]
) -> None:
    project.add_suite("support")
    project.record("--harness-update-lock", "-k", "refund")
    project.write("conftest.py", COUNTING)

    result = project.run(*options, "-k", "refund")

    assert result.ret == 0
    seen = counts(project.path)
    assert {name: set(per_request.values()) for name, per_request in seen.items()} == {
        "read_blocks": {1},
        "fingerprints": {1},
        "count_request": {1},
    }
    # Two byte-equal calls are one request; the other three are the rebuilds with changed inputs.
    assert len(seen["read_blocks"]) == 4
    assert len(seen["count_request"]) == 1

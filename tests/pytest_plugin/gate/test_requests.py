"""Requests that fail by themselves: refused by the model, or with an input in the cached prefix."""

import json

import pytest

from tests.lock.examples import rich_request
from tests.promptcache.refusal_examples import EXAMPLES, Example
from tests.pytest_plugin.conftest import Project
from tests.pytest_plugin.gate.runs import (
    REPORTS,
    findings,
)
from tests.pytest_plugin.scratch import EMULATE, Desk
from tests.stability import planted

pytest_plugins = ("pytester",)


# --- requests that the model refuses -------------------------------------------------------------------------

REFUSED = [
    EXAMPLES["forced tool"],
    EXAMPLES["budget thinking on adaptive models"],
    EXAMPLES["fields of thinking between tools"],
    EXAMPLES["high effort with thinking between tools"],
    EXAMPLES["thinking disabled on sonnet-5-5"],
]


@pytest.mark.parametrize("example", REFUSED, ids=lambda example: example.message[:40])
def test_request_that_its_model_refuses_is_a_bust_with_the_words_of_the_api(example: Example, accepted: Desk) -> None:
    refused = {key: value for key, value in example.refused.items() if key != "tools"}
    accepted.write_app({**rich_request(), **refused})

    assert accepted.run(*REPORTS).ret == 1

    found = [one for one in findings(accepted) if one["rule"] == "bust"]
    assert {(one["cause"], one["place"]["path"]) for one in found} == {("other", example.path)}
    assert all(f"the API answers 400: {example.message}" in one["facts"] for one in found)


@pytest.mark.parametrize("example", REFUSED, ids=lambda example: example.message[:40])
def test_request_that_its_model_refuses_is_refused_by_the_emulator_in_a_run(example: Example, desk: Desk) -> None:
    refused = {key: value for key, value in example.refused.items() if key != "tools"}
    desk.write_app({**rich_request(), **refused})

    result = desk.run(EMULATE)

    assert result.ret == 1
    assert example.message in result.stdout.str()


# --- inputs in the cached prefix -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["replay", "emulate"])
def test_prefix_that_depends_on_an_input_of_any_type_fails_and_no_other(mode: str, project: Project) -> None:
    planted.write(project.path / "planted")

    result = project.run(f"--harness-mode={mode}", *REPORTS)

    result.assert_outcomes(passed=len(planted.CLEAN), failed=len(planted.LEAKS))
    report = json.loads((project.path / "reports/report.json").read_text(encoding="utf-8"))
    assert planted.find_wrong(report["findings"]) == {}

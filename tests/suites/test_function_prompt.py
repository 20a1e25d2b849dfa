"""Functions of suites that want a prompt which no version has, or cannot take the one that there is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import SuiteError
from harness.suites.function_prompt import find_prompt_problem
from harness.suites.loader import load_function, read_suite_file
from harness.suites.model import Case, ClientKind, PromptVersion, Suite


def make_suite(text: str | None, *, is_build: bool = False, client: ClientKind = "anthropic", **inputs: Any) -> Suite:
    version = PromptVersion(name="v1", path=None, text=text, model="claude-opus-5", cache_bust=None)
    return Suite(
        name="support",
        path=Path("suite.yaml"),
        line=3,
        function="app.py:answer",
        is_build=is_build,
        client=client,
        versions=(version,),
        cases=(Case(name="a", line=9, inputs=inputs),),
    )


def with_prompt(client: Any, prompt: str, question: str) -> None: ...


def without_prompt(client: Any, question: str) -> None: ...


def with_default(client: Any, prompt: str = "", question: str = "") -> None: ...


def only_client(client: Any) -> None: ...


def keywords_only(client: Any, *, question: str) -> None: ...


def anything(*args: Any, **kwargs: Any) -> None: ...


def two_more(client: Any, prompt: str, tone: str, question: str) -> None: ...


def later_input(client: Any, question: str, tone: str) -> None: ...


def build(prompt: str, question: str) -> None: ...


def build_without(*, question: str) -> None: ...


WANTS = "v1 has no file, so no prompt is passed: add file:, or drop the parameter 'prompt' of answer()"
TAKES_NONE = "v1 has a file, but answer() takes no prompt: drop file:, or add a parameter"
ASK = {"question": "How?"}

PROBLEMS: tuple[tuple[Callable[..., Any], Suite, str | None], ...] = (
    (with_prompt, make_suite(None, **ASK), WANTS),
    (with_prompt, make_suite(None, client="claude", **ASK), WANTS),
    (build, make_suite(None, is_build=True, **ASK), WANTS),
    (build, make_suite(None, client="http", **ASK), WANTS),
    (lambda client, prompt: None, make_suite(None), WANTS),
    (with_prompt, make_suite("Be kind.", **ASK), None),
    (without_prompt, make_suite(None, **ASK), None),
    (with_default, make_suite(None, **ASK), None),
    (keywords_only, make_suite(None, **ASK), None),
    (anything, make_suite(None, **ASK), None),
    (anything, make_suite("Be kind.", **ASK), None),
    # It cannot be told what is wrong with these.
    (two_more, make_suite(None, **ASK), None),
    (later_input, make_suite(None, **ASK), None),
    (dict, make_suite(None, **ASK), None),
    (only_client, make_suite("Be kind."), TAKES_NONE),
    (keywords_only, make_suite("Be kind.", **ASK), TAKES_NONE),
    (build_without, make_suite("Be kind.", is_build=True, **ASK), TAKES_NONE),
    (build_without, make_suite("Be kind.", client="http", **ASK), TAKES_NONE),
    (lambda: None, make_suite("Be kind.", is_build=True), TAKES_NONE),
)


@pytest.mark.parametrize(("function", "suite", "problem"), PROBLEMS)
def test_prompt_and_function_fit_each_other(function: Callable[..., Any], suite: Suite, problem: str | None) -> None:
    assert find_prompt_problem(suite, function) == problem


def test_suite_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def answer(client, prompt, question): ...\n")
    path = tmp_path / "suite.yaml"
    path.write_text(
        "suites:\n  support:\n    call: app.py:answer\n    client: anthropic\n"
        "    prompts: {v1: {model: claude-opus-5}}\n    cases: {a: {question: How?}}\n"
    )

    with pytest.raises(SuiteError) as caught:
        load_function(read_suite_file(path).load("support"))

    assert str(caught.value) == f"{path}:2: {WANTS}"

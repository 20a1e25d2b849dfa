"""Whether a suite's function takes the prompt that its versions have, as far as its signature tells."""

import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any

from harness.suites.model import PromptVersion, Suite


def find_prompt_problem(suite: Suite, function: Callable[..., Any]) -> str | None:
    """Say which version has no prompt for a function that wants one, or one that it cannot take."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        # Some built-in and compiled functions do not tell.
        return None
    if any(parameter.kind is Parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    taken = [one for one in parameters if one.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    # The client comes first, where the function is given one.
    rest = taken if suite.is_build or suite.client == "http" else taken[1:]
    found = (_find(suite, version, rest, suite.function.rpartition(":")[2]) for version in suite.versions)
    return next((problem for problem in found if problem is not None), None)


def _find(suite: Suite, version: PromptVersion, rest: list[Parameter], name: str) -> str | None:
    if version.text is not None:
        add = "drop file:, or add a parameter"
        return None if rest else f"{version.name} has a file, but {name}() takes no prompt: {add}"
    inputs = {key for case in suite.cases for one in (case.inputs, *case.questions) for key in one}
    missing = [parameter for parameter in rest if parameter.default is Parameter.empty and parameter.name not in inputs]
    # Where more is missing, it is not the prompt alone.
    if len(missing) != 1 or missing[0] is not rest[0]:
        return None
    drop = f"add file:, or drop the parameter {missing[0].name!r} of {name}()"
    return f"{version.name} has no file, so no prompt is passed: {drop}"

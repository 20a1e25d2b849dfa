"""The process that builds suites under given conditions: reads a job from standard input, writes its answer to standard
output, both as JSON.

`harness.stability.processes` starts it, and describes the job and the answer.
"""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.numbers import write_json
from harness.stability.conditions import Conditions, case_key
from harness.stability.surroundings import put_in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.suites.model import Suite

_PACKAGE = f"{Path(import_module(__name__.partition('.')[0]).__path__[0])}{os.sep}"
"""The folder of this package, wherever this module is in it."""


def main() -> None:
    """Build one job and end the process, even if the application leaves threads or handlers behind."""
    # Output of the application, even of its C libraries, must not mix with the answer.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    job = json.load(sys.stdin)
    conditions = Conditions(**{**job["conditions"], "seeds": tuple(job["conditions"]["seeds"])})
    reseed = put_in_place(conditions)
    answer.write(write_json(build_all(job["suites"], conditions, reseed), ensure_ascii=True).encode())
    answer.flush()
    os._exit(0)


def build_all(names: list[list[str]], conditions: Conditions, reseed: Callable[[int], None]) -> dict[str, Any]:
    """Build all cases once per seed; of the requests that share a prefix, the answer keeps the first."""
    from harness.suites.loader import read_suite_file

    requests: dict[str, Any] = {}
    suites = [read_suite_file(Path(path)).load(name) for path, name in names]
    rounds = []
    for seed in conditions.seeds:
        answers: dict[str, Any] = {}
        for suite in suites:
            answers |= _build_suite(suite, conditions, lambda seed=seed: reseed(seed), requests)  # type: ignore[misc]
        rounds.append(answers)
    return {"rounds": rounds, "requests": requests}


def reverse_keys(value: Any) -> Any:
    """A copy with the keys of every object in reverse order; lists keep their order."""
    if isinstance(value, dict):
        return {key: reverse_keys(item) for key, item in reversed(value.items())}
    return [reverse_keys(item) for item in value] if isinstance(value, list) else value


def _build_suite(
    suite: Suite, conditions: Conditions, reseed: Callable[[], None], requests: dict[str, Any]
) -> dict[str, Any]:
    from harness.suites.capture import capture
    from harness.suites.loader import load_function
    from harness.suites.runner import CaseRun

    runs = [CaseRun(suite=suite, version=version, case=case) for version in suite.versions for case in suite.cases]
    if conditions.is_fixture_reversed:
        runs.reverse()
    try:
        function = load_function(suite)
    # Importing user code may raise anything, and even exit.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return {_key(run): {"digests": [], **_describe(error)} for run in runs}
    answers: dict[str, Any] = {}
    for run in runs:
        reseed()
        inputs = run.case.inputs
        try:
            captured = capture(run, function, inputs=reverse_keys(inputs) if conditions.is_fixture_reversed else inputs)
            digests = list(_note(captured.bodies, requests))
        except (HarnessError, ValueError, SystemExit) as error:
            answers[_key(run)] = {"digests": [], **_describe(error)}
        else:
            answers[_key(run)] = {"digests": digests, **_describe(captured.error)}
    return answers


def _note(bodies: tuple[bytes, ...], requests: dict[str, Any]) -> Iterator[str]:
    from harness.prompt.reader import PromptReader

    reader = PromptReader()
    for body in bodies:
        prompt = reader.read(body)
        parts = [[part.path, part.key] for part in prompt.static_parts]
        digest = sha256(json.dumps(parts).encode()).hexdigest()
        requests.setdefault(digest, prompt.request)
        yield digest


def _key(run: Any) -> str:
    return case_key(run.suite, run.version.name, run.case.name)


def _describe(error: BaseException | None) -> dict[str, str | None]:
    """Type and place of an error, without its text, which may quote a prompt."""
    if error is None:
        return {"error": None, "at": None}
    if isinstance(error, HarnessError) and error.__cause__ is not None:
        error = error.__cause__
    frames = [frame for frame in extract_tb(error.__traceback__) if not _is_library(frame.filename)]
    return {
        "error": type(error).__name__,
        "at": f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None,
    }


def _is_library(path: str) -> bool:
    """Whether a file is installed, built in, or part of this package."""
    standard = f"{Path(os.__file__).parent}{os.sep}"
    return path.startswith((_PACKAGE, standard, "<")) or "site-packages" in path


if __name__ == "__main__":
    main()

"""Load ``suite.yaml`` files and what they name: prompts, fixtures, and the function that makes the call."""

from collections.abc import Callable
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import SuiteError
from harness.files.yaml_text import YamlPlace
from harness.findings.words import printable
from harness.settings import DEFAULT_MODEL
from harness.suites.cases import CaseReader
from harness.suites.fixtures import load_text
from harness.suites.function_prompt import find_prompt_problem
from harness.suites.importing import import_function
from harness.suites.model import CheckEntries, PromptVersion, Suite, SuiteEntry, SuiteFile
from harness.suites.yaml_lines import line_of, load_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSource:
    """A valid ``suite.yaml``; each of its suites is loaded separately."""

    path: Path
    entries: dict[str, SuiteEntry]
    lines: dict[YamlPlace, int]
    root: Path | None
    """The folder that prompts and fixtures must be in; ``None`` for any."""

    def load(self, name: str) -> Suite:
        """Load one suite with its prompts and fixtures.

        Raises:
            SuiteError: a file that it names is unreadable or invalid; starts with ``path:line:``.
        """
        return _load(self, name)


def read_suite_file(path: Path, *, root: Path | None = None) -> SuiteSource:
    """Read the suites of one file, without loading them.

    With ``root``, the project's folder, prompts and fixtures outside of it are refused when a suite is loaded.

    Raises:
        SuiteError: the file is unreadable or invalid; starts with ``path:line:``.
    """
    content, lines = load_yaml(path)
    if not isinstance(content, dict):
        raise SuiteError(f"{path}:1: expected keys with values")
    try:
        file = SuiteFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = tuple(first["loc"])
        dotted = ".".join(str(part) for part in place if part != "[key]")
        raise SuiteError(f"{path}:{line_of(lines, place)}: {printable(dotted)}: {_explain(first)}") from None
    return SuiteSource(path=path, entries=file.suites, lines=lines, root=root)


def load_function(suite: Suite) -> Callable[..., Any]:
    """Import the function that makes a suite's calls or builds its requests.

    Raises:
        SuiteError: the module or the function does not exist, or it takes no prompt, or one that no version has.
    """
    key = f"{'build' if suite.is_build else 'call'} is {suite.function!r}"
    place = f"{suite.path}:{suite.line}"
    function = import_function(suite.function, folder=suite.path.parent, named_at=f"{place}: {key}")
    if problem := find_prompt_problem(suite, function):
        raise SuiteError(f"{place}: {problem}")
    return function


def _load(source: SuiteSource, name: str) -> Suite:
    path, entry, lines = source.path, source.entries[name], source.lines
    place: YamlPlace = ("suites", name)
    folder = path.parent
    versions = tuple(
        PromptVersion(
            name=version,
            path=None if prompt.file is None else Path(normpath(folder / prompt.file)),
            text=None
            if prompt.file is None
            else load_text(folder / prompt.file, f"{path}:{line_of(lines, (*place, 'prompts', version))}", source.root),
            model=prompt.model or DEFAULT_MODEL,
            cache_bust=prompt.cache_bust,
        )
        for version, prompt in entry.prompts.items()
    )
    line = line_of(lines, place)
    cases = CaseReader(path=path, suite=name, entry=entry, lines=lines, root=source.root).read_all()
    for what, found in (("prompts", versions), ("cases", cases)):
        if not found:
            raise SuiteError(f"{path}:{line}: suite {name!r} has no {what}")
    if (entry.call is None) == (entry.build is None):
        raise SuiteError(f"{path}:{line}: suite {name!r} needs either call or build")
    if entry.build is not None and (checked := _find_checked(entry)):
        where = f"{path}:{line_of(lines, (*place, *checked))}"
        raise SuiteError(f"{where}: suite {name!r} builds requests, so there are no answers to check")
    return Suite(
        name=name,
        path=path,
        line=line,
        function=entry.call or entry.build or "",
        is_build=entry.build is not None,
        client=entry.client,
        versions=versions,
        cases=cases,
        determinism=entry.determinism,
        traffic=entry.traffic,
        checks=None
        if entry.checks is None
        else CheckEntries(entries=entry.checks, path=path, lines=lines, at=(*place, "checks"), root=source.root),
        judge_repeats=entry.judge_repeats,
        gate=entry.gate,
        siblings=tuple(source.entries),
    )


def _find_checked(entry: SuiteEntry) -> YamlPlace | None:
    """Where a suite or its first case with checks has them."""
    if entry.checks is not None:
        return ("checks",)
    return next((("cases", case, "checks") for case, inputs in entry.cases.items() if "checks" in inputs), None)


def _explain(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "not a known key"
    if error["type"] == "string_pattern_mismatch":
        if error["loc"][-1] == "cache_bust":
            return "the reason is empty"
        return f"{error['input']!r} is not a name: use letters, digits, dot, dash and underscore"
    if error["type"] == "model_type":
        return "expected keys with values"
    return str(error["msg"]).removeprefix("Value error, ")

"""``suite.yaml`` files and what they name: prompts, fixtures, and the function that makes the call."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, util
from os.path import normpath
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import SuiteError
from harness.settings import DEFAULT_MODEL
from harness.suites.cases import CaseReader
from harness.suites.fixtures import load_text
from harness.suites.model import PromptVersion, Suite, SuiteEntry, SuiteFile
from harness.suites.yaml_lines import Place, line_of, load_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSource:
    """A ``suite.yaml`` that has the right form; each of its suites is loaded on its own."""

    path: Path
    entries: dict[str, SuiteEntry]
    lines: dict[Place, int]

    def load(self, name: str) -> Suite:
        """One suite, with its prompts and fixtures read.

        Raises:
            SuiteError: a file that it names is unreadable or invalid; starts ``path:line:``.
        """
        return _load(self.path, name, self.entries[name], self.lines)


def read_suite_file(path: Path) -> SuiteSource:
    """The suites of one file, not loaded yet.

    Raises:
        SuiteError: the file is unreadable or not of the right form; starts ``path:line:``.
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
        raise SuiteError(f"{path}:{line_of(lines, place)}: {dotted}: {_explain(first)}") from None
    return SuiteSource(path=path, entries=file.suites, lines=lines)


def load_function(suite: Suite) -> Callable[..., Any]:
    """The function that makes a suite's calls, or builds its requests.

    Raises:
        SuiteError: there is no such module or function.
    """
    source, _, name = suite.function.partition(":")
    key = f"{'build' if suite.is_build else 'call'} is {suite.function!r}"
    place = f"{suite.path}:{suite.line}"
    if not source or not name or source.startswith("."):
        raise SuiteError(f"{place}: {key}, expected module:function or file.py:function")
    try:
        module = _import_file(suite.path.parent / source) if source.endswith(".py") else import_module(source)
    except (ImportError, OSError) as error:
        raise SuiteError(f"{place}: {key}, and {source} cannot be imported: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise SuiteError(f"{place}: {key}, and {source} has no function {name!r}")
    return function  # type: ignore[no-any-return]


def _load(path: Path, name: str, entry: SuiteEntry, lines: dict[Place, int]) -> Suite:
    place: Place = ("suites", name)
    folder = path.parent
    versions = tuple(
        PromptVersion(
            name=version,
            path=None if prompt.file is None else Path(normpath(folder / prompt.file)),
            text=None
            if prompt.file is None
            else load_text(folder / prompt.file, f"{path}:{line_of(lines, (*place, 'prompts', version))}"),
            model=prompt.model or DEFAULT_MODEL,
            cache_bust=prompt.cache_bust,
        )
        for version, prompt in entry.prompts.items()
    )
    line = line_of(lines, place)
    cases = CaseReader(path=path, suite=name, entry=entry, lines=lines).read_all()
    for what, found in (("prompts", versions), ("cases", cases)):
        if not found:
            raise SuiteError(f"{path}:{line}: suite {name!r} has no {what}")
    if (entry.call is None) == (entry.build is None):
        raise SuiteError(f"{path}:{line}: suite {name!r} needs one of call and build")
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
    )


def _import_file(path: Path) -> Any:
    """Import a file as pytest would: by its dotted name where folders are packages, else on its own."""
    path = path.resolve(strict=True)
    root = path.parent
    while (root / "__init__.py").exists():
        root = root.parent
    if root != path.parent:
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))
        return import_module(".".join(path.relative_to(root).with_suffix("").parts))
    name = f"harness_suite_{abs(hash(path))}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = sys.modules[name] = util.module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        # Half a module must not be found by the next suite that names the file.
        del sys.modules[name]
        raise
    return module


def _explain(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "not a known key"
    if error["type"] == "string_pattern_mismatch":
        if error["loc"][-1] == "cache_bust":
            return "the reason is empty"
        return f"{error['input']!r} is no name: letters, digits, dot, dash and underscore"
    if error["type"] == "model_type":
        return "expected keys with values"
    return str(error["msg"]).removeprefix("Value error, ")

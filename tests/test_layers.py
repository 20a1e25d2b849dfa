"""The house of docs/architecture.md: who may import whom. Imports in functions and for type checkers count too."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

import harness
from tests.house import INSIDE, MODULES, RANKS, imports, imports_in_functions, layer, longest_chain, tree

HEAVY = ("anthropic", "httpx2", "pydantic", "ctok", "genai_prices")

LONGEST_CHAIN = 18

LATE_IMPORTS = {
    "harness.cli": "the wording of refusals, which knows prices, for commands that refuse nothing",
    "harness.cli.cassettes": "vcrpy, which only importing and exporting need",
    "harness.cli.differences": "tables and GitHub's markup, which only some forms need",
    "harness.cli.lock": "suites and tables, which only some of its forms need",
    "harness.cli.mutate": "pytest, which --help does not need",
    "harness.cli.models": "the table of models, for commands without --model",
    "harness.client.answers": "the SDK, a second",
    "harness.client.claude": "the SDK, a second, and checks and explanations, for a client that makes none",
    "harness.evaluation.checks.language": "py3langid, half a second, which may not be installed",
    "harness.evaluation.checks.structured": "jsonschema, which may not be installed",
    "harness.evaluation.checks.text": "rapidfuzz, which may not be installed",
    "harness.evaluation.statistics": "SciPy, a second, which may not be installed",
    "harness.files.names": "hashlib, for names that need no digest",
    "harness.lock.unused": "findings, for a run without a lock file",
    "harness.prompt.tokens": "the vocabularies of ctok, 0.1-0.4 s",
    "harness.provider.pricing": "genai-prices, a third of a second",
    "harness.pytest_plugin": "hook specifications and suites, for a run without any",
    "harness.pytest_plugin.attachments": "reports, for a run that notes nothing",
    "harness.pytest_plugin.collect": "the evaluation, for suites without checks",
    "harness.pytest_plugin.failures": "GitHub's markup, for a run without failures",
    "harness.pytest_plugin.fixtures": "the client, for a run that uses no fixture",
    "harness.pytest_plugin.list_cassettes": "atomic writes, for the one option that writes the list",
    "harness.pytest_plugin.lock_gate": "the lock file, for a project without one",
    "harness.pytest_plugin.network": "the guard, for a run that uses no fixture",
    "harness.pytest_plugin.options": "decimals, scrub rules and settings, for options that are not given",
    "harness.pytest_plugin.private": "all that makes a run private, for one that is not",
    "harness.pytest_plugin.private.names": "hashlib, for a run that is not private",
    "harness.pytest_plugin.refusals": "suites, for a run in which nothing is refused",
    "harness.pytest_plugin.report_rows": "reports and money, for a run that writes no report",
    "harness.pytest_plugin.request_check": "findings, for a run in which no request fails",
    "harness.pytest_plugin.run": "the table of models, for a run that names none",
    "harness.pytest_plugin.sessions": "the SDK, a second",
    "harness.pytest_plugin.storage": "the counter and the cassettes, for a run that uses neither",
    "harness.pytest_plugin.summary": "reports, for a run with nothing to report",
    "harness.reports.formats": "Markdown and SARIF, for a run that writes no report",
    "harness.cli.report": "vl-convert, for a report without a chart",
    "harness.reports.html.picture": "vl-convert, a native library that may not be installed",
    "harness.reports.html.drawing": "vl-convert, a native library that may not be installed",
    "harness.settings": "urllib.parse, for an environment without a base URL",
    "harness.stability.rebuild": "what imports the application must come after its surroundings are set",
    "harness.stability.surroundings": "modules that must be imported after the clock and names are set",
    "harness.suites.capture": "the SDK and vcrpy, for applications that the fake client can serve",
}
"""Modules that import inside functions, each with what would otherwise be imported at start-up, and by whom."""


def test_every_module_belongs_to_a_layer() -> None:
    assert {layer(module) for module in INSIDE} - RANKS.keys() == set()


@pytest.mark.parametrize("module", INSIDE)
def test_a_module_imports_only_from_its_own_folder_and_from_layers_below(module: str) -> None:
    upward = [
        name
        for name in imports(module)
        if name != "harness" and layer(name) != layer(module) and RANKS[layer(name)] > RANKS[layer(module)]
    ]
    assert upward == []


@pytest.mark.parametrize("module", INSIDE)
def test_the_package_root_is_not_imported_from_inside(module: str) -> None:
    assert "harness" not in imports(module)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {name for name in imports(module) if name != module} for module in INSIDE}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a cycle: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("module", [name for name in MODULES if name != "harness.settings"])
def test_only_the_settings_read_the_environment(module: str) -> None:
    readers = {"environ", "environb", "getenv", "getenvb"}
    found = []
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            found += [alias.name for alias in node.names if alias.name in readers]
        elif isinstance(node, ast.Attribute) and node.attr in readers:
            found += [ast.unparse(node)]
    assert found == []


def test_no_chain_of_imports_is_long() -> None:
    chain = longest_chain()

    assert len(chain) <= LONGEST_CHAIN, "\n".join(chain)


def test_imports_stand_inside_functions_only_where_start_up_needs_it() -> None:
    assert {module for module in MODULES if imports_in_functions(module)} == LATE_IMPORTS.keys()


def test_importing_the_package_loads_no_heavy_dependency() -> None:
    code = f"import harness, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_public_names_are_sorted_and_resolve() -> None:
    assert harness.__all__ == sorted(harness.__all__)
    assert [getattr(harness, name).__name__ for name in harness.__all__] == harness.__all__
    assert set(harness.__all__) <= set(dir(harness))


def test_an_unknown_name_is_an_attribute_error_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match=r"^module 'harness' has no attribute 'Claude'$"):
        _ = harness.Claude


FILE_READERS = {
    "harness.cli.input": "a pipe that the shell put in place of <(command)",
    "harness.provider.generations": "a table of this package",
    "harness.provider.refusals": "a table of this package",
}
"""Modules that read files in another way than `harness.files`, each with which ones."""


@pytest.mark.parametrize("module", [name for name in INSIDE if not name.startswith("harness.files")])
def test_only_the_layer_of_files_reads_and_writes_them(module: str) -> None:
    methods = {"read_bytes", "read_text", "write_bytes", "write_text"}
    modules = {
        "yaml": {"load", "safe_load", "compose", "parse"},
        "gzip": {"open"},
        "bz2": {"open"},
        "tarfile": {"open"},
    }
    found = []
    for node in ast.walk(tree(module)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id == "open":
            found += [ast.unparse(node)]
        elif isinstance(called, ast.Attribute):
            owner = called.value.id if isinstance(called.value, ast.Name) else ""
            is_own = owner == "files" and called.attr == "read_text"
            is_path = called.attr == "open" and owner in ("path", "file", "self.path")
            if (called.attr in methods and not is_own) or is_path or called.attr in modules.get(owner, ()):
                found += [ast.unparse(node)]
    assert bool(found) == (module in FILE_READERS), found

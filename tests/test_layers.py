"""The house of design.md: who may import whom. Imports in functions and under TYPE_CHECKING count too."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import harness

ROOT = Path(harness.__file__).parent
LAYERS = (
    ("errors", "settings", "files", "loopback"),
    ("provider",),
    ("prompt",),
    ("promptcache",),
    ("findings",),
    ("calls",),
    ("client",),
    ("emulator",),
    ("cassettes",),
    ("sessions",),
    ("suites",),
    ("lock",),
    ("stability",),
    ("mutation",),
    ("reports",),
    ("testing",),
    ("pytest_plugin",),
    ("cli",),
)
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}
HEAVY = ("anthropic", "httpx2", "pydantic", "ctok", "genai_prices")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
INSIDE = [name for name in MODULES if name != "harness"]


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imported(module: str) -> Iterator[str]:
    """Modules and packages of the harness that a module names in an import, wherever it stands."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            for alias in node.names:
                member = f"{base}.{alias.name}"
                yield member if member in MODULES else base


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    is_package = MODULES[module].name == "__init__.py"
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def own_imports(module: str) -> list[str]:
    return [name for name in imported(module) if name.split(".")[0] == "harness"]


def layer(module: str) -> str:
    return module.split(".")[1]


def test_every_module_belongs_to_a_layer() -> None:
    assert {layer(module) for module in INSIDE} - RANKS.keys() == set()


@pytest.mark.parametrize("module", INSIDE)
def test_a_module_imports_only_from_its_own_folder_and_from_layers_below(module: str) -> None:
    upward = [
        name
        for name in own_imports(module)
        if name != "harness" and layer(name) != layer(module) and RANKS[layer(name)] > RANKS[layer(module)]
    ]
    assert upward == []


@pytest.mark.parametrize("module", INSIDE)
def test_the_package_root_is_not_imported_from_inside(module: str) -> None:
    assert "harness" not in own_imports(module)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {name for name in own_imports(module) if name != module} for module in INSIDE}
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

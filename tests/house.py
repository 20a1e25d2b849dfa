"""The modules of the package and their imports, read from the code; `scripts/architecture.py` draws them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import harness

ROOT = Path(harness.__file__).parent

LAYERS = (
    ("errors", "settings", "files", "loopback", "moments", "numbers"),
    ("provider",),
    ("network",),
    ("prompt",),
    ("promptcache",),
    ("findings",),
    ("calls",),
    ("client",),
    ("emulator",),
    ("cassettes",),
    ("sessions",),
    ("suites",),
    ("evaluation",),
    ("lock",),
    ("stability",),
    ("mutation",),
    ("money",),
    ("reports",),
    ("testing",),
    ("pytest_plugin",),
    ("cli",),
)
"""The layers from the bottom up: a module imports only from lower layers or from its own folder."""

RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names} | {"__main__": len(LAYERS)}
"""The height of each layer; what ``python -m harness`` runs stands above them all."""


def module_name(path: Path) -> str:
    """The dotted name, such as ``harness.prompt.blocks``; for an ``__init__.py``, the name of its folder."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
INSIDE = [name for name in MODULES if name != "harness"]


@cache
def tree(module: str) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def layer(module: str) -> str:
    """The first name below the package."""
    return module.split(".")[1]


def imports(module: str, within: ast.AST | None = None) -> Iterator[str]:
    """Modules and packages of the harness that a module imports, including in functions and for type checkers."""
    for node in ast.walk(within or tree(module)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            names = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else base for name in names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "harness")


def imports_in_functions(module: str) -> int:
    """Number of import statements inside functions, including imports of other packages."""
    found = {
        (node.lineno, node.col_offset)
        for function in ast.walk(tree(module))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return len(found)


def longest_chain() -> tuple[str, ...]:
    """The longest chain of modules in which each imports the next."""
    graph = {
        module: sorted({name for name in imports(module) if name in MODULES and name != module}) for module in MODULES
    }

    @cache
    def chain(module: str) -> tuple[str, ...]:
        return (module, *max((chain(name) for name in graph[module]), key=len, default=()))

    return max((chain(module) for module in MODULES), key=len)


def layers_below(name: str) -> set[str]:
    """The other layers that a layer imports from."""
    found = {
        layer(imported)
        for module in INSIDE
        if layer(module) == name
        for imported in imports(module)
        if imported != "harness"
    }
    return found - {name}


def sentence(name: str) -> str:
    """The purpose of a layer: the first sentence of its docstring."""
    text = ast.get_docstring(tree(f"harness.{name}")) or ""
    return " ".join(text.split("\n\n")[0].split())


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    is_package = MODULES[module].name == "__init__.py"
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])

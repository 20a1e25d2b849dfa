"""Import the functions that ``suite.yaml`` names: ``module:function``, or ``file.py:function`` beside it."""

import sys
from collections.abc import Callable
from importlib import import_module, util
from pathlib import Path
from typing import Any

from harness.errors import SuiteError
from harness.files import read_file


def import_function(source: str, *, folder: Path, named_at: str) -> Callable[..., Any]:
    """Import a function; files are relative to ``folder``.

    Raises:
        SuiteError: the module or the function does not exist; starts with ``named_at``.
    """
    module_name, _, name = source.rpartition(":")
    is_file = module_name.endswith(".py")
    if not module_name or not name or (module_name.startswith(".") and not is_file):
        raise SuiteError(f"{named_at}, expected module:function or file.py:function")
    try:
        if is_file:
            # What is no regular file would never come to an end, or keep the import waiting.
            read_file(folder / module_name)
        module = _import_file(folder / module_name) if is_file else import_module(module_name)
    except (ImportError, OSError) as error:
        raise SuiteError(f"{named_at}, but {module_name} cannot be imported: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise SuiteError(f"{named_at}, but {module_name} has no function {name!r}")
    return function  # type: ignore[no-any-return]


def _import_file(path: Path) -> Any:
    """Import a file as pytest would: by its dotted name if its folder is a package, else by its path."""
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
        # The next suite that names this file must not find a half-imported module.
        del sys.modules[name]
        raise
    return module

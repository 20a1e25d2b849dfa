"""Files that pytest, Python and Hypothesis write beside the reports, and that would hold texts of tests."""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from harness.pytest_plugin.private.names import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 30
"""pytest cuts names of tests at this length for their temporary folders."""


@contextmanager
def no_bytecode() -> Iterator[pytest.MonkeyPatch]:
    """Write no compiled modules, which hold the texts of their source."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        yield patch


class PrivateFiles:
    """Keeps what would be written in memory, or in a folder that is removed when the run has ended."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        """Names of temporary folders of tests, and what they are called instead."""
        self._patch: pytest.MonkeyPatch | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Until the run has ended."""
        with TemporaryDirectory(prefix="harness-", ignore_cleanup_errors=True) as folder, no_bytecode() as patch:
            self._patch = patch
            _keep_cache(patch, Path(folder))
            self._rename_folders(patch)
            # Workers of xdist inherit it.
            patch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(folder, "hypothesis")))
            try:
                yield
            finally:
                _forget_home()

    def rename_folder(self, item: pytest.Item) -> None:
        """Give the temporary folder of a test a name without its parameters."""
        if "[" in item.name:
            self._folders[re.sub(r"\W", "_", item.name)[:_LONGEST]] = private_folder(item.name)

    def keep_examples(self) -> None:
        """Let Hypothesis, if tests have imported it, store no examples, wherever they would go."""
        database = sys.modules.get("hypothesis.database")
        if database is not None and self._patch is not None:
            _forget_home()
            for method in ("save", "move"):
                self._patch.setattr(database.DirectoryBasedExampleDatabase, method, lambda *_: None)

    def _rename_folders(self, patch: pytest.MonkeyPatch) -> None:
        original = pytest.TempPathFactory.mktemp

        def mktemp(factory: pytest.TempPathFactory, basename: str, numbered: bool = True) -> Path:
            return original(factory, self._folders.get(basename, basename), numbered)

        patch.setattr(pytest.TempPathFactory, "mktemp", mktemp)


def _keep_cache(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let ``config.cache`` read as ever, and write to memory."""
    original, values = pytest.Cache.get, dict[str, str]()

    def get(cache: pytest.Cache, key: str, default: Any) -> Any:
        return json.loads(values[key]) if key in values else original(cache, key, default)

    def put(_: pytest.Cache, key: str, value: object) -> None:
        values[key] = json.dumps(value)

    def mkdir(_: pytest.Cache, name: str) -> Path:
        path = folder / "cache" / Path(name).name
        path.mkdir(parents=True, exist_ok=True)
        return path

    patch.setattr(pytest.Cache, "get", get)
    patch.setattr(pytest.Cache, "set", put)
    patch.setattr(pytest.Cache, "mkdir", mkdir)


def _forget_home() -> None:
    """Let Hypothesis ask the environment again where it stores files."""
    configuration = sys.modules.get("hypothesis.configuration")
    if configuration is not None:
        configuration.set_hypothesis_home_dir(None)

"""Names of the cassettes that tests use, which are also their keys in the lock file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.files.names import portable_name

if TYPE_CHECKING:
    from collections.abc import Iterator


def cassette_of(item: pytest.Item) -> str | None:
    """Name of the cassette that a test uses; ``None`` if it cannot use one."""
    if hasattr(item, "cassette"):
        # A case of a suite.
        return item.cassette  # type: ignore[no-any-return]
    # Our fixtures need `request`, and a test that has it may request one of them while it runs.
    return cassette_name(item) if "request" in getattr(item, "fixturenames", ("request",)) else None


def key_of(item: pytest.Item) -> str:
    """Key of a test in the lock file, if it sends a request; for a suite that could not be loaded, its id."""
    return cassette_name(item) if not hasattr(item, "cassette") else item.cassette or item.nodeid


def is_refused(item: pytest.Item) -> bool:
    """Whether an item stands for a suite that could not be loaded, so that its cassettes are not known."""
    return getattr(item, "cassette", "") is None


def cassette_name(item: pytest.Item) -> str:
    """Name of a plain test's cassette: its file without suffix, then its name in safe characters."""
    file = item.path.relative_to(item.config.rootpath).with_suffix("").as_posix()
    name = item.nodeid.partition("::")[2].replace("::", ".")
    return f"{file}/{portable_name(name, others=(name, *_other_cases(item, name)))}"


def _other_cases(item: pytest.Item, name: str) -> Iterator[str]:
    """Names of tests in the same file that differ from a test's only in case, whether or not they are collected."""
    parts = name.split(".")
    nodes = [node for node in item.listchain() if isinstance(node, pytest.Module | pytest.Class)]
    # A name in lower case is kept whatever stands beside it, and one with parameters has a digest already.
    if name == name.lower() or len(nodes) != len(parts):
        return
    for number, (node, part) in enumerate(zip(nodes, parts, strict=True)):
        for other in dir(node.obj):
            if other != part and other.casefold() == part.casefold() and _is_test(node, other):
                yield ".".join([*parts[:number], other, *parts[number + 1 :]])


def _is_test(node: pytest.Module | pytest.Class, name: str) -> bool:
    value = getattr(node.obj, name)
    return bool(node.istestfunction(value, name) or node.istestclass(value, name))

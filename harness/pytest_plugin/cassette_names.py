"""Names of the cassettes that tests use, which are also their keys in the lock file."""

from __future__ import annotations

import re

import pytest


def cassette_of(item: pytest.Item) -> str | None:
    """Name of the cassette that a test uses; ``None`` if it cannot use one."""
    if hasattr(item, "cassette"):
        # A case of a suite.
        return item.cassette  # type: ignore[no-any-return]
    # Our fixtures need `request`, and a test that has it may request one of them while it runs.
    return cassette_name(item) if "request" in getattr(item, "fixturenames", ("request",)) else None


def is_refused(item: pytest.Item) -> bool:
    """Whether an item stands for a suite that could not be loaded, so that its cassettes are not known."""
    return getattr(item, "cassette", "") is None


def cassette_name(item: pytest.Item) -> str:
    """Name of a plain test's cassette: its file without suffix, then its name in safe characters."""
    file = item.path.relative_to(item.config.rootpath).with_suffix("").as_posix()
    name = item.nodeid.partition("::")[2].replace("::", ".")
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-")
    if safe == name:
        return f"{file}/{safe}"
    from hashlib import sha256

    # Names that differ only in the replaced characters must not share a cassette.
    return f"{file}/{safe}-{sha256(name.encode()).hexdigest()[:8]}"

"""Paths as messages, cassettes and the lock file name them."""

from pathlib import Path


def relative(path: Path, root: Path) -> str:
    """A path relative to ``root``, with forward slashes; the whole path if it is elsewhere."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()

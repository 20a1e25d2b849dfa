"""Classes of libraries that may or may not be installed."""

from importlib import import_module
from typing import Any


def find_class(module: str, name: str) -> Any:
    """Return a class of a library; ``None`` if the library is not installed, or has no such class."""
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None

"""Names of tests in a private run: ids of parameters are replaced by digests, since they are made of texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.pytest_plugin.cassette_names import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

NAME = "harness-private"
"""The name under which the plugin of a private run is registered."""

_CODE = re.compile(r"\w+(?:\.\w+)*")
"""Names of functions, classes and modules, which are code."""
_DIGEST = re.compile(r"[0-9a-f]{8}")
_KEY = re.compile(r"(\w+(?:\.\w+)*)-.*-([0-9a-f]{8})", re.DOTALL)
"""The name of a cassette that is made of an id: the function, the text of its parameters, a digest."""
_LONGEST_FUNCTION = 20
"""pytest cuts names of temporary folders at 30 characters; a digest must fit."""


def is_private(config: pytest.Config) -> bool:
    """Whether a run is private."""
    return config.pluginmanager.has_plugin(NAME)


def shown_id(item: pytest.Item) -> str:
    """The id of a test as the run may show it."""
    return private_id(item.nodeid) if is_private(item.config) else item.nodeid


def command_id(item: pytest.Item) -> str:
    """The id of a test as a command names it; in a private run, that of its function with all parameters."""
    return _without_parameters(item.nodeid) if is_private(item.config) else item.nodeid


def private_id(nodeid: str) -> str:
    """An id in which parameters, and names that are not code, are replaced by digests."""
    path, separator, rest = nodeid.partition("::")
    if not separator or _is_suite(path):
        return nodeid
    names, bracket, parameters = rest.partition("[")
    shown = "::".join([path, *(_private_name(path, name) for name in names.split("::"))])
    return f"{shown}[{_digest(parameters.removesuffix(']'))}]" if bracket else shown


def private_folder(name: str) -> str:
    """The name of a test's temporary folder, without the text of its parameters."""
    function, _, parameters = name.partition("[")
    return re.sub(r"\W", "_", f"{function[:_LONGEST_FUNCTION]}_{_digest(parameters.removesuffix(']'))}_")


def hide_key(item: pytest.Item, text: str) -> str:
    """In a private run, remove the text of a test's parameters from the name of its cassette."""
    return KeyHider([key_of(item)]).hide(text) if is_private(item.config) else text


class KeyHider:
    """Removes the text of parameters from the names of cassettes, which are the keys of the lock file too."""

    def __init__(self, keys: Iterable[str]) -> None:
        names = {key.rpartition("/")[2] for key in keys}
        self._shown = {name: "-".join(found.groups()) for name in names if (found := _KEY.fullmatch(name))}

    def hide(self, text: str) -> str:
        """Replace the names in a text; they need no escapes, so it may be JSON or a command."""
        # A name may begin another one.
        for name in sorted(self._shown, key=len, reverse=True):
            text = text.replace(name, self._shown[name])
        return text


def _without_parameters(nodeid: str) -> str:
    path, separator, rest = nodeid.partition("::")
    if not separator or _is_suite(path):
        return nodeid
    names = rest.partition("[")[0].split("::")
    return "::".join([path, *names]) if all(_is_code(path, name) for name in names) else path


def _private_name(path: str, name: str) -> str:
    return name if _is_code(path, name) else _digest(name)


def _is_code(path: str, name: str) -> bool:
    """Whether a name is that of a function or class, or the file's own, as of a text with doctests."""
    return name == path.rpartition("/")[2] or (path.endswith(".py") and _CODE.fullmatch(name) is not None)


def _is_suite(path: str) -> bool:
    """Names of suites, versions and cases are labels, which reports show."""
    return path.rpartition("/")[2] == "suite.yaml"


def _digest(text: str) -> str:
    """The beginning of a text's digest; a digest stays, since reports of workers are read again."""
    if _DIGEST.fullmatch(text):
        return text
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]

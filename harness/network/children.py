"""What child processes inherit while a guard stands: no key, and proxies at which nothing listens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from harness.settings import OFFLINE_KEY, copy_environment, is_key

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEAD_PROXY = "http://127.0.0.1:9"
"""The discard port, at which no proxy listens."""
_NO_PROXY = "localhost,127.0.0.1,::1"
_DEAD = {
    name: value
    for upper, value in {
        "HTTP_PROXY": _DEAD_PROXY,
        "HTTPS_PROXY": _DEAD_PROXY,
        "ALL_PROXY": _DEAD_PROXY,
        "NO_PROXY": _NO_PROXY,
    }.items()
    for name in (upper, upper.lower())
}
_ENVIRONMENT_POSITION = 10
"""Where ``subprocess.Popen`` takes the environment, counted without ``self``."""


def make_offline(given: Mapping[Any, Any] | None = None) -> dict[Any, Any]:
    """The environment of a child process: what is inherited is replaced, what the test chose itself is kept."""
    own = copy_environment()
    kept = own if given is None else {_text(name): _text(value) for name, value in given.items()}
    changed = {name: value for name, value in kept.items() if not (own.get(name) == value and is_key(name, value))}
    return changed | {name: value for name, value in _DEAD.items() if kept.get(name) in (None, own.get(name))}


def offline_environment() -> dict[str, str]:
    """The environment of a process that builds prompts: its application may insist on a key, so one stands in."""
    own = copy_environment()
    return make_offline() | {name: OFFLINE_KEY for name, value in own.items() if is_key(name, value)}


def with_offline_environment(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
    """Arguments of ``subprocess.Popen`` with the environment that a child process may have."""
    if len(arguments) > _ENVIRONMENT_POSITION:
        changed = list(arguments)
        changed[_ENVIRONMENT_POSITION] = make_offline(changed[_ENVIRONMENT_POSITION])
        return tuple(changed), keywords
    return arguments, {**keywords, "env": make_offline(keywords.get("env"))}


def hide_settings() -> None:
    """Hide keys and proxies from children that C code starts, such as those of ``os.system``.

    ``os.environ``, which this process reads, stays as it is.
    """
    for name, value in copy_environment().items():
        if is_key(name, value):
            os.unsetenv(name)
    for name, value in _DEAD.items():
        os.putenv(name, value)


def show_settings() -> None:
    """Give child processes the variables of this process again."""
    own = copy_environment()
    for name in _DEAD.keys() - own.keys():
        os.unsetenv(name)
    for name, value in own.items():
        if name in _DEAD or is_key(name, value):
            os.putenv(name, value)


def _text(value: Any) -> Any:
    return os.fsdecode(value) if isinstance(value, bytes) else value

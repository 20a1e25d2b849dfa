"""Apply conditions to this process permanently; it is a separate process that ends after building."""

from __future__ import annotations

import os
import random
import socket
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from harness.network.guard import Guard
from harness.stability.conditions import USUAL
from harness.stability.foreign_locale import use_locale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.stability.conditions import Conditions

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"


def put_in_place(conditions: Conditions) -> Callable[[int], None]:
    """Apply the conditions to this process, before it imports any code of the application.

    Environment variables must be set when the process starts. Returns a function that resets all
    randomness to a seed.
    """
    Guard("a function of a suite", when="while prompts are built").start()
    _name_user_and_host(conditions)
    reseed = _fix_randomness(conditions.seeds[0])
    _stop_clock(conditions.clock)
    _fix_temporary_names(is_other=conditions.is_temporary_folder_other)
    if conditions.locale != USUAL.locale:
        use_locale(conditions.locale)
    return reseed


def _stop_clock(seconds: float) -> None:
    # time_machine imports pytest for a fixture that is not needed here, and pytest is slow to import.
    had_pytest = sys.modules.get("pytest")
    sys.modules["pytest"] = None  # type: ignore[assignment]
    import time_machine

    del sys.modules["pytest"]
    if had_pytest is not None:
        sys.modules["pytest"] = had_pytest
    # A number, because a datetime would change the time zone too.
    time_machine.travel(seconds, tick=False).start()


def _name_user_and_host(conditions: Conditions) -> None:
    """Set the names of user and host, before ``platform`` asks for them and caches them."""
    host, user = conditions.host, conditions.user
    _put(socket, "gethostname", lambda: host)
    _put(os, "getlogin", lambda: user)
    if hasattr(os, "uname"):
        system, _, *rest = os.uname()
        names = os.uname_result((system, host, *rest))
        _put(os, "uname", lambda: names)
        _name_user(user)
    import platform
    import uuid

    _put(platform, "node", lambda: host)
    # Any 48 bits that differ from host to host.
    node = int.from_bytes(host.encode()[:6])
    _put(uuid, "getnode", lambda: node)


def _name_user(user: str) -> None:
    import pwd

    find, own = pwd.getpwuid, os.getuid()
    _put(pwd, "getpwuid", lambda uid: pwd.struct_passwd((user, *find(uid)[1:])) if uid == own else find(uid))


def _fix_randomness(seed: int) -> Callable[[int], None]:
    """Take all randomness of the system from a seed.

    Only libraries that call the system directly are out of reach.
    """
    source = random.Random(seed)
    plain = random.Random.seed
    shared: random.Random = random.seed.__self__  # type: ignore[attr-defined]

    def seed_generator(self: random.Random, a: Any = None, version: int = 2) -> None:
        plain(self, source.getrandbits(64) if a is None else a, version)

    def reseed(seed: int) -> None:
        plain(source, seed)
        plain(shared, seed)
        # Only where the application uses it.
        if numpy := sys.modules.get("numpy"):
            numpy.random.seed(seed)

    _put(random.Random, "seed", seed_generator)
    _put(random, "seed", seed_generator.__get__(shared))
    # random.SystemRandom, and through it secrets, calls this; uuid calls os.urandom.
    _put(random, "_urandom", source.randbytes)
    _put(os, "urandom", source.randbytes)
    _put(os, "getrandom", lambda size, flags=0: source.randbytes(size))
    reseed(seed)
    return reseed


def _fix_temporary_names(*, is_other: bool) -> None:
    """Draw temporary names from a separate generator, so that other randomness does not change them."""
    names = random.Random("other" if is_other else "usual")

    def draw() -> Iterator[str]:
        while True:
            yield "".join(names.choices(_LETTERS, k=8))

    _put(tempfile, "_name_sequence", draw())


def _put(owner: Any, name: str, value: Any) -> None:
    """Replace an attribute if it exists; not every platform has them all."""
    if hasattr(owner, name):
        setattr(owner, name, value)

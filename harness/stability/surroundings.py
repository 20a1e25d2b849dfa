"""Conditions put in place in this process, for good: it is one of its own, and ends when it has built."""

from __future__ import annotations

import os
import random
import socket
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from harness.errors import NetworkBlockedError
from harness.loopback import as_text, is_loopback
from harness.stability.conditions import USUAL
from harness.stability.foreign_locale import use_locale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.stability.conditions import Conditions

_CONNECTIONS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"


def put_in_place(conditions: Conditions) -> Callable[[int], None]:
    """Make the conditions those of this process, before it imports any code of the application.

    What the environment says has to be there from the start of the process. Given back is what
    sets all that is random back to the beginning of a seed.
    """
    sys.addaudithook(_refuse_network)
    _name_user_and_host(conditions)
    reseed = _fix_randomness(conditions.seeds[0])
    _stop_clock(conditions.clock)
    _fix_temporary_names(is_other=conditions.is_temporary_folder_other)
    if conditions.locale != USUAL.locale:
        use_locale(conditions.locale)
    return reseed


def _stop_clock(seconds: float) -> None:
    # Its fixture for pytest is not wanted, and pytest takes longer to import than all the rest.
    had_pytest = sys.modules.get("pytest")
    sys.modules["pytest"] = None  # type: ignore[assignment]
    import time_machine

    del sys.modules["pytest"]
    if had_pytest is not None:
        sys.modules["pytest"] = had_pytest
    # A number and not a datetime: that would change the time zone too.
    time_machine.travel(seconds, tick=False).start()


def _name_user_and_host(conditions: Conditions) -> None:
    """Before ``platform`` has asked for the names: it remembers them."""
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
    # Any 48 bits, other for each host.
    node = int.from_bytes(host.encode()[:6])
    _put(uuid, "getnode", lambda: node)


def _name_user(user: str) -> None:
    import pwd

    find, own = pwd.getpwuid, os.getuid()
    _put(pwd, "getpwuid", lambda uid: pwd.struct_passwd((user, *find(uid)[1:])) if uid == own else find(uid))


def _fix_randomness(seed: int) -> Callable[[int], None]:
    """Let whatever takes its randomness from the system take it from a seed.

    Out of reach are only libraries that ask the system on their own.
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
    # What random.SystemRandom, and by it secrets, calls; uuid calls the one in os.
    _put(random, "_urandom", source.randbytes)
    _put(os, "urandom", source.randbytes)
    _put(os, "getrandom", lambda size, flags=0: source.randbytes(size))
    reseed(seed)
    return reseed


def _fix_temporary_names(*, is_other: bool) -> None:
    """Names from a generator of their own, so that what else is random does not move them."""
    names = random.Random("other" if is_other else "usual")

    def draw() -> Iterator[str]:
        while True:
            yield "".join(names.choices(_LETTERS, k=8))

    _put(tempfile, "_name_sequence", draw())


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook that lets only loopback addresses through."""
    if event in _CONNECTIONS and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event in _LOOKUPS:
        host = arguments[0]
    else:
        return
    # Without a host, it is this machine's.
    if host and not is_loopback(host):
        raise NetworkBlockedError(
            f"{as_text(host)} was asked for while a prompt was built, expected a loopback address"
        )


def _put(owner: Any, name: str, value: Any) -> None:
    """Replace what is there; not every platform has all of it."""
    if hasattr(owner, name):
        setattr(owner, name, value)

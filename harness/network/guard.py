"""The network guard: no call leaves the machine while it stands."""

from __future__ import annotations

import _socket
import socket
import subprocess
import sys
from threading import Lock, Thread, current_thread
from threading import enumerate as running_threads
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary, WeakSet

from harness.errors import NetworkBlockedError
from harness.network.advice import advise
from harness.network.children import hide_settings, show_settings, with_offline_environment
from harness.network.hosts import is_claudes_host, is_listed
from harness.network.refused import EVENTS, METHODS, TLS_METHODS, Target

if TYPE_CHECKING:
    from collections.abc import Callable

_THREAD_STARTS = ("_thread.start_new_thread", "_thread.start_joinable_thread")
_standing: list[Guard] = []
"""The guards that stand, the innermost last."""
_owners: WeakKeyDictionary[Thread, Guard] = WeakKeyDictionary()
"""The guard in whose time each thread was started."""
_undo: list[Callable[[], None]] = []


class Guard:
    """Refuses what would leave the machine, from every thread, and remembers it in case the code swallows the error.

    The calls of a thread are charged to the guard in whose time it was started, also after that has stopped. A thread
    from before the guard is refused too; which test runs when it retries a download is chance, so no test fails for
    it, unless it calls Claude.
    """

    def __init__(
        self,
        test: str,
        *,
        when: str,
        ignored: tuple[str, ...] = (),
        has_cassette: bool = False,
        on_late: Callable[[NetworkBlockedError], None] | None = None,
    ) -> None:
        """Guard the test with the id ``test``; ``when`` ends the message, such as ``in replay mode``.

        Calls to ``ignored`` hosts are refused too, but the test does not fail for them. ``has_cassette`` says that
        the test uses ``harness_cassette``. ``on_late`` is told what threads try after the guard has stopped.
        """
        self._test = test
        self._when = when
        self._ignored = ignored
        self._has_cassette = has_cassette
        self._on_late = on_late
        self._lock = Lock()
        self._blocked: list[NetworkBlockedError] = []
        self._earlier: WeakSet[Thread] = WeakSet()

    def start(self) -> None:
        """Start to refuse; call ``stop`` afterwards."""
        if not _standing:
            _install()
        self._earlier.update(thread for thread in running_threads() if thread is not current_thread())
        _standing.append(self)

    def stop(self) -> None:
        """Stop to refuse, except for threads that were started meanwhile."""
        if self in _standing:
            _standing.remove(self)
            if not _standing:
                _uninstall()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def blocked(self) -> tuple[NetworkBlockedError, ...]:
        """Refusals that ``raise_first`` has not raised yet."""
        with self._lock:
            return tuple(self._blocked)

    def raise_first(self) -> None:
        """Raise the first refusal, if any, in case the test's code swallowed it; then forget all of them."""
        with self._lock:
            blocked, self._blocked = self._blocked, []
        if blocked:
            raise blocked[0]

    def refuse(self, target: Target) -> None:
        """Raise the error that names what was tried, and note it."""
        is_late = self not in _standing
        is_earlier = current_thread() in self._earlier
        who = self._test
        if is_late:
            who = f"a thread that outlived {self._test}"
        elif is_earlier:
            who = f"a thread that ran before {self._test}"
        error = NetworkBlockedError(
            f"{who} tried to {target.what}, but {self._when} only loopback addresses are reachable",
            hint=advise(target, sys._getframe(1), has_cassette=self._has_cassette),
        )
        if is_listed(target.host, self._ignored) or (is_earlier and not is_claudes_host(target.host)):
            raise error
        if is_late and self._on_late is not None:
            self._on_late(error)
        else:
            with self._lock:
                self._blocked.append(error)
        raise error


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook. It cannot be removed, so without a guard it returns at once."""
    find = EVENTS.get(event)
    if find is None:
        if event in _THREAD_STARTS:
            _note_owner(arguments[0])
        return
    guard = _responsible()
    if guard is not None and (target := find(*arguments)) is not None:
        guard.refuse(target)


def _responsible() -> Guard | None:
    """The guard of the current thread: the one in whose time it was started, or else the innermost that stands."""
    innermost = _standing[-1] if _standing else None
    return _owners.get(current_thread(), innermost) if _owners else innermost


def _note_owner(function: Any) -> None:
    guard = _responsible()
    thread = getattr(function, "__self__", None)
    if guard is not None and isinstance(thread, Thread):
        _owners[thread] = guard


def _install() -> None:
    """Replace the methods of sockets that audit events do not cover, and the environment of child processes."""
    for name, find in METHODS.items():
        _put(socket.socket, name, _checked(getattr(socket.socket, name), find))
    raw = {name: _checked(getattr(_socket.socket, name), find) for name, find in METHODS.items() if name != "sendfile"}
    _put(_socket, "socket", type("socket", (_socket.socket,), raw))
    # Without the module there can be no such socket.
    if ssl := sys.modules.get("ssl"):
        for name in TLS_METHODS:
            _put(ssl.SSLSocket, name, _checked(getattr(ssl.SSLSocket, name), METHODS["send"]))
    _put(subprocess.Popen, "__init__", _offline(subprocess.Popen.__init__))
    hide_settings()


def _uninstall() -> None:
    while _undo:
        _undo.pop()()
    show_settings()


def _checked(original: Callable[..., Any], find: Callable[..., Target | None]) -> Callable[..., Any]:
    def method(sock: Any, *arguments: Any, **keywords: Any) -> Any:
        guard = _responsible()
        try:
            target = None if guard is None else find(sock, *arguments)
        except TypeError:
            # Wrong arguments, which the method itself refuses.
            target = None
        if guard is not None and target is not None:
            guard.refuse(target)
        return original(sock, *arguments, **keywords)

    return method


def _offline(original: Callable[..., None]) -> Callable[..., None]:
    def start(process: Any, *arguments: Any, **keywords: Any) -> None:
        arguments, keywords = with_offline_environment(arguments, keywords)
        original(process, *arguments, **keywords)

    return start


def _put(owner: Any, name: str, value: Any) -> None:
    # An inherited method must be inherited again afterwards, not copied.
    if name in vars(owner):
        found = vars(owner)[name]
        _undo.append(lambda: setattr(owner, name, found))
    else:
        _undo.append(lambda: delattr(owner, name))
    setattr(owner, name, value)


sys.addaudithook(_check)

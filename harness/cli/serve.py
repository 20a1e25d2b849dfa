"""``harness serve``: the emulator as a server, for clients in any language."""

import argparse
import signal
import sys
from pathlib import Path
from threading import Event, Lock

from harness.cli.models import add_models
from harness.client.token_memo import TokenMemo
from harness.emulator.clock import wall_clock
from harness.emulator.core import Emulator
from harness.emulator.counting import CountingPool
from harness.emulator.journal import Entry, Journal
from harness.emulator.script import Script, read_script
from harness.emulator.server import EmulatorServer
from harness.errors import UsageError
from harness.findings.words import printable
from harness.loopback import is_loopback
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.settings import OFFLINE_KEY

_EXAMPLE = """\
The first line on standard output is the address; then comes one line a request. The line to set up a client
is on standard error. No key is needed, and none is kept.

A script is a list of rules in YAML; the first one that matches answers (see docs/emulator.md):
  - when: {text: weather, turn: 1}
    answer: {call: get_weather, input: {city: Oslo}}
  - fault: {status: 529}
    times: 1

exit codes:
  0  stopped by SIGINT (Ctrl-C) or SIGTERM
  2  the address or the script cannot be used; the reason is on standard error

example:
  harness serve --port 8788
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Serve the Messages API with true prompt-cache accounting, offline."
    parser.epilog = _EXAMPLE
    parser.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address to listen at (default: loopback)")
    parser.add_argument("--port", type=_read_port, default=0, metavar="PORT", help="0 takes a free one (default)")
    parser.add_argument("--script", type=Path, metavar="FILE", help="what to answer, as YAML")
    parser.add_argument("--strict", action="store_true", help="refuse requests that no rule of the script matches")
    parser.add_argument(
        "--admin", action="store_true", help="serve /_harness/journal and /_harness/clock (see docs/emulator.md)"
    )
    add_models(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; return 0.

    Raises:
        ScriptError: the script is unreadable or invalid.
        UsageError: the address cannot be used, or --strict has no script.
    """
    if options.strict and options.script is None:
        raise UsageError("--strict needs a script", hint="add --script FILE")
    script = Script(read_script(options.script) if options.script else (), is_strict=options.strict)
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with CountingPool() as pool:
        emulator = Emulator(
            reader=PromptReader(TextCounter(TokenMemo(), count=pool)),
            clock=wall_clock(),
            script=script,
            journal=None if options.admin else Journal(size=0),
        )
        log = _Log()
        try:
            server = EmulatorServer(
                emulator, host=options.host, port=options.port, on_answer=log.write, is_administered=options.admin
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(
                f"cannot listen at {options.host}:{options.port}: {reason}", hint="choose another --host or --port"
            ) from None
        with server:
            print(f"serving {server.url}", flush=True)
            print(f"export ANTHROPIC_BASE_URL={server.url} ANTHROPIC_API_KEY={OFFLINE_KEY}", file=sys.stderr)
            if not is_loopback(options.host):
                print(f"warning: {options.host} can be reached from other machines, without a key", file=sys.stderr)
            sys.stderr.flush()
            while not stopped.wait(3600):
                pass
    return 0


class _Log:
    """Writes one line a request, until nobody reads them any more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_open = True

    def write(self, entry: Entry) -> None:
        """Write the line of a request."""
        with self._lock:
            if not self._is_open:
                return
            try:
                print(printable(entry.line), flush=True)
            except (OSError, ValueError):
                self._is_open = False


def _read_port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise ValueError(text)
    return port

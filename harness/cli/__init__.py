"""The command ``harness``: one file per command, imported only when it is called."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from harness.cli.models import named_models
from harness.errors import HarnessError

COMMANDS = {
    "cache": "show, prune or clear the responses that ClaudeClient keeps on disk",
    "cassettes": "convert cassettes from and to vcrpy YAML, prune and check them",
    "diff": "show how two lock files differ",
    "explain": "explain why a request does not read what an earlier one wrote",
    "lock": "show the lock file, compare it with a git revision, or check it",
    "mutate": "find out which kinds of bust your own tests would catch",
    "report": "write a report of a run in another format, or compare two",
    "serve": "serve the Messages API offline, with true prompt-cache accounting",
    "simulate": "predict what the prompt cache bills for a sequence of requests",
}
"""Name of each command (and of its module) with its help text."""

CANNOT_TELL = 2
"""Exit code for input that cannot be judged."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 for success, 1 for a finding, 2 for "cannot tell"."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="harness",
        description="Predict, explain and check what Claude's prompt cache reads and writes. Works offline.",
        epilog="Each command has --help with an example.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_text in COMMANDS.items():
        sub = commands.add_parser(name, help=help_text, formatter_class=argparse.RawDescriptionHelpFormatter)
        # Load only the module of the command that is called.
        if name in argv[:1]:
            import_module(f"{__name__}.{name}").add_arguments(sub)
    options = parser.parse_args(argv)
    try:
        with named_models(options):
            return int(import_module(f"{__name__}.{options.command}").run(options))
    except HarnessError as error:
        return _refuse(error.message, error.hint)
    except BrokenPipeError:
        # The reader (`head`) has seen enough.
        sys.stderr.close()
        return 0
    except RecursionError:
        return _refuse("the input is nested too deeply")
    except MemoryError:
        return _refuse("the input is too large for the memory of this machine")
    except UnicodeError as error:
        return _refuse(f"the input holds text that cannot be shown: {error}")
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        return _refuse(f"{place}{error.strerror or error}")


def _refuse(message: str, hint: str | None = None) -> int:
    """Say in one line why a command cannot judge its input, and in another one what to try."""
    from harness.findings.words import printable

    print(printable(message), file=sys.stderr)
    if hint:
        print(f"  try: {printable(hint)}", file=sys.stderr)
    return CANNOT_TELL

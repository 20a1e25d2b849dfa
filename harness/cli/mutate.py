"""``harness mutate``: put each kind of bust into the requests, and see whether the tests catch it."""

import argparse
import io
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

from harness.cli.differences import STYLES
from harness.errors import UsageError
from harness.findings.words import count
from harness.mutation.mutations import BY_NAME, MUTATIONS, Mutation
from harness.mutation.results import MutationResult, judge_mutation, results_json, results_text

if TYPE_CHECKING:
    from harness.pytest_plugin.mutate import MutationRun

_EXAMPLE = """\
Runs pytest once for each mutation. It does so in emulate mode, where no cassette can fail to match, so
only the checks of your tests count. ARGUMENTS are passed to pytest; put -- in front of them if they
begin with a dash.

exit codes:
  0  every mutation that applies is caught
  1  a mutation survives in at least one test; the assertion to add is printed
  2  cannot tell: no test passes without a mutation, or none sends a request

examples:
  harness mutate
  harness mutate --only timestamp --only key-order -- tests/prompts -k support
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Put each kind of bust into the requests of your own tests, and see which tests fail."
    parser.epilog = _EXAMPLE
    parser.add_argument("arguments", metavar="ARGUMENTS", nargs="*", help="arguments of pytest: files, -k, …")
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=sorted(BY_NAME),
        help="run this mutation only; can be given several times",
    )
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the result of each mutation; return 1 if one survives in any test.

    Raises:
        UsageError: no test passes without a mutation, or none sends a request.
    """
    mutations = [BY_NAME[name] for name in options.only] if options.only else list(MUTATIONS)
    usual = _run_tests(options.arguments, None)
    if not usual.passed:
        raise UsageError(
            "no test passes in emulate mode without a mutation",
            hint="run pytest --harness-mode=emulate and fix what fails",
        )
    results = [_judge(mutation, usual, options.arguments) for mutation in _announce(mutations)]
    if not any(result.caught or result.survived for result in results):
        raise UsageError("no request of these tests was changed", hint="call Claude through a fixture or a suite")
    print(results_json(results) if options.format == "json" else results_text(results, style=STYLES[options.format]))
    if usual.failed:
        print(f"left out, since they fail without a mutation: {count(len(usual.failed), 'test')}", file=sys.stderr)
    return int(any(result.survived for result in results))


def _judge(mutation: Mutation, usual: "MutationRun", arguments: list[str]) -> MutationResult:
    outcome = _run_tests(arguments, mutation)
    # A test that fails without the mutation proves nothing.
    changed = outcome.changed - usual.failed
    return judge_mutation(mutation, changed=changed, failed=outcome.failed, rules=outcome.rules)


def _announce(mutations: Iterable[Mutation]) -> Iterable[Mutation]:
    for mutation in mutations:
        if sys.stderr.isatty():
            print(f"{mutation.name} …", file=sys.stderr)
        yield mutation


def _run_tests(arguments: list[str], mutation: Mutation | None) -> "MutationRun":
    import pytest

    from harness.pytest_plugin.mutate import Mutator

    mutator = Mutator(mutation)
    # The command has imported the package already, and a project may turn pytest's warning about that into an error.
    quiet = [
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        "-p",
        "no:cacheprovider",
        "-o",
        "harness_reports=",
        "-o",
        "harness_history=",
    ]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        pytest.main([*quiet, "--harness-mode=emulate", *arguments], plugins=[mutator])
    return mutator.outcome

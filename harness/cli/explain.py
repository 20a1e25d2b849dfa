"""``harness explain BEFORE AFTER``: explain whether AFTER still reads what BEFORE wrote."""

import argparse
import json
import math
from pathlib import Path

from harness.cli.assumptions import add_assumptions, read_assumptions
from harness.cli.input import read_object
from harness.cli.models import add_models
from harness.client.token_memo import TokenMemo
from harness.errors import RequestError
from harness.findings.describe import loss_lines
from harness.prompt.assumptions import Assumptions
from harness.prompt.reading import Prompt
from harness.prompt.surfaces import to_messages
from harness.prompt.tokens import TextCounter
from harness.promptcache.explain import explain
from harness.promptcache.explanation import Explanation
from harness.promptcache.refusals.check import read_whole
from harness.provider.models import given_model

_EXAMPLE = """\
BEFORE and AFTER are JSON files, each the body of a Messages API request; "-" reads one from standard input.
Bodies of Bedrock's Converse and InvokeModel and of Google Cloud are read too: add the model of the URL as
"modelId" (Bedrock) or "model", or pass --model.

exit codes:
  0  nothing is lost
  1  AFTER loses a prefix, is never cached, or would be rejected
  2  input that cannot be judged; the reason is on standard error

example:
  harness explain before.json after.json --gap-seconds 300
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Explain what AFTER reads from the prompt cache when it follows BEFORE."
    parser.epilog = _EXAMPLE
    parser.add_argument("before", metavar="BEFORE", type=Path)
    parser.add_argument("after", metavar="AFTER", type=Path)
    parser.add_argument(
        "--gap-seconds",
        type=float,
        default=30.0,
        metavar="S",
        help="time between the two requests; below 3, a read is in doubt (default: 30)",
    )
    add_assumptions(parser)
    add_models(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the explanation; return 1 for a bust, else 0.

    Raises:
        RequestError: a file cannot be judged; the message starts with its name.
    """
    if not (math.isfinite(options.gap_seconds) and options.gap_seconds >= 0):
        raise RequestError(f"--gap-seconds is {options.gap_seconds}, expected 0 or more seconds")
    count_text, assumptions = TextCounter(TokenMemo()), read_assumptions(options)
    before, after = (_read(path, count_text, assumptions) for path in (options.before, options.after))
    result = explain(before, after, gap_seconds=options.gap_seconds)
    if options.format == "json":
        print(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        print(describe(result))
    return int(result.is_bust)


def describe(result: Explanation) -> str:
    """Write the explanation for people: verdict and place first, then the cause and the fix."""
    lines = [_headline(result)]
    if result.excerpt is not None:
        lines += [f"  before: {result.excerpt[0]!r}", f"  after:  {result.excerpt[1]!r}"]
    if result.error is not None:
        lines.append(f"  the API answers {result.error.status}: {result.error.message}")
    lines += [f"  {line}" for line in loss_lines(result)]
    lines.append("  " + "  ".join(f"{level}: {verdict}" for level, verdict in result.levels.items()))
    lines += [f"  breakpoint {path}: {verdict}" for path, verdict in result.breakpoints]
    lines += [f"  note:  {note}" for note in result.notes]
    return "\n".join(lines)


def _read(path: Path, count_text: TextCounter, assumptions: Assumptions) -> Prompt:
    body = read_object(path)
    try:
        request = to_messages(body, given_model())
        return read_whole(request, count_text, assumptions=assumptions)
    except RequestError as error:
        raise RequestError(f"{path}: {error.message}", hint=error.hint) from None


def _headline(result: Explanation) -> str:
    where = f" at {result.path}" if result.path else ""
    if result.offset is not None:
        where += f", character {result.offset:,}"
    return {
        "hit": "HIT: everything that was written is read",
        "partial": f"PARTIAL: a shorter prefix is read, the longer one is lost{where}",
        "miss": f"MISS: nothing is read, the prefix is lost{where}",
        "never_cached": f"NEVER CACHED: nothing is written or read{where}",
        "rejected": f"REJECTED: the API refuses the request{where}",
    }[result.verdict]

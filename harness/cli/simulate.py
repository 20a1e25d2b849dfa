"""``harness simulate FILE``: predict what the prompt cache bills for requests in time order."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tabulate import tabulate

from harness.calls.converse_answers import is_converse_usage, usage_from_converse
from harness.cli.assumptions import add_assumptions, read_assumptions
from harness.cli.input import read_lines
from harness.cli.models import add_models
from harness.client.token_memo import TokenMemo
from harness.errors import RequestError
from harness.findings.words import printable
from harness.moments import MomentReader
from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.reading import Prompt
from harness.prompt.surfaces import to_messages
from harness.prompt.tokens import Count, CountText, TextCounter
from harness.promptcache.refusals.api_error import ApiError
from harness.promptcache.refusals.check import check_request, read_whole
from harness.promptcache.simulator import Simulator
from harness.promptcache.unclear_reads import UnclearReads
from harness.provider.models import given_model
from harness.provider.pricing import find_unpriced
from harness.provider.usage import Usage

_EXAMPLE = """\
FILE holds JSON lines in time order; "-" reads standard input. Each line is
  {"at": TIME, "first_token_at"?: TIME, "ended_at"?: TIME, "workspace"?: "name", "request": {...}, "usage"?: {...}}
TIME is a Unix time in seconds, milliseconds, microseconds or nanoseconds, an ISO time (UTC where it
names no zone), or seconds from any start. What a request wrote is readable once its answer begins, at
"first_token_at"; where that is missing, a read within 3 seconds is in doubt, unless its answer has
ended, at "ended_at". If "usage" holds what the
API reported, the difference is shown too, and what it bills besides tokens. Requests and usages of Bedrock's
Converse and of InvokeModel and Google Cloud are read too: add the model of the URL as "modelId" (Bedrock) or
"model", or pass --model.

exit codes:
  0  done
  2  input that cannot be judged; the reason is on standard error

example:
  harness simulate traffic.jsonl --format jsonl
"""

_HEADERS = ("index", "read", "written 5m", "written 1h", "uncached", "total", "note")
_ALIGN = ("right",) * 6 + ("left",)

_LONGEST_WAIT = 3600.0
"""Seconds after which no answer begins any more."""

_COMPARED = (
    ("uncached", "input_tokens"),
    ("written", "cache_creation_input_tokens"),
    ("read", "cache_read_input_tokens"),
)
"""The figures that are compared with what the API reported, and their keys."""

_NO_USAGE = Usage().input_to_api()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One parsed line of the input."""

    at: float
    begins_at: float | None
    """When the first token of the answer arrived, if that is known."""
    ended_at: float | None = None
    """When the whole answer had arrived, if that is known."""
    workspace: str
    prompt: Prompt
    usage: Usage | None
    """What the API reported."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Predict what the API bills for each request of a sequence."
    parser.epilog = _EXAMPLE
    parser.add_argument("file", metavar="FILE", type=Path)
    add_assumptions(parser)
    add_models(parser)
    parser.add_argument(
        "--miss-rate",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="share of reads that miss for no reason, as in the real prompt cache, from 0 to 1 (default: 0)",
    )
    parser.add_argument("--format", choices=("text", "jsonl"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print one row or JSON line for each request.

    Raises:
        RequestError: a line cannot be judged; the message starts with file and line.
    """
    assumptions = read_assumptions(options)
    simulator = Simulator(assumptions, miss_rate=options.miss_rate)
    rows = _say_if_empty(simulate(parse_lines(options.file, assumptions), simulator), options.file)
    if options.format == "jsonl":
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        print(tabulate([_cells(row) for row in rows], headers=_HEADERS, disable_numparse=True, colalign=_ALIGN))
    return 0


def _say_if_empty(rows: Iterator[dict[str, Any]], path: Path) -> Iterator[dict[str, Any]]:
    is_empty = True
    for row in rows:
        is_empty = False
        yield row
    if is_empty:
        print(f"{path}: no requests", file=sys.stderr)


def simulate(lines: Iterator[Line], simulator: Simulator) -> Iterator[dict[str, Any]]:
    """Yield the result of each request, as ``--format jsonl`` prints it."""
    unclear = UnclearReads()
    for index, line in enumerate(lines):
        error = check_request(line.prompt)
        if error is not None:
            yield _row(index, line, _NO_USAGE, Count(total=0, prefixes=()), error)
            continue
        outcome = simulator.send(
            line.prompt.record, at=line.at, workspace=line.workspace, begins_at=line.begins_at, ended_at=line.ended_at
        )
        row = _row(index, line, outcome.usage.input_to_api(), line.prompt.count, None)
        doubts = [outcome.doubt, unclear.find_doubt(line.prompt, line.workspace)]
        if any(doubts):
            row |= {"exact": False, "unmodelled": [*row["unmodelled"], *filter(None, doubts)]}
        yield row


def parse_lines(path: Path, assumptions: Assumptions = DEFAULT) -> Iterator[Line]:
    """Parse and check the lines of a file, one by one.

    Raises:
        RequestError: a line has the wrong form or goes back in time; the message starts with ``path:line:``.
    """
    latest, count_text, moments = float("-inf"), TextCounter(TokenMemo()), MomentReader()
    for place, value in read_lines(path):
        line = _parse_line(value, place, moments, count_text, assumptions)
        if line.at < latest:
            raise RequestError(f"{place}: at is {value['at']!r}, earlier than the line before, expected time order")
        latest = line.at
        yield line


def _parse_line(
    value: dict[str, Any], place: str, moments: MomentReader, count_text: CountText, assumptions: Assumptions
) -> Line:
    request = value.get("request")
    if not isinstance(request, dict):
        raise RequestError(f"{place}: request is missing or not an object")
    usage = _read_usage(value.get("usage"), place)
    try:
        # Tokens are counted later, but a body of the wrong shape must be reported with its line.
        prompt = read_whole(to_messages(request, given_model()), count_text, assumptions=assumptions)
    except RequestError as error:
        raise RequestError(f"{place}: {error.message}", hint=error.hint) from None
    at = moments.read(value.get("at"), "at", place)
    return Line(
        at=at,
        begins_at=_read_later(value, "first_token_at", at, place, moments),
        ended_at=_read_later(value, "ended_at", at, place, moments),
        workspace=str(value.get("workspace", "")),
        prompt=prompt,
        usage=usage,
    )


def _read_later(value: dict[str, Any], key: str, at: float, place: str, moments: MomentReader) -> float | None:
    """Read a time that is not before that of the request; ``None`` if it is missing."""
    given = value.get(key)
    if given is None:
        return None
    moment = moments.read(given, key, place)
    if moment < at:
        raise RequestError(f"{place}: {key} is {given!r}, earlier than at, expected that time or a later one")
    if moment > at + _LONGEST_WAIT:
        what = {"first_token_at": "began", "ended_at": "ended"}[key]
        raise RequestError(f"{place}: {key} is {given!r}, more than an hour after at, expected when its answer {what}")
    return moment


def _read_usage(value: Any, place: str) -> Usage | None:
    if isinstance(value, dict) and is_converse_usage(value):
        value = usage_from_converse(value)
    usage = None if value is None else Usage.from_api(value)
    if usage is not None and usage.faults:
        raise RequestError(f"{place}: {usage.faults[0]}")
    return usage


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(text)
    return share


def _row(index: int, line: Line, usage: dict[str, Any], count: Count, error: ApiError | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "index": index,
        "usage": usage,
        "total_input_tokens": count.total,
        "exact": count.is_exact,
        "unmodelled": list(count.unmodelled),
        "error": error.message if error else None,
    }
    if line.usage is not None:
        actual = line.usage.input_to_api()
        row["actual"] = actual
        row["difference"] = {key: usage[key] - actual[key] for _, key in _COMPARED}
        row["not_priced"] = list(find_unpriced(line.usage, line.prompt.model.id))
        row["also_billed"] = list(line.usage.also_billed)
    return row


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    usage, difference = row["usage"], row.get("difference")
    beyond = [f"{key.replace('_', ' ')}: {line}" for key in ("not_priced", "also_billed") for line in row.get(key, ())]
    notes = [_describe(difference), row["error"] or "; ".join(row["unmodelled"]), *map(printable, beyond)]
    return (
        str(row["index"]),
        f"{usage['cache_read_input_tokens']:,}",
        f"{usage['cache_creation']['ephemeral_5m_input_tokens']:,}",
        f"{usage['cache_creation']['ephemeral_1h_input_tokens']:,}",
        f"{usage['input_tokens']:,}",
        f"{row['total_input_tokens']:,}",
        "; ".join(filter(None, notes)),
    )


def _describe(difference: Mapping[str, int] | None) -> str:
    if not difference or not any(difference.values()):
        return ""
    figures = (f"{name} {difference[key]:+,}" if difference[key] else f"{name} 0" for name, key in _COMPARED)
    return f"predicted minus reported: {', '.join(figures)}"

"""``harness simulate FILE``: predict what the prompt cache bills for requests in time order."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tabulate import tabulate

from harness.cli.assumptions import add_assumptions, read_assumptions
from harness.cli.input import read_lines
from harness.client.token_memo import TokenMemo
from harness.errors import RequestError
from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.reading import Prompt, read_whole
from harness.prompt.tokens import Count, CountText, TextCounter
from harness.promptcache.api_error import ApiError
from harness.promptcache.simulator import Simulator
from harness.promptcache.validation import check_request
from harness.provider.usage import Usage

_EXAMPLE = """\
FILE holds JSON lines in time order; "-" reads standard input. Each line is
  {"at": SECONDS or ISO time, "workspace"?: "name", "request": {...}, "usage"?: {...}}
If "usage" holds what the API reported, the difference is shown too.

exit codes:
  0  done
  2  input that cannot be judged; the reason is on standard error

example:
  harness simulate traffic.jsonl --format jsonl
"""

_HEADERS = ("index", "read", "written 5m", "written 1h", "uncached", "total", "note")
_ALIGN = ("right",) * 6 + ("left",)

_NO_USAGE = Usage().input_to_api()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One parsed line of the input."""

    at: float
    workspace: str
    prompt: Prompt
    usage: dict[str, Any] | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Predict what the API bills for each request of a sequence."
    parser.epilog = _EXAMPLE
    parser.add_argument("file", metavar="FILE", type=Path)
    add_assumptions(parser)
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
    rows = simulate(parse_lines(options.file, assumptions), simulator)
    if options.format == "jsonl":
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        print(tabulate([_cells(row) for row in rows], headers=_HEADERS, disable_numparse=True, colalign=_ALIGN))
    return 0


def simulate(lines: Iterator[Line], simulator: Simulator) -> Iterator[dict[str, Any]]:
    """Yield the result of each request, as ``--format jsonl`` prints it."""
    for index, line in enumerate(lines):
        error = check_request(line.prompt)
        if error is not None:
            yield _row(index, line, _NO_USAGE, Count(total=0, prefixes=()), error)
            continue
        usage = simulator.send(line.prompt.record, at=line.at, workspace=line.workspace).usage
        yield _row(index, line, usage.input_to_api(), line.prompt.count, None)


def parse_lines(path: Path, assumptions: Assumptions = DEFAULT) -> Iterator[Line]:
    """Parse and check the lines of a file, one by one.

    Raises:
        RequestError: a line has the wrong form or goes back in time; the message starts with ``path:line:``.
    """
    latest, count_text = float("-inf"), TextCounter(TokenMemo())
    for place, value in read_lines(path):
        line = _parse_line(value, place, count_text, assumptions)
        if line.at < latest:
            raise RequestError(f"{place}: at is {value['at']!r}, earlier than the line before, expected time order")
        latest = line.at
        yield line


def _parse_line(value: dict[str, Any], place: str, count_text: CountText, assumptions: Assumptions) -> Line:
    request, usage = value.get("request"), value.get("usage")
    if not isinstance(request, dict):
        raise RequestError(f"{place}: request is missing or not an object")
    _check_usage(usage, place)
    try:
        # Tokens are counted later, but a body of the wrong shape must be reported with its line.
        prompt = read_whole(request, count_text, assumptions=assumptions)
    except RequestError as error:
        raise RequestError(f"{place}: {error.message}", hint=error.hint) from None
    return Line(
        at=_seconds(value.get("at"), place), workspace=str(value.get("workspace", "")), prompt=prompt, usage=usage
    )


def _check_usage(usage: Any, place: str) -> None:
    if usage is None:
        return
    if not isinstance(usage, dict):
        raise RequestError(f"{place}: usage is {type(usage).__name__}, expected an object")
    split = usage.get("cache_creation")
    if split is not None and not isinstance(split, dict):
        raise RequestError(f"{place}: usage.cache_creation is {type(split).__name__}, expected an object")
    for key, value in [*usage.items(), *(split or {}).items()]:
        if key.endswith("_tokens") and value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise RequestError(f"{place}: usage: {key} is {value!r}, expected a number of tokens")


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(text)
    return share


def _seconds(at: Any, place: str) -> float:
    if isinstance(at, int | float) and not isinstance(at, bool):
        return float(at)
    if isinstance(at, str):
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            pass
        else:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    raise RequestError(f"{place}: at is {at!r}, expected seconds or an ISO time")


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
        actual = Usage.from_api(line.usage).input_to_api()
        row["actual"] = actual
        row["difference"] = {
            key: usage[key] - actual[key]
            for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        }
    return row


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    usage, difference = row["usage"], row.get("difference")
    note = row["error"] or "; ".join(row["unmodelled"])
    if difference and any(difference.values()):
        note = f"differs from actual by {difference}. {note}".rstrip()
    return (
        str(row["index"]),
        f"{usage['cache_read_input_tokens']:,}",
        f"{usage['cache_creation']['ephemeral_5m_input_tokens']:,}",
        f"{usage['cache_creation']['ephemeral_1h_input_tokens']:,}",
        f"{usage['input_tokens']:,}",
        f"{row['total_input_tokens']:,}",
        note,
    )

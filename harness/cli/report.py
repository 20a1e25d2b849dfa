"""``harness report``: write a report in another format, or compare two."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.cli.differences import show
from harness.errors import ReportError, UsageError
from harness.files.json_text import load_json
from harness.files.reading import read_text
from harness.files.writing import write_atomically
from harness.reports.comparison import Comparison, compare, comparison_json, comparison_markdown, comparison_text
from harness.reports.document import read_document
from harness.reports.history import FILE, read_history
from harness.reports.html.page import render_page
from harness.reports.markdown import SUMMARY_LIMIT, markdown
from harness.reports.rebuild import is_private, rebuild

_EXAMPLE = """\
A page shows the trend if history.jsonl lies beside FILE.

exit codes:
  0  the report was written; compared, the later run has no new error
  1  the later run has an error that the earlier one has not
  2  a file cannot be read; the reason is on standard error

examples:
  harness report reports/report.json --format html > report.html
  harness report reports/report.json --format md --chart chart.png
  harness report --compare main.json reports/report.json --format md
"""

_HINT = "run pytest with harness_reports set; it writes report.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Write a report of a run in another format, or compare the reports of two runs."
    parser.epilog = _EXAMPLE
    parser.add_argument("file", metavar="FILE", type=Path, nargs="?", help="report.json of a run")
    parser.add_argument("--compare", metavar=("BEFORE", "AFTER"), type=Path, nargs=2, help="report.json of two runs")
    parser.add_argument("--chart", metavar="PNG", type=Path, help="also write a chart of the report to this file")
    parser.add_argument(
        "--format",
        choices=("text", "md", "html", "json"),
        help="md, html or json for a report (default: md); text, md or json for a comparison (default: text)",
    )


def run(options: argparse.Namespace) -> int:
    """Print the report or comparison; return 1 for a comparison with a new error, else 0.

    Raises:
        ReportError: a file is missing, or no report.
        UsageError: the options do not go together.
    """
    if (options.file is None) == (options.compare is None):
        raise UsageError("name one report, or two with --compare", hint="harness report --help")
    if options.chart is not None:
        _write_chart(options.chart, options.file)
    if options.file is not None:
        return _rewrite(options.file, _choose(_REPORTS, options.format or "md"), options.format or "md")
    name = options.format or "text"
    write = _choose(_COMPARISONS, name)
    found = compare(*(read_document(_read(path), place=str(path)) for path in options.compare))
    show(write(found), name)
    return int(found.is_worse)


def _write_chart(path: Path, report: Path | None) -> None:
    if report is None:
        raise UsageError("--chart is for one report, not for a comparison", hint="harness report --help")
    # Loads a native library.
    from harness.reports.html.picture import draw_png

    write_atomically(path, draw_png(read_document(_read(report), place=str(report))))


def _rewrite(path: Path, write: Callable[[dict[str, Any], Path], str], name: str) -> int:
    text = write(_read(path), path).rstrip("\n")
    if name == "html":
        print(text)
    else:
        show(text, name)
    return 0


def _html(data: dict[str, Any], path: Path) -> str:
    return render_page(data, history=read_history(path.parent / FILE), place=str(path))


def _markdown(data: dict[str, Any], path: Path) -> str:
    report = rebuild(read_document(data, place=str(path)))
    return markdown(report, report.findings, is_private=is_private(report.findings), limit=SUMMARY_LIMIT)


def _json(data: dict[str, Any], path: Path) -> str:
    read_document(data, place=str(path))
    return json.dumps(data, indent=2)


_REPORTS = {"md": _markdown, "html": _html, "json": _json}
_COMPARISONS: dict[str, Callable[[Comparison], str]] = {
    "text": comparison_text,
    "md": comparison_markdown,
    "json": comparison_json,
}


def _choose[Writer](writers: dict[str, Writer], name: str) -> Writer:
    if name not in writers:
        raise UsageError(f"--format {name} is not for this", hint=f"--format {' or '.join(writers)}")
    return writers[name]


def _read(path: Path) -> dict[str, Any]:
    """Read the object of a file."""
    text = read_text(path, ReportError, hint=_HINT)
    try:
        data = load_json(text)
    except json.JSONDecodeError as error:
        raise ReportError(f"{path}:{error.lineno}: not JSON: {error.msg.lower()}", hint=_HINT) from None
    except ValueError as error:
        raise ReportError(f"{path}: not JSON: {error}", hint=_HINT) from None
    if not isinstance(data, dict):
        raise ReportError(f"{path}: a JSON {type(data).__name__}, expected an object", hint=_HINT)
    return data

"""``harness cache``: show, prune or clear the local cache of `ClaudeClient`."""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.client.cache_files import CachedFile, choose, list_abandoned, list_files, remove
from harness.errors import UsageError
from harness.findings.words import count, printable
from harness.settings import Settings, parse_age, parse_size

_EXAMPLE = """\
The folder is that of PROMPT_CACHE_DIR (cache/prompts without it), unless --dir names another one.

exit codes:
  0  done
  2  the folder or an option cannot be used; the reason is on standard error

examples:
  harness cache stats
  harness cache prune --max-age 30d --max-size 500MB
  harness cache clear --dir cache/prompts
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Show, prune or clear the responses that ClaudeClient keeps on disk."
    parser.epilog = _EXAMPLE
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    stats = actions.add_parser("stats", help="count responses and bytes, by model")
    stats.add_argument("--format", choices=("text", "json"), default="text")
    prune = actions.add_parser("prune", help="remove old responses, the oldest first, and damaged files")
    prune.add_argument("--max-age", metavar="AGE", type=_read_age, help="such as 90m, 12h, 30d or 8w")
    prune.add_argument("--max-size", metavar="SIZE", type=_read_size, help="such as 800kB, 500MB or 2GB")
    clear = actions.add_parser("clear", help="remove all responses")
    for action in (stats, prune, clear):
        action.add_argument("--dir", metavar="FOLDER", type=Path, help="folder of the cache")


def run(options: argparse.Namespace) -> int:
    """Do what was asked; return 0.

    Raises:
        UsageError: there is no such folder, or nothing says what to prune.
        SettingsError: a variable of the environment is not allowed.
    """
    folder: Path = options.dir or Settings.from_environment().local_cache_dir
    if options.dir is not None and not folder.is_dir():
        raise UsageError(f"{folder} is no folder", hint="give the folder that PROMPT_CACHE_DIR names")
    files, now = list_files(folder), datetime.now(UTC)
    if options.action == "stats":
        print(_stats_json(folder, files) if options.format == "json" else _stats(folder, files))
        return 0
    if options.action == "prune":
        if options.max_age is None and options.max_size is None:
            raise UsageError("nothing says what to prune", hint="harness cache prune --max-age 30d --max-size 500MB")
        chosen = choose(files, now=now, max_age=options.max_age, max_size=options.max_size)
    else:
        chosen = files
    abandoned = list_abandoned(folder, now=now)
    remove([*(one.path for one in chosen), *abandoned])
    kept = len(files) - len(chosen)
    size = sum(one.size for one in chosen)
    print(f"removed {count(len(chosen), 'response')}, {size:,} bytes; {kept:,} kept in {printable(str(folder))}")
    return 0


def _stats(folder: Path, files: Sequence[CachedFile]) -> str:
    lines = [f"{printable(str(folder))}: {count(len(files), 'response')}, {sum(one.size for one in files):,} bytes"]
    if files:
        lines.append(f"written from {_day(files[0])} to {_day(files[-1])}")
    for model, number in sorted(Counter(one.model for one in files if one.model is not None).items()):
        lines.append(f"  {printable(model)}: {number:,}")
    if damaged := sum(one.model is None for one in files):
        lines.append(f"  damaged: {damaged:,}, which count as misses: harness cache prune removes them")
    return "\n".join(lines)


def _stats_json(folder: Path, files: Sequence[CachedFile]) -> str:
    document = {
        "folder": str(folder),
        "responses": len(files),
        "bytes": sum(one.size for one in files),
        "oldest": files[0].written.isoformat() if files else None,
        "newest": files[-1].written.isoformat() if files else None,
        "models": dict(sorted(Counter(one.model for one in files if one.model is not None).items())),
        "damaged": sum(one.model is None for one in files),
    }
    return json.dumps(document, indent=2)


def _day(file: CachedFile) -> str:
    return f"{file.written:%Y-%m-%d %H:%M} UTC"


def _read_age(text: str) -> timedelta:
    age = parse_age(text)
    if age is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no age, expected a number with m, h, d or w, such as 30d")
    return age


def _read_size(text: str) -> int:
    size = parse_size(text)
    if size is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size, expected a number with B, kB, MB or GB, such as 500MB")
    return size

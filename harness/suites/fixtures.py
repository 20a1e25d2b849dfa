"""Fixture files: JSON documents such as resumes and jobs, and the texts of prompts."""

import json
import re
from os.path import realpath
from pathlib import Path
from typing import Any

from harness.errors import SuiteError
from harness.files import decode_text, load_json, read_file
from harness.findings.words import printable

_MAX_DEPTH = 100
"""The same as of a suite file, which may hold inputs too."""
_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


def load_text(path: Path, named_at: str, root: Path | None = None) -> str:
    """Load a prompt's text; ``named_at`` is the ``path:line`` of the suite file that names it.

    Raises:
        SuiteError: the file is unreadable, empty, not UTF-8, or outside ``root``, if that is given.
    """
    text = _read(path, named_at, root)
    if not text.strip():
        raise SuiteError(f"{path}:1: the prompt is empty")
    return text


def load_fixture(path: Path, named_at: str, root: Path | None = None) -> Any:
    """Load a fixture's content; ``named_at`` is the ``path:line`` of the suite file that names it.

    Raises:
        SuiteError: the file is unreadable, not JSON, or outside ``root``, if that is given.
    """
    text = _read(path, named_at, root)
    if not text.strip():
        raise SuiteError(f"{path}:1: the file is empty")
    try:
        content = load_json(text, max_depth=_MAX_DEPTH)
    except json.JSONDecodeError as error:
        raise SuiteError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None
    except ValueError as error:
        raise SuiteError(f"{path}:1: not JSON: {error}") from None
    if (half := _HALF_OF_A_PAIR.search(json.dumps(content, ensure_ascii=False))) is not None:
        raise SuiteError(f"{path}:1: {half[0]!r} is half of a surrogate pair, which no request can carry")
    return content


def _read(path: Path, named_at: str, root: Path | None) -> str:
    try:
        if root is not None and not _is_inside(path, root):
            raise SuiteError(
                f"{named_at}: {printable(str(path))} is outside the project {root}, "
                "and its text would be committed with the cassettes",
                hint="move it into the project, or allow it: harness_allow_outside = true",
            )
        data = read_file(path)
    except OSError as error:
        raise SuiteError(f"{named_at}: {printable(str(path))} is unreadable: {error.strerror}") from None
    # Git may check a file out with other line ends, which must not be another prompt.
    return decode_text(data, path, SuiteError).replace("\r\n", "\n").replace("\r", "\n")


def _is_inside(path: Path, root: Path) -> bool:
    """Whether a file is below a folder, after links are followed; one that has no valid name is not read anyway."""
    try:
        return Path(realpath(path)).is_relative_to(realpath(root))
    except ValueError:
        return True

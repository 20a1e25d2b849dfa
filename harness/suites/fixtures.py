"""Fixture files: JSON documents such as resumes and jobs, and the texts of prompts."""

import json
from pathlib import Path
from typing import Any

from harness.errors import SuiteError


def load_text(path: Path, named_at: str) -> str:
    """Load a prompt's text; ``named_at`` is the ``path:line`` of the suite file that names it.

    Raises:
        SuiteError: the file is unreadable, empty or not UTF-8.
    """
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise SuiteError(f"{named_at}: {path} is unreadable: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path}:{_line(error)}: not UTF-8 text: {error.reason}") from None
    if not text.strip():
        raise SuiteError(f"{path}:1: the prompt is empty")
    return text


def load_fixture(path: Path, named_at: str) -> Any:
    """Load a fixture's content; ``named_at`` is the ``path:line`` of the suite file that names it.

    Raises:
        SuiteError: the file is unreadable or not JSON.
    """
    try:
        return json.loads(path.read_bytes().decode())
    except OSError as error:
        raise SuiteError(f"{named_at}: {path} is unreadable: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path}:{_line(error)}: not UTF-8 text: {error.reason}") from None
    except json.JSONDecodeError as error:
        raise SuiteError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None


def _line(error: UnicodeDecodeError) -> int:
    return error.object[: error.start].count(b"\n") + 1

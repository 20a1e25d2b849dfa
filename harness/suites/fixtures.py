"""Fixture files: JSON documents such as resumes and jobs, and the texts of prompts."""

import json
from pathlib import Path
from typing import Any

from harness.errors import SuiteError
from harness.files import decode_text


def load_text(path: Path, named_at: str) -> str:
    """Load a prompt's text; ``named_at`` is the ``path:line`` of the suite file that names it.

    Raises:
        SuiteError: the file is unreadable, empty or not UTF-8.
    """
    text = _read(path, named_at)
    if not text.strip():
        raise SuiteError(f"{path}:1: the prompt is empty")
    return text


def load_fixture(path: Path, named_at: str) -> Any:
    """Load a fixture's content; ``named_at`` is the ``path:line`` of the suite file that names it.

    Raises:
        SuiteError: the file is unreadable or not JSON.
    """
    text = _read(path, named_at)
    if not text.strip():
        raise SuiteError(f"{path}:1: the file is empty")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SuiteError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None


def _read(path: Path, named_at: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{named_at}: {path} is unreadable: {error.strerror}") from None
    return decode_text(data, path, SuiteError)

"""Requests that the API refuses, and that a test sent all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import CheckError, HarnessError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.prompt.reader import PromptReader


def explain_refusal(reader: PromptReader, bodies: Iterable[bytes]) -> HarnessError | None:
    """Make the error of the first body that the API refuses, or that belongs to another API; ``None`` without any."""
    from harness.suites.checks import check_refusal

    for body in bodies:
        try:
            finding = check_refusal(reader.read(body))
        except RequestError as error:
            return error
        if finding is not None:
            return CheckError(str(finding), findings=(finding,))
    return None

"""An error with which the API refuses a request, in the API's words."""

from typing import NamedTuple

from harness.promptcache.causes import Cause

UNCONFIRMED = "(text not confirmed) "
"""Start of a message for which the API's wording is not public."""


class ApiError(NamedTuple):
    """An error as the API answers it, with its cause and its place."""

    status: int
    type: str
    message: str
    cause: Cause = "other"
    path: str | None = None
    is_quoting: bool = False
    """The message quotes a name, id or value of the request."""


def invalid(message: str, cause: Cause = "other", path: str | None = None, *, is_quoting: bool = False) -> ApiError:
    """Make an ``invalid_request_error``; ``path`` is its place in the request."""
    return ApiError(400, "invalid_request_error", message, cause, path, is_quoting)


def dotted(path: str) -> str:
    """Write a path as the API does: ``messages.0.content.1`` for ``messages[0].content[1]``."""
    return path.replace("[", ".").replace("]", "")

"""An error as the API answers it."""

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


def invalid_request(message: str, cause: Cause = "other", path: str | None = None) -> ApiError:
    """Make the error of a request that the API refuses with status 400."""
    return ApiError(400, "invalid_request_error", message, cause, path)

"""An error that answers a request, wherever it is found."""

from collections.abc import Mapping
from typing import Any, Self

from harness.promptcache.refusals.api_error import ApiError


class ApiFailureError(Exception):
    """Ends the work on a request with an error of the API."""

    def __init__(self, error: ApiError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error)
        self.error, self.headers = error, headers or {}
        self.details: Mapping[str, Any] = {}

    @classmethod
    def of(cls, status: int, kind: str, message: str) -> Self:
        """Make one from its parts."""
        return cls(ApiError(status, kind, message))

    @classmethod
    def invalid(cls, message: str) -> Self:
        """Make an ``invalid_request_error``."""
        return cls.of(400, "invalid_request_error", message)

    def to_json(self, request_id: str) -> dict[str, Any]:
        """The body that answers."""
        error: dict[str, Any] = {"type": self.error.type, "message": self.error.message}
        if self.details:
            error["details"] = self.details
        return {"type": "error", "error": error, "request_id": request_id}

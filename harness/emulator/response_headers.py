"""The headers of a response of the API.

Source: platform.claude.com/docs/en/api/rate-limits and /api/errors (checked 2026-11-25).
"""

from datetime import UTC, datetime

from harness.emulator.http import HttpRequest

ORGANIZATION = "00000000-0000-4000-8000-000000000000"
WORKSPACE = "wrkspc_emulated"

_LIMITS = {"requests": 4_000, "tokens": 2_400_000, "input-tokens": 2_000_000, "output-tokens": 400_000}
"""Limits of the emulated organization. None is ever reached; a script or a header asks for a 429."""


def make_headers(request: HttpRequest, *, request_id: str, at: float) -> dict[str, str]:
    """Make the headers of an answer to a request that arrived ``at`` seconds after the epoch."""
    headers = {
        "content-type": "application/json",
        "request-id": request_id,
        "anthropic-organization-id": ORGANIZATION,
        "anthropic-workspace-id": request.headers.get("anthropic-workspace-id") or WORKSPACE,
    }
    reset = write_time(at)
    for name, limit in _LIMITS.items():
        prefix = f"anthropic-ratelimit-{name}"
        headers |= {f"{prefix}-limit": str(limit), f"{prefix}-remaining": str(limit), f"{prefix}-reset": reset}
    return headers


def write_time(at: float) -> str:
    """Write a time as the API does: RFC 3339, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

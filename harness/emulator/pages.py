"""Pages of a list, as the API cuts them: ``limit``, ``after_id`` and ``before_id``."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.emulator.failure import ApiFailureError

_DEFAULT, _MOST = 20, 1000


def page_of(items: Sequence[Mapping[str, Any]], query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Cut one page of items that have an ``id``.

    Raises:
        ApiFailureError: a parameter has a value that the API refuses.
    """
    given = query.get("limit", [str(_DEFAULT)])[-1]
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= _MOST):
        raise ApiFailureError.invalid(f"limit: Input should be between 1 and {_MOST}")
    limit, ids = int(given), [item["id"] for item in items]
    after, before = (query.get(key, [""])[-1] for key in ("after_id", "before_id"))
    start, end = 0, len(items)
    if after:
        start = ids.index(after) + 1 if after in ids else end
    if before:
        end = ids.index(before) if before in ids else start
        start = max(start, end - limit)
    page = list(items[start : min(end, start + limit)])
    has_more = start > 0 if before else start + limit < end
    return {
        "data": page,
        "has_more": has_more,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
    }

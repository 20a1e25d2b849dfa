"""Explanations of lost prefixes: what the API's cache diagnostics say, beside our own comparison."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from harness.client.answers import to_dict
from harness.client.metrics import CacheMetrics
from harness.errors import RequestError
from harness.prompt.wire import to_body
from harness.provider.usage import Usage

logger = logging.getLogger("harness.client")

NO_DIFFERENCE = "no difference"
"""What the API says, in a word, where it found no reason."""
_STATIC = ("model_changed", "system_changed", "tools_changed")
"""Reasons that never should be: that messages differ is how calls with one system prompt are."""
_PENDING = "nothing yet"
_NO_VERDICT = (_PENDING, "previous_message_not_found")
"""What the API says where it has compared nothing."""


class Sent(NamedTuple):
    """An answered call."""

    message_id: str
    body: bytes
    at: datetime
    prefix_tokens: int


class Compared(NamedTuple):
    """What comparing two requests says."""

    cause: str
    """In one word, to be counted."""
    finding: str
    """In full."""
    expected: str | None
    """What the API should say; ``None`` if we cannot tell."""


class Misses:
    """The last call of each model and prompt version, to which the next one is compared."""

    def __init__(self, metrics: CacheMetrics, compare: Callable[[Sent, Sent], Compared]) -> None:
        self._metrics, self._compare = metrics, compare
        self._sent: dict[tuple[str, str], Sent] = {}

    def ask(self, request: dict[str, Any], version: str) -> dict[str, Any]:
        """Add the question to a request, unless the caller asks himself."""
        if "diagnostics" in request:
            return request
        before = self._sent.get((version, str(request.get("model"))))
        return {**request, "diagnostics": {"previous_message_id": before.message_id if before else None}}

    def report(self, request: Mapping[str, Any], version: str, message: Any, usage: Usage, at: datetime) -> None:
        """Warn if a call could not read what the one before it read or wrote; then it is the one before."""
        key = version, str(request.get("model"))
        before = self._sent.get(key)
        try:
            body = to_body(request)
        except RequestError:
            return
        self._sent[key] = now = Sent(str(getattr(message, "id", None) or ""), body, at, usage.prefix_tokens)
        asked = request.get("diagnostics")
        asked_about = asked.get("previous_message_id") if isinstance(asked, Mapping) else None
        if before is None or asked_about != before.message_id:
            return
        reason = _read_reason(message)
        if reason in _STATIC or usage.cache_read_input_tokens < before.prefix_tokens:
            self._warn(before, now, reason, key)

    def _warn(self, before: Sent, now: Sent, reason: str, key: tuple[str, str]) -> None:
        cause, ours, expected = self._compare(before, now)
        differs = expected is not None and reason not in _NO_VERDICT and expected != reason
        self._metrics.count_miss(cause)
        logger.warning(
            "lost prefix: model %s, version %r, after %s: the API says %s; comparing the requests says %s%s",
            key[1],
            key[0],
            before.message_id,
            reason,
            ours,
            f"; they disagree: the API should have said {expected}" if differs else "",
        )


def _read_reason(message: Any) -> str:
    """The type of the API's reason, or why there is none."""
    diagnostics = getattr(message, "diagnostics", None)
    if diagnostics is None:
        return NO_DIFFERENCE
    plain = to_dict(diagnostics) if hasattr(diagnostics, "to_dict") else diagnostics
    reason = plain.get("cache_miss_reason") if isinstance(plain, Mapping) else None
    return str(reason.get("type")) if isinstance(reason, Mapping) else _PENDING

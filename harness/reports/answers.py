"""The answers of a test as the reports show them, with what changed since they were accepted."""

from __future__ import annotations

from difflib import unified_diff
from hashlib import sha256
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from harness.calls.answer import answer_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.calls.call import Call

_CONTEXT = 2
"""Lines shown around a change."""


def list_answers(
    calls: Sequence[Call], accepted: Sequence[str], *, may_show: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """List the answers of a test, equal ones once, each with the keys of ``AnswerModel``.

    ``accepted`` are the accepted texts, call by call. Of a text that ``may_show`` refuses, there is only its digest.
    """
    found: dict[str, dict[str, Any]] = {}
    for call, before in zip_longest(calls, accepted[: len(calls)]):
        text = answer_text(call.answer)
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if digest in found:
            continue
        is_shown = may_show(text)
        found[digest] = {
            "text": text if is_shown else None,
            "sha256": digest,
            "length": len(text),
            "accepted_diff": (diff(before, text) if before is not None and is_shown else "") or None,
        }
    return list(found.values())


def diff(before: str, after: str) -> str:
    """The unified diff of two answers; empty if they are equal."""
    lines = unified_diff(before.splitlines(), after.splitlines(), "accepted", "now", n=_CONTEXT, lineterm="")
    return "\n".join(lines)

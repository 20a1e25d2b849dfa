"""Comparison of a call with the one before it, for ``ClaudeClient(explain_misses=True)``."""

from harness.client.misses import NO_DIFFERENCE, Compared, Sent
from harness.errors import RequestError
from harness.numbers import parse_json
from harness.prompt.reading import Prompt, read
from harness.promptcache.diagnostics import diagnose
from harness.promptcache.explain import explain


def compare(before: Sent, now: Sent) -> Compared:
    """Explain what a call lost of what the one before it wrote, and predict what the API says about it."""
    try:
        old, new = _read(before.body), _read(now.body)
        explanation = explain(old, new, gap_seconds=max(0.0, (now.at - before.at).total_seconds()))
        reason = diagnose(old, new)
    except RequestError as error:
        return Compared("cannot tell", f"nothing ({error.message})", None)
    expected = NO_DIFFERENCE if reason is None else str(reason["type"])
    if explanation.cause is None:
        return Compared("provider", "that nothing should be lost", expected)
    finding = f"{explanation.cause} at {explanation.path}, {explanation.tokens_lost:,} tokens lost"
    return Compared(explanation.cause, finding, expected)


def _read(body: bytes) -> Prompt:
    request = parse_json(body)
    return read({key: value for key, value in request.items() if key != "diagnostics"})

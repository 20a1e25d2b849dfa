"""Three witnesses of a live second call: our prediction, the usage, and the API's cache diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

from harness.calls.call import NO_DIVERGENCE, PENDING, Call
from harness.findings.finding import Finding, Severity
from harness.prompt.tokens import CountText
from harness.promptcache.simulator import Simulator
from harness.suites.checks import SECONDS_BETWEEN

_SILENT = (None, PENDING, "previous_message_not_found", "unavailable")
"""Words of the diagnostics that tell of no change.

``unavailable`` also stands for a difference beyond what they compare. Source:
platform.claude.com/docs/en/build-with-claude/cache-diagnostics (checked 2026-11-23).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the witnesses say of a second call: does it read all that the first one read or wrote?"""

    predicted: bool | None
    """By the simulator; ``None`` where the request cannot be counted offline."""
    read: bool
    """By the usage."""
    diagnostics: str | None
    """As `Call.diagnostics`."""
    is_equal: bool
    """Both requests have the same bytes."""

    @property
    def is_flake(self) -> bool:
        """Whether nothing explains why it did not read."""
        return self.is_equal and self.predicted is True and not self.read

    @property
    def names_change(self) -> bool:
        """Whether the diagnostics see a change, be it behind the last breakpoint."""
        return self.diagnostics not in (*_SILENT, NO_DIVERGENCE)

    @property
    def facts(self) -> tuple[str, ...]:
        """The word of each, a line each."""
        predicted = {True: "reads all", False: "does not read all", None: "cannot tell"}[self.predicted]
        return (
            f"prediction:  {predicted}",
            f"usage:       {'reads all' if self.read else 'does not read all'}",
            f"diagnostics: {self.diagnostics or 'no word'}",
        )


def hear(first: Call, second: Call, count_text: CountText, *, is_compared: bool = True) -> Evidence:
    """What the witnesses say of a second call.

    ``is_compared``: the diagnostics of the second were asked to compare it with this first one.

    Raises:
        RequestError: one of the bodies does not have the shape of a Messages request.
    """
    expected = first.usage.prefix_tokens
    return Evidence(
        predicted=_predict(first, second, count_text),
        read=0 < expected <= second.usage.cache_read_input_tokens,
        diagnostics=second.diagnostics if is_compared else None,
        is_equal=first.body == second.body,
    )


def find_disagreement(evidence: Evidence) -> Finding | None:
    """A finding if the witnesses do not say the same; an error if a miss has no explanation.

    The diagnostics compare requests, not what is in the prompt cache: that they see no change
    explains nothing where a prefix is too short or has expired, and a change that they see may
    stand behind the last breakpoint.
    """
    level = _judge(evidence)
    if level is None:
        return None
    return Finding(
        rule="disagreement",
        level=level,
        headline="prediction, usage and diagnostics disagree on whether the second call read what the first one wrote",
        facts=evidence.facts,
    )


def _judge(said: Evidence) -> Severity | None:
    if said.predicted is True and not said.read:
        return "warning" if said.names_change else "error"
    if said.predicted is False and said.read:
        return "warning"
    if said.read:
        # In equal requests there is no change that could stand anywhere.
        return "warning" if said.names_change and said.is_equal else None
    return "warning" if said.predicted is None and said.diagnostics == NO_DIVERGENCE else None


def _predict(first: Call, second: Call, count_text: CountText) -> bool | None:
    simulator = Simulator()
    prompts = (first.prompt, second.prompt)
    if not all(prompt.count.is_exact for prompt in prompts):
        return None
    one, two = (
        simulator.send(prompt.record, at=number * SECONDS_BETWEEN).usage for number, prompt in enumerate(prompts)
    )
    return 0 < one.prefix_tokens <= two.cache_read_input_tokens

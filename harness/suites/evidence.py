"""Three sources for whether a live call read its prefix: our prediction, the usage, the API's cache diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

from harness.calls.call import NO_DIVERGENCE, PENDING, Call
from harness.findings.finding import Finding, Severity
from harness.promptcache.simulator import Simulator
from harness.suites.call_names import CallNames
from harness.suites.checks import SECONDS_BETWEEN, expected_tokens, static_tokens
from harness.suites.plan import Extent

_NO_CHANGE_NAMED = (None, PENDING, "previous_message_not_found", "unavailable")
"""Answers of the diagnostics that name no change.

``unavailable`` also covers differences that the diagnostics do not compare. Source:
platform.claude.com/docs/en/build-with-claude/cache-diagnostics (checked 2026-11-23).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Whether a later call reads what an earlier one read or wrote, according to each of the three sources."""

    predicted: bool | None
    """According to the simulator; ``None`` if the request cannot be counted offline."""
    read: bool
    """According to the usage."""
    diagnostics: str | None
    """As `Call.diagnostics`."""
    is_equal: bool
    """Both requests have the same bytes."""

    @property
    def is_unpredicted_miss(self) -> bool:
        """Whether the call did not read although the prediction says that it does."""
        return self.predicted is True and not self.read

    @property
    def is_flake(self) -> bool:
        """Whether an equal request did not read although the prediction says that it does."""
        return self.is_equal and self.is_unpredicted_miss

    @property
    def names_change(self) -> bool:
        """Whether the diagnostics report a change, anywhere in the request."""
        return self.diagnostics not in (*_NO_CHANGE_NAMED, NO_DIVERGENCE)

    @property
    def facts(self) -> tuple[str, ...]:
        """One line for each source."""
        predicted = {True: "reads all", False: "does not read all", None: "cannot tell"}[self.predicted]
        return (
            f"prediction:  {predicted}",
            f"usage:       {'reads all' if self.read else 'does not read all'}",
            f"diagnostics: {self.diagnostics or 'none'}",
        )


def gather_evidence(earlier: Call, later: Call, *, is_compared: bool = True, extent: Extent = "all") -> Evidence:
    """Gather the evidence on one read.

    ``is_compared``: the diagnostics of the later call compare it with this earlier one.

    Raises:
        RequestError: one of the bodies does not have the shape of a Messages request.
    """
    expected = expected_tokens(earlier, extent)
    return Evidence(
        predicted=_predict(earlier, later, extent),
        read=0 < expected <= later.usage.cache_read_input_tokens,
        diagnostics=later.diagnostics if is_compared else None,
        is_equal=earlier.body == later.body,
    )


def find_disagreement(evidence: Evidence, names: CallNames | None = None) -> Finding | None:
    """Report a disagreement of the sources; an error if a miss has no explanation.

    The diagnostics compare requests, not the content of the prompt cache: a prefix that is too
    short or has expired misses without a change, and a reported change may be after the last
    breakpoint.
    """
    level = _judge(evidence)
    if level is None:
        return None
    named = names or CallNames()
    return Finding(
        rule="disagreement",
        level=level,
        headline="prediction, usage and diagnostics disagree on whether "
        f"{named.later} read what {named.earlier_again} wrote",
        facts=evidence.facts,
    )


def _judge(evidence: Evidence) -> Severity | None:
    if evidence.is_unpredicted_miss:
        return "warning" if evidence.names_change else "error"
    if evidence.predicted is False and evidence.read:
        return "warning"
    if evidence.read:
        # Equal requests cannot hold a change.
        return "warning" if evidence.names_change and evidence.is_equal else None
    return "warning" if evidence.predicted is None and evidence.diagnostics == NO_DIVERGENCE else None


def _predict(earlier: Call, later: Call, extent: Extent) -> bool | None:
    simulator = Simulator()
    prompts = (earlier.prompt, later.prompt)
    if any(prompt.uncertain_breakpoints for prompt in prompts):
        return None
    one, two = (
        simulator.send(prompt.record, at=number * SECONDS_BETWEEN).usage for number, prompt in enumerate(prompts)
    )
    expected = one.prefix_tokens if extent == "all" else static_tokens(prompts[0])
    return 0 < expected <= two.cache_read_input_tokens

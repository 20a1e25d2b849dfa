"""The rules: one row for each kind of finding. Exit codes, verdicts and every report read these rows."""

from dataclasses import dataclass
from typing import Literal

RunVerdict = Literal["pass", "cannot tell", "fail", "bust"]
"""``fail``: tests failed, but no check of the prompt cache did. Worst last."""

Rule = Literal[
    "accepted-bust",
    "answer-check",
    "budget",
    "bust",
    "cannot-tell",
    "cassette-miss",
    "check",
    "cost",
    "disagreement",
    "invalid-input",
    "leak",
    "network-blocked",
    "never-cached",
    "new-prompt",
    "new-version",
    "old-cassette",
    "prediction",
    "regression",
    "second-call",
    "skipped",
    "unplayed",
    "unstable",
    "unused",
    "worse",
]
"""Kind of a finding; also the id of the rule in SARIF."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """Texts and verdict of one rule."""

    short: str
    """One sentence without a full stop; code scanning shows it beside a result."""
    help: str
    """What the finding means, and what to do about it."""
    verdict: RunVerdict = "bust"
    """Verdict of a run with an error of this rule."""


RULES: dict[Rule, RuleRow] = {
    "accepted-bust": RuleRow(
        short="An accepted change busts the prompt cache",
        help="The prefix changed under the same version, and the change was accepted with a reason. The first call "
        "after the release writes the new prefix once; calls that were cached under the old one pay for it.",
    ),
    "answer-check": RuleRow(
        short="An answer fails a check",
        help="The answer of a case, or too many answers of a version, is not what a check of the suite asks for. "
        "Change the prompt, or the check.",
        verdict="fail",
    ),
    "budget": RuleRow(
        short="The run stopped before it exceeded its budget",
        help="Calls to the real API cost money, and the next one could have exceeded the limit that was set. Cases "
        "that were not called are not checked: raise the limit, or run fewer cases.",
        verdict="cannot tell",
    ),
    "bust": RuleRow(
        short="The cached prefix is no longer the accepted one",
        help="A request as built now does not read what the accepted one wrote, so its prefix is billed as written "
        "again. Undo the change, move it after the last breakpoint, give the prompt a new version, or accept it.",
    ),
    "cannot-tell": RuleRow(
        short="The check cannot tell",
        help="What the check needs is missing or cannot be read, so it neither passes nor fails the prompt.",
        verdict="cannot tell",
    ),
    "cassette-miss": RuleRow(
        short="A request is not in its cassette",
        help="The request as built now does not equal any recorded one, byte for byte. Undo the change, or record the "
        "cassette again.",
    ),
    "check": RuleRow(
        short="A check failed",
        help="The message says which one, and what it expected.",
        verdict="fail",
    ),
    "cost": RuleRow(
        short="Calls cost more than their limit",
        help="At today's prices, the calls of a test reach the limit that it sets. Let more of the prompt be read "
        "instead of written or sent uncached, ask for less, or raise the limit.",
    ),
    "disagreement": RuleRow(
        short="Prediction, usage and diagnostics disagree",
        help="Three sources describe one call differently. Trust none of them until you know why.",
    ),
    "invalid-input": RuleRow(
        short="A suite, cassette or option is not valid",
        help="The file or option that the message names cannot be used as it is. Fix it, or restore it from version "
        "control.",
        verdict="cannot tell",
    ),
    "leak": RuleRow(
        short="The cached prefix depends on the inputs of a single case",
        help="A prefix that contains an input of one user or one case, or something derived from it, is read by that "
        "one alone; all others write their own. Move it after the last breakpoint.",
    ),
    "network-blocked": RuleRow(
        short="A test tried to connect to another machine",
        help="Unless the real API answers, only loopback addresses are reachable, so that no call goes unnoticed. Call "
        "Claude through a fixture, fake other hosts, or add them to harness_ignore_hosts.",
        verdict="fail",
    ),
    "never-cached": RuleRow(
        short="A request never reads the prompt cache",
        help="Sent twice, the request reads nothing the second time: it has no breakpoint, its prefix is shorter than "
        "the model's minimum, or the API refuses it.",
    ),
    "new-prompt": RuleRow(
        short="A prompt is not in the lock file yet",
        help="There is no accepted prompt to compare this one with. Accept it, and commit the lock file.",
    ),
    "new-version": RuleRow(
        short="A prompt has a new version",
        help="The new prefix is written once, by the first call after the release. Accept it, and commit the lock "
        "file.",
    ),
    "old-cassette": RuleRow(
        short="A cassette is older than allowed",
        help="It was recorded longer ago than --harness-max-age allows. Record it again.",
        verdict="fail",
    ),
    "prediction": RuleRow(
        short="A call was not billed as predicted",
        help="By the documented rules, the simulator predicts a different usage from what the API reported. Either the "
        "prompt has changed since the recording, or a rule has.",
    ),
    "regression": RuleRow(
        short="A case that passed when it was accepted fails now",
        help="The lock file holds what the checks of the answers said when they were accepted. Undo the change, or "
        "accept the new results.",
        verdict="fail",
    ),
    "second-call": RuleRow(
        short="The second call does not read what the first one wrote",
        help="Two calls with the same prefix, within its TTL, must read it the second time. Something before the last "
        "breakpoint differs between them.",
    ),
    "skipped": RuleRow(
        short="An accepted prompt was not checked, because its test was skipped",
        help="The lock file holds what the test sends, and this run has not compared it.",
        verdict="cannot tell",
    ),
    "unplayed": RuleRow(
        short="A cassette holds a request that its test does not send",
        help="A recorded request that is no longer sent proves nothing. Record the cassette again.",
        verdict="fail",
    ),
    "unstable": RuleRow(
        short="The same inputs build a different prefix",
        help="Built again under another clock, hash seed, time zone, locale, host or order, the prefix has "
        "different bytes. In production each process or each day would write its own.",
    ),
    "unused": RuleRow(
        short="An entry of the lock file belongs to no prompt",
        help="The suite, version or case is gone. Drop the entry, so that the lock file lists only what exists.",
    ),
    "worse": RuleRow(
        short="A prompt version is worse than the one before it",
        help="On the same cases, the results of a check are worse at the 2.5 % level, one-sided, after correction for "
        "all comparisons of the run. Change the prompt, or keep the earlier version.",
        verdict="fail",
    ),
}

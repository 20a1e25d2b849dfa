"""For each rule what it says, and what to know of it: the texts that code scanning shows beside a result."""

from harness.findings.finding import Rule

RULES: dict[Rule, tuple[str, str]] = {
    "accepted-bust": (
        "An accepted change busts the prompt cache",
        "The prefix changed under the same version, and the change was accepted with a reason. The first call after "
        "the release writes the new prefix once; calls that were cached under the old one pay for it.",
    ),
    "budget": (
        "The run stopped before it passed its budget",
        "Calls to the real API cost money, and the next one could have passed the limit that was set. What was not "
        "called is not proved: raise the limit, or run fewer cases.",
    ),
    "bust": (
        "The cached prefix is not the accepted one any more",
        "A request as built now does not read what the accepted one wrote, so its prefix is billed as written again. "
        "Undo the change, move it behind the last breakpoint, give the prompt a new version, or accept it.",
    ),
    "cassette-miss": (
        "A request is not in its cassette",
        "The request as built now is not, byte for byte, one that was recorded. Undo the change, or record the "
        "cassette anew.",
    ),
    "leak": (
        "Text of a single case stands in the cached prefix",
        "A prefix that holds text of one user or one case is read by that one alone; everybody else writes their "
        "own. Move the text behind the last breakpoint.",
    ),
    "never-cached": (
        "A request never reads the prompt cache",
        "Sent twice, the request reads nothing the second time: it has no breakpoint, its prefix is shorter than the "
        "model's minimum, or the API refuses it.",
    ),
    "new-prompt": (
        "A prompt is not in the lock file yet",
        "Nothing was accepted that this prompt could be compared with. Accept it, and commit the lock file.",
    ),
    "new-version": (
        "A prompt has a new version",
        "The new prefix is written once, by the first call after the release. Accept it, and commit the lock file.",
    ),
    "prediction": (
        "A call was not billed as predicted",
        "The simulator, by the documented rules, comes to another usage than the API reported. Either the prompt was "
        "changed since the recording, or a rule was.",
    ),
    "second-call": (
        "The second call does not read what the first one wrote",
        "Two calls with the same prefix, within its time to live, must read it the second time. Something in front "
        "of the last breakpoint differs between them.",
    ),
    "cannot-tell": (
        "The check cannot tell",
        "What the check needs is missing or cannot be read, so it neither passes nor fails the prompt.",
    ),
    "unstable": (
        "The same inputs build another prefix",
        "Built again under another clock, hash seed, time zone, locale, host or order, the prefix has other bytes. "
        "In production each process or each day would write its own.",
    ),
    "unused": (
        "An entry of the lock file belongs to no prompt",
        "The suite, version or case is gone. Drop the entry, so that the lock file says what is there.",
    ),
    "disagreement": (
        "Prediction, usage and diagnostics disagree",
        "Three sources describe one call differently. Trust none of them until you know why.",
    ),
}

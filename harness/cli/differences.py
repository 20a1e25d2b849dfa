"""Printing of lock files and of their differences, for the commands that compare them."""

from harness.lock.entries import Lock
from harness.settings import GithubSettings

STYLES = {"text": "simple", "markdown": "github"}
"""The style of a table by output format."""


def show(text: str, style: str) -> None:
    """Print text that may hold the user's names and prompts, so that GitHub takes none of it for a command."""
    if style == "json":
        # No line of JSON begins with a command, and older ones can occur only in its strings.
        text = text.replace("##", r"#\u0023")
    elif GithubSettings.from_environment().has_annotations:
        from harness.reports.github import defuse

        text = defuse(text)
    print(text)


def print_difference(old: Lock, new: Lock, style: str, *, same: str = "no difference") -> int:
    """Print how two lock files differ, or ``same``; return 1 if an entry changed without a reason, or is gone."""
    from harness.lock.difference import compare_locks, difference_json, difference_table, flipped_lines

    differences = compare_locks(old, new)
    if style == "json":
        show(difference_json(differences), style)
    else:
        show(difference_table(differences, style=STYLES[style]) or same, style)
        if flipped := flipped_lines(differences):
            start = "\nchecks whose result changed:\n\n" if style == "markdown" else "\nchecks whose result changed:\n"
            show(start + "\n".join(f"- {line}" for line in flipped), style)
    return int(any(difference.is_bust for difference in differences))

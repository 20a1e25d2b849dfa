"""Measures token counts and billing against recorded calls of the real API, and writes docs/accuracy.md.

Run: python scripts/accuracy.py
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from harness.prompt import read  # noqa: E402
from harness.prompt.text import block_text  # noqa: E402
from harness.prompt.volatile import find_volatile  # noqa: E402
from tests import recordings  # noqa: E402

KINDS = {
    "text": "text only",
    "tools": "custom tools, not called yet",
    "histories": "calls of custom tools, and their results",
    "images": "inline images",
    "other": "everything else: server tools, PDFs, thinking, structured output, …",
}


def main() -> None:
    """Write the document."""
    (ROOT / "docs" / "accuracy.md").write_text(document(), encoding="utf-8")


def document() -> str:
    """The whole document."""
    return "\n\n".join([*_introduction(), *_counts(), *_billing(), *_volatile()]) + "\n"


def _introduction() -> Iterator[str]:
    yield "# How close the predictions come"
    yield (
        "Made by `python scripts/accuracy.py`; `make test` fails when it is out of date. Held against "
        f"{len(recordings.recordings()):,} answered calls of the real Messages API, which eleven public projects "
        "recorded for their own tests (see NOTICE). The rules were fitted on these calls, by model generation and "
        "never by row."
    )


def _counts() -> Iterator[str]:
    yield "## Input tokens"
    yield (
        "The count of a request against what the API billed: read, written and uncached input together. A count is "
        "*flagged* where the request holds what cannot be counted offline, or what no recorded call of the model's "
        "generation shows; the others claim to be exact. A flag has a *bound* where it is known how many tokens the "
        "count may be off at most."
    )
    rows = []
    for kind, name in KINDS.items():
        found = [(recording, count) for label, recording, count in recordings.counted() if label == kind]
        claimed = [(count.total, recording.total) for recording, count in found if count.is_exact]
        rows.append(
            (
                name,
                len(found),
                len(found) - len(claimed),
                sum(not count.is_exact and count.bound is not None for _, count in found),
                _share(ours == theirs for ours, theirs in claimed),
                _share(abs(ours - theirs) <= 3 for ours, theirs in claimed),
                _share(abs(ours - theirs) <= 0.01 * theirs for ours, theirs in claimed),
                sum(abs(ours - theirs) > 0.05 * theirs for ours, theirs in claimed),
            )
        )
    headers = (
        "request holds",
        "calls",
        "flagged",
        "with bound",
        "exact",
        "within 3 tokens",
        "within 1 %",
        "off by over 5 %",
    )
    yield tabulate(rows, headers=headers, tablefmt="github", colalign=("left", *("right",) * 7))
    yield "The last four columns are of the calls that are not flagged."
    yield from _by_generation()
    yield from _flags()


def _by_generation() -> Iterator[str]:
    yield "By model generation, the calls that are not flagged and how many of them are counted to the token:"
    generations = sorted({recording.generation for _, recording, _ in recordings.counted()})
    rows = []
    for generation in generations:
        row = [generation]
        for kind in KINDS:
            claimed = [
                count.total == recording.total
                for label, recording, count in recordings.counted()
                if label == kind and recording.generation == generation and count.is_exact
            ]
            row.append(f"{sum(claimed)} of {len(claimed)}" if claimed else "–")
        rows.append(row)
    headers = ("generation", "text", "tools, not called", "calls of tools", "images", "everything else")
    yield tabulate(rows, headers=headers, tablefmt="github", colalign=("left", *("right",) * 5), disable_numparse=True)


def _flags() -> Iterator[str]:
    bounded = [
        (abs(count.total - recording.total), count.bound)
        for _, recording, count in recordings.counted()
        if not count.is_exact and count.bound is not None
    ]
    within = sum(error <= bound for error, bound in bounded)
    yield f"Of {len(bounded)} flagged calls with a bound, {within} are within it. What was flagged, and why:"
    doubts = [count.doubts[0] for _, _, count in recordings.counted() if count.doubts]
    reasons = Counter(_reason(str(doubt)) for doubt in doubts)
    most: dict[str, int | None] = {}
    for doubt in doubts:
        reason, known = _reason(str(doubt)), most.get(_reason(str(doubt)), 0)
        most[reason] = None if doubt.tokens is None or known is None else max(doubt.tokens, known)
    rows = [
        (reason, calls, "unknown" if most[reason] is None else most[reason]) for reason, calls in reasons.most_common()
    ]
    headers = ("reason", "calls", "off by at most")
    yield tabulate(rows, headers=headers, tablefmt="github", colalign=("left", "right", "right"))


def _billing() -> Iterator[str]:
    yield "## Read and written tokens"
    steps = [(repo, step) for repo, calls in recordings.sequences() for step in recordings.replay_sequence(calls)]
    judged = [(repo, step) for repo, step in steps if step.count.is_exact]
    explained = sum(step.is_explained for _, step in judged)
    exact = sum(step.is_exact for _, step in judged)
    yield (
        f"Recorded sequences, sent in order through the simulator. Of {len(steps)} steps {len(judged)} can be counted "
        f"offline; of these {explained} ({explained / len(judged):.1%}) are billed as predicted, read and written "
        f"tokens within {recordings.TOLERANCE}, and {exact} to the token. Where the first step of a sequence reads, an "
        "earlier run had written: "
        "then the sequence is sent twice, and the second time is judged. No recording shows an expired entry, a "
        "lookback of more than 5 blocks, a fifth breakpoint, or an edited system prompt: for these the documented "
        "rules are held by the table of pairs in `tests/promptcache/pairs`."
    )
    rows = []
    for repo in sorted({repo for repo, _ in steps}):
        mine = [step for name, step in judged if name == repo]
        rows.append((repo, sum(name == repo for name, _ in steps), len(mine), sum(step.is_explained for step in mine)))
    yield tabulate(
        rows,
        headers=("recorded by", "steps", "countable", "as predicted"),
        tablefmt="github",
        colalign=("left", *("right",) * 3),
    )
    yield "Why the other steps cannot be counted:"
    reasons = Counter(_reason(step.count.unmodelled[0]) for _, step in steps if not step.count.is_exact)
    yield tabulate(reasons.most_common(), headers=("reason", "steps"), tablefmt="github", colalign=("left", "right"))
    unexplained = [step for _, step in judged if not step.is_explained]
    yield "Steps that are not billed as predicted: " + (
        ", ".join(f"{step.recording.id} ({step.recording.path})" for step in unexplained) or "none."
    )


def _volatile() -> Iterator[str]:
    yield "## Volatile-looking text"
    prompts = {
        tuple(block_text(block) for block in blocks): blocks
        for recording in recordings.recordings().values()
        if (blocks := [block for block in read(recording.request).blocks if block.level == "system"])
    }
    finds = [find for blocks in prompts.values() for find in find_volatile(blocks)]
    yield (
        f"`harness.prompt.volatile` reports {len(finds)} finds in {len(prompts)} distinct system prompts: "
        f"{1000 * len(finds) / len(prompts):.0f} per 1,000 prompts. A plain date is reported only if it is today's."
    )


def _reason(text: str) -> str:
    """Why, without the place and the name of the thing."""
    path, _, why = text.partition(": ")
    return "the model is not known" if path == "model" else why.split("'")[0].strip()


def _share(values: Iterable[bool]) -> str:
    found = list(values)
    return f"{sum(found) / len(found):.1%}" if found else "–"


if __name__ == "__main__":
    main()

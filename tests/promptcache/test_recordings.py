from collections import Counter

import pytest

from tests import recordings

REPOSITORIES = ("0xPlaygrounds/rig", "traceloop/openllmetry", "Arize-ai/openinference", "Mirascope/mirascope")


def _steps(repositories: tuple[str, ...] | None = None) -> list[recordings.Step]:
    return [
        step
        for repo, calls in recordings.sequences()
        if repositories is None or repo in repositories
        for step in recordings.replay_sequence(calls)
        if step.count.is_exact
    ]


@pytest.mark.parametrize("repositories", [REPOSITORIES, None], ids=["four repositories", "all"])
def test_recorded_sequences_are_billed_as_predicted(repositories: tuple[str, ...] | None) -> None:
    steps = _steps(repositories)

    explained = Counter(step.is_explained for step in steps)
    print(f"\n{explained[True]} of {len(steps)} steps explained, read and written within {recordings.TOLERANCE} tokens")

    assert len(steps) > 80
    assert explained[False] == 0
    assert sum(step.is_exact for step in steps) / len(steps) >= 0.98


def test_only_server_tools_files_and_pdfs_are_left_out_of_the_sequences() -> None:
    left_out = [
        reason.split(": ", 1)[1]
        for _, calls in recordings.sequences()
        for step in recordings.replay_sequence(calls)
        for reason in step.count.unmodelled
    ]

    kinds = {
        "server tool": "the definition of server tool",
        "file": "the size of an image by file",
        "block": "blocks cannot be counted offline",
        "mcp": "what it adds to the prompt",
        "thinking": "thinking is billed at its full length",
        "citations": "citations are rendered in an unknown form",
    }
    assert left_out
    assert [reason for reason in left_out if not any(text in reason for text in kinds.values())] == []

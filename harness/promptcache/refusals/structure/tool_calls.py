"""Calls of tools and their results: each call has one result, in the turn after it."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from harness.promptcache.refusals.api_error import ApiError, dotted, invalid
from harness.promptcache.refusals.structure.turns import Turn, is_server_block

_NO_TURN = Turn("user", 0, (), is_last=True)


def check_tool_calls(turns: Sequence[Turn]) -> Iterator[ApiError]:
    """Yield ids that are used twice, calls without a result, and results without a call."""
    yield from _repeated_ids(turns)
    called_before: set[str] = set()
    answered = {str(block.get("tool_use_id")) for turn in turns for _, block in turn.blocks}
    for number, turn in enumerate(turns):
        previous = turns[number - 1] if number else _NO_TURN
        following = turns[number + 1] if number + 1 < len(turns) else None
        if turn.role == "assistant":
            yield from _server_results_without_call(turn, called_before)
            yield from _calls_without_result(turn, following, answered)
        else:
            yield from _results_without_call(turn, previous)


def _repeated_ids(turns: Sequence[Turn]) -> Iterator[ApiError]:
    calls: set[str] = set()
    results: set[str] = set()
    for path, block in (item for turn in turns for item in turn.blocks):
        if block["type"] == "tool_use":
            if block["id"] in calls:
                # Source: github.com/trycua/cua/issues/524 (checked 2026-11-25)
                yield invalid(f"{dotted(path)}: `tool_use` ids must be unique", path=path)
            calls.add(block["id"])
        elif block["type"] == "tool_result":
            if block["tool_use_id"] in results:
                # Source: github.com/anthropics/claude-code/issues/14110 (checked 2026-11-25)
                yield invalid(
                    f"{dotted(path)}: each tool_use must have a single result. Found multiple `tool_result` blocks "
                    f"with id: {block['tool_use_id']}",
                    path=path,
                    is_quoting=True,
                )
            results.add(block["tool_use_id"])


def _calls_without_result(turn: Turn, following: Turn | None, answered: set[str]) -> Iterator[ApiError]:
    calls = {block["id"]: path for path, block in turn.blocks if block["type"] == "tool_use"}
    # Results behind another block do not count: in the words of the documentation, text comes after all results.
    # Source: platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls (checked 2026-11-26)
    missing = {id: path for id, path in calls.items() if id not in _result_ids(following)}
    if not calls and following is not None:
        # A server tool may wait for a call that its code makes, or for the turn to go on.
        missing = _unanswered_server_calls(turn, answered)
    if missing:
        # A recorded answer.
        path = next(iter(missing.values()))
        yield invalid(
            f"{dotted(path.partition('.')[0])}: `tool_use` ids were found without `tool_result` blocks immediately "
            f"after: {', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
            "next message.",
            path=path,
            is_quoting=True,
        )


def _unanswered_server_calls(turn: Turn, answered: set[str]) -> dict[str, str]:
    calls = [(str(block.get("id")), path) for path, block in turn.blocks if block["type"] == "server_tool_use"]
    results = [
        block for _, block in turn.blocks if block["type"] != "server_tool_use" and is_server_block(block["type"])
    ]
    if len(results) >= len(calls):
        # Recordings may hide ids, and then those of calls and results do not match.
        return {}
    return {id: path for id, path in calls if id not in answered}


def _results_without_call(turn: Turn, previous: Turn) -> Iterator[ApiError]:
    calls = {block["id"] for _, block in previous.blocks if block["type"] == "tool_use"}
    for path, block in turn.blocks:
        if block["type"] == "tool_result" and block["tool_use_id"] not in calls:
            # Source: github.com/anthropics/claude-code/issues/13460 (checked 2026-11-25)
            yield invalid(
                f"{dotted(path)}: unexpected `tool_use_id` found in `tool_result` blocks: {block['tool_use_id']}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
                path=path,
                is_quoting=True,
            )


def _server_results_without_call(turn: Turn, called_before: set[str]) -> Iterator[ApiError]:
    """Yield results of server tools without a call before them; add the turn's calls to ``called_before``."""
    for path, block in turn.blocks:
        kind, id = block["type"], str(block.get("tool_use_id"))
        if kind == "server_tool_use":
            called_before.add(str(block.get("id")))
        # Recordings may hide ids, and then those of calls and results do not match.
        elif is_server_block(kind) and id.startswith("srvtoolu_") and id not in called_before:
            # Source: github.com/anthropics/claude-code/issues/64383 (checked 2026-11-25)
            yield invalid(
                f"{dotted(path)}: unexpected `tool_use_id` found in `{kind}` blocks: {id}. "
                f"Each `{kind}` block must have a corresponding `server_tool_use` block before it.",
                path=path,
                is_quoting=True,
            )


def _result_ids(turn: Turn | None) -> set[str]:
    """The ids of the results that begin a turn."""
    blocks = turn.blocks if turn else ()
    results = takewhile(lambda item: item[1]["type"] == "tool_result", blocks)
    return {block["tool_use_id"] for _, block in results}

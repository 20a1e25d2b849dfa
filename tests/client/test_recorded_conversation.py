"""Ten turns of a conversation with tools through `ClaudeClient`: recorded from the emulator, and replayed."""

from pathlib import Path
from typing import Any

import pytest

from harness.calls.call import Call
from harness.cassettes.store import CassetteStore
from harness.client.claude import ClaudeClient
from harness.client.strategies import Breakpoints
from harness.emulator.answers import CallTool, Plan
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.sessions.session import CallSession, Mode, SessionOptions
from harness.settings import Settings
from tests.client.conversation import RULES, TOOLS
from tests.client.test_breakpoints import CURRENT, STRATEGIES

TURNS = 10
ANSWER = Plan(CallTool("title", {"query": "book"}), "On the third shelf.")


def converse(session: CallSession, model: str, strategy: Breakpoints) -> tuple[Call, ...]:
    """Ask in ten turns, each of a question, a call of a tool and an answer; return the calls of the session."""
    messages: list[dict[str, Any]] = []
    with session.anthropic() as sdk:
        client = ClaudeClient(sdk, settings=Settings(model=model, use_local_cache=False), breakpoints=strategy)
        for turn in range(TURNS):
            messages.append({"role": "user", "content": f"Question {turn}: where is book {turn}?"})
            while (answer := client.create_message(RULES, messages, tools=TOOLS)).stop_reason == "tool_use":
                messages.append({"role": "assistant", "content": answer.content})
                uses = [block for block in answer.content if block.type == "tool_use"]
                results = [{"type": "tool_result", "tool_use_id": use.id, "content": f"Shelf {turn}."} for use in uses]
                messages.append({"role": "user", "content": results})
            messages.append({"role": "assistant", "content": answer.content})
    return tuple(session.calls)


@pytest.mark.filterwarnings("ignore:The model .* is deprecated:DeprecationWarning")
@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("model", CURRENT)
def test_every_call_reads_what_the_one_before_it_wrote_or_read(
    model: str, strategy: Breakpoints, tmp_path: Path, count_text: TextCounter
) -> None:
    def open_session(mode: Mode) -> CallSession:
        options = SessionOptions(
            mode=mode, upstream="emulator", store=CassetteStore(tmp_path), reader=PromptReader(count_text)
        )
        return CallSession(options, "conversation", responder=lambda _: ANSWER)

    recording = open_session("record")
    recorded = converse(recording, model, strategy)
    recording.save()
    replayed = converse(open_session("replay"), model, strategy)

    assert len(recorded) == 2 * TURNS
    assert [call.usage for call in replayed] == [call.usage for call in recorded]
    cached = 0
    for call in recorded:
        assert call.prompt is not None
        assert 1 <= len(call.prompt.breakpoints) <= 4
        assert call.usage.cache_read_input_tokens == cached
        cached += call.usage.cache_creation_input_tokens
    assert cached > 4_096

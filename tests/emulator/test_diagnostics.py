from typing import Any

import pytest
from anthropic import Anthropic, BadRequestError

SYSTEM = "You weigh the evidence of each skill before the title of the post. " * 80


def ask(client: Anthropic, system: str, previous: str | None = None, **more: Any) -> Any:
    return client.messages.create(
        model="claude-sonnet-5-5",
        max_tokens=100,
        system=[{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": "Hello"}],
        **({"diagnostics": {"previous_message_id": previous}} if more.pop("asks", True) else {}),
        **more,
    )


def test_first_turn_and_requests_that_do_not_ask_have_no_diagnostics(anthropic: Anthropic) -> None:
    assert ask(anthropic, SYSTEM).diagnostics is None
    assert ask(anthropic, SYSTEM, asks=False).diagnostics is None


def test_same_prefix_has_no_divergence(anthropic: Anthropic) -> None:
    first = ask(anthropic, SYSTEM)

    assert ask(anthropic, SYSTEM, first.id).diagnostics is None


def test_edited_system_prompt_is_named(anthropic: Anthropic) -> None:
    first = ask(anthropic, SYSTEM)

    reason = ask(anthropic, "x" + SYSTEM, first.id).diagnostics.cache_miss_reason

    assert reason.type == "system_changed"
    assert reason.cache_missed_input_tokens == (len(SYSTEM) + 1 + len("Hello")) // 4


def test_only_requests_that_asked_are_remembered(anthropic: Anthropic) -> None:
    silent = ask(anthropic, SYSTEM, asks=False)

    assert ask(anthropic, SYSTEM, silent.id).diagnostics.cache_miss_reason.type == "previous_message_not_found"


def test_an_id_of_something_else_is_refused_in_the_words_of_the_api(anthropic: Anthropic) -> None:
    with pytest.raises(BadRequestError, match="must be the `id` from a prior /v1/messages response"):
        ask(anthropic, SYSTEM, "req_1")

from typing import Any

import pytest

from harness.prompt import read
from harness.promptcache.diagnostics import diagnose
from tests.promptcache.pairs.build import STATIC, assistant, chat, full, request, system, text, tool, user

CASES: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
    ("nothing changed", system(), system(), None),
    ("conversation goes on", request(messages=chat(3)), request(messages=chat(5)), None),
    ("marker moved", request(messages=chat(3)), request(messages=chat(3, mark=None), cache_control=True), None),
    ("another model", full(), full(model="claude-opus-5"), "model_changed"),
    ("another speed", full(), full(speed="fast"), "model_changed"),
    ("model before everything else", full(), system("x", model="claude-opus-5"), "model_changed"),
    ("system prompt edited", full(), full(system=[text(STATIC + "x")]), "system_changed"),
    ("system block added", system(), request(system=[text(STATIC), text("More.")]), "system_changed"),
    ("system prompt removed", system(), request(), "system_changed"),
    ("tool added", full(), full(tools=[tool("z")]), "tools_changed"),
    ("system before tools", full(), full(tools=[tool("z")], system=[text("x")]), "system_changed"),
    ("tool_choice", full(), full(tool_choice={"type": "any"}), "unavailable"),
    ("thinking", full(), full(thinking={"type": "adaptive"}), "unavailable"),
    ("effort", full(), full(output_config={"effort": "low"}), "unavailable"),
    (
        "earlier message edited",
        request(messages=chat(3)),
        request(messages=chat(5, edit=(1, "No."))),
        "messages_changed",
    ),
    ("earlier message removed", request(messages=chat(5)), request(messages=chat(3)), "messages_changed"),
    ("messages after parameters", full(), full(tool_choice={"type": "any"}, messages=[user("x")]), "unavailable"),
]


@pytest.mark.parametrize(("name", "before", "after", "kind"), CASES, ids=[case[0] for case in CASES])
def test_the_earliest_divergence_is_named(
    name: str, before: dict[str, Any], after: dict[str, Any], kind: str | None
) -> None:
    reason = diagnose(read(before), read(after))

    assert (reason and reason["type"]) == kind


def test_missed_tokens_are_estimated_from_the_bytes_behind_the_divergence() -> None:
    before = system("a" * 400, messages=[user("b" * 400), assistant("c" * 400)])
    after = system("a" * 400, messages=[user("B" * 400), assistant("c" * 400)])

    assert diagnose(read(before), read(after)) == {"type": "messages_changed", "cache_missed_input_tokens": 200}

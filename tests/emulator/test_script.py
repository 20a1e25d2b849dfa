"""Scripts: which rule answers which request, and files of rules."""

from pathlib import Path
from typing import Any

import pytest

from harness.emulator.core import Emulator
from harness.emulator.script import Rule, Script, read_script
from harness.errors import ScriptError
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from tests.conftest import Clock
from tests.emulator.test_answers import CITY
from tests.emulator.test_core import body, parse, send

ASKED = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]

MATCHES: tuple[tuple[str, Rule, dict[str, Any], bool], ...] = (
    ("the model by a pattern", Rule(model="claude-sonnet-*"), {}, True),
    ("another model", Rule(model="claude-haiku-*"), {}, False),
    ("a text in the last user message", Rule(text="[Hh]ello$"), {}, True),
    ("a text of an earlier message", Rule(text="a"), {"messages": ASKED}, False),
    ("a tool that is offered", Rule(tool="get_weather"), {"tools": [CITY]}, True),
    ("a tool that is not offered", Rule(tool="get_weather"), {}, False),
    ("the first turn", Rule(turn=1), {}, True),
    ("the second turn", Rule(turn=2), {"messages": ASKED}, True),
    ("another turn", Rule(turn=2), {}, False),
    ("several conditions of which one fails", Rule(turn=1, text="Bye"), {}, False),
    ("no condition", Rule(), {}, True),
)


@pytest.mark.parametrize(("rule", "changes", "matches"), [row[1:] for row in MATCHES], ids=[row[0] for row in MATCHES])
def test_conditions(emulator: Emulator, rule: Rule, changes: dict[str, Any], matches: bool) -> None:
    emulator.script.add(Rule(**{key: getattr(rule, key) for key in ("model", "text", "tool", "turn")}, answer="Mine"))
    content = parse(send(emulator, body(**changes)))["content"]
    assert (content[0]["text"] == "Mine") == matches


def test_the_first_rule_that_matches_answers_as_often_as_it_may(emulator: Emulator) -> None:
    emulator.script.add(Rule(answer="first", times=2))
    emulator.script.add(Rule(answer="then"))
    texts = [parse(send(emulator, body()))["content"][0]["text"] for _ in range(4)]
    assert texts == ["first", "first", "then", "then"]


def test_strict_mode_refuses_what_no_rule_matches(count_text: TextCounter) -> None:
    script = Script([Rule(text="Bye", answer="Bye")], is_strict=True)
    emulator = Emulator(reader=PromptReader(count_text), clock=Clock(), script=script)
    refused = send(emulator, body())
    assert refused.status == 400
    assert parse(refused)["error"]["message"] == "No rule of the emulator's script matches this request (strict mode)"


FILE = """\
# How the weather service behaves.
- when: {text: weather, turn: 1}
  answer: {plan: [{call: get_weather, input: {city: Oslo}}, "It is cold."]}
- when: {model: claude-haiku-*}
  times: 2
  fault: {status: 529, retry-after: 1}
- when: {tool: get_weather}
  answer: {error: {type: billing_error, message: No credit}}
- answer: [{type: text, text: Blocks}]
- answer: {content: [], stop_reason: refusal}
"""


def test_a_file_has_everything_that_a_rule_has(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(FILE)
    for rule in read_script(path):
        emulator.script.add(rule)
    weather = parse(send(emulator, body(tools=[CITY], messages=[{"role": "user", "content": "weather"}])))
    assert weather["content"][0]["input"] == {"city": "Oslo"}
    statuses = [send(emulator, body(model="claude-haiku-4-5")) for _ in range(3)]
    assert [answer.status for answer in statuses] == [529, 529, 200]
    assert statuses[0].headers["retry-after"] == "1"
    assert send(emulator, body(tools=[CITY])).status == 402
    assert parse(send(emulator, body()))["content"] == [{"type": "text", "text": "Blocks"}]


BAD: tuple[tuple[str, str, str], ...] = (
    ("no list", "when: {}\n", "1: a script is a list of rules"),
    ("an unknown key", "- answer: a\n- anser: b\n", "2: a rule has no key 'anser'; it has when, times, answer, fault"),
    ("an unknown condition", "- when:\n    mode: a\n", "2: when has no key 'mode'; it has model, text, tool, turn"),
    ("a wrong pattern", "- when:\n    text: '('\n", "2: text is '(', no regular expression: "),
    ("a wrong turn", "- when: {turn: first}\n", "1: turn is 'first', expected a number"),
    ("a wrong number", "- times: 0\n", "1: times is 0, expected a number from 1"),
    ("an unknown fault", "- answer: a\n  fault: {slow: 1}\n", "2: 'slow' is no fault; expected one of status"),
    ("an empty answer", "- answer: {}\n", "1: an answer has none of call, plan, error and content"),
    ("an unknown key of a call", "- answer: {call: a, inputs: {}}\n", "1: a call has no key 'inputs'; it has call"),
    ("no YAML", "- answer: [\n", "2: not YAML: "),
)


@pytest.mark.parametrize(("text", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text)
    with pytest.raises(ScriptError) as caught:
        read_script(path)
    assert caught.value.message.startswith(f"{path}:{message}")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="No such file"):
        read_script(tmp_path / "none.yaml")

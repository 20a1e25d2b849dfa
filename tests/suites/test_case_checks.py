"""Findings about cases whose calls do not read what their plan expects; built requests, billed by the caching rules."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.calls.call import Call
from harness.errors import CheckError
from harness.prompt.reader import PromptReader
from harness.provider.endpoints import Origin
from harness.provider.usage import Usage
from harness.suites.built import run_build
from harness.suites.case_checks import find_faults
from harness.suites.plan import Plan
from harness.suites.runner import CaseRun
from tests.suites.test_runner import COUNT, PROMPT, build, make_run

MARK = {"cache_control": {"type": "ephemeral"}}
CONVERSATION = Plan(kind="conversation", rounds=1)
QUESTIONS = Plan(kind="questions", rounds=2)
ASKED = ({"question": ["How"]}, {"question": ["When"]})

Build = Callable[..., Any]


def plan_run(plan: Plan) -> CaseRun:
    run = make_run(is_build=True)
    return replace(run, case=replace(run.case, plan=plan, questions=ASKED if plan.kind == "questions" else ()))


def turn(prompt: str, number: int, *, edit: str = "", **changes: Any) -> dict[str, Any]:
    """The request of one turn, with all earlier turns; ``edit`` is appended to their questions."""
    messages: list[dict[str, Any]] = []
    for earlier in range(number):
        messages.append({"role": "user", "content": f"Question {earlier}{edit}"})
        messages.append({"role": "assistant", "content": f"Answer {earlier}"})
    messages.append({"role": "user", "content": f"Question {number}"})
    system = [{"type": "text", "text": prompt, **MARK}]
    return {"model": "claude-sonnet-5-5", "max_tokens": 100, **MARK, "system": system, "messages": messages, **changes}


def ask(prompt: str, question: list[str], **changes: Any) -> dict[str, Any]:
    return {**build(prompt, question), **changes}


def ask_about_a_document(prompt: str, question: list[str]) -> dict[str, Any]:
    document, asked = ({"type": "text", "text": text, **MARK} for text in (prompt, question[0]))
    return ask("Hi.", question, system="Hi.", messages=[{"role": "user", "content": [document, asked]}])


def usages(rounds: list[list[Any]]) -> list[tuple[int, int]]:
    """Tokens written and read by each call."""
    calls = [call for one_round in rounds for call in one_round]
    return [(call.usage.cache_creation_input_tokens, call.usage.cache_read_input_tokens) for call in calls]


READ = [
    pytest.param(QUESTIONS, ask, [(2200, 0), (0, 2200)], id="questions-behind-the-prefix"),
    pytest.param(
        QUESTIONS,
        lambda prompt, question: ask(prompt, question, **MARK),
        [(2205, 0), (5, 2200)],
        id="questions-that-write-their-own-tail",
    ),
    pytest.param(QUESTIONS, ask_about_a_document, [(2210, 0), (2, 2208)], id="questions-on-a-document"),
    pytest.param(
        CONVERSATION,
        lambda prompt, question: [turn(prompt, number) for number in range(3)],
        [(2208, 0), (13, 2208), (13, 2221)],
        id="conversation",
    ),
    pytest.param(
        CONVERSATION,
        lambda prompt, question: [turn("Hi.", number) for number in (0, 40, 41)],
        [(0, 0), (533, 0), (13, 533)],
        id="conversation-that-begins-too-short",
    ),
    pytest.param(
        Plan(kind="conversation", rounds=2),
        lambda prompt, question: [turn(prompt, number) for number in range(2)],
        [(2208, 0), (13, 2208), (0, 2208), (0, 2221)],
        id="conversation-made-again",
    ),
]


@pytest.mark.parametrize(("plan", "function", "billed"), READ)
def test_case_that_reads_by_its_plan_is_fine(plan: Plan, function: Build, billed: list[tuple[int, int]]) -> None:
    assert usages(run_build(plan_run(plan), function, PromptReader(COUNT))) == billed


UNREAD = {
    "three rounds below the minimum": (
        Plan(rounds=3),
        lambda prompt, question: ask("Be kind.", question),
        "call 1 wrote nothing to the prompt cache\n"
        "  call 1: 0 written, 0 read, 20 uncached\n"
        "by the rules, a second call with the request as built now reads nothing\n"
        "  prefix: 6 tokens; minimum of claude-sonnet-5-5: 512\n"
        "  place: system[0]\n"
        "  cause: below_minimum: the prefix is shorter than the model's minimum\n"
        "  fix:   put more static text before the breakpoint, or remove it",
    ),
    "a question marked and nothing else": (
        QUESTIONS,
        lambda prompt, question: ask(prompt, question, **MARK, system=prompt),
        "call 2 did not read the static prefix that call 1 wrote\n"
        "  call 1: 2,205 written, 0 read, 2 uncached\n"
        "  call 2: 2,205 written, 0 read, 2 uncached\n"
        "  expected of call 2: 2,205 read\n"
        "  first difference: messages[0].content[0] at character 0\n"
        "    call 1: 'How'\n"
        "    call 2: 'When'\n"
        "  cause: automatic_after_unique_tail: the automatic breakpoint is on the last block, which differs in "
        "every call\n"
        "  cost:  2,205 tokens are no longer read: $0.0053 more per call\n"
        "  fix:   put an explicit breakpoint on the last block that stays the same",
    ),
    "a question in the system prompt, and a marked tail": (
        QUESTIONS,
        lambda prompt, question: ask(prompt + question[0], question, **MARK),
        "call 2 did not read the static prefix that call 1 wrote\n"
        "  call 1: 2,207 written, 0 read, 2 uncached\n"
        "  call 2: 2,207 written, 0 read, 2 uncached\n"
        "  expected of call 2: 2,199 read\n"
        "  first difference: system[0] at character 4,090\n"
        "    call 1: '…e.\\nRule 199: be polite.\\nHow'\n"
        "    call 2: '…e.\\nRule 199: be polite.\\nWhen'\n"
        "  cause: text_changed: the text changed\n"
        "  fix:   undo it, or move what varies from call to call after the last breakpoint",
    ),
    "a static prefix too short": (
        QUESTIONS,
        lambda prompt, question: ask("Hi.", [prompt + question[0]], **MARK),
        "call 1 wrote no static prefix to the prompt cache\n"
        "  call 1: 2,210 written, 0 read, 2 uncached\n"
        "  cause: below_minimum: the prefix is shorter than the model's minimum\n"
        "  fix:   put more static text before the breakpoint, or remove it",
    ),
    "a conversation whose history changes": (
        CONVERSATION,
        lambda prompt, question: [turn(prompt, 0), turn(prompt, 1, edit="!")],
        "call 2 did not read the prefix that call 1 wrote\n"
        "  call 1: 2,208 written, 0 read, 2 uncached\n"
        "  call 2: 22 written, 2,200 read, 2 uncached\n"
        "  expected of call 2: 2,208 read\n"
        "  first difference: messages[0].content[0] at character 10\n"
        "    call 1: 'Question 0'\n"
        "    call 2: 'Question 0!'\n"
        "  cause: history_edit: an earlier message was changed\n"
        "  cost:  8 tokens are no longer read: $0.0000 more per call\n"
        "  fix:   append to the conversation, never rewrite what was sent",
    ),
    "a conversation that grows too fast": (
        CONVERSATION,
        lambda prompt, question: [turn(prompt, 0), turn(prompt, 25)],
        "call 2 did not read the prefix that call 1 wrote\n"
        "  call 1: 2,208 written, 0 read, 2 uncached\n"
        "  call 2: 333 written, 2,200 read, 2 uncached\n"
        "  expected of call 2: 2,208 read\n"
        "  place: messages[50].content[0]\n"
        "  cause: lookback: the entry is more than 19 positions before the next breakpoint\n"
        "  cost:  8 tokens are no longer read: $0.0000 more per call\n"
        "  fix:   add a breakpoint at least every 19 blocks, or on the block that was written",
    ),
    "a conversation too short": (
        CONVERSATION,
        lambda prompt, question: [turn("Hi.", 0), turn("Hi.", 1)],
        "no call of the conversation wrote a prefix that a later one could read\n"
        "  prefix tokens of its calls: 0, 0\n"
        "by the rules, a second call with the request as built now reads nothing\n"
        "  prefix: 26 tokens; minimum of claude-sonnet-5-5: 512\n"
        "  place: messages[2].content[0]\n"
        "  cause: below_minimum: the prefix is shorter than the model's minimum\n"
        "  fix:   put more static text before the breakpoint, or remove it",
    ),
    "a conversation of which only the end is kept": (
        CONVERSATION,
        lambda prompt, question: [turn("Hi.", 0), turn(prompt, 1)],
        "no call of the conversation wrote a prefix that a later one could read\n"
        "  prefix tokens of its calls: 0, 2,221",
    ),
    "a conversation of one call": (
        CONVERSATION,
        lambda prompt, question: turn(prompt, 0),
        "built 1 request, expected a conversation of two or more",
    ),
    "rounds of different numbers of calls": (
        QUESTIONS,
        lambda prompt, question: [ask(prompt, question)] * len(question[0]),
        "built 3 requests the first time and 4 the second, expected the same number, and at least one",
    ),
    "three rounds without a call": (
        Plan(kind="samples", rounds=3),
        lambda prompt, question: [],
        "built 0, 0, 0 requests in 3 rounds, expected the same number, and at least one",
    ),
}


@pytest.mark.parametrize("name", UNREAD)
def test_case_that_does_not_read_by_its_plan_says_which_call_and_why(name: str) -> None:
    plan, function, message = UNREAD[name]

    with pytest.raises(CheckError) as caught:
        run_build(plan_run(plan), function, PromptReader(COUNT))

    assert str(caught.value) == f"support v1, case parcel: {message}"


def test_call_that_the_api_would_reject_is_found_anywhere_in_a_conversation() -> None:
    def reject_the_first(prompt: str, question: list[str]) -> list[dict[str, Any]]:
        return [turn(prompt, 0, cache_control={"type": "ephemeral", "ttl": "1h"}), turn(prompt, 1)]

    with pytest.raises(CheckError) as caught:
        run_build(plan_run(CONVERSATION), reject_the_first, PromptReader(COUNT))

    assert [finding.cause for finding in caught.value.findings].count("ttl_order") >= 1


def test_each_call_that_wrote_nothing_is_reported_once() -> None:
    with pytest.raises(CheckError) as caught:
        run_build(
            plan_run(Plan(kind="samples", rounds=5)), lambda prompt, question: ask("Hi.", question), PromptReader(COUNT)
        )

    assert len(caught.value.findings) == 2


def test_calls_of_a_case_stay_in_the_order_in_which_they_were_built() -> None:
    def build_two(prompt: str, question: list[str]) -> list[dict[str, Any]]:
        return [ask(prompt, question), ask(PROMPT + "Be brief.", question)]

    rounds = run_build(plan_run(Plan(rounds=3)), build_two, PromptReader(COUNT))

    assert [[call.request for call in calls] for calls in rounds] == [build_two(PROMPT, ["Where is my parcel?"])] * 3


OLD = Usage(input_tokens=9, cache_read_input_tokens=2_200)


@pytest.mark.parametrize(("origin", "count"), [("emulator", 1), ("anthropic", 0)])
def test_replayed_call_is_refused_unless_the_api_itself_has_answered_it(origin: Origin, count: int) -> None:
    body = json.dumps(ask(PROMPT, ["How"], stop_sequences=[" "])).encode()
    call = Call(body=body, usage=OLD, status=200, origin=origin, reader=PromptReader(COUNT))

    found = [
        finding
        for finding in find_faults(Plan(), [[call], [call]])
        if finding.headline == "the API refuses the request"
    ]

    assert len(found) == count


def test_refusal_is_all_that_is_said_of_a_case() -> None:
    def build_strange(prompt: str, question: list[str]) -> dict[str, Any]:
        return ask("Hi.", question, metadata=3)

    with pytest.raises(CheckError) as caught:
        run_build(plan_run(QUESTIONS), build_strange, PromptReader(COUNT))

    assert {finding.facts for finding in caught.value.findings} == {
        ("the API answers 400: metadata: Input does not match the expected shape.",)
    }

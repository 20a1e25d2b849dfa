"""Stable prefixes, and the ways in which builders lose them."""

import json
import random
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, count, repeat
from typing import Any

import pytest
from hypothesis import strategies as st

from harness.calls.call import Call
from harness.client.breakpoints import prepare_system_prompt
from harness.errors import CheckError, RequestError, UsageError
from harness.provider.usage import Usage
from harness.testing.pools import LOCALES
from harness.testing.properties import assert_prefix_stable
from harness.testing.strategies import jobs, resumes
from prompt_suites.rendering import user_message

MARK = {"type": "ephemeral"}
PROMPT = "You weigh resumes against jobs. "


def request(system: str, message: str = "Go.", **more: Any) -> dict[str, Any]:
    blocks = prepare_system_prompt(system, is_cached=True)
    messages = [{"role": "user", "content": message}]
    return {"model": "claude-sonnet-5-5", "max_tokens": 1, "system": blocks, "messages": messages, **more}


def message(build: Callable[..., Any], **strategies: Any) -> str:
    """The message of the failed property."""
    with pytest.raises(CheckError) as caught:
        assert_prefix_stable(build, **(strategies or {"resume": resumes(), "job": jobs()}))
    # The search must leave no trace: neither a chained exception nor a note.
    assert caught.value.__context__ is None
    assert not hasattr(caught.value, "__notes__")
    return str(caught.value)


def years(resume: dict[str, Any]) -> int:
    return 2026 - int(resume["work"][-1]["startDate"][:4]) if resume["work"] else 0


# --- stable builders -------------------------------------------------------------------------------------


def stable(resume: Any, job: Any) -> dict[str, Any]:
    return request(PROMPT, user_message(resume, job, "Analyse."))


def stable_call(resume: Any, job: Any) -> Call:
    return Call(body=json.dumps(stable(resume, job)).encode(), usage=Usage(), status=200, origin="emulator")


def changes_its_inputs(resume: Any, job: Any) -> dict[str, Any]:
    built = request(PROMPT, resume["basics"].pop("name"))
    job.clear()
    resume["work"].append("done")
    return built


def marks_each_message(resume: Any, job: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": json.dumps(one), "cache_control": MARK} for one in (resume, job)]
    return request(PROMPT, messages=[{"role": "user", "content": content}])


def marks_static_messages_first(resume: Any, job: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": PROMPT, "cache_control": MARK}, {"type": "text", "text": str([resume, job])}]
    return {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": content}]}


@pytest.mark.parametrize(
    "build", [stable, stable_call, changes_its_inputs, marks_each_message, marks_static_messages_first]
)
def test_builder_that_keeps_its_inputs_behind_the_prefix_passes(build: Callable[..., Any]) -> None:
    assert_prefix_stable(build, resume=resumes(), job=jobs())


def test_what_belongs_into_the_prefix_is_bound_beforehand() -> None:
    def build(prompt: str, question: str) -> dict[str, Any]:
        return request(prompt, question)

    assert_prefix_stable(partial(build, PROMPT), question=st.text(min_size=1))


def test_builder_that_takes_no_mark_passes_if_it_is_stable() -> None:
    def build(resume: Any) -> dict[str, Any]:
        for post in resume["work"]:
            int(post["startDate"][:4])
        return request(PROMPT, json.dumps(resume))

    assert_prefix_stable(build, resume=resumes())


def test_examples_bound_the_number_of_drawn_inputs() -> None:
    calls = 0

    def build(number: int) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        return request(PROMPT, str(number))

    assert_prefix_stable(build, number=st.integers(), examples=7)

    # Twice with the reference; there is no text to mark.
    assert calls == 7 + 2


# --- fields in the prefix --------------------------------------------------------------------------------


def test_field_in_the_prefix_is_named_with_its_place() -> None:
    def build(resume: Any, job: Any) -> dict[str, Any]:
        return request(f"You help the candidate {resume['basics']['name'].upper()} to find work.")

    assert message(build) == (
        "resume.basics.name is in the cached prefix, so each input writes its own prefix\n"
        "  the prefix ends at the breakpoint on system[0]\n"
        "  place: system[0] at character 23\n"
        "    marked: 'You help the candidate ⟦RESUME.BASICS.NAME⟧ to find work.'\n"
        "  fix:   move it after that breakpoint"
    )


def test_several_fields_are_counted_and_the_first_ones_shown() -> None:
    def build(resume: Any) -> dict[str, Any]:
        return {
            "model": "claude-opus-5",
            "cache_control": MARK,
            "messages": [{"role": "user", "content": str(resume["basics"])}],
        }

    found = message(build, resume=resumes()).splitlines()

    assert found[0] == ("7 fields of the inputs are in the cached prefix, so each input writes its own prefix")
    assert found[1] == "  the prefix ends at the automatic breakpoint, on messages[0].content[0]"
    assert found[2].startswith("  fields: resume.basics.name, resume.basics.")
    assert found[3].startswith("  place: messages[0].content[0] at character ")
    assert found[4].startswith("    marked: ")
    assert [line.split(" at character ")[0] for line in found[5:-1]] == ["  also at messages[0].content[0]"] * 6
    assert found[-1] == "  fix:   put an explicit breakpoint on the last block that stays the same"


def test_more_fields_than_can_be_listed_are_counted() -> None:
    found = message(lambda words: request(PROMPT + " ".join(words)), words=st.lists(st.text("ab"), min_size=12))

    assert found.splitlines()[2].endswith("words[7] and 4 more")
    assert "  places: 12, 8 of them shown\n" in found
    assert found.count("  also at ") == 7


def test_field_that_only_some_inputs_have_is_found() -> None:
    def build(resume: Any) -> dict[str, Any]:
        return request(PROMPT + str(resume.get("projects", "")))

    assert "⟦resume.projects[0].name⟧" in message(build, resume=resumes())


def test_builder_that_raises_at_some_marks_is_tried_with_one_field_at_a_time() -> None:
    def build(job: Any) -> dict[str, Any]:
        words = {locale.language: locale.summary for locale in LOCALES}
        return request(PROMPT + job["title"], words[job["language"]])

    assert message(build, job=jobs()).startswith("job.title is in the cached prefix, ")


# --- changes that no mark shows --------------------------------------------------------------------------


def test_change_is_said_with_place_both_texts_and_the_smallest_inputs() -> None:
    def build(resume: Any, job: Any) -> dict[str, Any]:
        return request(PROMPT + ("Mind the pay." if job["salary"] else "Go on."))

    assert message(build) == (
        "the cached prefix changes with the inputs\n"
        "  first difference: system[0] at character 32\n"
        "    reference: '…h resumes against jobs. Go on.'\n"
        "    drawn:     '…h resumes against jobs. Mind the pay.'\n"
        "  smallest inputs that change it, compared with the reference:\n"
        "    job.salary: None → '$100,000'\n"
        "  cause: text_changed: the text changed\n"
        "  fix:   undo it, or move what varies from call to call after the last breakpoint"
    )


def test_branch_on_a_long_career_is_found_with_the_post_that_makes_it_long() -> None:
    def build(resume: Any, job: Any) -> dict[str, Any]:
        return request(PROMPT + ("The candidate is a veteran." if years(resume) > 15 else "Go on."))

    changes = [line for line in message(build).splitlines() if "→" in line]

    assert len(changes) == 1
    assert changes[0].startswith("    resume.work[0]: nothing → {'name': 'Acme', ")
    assert "'startDate': '2010-" in changes[0]


def test_branch_on_length_is_found_with_a_long_value_shortened() -> None:
    def build(resume: Any, job: Any) -> dict[str, Any]:
        return request(PROMPT + ("Be brief." if len(json.dumps(job)) > 4_000 else ""))

    changes = [line for line in message(build).splitlines() if line.startswith("    job")]

    assert len(changes) == 1
    assert changes[0].startswith("    job.description: 'Builds services.' → 'Wrote tests. Cut p95 latency")
    assert changes[0].endswith(" characters)")


def test_value_that_is_no_text_is_found() -> None:
    build = lambda number: request(PROMPT + ("many" if number > 100 else "few"))  # noqa: E731

    assert "    number: 0 → 101\n" in message(build, number=st.integers(0, 1_000))


def test_choice_by_a_field_names_that_field_alone() -> None:
    def build(resume: Any, job: Any) -> dict[str, Any]:
        return request(PROMPT + ("日本語で答える。" if job["language"] == "ja" else ""))

    assert [line for line in message(build).splitlines() if "→" in line] == ["    job.language: 'en' → 'ja'"]


def test_tool_that_comes_and_goes_is_found() -> None:
    def build(resume: Any, job: Any) -> dict[str, Any]:
        tools = [{"name": "pay", "input_schema": {"type": "object"}}] if job["salary"] else []
        return request(PROMPT, tools=tools)

    found = message(build)

    assert "  first difference: tools[0]\n" in found
    assert "    job.salary: None → '$100,000'\n" in found
    assert "  cause: tool_added: " in found


def test_breakpoint_that_comes_and_goes_is_found() -> None:
    def build(job: Any) -> dict[str, Any]:
        built = request(PROMPT)
        if job["salary"]:
            del built["system"][0]["cache_control"]
        return built

    assert message(build, job=jobs()) == (
        "the cached prefix changes with the inputs\n"
        "  the same text is marked elsewhere:\n"
        "    reference: breakpoint on system[0]\n"
        "    drawn:     no breakpoint\n"
        "  place: system[0]\n"
        "  smallest inputs that change it, compared with the reference:\n"
        "    job.salary: None → '$100,000'\n"
        "  cause: breakpoint_removed: the breakpoint is gone\n"
        '  fix:   put "cache_control": {"type": "ephemeral"} back on the block'
    )


def test_breakpoint_that_moves_is_found() -> None:
    def build(job: Any) -> dict[str, Any]:
        system: list[dict[str, Any]] = [{"type": "text", "text": text} for text in (PROMPT, "Be fair.")]
        system[bool(job["salary"])]["cache_control"] = MARK
        return request(PROMPT) | {"system": system}

    found = message(build, job=jobs())

    assert "    reference: breakpoint on system[0]\n    drawn:     breakpoint on system[1]\n" in found
    assert "  cause: breakpoint_moved: " in found


def test_automatic_breakpoint_on_what_varies_is_called_so() -> None:
    def build(number: int) -> dict[str, Any]:
        return {"model": "claude-opus-5", "cache_control": MARK, "messages": [{"role": "user", "content": str(number)}]}

    assert "  cause: automatic_after_unique_tail: " in message(build, number=st.integers())


def test_object_that_a_builder_hands_out_again_and_again_is_not_compared_with_itself() -> None:
    shared = request(PROMPT)

    def build(job: Any) -> dict[str, Any]:
        shared["system"][0]["text"] = PROMPT + ("Go on." if job["salary"] else "")
        return shared

    assert "    job.salary: None → '$100,000'\n" in message(build, job=jobs())


# --- call to call ----------------------------------------------------------------------------------------


def _read_late() -> Iterator[str]:
    """Returns one value for a while, then another."""
    return chain([""] * 30, repeat("late"))


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda: str(uuid.uuid4()), id="uuid"),
        pytest.param(lambda: str(random.random()), id="random"),
        pytest.param(partial(next, map(str, count())), id="counter"),
        pytest.param(partial(next, _read_late()), id="only-later"),
    ],
)
def test_prefix_that_changes_from_call_to_call_is_not_blamed_on_the_inputs(read: Callable[[], str]) -> None:
    found = message(lambda resume: request(PROMPT + read()), resume=resumes())

    assert found.splitlines()[0] == "the cached prefix changes from call to call, with the same inputs"
    assert "→" not in found


def test_time_in_the_prefix_is_said_with_both_texts() -> None:
    times = chain(["Now: 2026-11-23T09:15:01Z"], repeat("Now: 2026-11-23T09:15:03Z"))

    assert message(lambda resume: request(next(times)), resume=resumes()) == (
        "the cached prefix changes from call to call, with the same inputs\n"
        "  first difference: system[0] at character 23\n"
        "    first call: 'Now: 2026-11-23T09:15:01Z'\n"
        "    later call: 'Now: 2026-11-23T09:15:03Z'\n"
        "  cause: timestamp: the prefix contains a date or time that changes\n"
        "  fix:   move it after the last breakpoint, into the user message"
    )


def test_prefix_that_moves_once_and_never_again_is_not_explained_away() -> None:
    texts = chain([""] * 9, ["once"], repeat(""))

    assert message(lambda number: request(PROMPT + next(texts)), number=st.integers()) == (
        "the cached prefix changes from call to call, with the same inputs\n"
        "  it changed once, but not when it was built again\n"
        "  fix:   look for state that the builder keeps or counts"
    )


# --- cannot tell -----------------------------------------------------------------------------------------


def test_request_without_breakpoint_fails() -> None:
    assert message(lambda resume: {"messages": [{"role": "user", "content": "x"}]}, resume=resumes()) == (
        "the built request has no breakpoint\n"
        "  cause: unmarked: nothing is kept in the prompt cache\n"
        '  fix:   mark the end of the static part: "cache_control": {"type": "ephemeral"}'
    )


def test_builder_that_returns_something_else_fails() -> None:
    assert message(lambda resume: "text", resume=resumes()) == (
        "the builder returned str, expected the parameters of a request as a mapping"
    )


def test_result_that_is_no_request_is_refused() -> None:
    with pytest.raises(RequestError, match=r"^messages is missing, expected a list of messages$"):
        assert_prefix_stable(lambda resume: {"system": "s"}, resume=resumes())


def test_input_that_is_no_strategy_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        assert_prefix_stable(stable, resume=resumes(), job={"title": "Engineer"})  # type: ignore[arg-type]

    assert str(caught.value) == (
        "input 'job' is dict, expected a hypothesis strategy\n"
        "  try: bind a constant input: functools.partial(build, job=...)"
    )


def test_error_of_the_builder_passes_with_the_smallest_inputs_that_raise_it() -> None:
    def build(numbers: list[int]) -> dict[str, Any]:
        if len(numbers) > 2:
            raise ZeroDivisionError
        return request(PROMPT)

    with pytest.raises(ZeroDivisionError) as caught:
        assert_prefix_stable(build, numbers=st.lists(st.integers()))

    assert caught.value.__notes__ == ["raised by the builder for the inputs {'numbers': [0, 0, 0]}"]

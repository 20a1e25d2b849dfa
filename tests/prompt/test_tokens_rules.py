"""One synthetic case for every rule of counting, most of them for every generation of models.

The figures are those that recorded calls of the real API show; the requests are made up. Most cases
compare two requests, so that they hold one rule alone.
"""

import re
from inspect import getsource
from itertools import pairwise
from typing import Any

import pytest

from harness.prompt import message_tokens, read, tokens, tool_tokens
from harness.prompt.tokens import Count
from harness.prompt.tool_tokens import definition_text
from harness.provider.models import find_model, known_models
from tests.recordings import counter

MODELS = {
    "3": "claude-3-5-sonnet-20241022",
    "4": "claude-sonnet-4-20250514",
    "4.5": "claude-sonnet-4-5",
    "4.6": "claude-sonnet-4-6",
    "4.7": "claude-opus-4-7",
    "4.8": "claude-opus-4-8",
    "5": "claude-sonnet-5",
}
"""A model of each generation."""

TOOL = {"name": "add", "description": "Add", "input_schema": {"type": "object"}}
HI = {"role": "user", "content": "Hi"}
ANY = {"type": "any"}
BUDGET = {"type": "enabled", "budget_tokens": 1024}
PNG_128 = "iVBORw0KGgoAAAANSUhEUgAAAIAAAACACAAAAADmVT4X"
"""The header of a PNG of 128 x 128 pixels: 28 tokens."""


def count(generation: str, **request: Any) -> Count:
    """The count of a request to a model of a generation, or to the model named."""
    return read({"model": MODELS.get(generation, generation), "messages": [HI], **request}, counter()).count


def total(generation: str, **request: Any) -> int:
    return count(generation, **request).total


def text_tokens(generation: str, text: str) -> int:
    return counter()(text, find_model(MODELS.get(generation, generation)).generation.tokenizer)


def user(*blocks: Any) -> dict[str, Any]:
    return {
        "role": "user",
        "content": [{"type": "text", "text": block} if block == "Hi" else block for block in blocks],
    }


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def call(number: int = 0, name: str = "add", **inputs: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"t{number}", "name": name, "input": inputs}


def result(content: Any = "a", number: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": f"t{number}", "content": content, **more}


def image() -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG_128}}


def turn(generation: str, *answer: Any, calls: Any = (), results: Any = (), **request: Any) -> Count:
    """The count of a conversation with one turn of tools, and what is said behind it."""
    called = assistant(*(calls or [call(x="a")]))
    return count(generation, tools=[TOOL], messages=[HI, called, user(*(results or [result()])), *answer], **request)


# --- definitions of tools ------------------------------------------------------------------------------------


def test_tool_definitions_are_rendered_with_sorted_keys_at_every_depth() -> None:
    schema = {"type": "object", "required": ["b"], "properties": {"b": {"type": "string", "description": "é"}, "a": {}}}
    rules = find_model("claude-sonnet-4-6").generation

    assert definition_text({"name": "f", "input_schema": schema, "description": "F"}, rules) == (
        '<function>{"description": "F", "name": "f", "parameters": {"properties": {"a": {}, "b": {"description": "é", '
        '"type": "string"}}, "required": ["b"], "type": "object"}}</function>\n'
    )


@pytest.mark.parametrize("generation", MODELS)
def test_the_order_of_keys_in_a_tool_definition_costs_nothing(generation: str) -> None:
    schema = {"type": "object", "required": ["b"], "properties": {"b": {"type": "string", "description": "B"}}}
    sorted_schema = {"properties": {"b": {"description": "B", "type": "string"}}, "required": ["b"], "type": "object"}
    name_last = {"description": "Add", "input_schema": sorted_schema, "name": "add"}

    assert total(generation, tools=[{**TOOL, "input_schema": schema}]) == total(generation, tools=[name_last])


# --- calls of tools ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("generation", "inputs", "tokens"),
    [
        ("3", {"x": "a"}, 58),
        ("4", {"x": "a"}, 59),
        ("4.5", {"x": "a"}, 59),
        ("4.6", {"x": "a"}, 59),
        ("4.7", {"x": "a"}, 69),
        ("4.8", {"x": "a"}, 46),
        ("5", {"x": "a"}, 46),
        ("3", {}, 41),
        ("4.6", {}, 42),
        ("4.7", {}, 49),
        ("4.8", {}, 26),
        ("5", {}, 26),
        ("4.6", {"x": "a", "y": "a"}, 76),
        ("5", {"x": "a", "y": "a"}, 67),
    ],
)
def test_a_call_and_its_result_cost_a_frame_and_their_texts(generation: str, inputs: Any, tokens: int) -> None:
    """Without the two borders of the messages; the name and the result are one token each."""
    borders = 2 * find_model(MODELS.get(generation, generation)).generation.per_message
    both = turn(generation, calls=[call(**inputs)]).total - total(generation, tools=[TOOL])

    assert both - borders == tokens


@pytest.mark.parametrize(("generation", "around"), [("4.7", 27), ("4.8", 4), ("5", 4)], ids=["4.7", "4.8", "5"])
def test_newer_generations_render_a_call_as_elements_that_are_one_text(generation: str, around: int) -> None:
    prefix = "antml:"
    elements = f'<{prefix}invoke name="add">\n<{prefix}parameter name="x">7</{prefix}parameter>\n</{prefix}invoke>\n'
    borders = 2 * find_model(MODELS.get(generation, generation)).generation.per_message
    both = turn(generation, calls=[call(x=7)]).total - total(generation, tools=[TOOL])

    assert both - borders == text_tokens(generation, elements) + around + text_tokens(generation, "a")


@pytest.mark.parametrize("generation", ["3", "4", "4.5", "4.6"])
@pytest.mark.parametrize(("value", "more"), [(7, 0), ("7", 0), (True, 0), ("[1]", 2), ({"k": 1}, 4)])
def test_the_value_of_a_parameter_merges_with_the_brackets_around_it(generation: str, value: Any, more: int) -> None:
    assert turn(generation, calls=[call(x=value)]).total - turn(generation).total == more


# --- results of tools ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("generation", ["3", "4", "4.5", "4.6"])
@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("a", 0),
        ("7", 0),
        ("Tom", 0),
        ("-3", 0),
        ("\nx", 0),
        ('{"a": 1}', 0),
        ("<p>", 1),
        ("/tmp", 1),
        ("# A", 1),
        ("[1]", 1),
    ],
)
@pytest.mark.parametrize("several", [1, 2], ids=["one result", "one of two"])
def test_a_result_merges_with_the_quote_and_bracket_in_front(
    generation: str, text: str, merged: int, several: int
) -> None:
    calls = [call(number, x="a") for number in range(several)]
    others = [result(number=number) for number in range(1, several)]
    more = (
        turn(generation, calls=calls, results=[result(text), *others]).total
        - turn(generation, calls=calls, results=[result(), *others]).total
    )
    in_brackets = text_tokens(generation, f">{text}</") - text_tokens(generation, ">a</")

    assert more == in_brackets - merged


@pytest.mark.parametrize(
    ("generation", "more"),
    [
        ("3", (82, 57, 57)),
        ("4", (82, 58, 58)),
        ("4.5", (82, 58, 58)),
        ("4.6", (82, 58, 58)),
    ],
)
def test_several_results_of_one_turn_name_their_tools(generation: str, more: tuple[int, ...]) -> None:
    totals = [
        turn(
            generation,
            calls=[call(number, x="a") for number in range(results)],
            results=[result(number=number) for number in range(results)],
        ).total
        for results in (1, 2, 3, 4)
    ]

    assert tuple(after - before for before, after in pairwise(totals)) == more


@pytest.mark.parametrize(
    ("generation", "each"), [("3", 64), ("4", 64), ("4.5", 64), ("4.6", 64), ("4.7", 75), ("4.8", 50), ("5", 50)]
)
def test_each_further_turn_of_tools_costs_the_same(generation: str, each: int) -> None:
    """In generations 4 to 4.6 a call behind a result costs one less than the first one of the conversation."""
    turns = [assistant(call(x="a")), user(result())]
    totals = [total(generation, tools=[TOOL], messages=[HI, *turns * number]) for number in (1, 2, 3)]

    assert [after - before for before, after in pairwise(totals)] == [each, each]


@pytest.mark.parametrize(
    ("generation", "text", "border"),
    [
        ("3", "Hello", 4),
        ("3", "7 is", 3),
        ("4", "Hello", 3),
        ("4", "7 is", 2),
        ("4.5", "Hello", 3),
        ("4.6", "7 is", 2),
        ("4.7", "Hello", 3),
        ("5", "Hello", 2),
        ("5", "7 is", 2),
    ],
)
def test_an_answer_behind_a_result_costs_less_if_it_starts_with_a_digit(
    generation: str, text: str, border: int
) -> None:
    rules = find_model(MODELS.get(generation, generation)).generation
    answer = {"role": "assistant", "content": text}
    more = turn(generation, answer, HI).total - turn(generation).total

    assert more == border + text_tokens(generation, text) + rules.per_message + text_tokens(generation, "Hi")


@pytest.mark.parametrize(
    ("generation", "same_message", "next_message"),
    [("3", 6, 6), ("4", 6, 5), ("4.5", 6, 5), ("4.6", 6, 5), ("5", 5, 5)],
)
def test_what_the_user_says_behind_a_result(generation: str, same_message: int, next_message: int) -> None:
    without, said = turn(generation).total, text_tokens(generation, "Hi")

    assert turn(generation, results=[result(), user("Hi")["content"][0]]).total - without == same_message + said
    assert turn(generation, HI).total - without == next_message + said


@pytest.mark.parametrize(
    ("generation", "tail"), [("3", 3), ("4", 3), ("4.5", 5), ("4.6", 1), ("4.7", 3), ("4.8", 2), ("5", 2)]
)
def test_what_follows_a_result_is_no_part_of_its_prefix(generation: str, tail: int) -> None:
    last = turn(generation)

    assert last.total - last.prefixes[-1] == tail


@pytest.mark.parametrize("generation", MODELS)
@pytest.mark.parametrize("following", [{"role": "assistant", "content": "Yes"}, assistant(call(1, x="a"))])
def test_a_prefix_that_ends_at_a_result_stays_the_same_as_the_conversation_goes_on(
    generation: str, following: Any
) -> None:
    last = turn(generation)

    assert turn(generation, following, user(result(number=1))).prefixes[: len(last.prefixes)] == last.prefixes


# --- forced choices ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("claude-3-haiku-20240307", 91),
        ("claude-3-5-sonnet-20241022", 1),
        ("claude-3-7-sonnet-20250219", 1),
        ("claude-sonnet-4", 2),
        ("claude-sonnet-4-5", 92),
        ("claude-sonnet-4-6", 92),
        ("claude-opus-4-7", 129),
        ("claude-opus-4-8", 120),
        ("claude-sonnet-5", 120),
    ],
)
def test_a_forced_choice_has_another_hidden_prompt(model: str, more: int) -> None:
    assert total(model, tools=[TOOL], tool_choice=ANY) - total(model, tools=[TOOL]) == more


@pytest.mark.parametrize("generation", ["3", "4", "4.5", "4.6"])
@pytest.mark.parametrize(("name", "tokens"), [("add", 3), ("get_weather", 5), ("_structured_tool_call", 7)])
def test_a_named_tool_is_rendered_as_the_beginning_of_its_call(generation: str, name: str, tokens: int) -> None:
    """So the underscore in front merges with the quote before it."""
    tools = [{**TOOL, "name": name}]
    named = total(generation, tools=tools, tool_choice={"type": "tool", "name": name})

    assert named - total(generation, tools=tools, tool_choice=ANY) == tokens


@pytest.mark.parametrize(("generation", "more"), [("3", 1), ("4", -1), ("4.5", -1)])
def test_a_forced_choice_behind_a_result(generation: str, more: int) -> None:
    forced = turn(generation, tool_choice=ANY)
    elsewhere = total(generation, tools=[TOOL], tool_choice=ANY) - total(generation, tools=[TOOL])

    assert forced.total - turn(generation).total - elsewhere == more
    assert forced.is_exact


@pytest.mark.parametrize(
    ("model", "choice", "more"),
    [("claude-haiku-4-5", "auto", -209), ("claude-haiku-4-5", "any", 1), ("claude-sonnet-4", "any", -43)],
)
def test_one_call_at_a_time_has_another_hidden_prompt(model: str, choice: str, more: int) -> None:
    one = count(model, tools=[TOOL], tool_choice={"type": choice, "disable_parallel_tool_use": True})

    assert one.total - total(model, tools=[TOOL], tool_choice={"type": choice}) == more
    assert one.is_exact


def test_a_forced_choice_behind_a_prefilled_answer() -> None:
    prefilled = {"tools": [TOOL], "messages": [HI, {"role": "assistant", "content": "Yes"}]}
    forced = count("3", **prefilled, tool_choice={"type": "tool", "name": "add"})

    assert forced.total - total("3", **prefilled) == 314 - 313 + 3
    assert forced.bound == 3


# --- system prompts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("generation", "system", "said", "more"),
    [
        ("3", "A", "Hi", 0),
        ("3", "A\n", "Hi", 0),
        ("3", "A\n", "\n Hi", -1),
        ("4", "A?\n", "Hi", -1),
        ("4.5", "A\n", "Hi", 0),
        ("4.5", "A\n", "\n Hi", -1),
        ("4.6", "A", "Hi", 1),
        ("4.6", "A\n", "Hi", 0),
        ("4.6", "A\n", "\n Hi", -1),
        ("5", "A", "Hi", 1),
        ("4.8", "A\n", "Hi", 1),
        ("5", "A\n", "Hi", 1),
        ("5", "A\n", "\n Hi", 0),
    ],
)
def test_a_system_prompt_that_ends_in_a_newline(generation: str, system: str, said: str, more: int) -> None:
    messages = [{"role": "user", "content": said}]
    found = total(generation, system=system, messages=messages) - total(generation, messages=messages)

    assert found - text_tokens(generation, system) == more


@pytest.mark.parametrize("generation", MODELS)
@pytest.mark.parametrize("system", ["A", "A\n", "A?\n"])
def test_with_tools_a_system_prompt_costs_one_separator_however_it_ends(generation: str, system: str) -> None:
    found = total(generation, tools=[TOOL], system=system) - total(generation, tools=[TOOL])

    assert found == text_tokens(generation, system) + 1


def test_generation_3_renders_no_white_space_around_a_system_prompt_with_tools() -> None:
    assert total("3", tools=[TOOL], system="\n  A\n ") == total("3", tools=[TOOL], system="A")
    assert total("3", system="\n  A\n ") > total("3", system="A")


def test_an_empty_system_prompt_costs_three_without_tools_and_nothing_with_tools() -> None:
    assert total("3", system="") - total("3") == 3
    assert total("3", system="", tools=[TOOL]) == total("3", tools=[TOOL])


@pytest.mark.parametrize(
    ("generation", "parts", "tokens"),
    [
        ("4.5", {}, 91),
        ("4.5", {"system": "A"}, 92),
        ("4.5", {"tools": [TOOL]}, 92),
        ("4.5", {"thinking": BUDGET}, 92),
        ("4.6", {}, 92),
        ("4.6", {"system": "A"}, 92),
    ],
)
def test_a_schema_of_the_output_is_part_of_the_system_prompt(generation: str, parts: Any, tokens: int) -> None:
    """The text of this schema is 10 tokens."""
    schema = {"type": "json_schema", "schema": {"type": "object"}}

    found = total(generation, output_config={"format": schema}, **parts) - total(generation, **parts)
    assert found == tokens + 1
    assert total(generation, output_format=schema, **parts) == total(
        generation, output_config={"format": schema}, **parts
    )


# --- thinking ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "parts", "more"),
    [
        ("claude-3-7-sonnet-20250219", {}, 28),
        ("claude-3-7-sonnet-20250219", {"system": "A"}, 29),
        ("claude-3-7-sonnet-20250219", {"tools": [TOOL]}, 29),
        ("claude-sonnet-4", {}, 29),
        ("claude-sonnet-4-6", {}, 29),
        ("claude-sonnet-4-6", {"system": "A"}, 29),
    ],
)
def test_a_budget_of_thinking_is_said_to_the_model(model: str, parts: Any, more: int) -> None:
    assert total(model, thinking=BUDGET, **parts) - total(model, **parts) == more


@pytest.mark.parametrize(
    ("model", "parts", "bound"),
    [
        ("claude-3-7-sonnet-20250219", {}, 0),
        ("claude-sonnet-4", {}, 1),
        ("claude-sonnet-4-5", {"system": "A"}, 1),
        ("claude-sonnet-4-5", {"tools": [TOOL]}, 148),
        ("claude-sonnet-4-6", {"tools": [TOOL]}, 0),
    ],
)
def test_a_header_that_is_not_seen_bounds_what_budget_thinking_costs(model: str, parts: Any, bound: int) -> None:
    assert count(model, thinking=BUDGET, **parts).bound == bound


@pytest.mark.parametrize(("model", "more"), [("claude-opus-4-6", 17), ("claude-sonnet-4-6", 0), ("claude-sonnet-5", 0)])
def test_adaptive_thinking(model: str, more: int) -> None:
    assert total(model, thinking={"type": "adaptive"}) - total(model) == more
    assert total(model, thinking={"type": "adaptive"}, tools=[TOOL]) == total(model, tools=[TOOL])


def test_an_answer_without_thinking_costs_more_in_adaptive_thinking() -> None:
    messages = [HI, {"role": "assistant", "content": "Yes"}, HI]
    adaptive = count("4.7", thinking={"type": "adaptive"}, messages=messages)

    assert adaptive.total - total("4.7", messages=messages) == 4
    assert adaptive.bound == 4
    assert turn("4.7", thinking={"type": "adaptive"}).total == turn("4.7").total


THOUGHT = {"type": "thinking", "thinking": "I add.", "signature": "s"}


@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-opus-5", "claude-fable-5", "claude-haiku-5-5"])
def test_thinking_that_is_left_out_is_counted_where_that_means_adaptive(model: str) -> None:
    thought = turn(model, calls=[THOUGHT, call(x="a")])

    assert thought == turn(model, calls=[THOUGHT, call(x="a")], thinking={"type": "adaptive"})
    assert thought.total - turn(model).total == text_tokens(model, "I add.")
    assert thought.unmodelled == (
        "messages[1].content[0]: thinking is billed at its full length, the block holds a summary",
    )
    assert thought.bound is None
    assert turn(model, calls=[THOUGHT, call(x="a")], thinking={"type": "disabled"}) == turn(model)


def test_where_no_recording_shows_how_thinking_that_is_left_out_is_counted_the_count_says_so() -> None:
    thought = turn("claude-opus-4-8", calls=[THOUGHT, call(x="a")])

    assert thought.total == turn("claude-opus-4-8").total
    assert thought.unmodelled == (
        "thinking: no recorded call of this generation shows "
        "whether thinking blocks are counted where thinking is left out",
    )
    assert turn("4.6", calls=[THOUGHT, call(x="a")]) == turn("4.6")


# --- images --------------------------------------------------------------------------------------------------


def test_an_image_in_a_result_costs_its_frame_and_one_for_each_part() -> None:
    both = turn("4.5", results=[result([{"type": "text", "text": "a"}, image()])])
    alone = turn("4.5", results=[result([image()])])
    in_message = total("4.5", messages=[user("Hi", image())]) - total("4.5")

    assert both.total - turn("4.5").total == in_message + 18
    assert alone.total - turn("4.5", results=[result("")]).total == in_message + 11
    assert both.is_exact


@pytest.mark.parametrize(
    ("model", "bound"), [("claude-3-opus-20240229", None), ("claude-3-haiku-20240307", None), ("claude-3-5-sonnet", 0)]
)
def test_the_images_of_the_oldest_models_are_not_claimed_to_be_counted(model: str, bound: int | None) -> None:
    assert count(model, messages=[user("Hi", image())]).bound == bound


# --- bounds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("generation", "request_parts", "path", "bound"),
    [
        (
            "4.7",
            {"output_config": {"task_budget": {"type": "tokens", "total": 20_000}}},
            "output_config.task_budget",
            1,
        ),
        (
            "5",
            {"output_config": {"task_budget": {"type": "tokens", "total": 20_000}}},
            "output_config.task_budget",
            None,
        ),
        (
            "4.6",
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
            "output_config.format",
            8,
        ),
        ("4.6", {"system": "A\n"}, "system[0]", 1),
        (
            "4.6",
            {"tools": [TOOL], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
            "tool_choice.disable_parallel_tool_use",
            209,
        ),
        ("4.5", {"messages": [assistant({"type": "text", "text": "Hi"}), HI]}, "messages[0].content[0]", 8),
        ("4.5", {"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools[0]", 3_000),
        ("4.5", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0]", None),
        ("4.5", {"tools": [{**TOOL, "defer_loading": True}]}, "tools[0]", 28),
        (
            "4.5",
            {"messages": [user({"type": "image", "source": {"type": "url", "url": "https://example.com"}})]},
            "messages[0].content[0]",
            1571,
        ),
        ("4.5", {"messages": [user({"type": "document", "source": {}})]}, "messages[0].content[0]", None),
    ],
)
def test_a_doubt_says_how_far_the_count_may_be_off(
    generation: str, request_parts: Any, path: str, bound: int | None
) -> None:
    found = count(generation, **request_parts)

    assert [(doubt.path, doubt.tokens) for doubt in found.doubts] == [(path, bound)]
    assert found.bound == bound
    assert found.unmodelled == (f"{path}: {found.doubts[0].why}",)


@pytest.mark.parametrize(("generation", "more"), [("4.6", 0), ("4.7", 35), ("4.8", 35), ("5", 35)])
def test_a_task_budget_is_said_to_the_model(generation: str, more: int) -> None:
    budget = {"task_budget": {"type": "tokens", "total": 20_000}}

    assert total(generation, output_config=budget) - total(generation) == more


@pytest.mark.parametrize(
    ("generation", "results", "bound"),
    [
        ("4.6", [result(is_error=True)], 8),
        ("4.5", [result(is_error=True)], 0),
        ("4.6", [result([image()])], 25),
        ("4.6", [result([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])], 18),
        ("4.6", [result([{"type": "search_result"}])], None),
        ("5", [result(), result(number=1)], 50),
        ("4.6", [result(), result(number=1)], 0),
    ],
)
def test_results_that_no_recorded_call_shows_are_in_doubt(generation: str, results: Any, bound: int | None) -> None:
    assert turn(generation, results=results).bound == bound


def test_bounds_add_up_and_hold_for_the_prefixes_from_where_they_start() -> None:
    found = turn("4.6", HI, results=[result(is_error=True)], system="A")

    assert [doubt.since for doubt in found.doubts] == [4]
    assert [found.bound_of_prefix(index) for index in range(6)] == [0, 0, 0, 0, 8, 8]


def test_one_doubt_without_a_bound_leaves_none_for_the_whole() -> None:
    found = turn("4.6", results=[result(is_error=True), result([{"type": "search_result"}], number=1)])

    assert len(found.doubts) == 2
    assert found.bound is None
    assert found.bound_of_prefix(3) == 8


@pytest.mark.parametrize("model", [model.id for model in known_models()])
def test_every_unproven_rule_is_one_that_counting_asks_for(model: str) -> None:
    code = "".join(getsource(module) for module in (message_tokens, tokens, tool_tokens))
    asked = set(re.findall(r'"([a-z_]+)"', code))

    assert find_model(model).generation.unproven.keys() - asked == set()


@pytest.mark.parametrize("generation", MODELS)
@pytest.mark.parametrize("blank", [" ", "\n", "\n\n", "\t"])
def test_blank_texts_can_be_counted(generation: str, blank: str) -> None:
    assert total(generation, messages=[{"role": "user", "content": blank}]) > 0

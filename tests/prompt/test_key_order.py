"""That the order of keys in tool definitions counts is an assumption, which can be switched off alone."""

from typing import Any

import pytest

from harness.errors import RequestError
from harness.numbers import parse_json
from harness.prompt import read
from harness.prompt.assumptions import DEFAULT, Assumptions
from harness.prompt.diff import first_divergence
from harness.prompt.reading import Prompt
from harness.promptcache.explain import explain
from harness.promptcache.explanation import Explanation
from tests.promptcache.pairs.build import MARK, STATIC, assistant, request, result, text, tool, use, user

IGNORED = Assumptions(has_tool_key_order=False)
NOTE = (
    "that the order of keys inside a tool definition matters is assumed, not documented; "
    "--assume tool-key-order=no judges without it"
)


def reverse(value: Any) -> Any:
    """A copy with the keys of every object in reverse order."""
    if isinstance(value, dict):
        return {key: reverse(item) for key, item in reversed(value.items())}
    return [reverse(item) for item in value] if isinstance(value, list) else value


def body(*tools: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return request(**{"tools": list(tools), "system": [text(STATIC, MARK)], **parts})


SEARCH = {"type": "web_search_20250305", "name": "web_search"}
PROPERTIES = {"city": {"type": "string", "description": "Where"}, "unit": {"enum": ["C", "F"], "type": "string"}}
SCHEMA = {
    "type": "object",
    "properties": PROPERTIES,
    "required": ["city", "unit"],
}
NESTED = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "object", "title": "Deep"}}}}
MATTERS_IF_ASSUMED = {
    "properties of a schema": (
        body(tool("a", input_schema=SCHEMA)),
        body(tool("a", input_schema={**SCHEMA, "properties": dict(reversed(PROPERTIES.items()))})),
    ),
    "keys of a schema": (
        body(tool("a", input_schema=SCHEMA)), body(tool("a", input_schema=dict(reversed(SCHEMA.items())))),
    ),
    "keys at every depth": (body(tool("a", input_schema=NESTED)), body(tool("a", input_schema=reverse(NESTED)))),
    "examples of inputs": (
        body(tool("a", input_examples=[{"x": 1, "y": 2}])), body(tool("a", input_examples=[{"y": 2, "x": 1}])),
    ),
    "the second of two tools": (
        body(tool("a"), tool("b", input_schema=SCHEMA)), body(tool("a"), tool("b", input_schema=reverse(SCHEMA))),
    ),
    "a server tool": (
        body({**SEARCH, "user_location": {"type": "approximate", "city": "Oslo"}}),
        body({**SEARCH, "user_location": {"city": "Oslo", "type": "approximate"}}),
    ),
    "numbers as sent": (
        body(tool("a", input_schema=parse_json('{"type": "object", "minimum": 1E5, "maximum": 1e400}'))),
        body(tool("a", input_schema=parse_json('{"type": "object", "maximum": 1e400, "minimum": 1E5}'))),
    ),
}  # fmt: skip
"""Requests that differ only in the order of keys inside a tool definition."""

ALWAYS_MATTERS = {
    "the order of tools": (body(tool("a"), tool("b")), body(tool("b"), tool("a"))),
    "the order of a list": (
        body(tool("a", input_schema={**SCHEMA, "required": ["city", "unit"]})),
        body(tool("a", input_schema={**SCHEMA, "required": ["unit", "city"]})),
    ),
    "a value": (body(tool("a", description="Looks.")), body(tool("a", description="Looks up."))),
    "a number": (
        body(tool("a", input_schema=parse_json('{"type": "object", "minimum": 1e400}'))),
        body(tool("a", input_schema=parse_json('{"type": "object", "minimum": 1e401}'))),
    ),
    "keys of a tool's input": (
        body(tool("a"), messages=[user("Go."), assistant(use(1, city="Oslo", unit="C")), user(result(1))]),
        body(tool("a"), messages=[user("Go."), assistant(use(1, unit="C", city="Oslo")), user(result(1))]),
    ),
    "keys of a schema in a description": (
        body(tool("a", description='{"x": 1, "y": 2}')), body(tool("a", description='{"y": 2, "x": 1}')),
    ),
    "keys of the schema of the answer": (
        body(output_config={"format": {"type": "json_schema", "schema": {"x": 1, "y": 2}}}),
        body(output_config={"format": {"type": "json_schema", "schema": {"y": 2, "x": 1}}}),
    ),
    "keys of a document": (
        body(messages=[user({"type": "document", "source": {"type": "url", "url": "https://a.example"}}, text("Go."))]),
        body(messages=[user({"type": "document", "source": {"url": "https://a.example", "type": "url"}}, text("Go."))]),
    ),
}  # fmt: skip
"""Requests that differ in something else."""


def both(pair: tuple[Any, Any], assumptions: Assumptions) -> tuple[Prompt, Prompt]:
    before, after = (read(side, lambda text, _: len(text) // 4, assumptions=assumptions) for side in pair)
    return before, after


@pytest.mark.parametrize("name", MATTERS_IF_ASSUMED)
def test_order_of_keys_in_tools_counts_only_if_assumed(name: str) -> None:
    for assumptions, is_same in ((DEFAULT, False), (IGNORED, True)):
        before, after = both(MATTERS_IF_ASSUMED[name], assumptions)

        assert (before.fingerprints == after.fingerprints) == is_same
        assert ([part.key for part in before.parts] == [part.key for part in after.parts]) == is_same
        assert (first_divergence(before.parts, after.parts) is None) == is_same


@pytest.mark.parametrize("name", ALWAYS_MATTERS)
def test_everything_else_counts_always(name: str) -> None:
    for assumptions in (DEFAULT, IGNORED):
        before, after = both(ALWAYS_MATTERS[name], assumptions)

        assert before.fingerprints[-1] != after.fingerprints[-1]
        assert first_divergence(before.parts, after.parts) is not None


def explained(pair: tuple[Any, Any], assumptions: Assumptions) -> Explanation:
    return explain(*both(pair, assumptions))


@pytest.mark.parametrize("name", MATTERS_IF_ASSUMED)
def test_explanation_states_the_assumption_and_judges_without_it(name: str) -> None:
    result = explained(MATTERS_IF_ASSUMED[name], DEFAULT)
    assert (result.verdict, result.cause, NOTE in result.notes) == ("miss", "key_order", True)
    assert result.path == ("tools[1]" if name == "the second of two tools" else "tools[0]")

    result = explained(MATTERS_IF_ASSUMED[name], IGNORED)
    assert (result.verdict, result.cause, NOTE in result.notes) == ("hit", None, False)


@pytest.mark.parametrize("name", ALWAYS_MATTERS)
def test_nothing_is_assumed_about_another_difference(name: str) -> None:
    marked = tuple({**side, "cache_control": MARK} for side in ALWAYS_MATTERS[name])

    for assumptions in (DEFAULT, IGNORED):
        result = explained((marked[0], marked[1]), assumptions)

        assert result.verdict in ("miss", "partial")
        assert NOTE not in result.notes


def test_difference_is_found_behind_another_order_of_keys() -> None:
    before, after = tool("a", input_schema=SCHEMA), reverse(tool("a", input_schema={**SCHEMA, "required": ["city"]}))

    result = explained((body(before), body(after)), IGNORED)

    assert (result.cause, result.path) == ("tool_changed", "tools[0]")
    assert result.excerpt == (
        '…ng"}},"required":["city","unit"],"type":"object"…',
        '…ng"}},"required":["city"],"type":"object"},"name…',
    )


def test_keys_that_are_sorted_already_keep_the_fingerprint() -> None:
    shown = body({"description": "Looks.", "input_schema": {"properties": {}, "type": "object"}, "name": "a"})

    assert read(shown).fingerprints == read(shown, assumptions=IGNORED).fingerprints


def test_marker_on_a_tool_is_still_found() -> None:
    shown = request(tools=[tool("a"), {"cache_control": MARK, **tool("b")}])

    assert [point.block_index for point in read(shown, assumptions=IGNORED).breakpoints] == [1]


def test_definition_that_json_cannot_carry_is_named() -> None:
    with pytest.raises(RequestError) as caught:
        _ = read(body(tool("a", input_schema={"const": {1}})), assumptions=IGNORED).fingerprints

    assert str(caught.value) == "tools[0] cannot be fingerprinted: Object of type set is not JSON serializable"

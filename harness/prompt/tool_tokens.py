"""Tokens of tools: their definitions, the calls of them, and the results of these calls."""

import json
from collections.abc import Mapping
from typing import Any

from harness.prompt.blocks import Block
from harness.prompt.tally import Tally
from harness.provider.generations import Generation

_NAMESPACE = "antml:"
"""Of the elements in which newer generations render a call."""


def definition_text(tool: Mapping[str, Any], rules: Generation) -> str:
    """The text of a tool that the user defines, as the model sees it: keys are sorted at every depth."""
    line = {"name": tool.get("name"), "parameters": tool["input_schema"]}
    if tool.get("description"):
        line["description"] = tool["description"]
    return f"<function>{json.dumps(line, ensure_ascii=rules.tool_ascii, sort_keys=True)}</function>\n"


def forced_tokens(tally: Tally, choice: Mapping[str, Any], *, is_after_result: bool) -> int:
    """Tokens rendered behind the last message by a forced tool choice: the beginning of a call."""
    tokens = tally.rules.forced_tail
    if choice.get("type") == "tool":
        tokens += tally.text(f'name="{choice.get("name")}"') - 1
    if is_after_result:
        tally.doubt_unproven("forced_after_result", "tool_choice", "a forced choice behind a tool result")
        tokens += tally.rules.forced_after_result
    return tokens


def call_tokens(tally: Tally, call: Block) -> int:
    """Tokens of a ``tool_use``."""
    name, inputs = str(call.content.get("name")), call.content.get("input")
    texts = [(str(key), _value(value)) for key, value in inputs.items()] if isinstance(inputs, dict) else []
    tokens = tally.rules.call
    if not texts:
        tally.doubt_unproven("call_without_input", call.path, "a call without any parameter")
        tokens += tally.rules.call_without_input
    if tally.rules.calls_are_elements:
        return tokens + tally.text(_elements(name, texts))
    return tokens + tally.text(name) + sum(_parameter(tally, *pair) for pair in texts)


def result_text_tokens(tally: Tally, text: str) -> int:
    """Tokens that the text of a ``tool_result`` adds, with what merges at its ends."""
    return tally.between('">', text, "</")


def schema_text(schema: object) -> str:
    """The schema of structured output, as the model sees it."""
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parameter(tally: Tally, key: str, value: str) -> int:
    return tally.rules.parameter + tally.text(key) + tally.between(">", value, "<")


def _elements(name: str, texts: list[tuple[str, str]]) -> str:
    invoke, parameter = f"{_NAMESPACE}invoke", f"{_NAMESPACE}parameter"
    inner = "".join(f'<{parameter} name="{key}">{value}</{parameter}>\n' for key, value in texts)
    return f'<{invoke} name="{name}">\n{inner}</{invoke}>\n'

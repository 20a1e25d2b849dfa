"""Parameters as the bytes that the SDK sends."""

import json
import os
import subprocess
import sys
from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from anthropic import NOT_GIVEN, Anthropic, BadRequestError, omit
from anthropic.types import TextBlock, ToolUseBlock
from pydantic import BaseModel, Field

from harness.errors import RequestError
from harness.prompt.wire import to_body
from tests.conftest import Wire

BASE: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Where is my parcel?"}],
}


class Colour(BaseModel):
    name: str
    shade: int = 3
    hex_: str = Field(default="", serialization_alias="hex")


def turns(*content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(content)}]}


def text(value: Any) -> dict[str, Any]:
    return {"type": "text", "text": value}


SAME_AS_THE_SDK = {
    "nothing special": {},
    "not given": {"system": NOT_GIVEN, "tools": omit},
    "not given deep inside": {"system": [{**text("Be brief."), "cache_control": NOT_GIVEN}]},
    "tuple": {"system": (text("Be brief."),)},
    "generator": {"system": "parts"},
    "frozen mapping": {"system": [MappingProxyType(text("Be brief."))]},
    "ordered mapping": {"system": [OrderedDict(text("Be brief."))]},
    "views": {"stop_sequences": {"a": 1, "b": 2}.keys()},
    "values": {"stop_sequences": {1: "a", 2: "b"}.values()},
    "text of all kinds": {"system": 'café naïve \u2028 \U0001f600 \x00 \\ " </script> \ud83d'[:-1]},
    "numbers": {"extra_body": {"temperature": 1e22, "top_p": 0.1, "top_k": 10**20}},
    "extra body": {"extra_body": {"top_k": 5, "system": "Over."}, "system": "Under."},
    "extra body that takes away": {"extra_body": {"system": omit}, "system": "Under."},
    "extra body with the name of an option": {"extra_body": {"timeout": 5}},
    "options": {"extra_headers": {"x-a": "b"}, "extra_query": {"a": "b"}, "timeout": 20},
    "headers by name": {"user_profile_id": "user_1", "workspace_id": "wrkspc_1"},
    "answer": turns(TextBlock(type="text", text="Hello")),
    "answer as it came": turns(TextBlock.model_validate({"type": "text", "text": "Hello", "citations": None})),
    "tool call": turns(ToolUseBlock(type="tool_use", id="toolu_1", name="find", input={"b": 1, "a": {"d": 1}})),
    "model of the application's own": turns(text("x"), Colour(name="red", hex_="#f00")),
    "date": {"metadata": {"user_id": date(2026, 11, 23)}},
    "time": {"metadata": {"user_id": datetime(2026, 11, 23, 12, tzinfo=UTC)}},
}


@pytest.mark.parametrize("name", SAME_AS_THE_SDK)
# The SDK accepts values at run time that its types do not allow, and pydantic warns of foreign blocks.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_body_is_that_of_the_sdk(name: str, anthropic: Anthropic, wire: Wire) -> None:
    def make() -> dict[str, Any]:
        parameters = {**BASE, **SAME_AS_THE_SDK[name]}
        # An iterator can be read only once.
        return parameters | ({"system": iter([text("Be brief.")])} if parameters.get("system") == "parts" else {})

    # The emulator refuses some of them, as the API would.
    with suppress(BadRequestError):
        anthropic.messages.create(**make())

    assert by_parameter(to_body(make())) == by_parameter(wire.sent[0].content)


def by_parameter(body: bytes) -> dict[str, str]:
    """The bytes of each parameter: only their order is the SDK's own."""
    return {
        key: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for key, value in json.loads(body).items()
    }


def test_betas_are_a_header(wire: Wire, anthropic: Anthropic) -> None:
    anthropic.beta.messages.create(**BASE, betas=["context-1m-2025-08-07"])

    assert json.loads(to_body({**BASE, "betas": ["context-1m-2025-08-07"]})) == json.loads(wire.sent[0].content)


def test_bytes_are_compact_and_text_stands_as_it_is() -> None:
    assert to_body({"model": "m", "system": "café"}) == '{"model":"m","system":"café"}'.encode()


def test_keys_stay_in_their_order() -> None:
    assert to_body({"b": {"z": 1, "a": 2}, "a": 3}) == b'{"b":{"z":1,"a":2},"a":3}'


def test_parameters_are_left_as_they_are() -> None:
    parameters = {**BASE, "system": omit, "extra_body": {"top_k": 5}}
    before = dict(parameters)

    to_body(parameters)

    assert parameters == before


def test_set_comes_in_the_order_of_the_hash_seed() -> None:
    script = (
        "import sys; from harness.prompt.wire import to_body; "
        "sys.stdout.buffer.write(to_body({'stop_sequences': {'alpha', 'beta', 'gamma', 'delta'}}))"
    )
    bodies = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in range(4)
    }

    assert len(bodies) > 1
    assert {tuple(sorted(json.loads(body)["stop_sequences"])) for body in bodies} == {
        ("alpha", "beta", "delta", "gamma")
    }


def endless() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["system"] = [value]
    return value


REFUSED = {
    "no mapping": (["model"], "a request is list, expected the parameters of messages.create"),
    "nothing": (None, "a request is NoneType, expected the parameters of messages.create"),
    "text": ('{"model": "m"}', "a request is str, expected the parameters of messages.create"),
    "bytes": (
        {"system": b"x"},
        "a request cannot be written as JSON: Object of type bytes is not JSON serializable",
    ),
    "file": (
        {"system": Path("x")},
        f"a request cannot be written as JSON: Object of type {type(Path()).__name__} is not JSON serializable",
    ),
    "class of a model": (
        {"output_format": Colour},
        "a request cannot be written as JSON: Object of type ModelMetaclass is not JSON serializable",
    ),
    "no number": (
        {"temperature": float("nan")},
        "a request cannot be written as JSON: Out of range float values are not JSON compliant: nan",
    ),
    "half a character": (
        {"system": "\ud83d"},
        "a request cannot be written as JSON: 'utf-8' codec can't encode character '\\ud83d' in position 11: "
        "surrogates not allowed",
    ),
    "itself": (endless(), "a request cannot be written as JSON: maximum recursion depth exceeded"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_json_cannot_carry_is_refused_in_words(name: str) -> None:
    parameters, message = REFUSED[name]

    with pytest.raises(RequestError) as caught:
        to_body(parameters)

    assert str(caught.value).startswith(message)

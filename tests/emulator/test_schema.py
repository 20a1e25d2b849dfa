import json
import re
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AnyUrl, AwareDatetime, BaseModel, Field

from harness.emulator.patterns import match_pattern
from harness.emulator.schema import minimal_instance
from harness.errors import RequestError

NODE = {"type": "object", "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/$defs/Node"}}}
BRANCHES = [{"$ref": "#/$defs/Node"}, {"type": "null"}]

INSTANCES: tuple[tuple[str, Any, Any], ...] = (
    # types
    ("string", {"type": "string"}, "x"),
    ("integer", {"type": "integer"}, 0),
    ("number", {"type": "number"}, 0),
    ("boolean", {"type": "boolean"}, False),
    ("null", {"type": "null"}, None),
    ("array", {"type": "array", "items": {"type": "integer"}}, []),
    ("object", {"type": "object"}, {}),
    ("several types", {"type": ["integer", "null"]}, 0),
    ("no type, but properties", {"properties": {"a": {"type": "null"}}}, {"a": None}),
    ("no type, but items", {"items": {"type": "null"}, "minItems": 1}, [None]),
    ("anything", {}, "x"),
    ("true, which accepts anything", True, "x"),
    # values
    ("enum", {"type": "string", "enum": ["b", "a"]}, "b"),
    ("const", {"const": {"a": [1]}}, {"a": [1]}),
    ("const of null", {"const": None}, None),
    ("default", {"type": "integer", "default": 7, "enum": [6, 7]}, 7),
    ("default of null", {"type": "string", "default": None}, None),
    # bounds
    ("minimum", {"type": "integer", "minimum": 3}, 3),
    ("negative minimum", {"type": "integer", "minimum": -3}, 0),
    ("maximum", {"type": "integer", "maximum": 9}, 0),
    ("negative maximum", {"type": "number", "maximum": -2.5}, -2.5),
    ("exclusive minimum", {"type": "integer", "exclusiveMinimum": 0}, 1),
    ("exclusive maximum", {"type": "integer", "exclusiveMaximum": 0}, -1),
    ("a number between two exclusive bounds", {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.001),
    ("both minima", {"type": "integer", "minimum": 5, "exclusiveMinimum": 2}, 5),
    ("both maxima", {"type": "integer", "maximum": -5, "exclusiveMaximum": -2}, -5),
    ("minLength", {"type": "string", "minLength": 3}, "xxx"),
    ("maxLength of zero", {"type": "string", "maxLength": 0}, ""),
    ("minItems", {"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
    ("prefixItems", {"type": "array", "prefixItems": [{"type": "null"}], "items": {}, "minItems": 2}, [None, "x"]),
    ("a date", {"type": "string", "format": "date"}, "2000-01-01"),
    ("an unknown format", {"type": "string", "format": "colour"}, "x"),
    # objects
    (
        "only what is required",
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]},
        {"a": 0},
    ),
    (
        "all where nothing is required",
        {"type": "object", "properties": {"a": {}, "b": {"const": 1}}},
        {"a": "x", "b": 1},
    ),
    ("required but not described", {"type": "object", "required": ["a"]}, {"a": "x"}),
    (
        "nested",
        {"properties": {"a": {"properties": {"b": {"items": {"properties": {"c": {}}}, "minItems": 1}}}}},
        {"a": {"b": [{"c": "x"}]}},
    ),
    # references and combinations
    ("$ref", {"$ref": "#/$defs/A", "$defs": {"A": {"type": "integer", "minimum": 2}}}, 2),
    ("$ref with a default beside it", {"$ref": "#/$defs/A", "default": 5, "$defs": {"A": {"type": "integer"}}}, 5),
    ("$ref by older names", {"$ref": "#/definitions/a~1b", "definitions": {"a/b": {"const": 1}}}, 1),
    ("$ref to a $ref", {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"const": 1}}}, 1),
    ("anyOf", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, 0),
    ("oneOf", {"oneOf": [{"const": "a"}, {"const": "b"}]}, "a"),
    (
        "anyOf beside properties",
        {"properties": {"a": {"const": 1}, "b": {"const": 2}}, "anyOf": [{"required": ["b"]}, {"required": ["a"]}]},
        {"b": 2},
    ),
    (
        "allOf",
        {
            "allOf": [{"$ref": "#/$defs/A"}, {"properties": {"b": {"const": 2}}, "required": ["b"]}],
            "$defs": {"A": {"properties": {"a": {"const": 1}}, "required": ["a"]}},
        },
        {"a": 1, "b": 2},
    ),
    # recursion
    ("an optional property that recurs", {"$ref": "#/$defs/Node", "$defs": {"Node": NODE}}, {"value": 0}),
    (
        "a required property that may end",
        {
            "$ref": "#/$defs/Node",
            "$defs": {"Node": {"properties": {"next": {"anyOf": BRANCHES}}, "required": ["next"]}},
        },
        {"next": None},
    ),
    ("the document itself", {"properties": {"a": {"const": 1}, "again": {"$ref": "#"}}}, {"a": 1, "again": {"a": 1}}),
    # not a schema
    ("properties that are none", {"type": "object", "properties": 5, "required": "a"}, {}),
    ("bounds that are none", {"type": "integer", "minimum": "3", "exclusiveMinimum": True}, 0),
    ("a name that is none", {"type": "object", "required": [1]}, {}),
)


@pytest.mark.parametrize(("schema", "instance"), [row[1:] for row in INSTANCES], ids=[row[0] for row in INSTANCES])
def test_an_instance_is_minimal(schema: Any, instance: Any) -> None:
    made = minimal_instance(schema)
    assert made == instance
    # 0 == False: the types matter too.
    assert json.dumps(made) == json.dumps(instance)


ENDLESS = "input_schema: a definition requires itself, so no finite input exists"
REQUIRES_ITSELF = {"properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"]}

IMPOSSIBLE: tuple[tuple[str, Any, str], ...] = (
    ("a reference to nothing", {"$ref": "#/$defs/A"}, "input_schema: $ref '#/$defs/A' cannot be resolved"),
    ("a reference elsewhere", {"$ref": "a.json#/b"}, "input_schema: $ref 'a.json#/b' cannot be resolved"),
    ("a reference to itself", {"$ref": "#"}, ENDLESS),
    ("a required property", {"$ref": "#/$defs/Node", "$defs": {"Node": REQUIRES_ITSELF}}, ENDLESS),
    ("through allOf", {"allOf": [{"$ref": "#"}]}, ENDLESS),
    ("all branches", {"anyOf": [{"$ref": "#"}, {"items": {"$ref": "#"}, "minItems": 1}]}, ENDLESS),
)


@pytest.mark.parametrize(("schema", "message"), [row[1:] for row in IMPOSSIBLE], ids=[row[0] for row in IMPOSSIBLE])
def test_a_schema_without_instance_is_refused(schema: Any, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        minimal_instance(schema)
    assert caught.value.message == message


@pytest.mark.parametrize("keyword", ["minLength", "minItems"])
def test_no_schema_fills_the_memory(keyword: str) -> None:
    schema = {"type": "string" if keyword == "minLength" else "array", keyword: float("inf")}
    assert len(minimal_instance(schema)) == 10_000


class Level(Enum):
    JUNIOR = "junior"
    SENIOR = "senior"


class Skill(BaseModel):
    name: str = Field(min_length=2)
    years: Annotated[int, Field(gt=0)]


class Person(BaseModel):
    name: str
    manager: "Person | None"
    reports: list["Person"]


class Job(BaseModel):
    level: Level
    kind: Literal["remote", "office"]
    skills: list[Skill] = Field(min_length=1)
    salary: Decimal
    share: float = Field(gt=0, lt=1)
    posted: AwareDatetime
    link: AnyUrl
    range: tuple[int, str]
    labels: dict[str, str]
    person: Person


def test_a_model_of_pydantic_accepts_the_instance_of_its_schema() -> None:
    instance = minimal_instance(Job.model_json_schema())
    job = Job.model_validate(instance)
    assert instance.keys() == Job.model_fields.keys()
    assert (job.level, job.skills, job.range) == (Level.JUNIOR, [Skill(name="xx", years=1)], (0, "x"))


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
KEYWORDS = st.sampled_from(
    ["type", "properties", "required", "items", "minItems", "anyOf", "allOf", "$ref", "$defs", "enum", "minLength", "#"]
)
TYPES = st.sampled_from(["object", "array", "string", "#", "#/$defs/object", "#/properties/array"])
NONSENSE = st.recursive(
    SCALARS | TYPES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS | TYPES, inner, max_size=4),
    max_leaves=12,
)


@given(NONSENSE)
def test_whatever_is_given_as_a_schema_has_one_instance_or_is_refused(schema: Any) -> None:
    assert outcome(schema) == outcome(json.loads(json.dumps(schema)))


def outcome(schema: Any) -> str:
    """Write the instance as JSON, or the reason why there is none."""
    try:
        return json.dumps(minimal_instance(schema))
    except RequestError as error:
        return error.message


PATTERNS = (
    "^[A-Z]{3}-\\d{4}$",
    "^(foo|bar)+$",
    "[^abc]",
    "^\\S+@\\S+\\.\\w{2,}$",
    "^(a)\\1$",
    "^.*end$",
    "^[a-z0-9_-]{1,64}$",
    "^(?:\\+|00)\\d{1,3}$",
    "^[^\\d\\s]{2}$",
    "^(?=a)a+?$",
    "",
)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("shortest", [0, 3])
def test_a_text_matches_its_pattern(pattern: str, shortest: int) -> None:
    made = minimal_instance({"type": "string", "pattern": pattern, "minLength": shortest})
    if made.strip("x"):
        assert re.search(pattern, made)
        assert len(made) >= shortest


@pytest.mark.parametrize("pattern", ["(", "^a$", "^(?!x)$", "a{99999999999}"])
def test_a_pattern_that_cannot_be_met_gives_a_text_all_the_same(pattern: str) -> None:
    assert len(minimal_instance({"type": "string", "pattern": pattern, "minLength": 5})) == 5


@given(st.from_regex(r"\A[a-z\\dA-Z.*+?|()\[\]^$-]{0,12}\Z"))
def test_no_pattern_breaks_it(pattern: str) -> None:
    made = match_pattern(pattern)
    assert made is None or re.search(pattern, made)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "multipleOf": 5, "minimum": 7}, 10),
        ({"type": "integer", "multipleOf": 5}, 0),
        ({"type": "integer", "multipleOf": 5, "maximum": -3}, -5),
        ({"type": "number", "multipleOf": 0.5, "exclusiveMinimum": 1}, 1.5),
        ({"type": "array", "uniqueItems": True, "minItems": 2, "items": {"enum": ["a", "b"]}}, ["a", "b"]),
        ({"type": "array", "uniqueItems": True, "minItems": 3, "items": {"type": "integer"}}, [0, 1, 2]),
        ({"type": "array", "uniqueItems": True, "minItems": 2, "items": {"type": "string"}}, ["x", "xx"]),
        ({"type": "array", "uniqueItems": True, "minItems": 2, "items": {"type": "boolean"}}, [False, True]),
    ],
)
def test_multiples_and_different_items(schema: dict[str, Any], value: Any) -> None:
    assert minimal_instance(schema) == value


def doubled(kind: str) -> dict[str, Any]:
    """A small schema whose instance, or whose expansion, is a million times as large."""
    definitions: dict[str, Any] = {"a0": {"type": "object", "properties": {}}}
    for number in range(1, 40):
        below = {"$ref": f"#/$defs/a{number - 1}"}
        two = {"type": "object", "properties": {"x": below, "y": below}, "required": ["x", "y"]}
        definitions[f"a{number}"] = two if kind == "properties" else {"allOf": [below, below]}
    return {"$ref": "#/$defs/a39", "$defs": definitions}


@pytest.mark.parametrize("kind", ["properties", "allOf"])
def test_a_schema_that_grows_out_of_all_proportion_is_refused(kind: str) -> None:
    with pytest.raises(RequestError, match="its smallest input has more than 50000 parts"):
        minimal_instance(doubled(kind))


@pytest.mark.parametrize("pattern", ["((a{1000}){1000}){1000}", "^(a+)+$(?!x)b", "^(a|aa)+c(?=d)$"])
def test_a_pattern_that_would_take_years_gives_up(pattern: str) -> None:
    assert minimal_instance({"type": "string", "pattern": pattern, "minLength": 60}) == "x" * 60

"""Other values of the same type, and copies of inputs that contain them."""

import json
from collections import OrderedDict, defaultdict
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from pydantic import BaseModel

from harness.stability.fields import Site, list_all
from harness.stability.variation import DIRECTIONS, count_variations, list_fixed, list_sites, reshape, vary, vary_leaf


class Plan(Enum):
    PRO = "pro"
    FREE = "free"


class Size(IntEnum):
    SMALL = 1
    LARGE = 2


class Tone(StrEnum):
    KIND = "kind"
    STRICT = "strict"


LEAVES: list[Any] = [
    0, 1, 5, -3, 4711, 10**400, True, False, 0.0, 12.5, -0.25, float("inf"), Decimal("9.90"), Fraction(1, 3),
    None, "", "a", "Ana Silva", "2026-03-04", "次の", "a" * 5_000, b"", b"abc", bytearray(b"abc"),
    date(2026, 3, 4), date.max, date.min, datetime(2026, 3, 4, 10, 15, tzinfo=UTC), time(10, 15), timedelta(days=3),
    Plan.PRO, Plan.FREE, Size.SMALL, Tone.KIND, UUID(int=7), PurePosixPath("a/b.txt"), {"a"}, set(), frozenset({3}),
]  # fmt: skip


@pytest.mark.parametrize("value", LEAVES, ids=lambda value: f"{type(value).__name__}-{value!r:.20}")
def test_other_values_differ_and_keep_the_type(value: Any) -> None:
    others = [other for direction in DIRECTIONS for other in vary_leaf(value, "⟦field⟧", direction)]

    assert others
    assert value not in others
    if value is not None:
        assert {type(other) for other in others} == {type(value)}


@pytest.mark.parametrize("value", [0, 1, 2, 5, 40, 4711, 12.5, Decimal("9.90")])
def test_numbers_become_larger_and_smaller(value: Any) -> None:
    more, less = (next(vary_leaf(value, "", direction)) for direction in DIRECTIONS)

    assert more > value + 1_000
    assert less <= 0
    assert len(str(int(more))) > len(str(int(value)))
    assert more % 2 != value % 2 or less % 2 != value % 2


@pytest.mark.parametrize("day", [date(2026, 3, 4), date(2024, 2, 29), date(2025, 12, 31), date(2000, 1, 1)])
def test_dates_change_in_all_their_parts(day: date) -> None:
    for direction in DIRECTIONS:
        other = next(vary_leaf(day, "", direction))

        pairs = zip((*other.timetuple()[:3], other.weekday()), (*day.timetuple()[:3], day.weekday()), strict=True)
        assert all(new != old for new, old in pairs)
        assert (other > day) == (direction == "more")


@pytest.mark.parametrize("text", ["a", "Ana Silva", "x" * 100])
def test_texts_become_longer_marks_and_empty(text: str) -> None:
    more, less = (next(vary_leaf(text, "⟦field⟧", direction)) for direction in DIRECTIONS)

    assert more.startswith("⟦field⟧")
    assert more.endswith("⟦field⟧")
    assert len(more) > len(text)
    assert less == ""


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("2026-03-04", "2037-04-05"),
        ("2025-12", "2036-01"),
        ("2025-12-28T19:59:00Z", "2036-01-01T08:48:11Z"),
        ("30", "21"),
        ("-4.5", "-3.4"),
        ("ana@example.com", "bob@fybnqmf.dpn"),
        ("https://a.de/z", "https://b.ef/a"),
        ("Zoë", "Apì"),
        ("次", "欢"),
        ("", ""),
        ("...", "..."),
    ],
)
def test_other_text_has_the_same_shape(text: str, other: str) -> None:
    assert reshape(text) == other


# --- whole inputs ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frozen:
    count: int
    name: str


class Model(BaseModel):
    count: int
    tags: list[str]


class Pair(NamedTuple):
    first: int
    second: str


class Slotted:
    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        self.count = count


OBJECTS: dict[str, tuple[Any, list[str]]] = {
    "dictionary": ({"count": 5}, ["x.count"]),
    "ordered": (OrderedDict(count=5), ["x.count"]),
    "default": (defaultdict(int, count=5), ["x.count"]),
    "list": ([5, [6]], ["x[0]", "x[1][0]"]),
    "tuple": ((5, 6), ["x[0]", "x[1]"]),
    "named tuple": (Pair(5, "a"), ["x.first", "x.second"]),
    "dataclass": (Frozen(5, "a"), ["x.count", "x.name"]),
    "model": (Model(count=5, tags=["a"]), ["x.count", "x.tags[0]"]),
    "namespace": (SimpleNamespace(count=5), ["x.count"]),
    "slots": (Slotted(5), ["x.count"]),
    "nested": ({"a": [Frozen(5, "a")]}, ["x.a[0].count", "x.a[0].name"]),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_values_of_all_kinds_of_objects_are_changed_in_a_copy(name: str) -> None:
    value, paths = OBJECTS[name]
    before = repr(value)
    sites = [site for site in list_sites(list_all({"x": value}), "more") if site.aspect == "value"]

    varied = vary({"x": value}, dict.fromkeys(sites, 0), "more")["x"]

    assert [site.path for site in sites] == paths
    assert type(varied) is type(value)
    assert repr(value) == before
    changed = dict(list_all({"x": varied}))
    assert all(changed[path] != original for path, original in list_all({"x": value}) if path in paths)


def test_object_that_holds_itself_is_walked_once() -> None:
    node = SimpleNamespace(count=5)
    node.me = node

    assert Site("x.count") in list_sites(list_all({"x": node}), "more")


@pytest.mark.parametrize(
    "value", [len, int, object(), 3j, lambda: 5], ids=["function", "class", "object", "complex", "lambda"]
)
def test_value_without_variation_is_listed(value: Any) -> None:
    assert list_fixed(list_all({"x": value})) == [Site("x")]


def sites(value: Any, direction: Any) -> list[str]:
    return [site.label for site in list_sites(list_all({"x": value}), direction)]


def test_sites_are_values_keys_and_lengths() -> None:
    value = {"id": 5, "items": [{"sku": "a"}, {"sku": "b"}], "none": None}

    assert sites(value, "more") == [
        "x.id",
        "x.items[0].sku",
        "x.items[0] (its keys)",
        "x.items[1].sku",
        "x.items[1] (its keys)",
        "x.items (its length)",
        "x.none",
        "x (its keys)",
    ]
    assert sites(value, "less") == [
        "x.id",
        "x.items[0].sku",
        "x.items[].sku (whether it is there)",
        "x.items[1].sku",
        "x.items (its length)",
        "x.id (whether it is there)",
        "x.items (whether it is there)",
        "x.none (whether it is there)",
    ]


def change(value: Any, site: Site, direction: Any, pick: int = 0) -> Any:
    return deepcopy(vary({"x": value}, {site: pick}, direction))["x"]


def test_absent_key_is_absent_but_for_a_builder_that_takes_it_for_granted() -> None:
    less = change({"id": 5, "vip": 1}, Site("x.vip", "presence", "x"), "less")

    assert "vip" not in less
    assert less.get("vip") is None
    assert (list(less), len(less), json.dumps(less)) == (["id"], 1, '{"id": 5}')
    assert less["vip"] == 1
    with pytest.raises(KeyError):
        less["none"]


def test_emptied_list_is_empty_but_for_a_builder_that_takes_items_for_granted() -> None:
    less = change(["a", "b"], Site("x", "length"), "less")

    assert (list(less), len(less), bool(less), json.dumps(less), less[1:]) == ([], 0, False, "[]", [])
    assert (less[0], less[-1]) == ("a", "b")
    with pytest.raises(IndexError):
        less[2]


@pytest.mark.parametrize(
    ("value", "direction", "lengths"),
    [
        (["a", "b"], "more", [3]),
        (["a", "b"], "less", [0, 0, 1]),
        (["a"], "less", [0, 0]),
        ([], "more", [1, 1, 1]),
        (("a", "b"), "more", [3]),
        (("a", "b"), "less", [0, 1]),
    ],
)
def test_lists_become_longer_and_shorter(value: Any, direction: Any, lengths: list[int]) -> None:
    site = Site("x", "length")

    assert count_variations(value, site, direction) == len(lengths)
    assert [len(change(value, site, direction, pick)) for pick in range(len(lengths))] == lengths


def test_further_keys_stand_before_and_after_the_others() -> None:
    more = change({"b": 1, "c": 2}, Site("x", "keys"), "more")

    assert more == {"⟦x (its keys)⟧": 1, "b": 1, "c": 2, "~⟦x (its keys)⟧": 2}
    assert list(more)[1:3] == ["b", "c"]


def test_only_picked_sites_change() -> None:
    inputs = {"x": {"id": 5, "name": "Ana"}, "y": [1, 2]}

    assert vary(inputs, {Site("x.id"): 1, Site("y[1]"): 2}, "more") == {"x": {"id": 6, "name": "Ana"}, "y": [1, 1]}


@pytest.mark.parametrize(
    ("site", "other", "is_held"),
    [
        (Site("x"), Site("x"), True),
        (Site("x"), Site("x.id"), True),
        (Site("x"), Site("x[0]"), True),
        (Site("x.items", "length"), Site("x.items[1].sku"), True),
        (Site("x.items[].sku", "presence", "x.items[]"), Site("x.items[1].sku"), True),
        (Site("x"), Site("xy"), False),
        (Site("x.id"), Site("x"), False),
        (Site("x.items[1]"), Site("x.items[10]"), False),
    ],
)
def test_site_holds_itself_and_what_lies_inside(site: Site, other: Site, is_held: bool) -> None:
    assert site.holds(other) == is_held

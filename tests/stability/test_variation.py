"""Other values of the same type, and copies of inputs that contain them."""

import json
import operator
import pickle
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from itertools import product
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from pydantic import BaseModel

from harness.stability.fields import Site, list_all
from harness.stability.leaves import DIRECTIONS, Field, reshape, vary_leaf
from harness.stability.variation import count_variations, list_asked, list_fixed, list_sites, vary


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


FIELD = Field("⟦field⟧")


@pytest.mark.parametrize("value", LEAVES, ids=lambda value: f"{type(value).__name__}-{value!r:.20}")
def test_other_values_differ_and_keep_the_type(value: Any) -> None:
    others = [other for direction in DIRECTIONS for other in vary_leaf(value, FIELD, direction)]

    assert others
    assert value not in others
    if value is not None:
        assert {type(other) for other in others} == {type(value)}


def first(value: Any, rank: int = 0) -> list[Any]:
    """The boldest value of each direction; the value itself where there is no other."""
    field = Field("⟦field⟧", rank)
    return [next(iter(vary_leaf(value, field, direction)), value) for direction in DIRECTIONS]


@pytest.mark.parametrize("value", [0, 1, 2, 5, 40, 4711, -4, 12.5, Decimal("9.90"), Fraction(1, 3), 1_772_618_400])
def test_numbers_become_larger_and_negative_and_zero(value: Any) -> None:
    more, less, none = first(value)

    assert more > value + 1_000
    assert less < min(value, -6)
    assert none == 0
    assert len(str(int(more))) > len(str(int(value)))
    assert more % 2 != value % 2


DAYS = [
    date(2026, 3, 4), date(2024, 2, 29), date(2025, 12, 31), date(2000, 1, 1), date(2026, 8, 15), date(2026, 6, 7),
]  # fmt: skip
MOMENTS = [
    datetime(2026, 3, 4, 10, 15), datetime(2026, 12, 5, 23, 59), datetime(1950, 7, 1, 3), datetime(2026, 5, 5, 22),
    datetime(2090, 10, 10, tzinfo=UTC),
]  # fmt: skip


@pytest.mark.parametrize("day", [*DAYS, *MOMENTS], ids=str)
@pytest.mark.parametrize(
    "decide",
    [
        pytest.param(decide, id=name)
        for name, decide in {
            "weekend": lambda day: day.weekday() >= 5,
            "sunday": lambda day: day.isoweekday() == 7,
            "monday": lambda day: day.weekday() == 0,
            "half-year": lambda day: day.month <= 6,
            "summer": lambda day: day.month in (6, 7, 8),
            "december": lambda day: day.month == 12,
            "first": lambda day: day.day == 1,
            "last": lambda day: (day + timedelta(days=1)).day == 1,
            "leap year": lambda day: day.year % 4 == 0,
            "past": lambda day: day.year < 1980,
            "future": lambda day: day.year > 2055,
        }.items()
    ],
)
def test_dates_decide_otherwise_in_one_direction(day: date, decide: Callable[[date], bool]) -> None:
    assert {decide(other) for other in (day, *first(day))} == {True, False}


@pytest.mark.parametrize("moment", [*MOMENTS, time(10, 15), time(23, 59), time(0), time(3), time(12)], ids=str)
@pytest.mark.parametrize(
    "decide",
    [
        pytest.param(decide, id=name)
        for name, decide in {
            "late": lambda moment: moment.hour >= 22,
            "night": lambda moment: not 6 <= moment.hour < 22,
            "morning": lambda moment: moment.hour < 12,
            "on the hour": lambda moment: moment.minute == 0,
            "seconds": lambda moment: moment.second == 0,
        }.items()
    ],
)
def test_times_decide_otherwise_in_one_direction(moment: Any, decide: Callable[[Any], bool]) -> None:
    assert {decide(other) for other in (moment, *first(moment))} == {True, False}


@pytest.mark.parametrize("day", [*DAYS, *MOMENTS], ids=str)
def test_dates_become_later_and_earlier(day: date) -> None:
    more, less, _ = first(day)

    assert less < day < more


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (5, 2),
        (2, 2),
        (12.5, 40),
        (40.5, 12),
        (12, 40.5),
        (1_772_618_400, 1_772_618_999),
        (1_772_618_999, 1_772_618_400),
        (date(2026, 3, 4), date(2026, 3, 9)),
        (date(2026, 3, 9), date(2026, 3, 4)),
        (date(2026, 3, 4), date(2026, 3, 4)),
        (datetime(2026, 3, 4, 10), datetime(2026, 3, 4, 11)),
        (time(9), time(17)),
        (time(17), time(9)),
        (timedelta(days=3), timedelta(days=4)),
        (timedelta(days=4), timedelta(days=3)),
    ],
)
def test_two_fields_are_in_either_order_and_equal(one: Any, other: Any) -> None:
    pairs = [(one, other), *zip(first(one), first(other, 1), strict=True)]

    assert any(left < right for left, right in pairs)
    assert any(left > right for left, right in pairs)
    assert any(left == right for left, right in pairs)


@pytest.mark.parametrize("booleans", [*product([True, False], repeat=2)])
@pytest.mark.parametrize("decide", [operator.or_, operator.and_, operator.eq, operator.ne, operator.add])
def test_two_booleans_decide_otherwise_in_one_direction(booleans: Any, decide: Callable[[bool, bool], Any]) -> None:
    inputs = {"x": list(booleans)}
    picks = [site for direction in DIRECTIONS for site in list_sites(list_all(inputs), direction)]
    values = [site for site in picks if site.aspect == "value"]

    pairs = [vary(inputs, dict.fromkeys(values, 0), direction)["x"] for direction in DIRECTIONS]

    assert len({decide(*pair) for pair in [booleans, *pairs]}) > 1


@pytest.mark.parametrize("text", ["a", "Ana Silva", "x" * 100])
def test_texts_become_marks_and_long_and_empty(text: str) -> None:
    more, less, none = first(text)

    assert more.startswith("⟦field⟧")
    assert more.endswith("⟦field⟧")
    assert len(more) > len(text)
    assert len(less) > 1_000
    assert none == ""


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
    assert sites(value, "less") == ["x.id", "x.items[0].sku", "x.items[1].sku"]
    assert sites(value, "none") == [
        "x.id",
        "x.items[0].sku",
        "x.items[].sku (whether it is there)",
        "x.items[1].sku",
        "x.items (its length)",
        "x.none",
        "x.id (whether it is there)",
        "x.items (whether it is there)",
        "x.none (whether it is there)",
    ]


def change(value: Any, site: Site, direction: Any, pick: int = 0) -> Any:
    return deepcopy(vary({"x": value}, {site: pick}, direction))["x"]


def test_absent_key_is_absent_but_for_a_builder_that_takes_it_for_granted() -> None:
    less = change({"id": 5, "vip": 1}, Site("x.vip", "presence", "x"), "none")

    assert "vip" not in less
    assert less.get("vip") is None
    assert (list(less), len(less), json.dumps(less)) == (["id"], 1, '{"id": 5}')
    assert less["vip"] == 1
    with pytest.raises(KeyError):
        less["none"]


def test_emptied_list_is_empty_but_for_a_builder_that_takes_items_for_granted() -> None:
    less = change(["a", "b"], Site("x", "length"), "none")

    assert (list(less), len(less), bool(less), json.dumps(less), less[1:]) == ([], 0, False, "[]", [])
    assert (less[0], less[-1]) == ("a", "b")
    with pytest.raises(IndexError):
        less[2]


@pytest.mark.parametrize(
    ("value", "direction", "lengths"),
    [
        (["a", "b"], "more", [12]),
        (["a", "b"], "none", [0, 0, 1]),
        (["a"], "none", [0, 0]),
        ([], "more", [10] * 6),
        (("a", "b"), "more", [12]),
        (("a", "b"), "none", [0, 1]),
        (["a", "b"], "less", []),
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


ASKED: dict[str, tuple[Callable[[Any], Any], list[str]]] = {
    "get": (lambda x: x.get("vip"), ["x.vip"]),
    "get with default": (lambda x: x.get("vip", 5), ["x.vip"]),
    "in": (lambda x: "vip" in x, ["x.vip"]),
    "pop": (lambda x: x.pop("vip", None), ["x.vip"]),
    "set default": (lambda x: x.setdefault("vip", 1), ["x.vip"]),
    "copy": (lambda x: deepcopy(x).get("vip"), ["x.vip"]),
    "items": (lambda x: [item.get("color") for item in x["items"]], ["x.items[].color"]),
    "two": (lambda x: (x.get("b"), x.get("a"), x.get("b")), ["x.b", "x.a"]),
    "present": (lambda x: (x["id"], x.get("id"), "id" in x, x.pop("id")), []),
    "all": (lambda x: (json.dumps(x), {**x}, list(x), pickle.dumps(x)), []),
    "no text": (lambda x: x.get(5), []),
}


@pytest.mark.parametrize("name", ASKED)
def test_absent_keys_that_are_asked_for_are_noted(name: str) -> None:
    ask, paths = ASKED[name]
    inputs = {"x": {"id": 5, "items": [{"sku": "a"}, {"sku": "b"}]}}
    watched: list[Any] = []
    keys = [Site(path, "keys") for path in ("x", "x.items[0]", "x.items[1]")]

    ask(vary(inputs, dict.fromkeys(keys, 0), "more", watched)["x"])

    assert [site.path for site in list_asked(watched)] == paths


def test_absent_key_raises_as_in_any_mapping() -> None:
    more = vary({"x": {"id": 5}}, {Site("x", "keys"): 0}, "more")["x"]

    with pytest.raises(KeyError):
        more["vip"]
    with pytest.raises(KeyError):
        more.pop("vip")
    assert more.get("vip", 3) == more.setdefault("vip", 3) == more.pop("vip") == 3


def test_key_that_was_asked_for_is_added_to_each_item() -> None:
    site = Site("x[].color", "presence", "x[]")

    more = change([{"sku": "a"}, {"sku": "b"}], site, "more")

    assert more == [{"sku": "a", "color": site.mark}, {"sku": "b", "color": site.mark}]


USES: dict[str, Callable[[Any], Any]] = {
    "text": lambda x: x.upper().strip() + f"{x:>9}",
    "key": lambda x: x["percent"] + x["a"]["b"],
    "get": lambda x: x.get("percent", 5).lower(),
    "attribute": lambda x: x.percent.of.what,
    "method": lambda x: x.isoformat() + x.strftime("%B"),
    "number format": lambda x: f"{x['percent']:.2f} {x:%d %B}",
    "json": lambda x: json.dumps([x, x["percent"]]),
    "copy": lambda x: deepcopy(x)["percent"] + pickle.loads(pickle.dumps(x)),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_guess_for_what_is_not_there_takes_most_uses(use: Callable[[Any], Any]) -> None:
    use(change(None, Site("x"), "more"))
    use(change([], Site("x", "length"), "more")[0])


def test_guess_for_what_is_not_there_may_be_a_mapping_of_numbers() -> None:
    guess = change(None, Site("x"), "none")

    assert (guess["percent"] > 5, guess.get("percent"), "percent" in guess, bool(guess)) == (True, 10_007, True, True)


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

import builtins
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness.reports.html import charts
from harness.reports.html.charts import Bar, Point, Range
from harness.reports.html.drawing import LIMIT, Drawer

HOSTILE = '</svg><script>alert(1)</script>\u202e"&\x1b[31m'

SPECS: dict[str, Callable[[str], dict[str, Any]]] = {
    "bars": lambda name: charts.bars([Bar(name, "read", 10), Bar(name, "output", 5)], unit="~s"),
    "lines": lambda name: charts.lines([Point(1, 1, 2), Point(1, 10, 1)], x=name, y="y", unit="~g", rules=[(1, 2)]),
    "scatter": lambda name: charts.scatter([Range(1, 0.1, 0.5, 0.2, 0.9)], x=name, y="y", x_unit="~g", y_unit=".0%"),
    "dots": lambda name: charts.dots([Range(1, name, 0.5, 0.2, 0.9), Range(2, name, 0.5)], unit=".0%"),
    "trend": lambda name: charts.trend([(name, 1, 0.5), ("b", 1, 0.7)], unit=".0%"),
}


@pytest.mark.parametrize("kind", SPECS)
def test_a_chart_is_small_has_its_words_and_takes_no_colour_but_the_page_s(kind: str) -> None:
    svg = Drawer().draw(SPECS[kind]("name"), label="what it shows")
    assert svg is not None
    root = ET.fromstring(svg)

    assert len(svg) < 12_000
    assert (root.get("role"), root.get("aria-label")) == ("img", "what it shows")
    colours = {node.get(key, "none") for node in root.iter() for key in ("fill", "stroke")}
    assert {colour for colour in colours if not colour.startswith(("var(--", "none", "transparent"))} == set()
    assert not re.search(r" style=|<style|<script|<image|href", svg)


@pytest.mark.parametrize("kind", SPECS)
def test_hostile_names_stay_text(kind: str) -> None:
    svg = Drawer().draw(SPECS[kind](HOSTILE), label=HOSTILE)
    assert svg is not None
    root = ET.fromstring(svg)

    assert {node.tag.rpartition("}")[2] for node in root.iter()} <= {
        "svg", "g", "path", "text", "line", "defs", "clipPath", "rect",
    }  # fmt: skip
    assert root.get("aria-label") == r'</svg><script>alert(1)</script>\u202e"&\x1b[31m'


def test_long_names_are_cut_in_their_middle_and_stay_apart() -> None:
    names = ["a" * 40 + " v1", "a" * 40 + " v2", "a" * 30 + " v2", "日本語" * 9 + " v1", "👩" * 50]
    svg = Drawer().draw(charts.bars([Bar(name, "read", 10) for name in names], unit="~s"), label="x")
    assert svg is not None

    shown = [node.text for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert shown[-5:-2] == ["aaaaaaaaaa…aaaaaaa v1", "aaaaaaaaaa…aaaaaaa v2", "aaaaaaaaaa…aaaaaaa v2 (2)"]
    assert shown[-2:] == ["日本語日本語…日本語 v1", "👩👩👩👩👩…👩👩👩👩👩"]


def test_two_pictures_share_no_name() -> None:
    drawer = Drawer()
    clipped = {"mark": {"type": "bar", "clip": True}, "data": {"values": [{"a": 1}]}, "encoding": {"x": {"field": "a"}}}
    names = [set(re.findall(r'id="([^"]+)"', drawer.draw(clipped, label="x") or "")) for _ in range(2)]

    assert names == [{"chart1-clip1"}, {"chart2-clip2"}] or names[0].isdisjoint(names[1])
    assert all(names)


def test_a_page_has_a_limited_number_of_charts() -> None:
    drawer = Drawer()
    drawn = [drawer.draw(SPECS["trend"]("a"), label="x") is not None for _ in range(LIMIT + 2)]

    assert drawn == [True] * LIMIT + [False] * 2


def test_without_the_package_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "vl_convert":
            raise ImportError(name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    drawer = Drawer()

    assert not drawer.can_draw
    assert drawer.draw(SPECS["bars"]("a"), label="x") is None

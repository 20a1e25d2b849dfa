"""Charts as SVG: Vega-Lite specifications drawn by ``vl-convert``, made small, and coloured by the page's variables."""

from __future__ import annotations

import re
from itertools import count
from typing import Any
from xml.etree import ElementTree as ET

from harness.reports.html.markup import Html, visible

MISSING = 'Charts need one more package: pip install "prompt-cache-harness[html]"'
"""Shown on a page without charts."""

LIMIT = 40
"""Most charts of a page; what comes after has its table only."""

VERSION = "6.4"
"""The version of Vega-Lite for which the specifications are written."""

_LONGEST = 200
"""Characters of the longest text in a chart; it shows fewer."""

_SVG = "http://www.w3.org/2000/svg"
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_REFERENCE = re.compile(r"url\(#([\w-]+)\)")
_INVISIBLE = {"opacity": "0", "display": "none"}
_DROPPED = ("class", "role", "pointer-events", "aria-hidden", "aria-roledescription", "aria-label", "font-family")

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "aria": False,
    "font": "sans-serif",
    "padding": {"left": 10, "right": 12, "top": 5, "bottom": 5},
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)", "titleColor": "var(--soft)", "labelFontSize": 12, "titleFontSize": 12,
        "titleFontWeight": "normal", "gridColor": "var(--line)", "domainColor": "var(--line)", "ticks": False,
        "labelPadding": 6, "labelLimit": 0, "titlePadding": 8, "domain": False,
    },
    "axisY": {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleY": -12, "titleX": 0},
}  # fmt: skip


class Drawer:
    """Draws the charts of one page."""

    def __init__(self) -> None:
        """Find out whether charts can be drawn here."""
        self._names = count(1)
        try:
            import vl_convert
        except ImportError:
            self._convert = None
        else:
            self._convert = vl_convert.vegalite_to_svg

    @property
    def can_draw(self) -> bool:
        """Whether the package that draws is installed."""
        return self._convert is not None

    def draw(self, spec: dict[str, Any], *, label: str) -> Html | None:
        """Draw a chart that is read out as ``label``; ``None`` if it cannot be drawn."""
        number = next(self._names)
        if self._convert is None or number > LIMIT:
            return None
        try:
            svg = self._convert({"config": CONFIG, **tame(spec)}, vl_version=VERSION)
        except ValueError:
            # A name in a script that the library cannot measure: the table has the numbers.
            return None
        return Html(_shrink(svg, prefix=f"chart{number}-", label=label))


def tame(part: Any) -> Any:
    """Make all texts visible and short: a control character in one makes the library end the process."""
    if isinstance(part, str):
        return visible(part)[:_LONGEST]
    if isinstance(part, list):
        return [tame(item) for item in part]
    return {key: tame(item) for key, item in part.items()} if isinstance(part, dict) else part


def _shrink(svg: str, *, prefix: str, label: str) -> str:
    """Drop what is not seen, shorten numbers, and keep the names of this picture apart from those of others."""
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)
    _drop_unseen(root)
    for node in root.iter():
        for name in _DROPPED:
            node.attrib.pop(name, None)
        for name, value in node.attrib.items():
            shorter = _NUMBER.sub(lambda found: f"{float(found[0]):.1f}", value)
            node.set(name, _REFERENCE.sub(rf"url(#{prefix}\1)", shorter))
        if "id" in node.attrib:
            node.set("id", prefix + node.attrib["id"])
    root.attrib.pop("width")
    root.attrib.pop("height")
    root.attrib |= {"class": "chart", "role": "img", "aria-label": visible(label)}
    return ET.tostring(root, encoding="unicode")


def _drop_unseen(node: ET.Element) -> None:
    for child in list(node):
        _drop_unseen(child)
        if any(child.get(key) == value for key, value in _INVISIBLE.items()) or _is_empty(child):
            node.remove(child)
        child.attrib.pop("opacity", None) if child.get("opacity") == "1" else None


def _is_empty(node: ET.Element) -> bool:
    tag = node.tag.rpartition("}")[2]
    if tag == "path":
        return not {"fill", "stroke"} & node.attrib.keys()
    return tag == "g" and len(node) == 0

"""One chart of a report as a PNG, for hosts that show pictures in comments: dollars paid and saved by version."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ReportError
from harness.files.reading import read_text
from harness.reports.html.charts import bars
from harness.reports.html.costs import list_dollar_bars
from harness.reports.html.drawing import CONFIG, MISSING, VERSION, tame

if TYPE_CHECKING:
    from harness.reports.document import ReportDocument

_STYLE = Path(__file__).parent / "assets" / "style.css"
_VARIABLE = re.compile(r"^  --([\w-]+): (#[0-9a-f]{6});", re.MULTILINE)
_USE = re.compile(r"var\(--([\w-]+)\)")
_SCALE = 2
"""Pixels of the picture for one of the page."""


def draw_png(report: ReportDocument) -> bytes:
    """Draw the dollars of each version, paid and saved, in the colours of the page's light theme.

    Raises:
        ReportError: the package that draws is not installed, or the report has no calls.
    """
    try:
        from vl_convert import vegalite_to_png
    except ImportError:
        raise ReportError("a chart cannot be drawn", hint=MISSING) from None
    values = list_dollar_bars(report)
    if not values:
        raise ReportError("the report has no calls with a known price, so there is nothing to draw")
    colours = dict(_VARIABLE.findall(read_text(_STYLE, ReportError)))
    spec = {
        "config": CONFIG,
        **tame(bars(values, unit="$~g")),
        "background": colours["card"],
        "title": "Dollars of this run by version: paid, and saved by the prompt cache",
    }
    png: bytes = vegalite_to_png(_coloured(spec, colours), vl_version=VERSION, scale=_SCALE)
    return png


def _coloured(part: Any, colours: dict[str, str]) -> Any:
    """Replace the variables of the style sheet by their colours."""
    if isinstance(part, str):
        return _USE.sub(lambda found: colours[found[1]], part)
    if isinstance(part, list):
        return [_coloured(item, colours) for item in part]
    return {key: _coloured(item, colours) for key, item in part.items()} if isinstance(part, dict) else part

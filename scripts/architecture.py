"""Draw the layers from the code: docs/architecture.svg, and the table of layers in docs/architecture.md.

Run: python scripts/architecture.py
"""

import sys
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests import house  # noqa: E402

PICTURE = ROOT / "docs" / "architecture.svg"
PAGE = ROOT / "docs" / "architecture.md"
START, END = "<!-- layers: made by scripts/architecture.py -->", "<!-- end of layers -->"

GROUND = "errors, settings, files, loopback, moments, numbers"
GROUND_SENTENCE = (
    "Exceptions, the environment, files, this machine's own addresses, times of logs, and numbers as sent."
)

_ROW, _CELL, _TOP, _LEFT, _TEXT = 30, 22, 118, 16, 720
_STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .name { font-weight: 600; font-family: ui-monospace, monospace; }
    .column { font: 12px ui-monospace, monospace; }
    .row { fill: #f6f8fa; }
    .grid { stroke: #d0d7de; fill: none; }
    .dot { fill: #0969da; }
    .own { fill: #afb8c1; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .row { fill: #161b22; }
      .grid { stroke: #30363d; }
      .dot { fill: #58a6ff; }
      .own { fill: #484f58; }
    }
"""


def main() -> None:
    """Write both files."""
    PICTURE.write_text(picture(), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def rows() -> list[tuple[str, str, set[str]]]:
    """Name, sentence and imported layers of every layer, from the top down."""
    found = [(name, house.sentence(name), _below(name)) for name in _names()]
    return [*found, (GROUND, GROUND_SENTENCE, set())]


def picture() -> str:
    """An SVG: a row for each layer, and a dot for each layer below that it imports from."""
    layers = rows()
    width = _LEFT + _TEXT + len(layers) * _CELL + 40
    height = _TOP + len(layers) * _ROW + 16
    columns = {name: _LEFT + _TEXT + number * _CELL for number, (name, _, _) in enumerate(layers)}
    parts = [_column(name, left) for name, left in columns.items()]
    for number, (name, sentence, below) in enumerate(layers):
        parts += _row(name, sentence, below, columns, _TOP + number * _ROW)
    title = "Layers of the package, and which of the layers below each imports from"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">',
            f"  <title>{title}</title>",
            f"  <style>{_STYLE}  </style>",
            *(f"  {part}" for part in parts),
            "</svg>\n",
        ]
    )


def table() -> str:
    """The layers as a Markdown table, from the top down."""
    lines = ["| layer | what it is |", "|---|---|"]
    lines += [f"| `{name}` | {sentence} |" for name, sentence, _ in rows()]
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its table of layers updated from the code."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{table()}\n{END}{after}"


def _names() -> list[str]:
    return [name for names in reversed(house.LAYERS[1:]) for name in names]


def _below(name: str) -> set[str]:
    below = house.layers_below(name)
    ground = below & set(house.LAYERS[0])
    return (below - ground) | ({GROUND} if ground else set())


def _column(name: str, left: int) -> str:
    x, y = left + _CELL // 2 + 4, _TOP - 8
    short = "ground" if name == GROUND else name
    return f'<text class="column" transform="translate({x} {y}) rotate(-60)">{escape(short)}</text>'


def _row(name: str, sentence: str, below: set[str], columns: dict[str, int], top: int) -> list[str]:
    middle = top + _ROW // 2
    right = max(columns.values()) + _CELL
    parts = [
        f'<rect class="row" x="{_LEFT - 8}" y="{top + 2}" width="{right - _LEFT + 8}" height="{_ROW - 4}" rx="4"/>',
        f'<text class="name" x="{_LEFT}" y="{middle + 4}">{escape("ground" if name == GROUND else name)}</text>',
        f'<text x="{_LEFT + 122}" y="{middle + 4}">{escape(_shorten(sentence))}</text>',
    ]
    for other, left in columns.items():
        kind = "own" if other == name else "dot" if other in below else ""
        if kind:
            parts.append(
                f'<circle class="{kind}" cx="{left + _CELL // 2}" cy="{middle}" r="{3 if kind == "own" else 5}"/>'
            )
    return parts


def _shorten(sentence: str, longest: int = 92) -> str:
    sentence = sentence.replace("`", "")
    return sentence if len(sentence) <= longest else f"{sentence[: sentence.rindex(' ', 0, longest)]} …"


if __name__ == "__main__":
    main()

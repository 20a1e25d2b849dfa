"""A map of each prompt: its blocks by size, breakpoints, and what differs from what was accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.findings.words import count
from harness.reports.html.figures import number
from harness.reports.html.markup import Html, element, join
from harness.reports.html.parts import Column, badge, legend, section, table

if TYPE_CHECKING:
    from harness.reports.document import BlockModel, PromptModel, ReportDocument

MOST_PROMPTS = 60
MOST_BLOCKS = 60
"""Most maps of a page, and most blocks of one in full; those beyond are counted."""

_WIDTH, _HEIGHT = 1000, 34
_LEVELS = ("tools", "system", "messages")


def prompts(report: ReportDocument) -> Html | None:
    """Write the section; ``None`` without any prompt."""
    if not report.prompts:
        return None
    shown = [_prompt(at, prompt) for at, prompt in enumerate(report.prompts[:MOST_PROMPTS])]
    more = len(report.prompts) - len(shown)
    key = legend(
        [*((level, f"fill-{level}") for level in _LEVELS), ("breakpoint", "mark"), ("no longer read", "hatched")]
    )
    return section(
        "prompts", "Prompts", key, *shown, element("p", f"And {count(more, 'more prompt')}.") if more else None,
        lead="The blocks of one request of each version, as wide as their tokens, in the order of the prompt.",
    )  # fmt: skip


def _prompt(at: int, prompt: PromptModel) -> Html:
    blocks = prompt.blocks[:MOST_BLOCKS]
    more = len(prompt.blocks) - len(blocks)
    rows = [
        [
            block.path,
            block.level,
            number(block.tokens, f"/prompts/{at}/blocks/{number_of}/tokens"),
            block.breakpoint or "-",
            "cached" if block.is_cached else "-",
            badge(block.state) if block.state else "-",
        ]
        for number_of, block in enumerate(blocks)
    ]
    columns = [
        Column("block"),
        Column("level"),
        Column("tokens", True),
        Column("breakpoint"),
        Column("cached"),
        Column("state"),
    ]
    title = f"{prompt.suite} {prompt.version}"
    return element(
        "article",
        element("h3", title, " ", element("small", prompt.case)),
        _map(at, prompt),
        element("p", _state(prompt)),
        element(
            "details", element("summary", "Blocks"), table(columns, rows, caption=f"{title}: blocks"),
            element("p", f"And {count(more, 'more block')}.") if more else None,
        ),
        class_="prompt",
    )  # fmt: skip


def _map(at: int, prompt: PromptModel) -> Html:
    """Draw the blocks side by side; a block of unknown size is as wide as a small one."""
    known = sum(block.tokens or 0 for block in prompt.blocks)
    sizes = [max(known / 40, 1) if block.tokens is None else block.tokens for block in prompt.blocks]
    scale = _WIDTH / (sum(sizes) or 1)
    lost = _first_lost(prompt)
    drawn, left = [], 0.0
    for index, (block, size) in enumerate(zip(prompt.blocks, sizes, strict=True)):
        width = size * scale
        is_lost = lost is not None and index >= lost and block.is_cached
        drawn.append(_rectangle(left, width, f"fill-{block.level}"))
        if is_lost:
            drawn.append(_rectangle(left, width, None, fill=f"url(#lost-{at})"))
        left += width
        if block.breakpoint:
            drawn.append(_rectangle(min(left, _WIDTH) - 4, 4, "mark"))
    words = f"Map of {len(prompt.blocks)} blocks; the table below has their sizes"
    box = f"0 0 {_WIDTH} {_HEIGHT}"
    stripes = None if lost is None else element("defs", _stripes(f"lost-{at}"))
    return element(
        "svg", stripes, *drawn, viewBox=box, preserveAspectRatio="none", class_="map", role="img", aria_label=words
    )


def _rectangle(x: float, width: float, kind: str | None, *, fill: str | None = None) -> Html:
    gap = 2 if width > 6 else 0
    size = f"{max(width - gap, 0.5):.1f}"
    return element("rect", x=f"{x:.1f}", y=0, width=size, height=_HEIGHT, class_=kind, fill=fill)


def _stripes(name: str) -> Html:
    stripe = element("rect", width=6, height=12, class_="lost")
    turned = "rotate(45)"
    return element(
        "pattern", stripe, id=name, width=12, height=12, patternUnits="userSpaceOnUse", patternTransform=turned
    )


def _first_lost(prompt: PromptModel) -> int | None:
    return next((at for at, block in enumerate(prompt.blocks) if block.state == "changed" and block.is_cached), None)


def _state(prompt: PromptModel) -> Html | str:
    """Say in one sentence how the prompt compares with what was accepted."""
    lost = _first_lost(prompt)
    if lost is not None:
        path = element("code", prompt.blocks[lost].path)
        return join(path, " changed: what is cached from there on is written again, once for each prefix.")
    if all(block.state == "as accepted" for block in _cached(prompt)):
        return "As accepted." if _cached(prompt) else "Nothing is cached: no block stands before a breakpoint."
    return "Not all of it has been accepted yet."


def _cached(prompt: PromptModel) -> list[BlockModel]:
    return [block for block in prompt.blocks if block.is_cached]

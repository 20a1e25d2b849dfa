"""Texts that would break out of the page are shown as text, wherever a text of a user can stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.reports.document import read_document
from harness.reports.history import Run, sum_up
from harness.reports.html.markup import visible
from harness.reports.html.page import render_page
from tests.reports.html.browser import Opened
from tests.reports.sample_document import document

TEXTS = {
    "html": "</p></div><h1>owned</h1><iframe src='https://x.test'></iframe><img src=x onerror=alert(1)>",
    "script": "</script></style><script>alert(1)</script><!-- <script>",
    "body": "</body></html>&lt;b&gt;&amp;&#60;",
    "attribute": "\" autofocus onfocus=\"alert(1)\" '><a href='javascript:alert(1)'>x</a>",
    "markdown": "# x\n\n![x](https://x.test/y.png) [x](javascript:alert(1)) `y` **z** | a |",
    "ansi": "\x1b[31mred\x1b[0m \x1b]8;;https://x.test\x07link\x1b]8;;\x07 \x00\x7f\x9b",
    "bidi": "\u202eevil\u202c \u2066x\u2069 \u200fy \u200b\ufeff\U000e0041",
    "template": "${alert(1)} {{7*7}} %s {0} \\u003cscript\\u003e",
    "surrogate": "half \ud800 of a pair \udfff",
    "japanese": "日本語 é ﷽ 👩‍👩‍👧",
}

FIXED = {
    "created", "verdict", "mode", "level", "rule", "answered_by", "outcome", "word", "state", "breakpoint", "sha256",
}  # fmt: skip
"""Keys whose values are one of a few words."""


def poison(value: Any, text: str, key: str = "") -> Any:
    """Put a text into every string of a report that may hold any text, and keep those apart that differ."""
    if isinstance(value, dict):
        return {name: poison(item, text, name) for name, item in value.items()}
    if isinstance(value, list):
        return [poison(item, text, key) for item in value]
    is_amount = isinstance(value, str) and value.replace(".", "").lstrip("-").isdigit()
    return value if not isinstance(value, str) or key in FIXED or is_amount else f"{value} {text}"


@pytest.mark.parametrize("kind", TEXTS)
def test_a_hostile_text_is_shown_as_text(kind: str, browser: Browser, tmp_path: Path) -> None:
    text = TEXTS[kind]
    plain = document(cases=6, suites=("suggestions",), versions=("v1", "v2"))
    plain["cases"][0]["outcome"] = "failed"
    data = json.loads(json.dumps(poison(plain, text)))
    # The keys of a usage are the API's; all other texts are now hostile, those of findings too.
    assert text in data["findings"][0]["place"]["before"]
    assert text in data["prompts"][0]["blocks"][0]["path"]
    file = tmp_path / "report.html"
    runs = [Run(created=f"2026-11-01 {text}", verdict="pass"), sum_up(read_document(data))]
    file.write_text(render_page(data, history=runs), encoding="utf-8")

    opened = Opened(browser, file)
    page = opened.page
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.wait_for_selector("#list .body")

    assert opened.faults == []
    assert opened.requests == [file.as_uri()]
    others = "h1 + h1, iframe, img, object, embed, base, [onerror], [onfocus], [style], a:not([href^='#'])"
    strange = page.locator("body").locator(others).evaluate_all("all => all.map((one) => one.outerHTML)")
    assert strange == []
    assert page.locator("h1").count() == 1
    assert page.locator("script").count() == 2
    shown = page.evaluate("document.body.textContent")
    assert not set(shown) & set("\u202e\u202c\u2066\u200f\u200b\ufeff\x1b\x00\x7f\x9b\ud800\udfff")
    titles = [data["versions"][0]["suite"], data["findings"][0]["headline"], data["prompts"][0]["case"]]
    assert [title for title in titles if visible(title) not in shown] == []
    assert page.locator("svg.chart").count() == page.locator("figure").count() == 9
    rows = page.locator("#list .body").evaluate_all("all => all.map((one) => one.textContent)")
    for case in data["cases"]:
        assert any(
            all(visible(words) in row for words in (case["id"], case["answers"][0]["text"], case["checks"][0]["why"]))
            for row in rows
        )
    opened.close()


def test_a_page_without_anything_is_a_page(browser: Browser, tmp_path: Path) -> None:
    empty = {
        "schema": 4,
        "verdict": "pass",
        "mode": "replay",
        "answered_by": [],
        "passed": 0,
        "failed": 0,
        "findings": [],
        "versions": [],
    }
    file = tmp_path / "report.html"
    file.write_text(render_page(empty), encoding="utf-8")

    opened = Opened(browser, file)

    assert opened.page.locator("h1").text_content() == "No prompt lost its cache"
    assert opened.page.locator("main section, nav, figure").count() == 0
    assert opened.faults == []
    opened.close()

"""The page in a browser: it asks for nothing, shows every text as text, and each figure is one of report.json."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from harness.reports.history import Run
from harness.reports.html.cases import fold
from harness.reports.html.page import render_page
from tests.reports.html.browser import Opened
from tests.reports.sample_document import document, history

DOCUMENT = document(cases=120)
HISTORY = [Run.model_validate(line) for line in history()]
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_page(DOCUMENT, history=HISTORY), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def opened(browser: Browser, file: Path) -> Iterator[Opened]:
    page = Opened(browser, file)
    yield page
    page.close()


@pytest.fixture
def fresh(browser: Browser, file: Path) -> Iterator[Opened]:
    page = Opened(browser, file)
    yield page
    page.close()


def test_the_page_asks_for_nothing_but_itself_and_nothing_is_refused(opened: Opened, file: Path) -> None:
    assert opened.requests == [file.as_uri()]
    assert opened.faults == []


def test_every_section_and_chart_is_there_with_its_numbers(opened: Opened) -> None:
    page = opened.page

    links = page.locator("nav a").all_text_contents()
    assert links == ["Findings", "Cost", "Traffic", "Quality", "Prompts", "Trend", "Cases"]
    titles = page.locator("figure:has(svg.chart) h3").all_text_contents()
    assert titles[:3] == ["Tokens by version", "Dollars by version", "resume_analysis: cost by number of calls"]
    assert titles.count("Calls that hit") == titles.count("Monthly cost against no caching") == 4
    assert [title for title in titles if title.endswith(("checks", "quality against cost"))] == [
        f"{suite}: {what}" for suite in _suites() for what in ("checks", "quality against cost")
    ]
    assert titles[-2:] == ["Savings and hit ratio by run", "Cost by run"]
    assert page.locator("figure").count() == page.locator("figure:has(table)").count() == len(titles)
    assert page.locator("svg.map").count() == len(DOCUMENT["prompts"])


def test_every_figure_is_one_of_report_json(opened: Opened) -> None:
    figures = opened.page.locator("data").evaluate_all(
        "all => all.map(one => [one.dataset.from, one.dataset.of ?? '', one.value, one.textContent])"
    )

    assert len(figures) > 800
    wrong = [row for row in figures if not _is_right(*row)]
    assert wrong == []


def test_numbers_outside_of_figures_are_texts_of_report_json(opened: Opened) -> None:
    """Whatever has a digit and is no figure stands in the report, a caption of a chart, or the trend."""
    texts = opened.page.evaluate(
        """() => {
          const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
          const found = [];
          while (walker.nextNode()) {
            const inside = walker.currentNode.parentElement;
            if (!inside.closest("data, svg, script, #trend, #list, #plain, #filters, #count, #more, time")) {
              found.push(walker.currentNode.data.trim());
            }
          }
          return found.filter((text) => /\\d/.test(text));
        }"""
    )

    source = " ".join(_strings(DOCUMENT)) + " 5m 1h 1,000 calls case 1,234 p 12 Answer"
    unknown = [text for text in texts if not all(_is_said(number, source) for number in re.findall(r"\d[\d,.]*", text))]
    assert unknown == []


def test_the_cases_are_those_of_report_json_with_their_usage(fresh: Opened) -> None:
    page = fresh.page
    page.keyboard.press("/")
    page.keyboard.type("candidate-003 suggestions/suite v2")

    assert page.locator("#count").text_content() == "1 of 120 cases"
    page.locator("#list summary").focus()
    page.keyboard.press("Enter")
    [case] = [
        one
        for one in DOCUMENT["cases"]
        if (one["suite"], one["version"], one["case"]) == ("suggestions", "v2", "candidate-003")
    ]
    assert page.locator("#list code").text_content() == case["id"]
    shown = page.locator("#list pre").all_text_contents()
    assert shown == [answer["text"] for answer in case["answers"]]
    rows = page.locator("#list tbody tr").evaluate_all(
        "all => all.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    keys = ("cache_read_input_tokens", "cache_creation_input_tokens", "input_tokens", "output_tokens")
    assert rows == [
        [
            f"{number}",
            *(f"{call['usage'][key]:,}" for key in keys),
            *(f"${Decimal(call[key]).normalize():f}" for key in ("cost_usd", "cost_without_cache_usd")),
        ]
        for number, call in enumerate(case["calls"], start=1)
    ]
    checks = page.locator("#list .checks li").all_text_contents()
    assert [check["check"] in line and check["why"] in line for check, line in zip(case["checks"], checks, strict=True)]


def test_the_page_holds_every_case_as_it_is_in_report_json(opened: Opened) -> None:
    rows = json.loads(opened.page.evaluate("unpack(byId('data').textContent).then((rows) => JSON.stringify(rows))"))

    cases = copy.deepcopy(DOCUMENT["cases"])
    for answer in (answer for case in cases for answer in case["answers"]):
        # Its text is there, and a digest does not compress.
        answer["sha256"] = None
    assert rows == sorted(cases, key=lambda case: (case["suite"], case["case"]))


def test_search_and_filters_work_by_keyboard_alone(fresh: Opened) -> None:
    page = fresh.page
    failed = sum(case["outcome"] == "failed" for case in DOCUMENT["cases"])

    assert page.locator("#list .case").count() == 50
    assert page.locator("#list .badge").first.text_content() == "failed"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("INITECH neither")
    assert page.locator("#count").text_content() == f"{failed} of 120 cases"
    page.keyboard.press("Escape")
    assert page.locator("#count").text_content() == "120 of 120 cases"
    page.keyboard.press("Tab")
    page.keyboard.type("passed")
    assert page.locator("#count").text_content() == f"{120 - failed} of 120 cases"
    page.keyboard.press("Tab")
    page.keyboard.type("sugg")
    assert set(page.locator("#list small:not(.checked)").all_text_contents()) == {
        f"suggestions v{n}" for n in (1, 2, 3)
    }


def test_more_cases_are_shown_fifty_at_a_time(fresh: Opened) -> None:
    page = fresh.page
    for count in (100, 120):
        page.locator("#more").focus()
        page.keyboard.press("Enter")
        assert page.locator("#list .case").count() == count
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.locator("#more").is_hidden()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 380)])
def test_every_text_can_be_read_and_the_page_is_as_wide_as_the_screen(
    scheme: str, width: int, browser: Browser, file: Path
) -> None:
    opened = Opened(browser, file, scheme=scheme, width=width)
    page = opened.page
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.wait_for_selector("#list .body")

    assert page.evaluate("document.documentElement.scrollWidth") == width
    texts = page.evaluate(CONTRAST)
    assert len(texts) > 1_000
    assert sum(text["isInPicture"] for text in texts) > 100
    assert [text for text in texts if text["contrast"] < 4.5] == []
    opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(scheme: str, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    small = document(cases=12, suites=("suggestions", "match_simulator"), versions=("v1", "v2"))
    file.write_text(render_page(small, history=HISTORY), encoding="utf-8")
    opened = Opened(browser, file, scheme=scheme)
    opened.page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    opened.page.wait_for_selector("#list .body")

    found = Axe().run(opened.page).response

    assert len(found["passes"]) > 20
    assert [(rule["id"], node["html"]) for rule in found["violations"] for node in rule["nodes"]] == []
    opened.close()


def test_without_scripts_the_failed_cases_stand_in_the_page(browser: Browser, file: Path) -> None:
    opened = Opened(browser, file, java_script_enabled=False)
    failed = [case for case in DOCUMENT["cases"] if case["outcome"] == "failed"]

    assert opened.page.locator("#plain > p").inner_text().startswith(f"120 cases, {len(failed)} failed.")
    assert opened.page.locator("#plain .case code").all_text_contents() == [case["id"] for case in failed]
    assert opened.page.locator("#filters").is_hidden()
    opened.close()


def test_on_paper_the_tables_are_open(fresh: Opened) -> None:
    page = fresh.page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("figure details[open]").count() == 0


def _suites() -> list[str]:
    return list(dict.fromkeys(version["suite"] for version in DOCUMENT["versions"]))


def _find(pointer: str, value: Any = DOCUMENT) -> list[Any]:
    """All values at a JSON pointer in which ``*`` stands for every item."""
    found = [value]
    for step in pointer.split("/")[1:]:
        found = [
            item
            for one in found
            for item in (one if step == "*" else [one[int(step)] if isinstance(one, list) else one[step]])
        ]
    return found


def _expect(pointer: str, of: str) -> Fraction:
    found = _find(pointer)
    if of == "hit ratio":
        read = sum(usage["cache_read_input_tokens"] for usage in found)
        rest = sum(usage["cache_creation_input_tokens"] + usage["input_tokens"] for usage in found)
        return Fraction(read, read + rest)
    if of == "savings share":
        return Fraction(sum(Fraction(one["savings_usd"]) for one in found)) / sum(
            Fraction(one["cost_without_cache_usd"]) for one in found
        )
    if of == "per call":
        return Fraction(found[0]["cost_usd"]) / found[0]["calls"]
    assert of in ("sum", "")
    assert of or len(found) == 1
    return Fraction(sum(Fraction(one) for one in found))


def _is_right(pointer: str, of: str, value: str, shown: str) -> bool:
    """Whether a figure has the value of its place, and shows that value rounded to the digits that it shows."""
    exact = _expect(pointer, of)
    number = Decimal(re.sub(r"[$,% ]", "", shown))
    scale = 100 if shown.endswith("%") else 1
    unit = Fraction(Decimal(1).scaleb(int(number.as_tuple().exponent)))
    # Zeros at the end are left out of shares and plain numbers, which have at most one and three digits there.
    unit = Fraction(1, 10) if scale == 100 else Fraction(1, 1000) if "." not in shown and "$" not in shown else unit
    return abs(Fraction(value) - exact) <= abs(exact) / 10**15 and abs(
        Fraction(number) - exact * scale
    ) <= unit / 2 + Fraction(1, 10**12)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
    elif value is not None:
        yield f"{value}"


def _is_said(number: str, source: str) -> bool:
    return number.rstrip(".,") in source


def test_a_private_report_shows_lengths_and_digests(browser: Browser, tmp_path: Path) -> None:
    private = document(cases=2, suites=("suggestions",))
    for answer in (answer for case in private["cases"] for answer in case["answers"]):
        answer |= {"text": None, "accepted_diff": None}
    private["cases"][0]["calls"] = [{"usage": {}, "cost_usd": None, "cost_without_cache_usd": None}]
    private["cases"][1]["calls"] = []
    file = tmp_path / "report.html"
    file.write_text(render_page(private), encoding="utf-8")

    opened = Opened(browser, file)
    opened.page.evaluate("for (const part of document.querySelectorAll('#list details')) part.open = true")
    opened.page.wait_for_selector("#list .body")

    shown = opened.page.locator("#list pre").all_text_contents()
    answers = [answer for case in private["cases"] for answer in case["answers"]]
    assert sorted(shown) == sorted(
        f"{answer['length']} characters, sha256 {answer['sha256'][:12]}" for answer in answers
    )
    assert opened.page.locator("#list td").all_text_contents() == ["0", "0", "0", "0", "not known", "not known"]
    assert opened.faults == []
    opened.close()


def test_cases_of_any_shape_come_back(opened: Opened) -> None:
    rows = [{"a": [], "b": {}}, {"a": [{"x": 1}, {"y": [2]}], "b": {}}, {"a": [{}], "b": {"__proto__": 1, "1": None}}]
    for values in (rows, rows[:1], [], [1, "a", None], [[], [[]]], [{"a": {}}, {"a": {}}]):
        again = opened.page.evaluate(f"JSON.stringify(unfold(JSON.parse({json.dumps(json.dumps(fold(values)))})))")
        assert json.loads(again) == values


@pytest.mark.parametrize(("cases", "most"), [(500, 1_000_000), (5_000, 3_000_000)])
def test_long_answers_are_cut_so_that_the_page_stays_small(cases: int, most: int) -> None:
    report = document(cases=cases, words=1_200)

    page = render_page(report)

    assert len(page.encode()) <= most
    rows = read_packed(page)
    texts = [answer["text"] for row in rows for answer in row["answers"]]
    assert all(text.endswith(" more characters in report.json)") for text in texts)
    assert min(map(len, texts)) > 200
    longest = {
        outcome: max(len(answer["text"]) for row in rows for answer in row["answers"] if row["outcome"] == outcome)
        for outcome in ("failed", "passed")
    }
    assert longest["failed"] > 2 * longest["passed"]


def read_packed(page: str) -> list[dict[str, Any]]:
    """The cases in a page, as its script unpacks them."""
    (packed,) = re.findall(r'id="data">([^<]*)</script>', page)
    return list(unfold(json.loads(gzip.decompress(base64.b64decode(packed)))))


def unfold(folded: dict[str, Any]) -> list[Any]:
    if "plain" in folded:
        return list(folded["plain"])
    if "lengths" in folded:
        items = iter(unfold(folded["items"]))
        return [[next(items) for _ in range(length)] for length in folded["lengths"]]
    columns = {key: unfold(column) for key, column in folded["fields"].items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

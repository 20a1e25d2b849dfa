from dataclasses import replace

import pytest

from harness.provider.usage import Usage
from harness.reports.report import CallRow
from harness.reports.tables import answered_by, cost_line, cost_notes, savings_table
from tests.reports.examples import READ, WRITE, report, row

TWO_VERSIONS = report(row(WRITE), row(READ), row(WRITE, version="v2"), row(WRITE, version="v2"), failed=1)

SIMPLE = (
    (
        "suite     version    model                       plan              calls    written    read    uncac"
        "hed    output     cost    without cache             saved"
    ),
    (
        "--------  ---------  --------------------------  --------------  -------  ---------  ------  -------"
        "---  --------  -------  ---------------  ----------------"
    ),
    (
        "analysis  v1         claude-3-7-sonnet-20250219  2 equal rounds        2     10,000  10,000         "
        "200     2,000  $0.0711          $0.0906    $0.0195 (22 %)"
    ),
    (
        "analysis  v2         claude-3-7-sonnet-20250219  2 equal rounds        2     20,000       0         "
        "200     2,000  $0.1056          $0.0906  -$0.0150 (-17 %)"
    ),
)


def test_the_table_of_the_terminal_is_whole() -> None:
    assert savings_table(TWO_VERSIONS, style="simple") == "\n".join(SIMPLE)


@pytest.mark.parametrize(
    ("calls", "sentence"),
    [
        ((row(WRITE),), "usage reported by the emulator of this package, by the documented caching rules"),
        ((row(WRITE, origin="anthropic"),), "usage reported by the real API"),
        (
            (row(WRITE), row(WRITE, origin="anthropic")),
            "usage reported by the real API and the emulator of this package, by the documented caching rules",
        ),
    ],
)
def test_the_sentence_below_says_where_the_figures_come_from(calls: tuple[CallRow, ...], sentence: str) -> None:
    assert answered_by(report(*calls)) == sentence


def test_a_gateway_is_not_called_the_real_api() -> None:
    through = replace(report(row(WRITE, origin="anthropic")), gateway="llm.example.com:4000")
    assert answered_by(through) == "usage reported by the gateway at llm.example.com:4000"


@pytest.mark.parametrize(
    ("calls", "cells"),
    [
        ((row(WRITE, model="gpt-5"),), ["unknown", "unknown", "unknown"]),
        ((row(Usage()),), ["$0.0000", "$0.0000", "$0.0000 (?)"]),
        ((row(WRITE),), ["$0.0528", "$0.0453", "-$0.0075 (-17 %)"]),
        ((row(READ),), ["$0.0183", "$0.0453", "$0.0270 (60 %)"]),
    ],
    ids=["no price", "nothing", "loss", "gain"],
)
def test_money_and_shares_are_shown_and_what_is_unknown_says_so(calls: tuple[CallRow, ...], cells: list[str]) -> None:
    line = savings_table(report(*calls), style="github").splitlines()[-1]
    assert [cell.strip() for cell in line.strip("|").split("|")][-3:] == cells


def test_a_loss_too_small_to_show_has_no_sign() -> None:
    # One written token costs 0.5 millionths of a dollar more; the output costs 10,000 times that.
    tiny = row(Usage(ephemeral_5m_input_tokens=1, output_tokens=1_000), model="claude-sonnet-5-5")
    line = savings_table(report(tiny), style="github").splitlines()[-1]
    assert line.strip("| ").split("|")[-1].strip() == "$0.0000 (0 %)"


def test_tests_that_are_not_cases_have_no_plan() -> None:
    line = savings_table(report(row(WRITE, plan="")), style="github").splitlines()[-1]
    assert [cell.strip() for cell in line.strip("|").split("|")][3] == "-"


def test_names_are_spelled_as_the_format_needs_them() -> None:
    table = savings_table(report(row(WRITE, suite="a|b")), style="github", show=lambda name: name.replace("|", "/"))
    assert table.splitlines()[-1].startswith("| a/b ")


@pytest.mark.parametrize(
    ("calls", "line"),
    [
        (
            (row(WRITE), row(READ), row(READ, version="v2")),
            "cost of the calls: $0.0894, without the prompt cache $0.1359, saved $0.0465 (34 %)",
        ),
        ((row(WRITE),), "cost of the calls: $0.0528, without the prompt cache $0.0453, saved -$0.0075 (-17 %)"),
        ((row(WRITE), row(WRITE, model="gpt-5")), "cost of the calls: unknown (not priced: model 'gpt-5')"),
        ((), "cost of the calls: $0.0000, without the prompt cache $0.0000, saved $0.0000 (?)"),
    ],
)
def test_one_line_says_what_all_calls_cost(calls: tuple[CallRow, ...], line: str) -> None:
    assert cost_line(report(*calls)) == line


def test_notes_below_the_table_name_what_it_leaves_open() -> None:
    odd = Usage.from_api(
        {"input_tokens": 5, "output_tokens": 0, "new_tokens": 1, "newer\n::error::": 2, "speed": "fast"}
    )
    searching = Usage.from_api({"input_tokens": 0, "output_tokens": 0, "server_tool_use": {"web_search_requests": 3}})

    notes = cost_notes(report(row(odd), row(WRITE), row(searching, version="v2"), row(searching, version="v2")))

    assert notes == [
        "not priced: analysis v1, claude-3-7-sonnet-20250219: new_tokens; newer\\n::error::; "
        "speed 'fast' of claude-3-7-sonnet-20250219",
        "also billed: analysis v1, claude-3-7-sonnet-20250219: speed: fast",
        "also billed: analysis v2, claude-3-7-sonnet-20250219: server_tool_use.web_search_requests: 6",
    ]
    assert cost_notes(TWO_VERSIONS) == []

import pytest

from harness.provider.usage import Usage
from harness.reports.run import CallRow, RunReport, build_report
from harness.reports.tables import answered_by, markdown, savings_table
from tests.reports.examples import READ, WRITE, row


def report(*calls: CallRow, mode: str = "replay", passed: int = 3, failed: int = 0) -> RunReport:
    return build_report(calls, mode=mode, passed=passed, failed=failed)


TWO_VERSIONS = report(row(WRITE), row(READ), row(WRITE, version="v2"), row(WRITE, version="v2"), failed=1)

SIMPLE = (
    (
        "suite     version    model                         calls    written    read    uncached    output   "
        "  cost    without cache             saved"
    ),
    (
        "--------  ---------  --------------------------  -------  ---------  ------  ----------  --------  -"
        "------  ---------------  ----------------"
    ),
    (
        "analysis  v1         claude-3-7-sonnet-20250219        2     10,000  10,000         200     2,000  $"
        "0.0711          $0.0906    $0.0195 (22 %)"
    ),
    (
        "analysis  v2         claude-3-7-sonnet-20250219        2     20,000       0         200     2,000  $"
        "0.1056          $0.0906  -$0.0150 (-17 %)"
    ),
)

MARKDOWN = (
    "# Prompt cache report",
    "",
    (
        "3 passed, 1 failed in `replay` mode; usage reported by the emulator of this package, by the documented "
        "caching rules."
    ),
    "",
    (
        "| suite    | version   | model                      |   calls |   written |   read |   uncached |   "
        "output |    cost |   without cache |            saved |"
    ),
    (
        "|----------|-----------|----------------------------|---------|-----------|--------|------------|---"
        "-------|---------|-----------------|------------------|"
    ),
    (
        "| analysis | v1        | claude-3-7-sonnet-20250219 |       2 |    10,000 | 10,000 |        200 |   "
        " 2,000 | $0.0711 |         $0.0906 |   $0.0195 (22 %) |"
    ),
    (
        "| analysis | v2        | claude-3-7-sonnet-20250219 |       2 |    20,000 |      0 |        200 |   "
        " 2,000 | $0.1056 |         $0.0906 | -$0.0150 (-17 %) |"
    ),
    "",
    (
        "Tokens: written to and read from the prompt cache, uncached input, output. Every case is called "
        "twice: the first call writes, the second reads."
    ),
    "",
)


def test_the_table_of_the_terminal_is_whole() -> None:
    assert savings_table(TWO_VERSIONS, style="simple") == "\n".join(SIMPLE)


def test_the_markdown_report_is_whole() -> None:
    assert markdown(TWO_VERSIONS) == "\n".join(MARKDOWN)


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


@pytest.mark.parametrize(
    ("calls", "cells"),
    [
        ((row(WRITE, model="gpt-5"),), ["?", "?", "?"]),
        ((row(Usage()),), ["$0.0000", "$0.0000", "$0.0000 (?)"]),
        ((row(WRITE),), ["$0.0528", "$0.0453", "-$0.0075 (-17 %)"]),
        ((row(READ),), ["$0.0183", "$0.0453", "$0.0270 (60 %)"]),
    ],
    ids=["no price", "nothing", "loss", "gain"],
)
def test_money_and_shares_are_shown_and_what_is_unknown_is_a_question_mark(
    calls: tuple[CallRow, ...], cells: list[str]
) -> None:
    line = savings_table(report(*calls), style="github").splitlines()[-1]
    assert [cell.strip() for cell in line.strip("|").split("|")][-3:] == cells


def test_a_loss_too_small_to_show_has_no_sign() -> None:
    # One token written costs 0.5 millionths of a dollar more; the output around it costs 10,000 times that.
    tiny = row(Usage(ephemeral_5m_input_tokens=1, output_tokens=1_000), model="claude-sonnet-5-5")
    line = savings_table(report(tiny), style="github").splitlines()[-1]
    assert line.strip("| ").split("|")[-1].strip() == "$0.0000 (0 %)"

import json
from dataclasses import replace
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.finding import Finding, Place, withhold
from harness.provider.tokens import Iteration
from harness.provider.usage import Usage
from harness.reports.build import build_report
from harness.reports.report import CallRow
from tests.reports.examples import ACCEPTED, BUST, MODEL, READ, UNUSED, WRITE, report, row

TOKENS = st.integers(min_value=0, max_value=10**7)
MONEY = st.none() | st.decimals(allow_nan=False, allow_infinity=False)
ROWS = st.builds(
    CallRow,
    suite=st.text(),
    version=st.text(),
    model=st.text(),
    origin=st.sampled_from(["anthropic", "emulator"]),
    usage=st.builds(
        Usage,
        input_tokens=TOKENS,
        cache_read_input_tokens=TOKENS,
        ephemeral_5m_input_tokens=TOKENS,
        ephemeral_1h_input_tokens=TOKENS,
        output_tokens=TOKENS,
        iterations=st.lists(
            st.builds(Iteration, type=st.text(), model=st.none() | st.text(), output_tokens=TOKENS), max_size=2
        ).map(tuple),
        counters=st.lists(st.tuples(st.text(), TOKENS), max_size=2).map(tuple),
        modifiers=st.lists(st.tuples(st.text(), st.text()), max_size=2).map(tuple),
        unknown=st.lists(st.text(), max_size=2).map(tuple),
        faults=st.lists(st.text(), max_size=2).map(tuple),
    ),
    cost=MONEY,
    cost_without_cache=MONEY,
    not_priced=st.lists(st.text(), max_size=2).map(tuple),
    plan=st.text(),
)


def test_a_row_has_the_price_with_and_without_the_cache() -> None:
    assert row(WRITE) == CallRow(
        suite="analysis",
        version="v1",
        model=MODEL,
        origin="emulator",
        usage=WRITE,
        cost=Decimal("0.0528"),
        cost_without_cache=Decimal("0.0453"),
        plan="2 equal rounds",
    )


def test_a_model_without_a_price_has_no_cost_rather_than_a_guess() -> None:
    unknown = row(WRITE, model="gpt-5")
    assert (unknown.cost, unknown.cost_without_cache) == (None, None)


@given(ROWS)
def test_a_row_comes_back_from_the_string_that_crosses_processes(call: CallRow) -> None:
    text = call.to_json()
    assert isinstance(text, str)
    assert CallRow.from_json(text) == call


def test_calls_are_summed_by_suite_version_model_and_origin_in_order() -> None:
    report = build_report(
        [
            row(WRITE, suite="b"),
            row(WRITE, version="v2"),
            row(WRITE),
            row(READ),
            row(WRITE, origin="anthropic"),
            row(WRITE, model="claude-sonnet-5-5"),
        ],
        mode="replay",
        passed=5,
        failed=1,
    )
    assert [(item.suite, item.version, item.model, item.origin, item.calls) for item in report.rows] == [
        ("analysis", "v1", MODEL, "anthropic", 1),
        ("analysis", "v1", MODEL, "emulator", 2),
        ("analysis", "v1", "claude-sonnet-5-5", "emulator", 1),
        ("analysis", "v2", MODEL, "emulator", 1),
        ("b", "v1", MODEL, "emulator", 1),
    ]
    assert (report.mode, report.passed, report.failed, report.origins) == ("replay", 5, 1, ("anthropic", "emulator"))


def test_calls_of_another_plan_have_a_row_of_their_own() -> None:
    calls = [row(WRITE), row(READ, plan="5 samples"), row(READ), row(READ, plan="")]

    rows = build_report(calls, mode="replay", passed=2, failed=0).rows

    assert [(item.plan, item.calls) for item in rows] == [("", 1), ("2 equal rounds", 2), ("5 samples", 1)]


def test_a_row_sums_usage_and_money_exactly() -> None:
    (summed,) = build_report([row(WRITE), row(READ)], mode="replay", passed=1, failed=0).rows
    assert summed.usage == WRITE + READ
    assert (summed.cost, summed.cost_without_cache) == (Decimal("0.0711"), Decimal("0.0906"))
    assert summed.savings == Decimal("0.0195")
    assert summed.savings_share == Decimal("0.0195") / Decimal("0.0906")


def test_a_prompt_that_is_only_written_is_a_loss() -> None:
    (summed,) = build_report([row(WRITE)], mode="replay", passed=1, failed=0).rows
    assert summed.savings == Decimal("-0.0075")
    assert summed.savings_share is not None
    assert summed.savings_share < 0


@pytest.mark.parametrize(
    ("calls", "savings"), [([row(WRITE, model="gpt-5")], None), ([row(Usage())], Decimal(0))], ids=["unknown", "free"]
)
def test_a_share_of_nothing_is_none(calls: list[CallRow], savings: Decimal | None) -> None:
    (summed,) = build_report(calls, mode="replay", passed=1, failed=0).rows
    assert (summed.savings, summed.savings_share) == (savings, None)


def test_one_call_without_a_price_makes_the_sum_unknown() -> None:
    known, priceless = row(WRITE), CallRow(**{**fields(row(READ)), "cost": None})
    (summed,) = build_report([known, priceless], mode="replay", passed=1, failed=0).rows
    assert (summed.cost, summed.savings) == (None, None)


# Per million tokens of Opus 5: 5 dollars in, 6.25 written, 0.50 read, 25 out.
BILLS: tuple[tuple[dict[str, Any], str, str | None], ...] = (
    ({"speed": "fast"}, "claude-opus-5", "0.1775"),
    ({"service_tier": "batch"}, "claude-opus-5", "0.044375"),
    ({"inference_geo": "us"}, "claude-opus-5", "0.097625"),
    ({"server_tool_use": {"web_search_requests": 10}}, "claude-opus-5", "0.18875"),
    ({"server_tool_use": {"code_execution_requests": 1}}, "claude-opus-5", None),
    ({"service_tier": "priority"}, "claude-opus-5", None),
    ({"speed": "fast"}, MODEL, None),
)


@pytest.mark.parametrize(("extra", "model", "cost"), BILLS)
def test_a_call_is_priced_with_all_that_its_usage_holds(extra: dict[str, Any], model: str, cost: str | None) -> None:
    api = {"input_tokens": 100, "cache_creation_input_tokens": 10_000, "output_tokens": 1_030, **extra}

    (summed,) = report(row(Usage.from_api(api), model=model)).rows

    assert summed.cost == (None if cost is None else Decimal(cost))
    assert bool(summed.not_priced) is (cost is None)


def test_calls_with_different_rates_are_priced_one_by_one() -> None:
    fast = Usage.from_api({"output_tokens": 0, "input_tokens": 1_000_000, "speed": "fast"})
    slow = Usage.from_api({"output_tokens": 0, "input_tokens": 1_000_000})

    (summed,) = report(row(fast, model="claude-opus-5"), row(slow, model="claude-opus-5")).rows

    assert (summed.cost, summed.not_priced, summed.usage.also_billed) == (Decimal(15), (), ("speed: fast",))


def fields(call: CallRow) -> dict[str, object]:
    return {name: getattr(call, name) for name in CallRow.__slots__}


def test_the_report_as_json_is_whole() -> None:
    report = build_report(
        [row(WRITE), row(READ), row(WRITE, suite="other", model="gpt-5")],
        mode="replay",
        passed=3,
        failed=1,
        findings=[BUST, UNUSED],
    )
    assert json.loads(report.to_json(is_private=False)) == {
        "schema": 5,
        "created": None,
        "harness_version": version("prompt-cache-harness"),
        "comparisons": [],
        "prompts": [],
        "cases": [],
        "verdict": "bust",
        "mode": "replay",
        "answered_by": ["emulator"],
        "gateway": "",
        "passed": 3,
        "failed": 1,
        "findings": [
            {
                "rule": "bust",
                "level": "error",
                "headline": "analysis v2: the prefix is not the accepted one",
                "facts": ["case: senior-backend, call 1"],
                "place": {
                    "path": "system[0]",
                    "offset": 1234,
                    "first": "accepted",
                    "second": "now",
                    "before": "as of 12:00 canary-7f3a",
                    "after": "as of 12:01 canary-7f3a",
                },
                "quotes": [],
                "cause": "timestamp",
                "edits": [],
                "tokens": 4000,
                "costs": ["4,000 tokens are no longer read: $0.0108 more per call"],
                "fix": "move it after the last breakpoint, into the user message",
                "notes": ["3 more cases share this prefix"],
                "test": "prompt_suites/analysis/suite.yaml::v2[senior-backend]",
                "file": "prompts/analysis/v2.md",
                "line": 12,
                "command": "pytest prompt_suites --harness-update-lock",
            },
            {
                "rule": "unused",
                "level": "warning",
                "headline": "analysis v1: the lock file has an entry that no test used",
                "facts": [],
                "place": None,
                "quotes": [],
                "cause": None,
                "edits": [],
                "tokens": 0,
                "costs": [],
                "fix": None,
                "notes": [],
                "test": "prompts.lock",
                "file": "prompts.lock",
                "line": None,
                "command": "pytest prompt_suites --harness-update-lock",
            },
        ],
        "versions": [
            {
                "suite": "analysis",
                "version": "v1",
                "model": MODEL,
                "answered_by": "emulator",
                "plan": "2 equal rounds",
                "calls": 2,
                "usage": {
                    "input_tokens": 200,
                    "cache_creation_input_tokens": 10_000,
                    "cache_read_input_tokens": 10_000,
                    "cache_creation": {"ephemeral_5m_input_tokens": 10_000, "ephemeral_1h_input_tokens": 0},
                    "output_tokens": 2_000,
                },
                "cost_usd": "0.0711",
                "cost_without_cache_usd": "0.0906",
                "savings_usd": "0.0195",
                "savings_share": "0.2152",
                "not_priced": [],
                "also_billed": [],
                "quality": [],
                "first_call_usd": "0.0528",
                "later_call_usd": "0.0183",
                "per_call_without_cache_usd": "0.0453",
                "break_even_calls": 2,
                "cost_by_calls": [
                    {"calls": 1, "cost_usd": "0.0528", "cost_without_cache_usd": "0.0453"},
                    {"calls": 2, "cost_usd": "0.0711", "cost_without_cache_usd": "0.0906"},
                    {"calls": 10, "cost_usd": "0.2175", "cost_without_cache_usd": "0.453"},
                    {"calls": 100, "cost_usd": "1.8645", "cost_without_cache_usd": "4.53"},
                    {"calls": 1_000, "cost_usd": "18.3345", "cost_without_cache_usd": "45.3"},
                ],
                "attribution": None,
                "traffic": None,
            },
            {
                "suite": "other",
                "version": "v1",
                "model": "gpt-5",
                "answered_by": "emulator",
                "plan": "2 equal rounds",
                "calls": 1,
                "usage": {
                    "input_tokens": 100,
                    "cache_creation_input_tokens": 10_000,
                    "cache_read_input_tokens": 0,
                    "cache_creation": {"ephemeral_5m_input_tokens": 10_000, "ephemeral_1h_input_tokens": 0},
                    "output_tokens": 1_000,
                },
                "cost_usd": None,
                "cost_without_cache_usd": None,
                "savings_usd": None,
                "savings_share": None,
                "not_priced": ["model 'gpt-5'"],
                "also_billed": [],
                "quality": [],
                "first_call_usd": None,
                "later_call_usd": None,
                "per_call_without_cache_usd": None,
                "break_even_calls": None,
                "cost_by_calls": [],
                "attribution": None,
                "traffic": None,
            },
        ],
    }


def test_small_money_is_written_in_digits() -> None:
    # One token read at 0.10 dollars per million; a reader of the report does not expect "1E-7".
    tiny = row(Usage(cache_read_input_tokens=1), model="claude-sonnet-5-5")
    (version,) = json.loads(build_report([tiny], mode="replay", passed=1, failed=0).to_json())["versions"]
    assert version["cost_usd"] == "0.0000001"


def test_a_run_without_calls_has_an_empty_report() -> None:
    report = build_report([], mode="replay", passed=0, failed=0)
    assert (report.rows, report.origins) == ((), ())
    assert report.to_json().endswith("}\n")


def test_in_private_the_report_says_only_lengths_and_digests_of_excerpts() -> None:
    (shown,) = json.loads(report(findings=(BUST,)).to_json(is_private=True))["findings"]
    (public,) = json.loads(report(findings=(BUST,)).to_json(is_private=False))["findings"]
    assert BUST.place is not None
    texts = {"before": withhold(BUST.place.before), "after": withhold(BUST.place.after)}
    assert shown == {**public, "place": {**public["place"], **texts}}


def test_in_private_the_report_says_only_lengths_and_digests_of_quotes() -> None:
    finding = Finding(rule="leak", headline="a leak", quotes=("also at system[1]: 'Ana'",))
    (shown,) = json.loads(report(findings=(finding,)).to_json(is_private=True))["findings"]
    assert shown["quotes"] == [withhold(finding.quotes[0])]


def test_in_private_a_place_without_texts_stays_without() -> None:
    finding = Finding(rule="leak", headline="a leak", place=Place(path="system[0]"))
    assert report(findings=(finding,)).to_json(is_private=True) == report(findings=(finding,)).to_json(is_private=False)


def test_findings_come_back_from_the_report() -> None:
    findings = json.loads(report(findings=(BUST, ACCEPTED)).to_json(is_private=False))["findings"]
    assert [Finding.from_json(data) for data in findings] == [BUST, ACCEPTED]


@pytest.mark.parametrize(
    ("findings", "failed", "explained", "verdict"),
    [
        ((), 0, 0, "pass"),
        ((), 1, 0, "fail"),
        # Without findings, no failure is explained.
        ((Finding(rule="cannot-tell", headline=""),), 1, 0, "fail"),
        ((Finding(rule="cannot-tell", headline=""),), 1, 1, "cannot tell"),
        ((BUST,), 2, 1, "bust"),
    ],
)
def test_the_verdict_is_of_the_findings_and_the_failures_without_one(
    findings: tuple[Finding, ...], failed: int, explained: int, verdict: str
) -> None:
    built = replace(build_report([], mode="replay", passed=0, failed=failed, findings=findings), explained=explained)
    assert built.verdict == verdict
    assert json.loads(built.to_json())["verdict"] == verdict


def test_a_run_costs_what_its_versions_cost() -> None:
    known = report(row(WRITE), row(READ, suite="other"))
    assert (known.cost, known.cost_without_cache) == (Decimal("0.0711"), Decimal("0.0906"))
    unknown = report(row(WRITE), row(READ, model="gpt-5"))
    assert (unknown.cost, unknown.cost_without_cache) == (None, None)


def test_a_version_is_compared_with_the_one_before_it_on_the_same_plan() -> None:
    calls = [row(READ, version=version) for version in ("v1", "v2", "v10")]
    calls.append(row(READ, version="v1", plan="questions"))

    versions = json.loads(build_report(calls, mode="replay", passed=4, failed=0).to_json())["versions"]

    against = {(one["version"], one["plan"]): (one["attribution"] or {}).get("against") for one in versions}
    assert against == {
        ("v1", "2 equal rounds"): None,
        ("v2", "2 equal rounds"): "v1",
        ("v10", "2 equal rounds"): "v2",
        ("v1", "questions"): None,
    }

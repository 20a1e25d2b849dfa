"""Reports of made-up runs with realistic figures, for tests of the page and of the commands."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

SUITES = ("resume_analysis", "suggestions", "resume_customizer", "match_simulator")
MODEL = "claude-sonnet-5-5"

INPUT, WRITE, READ, OUTPUT = Decimal("3e-6"), Decimal("3.75e-6"), Decimal("0.3e-6"), Decimal("15e-6")
"""Dollars a token; the checks compare the page with the document, whatever the prices are."""

CHECKS = ("headings in order", "no names", "valid JSON", "nothing invented")
TEXT = (
    "Strong backend experience with Python, PostgreSQL and Kubernetes. The candidate led a migration of forty "
    "services and cut latency by a third. Missing: evidence of on-call work, and of budgets. Consider naming the "
    "team's size, the traffic served and the year of each project, since the posting asks for seniority"
)


def document(
    *,
    cases: int = 24,
    versions: Sequence[str] = ("v1", "v2", "v3"),
    suites: Sequence[str] = SUITES,
    seed: int = 7,
    words: int = 90,
    is_failing: bool = True,
) -> dict[str, Any]:
    """Make a report of form 5; ``cases`` in all, with answers of ``words`` words."""
    rng = random.Random(seed)
    pairs = [(suite, version) for suite in suites for version in versions]
    made = [_case(rng, *pairs[index % len(pairs)], index // len(pairs), words, is_failing) for index in range(cases)]
    by_pair = {pair: [case for case in made if (case["suite"], case["version"]) == pair] for pair in pairs}
    rows = [_version(rng, suite, version, by_pair[suite, version], versions) for suite, version in pairs]
    failed = sum(case["outcome"] == "failed" for case in made)
    return {
        "schema": 5,
        "created": "2026-11-26T19:20:00Z",
        "harness_version": "0.1.0",
        "verdict": "bust" if is_failing else "pass",
        "mode": "replay",
        "answered_by": ["emulator"],
        "passed": sum(case["outcome"] == "passed" for case in made),
        "failed": failed,
        "findings": _findings(suites, versions) if is_failing else [],
        "versions": rows,
        "comparisons": [_comparison(suite, versions) for suite in suites[:3]] if len(versions) > 1 else [],
        "prompts": [_prompt(rng, suite, version) for suite, version in pairs],
        "cases": made,
        "claims": [],
    }


def history(runs: int = 12, seed: int = 3) -> list[dict[str, Any]]:
    """Make the lines of earlier runs."""
    rng = random.Random(seed)
    return [
        {
            "created": f"2026-11-{day:02}T08:00:00Z",
            "verdict": "pass" if day % 5 else "bust",
            "cost_usd": f"{rng.uniform(0.9, 1.2):.6f}",
            "savings_share": round(rng.uniform(0.2, 0.4), 4),
            "hit_ratio": round(rng.uniform(0.4, 0.6), 4),
            "versions": [
                {"suite": suite, "version": "v2", "hit_ratio": round(rng.uniform(0.4, 0.6), 4)} for suite in SUITES
            ],
        }
        for day in range(1, runs + 1)
    ]


def _usage(written: int, read: int, uncached: int, output: int) -> dict[str, Any]:
    return {
        "input_tokens": uncached,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
    }


def _cost(usage: dict[str, Any]) -> tuple[Decimal, Decimal]:
    written, read = usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]
    rest = usage["input_tokens"] * INPUT + usage["output_tokens"] * OUTPUT
    return written * WRITE + read * READ + rest, (written + read) * INPUT + rest


def _case(rng: random.Random, suite: str, version: str, number: int, words: int, is_failing: bool) -> dict[str, Any]:
    prefix = 2_000 + 700 * SUITES.index(suite) if suite in SUITES else 3_000
    uncached, output = rng.randint(80, 900), rng.randint(200, 900)
    usages = [_usage(prefix, 0, uncached, output), _usage(0, prefix, uncached, output)]
    name = f"candidate-{number + 1:03}"
    has_failed = is_failing and rng.random() < 0.08
    answers = [" ".join(rng.choices(TEXT.split(), k=words)) + "." for _ in usages]
    return {
        "id": f"prompt_suites/{suite}/suite.yaml::{version}[{name}]",
        "suite": suite,
        "version": version,
        "case": name,
        "outcome": "failed" if has_failed else "passed",
        "model": MODEL,
        "answered_by": "emulator",
        "calls": [
            {"usage": usage, "cost_usd": f"{cost:f}", "cost_without_cache_usd": f"{plain:f}"}
            for usage in usages
            for cost, plain in [_cost(usage)]
        ],
        "checks": [_check(check, has_failed and check == CHECKS[-1]) for check in CHECKS],
        "answers": [
            {
                "text": answer,
                "sha256": sha256(answer.encode()).hexdigest(),
                "length": len(answer),
                "accepted_diff": f"--- accepted\n+++ now\n@@ -1 +1 @@\n-Led the team.\n+{answer[:60]}"
                if has_failed
                else None,
            }
            for answer in answers
        ],
    }


def _check(check: str, has_failed: bool) -> dict[str, Any]:
    why = "employer 'Initech' is in neither the resume nor the posting" if has_failed else "as promised"
    score = 0.82 if check == "no names" else None
    return {
        "check": check,
        "passed": not has_failed,
        "score": score,
        "why": why,
        "place": "line 3" if has_failed else "",
    }


def _version(
    rng: random.Random, suite: str, version: str, cases: list[dict[str, Any]], versions: Sequence[str]
) -> dict[str, Any]:
    calls = [call for case in cases for call in case["calls"]]
    usage = _sum([call["usage"] for call in calls])
    cost = sum((Decimal(call["cost_usd"]) for call in calls), Decimal(0))
    plain = sum((Decimal(call["cost_without_cache_usd"]) for call in calls), Decimal(0))
    first, later = Decimal("0.0195") + rng.randint(0, 20) * Decimal("0.0001"), Decimal("0.0102")
    alone = Decimal("0.0172")
    return {
        "suite": suite, "version": version, "model": MODEL, "answered_by": "emulator", "plan": "2 equal rounds",
        "calls": len(calls), "usage": usage, "cost_usd": f"{cost:f}", "cost_without_cache_usd": f"{plain:f}",
        "savings_usd": f"{plain - cost:f}", "savings_share": f"{round((plain - cost) / plain, 4):f}" if plain else None,
        "not_priced": [], "also_billed": [],
        "first_call_usd": f"{first:f}", "later_call_usd": f"{later:f}", "per_call_without_cache_usd": f"{alone:f}",
        "break_even_calls": 2,
        "cost_by_calls": [
            {"calls": n, "cost_usd": f"{first + (n - 1) * later:f}", "cost_without_cache_usd": f"{n * alone:f}"}
            for n in (1, 2, 10, 100, 1000)
        ],
        "attribution": _attribution(versions, version),
        "traffic": _traffic() if version == versions[-1] else None,
        "quality": [_quality(rng, check, max(len(cases), 1)) for check in CHECKS],
    }  # fmt: skip


def _sum(usages: list[dict[str, Any]]) -> dict[str, Any]:
    keys = ("cache_creation_input_tokens", "cache_read_input_tokens", "input_tokens", "output_tokens")
    return _usage(*(sum(usage[key] for usage in usages) for key in keys))


def _attribution(versions: Sequence[str], version: str) -> dict[str, Any] | None:
    index = versions.index(version)
    if not index:
        return None
    parts = {
        "prompt size": "0.0011",
        "cache behaviour": "-0.0032",
        "output length": "0.0004",
        "price": "0",
        "model": "0",
    }
    return {
        "against": versions[index - 1],
        "total_usd": f"{sum(map(Decimal, parts.values())):f}",
        "parts": [{"part": part, "usd": usd} for part, usd in parts.items()],
    }


def _traffic() -> dict[str, Any]:
    points = []
    for rate in (10, 50, 200, 1_000, 5_000):
        short, long = rate / (rate + 288), rate / (rate + 24)
        none = Decimal(rate) * 30 * Decimal("0.0172")
        points.append({
            "calls_per_day": f"{rate}", "hit_ratio_5m": short, "hit_ratio_1h": long,
            "monthly_usd_none": f"{none:f}", "monthly_usd_5m": f"{none * (Decimal('1.15') - Decimal(short) / 2):.6f}",
            "monthly_usd_1h": f"{none * (Decimal('1.35') - Decimal(long) * Decimal('0.7')):.6f}",
        })  # fmt: skip
    return {
        "pattern": "Poisson",
        "calls_per_day": "200",
        "points": points,
        "advice": "1h: 22 % cheaper than 5m at 200 calls a day, if calls come at random.",
        "pays_from_calls_per_day": {"5m": 92.6, "1h": 24.0},
        "per_1000_calls_usd": {"none": "17.2", "5m": "16.257377", "1h": "12.470000"},
    }


def _quality(rng: random.Random, check: str, cases: int) -> dict[str, Any]:
    passed = max(0, cases - rng.randint(0, 1 + cases // 8))
    rate = passed / cases
    return {
        "check": check, "cases": cases, "passed": passed, "failed": cases - passed, "cannot_tell": 0,
        "mean_score": 0.82 if check == "no names" else None, "rate": rate,
        "interval": [max(0.0, rate - 0.12), min(1.0, rate + 0.08)],
    }  # fmt: skip


def _comparison(suite: str, versions: Sequence[str]) -> dict[str, Any]:
    return {
        "suite": suite, "check": "nothing invented", "before": versions[-2], "after": versions[-1], "cases": 8,
        "word": "not shown", "p_value": 0.5, "difference": -0.125, "interval": [-0.4, 0.15],
        "says": "6 of 8 cases would have to change the same way; 2 did", "flipped": ["candidate-003"], "fixed": [],
    }  # fmt: skip


def _prompt(rng: random.Random, suite: str, version: str) -> dict[str, Any]:
    size = 2_000 + 700 * SUITES.index(suite) if suite in SUITES else 3_000
    state = "changed" if (suite, version) == (SUITES[0], "v2") else "as accepted"
    rows = [
        ("tools[0]", "tools", 412, None, "as accepted"),
        ("system[0]", "system", size - 1_412, None, state),
        ("system[1]", "system", 1_000, "5m", "as accepted"),
        ("messages[0].content[0]", "messages", rng.randint(300, 900), None, "not accepted yet"),
    ]
    blocks = [
        {
            "path": path,
            "level": level,
            "tokens": tokens,
            "breakpoint": mark,
            "is_cached": level != "messages",
            "state": how,
        }
        for path, level, tokens, mark, how in rows
    ]
    return {"suite": suite, "version": version, "case": "candidate-001", "blocks": blocks}


def _findings(suites: Sequence[str], versions: Sequence[str]) -> list[dict[str, Any]]:
    suite, version = suites[0], versions[min(1, len(versions) - 1)]
    test = f"prompt_suites/{suite}/suite.yaml::{version}[candidate-001]"
    empty: dict[str, Any] = {
        "facts": [],
        "place": None,
        "quotes": [],
        "cause": None,
        "tokens": 0,
        "costs": [],
        "fix": None,
        "notes": [],
    }
    bust = {
        **empty, "rule": "bust", "level": "error", "headline": f"{suite} {version}: the prefix is not the accepted one",
        "facts": ["case: candidate-001, call 1"],
        "place": {
            "path": "system[0]", "offset": 1_234, "first": "accepted", "second": "now",
            "before": "You review resumes. Today is 2026-11-25, and the posting is current.",
            "after": "You review resumes. Today is 2026-11-26, and the posting is current.",
        },
        "cause": "timestamp", "tokens": 2_412, "costs": ["2,412 tokens are no longer read: $0.0083 more per call"],
        "fix": "move it after the last breakpoint, into the user message", "notes": ["3 more cases share this prefix"],
        "test": test, "file": f"prompts/{suite}/{version}.md", "line": 12,
        "command": 'pytest "prompt_suites" --harness-update-lock="reason"',
    }  # fmt: skip
    unused = {
        **empty, "rule": "unused", "level": "warning",
        "headline": f"{suite} v0: the lock file has an entry that no test used",
        "test": "prompts.lock", "file": "prompts.lock", "line": None,
        "command": "pytest prompt_suites --harness-update-lock",
    }  # fmt: skip
    return [bust, unused]

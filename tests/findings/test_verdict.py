"""The verdict and the exit code of a run follow from its findings."""

from typing import get_args

import pytest

from harness.findings.finding import Finding, Severity
from harness.findings.rules import RULES, Rule
from harness.findings.verdict import exit_code, judge


def findings(*rules: Rule, level: Severity = "error") -> list[Finding]:
    return [Finding(rule=rule, headline="", level=level) for rule in rules]


@pytest.mark.parametrize(
    ("rules", "unexplained", "verdict", "code"),
    [
        ((), 0, "pass", 0),
        ((), 1, "fail", 1),
        (("bust",), 0, "bust", 1),
        (("bust",), 1, "bust", 1),
        (("cannot-tell",), 0, "cannot tell", 2),
        (("budget", "cannot-tell"), 0, "cannot tell", 2),
        (("cannot-tell",), 1, "fail", 1),
        (("cannot-tell", "leak"), 0, "bust", 1),
        (("network-blocked",), 0, "fail", 1),
        (("network-blocked", "cannot-tell"), 0, "fail", 1),
        (("network-blocked", "bust"), 0, "bust", 1),
    ],
)
def test_the_worst_error_or_failure_counts(rules: tuple[Rule, ...], unexplained: int, verdict: str, code: int) -> None:
    found = findings(*rules)
    assert (judge(found, unexplained=unexplained), exit_code(found, unexplained=unexplained)) == (verdict, code)


@pytest.mark.parametrize("level", ["warning", "note"])
@pytest.mark.parametrize("rule", RULES)
def test_only_errors_count(rule: Rule, level: Severity) -> None:
    found = findings(rule, level=level)
    assert (judge(found), exit_code(found)) == ("pass", 0)


@pytest.mark.parametrize("rule", RULES)
def test_exit_code_2_and_cannot_tell_are_one(rule: Rule) -> None:
    found = findings(rule)
    assert (exit_code(found) == 2) == (judge(found) == "cannot tell") == (RULES[rule].verdict == "cannot tell")


def test_every_rule_has_its_row_in_the_order_of_names() -> None:
    assert list(RULES) == sorted(RULES) == list(get_args(Rule))

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

from harness.findings.finding import Finding
from harness.findings.rules import RULES, Rule
from harness.reports.sarif import sarif
from tests.reports.examples import ACCEPTED, BUST, FINDINGS, HOSTILE, UNUSED, findings_of

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "sarif-schema-2.1.0.json").read_bytes())
VALIDATOR = Draft7Validator(SCHEMA, format_checker=FormatChecker())


def run_of(*findings: Finding, is_private: bool = False) -> dict[str, Any]:
    log = json.loads(sarif(findings, is_private=is_private))
    assert [error.message for error in VALIDATOR.iter_errors(log)] == []
    run: dict[str, Any] = log["runs"][0]
    return run


def uri_of(**parts: Any) -> str:
    (result,) = run_of(replace(BUST, **parts))["results"]
    uri: str = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    return uri


def marks_of(*findings: Finding) -> list[str]:
    return [result["partialFingerprints"]["ruleTestPath/v1"] for result in run_of(*findings)["results"]]


def test_the_schema_would_tell_of_a_mistake() -> None:
    log = json.loads(sarif([BUST], is_private=False))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(log)


def test_the_log_is_whole() -> None:
    log = json.loads(sarif([ACCEPTED, BUST], is_private=False))
    assert log == {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "prompt-cache-harness",
                        "version": version("prompt-cache-harness"),
                        "rules": [
                            {
                                "id": "accepted-bust",
                                "shortDescription": {"text": "An accepted change busts the prompt cache."},
                                "help": {"text": RULES["accepted-bust"].help},
                            },
                            {
                                "id": "bust",
                                "shortDescription": {"text": "The cached prefix is no longer the accepted one."},
                                "help": {"text": RULES["bust"].help},
                            },
                        ],
                    }
                },
                "results": [
                    {
                        "ruleId": "bust",
                        "ruleIndex": 1,
                        "level": "error",
                        "message": {"text": str(BUST)},
                        "partialFingerprints": {"ruleTestPath/v1": marks_of(BUST)[0]},
                        "properties": {
                            "cause": "timestamp",
                            "tokens": 4_000,
                            "costs": ["4,000 tokens are no longer read: $0.0108 more per call"],
                            "test": "prompt_suites/analysis/suite.yaml::v2[senior-backend]",
                            "command": "pytest prompt_suites --harness-update-lock",
                        },
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "prompts/analysis/v2.md", "uriBaseId": "%SRCROOT%"},
                                    "region": {"startLine": 12},
                                }
                            }
                        ],
                    },
                    {
                        "ruleId": "accepted-bust",
                        "ruleIndex": 0,
                        "level": "note",
                        "message": {"text": str(ACCEPTED)},
                        "partialFingerprints": {"ruleTestPath/v1": marks_of(ACCEPTED)[0]},
                        "properties": {
                            "costs": ["one write of 4,000 tokens: $0.0150 once"],
                            "test": "prompt_suites/suggestions/suite.yaml::v1",
                            "command": "git add prompts.lock",
                        },
                    },
                ],
            }
        ],
    }


def test_a_run_without_findings_is_a_log_without_results() -> None:
    run = run_of()
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_each_rule_has_its_texts() -> None:
    assert set(RULES) == set(get_args(Rule))
    run = run_of(*(replace(BUST, rule=rule) for rule in get_args(Rule)))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == sorted(get_args(Rule))
    assert [run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] for result in run["results"]] == list(
        get_args(Rule)
    )


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("prompts/a b#1%.md", "prompts/a%20b%231%25.md"),
        ("prompts\\v2.md", "prompts/v2.md"),
        ("./prompts/Lebenslauf–ü.md", "prompts/Lebenslauf%E2%80%93%C3%BC.md"),
        # A colon in the first segment would read as a scheme.
        ("a:b/v2.md", "a%3Ab/v2.md"),
    ],
)
def test_a_file_is_a_relative_uri(file: str, uri: str) -> None:
    assert uri_of(file=file) == uri


def test_a_file_without_a_line_is_shown_at_its_first() -> None:
    (result,) = run_of(UNUSED)["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_a_result_without_a_file_has_no_location() -> None:
    (result,) = run_of(ACCEPTED)["results"]
    assert "locations" not in result


def test_a_fingerprint_stays_when_texts_and_lines_change() -> None:
    assert BUST.place is not None
    later = replace(BUST, headline="other", line=99, place=replace(BUST.place, offset=1, before="x", after="y"))
    assert marks_of(later) == marks_of(BUST)


def test_fingerprints_tell_rules_tests_and_places_apart_and_number_what_is_alike() -> None:
    assert BUST.place is not None
    others = [
        BUST,
        replace(BUST, rule="leak"),
        replace(BUST, test="other"),
        replace(BUST, place=replace(BUST.place, path="system[1]")),
        BUST,
    ]
    marks = marks_of(*others)
    assert len(set(marks)) == 5
    assert [mark.partition(":")[2] for mark in marks] == ["1", "1", "1", "1", "2"]
    assert marks[4].startswith(marks[0].partition(":")[0])


def test_text_of_a_prompt_is_no_link() -> None:
    assert BUST.place is not None
    (result,) = run_of(replace(BUST, place=replace(BUST.place, after="[free](https://example.com)")))["results"]
    assert r"'[free]\x28https://example.com)'" in result["message"]["text"]


@given(st.lists(findings_of(HOSTILE), max_size=3), st.booleans())
def test_whatever_stands_in_findings_the_log_is_valid(findings: list[Finding], is_private: bool) -> None:
    assert len(run_of(*findings, is_private=is_private)["results"]) == len(findings)


def test_findings_come_worst_first() -> None:
    assert [result["level"] for result in run_of(*FINDINGS)["results"]] == ["error", "warning", "note"]

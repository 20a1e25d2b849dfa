"""Every harness error that fails a test becomes findings, which decide verdict and exit code."""

import pytest

from harness import errors
from harness.findings.finding import Finding
from harness.findings.from_errors import findings_of
from harness.findings.rules import Rule
from harness.findings.verdict import exit_code
from tests.reports.examples import ACCEPTED, BUST

RULES: dict[type[errors.HarnessError], Rule] = {
    errors.SettingsError: "invalid-input",
    errors.RequestError: "cannot-tell",
    errors.CannotTellError: "cannot-tell",
    errors.UnknownPriceError: "cannot-tell",
    errors.RefusedRequestError: "never-cached",
    errors.UnknownModelError: "cannot-tell",
    errors.CassetteError: "invalid-input",
    errors.LockError: "cannot-tell",
    errors.SuiteError: "invalid-input",
    errors.ScriptError: "invalid-input",
    errors.ReportError: "invalid-input",
    errors.UsageError: "invalid-input",
    errors.SecretError: "invalid-input",
    errors.WriteError: "invalid-input",
    errors.CheckError: "check",
    errors.NetworkBlockedError: "network-blocked",
}


def test_the_table_names_every_class() -> None:
    defined = {kind for kind in vars(errors).values() if isinstance(kind, type)} - {errors.HarnessError}
    # It always has findings.
    defined -= {errors.LostPrefixError}
    assert set(RULES) == defined


@pytest.mark.parametrize(("kind", "rule"), RULES.items(), ids=lambda value: getattr(value, "__name__", value))
def test_an_error_without_findings_becomes_one(kind: type[errors.HarnessError], rule: Rule) -> None:
    (finding,) = findings_of(kind("wrong:\n  this", hint="do that"))

    assert finding == Finding(rule=rule, headline="wrong:", facts=("this",), fix="do that")
    assert exit_code([finding]) == (2 if rule in ("cannot-tell", "invalid-input") else 1)


def test_a_hint_that_is_a_command_is_what_to_type() -> None:
    (finding,) = findings_of(errors.CassetteError("damaged", hint="pytest --harness-mode=record"))

    assert (finding.fix, finding.command) == (None, "pytest --harness-mode=record")


def test_findings_that_an_error_carries_are_its_findings() -> None:
    error = errors.CheckError("two things", findings=(BUST, ACCEPTED))
    assert findings_of(error) == findings_of(error, withheld="withheld") == (BUST, ACCEPTED)


def test_in_private_only_the_class_is_told() -> None:
    error = errors.SuiteError("suite.yaml:3: 'secret' is there twice", hint="remove 'secret'")
    expected = Finding(rule="invalid-input", headline="SuiteError (withheld)", file="suite.yaml", line=3)
    assert findings_of(error, withheld="withheld") == (expected,)


@pytest.mark.parametrize(
    ("message", "file", "line", "headline"),
    [
        ("prompts/a.md:1: UTF-16, expected UTF-8", "prompts/a.md", 1, "UTF-16, expected UTF-8"),
        ("/p/suite.yaml:12: suites: a: not a known key", "/p/suite.yaml", 12, "suites: a: not a known key"),
        ("C:\\p\\a.json:3: not JSON: x:4: y", "C:\\p\\a.json", 3, "not JSON: x:4: y"),
        ("a b.md:7: line\n  and more", "a b.md", 7, "line"),
        ("no place at all", None, None, "no place at all"),
    ],
)
def test_error_of_a_suite_is_placed_in_the_file_that_it_names(
    message: str, file: str | None, line: int | None, headline: str
) -> None:
    (finding,) = findings_of(errors.SuiteError(message))
    assert (finding.file, finding.line, finding.headline) == (file, line, headline)


def test_other_exceptions_are_no_findings() -> None:
    assert findings_of(AssertionError("1 == 2")) == ()

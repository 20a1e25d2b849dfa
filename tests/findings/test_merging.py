"""Merge the findings of many tests into as few as possible, without losing any."""

from dataclasses import replace

import pytest

from harness.findings.finding import Finding, Place
from harness.findings.merging import merge

BUST = Finding(
    rule="bust",
    headline="support v1 refund: changed",
    place=Place(path="system[0]", offset=7, before="Be polite", after="Be rude"),
    cause="text_changed",
    costs=("2,400 tokens are written again",),
    test="support/suite.yaml::support[v1-refund]",
    file="support/suite.yaml",
    line=7,
    command='pytest "support/suite.yaml::support[v1-refund]" --harness-update-lock',
)


def of_case(name: str, **more: object) -> Finding:
    test = f"support/suite.yaml::support[v1-{name}]"
    known = {"headline": f"support v1 {name}: changed", "test": test, "line": len(name)}
    return replace(BUST, **{**known, "command": f'pytest "{test}" --harness-update-lock', **more})


def test_one_change_in_several_tests_is_one_finding_that_counts_them() -> None:
    (one,) = merge([BUST, of_case("parcel")])
    (two,) = merge([BUST, of_case("parcel"), of_case("return")])

    assert one == replace(
        BUST, notes=("the same in 1 more test",), command='pytest "support/suite.yaml" --harness-update-lock'
    )
    assert two.notes == ("the same in 2 more tests",)


def test_finding_of_two_requests_of_one_test_is_counted_once() -> None:
    assert merge([BUST, BUST]) == (BUST,)


def test_notes_of_the_first_are_kept() -> None:
    (one,) = merge([replace(BUST, notes=("assumed",)), of_case("parcel")])

    assert one.notes == ("assumed", "the same in 1 more test")


def test_tests_of_several_files_are_all_run_by_the_command() -> None:
    other = replace(of_case("parcel"), test="test_app.py::test_ask", file="test_app.py")

    (one,) = merge([BUST, other])

    assert one.command == "pytest --harness-update-lock"


def test_each_prompt_file_that_changed_has_its_own() -> None:
    files = [replace(of_case(name), file=f"support/{name}.md", line=3) for name in ("v1", "v2")]

    assert merge(files) == tuple(files)


def test_cases_of_one_prompt_file_are_one() -> None:
    cases = [of_case(name, file="support/v1.md", line=3) for name in ("refund", "parcel")]

    assert len(merge(cases)) == 1


def test_time_stamps_are_one_whatever_the_time() -> None:
    stamps = [
        Place(path="system[0]", offset=second, before="Be polite", after=f"10:07:4{second}") for second in range(3)
    ]

    (one,) = merge([of_case(str(stamp.offset), cause="timestamp", place=stamp) for stamp in stamps])

    assert one.notes == ("the same in 2 more tests",)


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "accepted-bust"},
        {"level": "note"},
        {"cause": "whitespace"},
        {"costs": ("2,401 tokens are written again",)},
        {"place": Place(path="system[1]", offset=7, before="Be polite", after="Be rude")},
        {"place": Place(path="system[0]", offset=7, before="Be polite", after="Be loud")},
    ],
)
def test_what_is_not_the_same_stays_apart(change: dict[str, object]) -> None:
    assert len(merge([BUST, of_case("parcel", **change)])) == 2


LEAK = replace(
    BUST,
    rule="leak",
    headline="the cached prefix depends on order.plan",
    facts=("the prefix ends at the breakpoint on system[0]",),
    cause=None,
    costs=(),
)


def test_leak_of_the_same_field_in_several_tests_is_one() -> None:
    (one,) = merge([LEAK, of_case_with_leak("parcel"), of_case_with_leak("return")])

    assert one.notes == ("the same in 2 more tests",)


@pytest.mark.parametrize(
    "change",
    [
        {"headline": "the cached prefix depends on order.urgent"},
        {"headline": "order.plan is in the cached prefix, so each order writes its own prefix"},
        {"headline": "the cached prefix depends on order.plan and order.total"},
        {"headline": "the cached prefix depends on job.plan"},
        {"facts": ("the prefix ends at the breakpoint on system[0]", "it also depends on: order.id")},
        {"facts": ("the prefix ends at the breakpoint on system[0]", "fields: order.plan, order.id, order.total")},
    ],
)
def test_leaks_of_other_fields_at_the_same_place_stay_apart(change: dict[str, object]) -> None:
    assert len(merge([LEAK, of_case_with_leak("parcel", **change)])) == 2


def of_case_with_leak(name: str, **more: object) -> Finding:
    return replace(LEAK, test=f"support/suite.yaml::support[v1-{name}]", line=len(name), **more)  # type: ignore[arg-type]


def test_findings_without_a_place_stay_apart_unless_they_are_equal() -> None:
    unused = [Finding(rule="unused", headline=f"{name}: accepted, and no test sends it") for name in "ab"]

    assert merge([*unused, unused[0]]) == tuple(unused)


def test_note_of_several_tests_without_a_place_is_counted() -> None:
    note = replace(BUST, level="note", place=None, cause=None, costs=(), command="", headline="order.plan is not known")
    others = [replace(note, test=f"support/suite.yaml::support[v1-{name}]", line=8) for name in ("parcel", "return")]

    assert merge([note, *others]) == (replace(note, notes=("the same in 2 more tests",)),)


def test_errors_are_first_then_warnings_then_notes_each_as_they_came() -> None:
    levels = ("note", "error", "warning", "note", "error")
    findings = [Finding(rule="bust", headline=str(number), level=level) for number, level in enumerate(levels)]

    assert [finding.headline for finding in merge(findings)] == ["1", "4", "2", "0", "3"]


def test_of_nothing_there_is_nothing() -> None:
    assert merge([]) == ()

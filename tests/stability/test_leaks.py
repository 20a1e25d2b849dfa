"""Fields that a cached prefix depends on: each is named once, with its place and what to do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, count, repeat
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest

from harness.findings.finding import Finding
from harness.prompt.reading import read
from harness.stability.determinism import find_unstable
from harness.stability.leaks import find_leaks_of_case
from tests.stability.examples import MARK, RESUME, build, make_run


def leaks(function: Callable[..., Any], **inputs: Any) -> tuple[Finding, ...]:
    return find_leaks_of_case(make_run(function, inputs or {"resume": RESUME}), function)


def test_the_field_that_stands_in_the_prefix_is_named() -> None:
    def greet(resume: Any) -> dict[str, Any]:
        return build(f"You help {resume['name']} with a resume.", resume["posts"][0]["title"])

    (finding,) = leaks(greet)

    assert str(finding) == (
        "resume.name is in the cached prefix, so each resume writes its own prefix\n"
        "  the prefix ends at the breakpoint on system[0]\n"
        "  first difference: system[0] at character 9\n"
        "    usual:  'You help Ana Silva with a resume.'\n"
        "    marked: 'You help ⟦resume.name⟧ with a resume.'\n"
        "  fix:   move it after the last breakpoint, into the user message"
    )
    assert (finding.rule, finding.level) == ("leak", "error")
    assert "Ana Silva" not in "\n".join(finding.lines(is_private=True))


def test_fields_of_one_block_are_one_finding() -> None:
    def dump(resume: Any) -> dict[str, Any]:
        return build(f"{resume}", tools=[{"name": "search", "description": resume["name"]}])

    tool, system = leaks(dump)

    assert tool.headline == "resume.name is in the cached prefix, so each resume writes its own prefix"
    assert system.headline == (
        "resume.name and 4 more fields are in the cached prefix, so each resume writes its own prefix"
    )
    assert system.facts == (
        "the prefix ends at the breakpoint on system[0]",
        "fields: resume.name, resume.born, resume.posts[0].title, resume.posts[1].title, resume.age",
    )


def test_fields_of_several_inputs_are_the_cases_own() -> None:
    def join(question: str, user: Any) -> dict[str, Any]:
        return build(f"{user['name']} asks: {question}")

    (finding,) = leaks(join, question="Why?", user={"name": "Ana"})

    assert finding.headline == ("user.name and question are in the cached prefix, so each case writes its own prefix")


def test_a_function_that_cannot_take_all_marks_is_given_one_at_a_time() -> None:
    def parse(resume: Any) -> dict[str, Any]:
        year, _, _ = resume["born"].split("-")
        return build(f"Born in {int(year)}: {resume['name']}.")

    (finding,) = leaks(parse)

    assert finding.headline == "resume.name is in the cached prefix, so each resume writes its own prefix"
    assert "it also depends on: resume.born" in finding.facts


def test_a_leak_into_a_later_request_is_found_where_the_first_takes_all_marks() -> None:
    def ask_twice(resume: Any) -> list[dict[str, Any]]:
        return [build("Be brief."), build(f"Be {'old' if resume['age'] > 40 else 'young'}: {resume['name']}")]

    (finding,) = leaks(ask_twice)

    assert finding.place is not None
    assert finding.place.before == "Be young: Ana Silva"


def test_marks_behind_the_prefix_are_no_leak() -> None:
    def ask(resume: Any) -> dict[str, Any]:
        return build("Be brief.", f"{resume}")

    assert leaks(ask) == ()


def test_case_without_inputs_has_no_leaks() -> None:
    run = make_run(build, {})

    assert find_leaks_of_case(run, lambda: build("Be brief.")) == ()


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(lambda resume: {}["no"], id="raises"),
        pytest.param(lambda resume: {"system": 3}, id="no-request"),
    ],
)
def test_what_builds_no_request_has_no_leaks(function: Callable[..., Any]) -> None:
    assert leaks(function) == ()


def test_a_leak_into_marked_messages_is_a_warning() -> None:
    def ask(resume: Any) -> dict[str, Any]:
        content = [{"type": "text", "text": resume["name"], "cache_control": MARK}, {"type": "text", "text": "Why?"}]
        return {**build("Be brief.", content), "system": "Be brief."}

    (finding,) = leaks(ask)

    assert finding.level == "warning"
    assert finding.notes == ("this is intended if several calls ask about the same resume",)


def test_a_leak_in_front_of_an_automatic_breakpoint_says_where_to_put_one() -> None:
    def ask(resume: Any) -> dict[str, Any]:
        return {**build("Be brief.", resume["name"], cache_control=MARK), "system": "Be brief."}

    (finding,) = leaks(ask)

    assert finding.facts == ("the prefix ends at the automatic breakpoint on messages[0].content[0]",)
    assert finding.fix == "put an explicit breakpoint on the last block that stays the same"


# --- what no mark shows ----------------------------------------------------------------------------------

ORDER = {
    "id": 4711,
    "total": 12.5,
    "placed": date(2026, 3, 4),
    "customer": "Ana Silva",
    "plan": "pro",
    "items": [{"sku": "a-1", "count": 2}, {"sku": "b-2", "count": 5}],
}
FEW = "if only a few variants are meant, make each a prompt version of its own"


def test_number_that_stands_in_the_prefix_is_named() -> None:
    (finding,) = leaks(lambda order: build(f"Order {order['id']}."), order=ORDER)

    assert str(finding) == (
        "order.id is in the cached prefix, so each order writes its own prefix\n"
        "  the prefix ends at the breakpoint on system[0]\n"
        "  first difference: system[0] at character 6\n"
        "    usual:  'Order 4711.'\n"
        "    varied: 'Order 10008.'\n"
        f"  fix:   move it after the last breakpoint, into the user message; {FEW}"
    )
    assert (finding.rule, finding.level) == ("leak", "error")


def test_what_is_derived_from_a_field_is_named_with_the_change_that_shows_it() -> None:
    (finding,) = leaks(lambda order: build(f"{len(order['items'])} items."), order=ORDER)

    assert str(finding) == (
        "the cached prefix depends on order.items (its length)\n"
        "  the prefix ends at the breakpoint on system[0]\n"
        "  first difference: system[0] at character 0\n"
        "    usual:  '2 items.'\n"
        "    varied: '12 items.'\n"
        "  changed: order.items: 2 items → 12 items\n"
        f"  fix:   move it after the last breakpoint, into the user message; {FEW}"
    )
    assert "12 items" not in "\n".join(finding.lines(is_private=True))


@pytest.mark.parametrize(
    ("system", "changes"),
    [
        (lambda order: "large" if order["total"] > 3 else "small", ["order.total: 12.5 → -108.0"]),
        (lambda order: f"{'sku' in order['items'][0]}", ["order.items[].sku: absent"]),
        (lambda order: f"{order['placed']:%B}", ["order.placed: 2026-03-04 → 2056-12-31"]),
        (lambda order: order["customer"][:1], ["order.customer: 'Ana Silva' → '⟦order.customer⟧'"]),
        (lambda order: f"{order.keys() > {'id', 'total'}}", ["order.id: absent", "order.total: absent"]),
        (lambda order: order.get("vip", "regular")[:3], ["order.vip: added"]),
        (lambda order: f"{len(order)}", ["order: two more keys"]),
    ],
)
def test_change_that_shows_a_dependency_is_quoted_for_each_field(
    system: Callable[[Any], str], changes: list[str]
) -> None:
    finding, *_ = leaks(lambda order: build(system(order)), order=ORDER)

    assert finding.quotes == tuple(f"changed: {change}" for change in changes)


@pytest.mark.parametrize(
    ("value", "change"),
    [
        (datetime(2026, 3, 4, 10, 15), "2026-03-04 10:15:00 → 2056-12-31 23:47:23.000007"),
        (time(10, 15), "10:15:00 → 23:07:23.000007"),
        (timedelta(days=3), "3 days, 0:00:00 → 15016 days, 5:17:23"),
        (Decimal("9.90"), "9.90 → 10007.5"),
        (UUID(int=0), "00000000-0000-0000-0000-000000000000 → 55555555-5555-5555-5555-555555555555"),
        (PurePosixPath("a/b.txt"), "a/b.txt → ⟦x⟧"),
    ],
)
def test_values_are_quoted_as_texts_and_not_as_code(value: Any, change: str) -> None:
    (finding,) = leaks(lambda x: build("usual" if x == value else "other"), x=value)

    assert finding.quotes == (f"changed: x: {change}",)


def test_many_changes_are_shortened() -> None:
    def ask(order: Any) -> dict[str, Any]:
        return build(" ".join("+" if number > 0 else "-" for number in order))

    (finding,) = leaks(ask, order=list(range(1, 13)))

    assert finding.headline == "the cached prefix depends on order (its length) and 12 more fields"
    assert finding.facts[1].endswith(", order[6] and 5 more")
    assert finding.quotes[7:] == ("changed: order[6]: 7 → -613", "changed: and 5 more")


def test_fields_that_only_together_move_the_prefix_are_named_together() -> None:
    def ask(order: Any) -> dict[str, Any]:
        return build("large" if order["total"] > 3 or order["id"] > 5 else "small")

    (finding,) = leaks(ask, order=ORDER)

    assert finding.headline == "the cached prefix depends on order.id and order.total"


def test_marked_field_and_number_in_one_block_are_one_finding() -> None:
    (finding,) = leaks(lambda order: build(f"{order['customer']}: {order['id']}"), order=ORDER)

    assert finding.headline == (
        "order.customer and order.id are in the cached prefix, so each order writes its own prefix"
    )


def test_field_in_two_blocks_is_one_finding_of_both() -> None:
    def ask(order: Any) -> dict[str, Any]:
        return build(f"{order['id']}", tools=[{"name": "search", "description": f"{order['id']}"}])

    (finding,) = leaks(ask, order=ORDER)

    assert finding.place is not None
    assert finding.place.path == "tools[0]"
    assert finding.facts[-1] == "system[0] differs too"


def test_number_of_tools_that_depends_on_a_list_is_a_leak() -> None:
    def ask(order: Any) -> dict[str, Any]:
        tools = [{"name": f"t{number}", "input_schema": {"type": "object"}} for number in range(len(order["items"]))]
        return build("Be brief.", tools=tools)

    (finding,) = leaks(ask, order=ORDER)

    assert finding.headline == "the cached prefix depends on order.items (its length)"


def test_breakpoint_that_depends_on_a_number_is_a_leak() -> None:
    def ask(order: Any) -> dict[str, Any]:
        return build("Be brief.") if order["total"] > 3 else {**build("x"), "system": "Be brief."}

    (finding,) = leaks(ask, order=ORDER)

    assert finding.place is not None
    assert (finding.place.before, finding.place.after) == ("breakpoint on system[0]", "no breakpoint")


def test_number_in_marked_messages_is_a_warning() -> None:
    def ask(order: Any) -> dict[str, Any]:
        return {**build("x", [{"type": "text", "text": f"{order['id']}", "cache_control": MARK}]), "system": "x"}

    (finding,) = leaks(ask, order=ORDER)

    assert finding.level == "warning"
    assert finding.notes == ("this is intended if several calls ask about the same order",)


def test_request_for_each_item_may_come_more_or_less_often() -> None:
    def ask(order: Any) -> list[dict[str, Any]]:
        return [*(build("Sum up.", item["sku"]) for item in order["items"]), build("Answer.")]

    assert leaks(ask, order=ORDER) == ()


def test_validating_builder_is_judged_by_values_of_the_same_shape() -> None:
    def ask(order: Any) -> dict[str, Any]:
        return build(f"Placed in {date.fromisoformat(order['placed']).year}.")

    (finding,) = leaks(ask, order={"placed": "2026-03-04"})

    assert finding.quotes == ("changed: order.placed: '2026-03-04' → '2037-04-05'",)


@pytest.mark.parametrize("steady", range(6))
def test_prefix_that_changes_by_itself_is_not_blamed_on_a_field(steady: int) -> None:
    texts = chain(["today"] * steady, repeat("tomorrow"))

    assert leaks(lambda order: build(next(texts)), order=ORDER) == ()


def test_prefix_that_changes_every_time_is_not_blamed_on_a_field() -> None:
    numbers = count()

    assert leaks(lambda order: build(f"{next(numbers)}"), order=ORDER) == ()


def test_field_is_not_named_if_the_usual_prefix_changed_during_the_search() -> None:
    texts = chain(["today"] * 6, repeat("tomorrow"))

    assert leaks(lambda order: build(f"{order['id']} {next(texts)}"), order=ORDER) == ()


def test_field_is_found_beside_a_block_that_changes_by_itself() -> None:
    numbers = count()

    def ask(order: Any) -> dict[str, Any]:
        return build(f"Order {order['id']}.", tools=[{"name": "search", "description": f"{next(numbers)}"}])

    (finding,) = leaks(ask, order=ORDER)

    assert finding.headline == "order.id is in the cached prefix, so each order writes its own prefix"


PLANS = {"pro": "Be quick.", "free": "Be brief."}


def plan(order: Any) -> dict[str, Any]:
    return build(PLANS[order["plan"]])


def test_field_that_can_have_no_other_value_is_told_in_one_line() -> None:
    (finding,) = leaks(plan, order=ORDER)

    assert str(finding) == (
        "no other value of order.plan could be tried (KeyError), so the cached prefix may depend on it\n"
        "  fix:   add a case with another value"
    )
    assert (finding.rule, finding.level) == ("cannot-tell", "note")


@pytest.mark.parametrize(
    ("system", "field"),
    [
        (lambda order: PLANS[order["coupon"]] if order["coupon"] else "x", "order.coupon"),
        (lambda order: PLANS[order["work"][0]] if order["work"] else "x", "order.work (its length)"),
        (lambda order: PLANS[order.get("level", "pro")], "order.level (whether it is there)"),
        (lambda order: PLANS[order["level"]] if "level" in order else "x", "order.level (whether it is there)"),
        (lambda order: PLANS[order["tags"].get("level", "pro")], "order.tags.level (whether it is there)"),
        (lambda order: order["coupon"].hex() + b"" if order["coupon"] else "x", "order.coupon"),
    ],
)
def test_what_is_not_there_is_told_if_no_guess_is_taken(system: Callable[[Any], Any], field: str) -> None:
    order = {"coupon": None, "work": [], "tags": {}}

    (finding,) = leaks(lambda order: build(system(order)), order=order)

    assert (finding.rule, finding.level) == ("cannot-tell", "note")
    assert finding.headline.startswith(f"no other value of {field} could be tried (")


@pytest.mark.parametrize(
    "question",
    [
        lambda order: order["coupon"] or "none",
        lambda order: order["work"] or "none",
        lambda order: order["tags"].get("note", "none"),
        lambda order: order["tags"].get("a") or order["coupon"] or "none",
        lambda order: [{"type": "text", "text": order["coupon"] or "none"}],
    ],
)
def test_guess_that_makes_no_valid_request_is_no_leak(question: Callable[[Any], Any]) -> None:
    order = {"coupon": None, "work": [], "tags": {}}

    assert leaks(lambda order: build("Be brief.", question(order)), order=order) == ()


def test_key_that_is_asked_for_is_added_in_one_more_build() -> None:
    inputs = []

    def ask(order: Any) -> dict[str, Any]:
        inputs.append(order)
        return build("Be brief.", f"{order.get('language', 'en')}{'note' in order}")

    assert leaks(ask, order={"id": 5}) == ()
    assert [len(order) for order in inputs] == [1, 3, 1, 0, 3]


def test_other_case_with_another_value_covers_the_field() -> None:
    run = make_run(plan, {"order": ORDER}, {"order": {**ORDER, "plan": "free"}})
    other = replace(run, case=run.suite.cases[1])

    assert find_unstable(run, plan, [read(plan(ORDER))]) == ()
    (finding,) = find_unstable(other, plan, [read(plan(other.case.inputs["order"]))])
    assert finding.headline == "the cached prefix of support v1 is not the same in the cases ana and other1"


def test_note_does_not_keep_cases_from_being_compared() -> None:
    def ask(order: Any) -> dict[str, Any]:
        # Only the plan differs between the cases, and only some totals are allowed.
        assert order["total"] == 12.5
        return plan(order)

    run = make_run(ask, {"order": ORDER}, {"order": {**ORDER, "plan": "free"}})
    other = replace(run, case=run.suite.cases[1])

    findings = find_unstable(other, ask, [read(ask(other.case.inputs["order"]))])

    assert [(finding.rule, finding.level) for finding in findings] == [("cannot-tell", "note"), ("unstable", "error")]


def test_function_among_the_inputs_is_told() -> None:
    (finding,) = leaks(lambda count: build(f"{count('x')}"), count=len)

    assert finding.headline == (
        "no other value of count could be tried (no other value is known), so the cached prefix may depend on it"
    )


def test_clean_case_is_built_three_times() -> None:
    inputs = []

    def ask(order: Any) -> dict[str, Any]:
        inputs.append(order)
        return build("Be brief.", f"{order}")

    usual = read(ask(ORDER))

    assert find_leaks_of_case(make_run(ask, {"order": ORDER}), ask, usual=[usual]) == ()
    assert len(inputs) == 1 + 3

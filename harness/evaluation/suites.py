"""The checks of a suite: compiled once, for each of its cases."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import ValidationError

from harness.errors import SuiteError, UnknownModelError
from harness.evaluation.check import Answered, Check
from harness.evaluation.compiling import compile_checks
from harness.evaluation.item import Files, explain
from harness.evaluation.judge import Judge, JudgeEntry
from harness.prompt.reader import PromptReader
from harness.prompt.wire import to_body
from harness.promptcache.refusals.check import check_request
from harness.suites.fixtures import load_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.evaluation.item import Item
    from harness.suites.model import CheckEntries, Suite


def compile_suite(suite: Suite) -> Mapping[str, tuple[Check, ...]]:
    """Compile the checks of each case of a suite, by its name: those of the suite, then its own.

    Raises:
        SuiteError: a check or the gate is invalid; starts with ``path:line:``.
    """
    shared = _compile(suite, suite.checks, ())
    compiled = {case.name: (*shared, *_compile(suite, case.checks, shared)) for case in suite.cases}
    _check_gate(suite, {check.name for checks in compiled.values() for check in checks})
    return compiled


def _compile(suite: Suite, entries: CheckEntries | None, known: tuple[Check, ...]) -> tuple[Check, ...]:
    if entries is None:
        return ()
    return compile_checks(
        entries.entries,
        files=Files(suite.path.parent, entries.root, entries.place),
        known=[check.name for check in known],
        extra_kinds={"judge": partial(_make_judge, suite, entries)},
    )


def _make_judge(suite: Suite, entries: CheckEntries, item: Item) -> Check:
    try:
        entry = JudgeEntry.model_validate(item.value)
    except ValidationError as error:
        raise SuiteError(f"{item.place}: judge: {explain(error)}") from None
    missing = [name for name in entry.inputs if any(name not in case.inputs for case in suite.cases)]
    if missing:
        raise SuiteError(f"{item.place}: judge: not every case has the input {missing[0]!r}")
    rubric = load_text(suite.path.parent / entry.rubric, item.place, entries.root)
    judge = Judge(entry=entry, rubric=rubric, repeats=suite.judge_repeats)
    if refusal := _find_refusal(judge, suite):
        raise SuiteError(f"{item.place}: judge: {refusal}")
    return Check(name=item.name, kind="judge", run=judge.run, pass_rate=item.pass_rate)


def _find_refusal(judge: Judge, suite: Suite) -> str:
    """Why the API refuses the requests of a judge, in its words; empty if it does not."""
    answered = Answered(text="An answer.", inputs=suite.cases[0].inputs, count_tokens=len)
    try:
        refusal = check_request(PromptReader(lambda text, _: len(text)).read(to_body(judge.request(answered))))
    except UnknownModelError as error:
        return str(error)
    return "" if refusal is None else f"{judge.entry.model}: {refusal.message}"


def _check_gate(suite: Suite, names: set[str]) -> None:
    """Check that a suite with a gate has the checks that its rules name."""
    if suite.gate is None:
        return
    place = f"{suite.path}:{suite.line}"
    if not names:
        raise SuiteError(f"{place}: suite {suite.name!r} has a gate, but no checks")
    for name in suite.gate.named_checks:
        if name not in names:
            raise SuiteError(
                f"{place}: the gate names the check {name!r}, which suite {suite.name!r} does not have",
                hint=f"its checks are {', '.join(sorted(names))}",
            )

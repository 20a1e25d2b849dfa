"""What the reports show of each test besides its calls: answers, checks, and the map of its prompt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, SecretError
from harness.pytest_plugin.attachments import last_reports, note, of_report
from harness.pytest_plugin.private.names import shown_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from decimal import Decimal

    import pytest

    from harness.calls.call import Call
    from harness.lock.entries import LockEntry
    from harness.money.arrivals import Arrivals
    from harness.prompt.reading import Prompt
    from harness.pytest_plugin.options import Options
    from harness.pytest_plugin.storage import Storage
    from harness.suites.model import Suite

_CHANGED = ("changed", "new")


def labels_of(item: pytest.Item) -> tuple[str, str, str]:
    """Suite, version and case of a test as the reports name them; a test that is no case has no version."""
    run = getattr(item, "case_run", None)
    if run is not None:
        return run.suite.name, run.version.name, run.case.name
    return "/".join(item.path.parts[-2:]), "-", shown_id(item).rpartition("::")[2]


class ReportRows:
    """Notes what the reports of a run show of its tests; nothing if it writes none."""

    def __init__(self, options: Options, storage: Storage) -> None:
        self._options = options
        self._storage = storage
        self._mapped: set[tuple[str, str]] = set()
        """Suites and versions of whose prompts a map was noted."""
        self._priced: set[tuple[Path, str]] = set()
        """Suites whose traffic was noted."""

    def note_answers(self, item: pytest.Item, calls: Sequence[Call], *, accepted: Callable[[], Sequence[str]]) -> None:
        """Note the answers of a test; ``accepted`` gives the texts of those that its cassette holds, call by call."""
        if self._options.reports is None:
            return
        from harness.reports.answers import list_answers

        suite, version, case = labels_of(item)
        row = {
            "id": shown_id(item),
            "suite": suite,
            "version": version,
            "case": case,
            "answers": list_answers(calls, accepted(), may_show=self.may_show),
        }
        note(item, "case", json.dumps(row))

    def may_show(self, text: str) -> bool:
        """Whether the reports may show an answer; what a cassette holds has been searched for secrets already."""
        if self._options.is_private:
            return False
        if self._options.mode == "replay":
            return True
        try:
            self._storage.guard.check_text(text)
        except SecretError:
            return False
        return True

    def note_map(self, item: pytest.Item, prompt: Prompt, entry: LockEntry | None) -> None:
        """Note the map of a test's first request, if it is the first of its suite and version, or not as accepted."""
        if self._options.reports is None:
            return
        from harness.reports.prompt_map import map_prompt

        suite, version, case = labels_of(item)
        try:
            blocks = map_prompt(prompt, entry.calls[0] if entry and entry.calls else None)
        except HarnessError:
            # What cannot be counted is reported by the check of the request.
            return
        is_changed = any(block["state"] in _CHANGED for block in blocks)
        if not is_changed and (suite, version) in self._mapped:
            return
        self._mapped.add((suite, version))
        row = {"suite": suite, "version": version, "case": case, "blocks": blocks}
        note(item, "prompt", json.dumps([item.reportinfo()[1] or 0, row]))

    def note_traffic(self, item: pytest.Item, suite: Suite) -> None:
        """Note the traffic that a suite states, once.

        Raises:
            SuiteError: its log of times is unreadable.
        """
        if suite.traffic is None or (suite.path, suite.name) in self._priced:
            return
        self._priced.add((suite.path, suite.name))
        from harness.money.traffic import make_arrivals

        place = f"{suite.path}:{suite.line}"
        make_arrivals(suite.traffic, folder=suite.path.parent, named_at=place)
        row = {
            "suite": suite.name,
            "entry": suite.traffic.model_dump(exclude_none=True),
            "folder": str(suite.path.parent),
            "place": place,
        }
        # A suite states numbers, and would be refused with texts instead.
        note(item, "traffic", json.dumps(row, default=lambda number: int(number) if number % 1 == 0 else float(number)))


def gather_traffic(rows: Iterable[str]) -> dict[str, tuple[Arrivals, Decimal]]:
    """The arrivals and the calls a day of each suite that states them."""
    if not (notes := [json.loads(row) for row in rows]):
        return {}
    from harness.money.traffic import make_arrivals
    from harness.suites.traffic import TrafficEntry

    return {
        one["suite"]: make_arrivals(
            TrafficEntry.model_validate(one["entry"]), folder=Path(one["folder"]), named_at=one["place"]
        )
        for one in notes
    }


def gather_cases(reporter: pytest.TerminalReporter) -> list[dict[str, Any]]:
    """The tests that made calls, by id, each with the keys of ``CaseModel``."""
    outcomes = _outcomes(reporter)
    found = []
    for report in last_reports(reporter):
        calls = [json.loads(row) for lines in of_report(report, "calls") for row in json.loads(lines)]
        checks = [check for row in of_report(report, "checks") for check in json.loads(row)["shown"]]
        for line in of_report(report, "case"):
            row = {**json.loads(line), "checks": checks}
            found.append(_case(row, calls, outcomes.get(report.nodeid, "passed")))
    return sorted(found, key=lambda case: case["id"])


def gather_maps(rows: Iterable[str]) -> list[dict[str, Any]]:
    """One map for each suite and version: that of a changed prompt, if there is one."""
    maps = [(line, one) for line, one in map(json.loads, rows)]
    # The first case of a file, in whichever process it ran.
    maps.sort(key=lambda row: (row[1]["suite"], row[1]["version"], not _is_changed(row[1]), row[0], row[1]["case"]))
    chosen: dict[tuple[str, str], dict[str, Any]] = {}
    for _, one in maps:
        chosen.setdefault((one["suite"], one["version"]), one)
    return list(chosen.values())


def _is_changed(one: Mapping[str, Any]) -> bool:
    return any(block["state"] in _CHANGED for block in one["blocks"])


def _case(row: dict[str, Any], calls: Sequence[Mapping[str, Any]], outcome: str) -> dict[str, Any]:
    from harness.provider.usage import Usage

    usages = [Usage.from_json(call["usage"]) for call in calls]
    return {
        "id": row["id"],
        "suite": row["suite"],
        "version": row["version"],
        "case": row["case"],
        "outcome": outcome,
        "model": calls[0]["model"] if calls else None,
        "answered_by": calls[0]["origin"] if calls else None,
        "calls": [
            {
                "usage": {**usage.input_to_api(), "output_tokens": usage.output_tokens},
                "cost_usd": call["cost"],
                "cost_without_cache_usd": call["cost_without_cache"],
            }
            for call, usage in zip(calls, usages, strict=True)
        ],
        "checks": row["checks"],
        "answers": row["answers"],
    }


def _outcomes(reporter: pytest.TerminalReporter) -> dict[str, str]:
    """The outcome of each test that did not just pass."""
    outcomes = {report.nodeid: "skipped" for report in reporter.stats.get("skipped", ())}
    failed = (report for kind in ("failed", "error") for report in reporter.stats.get(kind, ()))
    return outcomes | {report.nodeid: "failed" for report in failed}

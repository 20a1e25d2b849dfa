import json
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.errors import ReportError
from harness.money.arrivals import Arrivals, Bursts, Even, OfficeHours, Poisson
from harness.money.calls import Billed
from harness.money.summary import Calls, summarize
from harness.reports.document import json_schema, read_document
from tests.reports.examples import FINDINGS, READ, WRITE, report, row
from tests.reports.sample_document import document

PUBLISHED = json.loads((files("harness.reports") / "report.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(PUBLISHED)

OURS = json.loads(report(row(WRITE), row(READ), failed=1, findings=FINDINGS).to_json())


def faults(data: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(data)]


def test_the_published_schema_is_what_the_models_say() -> None:
    assert json_schema() == PUBLISHED
    Draft202012Validator.check_schema(PUBLISHED)


@pytest.mark.parametrize("data", [OURS, document(), document(cases=0, is_failing=False)])
def test_reports_are_valid(data: dict[str, Any]) -> None:
    assert faults(data) == []
    assert read_document(data).verdict == data["verdict"]


def test_every_key_of_the_form_is_described() -> None:
    models = [PUBLISHED, *PUBLISHED["$defs"].values()]

    assert [model["title"] for model in models if "description" not in model] == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cost_usd": 0.1}, "report.json: not a report: versions.0.cost_usd: expected a decimal number in a string"),
        ({"cost_usd": "NaN"}, "report.json: not a report: versions.0.cost_usd: input should be a finite number"),
        ({"colour": "red"}, "report.json: not a report: versions.0.colour: extra inputs are not permitted"),
        ({"calls": -1}, "report.json: not a report: versions.0.calls: input should be greater than or equal to 0"),
    ],
)
def test_a_document_of_another_form_is_refused_with_its_place(change: dict[str, Any], says: str) -> None:
    data = document(cases=2)
    data["versions"][0] |= change

    assert faults(data)
    with pytest.raises(ReportError) as caught:
        read_document(data)
    assert caught.value.message == says


def test_a_report_of_a_later_version_says_what_to_do() -> None:
    with pytest.raises(ReportError) as caught:
        read_document(document() | {"schema": 6}, place="old.json")
    assert str(caught.value) == (
        "old.json: written in form 6, and this version reads 4 to 5\n  try: pip install --upgrade prompt-cache-harness"
    )


@pytest.mark.parametrize("arrivals", [Poisson(), Even(), OfficeHours(), Bursts(calls=5, seconds_apart=30.0)])
def test_the_money_of_a_version_has_the_form_that_is_read(arrivals: Arrivals) -> None:
    model = "claude-sonnet-5-5"
    one, two = (
        Calls(version=version, model=model, calls=[Billed.of(usage, model) for usage in (WRITE, READ)])
        for version in ("v1", "v2")
    )
    money = summarize(two, before=one, traffic=(arrivals, Decimal(100)))
    data = OURS | {"versions": [OURS["versions"][0] | money]}

    assert faults(data) == []
    version = read_document(data).versions[0]
    assert version.traffic is not None
    assert len(version.traffic.points) > 5
    assert version.attribution is not None

"""Reports with gaps, zeros and large numbers make a page too."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from harness.reports.document import json_schema
from harness.reports.html.page import render_page
from tests.reports.sample_document import document

SCHEMA = json_schema()


def vary(value: Any, schema: dict[str, Any], change: Callable[[Any, dict[str, Any]], Any]) -> Any:
    """Change every part of a document, the inner ones first; ``change`` gets a value and its schema."""
    name = schema.get("$ref", "").rpartition("/")[2]
    schema = SCHEMA["$defs"][name] if name else schema
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    inner = choices[0] if choices and value is not None else schema
    inner = SCHEMA["$defs"][inner["$ref"].rpartition("/")[2]] if "$ref" in inner else inner
    if isinstance(value, dict) and "properties" in inner:
        value = {key: vary(item, inner["properties"][key], change) for key, item in value.items()}
    elif isinstance(value, list) and isinstance(inner.get("items"), dict):
        value = [vary(item, inner["items"], change) for item in value]
    return change(value, schema)


def without_known(value: Any, schema: dict[str, Any]) -> Any:
    return None if {"type": "null"} in schema.get("anyOf", ()) else value


def without_lists(value: Any, schema: dict[str, Any]) -> Any:
    return (
        [] if schema.get("type") == "array" and "items" in schema and schema["items"].get("type") != "string" else value
    )


def numbers(number: int) -> Callable[[Any, dict[str, Any]], Any]:
    def change(value: Any, schema: dict[str, Any]) -> Any:
        kinds = [schema, *schema.get("anyOf", ())]
        if value is None or isinstance(value, bool):
            return value
        if any("pattern" in kind for kind in kinds):
            return f"{number}"
        if any(kind.get("type") == "integer" for kind in kinds) and "maximum" not in schema:
            return number
        return value

    return change


@pytest.mark.parametrize(
    "change", [without_known, without_lists, numbers(0), numbers(10**15)], ids=["unknown", "empty", "zeros", "large"]
)
def test_any_report_makes_a_page(change: Callable[[Any, dict[str, Any]], Any]) -> None:
    before = document(cases=6, suites=("suggestions",))
    data = vary(before, SCHEMA, change)
    assert data != before

    page = render_page(json.loads(json.dumps(data)))

    assert page.rstrip().endswith("</html>")
    assert not re.search(
        r"\b(None|NaN|nan|Infinity|inf)\b", re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.S)
    )


def test_no_break_even_is_said() -> None:
    data = document(cases=6, suites=("suggestions",), versions=("v1", "v2"))
    data["versions"][0]["break_even_calls"] = None

    assert "Caching has paid for its write: v1 at no number of calls that is known, v2 from call <data" in render_page(
        data
    )

"""The models endpoint: the models of the table, newest first.

Source: platform.claude.com/docs/en/api/models-list; anthropic SDK 2.12, types/model_info.py (checked 2026-11-27).
"""

import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from harness.emulator.failure import ApiFailureError
from harness.emulator.pages import page_of
from harness.errors import UnknownModelError
from harness.provider.models import Model, find_model, known_models
from harness.provider.refusals import Measure, limits_of

_EPOCH = "1970-01-01T00:00:00Z"
"""When a model was released, where no source says it."""


def answer(model_id: str, query: str) -> dict[str, Any]:
    """Answer a request for one model, or for a page of all.

    Raises:
        ApiFailureError: no such model, or a query that the API refuses.
    """
    if not model_id:
        return page_of([_describe(model) for model in known_models()], parse_qs(query))
    name = unquote(model_id)
    try:
        return _describe(find_model(name))
    except UnknownModelError:
        raise ApiFailureError.of(404, "not_found_error", f"model: {name}") from None


def _describe(model: Model) -> dict[str, Any]:
    dated = re.search(r"-(\d{4})(\d\d)(\d\d)$", model.id)
    is_retired = model.retired_on is not None
    return {
        "type": "model",
        "id": model.id,
        "display_name": _display_name(model.id),
        "created_at": "-".join(dated.groups()) + "T00:00:00Z" if dated else _EPOCH,
        "lifecycle": "retired" if is_retired else "active",
        "line": _line(model.id),
        "deprecated_at": None,
        "retires_at": _time(model.retired_on),
        "max_input_tokens": _limit(model, "input_tokens"),
        "max_tokens": _limit(model, "max_tokens"),
        "capabilities": None,
    }


def _display_name(model_id: str) -> str:
    words = re.sub(r"-\d{8}$", "", model_id).split("-")
    name = " ".join(word.capitalize() for word in words if not word.isdigit())
    version = ".".join(word for word in words if word.isdigit())
    return f"{name} {version}".strip()


def _line(model_id: str) -> str:
    return next(word for word in model_id.split("-")[1:] if word.isalpha())


def _limit(model: Model, measure: Measure) -> int | None:
    return next((limit.maximum for limit in limits_of(model.id) if limit.measure == measure), None)


def _time(day: date | None) -> str | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

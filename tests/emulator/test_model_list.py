"""The models endpoint through the unchanged SDK."""

import pytest
from anthropic import Anthropic, BadRequestError, NotFoundError

from harness.provider.models import known_models


def test_all_models_of_the_table_are_listed_page_by_page(anthropic: Anthropic) -> None:
    listed = list(anthropic.models.list(limit=7))
    assert [model.id for model in listed] == [model.id for model in known_models()]
    retired = {model.id for model in known_models() if model.retired_on}
    assert {model.id for model in listed if model.lifecycle == "retired"} == retired


def test_a_model_has_its_name_line_date_and_limits(anthropic: Anthropic) -> None:
    model = anthropic.models.retrieve("claude-haiku-4-5")
    assert (model.id, model.display_name, model.line) == ("claude-haiku-4-5-20251001", "Claude Haiku 4.5", "haiku")
    assert model.created_at.date().isoformat() == "2025-10-01"
    assert model.max_input_tokens == 200_000


def test_a_model_that_is_not_known_is_not_found(anthropic: Anthropic) -> None:
    with pytest.raises(NotFoundError, match="model: claude-none"):
        anthropic.models.retrieve("claude-none")


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_page_has_bounds(anthropic: Anthropic, limit: int) -> None:
    with pytest.raises(BadRequestError, match="limit: Input should be between 1 and 1000"):
        anthropic.models.list(limit=limit)

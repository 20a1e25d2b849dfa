"""The table of block types against the types of the SDK, so that a new version of it cannot pass unseen."""

import re
from typing import Any, get_args, get_type_hints

import pytest
from anthropic.types.beta import (
    beta_browser_state_block_param,
    beta_content_block_param,
    beta_tool_reference_block_param,
)
from anthropic.types.beta.beta_system_message_param import BetaSystemMessageParam
from anthropic.types.beta.beta_tool_union_param import BetaToolUnionParam

from harness.provider.block_types import CONTENT, TOOLS, BlockType, find_type, is_certain, is_known

CONTENT_CLASSES = [
    *(kind for kind in get_args(beta_content_block_param.BetaContentBlockParam) if kind.__name__.endswith("Param")),
    beta_browser_state_block_param.BetaBrowserStateBlockParam,
    beta_tool_reference_block_param.BetaToolReferenceBlockParam,
]


def names_of(kind: Any) -> list[str]:
    return [name for name in re.findall(r"'(\w+)'", str(get_type_hints(kind)["type"])) if name]


SDK = [(name, kind) for kind in CONTENT_CLASSES for name in names_of(kind)]
SDK_TOOLS = [(name, kind) for kind in get_args(BetaToolUnionParam) for name in names_of(kind)]


@pytest.mark.parametrize(("name", "kind"), SDK)
def test_every_content_block_of_the_sdk_has_a_row_with_all_its_fields(name: str, kind: Any) -> None:
    row = find_type("messages", name)
    assert row is not None
    assert [field for field in get_type_hints(kind) if not is_known(row, field)] == []


@pytest.mark.parametrize(("name", "kind"), SDK_TOOLS)
def test_every_tool_of_the_sdk_has_a_row_with_all_its_fields(name: str, kind: Any) -> None:
    row = find_type("tools", name)
    assert row is not None
    assert [field for field in get_type_hints(kind) if not is_known(row, field)] == []


def test_every_field_of_a_message_is_known() -> None:
    fields = {f"message.{field}" for field in get_type_hints(BetaSystemMessageParam)} - {
        "message.role",
        "message.content",
    }
    assert {field for field in fields if not is_known(CONTENT[0], field)} == set()


@pytest.mark.parametrize("row", [*CONTENT, *TOOLS], ids=lambda row: row.name)
def test_a_field_is_certain_or_unclear_and_never_both(row: BlockType) -> None:
    assert row.rendered & row.unclear == set()
    assert [field for field in row.unclear if is_certain(row, field)] == []


@pytest.mark.parametrize(
    ("level", "name"),
    [
        ("messages", "hologram"),
        ("system", "image"),
        ("tools", "function"),
        ("tools", "websearch_20250305"),
        ("tools", ""),
    ],
)
def test_any_other_type_is_unknown(level: Any, name: str) -> None:
    assert find_type(level, name) is None


def test_a_tool_of_a_later_date_is_the_same_tool() -> None:
    assert find_type("tools", "web_search_20990101") is find_type("tools", "web_search_20250305")

"""The table of parameters and the values read from it."""

from typing import Any, get_args

import pytest
from anthropic.types.beta import message_create_params as beta
from anthropic.types.message_create_params import MessageCreateParamsBase

from harness.errors import RequestError
from harness.prompt import read
from harness.prompt.parameters import find_priced, find_uncounted, find_unknown, rendered_part
from harness.prompt.wire import to_body
from harness.promptcache.causes import Cause
from harness.provider.parameters import BY_NAME, LEVELS, PARAMETERS, RENDERED

BODY: dict[str, Any] = {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": "Hi"}]}


def test_rows_are_unique_and_name_known_causes_and_levels() -> None:
    assert len({row.name for row in PARAMETERS}) == len(PARAMETERS)
    assert {row.cause for row in PARAMETERS} <= set(get_args(Cause))
    assert {row.level for row in PARAMETERS if row.level} == set(LEVELS)


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_a_rendered_parameter_has_a_level_and_every_row_a_source(row: Any) -> None:
    assert (row.level is not None) == (row.kind in ("rendered", "derived", "blocks"))
    assert row.source
    assert row.checked.year >= 2026


def test_rendered_rows_stand_in_the_order_of_their_levels() -> None:
    levels = [LEVELS.index(row.level) for row in RENDERED if row.level]

    assert levels == sorted(levels)


def test_every_parameter_of_the_official_sdk_has_a_row() -> None:
    known = {row.key for row in PARAMETERS} | {row.also_at for row in PARAMETERS}

    assert set(MessageCreateParamsBase.__annotations__) - known == set()
    # For these beta parameters, no published page says what they do to the prompt, so they cannot be judged.
    assert set(beta.MessageCreateParamsBase.__annotations__) - known == {
        "billing_policy",
        "compaction",
        "fallback_credit_token",
        "fallbacks",
        "thread",
    }


@pytest.mark.parametrize(
    ("extra", "unknown"),
    [
        pytest.param({"max_tokens": 1, "stream": True, "metadata": {}}, (), id="none"),
        pytest.param({"verbosity": "low"}, ("verbosity",), id="a key never seen"),
        pytest.param({"output_config": {"effort": "low", "tone": "dry"}}, ("output_config.tone",), id="inside"),
        pytest.param({"container": {"id": "c", "image": "x"}}, ("container.image",), id="inside a container"),
        pytest.param({"container": "container_1"}, (), id="a container's id"),
        pytest.param({"tool_choice": {"type": "auto", "new": 1}}, ("tool_choice.new",), id="inside an object"),
        pytest.param({"thinking": {"type": "disabled", "x": 1}}, ("thinking.x",), id="inside thinking"),
        pytest.param({"output_format": {"type": "json_schema"}}, (), id="the former place of the format"),
        pytest.param({"web": 1, "images": 1, "citations": 1}, ("web", "images", "citations"), id="derived names"),
    ],
)
def test_keys_without_a_row_are_unknown(extra: dict[str, Any], unknown: tuple[str, ...]) -> None:
    assert find_unknown({**BODY, **extra}) == unknown


@pytest.mark.parametrize(
    ("extra", "priced", "uncounted"),
    [
        ({"temperature": 0.5, "service_tier": "auto", "metadata": {"user_id": "u"}}, (), ()),
        ({"speed": "fast", "inference_geo": "us"}, ("speed", "inference_geo"), ()),
        ({"mcp_servers": [{"name": "a"}]}, ("mcp_servers",), ("mcp_servers",)),
        ({"mcp_servers": []}, (), ()),
        ({"container": "c"}, ("container",), ("container",)),
        ({"context_management": {"edits": []}}, ("context_management",), ("context_management",)),
        ({"verbosity": "low"}, ("verbosity",), ("verbosity",)),
        ({"output_config": {"tone": "dry"}}, ("output_config",), ("output_config.tone",)),
    ],
)
def test_what_is_not_counted_or_can_have_a_price_of_its_own(
    extra: dict[str, Any], priced: tuple[str, ...], uncounted: tuple[str, ...]
) -> None:
    assert find_priced({**BODY, **extra}) == priced
    assert find_uncounted({**BODY, **extra}) == uncounted


def test_the_rendered_part_holds_what_a_later_request_has_to_have_too() -> None:
    given = {
        "cache_control": {"type": "ephemeral"},
        "container": {"id": "c", "skills": [{"skill_id": "xlsx"}]},
        "max_tokens": 10,
        "metadata": {"user_id": "u"},
        "output_config": {"effort": "low"},
        "speed": "fast",
        "temperature": 1,
        "thinking": {"type": "adaptive"},
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "verbosity": "low",
    }

    assert rendered_part({**BODY, **given}) == {
        "cache_control": {"type": "ephemeral"},
        "container": {"skills": [{"skill_id": "xlsx"}]},
        "output_config": {"effort": "low"},
        "speed": "fast",
        "thinking": {"type": "adaptive"},
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "verbosity": "low",
    }


def test_arguments_of_the_sdk_are_no_part_of_the_body() -> None:
    arguments = {row.name: {} for row in PARAMETERS if row.kind == "argument"}

    assert to_body({"model": "m", **arguments}) == b'{"model":"m"}'
    assert {row.name for row in PARAMETERS if row.kind == "argument"} >= {"betas", "extra_headers", "timeout"}


@pytest.mark.parametrize("name", [row.name for row in PARAMETERS if row.is_object])
def test_a_parameter_of_another_type_is_refused_by_its_path(name: str) -> None:
    key, _, inner = name.partition(".")
    prompt = read({**BODY, key: {inner: "x"} if inner else "x"})

    with pytest.raises(RequestError, match=rf"^{name} is str, expected an object$"):
        _ = prompt.fingerprints


def test_every_row_but_the_derived_ones_is_found_by_its_name() -> None:
    assert {row.name for row in PARAMETERS} - BY_NAME.keys() == {"web", "citations", "images"}

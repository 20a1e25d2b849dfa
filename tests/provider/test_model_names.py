"""Every model in every spelling, as clients of Anthropic, Bedrock, Google Cloud, Foundry and gateways write it."""

import re
from collections.abc import Iterator

import pytest

from harness.errors import UnknownModelError, UsageError
from harness.provider.models import ANY_NAME, find_model, known_models, name_models, parse_names

ARN = "arn:aws:bedrock:us-east-1:123456789012"
IDS = tuple(model.id for model in known_models())


def spellings(model_id: str) -> Iterator[str]:
    """All ways to write one id; those without a date would name another snapshot of Claude 3.5 Sonnet."""
    found = re.fullmatch(r"(.+?)(?:-(\d{8}))?", model_id)
    assert found is not None
    plain, date = found[1], found[2]
    dated = f"{plain}-{date or '20270101'}"
    dotted = re.sub(r"(\d)-(\d)", r"\1.\2", plain)
    bedrock = f"anthropic.{dated}-v1:0"
    yield from (model_id, dated, f"{plain}@{date or '20270101'}", bedrock)
    yield from (f"{geo}.{bedrock}" for geo in ("global", "us", "eu", "jp", "au", "apac", "us-gov", "in"))
    yield f"{bedrock}:200k"
    yield f"{ARN}:inference-profile/us.{bedrock}"
    yield f"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/{bedrock}"
    yield f"arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.{bedrock.replace(':', '%3A')}"
    yield from (f"bedrock/{bedrock}", f"bedrock/converse/us.{bedrock}", f"bedrock/invoke/us-east-1/{bedrock}")
    yield f"projects/p/locations/us-east5/publishers/anthropic/models/{plain}@{date or '20270101'}:streamRawPredict"
    yield f"vertex_ai/{plain}@{date or '20270101'}"
    yield from (f"anthropic/{dated}", f"azure_ai/{dated}", f"openrouter/anthropic/{dated}:beta")
    yield from (f"{dated}-thinking", f"{bedrock}[1m]", f" {dated} ")
    if model_id != "claude-3-5-sonnet-20240620":
        yield from (plain, dotted, f"anthropic/{dotted}", f"{plain}-latest", f"{plain}@default")
        yield from (f"anthropic.{plain}", f"us.anthropic.{plain}-v1", f"bedrock_mantle/anthropic.{plain}")
        yield from (f"databricks/databricks-{plain}", f"~anthropic/{plain}-fast", f"{plain}[1m]")


CASES = [(spelling, model_id) for model_id in IDS for spelling in spellings(model_id)]

OTHER_WORD_ORDER = (
    ("claude-4-opus-20250514", "claude-opus-4-20250514"),
    ("claude-4.5-opus-20251124", "claude-opus-4-5-20251101"),
    ("claude-opus-3", "claude-3-opus-20240229"),
    ("anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet-20241022"),
    ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet-20241022"),
    ("claude-3-5-sonnet@20240620", "claude-3-5-sonnet-20240620"),
    ("claude-sonnet-4-0", "claude-sonnet-4-20250514"),
    ("claude-mythos-preview[1m]", "claude-mythos-preview"),
)

UNKNOWN = (
    "claude-sonet-4-5",
    "claude-sonnet-9",
    "claude-opus-4-9",
    "claude-haiku",
    "claude-2.1",
    "claude-instant-v1",
    "anthropic.claude-v2:1",
    "claude-3-sonnet-20240229",
    "claude-sonnet-4-5-turbo",
    "claude-opus-41",
    "~anthropic/claude-opus-latest",
    "gpt-5",
    "",
    "claude",
    "sonnet-5-5",
    "claude-3-5-sonnet-20250101",
    "my-claude-deployment",
    f"{ARN}:application-inference-profile/a1b2c3d4e5f6",
    f"bedrock/{ARN}:application-inference-profile/a1b2c3d4e5f6",
    f"{ARN}:provisioned-model/claude-sonnet-4-5",
    f"{ARN}:custom-model/anthropic.claude-haiku-4-5/x",
    f"{ARN}:custom-model-deployment/abc",
    f"{ARN}:imported-model/abc",
    f"{ARN}:prompt/P1",
    f"{ARN}:default-prompt-router/anthropic.claude:1",
    "arn:aws:sagemaker:us-east-1:123456789012:endpoint/claude-opus-5",
)


def test_there_are_at_least_as_many_cases_as_models_times_spellings() -> None:
    assert len(IDS) == 28
    assert min(len(set(spellings(model_id))) for model_id in IDS if "3-5-sonnet" not in model_id) >= 31


@pytest.mark.parametrize(("spelling", "model_id"), [*CASES, *OTHER_WORD_ORDER])
def test_a_spelling_names_its_model(spelling: str, model_id: str) -> None:
    assert find_model(spelling).id == model_id


@pytest.mark.parametrize("name", UNKNOWN)
def test_any_other_name_is_unknown(name: str) -> None:
    with pytest.raises(UnknownModelError, match=rf"^model {re.escape(repr(name))} is not known\n"):
        find_model(name)


def test_a_misspelt_name_gets_the_nearest_known_one() -> None:
    with pytest.raises(UnknownModelError) as caught:
        find_model("us.anthropic.claude-sonet-4-5")
    assert caught.value.hint == "the nearest known model is 'claude-sonnet-4-5'"


def test_an_opaque_name_says_how_to_map_it() -> None:
    with pytest.raises(UnknownModelError) as caught:
        find_model("prod-eu")
    assert caught.value.hint == (
        "name the model behind it: --model 'prod-eu=claude-…' (in pytest, the ini key harness_models)"
    )


@pytest.mark.parametrize(
    ("spelling", "cache_name"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
        ("openrouter/anthropic/claude-haiku-4.5", "claude-haiku-4-5-20251001"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5-20251001 bedrock"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5-20251001 bedrock us"),
        (f"{ARN}:inference-profile/eu.anthropic.claude-opus-5", "claude-opus-5 bedrock eu"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5-20251001 vertex"),
    ],
)
def test_each_surface_and_geography_has_its_own_prompt_cache(spelling: str, cache_name: str) -> None:
    assert find_model(spelling).cache_name == cache_name


def test_a_mapped_name_is_known_while_the_mapping_is_open() -> None:
    profile = f"{ARN}:application-inference-profile/a1b2c3d4e5f6"
    with name_models({"prod-eu": "claude-haiku-4-5", profile: "claude-opus-4-7"}):
        assert find_model("prod-eu").id == "claude-haiku-4-5-20251001"
        assert (find_model(profile).id, find_model(profile).min_cacheable_tokens) == ("claude-opus-4-7", 4096)
        with pytest.raises(UnknownModelError):
            find_model("prod-us")
    with pytest.raises(UnknownModelError):
        find_model("prod-eu")


def test_a_mapping_without_a_name_stands_for_every_unknown_one() -> None:
    with name_models({ANY_NAME: "claude-opus-4-5"}):
        assert [find_model(name).id for name in ("prod-eu", "claude-opus-5")] == [
            "claude-opus-4-5-20251101",
            "claude-opus-5",
        ]


def test_a_name_cannot_be_mapped_to_an_unknown_model() -> None:
    with pytest.raises(UnknownModelError, match="claude-sonet-5"), name_models({"prod": "claude-sonet-5"}):
        pass


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("prod-eu = claude-opus-5", {"prod-eu": "claude-opus-5"}),
        ("prod-eu=claude-opus-5", {"prod-eu": "claude-opus-5"}),
        (f"{ARN}:prompt/P1 = claude-opus-5", {f"{ARN}:prompt/P1": "claude-opus-5"}),
        ("a=b = claude-opus-5", {"a=b": "claude-opus-5"}),
        ("claude-opus-5", {ANY_NAME: "claude-opus-5"}),
    ],
)
def test_a_line_maps_a_name_to_a_model(line: str, names: dict[str, str]) -> None:
    assert parse_names([line], "harness_models") == names


def test_a_line_without_a_model_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        parse_names(["prod-eu ="], "harness_models")
    assert str(caught.value) == (
        "harness_models is 'prod-eu =', expected NAME = MODEL\n  try: for example my-deployment=claude-opus-5"
    )

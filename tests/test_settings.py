import re
from dataclasses import FrozenInstanceError
from datetime import timedelta
from pathlib import Path

import pytest

from harness.errors import HarnessError, SettingsError
from harness.settings import DEFAULT_MODEL, Settings, copy_environment, has_api_key, parse_age, parse_size


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()


def test_defaults_use_both_caches_and_the_documented_folder() -> None:
    assert Settings() == Settings(
        use_prompt_cache=True,
        use_local_cache=True,
        local_cache_dir=Path("cache/prompts"),
        cache_prefix="",
        model=DEFAULT_MODEL,
    )


def test_every_variable_is_read() -> None:
    variables = {
        "USE_ANTHROPIC_CACHE": "false",
        "USE_LOCAL_CACHE": "off",
        "PROMPT_CACHE_DIR": "/var/cache/prompts",
        "CACHE_PREFIX": "staging",
        "PROMPT_CACHE_MAX_SIZE": "500MB",
        "PROMPT_CACHE_MAX_AGE": "30d",
        "CLAUDE_MODEL": "claude-opus-5-5",
        "UNRELATED": "x",
    }
    assert Settings.from_environment(variables) == Settings(
        use_prompt_cache=False,
        use_local_cache=False,
        local_cache_dir=Path("/var/cache/prompts"),
        cache_prefix="staging",
        local_cache_max_size=500_000_000,
        local_cache_max_age=timedelta(days=30),
        model="claude-opus-5-5",
    )


def test_without_an_argument_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_PREFIX", "from-the-process")
    assert Settings.from_environment().cache_prefix == "from-the-process"


@pytest.mark.parametrize("name", ["USE_ANTHROPIC_CACHE", "USE_LOCAL_CACHE"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", True),
        ("TRUE", True),
        (" true ", True),
        ("1", True),
        ("yes", True),
        ("on", True),
        ("", True),
        ("   ", True),
        ("false", False),
        ("False", False),
        ("0", False),
        ("no", False),
        ("off", False),
    ],
)
def test_a_flag_is_read_in_its_usual_spellings(name: str, value: str, expected: bool) -> None:
    settings = Settings.from_environment({name: value})
    assert {"USE_ANTHROPIC_CACHE": settings.use_prompt_cache, "USE_LOCAL_CACHE": settings.use_local_cache}[
        name
    ] is expected


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "USE_LOCAL_CACHE",
            "ture",
            "USE_LOCAL_CACHE is 'ture', expected true or false\n  try: set USE_LOCAL_CACHE=true",
        ),
        (
            "USE_ANTHROPIC_CACHE",
            " 2",
            "USE_ANTHROPIC_CACHE is ' 2', expected true or false\n  try: set USE_ANTHROPIC_CACHE=true",
        ),
        (
            "PROMPT_CACHE_DIR",
            " ",
            "PROMPT_CACHE_DIR is ' ', expected a folder\n  try: set PROMPT_CACHE_DIR=cache/prompts, or unset it",
        ),
        (
            "CLAUDE_MODEL",
            "",
            "CLAUDE_MODEL is '', expected a model id without spaces\n"
            "  try: set CLAUDE_MODEL=claude-sonnet-5-5, or unset it",
        ),
        (
            "CLAUDE_MODEL",
            "claude sonnet",
            "CLAUDE_MODEL is 'claude sonnet', expected a model id without spaces\n"
            "  try: set CLAUDE_MODEL=claude-sonnet-5-5, or unset it",
        ),
    ],
)
def test_a_bad_value_names_the_variable_the_value_and_the_fix(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=f"^{re.escape(message)}$"):
        Settings.from_environment({name: value})


def test_a_settings_error_is_a_harness_error_and_a_value_error() -> None:
    assert issubclass(SettingsError, HarnessError)
    assert issubclass(SettingsError, ValueError)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().model = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"ANTHROPIC_API_KEY": ""}, False),
        ({"ANTHROPIC_API_KEY": "key"}, True),
        ({"ANTHROPIC_AUTH_TOKEN": "token"}, True),
    ],
)
def test_a_key_or_a_token_counts_as_a_key(variables: dict[str, str], expected: bool) -> None:
    assert has_api_key(variables) is expected


def test_a_copy_of_the_environment_is_no_way_back_into_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_PREFIX", "from-the-process")
    copy = copy_environment()
    assert copy["CACHE_PREFIX"] == "from-the-process"

    copy["CACHE_PREFIX"] = "changed"

    assert copy_environment()["CACHE_PREFIX"] == "from-the-process"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        (
            "PROMPT_CACHE_MAX_SIZE",
            "500 MB",
            "PROMPT_CACHE_MAX_SIZE is '500 MB', expected a number with B, kB, MB or GB\n"
            "  try: set PROMPT_CACHE_MAX_SIZE=500MB, or unset it",
        ),
        (
            "PROMPT_CACHE_MAX_AGE",
            "30",
            "PROMPT_CACHE_MAX_AGE is '30', expected a number with m, h, d or w\n"
            "  try: set PROMPT_CACHE_MAX_AGE=30d, or unset it",
        ),
    ],
)
def test_a_limit_that_is_none_is_an_error(variable: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({variable: value})

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("8w", timedelta(weeks=8)),
        ("0d", timedelta(0)),
        ("1.5d", None),
        ("9999999d", None),
        ("", None),
    ],
)
def test_an_age_has_one_unit(text: str, age: timedelta | None) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize(
    ("text", "size"), [("7B", 7), ("800kB", 800_000), ("2GB", 2 * 10**9), ("2gb", None), ("", None)]
)
def test_a_size_has_one_unit(text: str, size: int | None) -> None:
    assert parse_size(text) == size

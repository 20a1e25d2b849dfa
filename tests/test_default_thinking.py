"""What leaving `thinking` out means is a fact of the model; explanations, fingerprints and the emulator follow it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.emulator.core import Emulator
from harness.errors import CannotTellError
from harness.prompt import reading
from harness.prompt.assumptions import Assumptions
from harness.prompt.reader import PromptReader
from harness.prompt.reading import read
from harness.promptcache.diagnostics import diagnose
from harness.promptcache.explain import explain
from harness.provider.models import Model, find_model, known_models
from harness.provider.parameters import LEVELS, UNKNOWN_DEFAULT
from tests.conftest import Clock
from tests.promptcache.pairs.build import MARK, OTHER, assistant, full, result, system, text, thought, tool, use, user
from tests.recordings import counter

Body = dict[str, Any]

ADAPTIVE = {"type": "adaptive"}
DISABLED = {"type": "disabled"}
BETWEEN = {"type": "between_tools"}
BUDGET = {"type": "enabled", "budget_tokens": 1024}

DEFAULTS: tuple[tuple[str, Body, tuple[Body, ...], str], ...] = (
    # model, its default, what else it accepts, and the last fingerprint of MINIMAL without `thinking` in lock files
    ("claude-fable-5-2", ADAPTIVE, (), "adb1d93f8cf7"),
    ("claude-mythos-5-2", ADAPTIVE, (), "bfe1e5b6527a"),
    ("claude-fable-5-1", ADAPTIVE, (), "468063aa6e4a"),
    ("claude-mythos-5-1", ADAPTIVE, (), "b2a6d50253f7"),
    ("claude-fable-5", ADAPTIVE, (), "ed1205291f87"),
    ("claude-mythos-5", ADAPTIVE, (), "ce700cb0b0cc"),
    ("claude-mythos-preview", ADAPTIVE, (BUDGET,), "fb2b90736b7f"),
    ("claude-opus-5-5", ADAPTIVE, (), "b20c78c21d83"),
    ("claude-opus-5", ADAPTIVE, (DISABLED,), "f89bddc87aed"),
    ("claude-opus-4-8", DISABLED, (ADAPTIVE,), "5c77bf9eab05"),
    ("claude-opus-4-7", DISABLED, (ADAPTIVE,), "f6328c40f930"),
    ("claude-opus-4-6", DISABLED, (ADAPTIVE, BUDGET), "8911c0e7fa9e"),
    ("claude-opus-4-5-20251101", DISABLED, (BUDGET,), "09d45ed6fb84"),
    ("claude-opus-4-1-20250805", DISABLED, (BUDGET,), "7e9a791b516b"),
    ("claude-opus-4-20250514", DISABLED, (BUDGET,), "afac7baedcfd"),
    ("claude-3-opus-20240229", DISABLED, (), "f6d5e791f7ff"),
    ("claude-sonnet-5-5", ADAPTIVE, (BETWEEN,), "15ef93f7da71"),
    ("claude-sonnet-5", ADAPTIVE, (DISABLED,), "764886cbf1a1"),
    ("claude-sonnet-4-6", DISABLED, (ADAPTIVE, BUDGET), "efb9de183d7a"),
    ("claude-sonnet-4-5-20250929", DISABLED, (BUDGET,), "76ed1f417d39"),
    ("claude-sonnet-4-20250514", DISABLED, (BUDGET,), "519f8dd10e08"),
    ("claude-3-7-sonnet-20250219", DISABLED, (BUDGET,), "c0b615b2138f"),
    ("claude-3-5-sonnet-20241022", DISABLED, (), "4f779f32375e"),
    ("claude-3-5-sonnet-20240620", DISABLED, (), "c0bdc387b21e"),
    ("claude-haiku-5-5", ADAPTIVE, (DISABLED,), "7823cacaa1b5"),
    ("claude-haiku-4-5-20251001", DISABLED, (BUDGET,), "1cd5f6901ccd"),
    ("claude-3-5-haiku-20241022", DISABLED, (), "7fcad8039e70"),
    ("claude-3-haiku-20240307", DISABLED, (), "f5e94340a578"),
)
SAME = [(model, value) for model, default, _, _ in DEFAULTS for value in (default, None)]
OTHERS = [(model, value) for model, _, others, _ in DEFAULTS for value in others]

MINIMAL: Body = {
    "max_tokens": 9,
    "tools": [{"name": "a", "input_schema": {}}],
    "system": "s",
    "messages": [{"role": "user", "content": "hi"}],
}


def make(model: str, *thinking: Body | None) -> Body:
    """A request with a breakpoint on each level; without a value, `thinking` is left out."""
    body = full(model=model)
    return {**body, "thinking": thinking[0]} if thinking else body


def verdict(before: Body, after: Body) -> tuple[str, str | None, str | None]:
    found = explain(read(before, counter()), read(after, counter()))
    return found.verdict, found.cause, found.path


def test_every_known_model_is_in_the_table() -> None:
    assert {row[0] for row in DEFAULTS} == {model.id for model in known_models()}


# --- explain -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "value"), SAME, ids=str)
def test_a_given_default_reads_what_was_written_without_it_and_the_other_way(model: str, value: Body | None) -> None:
    given, omitted = make(model, value), make(model)

    assert verdict(given, omitted) == ("hit", None, None)
    assert verdict(omitted, given) == ("hit", None, None)


@pytest.mark.parametrize(("model", "value"), OTHERS, ids=str)
def test_any_other_value_loses_the_messages_in_both_directions(model: str, value: Body) -> None:
    given, omitted = make(model, value), make(model)

    assert verdict(given, omitted) == ("partial", "thinking_changed", "thinking")
    assert verdict(omitted, given) == ("partial", "thinking_changed", "thinking")


def test_a_change_from_disabled_to_left_out_loses_only_the_messages_for_certain() -> None:
    found = explain(read(make("claude-sonnet-5", DISABLED), counter()), read(make("claude-sonnet-5"), counter()))

    assert [found.levels[level] for level in LEVELS] == ["model_specific", "model_specific", "miss"]
    assert found.tokens_lost > 0


@pytest.mark.parametrize("model", ["claude-fable-5", "claude-opus-5-5", "claude-sonnet-5-5", "claude-mythos-preview"])
def test_disabled_is_no_default_of_a_model_that_refuses_it(model: str) -> None:
    assert verdict(make(model), make(model, DISABLED))[0] == "rejected"


# --- fingerprints --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "locked"), [(row[0], row[3]) for row in DEFAULTS])
def test_without_thinking_every_model_has_the_fingerprint_that_lock_files_hold(model: str, locked: str) -> None:
    assert read({**MINIMAL, "model": model}).fingerprints[-1].hex()[:12] == locked


@pytest.mark.parametrize("is_first", [False, True])
@pytest.mark.parametrize(("model", "default"), [row[:2] for row in DEFAULTS], ids=str)
def test_fingerprints_keys_and_diagnostics_agree_on_what_is_the_same(model: str, default: Body, is_first: bool) -> None:
    assumptions = Assumptions(is_thinking_first=is_first)
    omitted, *given = (
        read({**MINIMAL, "model": model, **extra}, assumptions=assumptions)
        for extra in ({}, *({"thinking": value} for value in (DISABLED, ADAPTIVE, BETWEEN, BUDGET)))
    )
    for prompt, value in zip(given, (DISABLED, ADAPTIVE, BETWEEN, BUDGET), strict=True):
        is_same = value == default
        assert (prompt.fingerprints == omitted.fingerprints) == is_same
        assert ([part.key for part in prompt.parts] == [part.key for part in omitted.parts]) == is_same
        assert (diagnose(omitted, prompt) is None) == is_same
    assert len({prompt.fingerprints for prompt in given}) == len(given)


# --- thinking blocks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "default"), [row[:2] for row in DEFAULTS], ids=str)
def test_thinking_blocks_are_rendered_as_if_the_default_were_given(model: str, default: Body) -> None:
    messages = [user("4 C?"), assistant(thought(), use(1)), user(result(1))]
    body = {"model": model, "max_tokens": 9, "tools": [tool("a")], "messages": messages}
    omitted, given = read(body, counter()), read({**body, "thinking": default}, counter())

    assert omitted.blocks == given.blocks
    assert any(block.type == "thinking" for block in omitted.blocks) == (default == ADAPTIVE)
    assert omitted.count.total == given.count.total


# --- emulator ------------------------------------------------------------------------------------------------


def written(*bodies: Body) -> int:
    """The tokens that the last of several requests writes to the prompt cache."""
    clock = Clock()
    emulator = Emulator(reader=PromptReader(counter()), clock=clock)
    for body in bodies:
        clock.now += 30
        answer = emulator.handle("POST", "/v1/messages", json.dumps(body).encode())
        assert answer.status == 200, answer
    usage: int = json.loads(b"".join(answer.chunks))["usage"]["cache_creation_input_tokens"]
    return usage


@pytest.mark.parametrize(("model", "default"), [row[:2] for row in DEFAULTS], ids=str)
def test_the_emulator_reads_what_was_written_under_the_default(model: str, default: Body) -> None:
    assert written(make(model, default), make(model)) == 0
    assert written(make(model), make(model, default)) == 0


@pytest.mark.parametrize(("model", "value"), OTHERS, ids=str)
def test_the_emulator_writes_the_messages_again_under_another_value(model: str, value: Body) -> None:
    assert written(make(model, value), make(model)) > 0
    assert written(make(model), make(model, value)) > 0


# --- models of which it is not known -------------------------------------------------------------------------

REFUSAL = (
    "thinking differs, but what leaving it out means is not known for claude-opus-4-6\n"
    "  try: give thinking in every call, or compare the usage of two real calls"
)
MODEL = "claude-opus-4-6"


@pytest.fixture
def _unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read requests as if no source said what leaving `thinking` out means."""

    def find(name: str) -> Model:
        return replace(find_model(name), default_thinking=UNKNOWN_DEFAULT)

    monkeypatch.setattr(reading, "find_model", find)


@pytest.mark.usefixtures("_unknown")
@pytest.mark.parametrize("value", [ADAPTIVE, DISABLED, BUDGET], ids=str)
def test_a_value_against_an_unknown_default_cannot_be_judged(value: Body) -> None:
    for pair in ((make(MODEL, value), make(MODEL)), (make(MODEL), make(MODEL, value))):
        with pytest.raises(CannotTellError) as caught:
            verdict(*pair)
        assert str(caught.value) == REFUSAL


@pytest.mark.usefixtures("_unknown")
def test_an_unknown_default_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [tmp_path / "before.json", tmp_path / "after.json"]
    for path, body in zip(paths, (make(MODEL, DISABLED), make(MODEL)), strict=True):
        path.write_text(json.dumps(body), encoding="utf-8")

    assert main(["explain", *map(str, paths)]) == 2
    assert "thinking differs, but what leaving it out means is not known" in capsys.readouterr().err


@pytest.mark.usefixtures("_unknown")
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(make(MODEL), make(MODEL), ("hit", None, None), id="left out in both"),
        pytest.param(make(MODEL), make(MODEL, None), ("hit", None, None), id="null"),
        pytest.param(make(MODEL, ADAPTIVE), make(MODEL, ADAPTIVE), ("hit", None, None), id="given in both"),
        pytest.param(
            make(MODEL, ADAPTIVE),
            make(MODEL, DISABLED),
            ("partial", "thinking_changed", "thinking"),
            id="two given values",
        ),
        pytest.param(
            make(MODEL),
            {**make(MODEL, ADAPTIVE), "system": [text(OTHER, MARK)]},
            ("partial", "text_changed", "system[0]"),
            id="an earlier change decides",
        ),
        pytest.param(
            make(MODEL), make("claude-opus-4-5", BUDGET), ("miss", "model_changed", "model"), id="another model"
        ),
        pytest.param(
            system(model="claude-sonnet-4-6"),
            system(model="claude-sonnet-4-6", thinking=ADAPTIVE),
            ("hit", None, None),
            id="behind the last breakpoint",
        ),
    ],
)
def test_an_unknown_default_is_refused_only_where_the_verdict_rests_on_it(
    before: Body, after: Body, expected: tuple[str, str | None, str | None]
) -> None:
    assert verdict(before, after) == expected


@pytest.mark.usefixtures("_unknown")
def test_an_unknown_default_keeps_the_fingerprint_of_lock_files_and_equals_no_given_value() -> None:
    values = [{}, *({"thinking": value} for value in (DISABLED, ADAPTIVE, BUDGET))]
    omitted, *given = [read({**MINIMAL, "model": MODEL, **value}).fingerprints[-1].hex()[:12] for value in values]

    assert omitted == next(row[3] for row in DEFAULTS if row[0] == MODEL)
    assert len({omitted, *given}) == 4

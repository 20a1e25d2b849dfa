"""Fingerprints stand in the lock files of users: whatever changes here, an accepted prompt keeps its own."""

from typing import Any

import pytest

from harness.prompt import parameters, read
from harness.provider.parameters import RENDERED, Parameter

BODY: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 9,
    "tools": [{"name": "a", "input_schema": {}}],
    "system": "s",
    "messages": [{"role": "user", "content": "hi"}],
}
NEW = Parameter(name="verbosity", kind="rendered", level="tools", default="medium", source="a page")
ROWS = (*RENDERED[:2], NEW, *RENDERED[2:])


@pytest.mark.parametrize(
    ("given", "starts"),
    [
        ({}, ("a715693ef9b3", "4a71a73ac7c9", "15ef93f7da71")),
        ({"speed": "fast"}, ("321101809f24", "9e6c6c2d78bb", "a20f917e609d")),
        ({"thinking": {"type": "adaptive"}}, ("a715693ef9b3", "4a71a73ac7c9", "15ef93f7da71")),
        ({"thinking": {"type": "between_tools"}}, ("a715693ef9b3", "4a71a73ac7c9", "20a39be9c10b")),
        ({"tool_choice": {"type": "any"}}, ("a715693ef9b3", "4a71a73ac7c9", "d3982d73e6b6")),
        ({"output_config": {"effort": "low"}}, ("a715693ef9b3", "4a71a73ac7c9", "c798767f8a2c")),
        ({"output_config": {"format": {"type": "json_schema"}}}, ("a715693ef9b3", "997e4beffb8e", "0fe2a3a973d2")),
        (
            {"output_config": {"task_budget": {"type": "tokens", "total": 9}}},
            ("a715693ef9b3", "4a71a73ac7c9", "cf69d9214de6"),
        ),
        ({"model": "claude-3-7-sonnet-20250219"}, ("1dec05d23b17", "29db4d6ad93a", "c0b615b2138f")),
    ],
    ids=str,
)
def test_version_1_gives_the_values_that_lock_files_hold(given: dict[str, Any], starts: tuple[str, ...]) -> None:
    assert tuple(value.hex()[:12] for value in read({**BODY, **given}).fingerprints) == starts


@pytest.mark.parametrize("given", [{}, {"verbosity": None}, {"verbosity": "medium"}], ids=str)
def test_a_new_parameter_at_its_default_changes_no_fingerprint(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = read(BODY).fingerprints
    _add_row(monkeypatch)

    assert read({**BODY, **given}).fingerprints == known


def test_a_new_parameter_with_another_value_keeps_the_fingerprint_that_it_had_as_an_unknown_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known, as_unknown = (read({**BODY, **given}).fingerprints for given in ({}, {"verbosity": "low"}))
    _add_row(monkeypatch)

    assert read({**BODY, "verbosity": "low"}).fingerprints == as_unknown
    assert as_unknown[0] != known[0]


@pytest.mark.parametrize("kind", ["tool_result", "document"])
@pytest.mark.parametrize("marker", [{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}])
def test_a_marker_on_a_nested_block_changes_no_fingerprint(kind: str, marker: dict[str, Any]) -> None:
    part = {"type": "text", "text": "So."}

    plain, marked = (_of_nested(kind, [part, last]) for last in (part, {**part, "cache_control": marker}))

    assert marked == plain
    assert _of_nested(kind, [part, {**part, "text": "Yes."}]) != plain


@pytest.mark.parametrize("value", [5, None, [], {"a": 1}, True])
def test_a_text_of_another_type_has_a_fingerprint(value: Any) -> None:
    prompts = [read({**BODY, "tools": [{"type": "text", "text": given}]}) for given in (value, "a")]

    assert prompts[0].fingerprints[0] != prompts[1].fingerprints[0]


def _of_nested(kind: str, parts: list[Any]) -> tuple[bytes, ...]:
    block = {"content": parts} if kind == "tool_result" else {"source": {"type": "content", "content": parts}}
    return read({**BODY, "messages": [{"role": "user", "content": [{"type": kind, **block}]}]}).fingerprints


def _add_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "RENDERED", ROWS)
    monkeypatch.setattr(parameters, "BY_NAME", {**parameters.BY_NAME, NEW.name: NEW})
    monkeypatch.setattr(parameters, "_READ_WHOLE", parameters._READ_WHOLE | {NEW.name})

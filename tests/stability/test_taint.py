"""Marks in place of texts, and where they are found."""

import html
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from harness.prompt import read
from harness.stability.taint import Leak, find_leaks, list_fields, taint

MARK = {"type": "ephemeral"}
RESUME = {
    "basics": {"name": "Ana Silva", "age": 30, "location": None},
    "work": [{"name": "Acme"}, {"name": "Nimbus"}],
    "tags": ("a",),
}
FIELDS = ("resume.basics.name", "resume.work[0].name", "resume.work[1].name", "resume.tags[0]")


def request(system: str, **more: Any) -> dict[str, Any]:
    blocks = [{"type": "text", "text": system, "cache_control": MARK}]
    return {"model": "claude-opus-5", "system": blocks, "messages": [{"role": "user", "content": "x"}], **more}


def found(system: str) -> list[tuple[str, int | None]]:
    return [(leak.field, leak.offset) for leak in find_leaks(read(request(system)), FIELDS)]


def test_every_text_becomes_its_own_path_and_nothing_else_changes() -> None:
    assert list_fields(RESUME, "resume") == FIELDS
    assert taint(RESUME, "resume") == {
        "basics": {"name": "⟦resume.basics.name⟧", "age": 30, "location": None},
        "work": [{"name": "⟦resume.work[0].name⟧"}, {"name": "⟦resume.work[1].name⟧"}],
        "tags": ("⟦resume.tags[0]⟧",),
    }


def test_one_field_alone_can_be_marked() -> None:
    tainted = taint(RESUME, "resume", only="resume.work[1].name")

    assert tainted["work"] == [{"name": "Acme"}, {"name": "⟦resume.work[1].name⟧"}]
    assert {key: tainted[key] for key in ("basics", "tags")} == {key: RESUME[key] for key in ("basics", "tags")}


def test_text_that_is_an_input_by_itself_is_marked_by_its_name() -> None:
    assert taint("Why?", "question") == "⟦question⟧"
    assert list_fields("Why?", "question") == ("question",)


def test_input_is_left_as_it_was() -> None:
    before = json.dumps(RESUME)
    taint(RESUME, "resume")
    assert json.dumps(RESUME) == before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(str, id="as-is"),
        pytest.param(str.upper, id="upper"),
        pytest.param(str.title, id="title"),
        pytest.param(str.swapcase, id="swapcase"),
        pytest.param(str.strip, id="strip"),
        pytest.param(lambda mark: mark.split()[0], id="first-word"),
        pytest.param(json.dumps, id="json"),
        pytest.param(lambda mark: json.dumps(json.dumps(mark)), id="json-in-json"),
        pytest.param(ascii, id="ascii"),
        pytest.param(html.escape, id="html"),
        pytest.param(lambda mark: mark.encode("ascii", "xmlcharrefreplace").decode(), id="xml"),
        pytest.param(quote, id="url"),
        pytest.param(lambda mark: mark[:-1], id="without-its-end"),
        pytest.param(lambda mark: mark[:-1] + ", a nurse", id="without-its-end-in-a-sentence"),
        pytest.param(lambda mark: mark[:-1] + "⟦resume.tags[0]⟧", id="without-its-end-before-another"),
        pytest.param(lambda mark: mark[1:], id="without-its-beginning"),
        pytest.param(lambda mark: "⟦resume.tags[0]⟧" + mark[10:], id="without-its-beginning-behind-another"),
    ],
)
@pytest.mark.parametrize("field", ["resume.basics.name", "resume.work[1].name"])
def test_mark_is_found_however_it_was_rendered(change: Callable[[str], str], field: str) -> None:
    assert field in [leak[0] for leak in found(f"For {change(f'⟦{field}⟧')}")]


def test_mark_that_was_cut_so_that_it_fits_several_fields_is_named_as_far_as_it_goes() -> None:
    assert found("For ⟦resume.work") == [("resume.work…", 4)]
    assert found("For .name⟧") == [("….name", 4)]


@pytest.mark.parametrize(
    "system",
    [
        "Plain.",
        "Use ⟦brackets⟧ and ⟦resume⟧ as you like.",
        "A lone ⟦ and a lone ⟧ here.",
        "resume.basics.name without brackets",
        "⟧resume.basics.name⟦",
        "",
    ],
)
def test_brackets_of_the_prompt_itself_are_no_leak(system: str) -> None:
    assert found(system or "x") == []


def test_only_the_cached_prefix_is_searched() -> None:
    message = {"role": "user", "content": "⟦resume.basics.name⟧"}

    assert find_leaks(read(request("s", messages=[message])), FIELDS) == ()


def test_leak_has_place_and_text_and_comes_once_a_block() -> None:
    tool = {"name": "a", "description": "⟦resume.tags[0]⟧", "input_schema": {"type": "object"}}
    text = "You help the candidate ⟦resume.basics.name⟧ to find work. ⟦resume.basics.name⟧!"

    assert find_leaks(read(request(text, tools=[tool])), FIELDS) == (
        Leak(
            "resume.tags[0]",
            "tools[0]",
            27,
            '…ame":"a","description":"⟦resume.tags[0]⟧","input_schema":{"type"…',
        ),
        Leak(
            "resume.basics.name",
            "system[0]",
            23,
            "You help the candidate ⟦resume.basics.name⟧ to find work. ⟦resume.b…",
        ),
    )


def test_field_in_a_parameter_has_no_offset() -> None:
    assert find_leaks(read(request("s", speed="⟦resume.tags[0]⟧")), FIELDS) == (
        Leak("resume.tags[0]", "speed", None, "⟦resume.tags[0]⟧"),
    )


def test_request_without_breakpoint_has_no_prefix_to_leak_into() -> None:
    body = {"system": "⟦resume.basics.name⟧", "messages": [{"role": "user", "content": "x"}]}

    assert find_leaks(read(body), FIELDS) == ()

"""Several changes of one prefix: each is named by itself, and the most expensive first."""

from typing import Any

import pytest

from harness.findings.describe import add_change, add_edits
from harness.findings.finding import Finding
from harness.prompt.diff import first_divergence
from harness.prompt.reading import read
from harness.promptcache.naming.changes import name_change
from harness.promptcache.naming.edits import Edits, list_edits
from tests.promptcache.pairs.blocks import STATIC_TEXT, blocks
from tests.promptcache.pairs.build import MARK, STATIC, full, request, system, text, tool
from tests.promptcache.pairs.several import SEVERAL_CHANGES

Body = dict[str, Any]


def all_edits(before: Body, after: Body) -> Edits:
    old, new = read(before), read(after)
    divergence = first_divergence(old.parts, new.parts)
    assert divergence is not None
    return list_edits(divergence, name_change(divergence, old, new), old, new)


def edits(before: Body, after: Body) -> list[tuple[str, str, int | None]]:
    named, _ = all_edits(before, after)
    return [(edit.change.cause, edit.change.path, edit.change.offset) for edit in named]


def causes(before: Body, after: Body) -> list[tuple[str, str]]:
    return [(cause, path) for cause, path, _ in edits(before, after)]


def test_a_date_comes_before_the_typo_in_front_of_it() -> None:
    before, after = f"Be brif. {STATIC_TEXT} Bye.", f"Be brief. {STATIC_TEXT} Today is 2026-11-26. Bye."
    assert edits(system(before), system(after)) == [
        ("timestamp", "system[0]", after.index(". Today")),
        ("text_changed", "system[0]", 6),
    ]


def test_a_request_id_comes_before_the_typo_in_front_of_it() -> None:
    before = f"Be brif. {STATIC_TEXT} Request 4f0c2a17-9b1d-4a55."
    after = f"Be brief. {STATIC_TEXT} Request 77d1e0b2-1c2f-4e01."
    assert [offset for _, _, offset in edits(system(before), system(after))] == [after.index("77d1e0b2"), 6]


def test_a_date_in_the_system_prompt_comes_before_a_tool_which_loses_more_but_once() -> None:
    before = full(system=[text(f"Today is 2026-11-25. {STATIC}", MARK)])
    after = full(
        system=[text(f"Today is 2026-11-26. {STATIC}", MARK)],
        tools=[tool("a", description="Finds a thing."), tool("b", MARK, description=STATIC)],
    )
    assert causes(before, after) == [("timestamp", "system[0]"), ("tool_changed", "tools[0]")]


def test_of_two_edits_the_one_that_loses_more_tokens_comes_first() -> None:
    after = full(
        messages=[{"role": "user", "content": [text("Another question.", MARK)]}],
        system=[text(f"{STATIC} Be kind.", MARK)],
    )
    named, _ = all_edits(full(), after)
    assert [edit.change.path for edit in named] == ["system[0]", "messages[0].content[0]"]
    assert named[0].tokens > named[1].tokens > 0


def test_parameters_are_named_beside_blocks() -> None:
    before = full(thinking={"type": "disabled"})
    after = full(thinking={"type": "enabled", "budget_tokens": 1024}, system=[text(f"{STATIC} Be kind.", MARK)])
    assert causes(before, after) == [("text_changed", "system[0]"), ("thinking_changed", "thinking")]


def test_tools_that_came_and_went_are_named() -> None:
    before = request(tools=[tool("a"), tool("b"), tool("c")], system=[text(STATIC, MARK)])
    after = request(tools=[tool("b"), tool("c", description="New."), tool("d")], system=[text(STATIC, MARK)])
    assert causes(before, after) == [
        ("tool_removed", "tools[0]"),
        ("tool_changed", "tools[1]"),
        ("tool_added", "tools[2]"),
    ]


def test_line_ends_of_all_lines_are_one_edit_and_a_word_another() -> None:
    before, after = system(STATIC + "End."), system(STATIC.replace("\n", "\r\n") + "Stop.")
    assert sorted(causes(before, after)) == [("text_changed", "system[0]"), ("whitespace", "system[0]")]


def test_the_parts_of_one_date_are_one_edit() -> None:
    before, after = (
        system(f"Be brief. {STATIC_TEXT} It is 25 November 2026 at 10:15:02."),
        system(f"Be kind. {STATIC_TEXT} It is 1 December 2026 at 11:20:33."),
    )
    assert causes(before, after) == [("timestamp", "system[0]"), ("text_changed", "system[0]")]


def test_equal_prompts_have_no_edits() -> None:
    finding = Finding(rule="bust", headline="unchanged")
    assert add_change(finding, read(full()), read(full()), first="old", second="new") == finding


@pytest.mark.parametrize("pair", SEVERAL_CHANGES, ids=lambda pair: pair.name)
def test_every_edit_is_where_both_prompts_differ(pair: Any) -> None:
    named, unnamed = all_edits(pair.before, pair.after)
    assert len(named) + len(unnamed) >= 1
    for edit in named:
        assert edit.change.excerpt is not None
        assert edit.change.excerpt[0] != edit.change.excerpt[1]


def test_a_finding_names_three_and_lists_the_rest() -> None:
    before = blocks("One.", "Two.", "Three.", "It is 10:15:02.", "Five.", STATIC)
    after = blocks("1.", "2.", "3.", "It is 11:20:33.", "5.", STATIC)
    found = add_edits(Finding(rule="bust", headline="changed"), read(before), read(after), first="old", second="new")
    assert found.lines() == [
        "changed",
        "  change 1 of 3: system[3] at character 7",
        "    old: 'It is 10:15:02.'",
        "    new: 'It is 11:20:33.'",
        "  cause: timestamp: the prefix contains a date or time that changes",
        "  change 2 of 3 (text_changed): system[0] at character 0",
        "    old: 'One.'",
        "    new: '1.'",
        "  change 3 of 3 (text_changed): system[1] at character 0",
        "    old: 'Two.'",
        "    new: '2.'",
        "  fix:   move it after the last breakpoint, into the user message",
        "  note:  also changed: system[2] at character 0, system[4] at character 0",
    ]

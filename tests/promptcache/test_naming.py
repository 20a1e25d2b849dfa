"""Properties of the names of changes: kinds of change that always have one name, or never have another."""

import re
from copy import deepcopy
from typing import Any, get_args

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.prompt import read
from harness.prompt.diff import Divergence, first_divergence, pair_parts
from harness.promptcache.causes import Cause
from harness.promptcache.naming.changes import name_change
from harness.promptcache.naming.named import Change
from harness.provider.parameters import LEVELS
from tests.promptcache.pairs.build import MARK, assistant, image, request, result, text, tool, use, user

NEAR_WORDS = ("timestamp", "whitespace", "unicode", "key_order")

WORDS = st.text(st.sampled_from('ab \n\u00e9e\u0301{}:"12-'), min_size=1, max_size=8)
TEXTS = st.one_of(WORDS, st.sampled_from(["2026-11-22", "2026-11-23 09:15", "A b.", "A  b.", '{"a": 1, "b": 2}']))
DISTINCT = st.lists(TEXTS, min_size=2, max_size=8, unique=True)


def change(before: dict[str, Any], after: dict[str, Any]) -> Change:
    """Name the first difference between two requests."""
    old, new = read(before), read(after)
    divergence = first_divergence(old.parts, new.parts)
    assert divergence is not None
    return name_change(divergence, old, new)


def conversation(texts: list[str], **parts: Any) -> dict[str, Any]:
    """A conversation of one-block messages, user and assistant in turn, the last one marked."""
    messages = [(assistant if number % 2 else user)(text(value)) for number, value in enumerate(texts)]
    messages[-1]["content"][-1]["cache_control"] = MARK
    return request(messages=messages, **parts)


@settings(max_examples=50)
@given(DISTINCT, st.data())
def test_a_window_that_slid_on_is_always_a_drop_with_its_count(texts: list[str], data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, len(texts) - 2))
    dropped = data.draw(st.integers(1, len(texts) - kept - 1))
    appended = data.draw(st.integers(0, 4))
    whole = conversation([*texts, *(f"New {number}" for number in range(appended))])["messages"]
    slid = request(messages=[*whole[:kept], *whole[kept + dropped :]])

    found = change(conversation(texts), slid)

    size = "1 message was" if dropped == 1 else f"{dropped} messages were"
    place = f"after messages[{kept - 1}]" if kept else "at the start"
    assert (found.cause, found.notes) == ("history_drop", (f"{size} dropped {place}",))


@settings(max_examples=50)
@given(DISTINCT, st.data())
def test_messages_dropped_at_the_end_are_a_drop_unless_as_many_follow(texts: list[str], data: st.DataObject) -> None:
    kept = data.draw(st.integers(1, len(texts) - 1))
    dropped = len(texts) - kept
    appended = data.draw(st.integers(0, dropped - 1))
    new = [*texts[:kept], *(f"New {number}" for number in range(appended))]

    found = change(conversation(texts), conversation(new))

    size = "1 message was" if dropped == 1 else f"{dropped} messages were"
    assert found.cause == "history_drop"
    assert found.notes[0].startswith(f"{size} dropped after messages[{kept - 1}]")


@settings(max_examples=50)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.sampled_from(["system", "blocks", "messages"]), st.data())
def test_a_text_cut_at_any_place_is_always_a_boundary(texts: list[str], where: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(texts) - 1))
    assume(len(texts[index]) > 1)
    place = data.draw(st.integers(1, len(texts[index]) - 1))
    pieces = [texts[index][:place], texts[index][place:]]
    cut = [*texts[:index], *pieces, *texts[index + 1 :]]
    # Two runs of equal blocks could be cut in several ways.
    assume(texts != cut)

    def build(values: list[str]) -> dict[str, Any]:
        if where == "system":
            return request(system=[text(value) for value in values])
        if where == "blocks":
            return request(messages=[user(*map(text, values))])
        return request(messages=[user(text(value)) for value in values])

    assert change(build(texts), build(cut)).cause == "block_boundary"
    assert change(build(cut), build(texts)).cause == "block_boundary"


@settings(max_examples=50)
@given(DISTINCT, st.sampled_from(["system", "blocks", "messages"]), st.data())
def test_neighbours_that_change_places_never_get_a_near_word(texts: list[str], where: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(texts) - 2))
    swapped = [*texts[:index], texts[index + 1], texts[index], *texts[index + 2 :]]
    assume(texts[index] + texts[index + 1] != texts[index + 1] + texts[index])

    def build(values: list[str]) -> dict[str, Any]:
        if where == "system":
            return request(system=[text(value) for value in values])
        if where == "blocks":
            return request(messages=[user(*map(text, values))])
        return request(messages=[user(text(value)) for value in values])

    found = change(build(texts), build(swapped))

    assert found.cause not in NEAR_WORDS
    # Texts that begin alike may also be the same text, cut elsewhere.
    assert found.cause in ("history_edit" if where == "messages" else "other", "block_boundary")


@settings(max_examples=50)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.lists(TEXTS, min_size=1, max_size=5), st.data())
def test_a_role_that_changes_is_named_as_one(before: list[str], after: list[str], data: st.DataObject) -> None:
    role = data.draw(st.sampled_from([user, assistant]))
    other = assistant if role is user else user
    messages = [role(text(value)) for value in (*before, "x", *after)]
    changed = [*deepcopy(messages[: len(before)]), other(text("x")), *deepcopy(messages[len(before) + 1 :])]

    found = change(request(messages=messages), request(messages=changed))

    assert found.cause == "history_edit"
    assert found.notes[0].startswith(f"the role of messages[{len(before)}] changed from ")


BLOCKS = st.one_of(
    TEXTS.map(text),
    st.sampled_from([image(), image(300), use(1), use(2, city="Rome"), result(1), result(2, "5 C")]),
    TEXTS.map(lambda value: {**result(1), "content": [text(value), text("more")]}),
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Any request, with few different parts, so that two have many in common."""
    names = draw(st.lists(st.sampled_from("abc"), max_size=3))
    roles = st.sampled_from([user, assistant])
    messages = draw(st.lists(st.tuples(roles, st.lists(BLOCKS, min_size=1, max_size=3)), min_size=1, max_size=5))
    return request(
        tools=[tool(name, description=draw(st.sampled_from(["Finds.", "Looks."]))) for name in names],
        system=[text(value) for value in draw(st.lists(TEXTS, max_size=3))],
        messages=[deepcopy(role(*content)) for role, content in messages],
        tool_choice=draw(st.sampled_from([None, {"type": "any"}])),
        cache_control=MARK,
    )


@settings(max_examples=200)
@given(requests(), requests())
def test_every_difference_has_a_name_and_two_texts(before: dict[str, Any], after: dict[str, Any]) -> None:
    old, new = read(before), read(after)
    for level in LEVELS:
        for pair in pair_parts(old.parts, new.parts, level):
            one, other = pair
            if one is not None and other is not None and one.key == other.key:
                continue
            found = name_change(Divergence(*pair), old, new)

            assert found.cause in get_args(Cause)
            assert found.excerpt is None or found.excerpt[0] != found.excerpt[1]


@settings(max_examples=100)
@given(requests(), requests())
def test_other_places_are_listed_in_one_short_note(before: dict[str, Any], after: dict[str, Any]) -> None:
    assume(first_divergence(read(before).parts, read(after).parts) is not None)

    notes = change(before, after).notes

    assert len(notes) <= 3
    assert max((len(note) for note in notes), default=0) < 400


# --- a note states only what is literally true -----------------------------------------------------------

PATH = r"(?:messages|system|tools)\[\d+\](?:\.content\[\d+\])?"
OF_THE_EARLIER = re.compile(
    rf"(?:({PATH})[^,]*? \((?:removed|moved)\)|in what was ({PATH})|was ({PATH}), of another role)"
)
ROLE = re.compile(r"the role of messages\[(\d+)\] changed from (\w+) to (\w+)")
MOVE = re.compile(rf"({PATH}) moved to ({PATH})")
JOINED = re.compile(r"messages\[(\d+)\] (?:and|to) messages\[(\d+)\] are one message now")


def paths(body: dict[str, Any]) -> set[str]:
    """All paths of a request that a note may hold."""
    found = {block.path for block in read(body).blocks}
    return found | {path.partition(".")[0] for path in found}


def content(body: dict[str, Any], path: str) -> Any:
    """What is at the path of a message or block, without markers, ids of calls and roles; of a tool, its name."""
    blocks = [block.content for block in read(body).blocks if block.path == path or block.path.startswith(f"{path}.")]
    hidden = (*HIDDEN, "description") if path.startswith("tools") else HIDDEN
    return [{key: value for key, value in block.items() if key not in hidden} for block in blocks]


HIDDEN = ("cache_control", "id", "tool_use_id")


@settings(max_examples=300)
@given(requests(), requests())
def test_the_paths_of_a_note_are_in_one_of_the_requests(before: dict[str, Any], after: dict[str, Any]) -> None:
    assume(first_divergence(read(before).parts, read(after).parts) is not None)
    old, new = paths(before), paths(after)

    for note in change(before, after).notes:
        assert {*re.findall(PATH, note)} <= old | new
        for groups in OF_THE_EARLIER.findall(note):
            assert {*filter(None, groups)} <= old


CONVERSATIONS = st.lists(
    st.tuples(st.sampled_from([user, assistant]), st.lists(st.sampled_from("abcd").map(text), min_size=1, max_size=3)),
    min_size=1,
    max_size=5,
).map(lambda messages: request(messages=[deepcopy(role(*blocks)) for role, blocks in messages], cache_control=MARK))
"""Conversations so much alike that two often differ only in how their blocks are put into messages."""


@settings(max_examples=400)
@given(st.one_of(st.tuples(requests(), requests()), st.tuples(CONVERSATIONS, CONVERSATIONS)))
def test_roles_moves_and_joins_are_said_only_where_they_are(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = sides
    assume(first_divergence(read(before).parts, read(after).parts) is not None)

    for note in change(before, after).notes:
        for number, was, now in ROLE.findall(note):
            assert (before["messages"][int(number)]["role"], after["messages"][int(number)]["role"]) == (was, now)
            assert was != now
        for source, target in MOVE.findall(note):
            assert source != target
            assert content(before, source) == content(after, target)
        for first, last in JOINED.findall(note):
            joined = [
                block for number in range(int(first), int(last) + 1) for block in content(before, f"messages[{number}]")
            ]
            assert content(after, f"messages[{first}]")[: len(joined)] == joined


def test_a_message_that_is_joined_only_in_part_is_not_called_joined() -> None:
    block = {"type": "text", "text": "a"}
    before = request(messages=[user(block), user(block, block)], cache_control=MARK)
    after = request(messages=[user(block, block)], cache_control=MARK)

    assert change(before, after).notes[0] == "the beginning of messages[1] is part of messages[0] now"

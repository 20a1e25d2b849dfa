"""The findings of the gate, by what changed."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from harness.errors import RequestError
from harness.findings.finding import Finding
from harness.lock.compare import CaseRequests, Gate
from harness.lock.entries import Lock
from harness.lock.locate import Source
from harness.mutation.mutations import BY_NAME, MUTATIONS
from harness.prompt.tokens import TextCounter
from harness.suites.plan import Plan
from tests.lock.examples import PROMPT, rich_request, tool
from tests.lock.keeping import accept, make_case

Body = dict[str, Any]

FIVE = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}

PATHS = {
    "timestamp": "system[0]",
    "trailing-space": "system[0]",
    "nfd": "system[0]",
    "key-order": "tools[0]",
    "tool-reorder": "tools[0]",
    "marker-moved": "messages[2].content[0]",
    "fifth-marker": "messages[2].content[0]",
    "model": "model",
    "tool-choice": "tool_choice",
    "thinking": "thinking",
    "effort": "output_config.effort",
    "image": "messages[2].content[1]",
    "citations": "messages[0].content[0]",
    "ttl": "messages[2].content[0].cache_control.ttl",
    "below-minimum": "messages[2].content[0]",
    "history-edit": "messages[0].content[1]",
}

CHANGED = "support v1 refund: the cached prefix changed, and the version of the prompt did not"


def change(name: str) -> Body:
    changed = BY_NAME[name].apply(rich_request())
    assert changed is not None
    return changed


def long_request() -> Body:
    """A request long enough for models with a high minimum too."""
    body = rich_request()
    body["system"][0]["text"] = PROMPT * 10
    return body


def only(found: tuple[Finding, ...]) -> Finding:
    (finding,) = found
    return finding


# --- the sixteen mutations -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_NAME)
def test_mutation_is_a_bust_with_its_cause_and_path(name: str) -> None:
    finding = only(accept(make_case(rich_request())).compare(make_case(change(name))))

    assert (finding.rule, finding.level, finding.headline) == ("bust", "error", CHANGED)
    assert finding.cause == BY_NAME[name].cause
    assert finding.place is not None
    assert finding.place.path == PATHS[name]
    assert finding.tokens > 0
    assert (finding.file, finding.line) == ("support/suite.yaml", 7)


def test_table_has_every_mutation() -> None:
    assert [mutation.name for mutation in MUTATIONS] == list(PATHS)


@pytest.mark.parametrize("name", BY_NAME)
def test_mutation_in_the_second_request_of_a_case_is_found_too(name: str) -> None:
    gate = accept(make_case(rich_request(), rich_request()))

    assert only(gate.compare(make_case(rich_request(), change(name)))).cause == BY_NAME[name].cause
    assert len(gate.compare(make_case(change(name), change(name)))) == 2


# --- whole messages of busts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "trailing-space",
            """\
  first difference: system[0] at character 5,890
    accepted: '… café, and naïve never.\\n'
    now:      '… café, and naïve never.\\n '
  cause: whitespace: only whitespace differs
  cost:  3,009 tokens are written again: $0.0075 once for each prefix
  cost:  if they change from call to call: $7.2216 more per 1,000 calls
  fix:   render the text from one template, and strip it on every path or on none""",
        ),
        (
            "fifth-marker",
            """\
  the API answers 400: A maximum of 4 blocks with cache_control may be provided. Found 5.
  place: messages[2].content[0]
  cause: too_many_breakpoints: there are more than 4 breakpoints
  cost:  every call fails
  fix:   keep the last one in the tools, the last one in the system prompt and one or two in the messages""",
        ),
        (
            "below-minimum",
            """\
  place: messages[2].content[0]
  cause: below_minimum: the prefix is shorter than the model's minimum
  cost:  nothing is read any more (3,009 tokens before): $0.9405 more per 1,000 calls
  fix:   put more static text before the breakpoint, or remove it""",
        ),
        (
            "ttl",
            """\
  place: messages[2].content[0].cache_control.ttl
  cause: ttl_changed: the TTL of the breakpoint changed
  cost:  3,009 tokens are written again: $0.0120 once for each prefix
  cost:  if they change from call to call: $11.7351 more per 1,000 calls
  fix:   keep one TTL for a block; otherwise the entry is written once more""",
        ),
    ],
)
def test_bust_is_told_with_place_cause_cost_and_fix(name: str, lines: str, count_text: TextCounter) -> None:
    gate = accept(make_case(rich_request(), count_text=count_text), count_text=count_text)

    assert str(only(gate.compare(make_case(change(name), count_text=count_text)))) == f"{CHANGED}\n{lines}"


@pytest.mark.usefixtures("without_prices")
def test_bust_on_a_model_without_a_price_has_a_cost_in_tokens() -> None:
    gate = accept(make_case(long_request()))

    finding = only(gate.compare(make_case({**long_request(), "model": "claude-opus-5"})))

    assert finding.cause == "model_changed"
    assert finding.costs == (
        f"{finding.tokens:,} tokens are written again: an unknown amount once for each prefix",
        "if they change from call to call: an unknown amount more per 1,000 calls",
    )


def test_bust_names_the_line_of_the_prompt_file() -> None:
    body = rich_request()
    body["system"][0]["text"] = PROMPT.replace("Rule 60: be", "Rule 60: do be")
    source = Source(file="support/suite.yaml", line=7, prompts={"support/v1.md": body["system"][0]["text"]})

    finding = only(accept(make_case(rich_request())).compare(make_case(body, source=source)))

    assert (finding.file, finding.line, finding.cause) == ("support/v1.md", 61, "text_changed")


# --- changes without a bust ------------------------------------------------------------------------------


def test_same_request_passes() -> None:
    assert accept(make_case(rich_request())).compare(make_case(rich_request())) == ()


def set_limits(body: Body) -> None:
    body |= {"max_tokens": 9, "temperature": 0.5, "stream": True, "metadata": {"user_id": "ana"}}


def say_more(body: Body) -> None:
    body["messages"] += [{"role": "assistant", "content": "Sure."}, {"role": "user", "content": "And then?"}]


def spell_out_defaults(body: Body) -> None:
    body |= {"tool_choice": {"type": "auto"}, "thinking": {"type": "adaptive"}}
    body["system"][0]["cache_control"] = {"ttl": "5m", "type": "ephemeral"}


def reorder_outer_keys(body: Body) -> None:
    items = list(body.items())
    body.clear()
    body.update(reversed(items))


@pytest.mark.parametrize("edit", [set_limits, say_more, spell_out_defaults, reorder_outer_keys])
def test_change_that_the_prompt_cache_does_not_see_passes(edit: Any) -> None:
    body = rich_request()
    edit(body)

    assert accept(make_case(rich_request())).compare(make_case(body)) == ()


def mark_tool(body: Body) -> None:
    body["tools"][1]["cache_control"] = FIVE


def mark_later(body: Body) -> None:
    body["messages"][2]["content"].append({"type": "text", "text": "Quickly.", "cache_control": FIVE})


@pytest.mark.parametrize("edit", [mark_tool, mark_later])
@pytest.mark.parametrize("has_texts", [True, False])
def test_breakpoint_more_is_a_warning(edit: Any, has_texts: bool) -> None:
    body = rich_request()
    edit(body)
    gate = accept(make_case(rich_request()))

    finding = only((gate if has_texts else without_texts(gate)).compare(make_case(body)))

    assert (finding.rule, finding.level) == ("new-prompt", "warning")
    assert str(finding) == (
        "support v1 refund: the request changed, but no accepted prefix is lost\n"
        "  fix:   update the lock file with --harness-update-lock"
    )


def test_breakpoint_below_the_minimum_may_go() -> None:
    body = rich_request()
    mark_tool(body)

    finding = only(accept(make_case(body)).compare(make_case(rich_request())))

    assert (finding.rule, finding.level) == ("new-prompt", "warning")


def test_request_that_cached_nothing_may_begin_to() -> None:
    plain = rich_request()
    for block in (plain["system"][0], plain["messages"][2]["content"][0]):
        del block["cache_control"]

    finding = only(accept(make_case(plain)).compare(make_case(rich_request())))

    assert (finding.rule, finding.level) == ("new-prompt", "warning")


# --- lost breakpoints where the last one is still read ---------------------------------------------------


def marked_in_system_alone() -> Body:
    body = rich_request()
    del body["messages"][2]["content"][0]["cache_control"]
    return body


def test_marker_moved_into_the_user_message_is_a_bust() -> None:
    body = rich_request()
    del body["system"][0]["cache_control"]

    finding = only(accept(make_case(marked_in_system_alone())).compare(make_case(body)))

    assert (finding.rule, finding.cause) == ("bust", "breakpoint_moved")
    assert str(finding) == (
        f"{CHANGED}\n"
        "  the accepted prefix is still sent, but no call writes it any more\n"
        "  place: system[0]\n"
        "  cause: breakpoint_moved: the breakpoint moved, and nothing was written where it is now\n"
        f"  cost:  {finding.tokens:,} tokens are read only as part of a longer prefix, if that is unchanged too\n"
        "  fix:   put it back, or keep the old one too"
    )


def test_marker_removed_in_front_of_the_last_one_is_a_bust() -> None:
    body = rich_request()
    del body["system"][0]["cache_control"]

    finding = only(accept(make_case(rich_request())).compare(make_case(body)))

    assert (finding.rule, finding.cause, finding.place and finding.place.path) == (
        "bust",
        "breakpoint_removed",
        "system[0]",
    )


def test_ttl_changed_in_front_of_the_last_breakpoint_is_a_bust() -> None:
    body = rich_request()
    body["system"][0]["cache_control"] = HOUR

    finding = only(accept(make_case(rich_request())).compare(make_case(body)))

    assert finding.cause == "ttl_changed"
    assert finding.lines()[1:4] == [
        "  a prefix before the last breakpoint is written with a different TTL",
        "  place: system[0].cache_control.ttl",
        "  cause: ttl_changed: the TTL of the breakpoint changed",
    ]


# --- parameters that the API accepts only with others ----------------------------------------------------


def test_change_is_explained_where_thinking_is_accepted() -> None:
    body = {**rich_request(), "thinking": {"type": "adaptive"}}
    changed = BY_NAME["trailing-space"].apply(body)
    assert changed is not None

    finding = only(accept(make_case(body)).compare(make_case(changed)))

    assert (finding.rule, finding.cause) == ("bust", "whitespace")


def test_change_of_the_marked_last_message_is_no_change_of_history() -> None:
    body = rich_request()
    body["messages"][2]["content"][0]["text"] = "Number 4711."

    assert only(accept(make_case(rich_request())).compare(make_case(body))).cause == "text_changed"


# --- what the cause does not say -------------------------------------------------------------------------


def test_dropped_messages_are_counted_and_other_changed_places_are_listed() -> None:
    body = rich_request()
    del body["messages"][:2]
    edited = deepcopy(body)
    edited["tools"][1]["description"] = "Looks it up."
    edited["system"][0]["text"] += " "

    dropped = only(accept(make_case(rich_request())).compare(make_case(body)))
    several = only(accept(make_case(rich_request())).compare(make_case(edited)))

    assert dropped.lines()[4] == ("  cause: history_drop: earlier messages, or blocks of them, were dropped")
    assert dropped.lines()[-1] == "  note:  2 messages were dropped at the start"
    assert several.cause == "tool_changed"
    assert [(edit.cause, edit.place.path) for edit in several.edits] == [
        ("whitespace", "system[0]"),
        ("history_drop", "messages[0].content[0]"),
    ]
    assert several.lines()[-1] == "  note:  messages[0].content[0] and 2 blocks after it (removed)"


# --- several changes of the tools at once ----------------------------------------------------------------


def change_first_add_last(tools: list[Body]) -> list[Body]:
    return [{**tools[0], "description": "Looks it up."}, tools[1], tool("refund")]


def swap_and_add(tools: list[Body]) -> list[Body]:
    return [*tools[::-1], tool("refund")]


def change_first_drop_last(tools: list[Body]) -> list[Body]:
    return [{**tools[0], "description": "Looks it up."}]


def drop_first_add_last(tools: list[Body]) -> list[Body]:
    return [tools[1], tool("refund")]


def insert(tools: list[Body]) -> list[Body]:
    return [tools[0], tool("refund"), tools[1]]


@pytest.mark.parametrize(
    ("edit", "cause", "path"),
    [
        (change_first_add_last, "tool_changed", "tools[0]"),
        (swap_and_add, "tool_reorder", "tools[0]"),
        (change_first_drop_last, "tool_changed", "tools[0]"),
        (drop_first_add_last, "tool_removed", "tools[0]"),
        (insert, "tool_added", "tools[1]"),
    ],
)
def test_of_several_changes_of_tools_the_first_is_named(edit: Any, cause: str, path: str) -> None:
    body = rich_request()
    body["tools"] = edit(body["tools"])

    finding = only(accept(make_case(rich_request())).compare(make_case(body)))

    assert (finding.cause, finding.place and finding.place.path) == (cause, path)


def test_one_of_two_tools_of_a_name_may_go() -> None:
    body = rich_request()
    body["tools"] = [tool("order"), tool("order")]

    finding = only(accept(make_case(body)).compare(make_case({**body, "tools": [tool("order")]})))

    # The API refuses two tools of a name, so such an entry was accepted from an older recording.
    assert finding.cause == "tool_removed"


# --- accepted busts and used-up reasons ------------------------------------------------------------------


def test_bust_with_a_reason_is_accepted() -> None:
    finding = only(accept(make_case(rich_request())).compare(make_case(change("model"), reason="Opus answers better")))

    assert (finding.rule, finding.level, finding.cause) == ("accepted-bust", "note", "model_changed")
    assert finding.headline == "support v1 refund: a bust is accepted: Opus answers better"
    assert finding.costs


def test_reason_of_an_earlier_bust_is_used_up() -> None:
    gate = accept(make_case(rich_request(), reason="Opus answers better"))

    finding = only(gate.compare(make_case(change("model"), reason="Opus answers better")))
    other = only(gate.compare(make_case(change("model"), reason="Sonnet is cheaper")))

    assert (finding.rule, finding.level) == ("bust", "error")
    assert finding.notes == ("the given reason belongs to an earlier bust: give one for this change, or remove it",)
    assert other.rule == "accepted-bust"


def test_reason_of_an_earlier_bust_may_stay_while_nothing_changes() -> None:
    gate = accept(make_case(rich_request(), reason="Opus answers better"))

    assert gate.compare(make_case(rich_request(), reason="Opus answers better")) == ()


def test_reason_does_not_excuse_what_is_no_bust() -> None:
    body = rich_request()
    mark_tool(body)

    assert only(accept(make_case(rich_request())).compare(make_case(body, reason="so"))).rule == "new-prompt"


# --- new cases and versions ------------------------------------------------------------------------------


def test_new_version_is_told_with_its_one_off_cost(count_text: TextCounter) -> None:
    gate = accept(make_case(rich_request(), count_text=count_text), count_text=count_text)

    finding = only(gate.compare(make_case(change("timestamp"), version="v2", count_text=count_text)))

    assert (finding.rule, finding.level) == ("new-version", "note")
    assert str(finding) == (
        "support v2 refund: a new version\n  cost:  3,028 tokens are written once: $0.0076 for each prefix"
    )


def test_new_case_and_new_test_are_not_accepted_yet() -> None:
    gate = accept(make_case(rich_request()))

    case = only(gate.compare(make_case(rich_request(), case="parcel")))
    test = only(gate.compare(make_case(rich_request(), version="", case="refund")))

    assert (case.rule, case.level, case.headline) == ("new-prompt", "note", "support v1 parcel: not accepted yet")
    assert (test.rule, test.headline) == ("new-prompt", "test_app refund: not accepted yet")


def test_new_prompt_that_caches_nothing_has_no_cost() -> None:
    body: Body = {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": "Hi"}]}
    body["system"] = [{"type": "text", "text": "Be brief.", "cache_control": FIVE}]

    finding = only(accept(make_case(rich_request())).compare(make_case(body, case="parcel")))

    assert (finding.costs, finding.tokens) == ((), 0)


@pytest.mark.usefixtures("without_prices")
def test_new_version_without_a_price_has_an_unknown_cost() -> None:
    gate = accept(make_case(long_request()))

    finding = only(gate.compare(make_case(long_request(), version="v2")))

    assert finding.costs == (f"{finding.tokens:,} tokens are written once: an unknown amount for each prefix",)


# --- cannot tell -----------------------------------------------------------------------------------------


def test_other_number_of_calls_cannot_be_judged() -> None:
    gate = accept(make_case(rich_request()))

    finding = only(gate.compare(make_case(rich_request(), rich_request())))

    assert (finding.rule, finding.level) == ("cannot-tell", "error")
    assert str(finding) == (
        "support v1 refund: 1 request accepted, 2 requests made\n"
        "  fix:   accept the new number with --harness-update-lock, or make as many calls as before"
    )


def test_no_call_at_all_cannot_be_judged() -> None:
    assert only(accept(make_case(rich_request())).compare(make_case())).rule == "cannot-tell"


def test_body_that_is_no_request_is_an_error() -> None:
    with pytest.raises(RequestError):
        accept(make_case(rich_request())).compare(make_case({"model": "claude-sonnet-5-5"}))


def without_texts(gate: Gate) -> Gate:
    return Gate(lock=gate.lock, get_text=lambda _: None, count_text=gate.count_text)


def test_without_the_accepted_texts_the_block_is_named_and_no_cause(count_text: TextCounter) -> None:
    gate = without_texts(accept(make_case(rich_request(), count_text=count_text), count_text=count_text))

    finding = only(gate.compare(make_case(change("trailing-space"), count_text=count_text)))

    assert (finding.rule, finding.level, finding.cause) == ("bust", "error", None)
    assert str(finding) == (
        f"{CHANGED}\n"
        "  the accepted texts are no longer in the cassette folder, so the cause is unknown\n"
        "  place: system[0]\n"
        "  cost:  up to 3,009 tokens are written again: $0.0075 once for each prefix\n"
        "  fix:   restore the texts from version control and run again, "
        "or accept the change with --harness-update-lock"
    )


# Even without a text, the parameters are known, and whether the request caches anything by itself.
WITHOUT_TEXTS = {
    **PATHS,
    "marker-moved": "cache_control",
    "effort": "output_config",
    "image": "images",
    "ttl": "system[0].cache_control.ttl",
}


@pytest.mark.parametrize("name", BY_NAME)
def test_without_the_accepted_texts_every_mutation_is_a_bust(name: str) -> None:
    gate = without_texts(accept(make_case(rich_request())))

    finding = only(gate.compare(make_case(change(name))))

    assert finding.rule == "bust"
    assert finding.place is not None
    assert finding.place.path == WITHOUT_TEXTS[name]


def test_lock_of_another_prompt_is_not_asked() -> None:
    gate = accept(make_case(rich_request()))

    assert only(replace(gate, lock=Lock()).compare(make_case(change("model")))).rule == "new-prompt"


# --- one request of a case -------------------------------------------------------------------------------


def test_case_of_a_suite_makes_its_calls_twice() -> None:
    gate = accept(make_case(rich_request()))

    found = [gate.compare_one(make_case(change("model")), number) for number in range(3)]

    assert [finding and finding.cause for finding in found] == ["model_changed", "model_changed", None]


@pytest.mark.parametrize(
    ("plan", "compared"),
    [
        pytest.param(Plan(rounds=3), [True, True, True, False], id="three-equal-rounds"),
        pytest.param(Plan(kind="questions", rounds=3), [True, False, False, False], id="questions"),
        pytest.param(Plan(kind="conversation", rounds=1), [True, False, False, False], id="conversation"),
    ],
)
def test_plan_says_which_calls_repeat_an_accepted_one(plan: Plan, compared: list[bool]) -> None:
    gate = accept(make_case(rich_request()))
    changed = replace(make_case(change("model")), plan=plan)

    assert [gate.compare_one(changed, number) is not None for number in range(4)] == compared


def test_plain_test_makes_its_calls_once() -> None:
    first, second = rich_request(), change("tool-reorder")
    gate = accept(make_case(first, second, version=""))

    found = [gate.compare_one(make_case(change("model"), version=""), number) for number in range(3)]

    assert [finding and finding.cause for finding in found] == ["model_changed", "model_changed", None]


def test_request_that_is_accepted_or_unknown_is_no_error() -> None:
    gate = accept(make_case(rich_request()))
    more = rich_request()
    mark_tool(more)

    assert gate.compare_one(make_case(rich_request()), 0) is None
    warning = gate.compare_one(make_case(more), 0)
    assert warning is not None
    assert warning.level == "warning"
    assert gate.compare_one(make_case(change("model"), case="parcel"), 0) is None


def test_comparing_changes_nothing_in_a_request() -> None:
    body = change("ttl")
    before = deepcopy(body)

    accept(make_case(rich_request())).compare(make_case(body))

    assert body == before


def test_key_and_title_of_a_case_and_of_a_plain_test() -> None:
    case, test = make_case(rich_request()), make_case(rich_request(), version="", case="test_ask")

    assert isinstance(case, CaseRequests)
    assert (case.key, case.title) == ("support/support/v1/refund", "support v1 refund")
    assert (test.key, test.title) == ("support/test_app/test_ask", "test_app test_ask")

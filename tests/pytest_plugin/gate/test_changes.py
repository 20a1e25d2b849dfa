"""The gate's lock file, and the changes that pass or fail it."""

import json

import pytest

from harness.lock.entries import LockEntry
from harness.mutation.mutations import BY_NAME
from tests.lock.examples import PROMPT, rich_request
from tests.lock.test_compare import PATHS
from tests.pytest_plugin.conftest import OTHERS_PLUGINS, RECORD, shown
from tests.pytest_plugin.gate.runs import (
    BUSTED,
    REPORTS,
    facts,
    findings,
    late,
    prompt_of,
    section,
)
from tests.pytest_plugin.scratch import APP, EMULATE, SUITE, UPDATE, Desk

pytest_plugins = ("pytester",)


def format_first(entries: dict[str, LockEntry]) -> str:
    """A lock file in the first format."""
    documents = {key: entry.to_json() for key, entry in entries.items()}
    for key, document in documents.items():
        for call, accepted in zip(document["calls"], entries[key].calls, strict=True):
            tokens = {"input_tokens": call.pop("tail_tokens"), "cache_creation_input_tokens": 0}
            figures = {**tokens, "cache_read_input_tokens": accepted.prefix_tokens}
            call |= {"first_call": figures, "second_call": figures, "usd_per_1000_calls": "0.3211"}
    return json.dumps({"format": 1, "entries": documents}, indent=1, sort_keys=True)


# --- a history, as in CI ---------------------------------------------------------------------------------


def test_first_lock_is_committed_and_holds_in_a_fresh_clone(
    desk: Desk, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.git("init")
    desk.git("add", "support", "pytest.ini")
    desk.git("commit", "-m", "An application")

    accepted = desk.accept()
    command = next(line for line in accepted.outlines if line.startswith("commit: "))
    assert command == "commit: git add prompts.lock cassettes .gitattributes"
    desk.git(*command.removeprefix("commit: git ").split())
    desk.git("commit", "-m", "Accept today's prompts")

    assert [line for line in desk.git("status", "--porcelain").splitlines() if "__pycache__" not in line] == []
    desk.git("clone", ".", "clone")
    monkeypatch.chdir(desk.path / "clone")
    result = pytester.runpytest_inprocess("--rootdir=.", "-p", "no:cacheprovider", *OTHERS_PLUGINS)
    result.assert_outcomes(passed=3)
    assert desk.git("-C", "clone", "status", "--porcelain") == ""


def test_first_lock_says_what_is_accepted_and_what_to_commit(desk: Desk) -> None:
    assert shown(desk.accept(), "lock file", "=").strip() == FIRST.strip()


FIRST = """
suite             version    case      change    first difference      prefix tokens    per 1,000 calls  reason
----------------  ---------  --------  --------  ------------------  ---------------  -----------------  --------
support/desk      v1         parcel    new       -                         - → 3,009        - → $0.3261
support/desk      v1         refund    new       -                         - → 3,009        - → $0.3261
support/test_app  -          test_ask  new       -                         - → 3,009        - → $0.3221
written: prompts.lock, 3 entries
commit: git add prompts.lock cassettes
"""


def test_recording_tells_git_how_to_treat_what_it_writes(desk: Desk) -> None:
    desk.git("init")

    first, second = desk.run(*RECORD), desk.accept()

    lines = ("cassettes/** -text linguist-generated", "prompts.lock merge=union")
    assert f"written: .gitattributes ({lines[0]})" in first.outlines
    assert f"written: .gitattributes ({lines[1]})" in second.outlines
    assert (desk.path / ".gitattributes").read_text(encoding="utf-8") == "\n".join([*lines, ""])
    assert not [line for line in desk.accept().outlines if ".gitattributes" in line]


def test_ten_changed_characters_are_a_few_lines_to_review(desk: Desk) -> None:
    desk.git("init")
    desk.accept()
    desk.git("add", "--all")
    desk.git("commit", "-m", "Accept today's prompts")
    desk.write_app(prompt_of(rich_request(), PROMPT.replace("Rule 60: be polite", "Rule 60: ALWAYS be polite and")))

    desk.accept()

    desk.git("add", "--all", "support", "cassettes", "prompts.lock")
    changed = [line.split("\t") for line in desk.git("diff", "--cached", "--numstat", "--no-renames").splitlines()]
    lines = {
        name: int(added) + int(removed)
        for added, removed, name in changed
        if "unspecified" in desk.git("check-attr", "linguist-generated", "--", name)
    }
    assert len(changed) > len(lines)
    assert lines.keys() == {"support/app.py", "prompts.lock"}
    assert sum(lines.values()) <= 40


def test_run_that_writes_nothing_tells_git_nothing(desk: Desk) -> None:
    desk.git("init")

    desk.run(EMULATE)

    assert not (desk.path / ".gitattributes").exists()


def test_attributes_that_cannot_be_written_do_not_fail_the_run(desk: Desk) -> None:
    desk.git("init")
    (desk.path / ".gitattributes").mkdir()

    assert f"{desk.path}/.gitattributes cannot be written: Is a directory" in desk.accept().outlines


def test_lock_file_in_the_first_format_is_compared_and_updated_to_the_second(accepted: Desk) -> None:
    second = accepted.lock_file.read_text(encoding="utf-8")
    first = format_first(accepted.entries)
    accepted.lock_file.write_text(first, encoding="utf-8")

    accepted.run().assert_outcomes(passed=3)
    assert accepted.lock_file.read_text(encoding="utf-8") == first
    result = accepted.run(UPDATE)

    assert "written: prompts.lock, 3 entries" in result.outlines
    assert accepted.lock_file.read_text(encoding="utf-8") == second


def test_second_update_changes_nothing(accepted: Desk) -> None:
    before = accepted.lock_file.read_bytes()

    result = accepted.accept()

    assert shown(result, "lock file", "=").strip() == "prompts.lock is up to date: 3 entries"
    assert accepted.lock_file.read_bytes() == before


def test_without_a_lock_file_nothing_is_compared_and_nothing_written(desk: Desk) -> None:
    result = desk.run(EMULATE)

    assert result.ret == 0
    assert "no lock file yet: accept today's prompts with pytest --harness-update-lock" in result.outlines
    assert not desk.lock_file.exists()
    assert not (desk.path / "cassettes").exists()


def test_lock_file_may_be_elsewhere(desk: Desk) -> None:
    result = desk.accept("-o", "harness_lock=locks/prompts.json")

    assert "written: locks/prompts.json, 3 entries" in result.outlines
    assert "commit: git add locks/prompts.json cassettes" in result.outlines
    assert not desk.lock_file.exists()
    assert desk.run("-o", "harness_lock=locks/prompts.json").ret == 0


# --- harmless changes ------------------------------------------------------------------------------------


def test_refactoring_passes(accepted: Desk) -> None:
    code = APP.replace("BODY = {body}", "def make():\n    return dict(SYSTEM, tools=TOOLS)\n")
    body = rich_request()
    tools = body.pop("tools")
    order = ("model", "max_tokens", "tools", "system", "messages")
    code = code.replace("deepcopy(BODY)", f"deepcopy({{{{key: make()[key] for key in {order}}}}})")
    accepted.project.write("support/app.py", f"TOOLS = {tools!r}\nSYSTEM = {body!r}\n\n{code.format()}")

    for mode in ("emulate", "replay"):
        accepted.run(f"--harness-mode={mode}").assert_outcomes(passed=3)


def test_other_user_message_passes_where_an_answer_is_made(accepted: Desk) -> None:
    accepted.write_suite(text=SUITE.replace("Where is my parcel", "Where on earth is my parcel"))

    result = accepted.run(EMULATE, *REPORTS)

    result.assert_outcomes(passed=3)
    assert findings(accepted) == []


def test_other_user_message_is_a_miss_and_no_bust_where_answers_are_replayed(accepted: Desk) -> None:
    accepted.write_suite(text=SUITE.replace("Where is my parcel", "Where on earth is my parcel"))

    result = accepted.run(*REPORTS)

    result.assert_outcomes(passed=2, failed=1)
    assert [one["rule"] for one in findings(accepted)] == ["cassette-miss"]


@pytest.mark.parametrize("mode", ["emulate", "record"])
def test_breakpoint_more_is_a_warning_and_passes(mode: str, accepted: Desk) -> None:
    accepted.write_app(late(rich_request()))

    result = accepted.run(f"--harness-mode={mode}", *RECORD[1:], *REPORTS)

    result.assert_outcomes(passed=3)
    assert facts(findings(accepted)) == {("new-prompt", "warning", None, None)}


# --- the sixteen -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_NAME)
def test_mutation_of_the_application_fails_with_its_cause_and_path(name: str, accepted: Desk) -> None:
    accepted.write_app(BY_NAME[name].apply(rich_request()))
    expected = BY_NAME[name].cause, PATHS[name]

    for mode in ("emulate", "replay"):
        result = accepted.run(f"--harness-mode={mode}", *REPORTS)

        assert result.ret == pytest.ExitCode.TESTS_FAILED
        assert result.parseoutcomes().get("failed", 0) + result.parseoutcomes().get("errors", 0) == 3
        found = [one for one in findings(accepted) if one["cause"]]
        assert {(one["cause"], one["place"]["path"]) for one in found} == {expected}
        # Even without the lock file, a suite knows that nothing is cached, and reports it first.
        assert {one["rule"] for one in found} <= {"bust", *(["never-cached"] if name == "below-minimum" else [])}
        assert ("bust", *expected) in {(one["rule"], one["cause"], one["place"]["path"]) for one in found}


def test_bust_is_told_once_with_its_count_and_the_command_that_accepts_it(accepted: Desk) -> None:
    accepted.write_app(BUSTED)

    assert section(accepted.run(EMULATE)) == BUST.format(options="--harness-mode=emulate --harness-update-lock")
    result = accepted.run()
    record = "--harness-mode=record --harness-upstream=emulator --harness-update-lock"
    assert section(result) == BUST.format(options=record)
    assert shown(result, "desk[v1-refund]", "____").strip() == FAILURE.strip()


BUST = """\
error: desk v1 refund: the cached prefix changed, and the version of the prompt did not
  support/suite.yaml:8, system[0] at character 5,890: '… café, and naïve never.\\n' -> '… café, and naïve never.\\n '
  cause: whitespace: only whitespace differs
  cost: 3,009 tokens are written again: $0.0075 once for each prefix
  cost: if they change from call to call: $7.2216 more per 1,000 calls
if this was not meant: undo the change
if it was meant: give the prompt a new version, or accept it, best with a reason (cache_bust): pytest {options}"""

FAILURE = """
desk v1 refund: the cached prefix changed, and the version of the prompt did not
  first difference: system[0] at character 5,890
    accepted: '… café, and naïve never.\\n'
    now:      '… café, and naïve never.\\n '
  cause: whitespace: only whitespace differs
  cost:  3,009 tokens are written again: $0.0075 once for each prefix
  cost:  if they change from call to call: $7.2216 more per 1,000 calls
  fix:   render the text from one template, and strip it on every path or on none
  its cassette does not hold the request either
  if this was not meant: undo the change
  if it was meant: give the prompt a new version, or accept it, best with a reason (cache_bust): \
pytest "support/suite.yaml::desk[v1-refund]" --harness-mode=record --harness-upstream=emulator \
--harness-update-lock
"""


@pytest.mark.parametrize("mode", ["emulate", "replay"])
def test_command_of_a_bust_accepts_it(mode: str, accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    result = accepted.run(f"--harness-mode={mode}")

    command = section(result).rpartition("(cache_bust): pytest ")[2].split()

    assert accepted.run(*command).ret == 0
    accepted.run(f"--harness-mode={mode}").assert_outcomes(passed=3)


def test_change_in_a_prompt_file_is_told_with_its_line(desk: Desk) -> None:
    code = APP.replace("def build(question):", "def build(prompt, question):").replace(
        "    body[", "    body['system'][0]['text'] = prompt\n    body[", 1
    )
    code = code.replace("def ask(question):", "def ask(prompt, question):").replace(
        "build(question)", "build(prompt, question)"
    )
    desk.write_app(code=code)
    desk.write_test(text="def test_nothing():\n    pass\n")
    desk.write_suite(options="file: prompt.md")
    desk.project.write("support/prompt.md", PROMPT)
    desk.accept()
    desk.project.write("support/prompt.md", PROMPT.replace("Rule 60: be", "Rule 60: do be"))

    desk.run(EMULATE, *REPORTS)

    assert [(one["file"], one["line"], one["cause"]) for one in findings(desk)] == [
        ("support/prompt.md", 61, "text_changed")
    ]

"""The gate in a scratch project: accepted, changed, busted, accepted again."""

import json
import shutil
from copy import deepcopy
from typing import Any

import pytest

from harness.lock.entries import LockEntry
from harness.mutation.mutations import BY_NAME
from tests.lock.examples import PROMPT, rich_request
from tests.lock.test_compare import PATHS
from tests.promptcache.refusal_examples import EXAMPLES, Example
from tests.pytest_plugin.conftest import OTHERS_PLUGINS, RECORD, Project, shown
from tests.pytest_plugin.scratch import APP, CASES, EMULATE, PLAIN, SUITE, TEST, UPDATE, Body, Desk
from tests.stability import planted

pytest_plugins = ("pytester",)

REPORTS = ("-o", "harness_reports=reports")
CANNOT_TELL_REPORT = 2


def format_first(entries: dict[str, LockEntry]) -> str:
    """A lock file in the first format."""
    documents = {key: entry.to_json() for key, entry in entries.items()}
    for key, document in documents.items():
        for call, accepted in zip(document["calls"], entries[key].calls, strict=True):
            tokens = {"input_tokens": call.pop("tail_tokens"), "cache_creation_input_tokens": 0}
            figures = {**tokens, "cache_read_input_tokens": accepted.prefix_tokens}
            call |= {"first_call": figures, "second_call": figures, "usd_per_1000_calls": "0.3211"}
    return json.dumps({"format": 1, "entries": documents}, indent=1, sort_keys=True)


@pytest.fixture
def desk(project: Project) -> Desk:
    """The scratch project, with nothing accepted yet."""
    return Desk(project)


@pytest.fixture
def accepted(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The scratch project, recorded and accepted; done once, then copied."""
    kept = tmp_path_factory.getbasetemp() / "accepted"
    if not kept.exists():
        desk.accept()
        shutil.copytree(desk.path / "cassettes", kept / "cassettes")
        shutil.copy(desk.lock_file, kept)
    shutil.copytree(kept, desk.path, dirs_exist_ok=True)
    return desk


def findings(desk: Desk) -> list[dict[str, Any]]:
    """The findings of the last run, from its report."""
    path = desk.path / "reports/report.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["findings"]
    path.unlink()
    return found


def facts(found: list[dict[str, Any]]) -> set[tuple[str, str, str | None, str | None]]:
    """Rule, level, cause and path of each."""
    return {(one["rule"], one["level"], one["cause"], one["place"]["path"] if one["place"] else None) for one in found}


def section(result: pytest.RunResult) -> str:
    """What a run printed about its findings."""
    return shown(result, "prompt cache", "=")


def prompt_of(body: Body, text: str) -> Body:
    """The body with another system prompt."""
    changed = deepcopy(body)
    changed["system"][0]["text"] = text
    return changed


def late(body: Body) -> Body:
    """The body with one more breakpoint."""
    changed = deepcopy(body)
    changed["tools"][1]["cache_control"] = {"type": "ephemeral"}
    return changed


BUSTED = prompt_of(rich_request(), f"{PROMPT} ")
OTHER = prompt_of(rich_request(), f"Be brief.\n{PROMPT}")


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
  cost: 3,009 tokens are written again: $0.0075 once for each prefix
  cost: if they change from call to call: $7.2216 more per 1,000 calls
next: pytest {options}"""

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
  try: pytest "support/suite.yaml::desk[v1-refund]" --harness-mode=record --harness-upstream=emulator \
--harness-update-lock
"""


@pytest.mark.parametrize("mode", ["emulate", "replay"])
def test_command_of_a_bust_accepts_it(mode: str, accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    result = accepted.run(f"--harness-mode={mode}")

    command = section(result).rpartition("next: pytest ")[2].split()

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


# --- new versions, accepted busts, reasons ---------------------------------------------------------------


def test_new_version_passes_and_tells_its_one_off_cost(desk: Desk) -> None:
    desk.write_test(text="def test_nothing():\n    pass\n")
    desk.accept()
    desk.write_app(OTHER)
    desk.write_suite(version="v2")

    result = desk.run(EMULATE)

    result.assert_outcomes(passed=3)
    assert section(result).strip() == VERSION.strip()


VERSION = """
note: desk v2 refund: a new version
  support/suite.yaml:8
  cost: 3,015 tokens are written once: $0.0075 for each prefix
note: desk v2 parcel: a new version
  support/suite.yaml:9
  cost: 3,015 tokens are written once: $0.0075 for each prefix
note: support/desk/v1/parcel: accepted, but no test sends it any more
  prompts.lock:1
note: support/desk/v1/refund: accepted, but no test sends it any more
  prompts.lock:1
next: pytest --harness-update-lock
"""


def test_accepted_new_version_replaces_the_old_one(accepted: Desk) -> None:
    accepted.write_app(OTHER)
    accepted.write_suite(version="v2")

    result = accepted.accept()

    assert list(accepted.entries) == ["support/desk/v2/parcel", "support/desk/v2/refund", PLAIN]
    assert [line.split()[1:4] for line in result.outlines if line.startswith("support/desk  ")] == [
        ["v1", "parcel", "removed"],
        ["v1", "refund", "removed"],
        ["v2", "parcel", "new"],
        ["v2", "refund", "new"],
    ]


def test_bust_with_a_reason_in_the_suite_passes_with_it(desk: Desk) -> None:
    desk.write_test(text="def test_nothing():\n    pass\n")
    desk.accept()
    desk.write_app(BUSTED)
    desk.write_suite(options="cache_bust: the trailing space is meant")

    result = desk.run(EMULATE, *REPORTS)

    result.assert_outcomes(passed=3)
    assert facts(findings(desk)) == {("accepted-bust", "note", "whitespace", "system[0]")}
    assert "note: desk v1 refund: a bust is accepted: the trailing space is meant" in result.outlines


def test_bust_with_a_reason_in_a_marker_passes_with_it(accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    accepted.write_test(marker='@pytest.mark.cache_bust(reason="the space is meant")\n')

    result = accepted.run(EMULATE, "support/test_app.py", *REPORTS)

    result.assert_outcomes(passed=1)
    assert "note: test_app test_ask: a bust is accepted: the space is meant" in result.outlines
    # The reason does not cover any other test.
    accepted.run(EMULATE).assert_outcomes(passed=1, failed=2)


def test_reason_is_kept_with_the_accepted_bust_and_used_up_by_it(accepted: Desk) -> None:
    accepted.write_suite(options="cache_bust: the space is meant")
    accepted.write_test(marker='@pytest.mark.cache_bust("the space is meant")\n')
    # Nothing changed that needs a reason.
    accepted.accept()
    assert {entry.reason for entry in accepted.entries.values()} == {None}

    accepted.write_app(BUSTED)
    result = accepted.accept()
    assert {entry.reason for entry in accepted.entries.values()} == {"the space is meant"}
    assert sum(" accepted " in line and line.endswith("the space is meant") for line in result.outlines) == 3
    accepted.run(EMULATE).assert_outcomes(passed=3)

    accepted.write_app(OTHER)
    result = accepted.run(EMULATE, *REPORTS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert facts(findings(accepted)) == {("bust", "error", "text_changed", "system[0]")}
    note = "  the given reason belongs to an earlier bust: give one for this change, or remove it"
    assert result.outlines.count(note) == 3


@pytest.mark.parametrize(
    "mark", ["cache_bust", "cache_bust()", "cache_bust('')", "cache_bust(reason=' ')", "cache_bust(7)"]
)
def test_marker_without_a_reason_is_refused(mark: str, accepted: Desk) -> None:
    accepted.write_test(marker=f"@pytest.mark.{mark}\n")

    result = accepted.run("support/test_app.py")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    reasons = {"cache_bust('')": "''", "cache_bust(reason=' ')": "' '", "cache_bust(7)": "7"}
    assert f"cache_bust: the reason is {reasons.get(mark, 'None')}, expected some words" in result.outlines
    assert '  try: @pytest.mark.cache_bust(reason="why this change is worth its cost")' in result.outlines


def test_marker_without_a_reason_is_refused_where_the_request_is_not_recorded(accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    accepted.write_test(marker="@pytest.mark.cache_bust\n")

    result = accepted.run("support/test_app.py")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.no_fnmatch_line("INTERNALERROR*")


@pytest.mark.parametrize("value", ["''", "' '"])
def test_empty_reason_in_a_suite_is_refused(value: str, accepted: Desk) -> None:
    accepted.write_suite(options=f"cache_bust: {value}")

    result = accepted.run("support/suite.yaml")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*suite.yaml:6: suites.desk.prompts.v1.cache_bust: the reason is empty"])


# --- new and unused entries ------------------------------------------------------------------------------


def test_new_case_is_told_and_passes(accepted: Desk) -> None:
    accepted.write_suite(text=f"{SUITE}      late: {{{{question: Why so late}}}}\n")

    result = accepted.run(EMULATE)

    result.assert_outcomes(passed=4)
    assert section(result).strip() == NEW.strip()


NEW = """
note: desk v1 late: not accepted yet
  support/suite.yaml:10
  cost: 3,009 tokens are written once: $0.0075 for each prefix
next: pytest --harness-update-lock
"""


def without_parcel(desk: Desk) -> None:
    desk.write_suite(text=SUITE.replace("      parcel: {{question: Where is my parcel}}\n", ""))


def without_test(desk: Desk) -> None:
    (desk.path / "support/test_app.py").unlink()


def with_another_test(desk: Desk) -> None:
    desk.write_test(text="def test_nothing():\n    pass\n")


def without_suite(desk: Desk) -> None:
    (desk.path / "support/suite.yaml").unlink()


@pytest.mark.parametrize(
    ("remove", "keys"),
    [
        pytest.param(without_parcel, CASES[:1], id="case"),
        pytest.param(without_suite, CASES, id="suite file"),
        pytest.param(without_test, (PLAIN,), id="test file"),
        pytest.param(with_another_test, (PLAIN,), id="test"),
    ],
)
def test_entry_that_no_test_sends_any_more_fails_the_run(remove: Any, keys: tuple[str, ...], accepted: Desk) -> None:
    remove(accepted)

    result = accepted.run(*REPORTS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "failed" not in result.parseoutcomes()
    assert [one["headline"] for one in findings(accepted)] == [
        f"{key}: accepted, but no test sends it any more" for key in keys
    ]

    assert accepted.run("--harness-allow-unused", *REPORTS).ret == 0
    assert facts(findings(accepted)) == {("unused", "note", None, None)}

    assert accepted.run(EMULATE, UPDATE).ret == 0
    assert set(accepted.entries) == {*CASES, PLAIN} - set(keys)


def test_entry_that_no_process_sends_any_more_fails_the_run(accepted: Desk) -> None:
    with_another_test(accepted)
    without_parcel(accepted)

    result = accepted.run("-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "failed" not in result.parseoutcomes()
    assert sum(line.endswith("accepted, but no test sends it any more") for line in result.outlines) == 2

    assert accepted.run("-n", "2", EMULATE, UPDATE).ret == 0
    assert set(accepted.entries) == {CASES[1]}


def test_unused_entry_is_told_with_what_to_do(accepted: Desk) -> None:
    without_parcel(accepted)

    assert section(accepted.run()).strip() == UNUSED.strip()


UNUSED = """
error: support/desk/v1/parcel: accepted, but no test sends it any more
  prompts.lock:1
next: pytest --harness-update-lock
"""


@pytest.fixture
def wide(desk: Desk) -> Desk:
    """The scratch project with tests in one more folder, all accepted."""
    desk.project.write(
        "conftest.py", "import pathlib, sys\nsys.path.insert(0, str(pathlib.Path('support').resolve()))\n"
    )
    desk.project.write("other/test_more.py", TEST.format(marker=""))
    desk.accept()
    assert set(desk.entries) == {*CASES, PLAIN, "other/test_more/test_ask"}
    return desk


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("support/suite.yaml::desk[v1-refund]",), id="one case"),
        pytest.param(("support/test_app.py::test_ask",), id="one test"),
        pytest.param(("support/suite.yaml",), id="one file"),
        pytest.param(("other",), id="one folder"),
        pytest.param(("-k", "refund"), id="by word"),
        pytest.param(("-m", "not slow"), id="by marker"),
        pytest.param(("--deselect", "support/test_app.py"), id="deselected"),
        pytest.param(("--ignore", "other"), id="ignored"),
        pytest.param(("--ignore-glob", "*/suite.yaml"), id="ignored by pattern"),
        pytest.param(("--collect-only",), id="collected only"),
    ],
)
def test_tests_that_were_not_to_run_are_not_unused(arguments: tuple[str, ...], wide: Desk) -> None:
    result = wide.run(*arguments)

    assert result.ret == 0
    assert "accepted, but no test sends it any more" not in result.stdout.str()


def test_run_from_a_folder_leaves_the_rest_alone(wide: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = wide.lock_file.read_bytes()
    monkeypatch.syspath_prepend(wide.path / "support")
    monkeypatch.chdir(wide.path / "other")

    result = wide.run()
    assert result.ret == 0
    assert "accepted, but no test sends it any more" not in result.stdout.str()

    wide.run(EMULATE, UPDATE).assert_outcomes(passed=1)
    assert wide.lock_file.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import pytest\n\npytest.skip('not here', allow_module_level=True)\n", id="skipped"),
        pytest.param("import not_installed\n", id="broken"),
    ],
)
def test_file_that_could_not_be_collected_keeps_its_entries(text: str, wide: Desk) -> None:
    before = wide.lock_file.read_bytes()
    wide.project.write("other/test_more.py", text)

    result = wide.run("--continue-on-collection-errors")
    assert "accepted, but no test sends it any more" not in result.stdout.str()

    wide.run(EMULATE, UPDATE, "--continue-on-collection-errors")
    assert wide.lock_file.read_bytes() == before


def test_suite_that_cannot_be_loaded_keeps_its_entries(wide: Desk) -> None:
    before = wide.lock_file.read_bytes()
    wide.write_suite(text=SUITE.replace("client: http", "client: ftp"))

    result = wide.run()
    assert "accepted, but no test sends it any more" not in result.stdout.str()

    wide.run(EMULATE, UPDATE)
    assert wide.lock_file.read_bytes() == before


def test_only_the_tests_that_failed_last_are_run_and_the_others_are_not_unused(wide: Desk) -> None:
    wide.write_test(text=TEST + "\ndef test_broken():\n    assert False\n")
    arguments = (*OTHERS_PLUGINS, "-p", "cacheprovider")
    wide.project.pytester.runpytest_inprocess(*arguments).assert_outcomes(passed=4, failed=1)

    result = wide.project.pytester.runpytest_inprocess(*arguments, "--lf")

    result.assert_outcomes(failed=1)
    assert "accepted, but no test sends it any more" not in result.stdout.str()


# --- what is never accepted ------------------------------------------------------------------------------


def test_test_that_fails_is_not_accepted_and_keeps_its_entry(accepted: Desk) -> None:
    before = accepted.entries
    accepted.write_app(BUSTED)
    accepted.write_test(text=f"{TEST}    assert False\n")

    result = accepted.run(EMULATE, UPDATE)

    result.assert_outcomes(passed=2, failed=1)
    assert accepted.entries[PLAIN] == before[PLAIN]
    assert all(accepted.entries[key] != before[key] for key in CASES)


def test_case_that_fails_is_not_accepted(desk: Desk) -> None:
    desk.write_app(code=APP.replace('    return ""', "    assert 'refund' not in question\n    return \"\""))

    desk.run(EMULATE, UPDATE).assert_outcomes(passed=2, failed=1)

    assert set(desk.entries) == {CASES[0], PLAIN}


def test_run_in_which_nothing_passed_writes_nothing(desk: Desk) -> None:
    result = desk.run(UPDATE)

    result.assert_outcomes(failed=3)
    assert "prompts.lock is not written: no test that passed sent a request" in result.outlines
    assert not desk.lock_file.exists()


def test_one_test_can_be_accepted_and_the_others_stay(accepted: Desk) -> None:
    before = accepted.entries
    accepted.write_app(BUSTED)

    assert accepted.run(EMULATE, UPDATE, "support/suite.yaml::desk[v1-refund]").ret == 0

    assert {key for key, entry in accepted.entries.items() if entry != before[key]} == {CASES[1]}


# --- what cannot be told ---------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_lock_file_that_cannot_be_read_ends_the_run(arguments: tuple[str, ...], project: Project) -> None:
    path = project.write("prompts.lock", "<<<<<<< HEAD\n")
    project.write("test_app.py", "def test_nothing():\n    pass\n")

    result = project.pytester.runpytest_subprocess(*arguments)

    assert result.ret == CANNOT_TELL_REPORT
    assert result.stderr.str() == (
        f"Exit: {path}:1: an unresolved merge conflict\n"
        "  try: keep the lines of one side, or restore the file; then accept what changed: pytest --harness-update-lock"
    )


def test_lock_file_that_cannot_be_read_is_rewritten(accepted: Desk) -> None:
    before = accepted.lock_file.read_bytes()
    accepted.lock_file.write_text("<<<<<<< HEAD\n", encoding="utf-8")

    accepted.accept()

    assert accepted.lock_file.read_bytes() == before


TWICE = TEST + '    anthropic_client.messages.create(**build("And now?"))\n'


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["alone", "together"])
def test_run_that_cannot_tell_says_so_by_its_exit_code(processes: tuple[str, ...], accepted: Desk) -> None:
    accepted.write_test(text=TWICE)

    result = accepted.run(EMULATE, *processes, *REPORTS)

    assert result.ret == CANNOT_TELL_REPORT
    assert facts(findings(accepted)) == {("cannot-tell", "error", None, None)}
    assert "error: test_app test_ask: 1 request accepted, 2 requests made" in result.outlines


def test_run_that_fails_for_something_else_too_has_failed(accepted: Desk) -> None:
    accepted.write_test(text=f"{TWICE}\ndef test_broken():\n    assert False\n")

    assert accepted.run(EMULATE).ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("client.models.list()", id="no body"),
        pytest.param("client.get('/v1/messages', cast_to=object)", id="no body for messages"),
        pytest.param("client.post('/v1/messages', cast_to=object, body=[1, 2])", id="a list"),
        pytest.param(
            "client.post('/v1/messages', cast_to=object, body={'model': 'claude-opus-5', 'messages': 7})",
            id="no request",
        ),
        pytest.param(
            "client.messages.count_tokens(model='claude-sonnet-5-5', messages=[{'role': 'user', 'content': 'Hi'}])",
            id="another endpoint",
        ),
    ],
)
def test_miss_of_what_is_no_call_of_messages_is_told_as_a_miss(call: str, accepted: Desk) -> None:
    accepted.project.write(
        "support/test_app.py", f"def test_ask(anthropic_client):\n    client = anthropic_client\n    {call}\n"
    )

    result = accepted.run("support/test_app.py", *REPORTS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.no_fnmatch_line("INTERNALERROR*")
    assert [one["rule"] for one in findings(accepted)] == ["cassette-miss"]


def test_texts_that_were_deleted_make_no_bust_pass(accepted: Desk) -> None:
    for path in (accepted.path / "cassettes/blobs").iterdir():
        path.unlink()
    accepted.write_app(BUSTED)

    result = accepted.run(EMULATE, *REPORTS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert facts(findings(accepted)) == {("bust", "error", None, "system[0]")}


# --- several processes -----------------------------------------------------------------------------------


def test_several_processes_find_and_accept_the_same(desk: Desk) -> None:
    desk.run(EMULATE, UPDATE)
    alone = desk.lock_file.read_bytes()
    desk.lock_file.unlink()

    together = desk.run(EMULATE, UPDATE, "-n", "2")

    together.assert_outcomes(passed=3)
    assert desk.lock_file.read_bytes() == alone
    assert "written: prompts.lock, 3 entries" in together.outlines
    desk.write_app(BUSTED)
    desk.run(EMULATE, *REPORTS)
    expected = findings(desk)
    desk.run(EMULATE, *REPORTS, "-n", "2").assert_outcomes(failed=2, passed=1, errors=1)
    (one,), (other,) = expected, findings(desk)
    assert (one["rule"], one["cause"], one["place"]) == (other["rule"], other["cause"], other["place"])


def test_gate_holds_in_a_process_of_its_own(accepted: Desk) -> None:
    accepted.write_app(BUSTED)

    result = accepted.project.pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2", EMULATE)

    result.assert_outcomes(failed=2, passed=1, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["error: * the cached prefix changed, and the version of the prompt did not"])


# --- tests with parts ------------------------------------------------------------------------------------

PARTS = """\
from app import build


def test_ask(anthropic_client, subtests):
    with subtests.test("asks"):
        anthropic_client.messages.create(**build("Where is it?"))
    with subtests.test("counts"):
        assert 1 == 2
    with subtests.test("asks again"):
        anthropic_client.messages.create(**{**build("Where is it?"), "model": "claude-opus-5-5"})
"""


def test_every_part_of_a_test_fails_for_itself(accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    accepted.project.write("support/test_app.py", PARTS)

    result = accepted.run("support/test_app.py")

    assert "  cause: whitespace: only whitespace differs" in result.outlines
    assert "E           assert 1 == 2" in result.outlines
    assert "  cause: model_changed: each model has its own prompt cache" in result.outlines


def test_test_with_a_part_that_fails_is_not_accepted_and_not_recorded(desk: Desk) -> None:
    desk.project.write(
        "support/test_app.py",
        PARTS.replace("1 == 2", "1 == 2, 'broken'").replace("claude-opus-5-5", "claude-sonnet-5-5"),
    )

    desk.run(*RECORD, UPDATE)

    assert set(desk.entries) == set(CASES)
    assert not (desk.path / "cassettes/support/test_app").exists()


def test_test_with_parts_that_pass_or_are_skipped_is_accepted(desk: Desk) -> None:
    text = PARTS.replace("assert 1 == 2", "pytest.skip()").replace("from app", "import pytest\nfrom app")
    desk.project.write("support/test_app.py", text)

    desk.run(*RECORD, UPDATE)

    assert set(desk.entries) == {*CASES, PLAIN}
    assert (desk.path / "cassettes/support/test_app").exists()


# --- requests that the model refuses -------------------------------------------------------------------------

REFUSED = [
    EXAMPLES["forced tool"],
    EXAMPLES["budget thinking on adaptive models"],
    EXAMPLES["fields of thinking between tools"],
    EXAMPLES["high effort with thinking between tools"],
    EXAMPLES["thinking disabled on sonnet-5-5"],
]


@pytest.mark.parametrize("example", REFUSED, ids=lambda example: example.message[:40])
def test_request_that_its_model_refuses_is_a_bust_with_the_words_of_the_api(example: Example, accepted: Desk) -> None:
    refused = {key: value for key, value in example.refused.items() if key != "tools"}
    accepted.write_app({**rich_request(), **refused})

    assert accepted.run(*REPORTS).ret == 1

    found = [one for one in findings(accepted) if one["rule"] == "bust"]
    assert {(one["cause"], one["place"]["path"]) for one in found} == {("other", example.path)}
    assert all(f"the API answers 400: {example.message}" in one["facts"] for one in found)


@pytest.mark.parametrize("example", REFUSED, ids=lambda example: example.message[:40])
def test_request_that_its_model_refuses_is_refused_by_the_emulator_in_a_run(example: Example, desk: Desk) -> None:
    refused = {key: value for key, value in example.refused.items() if key != "tools"}
    desk.write_app({**rich_request(), **refused})

    result = desk.run(EMULATE)

    assert result.ret == 1
    assert example.message in result.stdout.str()


# --- inputs in the cached prefix -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["replay", "emulate"])
def test_prefix_that_depends_on_an_input_of_any_type_fails_and_no_other(mode: str, project: Project) -> None:
    planted.write(project.path / "planted")

    result = project.run(f"--harness-mode={mode}", *REPORTS)

    result.assert_outcomes(passed=len(planted.CLEAN), failed=len(planted.LEAKS))
    report = json.loads((project.path / "reports/report.json").read_text(encoding="utf-8"))
    assert planted.find_wrong(report["findings"]) == {}

"""`harness lock --check`: what it finds without the SDK, what it leaves to pytest, and its exit codes."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from harness.cli import main
from harness.lock.entries import Lock
from harness.lock.lockfile import read_lock, write_lock
from tests.cli.projects import BUILD, CALL, Project
from tests.stability import planted

Captured = pytest.CaptureFixture[str]


def check(capsys: Captured, *options: str) -> tuple[int, str]:
    """The exit code, and everything printed for people."""
    code = main(["lock", "--check", *options])
    return code, capsys.readouterr().out


@pytest.mark.parametrize("app", [CALL, BUILD], ids=["call", "build"])
def test_what_is_accepted_passes(app: str, project: Project, capsys: Captured) -> None:
    project.add_suite(app)
    project.accept()

    assert check(capsys) == (0, "prompts.lock: 2 cases compared, as accepted\n")


@pytest.mark.parametrize("plan", ["plan: {rounds: 3}", "samples: 5"])
def test_number_of_rounds_changes_nothing_that_is_accepted(plan: str, project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    project.replace("support/suite.yaml", "    prompts:", f"    {plan}\n    prompts:")

    assert check(capsys) == (0, "prompts.lock: 2 cases compared, as accepted\n")


def test_first_question_of_a_case_is_the_accepted_one(project: Project, capsys: Captured) -> None:
    project.add_suite()
    questions = "{rounds: [{question: How do I get a refund}, {question: When}]}"
    project.replace("support/suite.yaml", "{question: How do I get a refund}", questions)
    project.replace("support/suite.yaml", "    prompts:", "    case_plans: {refund: questions}\n    prompts:")
    project.accept()
    assert check(capsys) == (0, "prompts.lock: 2 cases compared, as accepted\n")

    project.replace("support/prompt.md", "Rule 150: be", "Rule 150: Be")

    code, out = check(capsys)
    assert code == 1
    assert "  the same in 1 more test\n" in out


def test_changed_prompt_file_fails_with_place_cause_cost_and_what_to_type(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    project.replace("support/prompt.md", "Rule 150: be", "Rule 150: Be")

    assert check(capsys) == (
        1,
        "support/prompt.md:151: error: support v1 refund: the cached prefix changed, "
        "and the version of the prompt did not\n"
        "  first difference: system[0] at character 3,050\n"
        "    accepted: '…9: be polite.\\nRule 150: be polite.\\nRule 151: be …'\n"
        "    now:      '…9: be polite.\\nRule 150: Be polite.\\nRule 151: be …'\n"
        "  cause: text_changed: the text changed\n"
        "  cost:  2,200 tokens are written again: $0.0055 once for each prefix\n"
        "  cost:  if they change from call to call: $5.2800 more per 1,000 calls\n"
        "  fix:   undo it, or move what varies from call to call after the last breakpoint\n"
        "  the same in 1 more test\n"
        "  if this was not meant: undo the change\n"
        "  if it was meant: give the prompt a new version, or accept it, best with a reason (cache_bust): "
        'pytest "support/suite.yaml" --harness-mode=record --harness-upstream=emulator --harness-update-lock\n'
        "prompts.lock: 2 cases compared, not as accepted\n",
    )


def test_builder_is_accepted_without_recording(project: Project, capsys: Captured) -> None:
    project.add_suite(BUILD)
    project.accept()
    project.replace("support/app.py", '"text": prompt', '"text": "Be brief. " + prompt')

    code, out = check(capsys)

    assert code == 1
    assert '(cache_bust): pytest "support/suite.yaml" --harness-update-lock\n' in out


def test_change_with_a_reason_passes(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    project.replace("support/prompt.md", "Rule 150", "Rule one hundred and fifty")
    project.replace("support/suite.yaml", "file: prompt.md", "file: prompt.md, cache_bust: a typo in rule 150")

    code, out = check(capsys)

    assert code == 0
    assert out.splitlines()[0] == (
        "support/prompt.md:151: note: support v1 refund: a bust is accepted: a typo in rule 150"
    )


def test_new_version_passes_with_its_cost_and_the_old_one_is_only_noted(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    project.replace("support/suite.yaml", "v1: {file: prompt.md}", "v2: {file: prompt.md}")

    assert check(capsys) == (
        0,
        "support/suite.yaml:8: note: support v2 refund: a new version\n"
        "  cost:  2,200 tokens are written once: $0.0055 for each prefix\n"
        "support/suite.yaml:9: note: support v2 parcel: a new version\n"
        "  cost:  2,200 tokens are written once: $0.0055 for each prefix\n"
        "prompts.lock:1: note: support/support/v1/parcel: accepted, but no test sends it any more\n"
        "prompts.lock:1: note: support/support/v1/refund: accepted, but no test sends it any more\n"
        "prompts.lock: 2 cases compared, as accepted\n",
    )


def test_case_that_is_gone_fails(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    project.replace("support/suite.yaml", "      parcel: {question: Where is my parcel}\n", "")

    assert check(capsys) == (
        1,
        "prompts.lock:1: error: support/support/v1/parcel: accepted, but no test sends it any more\n"
        "  fix:   remove it with --harness-update-lock, or allow it with --harness-allow-unused\n"
        "  next:  pytest --harness-update-lock\n"
        "prompts.lock: 1 case compared, not as accepted\n",
    )


def test_suite_file_that_is_gone_fails_as_all_its_cases_do(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.add_suite(folder="account")
    project.accept()
    (project.path / "account" / "suite.yaml").unlink()

    code, out = check(capsys)

    assert code == 1
    assert [line for line in out.splitlines() if "error" in line] == [
        f"prompts.lock:1: error: account/support/v1/{case}: accepted, but no test sends it any more"
        for case in ("parcel", "refund")
    ]


def test_prefix_that_depends_on_an_input_of_any_type_fails_and_no_other(project: Project, capsys: Captured) -> None:
    planted.write(project.path / "planted")
    project.accept()

    code, out = check(capsys, "--format", "json")

    result = json.loads(out)
    assert (code, result["cases"]) == (1, len(planted.LEAKS) + len(planted.CLEAN))
    assert planted.find_wrong(result["findings"]) == {}


def test_prefix_that_depends_on_an_input_is_told_with_place_and_fix(project: Project, capsys: Captured) -> None:
    project.add_suite(BUILD.replace('"text": prompt', '"text": f"{prompt}{len(question)}"'))
    project.replace("support/suite.yaml", "      parcel: {question: Where is my parcel}\n", "")
    project.accept()

    assert check(capsys) == (
        1,
        "support/suite.yaml:8: error: the cached prefix depends on question\n"
        "  the prefix ends at the breakpoint on system[0]\n"
        "  first difference: system[0] at character 4,090\n"
        "    usual:  '…e.\\nRule 199: be polite.\\n21'\n"
        "    varied: '…e.\\nRule 199: be polite.\\n70'\n"
        "  changed: question: 'How do I get a refund' → '⟦question⟧ and so on and so on and so on and so on and so o…\n"
        "  cost:  2,202 tokens are written for each case: $0.0055 each time\n"
        "  fix:   move it after the last breakpoint, into the user message; if only a few variants are meant, "
        "make each a prompt version of its own\n"
        '  next:  pytest "support/suite.yaml::support[v1-refund]"\n'
        "prompts.lock: 1 case compared, as accepted, but not the same for all inputs\n",
    )


@pytest.mark.parametrize(("determinism", "code"), [("fields", 1), ("full", 1), ("off", 0), ("'off'", 0)])
def test_suite_says_whether_its_inputs_are_varied(
    determinism: str, code: int, project: Project, capsys: Captured
) -> None:
    project.add_suite(BUILD.replace('"text": prompt', '"text": prompt + question'))
    project.replace("support/suite.yaml", "    prompts:", f"    determinism: {determinism}\n    prompts:")
    project.accept()

    assert check(capsys)[0] == code


# --- what cannot be judged ---------------------------------------------------------------------------------


def test_function_that_raises_before_it_sends_cannot_be_judged(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    project.write("support/app.py", "def ask(client, prompt, question):\n    return 1 / 0\n")

    assert check(capsys) == (
        2,
        "support/suite.yaml:8: error: support v1, case refund: no request was built: ZeroDivisionError\n"
        "  raised at support/app.py:2\n"
        '  next:  pytest "support/suite.yaml::support[v1-refund]"\n'
        "support/suite.yaml:9: error: support v1, case parcel: no request was built: ZeroDivisionError\n"
        "  raised at support/app.py:2\n"
        '  next:  pytest "support/suite.yaml::support[v1-parcel]"\n'
        "prompts.lock: 0 cases compared, but not all of them can be judged\n",
    )


BROKEN_MODULES = {
    "raises": ("1 / 0\n", "support: app.py:ask cannot be imported: ZeroDivisionError", "  raised at support/app.py:1"),
    "exits": (
        "raise SystemExit(0)\n",
        "support: app.py:ask cannot be imported: SystemExit",
        "  raised at support/app.py:1",
    ),
    "is no Python": ("def\n", "support: app.py:ask cannot be imported: SyntaxError", None),
    "lacks the function": ("", "call is 'app.py:ask', but app.py has no function 'ask'", None),
}


@pytest.mark.parametrize("name", BROKEN_MODULES)
def test_module_that_cannot_be_imported_cannot_be_judged(name: str, project: Project, capsys: Captured) -> None:
    text, headline, fact = BROKEN_MODULES[name]
    project.add_suite()
    project.accept()
    project.write("support/app.py", text)

    lines = [f"support/suite.yaml:2: error: {headline}", *([fact] if fact else [])]
    assert check(capsys) == (
        2,
        "\n".join([*lines, "prompts.lock: 0 cases compared, but not all of them can be judged\n"]),
    )


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("support/suite.yaml", "suites: [}", "support/suite.yaml:1: error: not YAML: "),
        ("support/suite.yaml", "suites: {support: {}}", "support/suite.yaml:1: error: suites.support.prompts: "),
        ("support/prompt.md", " ", "support/prompt.md:1: error: the prompt is empty"),
    ],
)
def test_file_that_cannot_be_read_is_named_and_its_cases_are_not_called_unused(
    file: str, text: str, line: str, project: Project, capsys: Captured
) -> None:
    project.add_suite()
    project.accept()
    project.write(file, text)

    code, out = check(capsys)

    first, *rest = out.splitlines()
    assert code == 2
    assert first.startswith(line)
    assert rest == ["prompts.lock: 0 cases compared, but not all of them can be judged"]


def test_request_that_is_none_cannot_be_judged(project: Project, capsys: Captured) -> None:
    project.add_suite(BUILD)
    project.accept()
    project.replace("support/app.py", '"content": question', '"content": 7')

    code, out = check(capsys)

    assert code == 2
    assert out.splitlines()[0] == (
        "support/suite.yaml:8: error: support v1, case refund: messages[0].content is int, expected a string or a list"
    )


def test_bust_outweighs_what_cannot_be_judged(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.add_suite(folder="account")
    project.accept()
    project.write("account/app.py", "1 / 0\n")
    project.replace("support/prompt.md", "Rule 150", "Rule 15O")

    assert check(capsys)[0] == 1


def test_missing_lock_file_says_how_to_make_one(project: Project, capsys: Captured) -> None:
    code = main(["lock", "--check"])

    assert code == 2
    assert capsys.readouterr().err == (
        "prompts.lock: no such lock file\n  try: accept today's prompts: pytest --harness-update-lock\n"
    )


# --- what is left to pytest --------------------------------------------------------------------------------


def test_suites_with_a_client_of_their_own_are_left_to_pytest(project: Project, capsys: Captured) -> None:
    project.add_suite("def ask(prompt, question):\n    return 1 / 0\n", client="http")
    project.accept()

    assert check(capsys) == (
        0,
        "left to pytest: support/suite.yaml::support: it has its own client\nprompts.lock: 0 cases compared\n",
    )


def test_what_needs_the_sdk_is_left_to_pytest(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    project.replace("support/app.py", "    message = ", "    client.models.list()\n    message = ")

    assert check(capsys) == (
        0,
        "left to pytest: support/suite.yaml::support[v1-refund]: it uses the client in a way that needs the SDK\n"
        "left to pytest: support/suite.yaml::support[v1-parcel]: it uses the client in a way that needs the SDK\n"
        "prompts.lock: 0 cases compared\n",
    )


AGENT = """
def ask(client, prompt, question):
    marker = {"type": "ephemeral"}
    request = {"model": "claude-sonnet-5-5", "max_tokens": 500}
    request["system"] = [{"type": "text", "text": prompt, "cache_control": marker}]
    messages = [{"role": "user", "content": question}]
    first = client.messages.create(**request, messages=messages)
    messages.append({"role": "assistant", "content": first.content})
    messages.append({"role": "user", "content": [{"type": "text", "text": "Go on.", "cache_control": marker}]})
    client.messages.create(**request, messages=messages)
"""


def accept_with_other_answers(project: Project) -> None:
    """Accept what the application sends to a client that, like a real one, answers differently from the fake one."""
    project.add_suite(AGENT.replace("first.content", '[{"type": "text", "text": "Which parcel?"}]'))
    project.accept()
    project.write("support/app.py", AGENT)


def test_request_that_holds_an_answer_is_left_to_pytest(project: Project, capsys: Captured) -> None:
    accept_with_other_answers(project)

    assert check(capsys) == (
        0,
        "left to pytest: support/suite.yaml::support[v1-refund]: one of its requests contains an answer\n"
        "left to pytest: support/suite.yaml::support[v1-parcel]: one of its requests contains an answer\n"
        "prompts.lock: 0 cases compared\n",
    )


@pytest.mark.parametrize("reason", [None, "a shorter rule"])
def test_requests_before_the_first_answer_are_compared_all_the_same(
    reason: str | None, project: Project, capsys: Captured
) -> None:
    accept_with_other_answers(project)
    project.replace("support/prompt.md", "Rule 150", "Rule 15O")
    if reason:
        project.replace("support/suite.yaml", "file: prompt.md", f"file: prompt.md, cache_bust: {reason}")

    code, out = check(capsys)

    assert code == int(reason is None)
    assert ("support/prompt.md:151: error: " in out) == (reason is None)
    assert "one of its requests contains an answer" in out


LOOP = AGENT.replace(
    "    messages.append", "    if first.stop_reason != 'tool_use':\n        return\n    messages.append", 1
)
PARSER = AGENT.replace(
    "    messages.append", "    assert first.content[0].text.startswith('{')\n    messages.append", 1
)


@pytest.mark.parametrize("app", [LOOP, PARSER], ids=["ends early", "raises"])
def test_application_that_needs_a_real_answer_to_go_on_is_left_to_pytest(
    app: str, project: Project, capsys: Captured
) -> None:
    accept_with_other_answers(project)
    project.write("support/app.py", app)

    assert check(capsys) == (
        0,
        "left to pytest: support/suite.yaml::support[v1-refund]: without real answers it makes 1 of 2 requests\n"
        "left to pytest: support/suite.yaml::support[v1-parcel]: without real answers it makes 1 of 2 requests\n"
        "prompts.lock: 0 cases compared\n",
    )


def test_builder_that_gives_another_number_of_requests_cannot_be_judged(project: Project, capsys: Captured) -> None:
    project.add_suite(BUILD)
    project.accept()
    project.write(
        "support/app.py", BUILD + "\n_one = ask\n\ndef ask(*args, **more):\n    return [_one(*args, **more)] * 2\n"
    )

    code, out = check(capsys)

    assert code == 2
    assert out.splitlines()[0] == "support/suite.yaml:8: error: support v1 refund: 1 request accepted, 2 requests made"


def test_application_that_fails_over_the_answer_is_compared(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    project.replace("support/app.py", "    return message", "    return 1 / 0, message")

    assert check(capsys) == (0, "prompts.lock: 2 cases compared, as accepted\n")


# --- options, and what is printed --------------------------------------------------------------------------

CANARY = "canary4711"


@pytest.mark.parametrize("style", ["text", "markdown", "json"])
@pytest.mark.parametrize("is_private", [True, False])
def test_private_shows_no_text_of_prompts(style: str, is_private: bool, project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.replace("support/prompt.md", "Rule 150: be polite", f"Rule 150: {CANARY}")
    project.accept()
    project.replace("support/prompt.md", f"Rule 150: {CANARY}", f"Rule 150: no {CANARY}")

    code, out = check(capsys, "--format", style, *(["--private"] if is_private else []))

    assert code == 1
    assert (CANARY in out) == (not is_private)
    assert "sha256 " in out or not is_private


PRIVATE_PLACES = {
    "prints": (
        "support/app.py",
        "    message =",
        f"    import sys; print('{CANARY}', file=sys.stderr)\n    message =",
        "",
    ),
    "raises": (
        "support/app.py",
        "    message =",
        f"    raise ValueError('{CANARY}')\n    message =",
        "support/suite.yaml:8: error: support v1, case refund: no request was built: ValueError",
    ),
    "cannot be imported": (
        "support/app.py",
        "def ask",
        f"raise ImportError('{CANARY}')\ndef ask",
        "support/suite.yaml:2: error: SuiteError (its message is withheld: --private)",
    ),
    "input of another kind": (
        "support/suite.yaml",
        "question: Where is my parcel",
        f"question: !!int {CANARY}",
        "support/suite.yaml:9: error: SuiteError (its message is withheld: --private)",
    ),
}


@pytest.mark.parametrize("name", PRIVATE_PLACES)
def test_private_says_nothing_of_what_errors_and_applications_say(
    name: str, project: Project, capsys: Captured
) -> None:
    file, old, new, line = PRIVATE_PLACES[name]
    project.add_suite()
    project.accept()
    project.replace(file, old, new)

    main(["lock", "--check", "--private"])

    out, err = capsys.readouterr()
    assert CANARY not in out + err
    assert out.startswith(line)


def test_json_is_findings_cases_and_what_was_left(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.add_suite("def ask(prompt, question): ...\n", folder="own", client="http")
    project.accept()
    project.replace("support/prompt.md", "Rule 150", "Rule 15O")

    code, out = check(capsys, "--format", "json")

    result: dict[str, Any] = json.loads(out)
    assert code == 1
    assert list(result) == ["cases", "left_to_pytest", "findings"]
    assert result["cases"] == 2
    assert result["left_to_pytest"] == ["own/suite.yaml::support: it has its own client"]
    (finding,) = result["findings"]
    assert finding["rule"] == "bust"
    assert (finding["file"], finding["line"], finding["cause"]) == ("support/prompt.md", 151, "text_changed")


def test_markdown_is_a_block_that_no_prompt_ends(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    project.replace("support/prompt.md", "Rule 150", "````")

    _, out = check(capsys, "--format", "markdown")

    lines = out.splitlines()
    assert lines[0] == "`````text"
    assert lines[-1] == "`````"
    assert "    now:      '…e.\\nRule 149: be polite.\\n````: be polite.\\nRule 15…'" in lines


def test_on_github_a_prompt_gives_no_commands(
    project: Project, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.add_suite()
    project.accept()
    project.replace("support/prompt.md", "Rule 150", "##[error]")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    _, text = check(capsys)
    _, data = check(capsys, "--format", "json")

    assert "##[" not in text + data
    assert "\\n#\\x23[error]: be polite" in text
    assert "##[error]" in json.loads(data)["findings"][0]["place"]["after"]


def test_what_the_application_prints_goes_elsewhere(project: Project, capsys: Captured) -> None:
    project.add_suite("print('imported')\n" + CALL.replace("    message =", "    print('asked')\n    message ="))
    project.accept()
    capsys.readouterr()

    main(["lock", "--check"])

    out, err = capsys.readouterr()
    assert out == "prompts.lock: 2 cases compared, as accepted\n"
    assert set(err.splitlines()) == {"asked"}


def test_lock_file_and_cassettes_can_be_elsewhere(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept("locks/prompts.lock")
    (project.path / "cassettes").rename(project.path / "recorded")
    project.replace("support/prompt.md", "Rule 150", "Rule 15O")

    code, out = check(capsys, "--file", "locks/prompts.lock", "--root", ".", "--cassettes", "recorded")

    assert code == 1
    assert "\\nRule 15O: be polite" in out
    assert out.splitlines()[-1] == "locks/prompts.lock: 2 cases compared, not as accepted"


def test_lock_file_whose_folder_has_no_suites_does_not_pass(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept("locks/prompts.lock")

    assert check(capsys, "--file", "locks/prompts.lock")[0] == 1


def test_modules_are_found_from_the_root(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.replace("support/suite.yaml", "app.py:ask", "shop_of_this_test.desk:ask")
    project.write("shop_of_this_test/__init__.py", "")
    project.write("shop_of_this_test/desk.py", CALL)
    sys.path.insert(0, str(project.path))
    project.accept()
    sys.path.remove(str(project.path))

    assert check(capsys)[0] == 0


def test_neither_sdk_nor_vcrpy_is_imported(project: Project) -> None:
    project.add_suite()
    project.add_suite(BUILD, folder="built")
    project.accept()
    project.replace("support/prompt.md", "Rule 150", "Rule 15O")
    script = (
        "import sys\nfrom harness.cli import main\ncode = main(['lock', '--check'])\n"
        "assert not {'anthropic', 'vcr', 'hypothesis', 'pytest'} & set(sys.modules)\nsys.exit(code)"
    )

    done = subprocess.run([sys.executable, "-c", script], cwd=project.path, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode().splitlines()[-1] == "prompts.lock: 4 cases compared, not as accepted"


def test_empty_lock_file_takes_everything_for_new(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.write("prompts.lock", '{"format": 1, "entries": {}}')

    code, out = check(capsys)

    assert code == 0
    assert out.startswith("support/suite.yaml:8: note: support v1 refund: not accepted yet\n")


def test_entries_of_plain_tests_are_counted_but_not_called_accepted(project: Project, capsys: Captured) -> None:
    project.add_suite()
    project.accept()
    lock = read_lock(project.path / "prompts.lock")
    assert lock is not None
    (entry, _) = lock.entries.values()
    plain = [replace(entry, suite="test_app", version="", case=name) for name in ("test_ask", "test_more")]
    write_lock(project.path / "prompts.lock", Lock(entries={one.key: one for one in plain}))
    (project.path / "support/suite.yaml").unlink()

    assert check(capsys) == (
        0,
        "left to pytest: 2 entries of plain tests\nprompts.lock: 0 cases compared\n",
    )

"""Suites of a scratch project: recorded from the emulator, replayed, and failed if the prompt cache is lost."""

import pytest

from tests.pytest_plugin.conftest import APP, PROMPT, RECORD, REFUSE_NETWORK, Project, shown

pytest_plugins = ("pytester",)

TIMED = APP.replace("def ask", "from datetime import datetime\n\ndef ask").replace(
    '"text": prompt', '"text": f"It is {datetime.now()}.\\n{prompt}"'
)


def test_suite_is_recorded_from_the_emulator_and_replays(project: Project) -> None:
    project.add_suite("support")

    project.run(*RECORD).assert_outcomes(passed=2)

    recorded = project.files("cassettes/support")
    assert sorted(recorded) == ["support/v1/parcel.json", "support/v1/refund.json"]
    project.run().assert_outcomes(passed=2)
    assert project.files("cassettes/support") == recorded


def test_replay_needs_no_network(project: Project) -> None:
    project.add_suite("support")
    project.record()
    project.write("conftest.py", REFUSE_NETWORK)
    project.write(
        "test_network.py",
        "import socket, pytest\n\ndef test_network_is_off():\n"
        "    with socket.socket() as one, pytest.raises(OSError, match='the network is off'):\n"
        "        one.connect(('127.0.0.1', 9))\n",
    )

    project.run().assert_outcomes(passed=3)


def test_recording_from_the_emulator_needs_no_network(project: Project) -> None:
    project.add_suite("support")
    project.write("conftest.py", REFUSE_NETWORK)

    project.run(*RECORD).assert_outcomes(passed=2)


def test_prompt_prefixed_with_the_time_fails_its_suite_only_and_names_the_place(project: Project) -> None:
    project.add_suite("support")
    project.add_suite("account")
    project.record()
    project.write("support/support_app.py", TIMED)

    result = project.run()

    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "cassette 'support/support/v1/refund' does not hold this POST /v1/messages",
            "  first difference: system[[]0] at character 0",
            "    recorded: 'Rule 0: be polite.\\nRule ?'",
            "    now:      'It is ????-*'",
            "  cause: timestamp: the prefix contains a date or time that changes",
            "  cost:  2,200 tokens are no longer read: $0.00?? more per call",
            "  fix:   move it after the last breakpoint, into the user message",
            "  shared: 3 more cassettes have the recorded text",
            '  try: pytest "support/suite.yaml::support[[]v1-refund]" --harness-mode=record *',
        ],
        consecutive=True,
    )


def test_one_changed_character_far_into_the_prompt_is_named(project: Project) -> None:
    project.add_suite("support")
    project.record()
    project.write("support/prompt.md", PROMPT.replace("Rule 150: be", "Rule 150: Be"))

    result = project.run("support/suite.yaml::support[v1-parcel]")

    assert shown(result, "support[v1-parcel]", "=") == (
        "cassette 'support/support/v1/parcel' does not hold this POST /v1/messages\n"
        f"  first difference: system[0] at character {PROMPT.index('be', PROMPT.index('Rule 150')):,}\n"
        "    recorded: '…9: be polite.\\nRule 150: be polite.\\nRule 151: be …'\n"
        "    now:      '…9: be polite.\\nRule 150: Be polite.\\nRule 151: be …'\n"
        "  cause: text_changed: the text changed\n"
        "  cost:  2,200 tokens are no longer read: $0.0053 more per call\n"
        "  fix:   undo it, or move what varies from call to call after the last breakpoint\n"
        "  shared: 1 more cassette has the recorded text\n"
        '  try: pytest "support/suite.yaml::support[v1-parcel]" --harness-mode=record --harness-upstream=emulator'
    )


def test_prompt_below_the_minimum_fails_since_nothing_was_written(project: Project) -> None:
    project.add_suite("support", prompt="Be kind.\n")

    result = project.run(*RECORD, "-k", "refund")

    result.assert_outcomes(failed=1, deselected=1)
    assert shown(result, "support[v1-refund]", "=") == (
        "support v1, case refund: the first call wrote nothing to the prompt cache\n"
        "  first call: 0 written, 0 read, 19 uncached\n"
        "by the rules, a second call with the request as built now reads nothing\n"
        "  prefix: 6 tokens; minimum of claude-sonnet-5-5: 512\n"
        "  place: system[0]\n"
        "  cause: below_minimum: the prefix is shorter than the model's minimum\n"
        "  fix:   put more static text before the breakpoint, or remove it"
    )
    assert project.files("cassettes") == {}


def test_prompt_that_fell_below_the_minimum_fails_on_replay_too(project: Project) -> None:
    project.add_suite("support")
    project.record()
    project.write("support/prompt.md", "Be kind.\n")

    project.run().assert_outcomes(failed=2)


def test_cases_are_selected_by_id_and_shown_with_their_line(project: Project) -> None:
    project.add_suite("support")

    result = project.run("--collect-only", "-q", "support/suite.yaml::support[v1-parcel]")

    assert result.outlines[0] == "support/suite.yaml::support[v1-parcel]"
    assert result.ret == 0


def test_error_of_the_application_is_shown_from_its_own_line_on(project: Project) -> None:
    project.add_suite("support", app="def ask(client, prompt, question):\n    return 1 / 0\n")

    result = project.run("-k", "refund")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["*support_app.py:2: ZeroDivisionError"])
    result.stdout.no_fnmatch_line("*runner.py*")
    result.stdout.no_fnmatch_line("*site-packages*")


def test_claude_client_is_the_suites_default(project: Project) -> None:
    app = "def ask(client, prompt, question):\n    return client.stream_message(prompt, question)\n"
    project.add_suite("support", app=app)
    suite = project.path / "support" / "suite.yaml"
    suite.write_text(suite.read_text().replace("    client: anthropic\n", ""))

    project.run(*RECORD).assert_outcomes(passed=2)
    project.run().assert_outcomes(passed=2)
    assert not (project.path / "cache").exists()


def test_two_versions_of_a_prompt_have_cassettes_of_their_own(project: Project) -> None:
    project.add_suite("support")
    suite = project.path / "support" / "suite.yaml"
    suite.write_text(suite.read_text().replace("prompts:\n", "prompts:\n      v2: {file: v2.md}\n"))
    project.write("support/v2.md", "Be brief.\n" + PROMPT)

    project.record()

    assert sorted(project.files("cassettes/support/support")) == [
        "v1/parcel.json", "v1/refund.json", "v2/parcel.json", "v2/refund.json",
    ]  # fmt: skip
    project.run().assert_outcomes(passed=4)


@pytest.mark.parametrize("arguments", [(), RECORD], ids=["replay", "record"])
def test_same_application_file_name_in_two_suites_is_two_applications(
    arguments: tuple[str, ...], project: Project
) -> None:
    for name in ("support", "account"):
        project.add_suite(name)
        suite = project.path / name / "suite.yaml"
        suite.write_text(suite.read_text().replace(f"{name}_app.py", "app.py"))
        project.write(f"{name}/app.py", APP.replace("question}", f"'{name}: ' + question}}"))
    project.record()

    result = project.run(*arguments)

    result.assert_outcomes(passed=4)
    assert b"account: How" in project.files("cassettes/account/account/v1")["refund.json"]
    assert b"support: How" in project.files("cassettes/support/support/v1")["refund.json"]

"""``--harness-mode`` and ``--harness-upstream``: who answers, and what is written."""

import pytest

from tests.pytest_plugin.conftest import APP, PROMPT, RECORD, REFUSE_NETWORK, Project

pytest_plugins = ("pytester",)

PLAIN_TEST = f"""
{APP}

def test_ask(anthropic_client):
    assert ask(anthropic_client, {PROMPT!r}, "Where is my parcel")
"""


def test_emulate_answers_and_writes_nothing(project: Project) -> None:
    project.add_suite("support")

    project.run("--harness-mode=emulate").assert_outcomes(passed=2)
    assert project.files("cassettes") == {}


def test_replay_is_the_default_and_never_records(project: Project) -> None:
    project.add_suite("support")

    project.run().assert_outcomes(failed=2)
    assert project.files("cassettes") == {}


def test_record_with_an_upstream_keeps_who_answered(project: Project) -> None:
    project.write("test_app.py", PLAIN_TEST)

    project.record()

    assert b'"from": "emulator"' in project.files("cassettes")["test_app/test_ask.json"]


def test_recording_again_replaces_the_cassette(project: Project) -> None:
    project.write("test_app.py", PLAIN_TEST)
    project.record()
    before = project.files("cassettes")["test_app/test_ask.json"]
    project.write("test_app.py", PLAIN_TEST.replace("my parcel", "your shop"))

    project.record()

    after = project.files("cassettes")["test_app/test_ask.json"]
    assert before.count(b'"request"') == after.count(b'"request"') == 1
    assert b"your shop" in after
    assert b"my parcel" not in after


def test_recording_one_test_leaves_the_other_cassettes_alone(project: Project) -> None:
    project.add_suite("support")
    project.record()
    before = project.files("cassettes/support/support/v1")

    project.record("-k", "refund")

    assert project.files("cassettes/support/support/v1")["parcel.json"] == before["parcel.json"]


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param("    assert False\n", id="fails"),
        pytest.param("    import pytest; pytest.skip('later')\n", id="skips"),
        pytest.param("    import pytest; pytest.xfail('known')\n", id="expected-to-fail"),
    ],
)
def test_nothing_is_written_if_a_recorded_test_does_not_pass(failure: str, project: Project) -> None:
    project.write("test_app.py", PLAIN_TEST + failure)

    project.run(*RECORD)

    assert project.files("cassettes") == {}


def test_old_cassette_stays_if_its_test_fails_while_it_is_recorded_again(project: Project) -> None:
    project.write("test_app.py", PLAIN_TEST)
    project.record()
    before = project.files("cassettes")
    project.write("test_app.py", PLAIN_TEST.replace("my parcel", "your shop") + "    assert False\n")

    project.run(*RECORD).assert_outcomes(failed=1)

    assert project.files("cassettes") == before


def test_nothing_is_written_for_a_case_that_does_not_hit(project: Project) -> None:
    app = APP.replace("def ask", "from time import perf_counter_ns\n\ndef ask")
    project.add_suite("support", app=app.replace('"text": prompt', '"text": f"{perf_counter_ns()} {prompt}"'))

    project.run(*RECORD).assert_outcomes(failed=2)
    assert project.files("cassettes") == {}


def test_nothing_is_written_for_a_test_that_makes_no_call(project: Project) -> None:
    project.write("test_app.py", "def test_ask(anthropic_client):\n    pass\n")

    project.run(*RECORD).assert_outcomes(passed=1)
    assert project.files("cassettes") == {}


def test_folder_of_the_cassettes_is_an_ini_key(project: Project) -> None:
    project.add_suite("support")

    project.record("-o", "harness_cassettes=tests/recorded")

    assert "support/support/v1/refund.json" in project.files("tests/recorded")
    project.run("-o", "harness_cassettes=tests/recorded").assert_outcomes(passed=2)


USAGE_ERRORS = [
    pytest.param(
        ("--harness-mode=live",),
        "ERROR: --harness-mode=live calls the real API, but neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set\n"
        "  try: set one of them\n\n",
        id="live-without-key",
    ),
    pytest.param(
        ("--harness-mode=record",),
        "ERROR: --harness-mode=record calls the real API, but neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN "
        "is set\n"
        "  try: set one of them, or add --harness-upstream=emulator to record without the API\n\n",
        id="record-without-key",
    ),
    pytest.param(
        (*RECORD, "-n", "2"),
        "ERROR: --harness-mode=record cannot run in several processes: two of them could write the same cassette\n"
        "  try: leave out -n\n\n",
        id="record-in-several-processes",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE_ERRORS)
def test_options_that_cannot_work_are_a_usage_error_before_any_test(
    arguments: tuple[str, ...], message: str, project: Project
) -> None:
    project.write("test_app.py", "print('was imported')\n")

    result = project.run(*arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert str(result.stderr) + "\n" == message
    result.stdout.no_fnmatch_line("*was imported*")


@pytest.mark.parametrize("option", ["--harness-mode=rewind", "--harness-upstream=openai"])
def test_unknown_choice_is_a_usage_error(option: str, project: Project) -> None:
    result = project.run(option)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*argument --harness-*: invalid choice: *"])


@pytest.mark.parametrize("key", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
@pytest.mark.parametrize("mode", ["live", "record"])
def test_with_a_key_the_real_api_is_asked_and_the_emulator_does_not_step_in(
    mode: str, key: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(key, "test-only")
    project.write("conftest.py", REFUSE_NETWORK)
    app = PLAIN_TEST.replace("client.messages.create", "client.with_options(max_retries=0).messages.create")
    project.write("test_app.py", app)

    result = project.run(f"--harness-mode={mode}")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * httpx2.ConnectError: the network is off", "E * anthropic.APIConnectionError: *"])
    assert project.files("cassettes") == {}


def test_key_of_the_environment_is_not_recorded(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only-key")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "test-only-token")
    project.write("test_app.py", PLAIN_TEST)

    project.record()

    assert not any(b"test-only" in content for content in project.files("cassettes").values())

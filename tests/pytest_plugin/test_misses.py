"""A request that the cassette does not hold: one failure, at once, with the command to record it."""

import json

import pytest

from harness.cassettes.format import sign
from tests.pytest_plugin.conftest import APP, PROMPT, Project, shown

pytest_plugins = ("pytester",)

TEST = f"""
{APP}
PROMPT = {PROMPT!r}

def test_ask(anthropic_client):
    ask(anthropic_client, PROMPT, "Where is my parcel")
"""

SWALLOWING = APP.replace("    message =", "    try:\n      message =").replace(
    "    return message", "    except Exception:\n        return 'Sorry'\n    return message"
)

RECORD_TEST = '  try: pytest "test_app.py::test_ask" --harness-mode=record --harness-upstream='


def test_test_that_was_never_recorded_says_how_to_record_it(project: Project) -> None:
    project.write("test_app.py", TEST)

    result = project.run()

    result.assert_outcomes(failed=1)
    assert shown(result, "test_ask", "=") == (
        "test_app.py:4: no cassette 'test_app/test_ask': nothing was recorded for POST /v1/messages\n"
        f"{RECORD_TEST}emulator"
    )


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            "is my parcel",
            "is our parcel",
            "cassette 'test_app/test_ask' does not hold this POST /v1/messages\n"
            "  the cached prefix is as recorded\n"
            "  first difference: messages[0].content[0] at character 9\n"
            "    recorded: 'Where is my parcel'\n"
            "    now:      'Where is our parcel'",
            id="changed-message",
        ),
        pytest.param(
            "claude-sonnet-5-5",
            "claude-opus-4-1",
            "cassette 'test_app/test_ask' does not hold this POST /v1/messages\n"
            "  first difference: model\n"
            "    recorded: '\"claude-sonnet-5-5\"'\n"
            "    now:      '\"claude-opus-4-1\"'\n"
            "  cause: model_changed: each model has its own prompt cache\n"
            "  cost:  2,200 tokens are no longer read: $0.0312 more per call\n"
            "  fix:   keep a conversation on one model",
            id="changed-model",
        ),
        pytest.param(
            "max_tokens=500",
            "max_tokens=501",
            "cassette 'test_app/test_ask' does not hold this POST /v1/messages: "
            "max_tokens is 501 (recorded: 500)\n"
            "  the cached prefix is as recorded\n"
            "  max_tokens: recorded 500, now 501",
            id="changed-outside-the-prompt",
        ),
        pytest.param(
            '"Where is my parcel")',
            '"Where is my parcel"); ask(anthropic_client, PROMPT, "Where is my parcel")',
            "cassette 'test_app/test_ask' holds POST /v1/messages once, but it was sent once more",
            id="sent-once-more",
        ),
    ],
)
def test_request_that_changed_says_where(before: str, after: str, message: str, project: Project) -> None:
    project.write("test_app.py", TEST)
    project.record()
    project.write("test_app.py", TEST.replace(before, after))

    result = project.run()

    result.assert_outcomes(failed=1)
    assert shown(result, "test_ask", "=") == f"test_app.py:4: {message}\n{RECORD_TEST}emulator"


def test_sdk_does_not_try_a_miss_again(project: Project) -> None:
    project.write(
        "test_app.py",
        TEST.replace("def test_ask(anthropic_client):", "def test_ask(anthropic_client, harness_session):").replace(
            "    ask(", "    import pytest\n    with pytest.raises(Exception):\n        ask("
        )
        + "    print('misses:', len(harness_session.misses))\n",
    )

    result = project.run("-s")

    result.stdout.fnmatch_lines(["*misses: 1*"])


def test_miss_of_a_cassette_from_the_real_api_is_to_be_recorded_there(project: Project) -> None:
    project.write("test_app.py", TEST)
    project.record()
    cassette = project.path / "cassettes/test_app/test_ask.json"
    content = json.loads(cassette.read_text().replace('"from": "emulator"', '"from": "anthropic"'))
    cassette.write_text(sign({key: content[key] for key in ("recorded", "interactions")}))
    project.write("test_app.py", TEST.replace("my parcel", "our parcel"))

    result = project.run()

    assert shown(result, "test_ask", "=").endswith(f"\n{RECORD_TEST}anthropic")


def test_miss_that_the_application_swallows_fails_its_case(project: Project) -> None:
    project.add_suite("support", app=SWALLOWING)

    result = project.run("-k", "refund")

    result.assert_outcomes(failed=1, deselected=1)
    assert shown(result, "support[v1-refund]", "=") == (
        "no cassette 'support/support/v1/refund': nothing was recorded for POST /v1/messages\n"
        '  try: pytest "support/suite.yaml::support[v1-refund]" --harness-mode=record --harness-upstream=emulator'
    )


def test_miss_that_the_application_swallows_fails_a_test_that_passes(project: Project) -> None:
    project.write("test_app.py", TEST.replace(APP, SWALLOWING))

    result = project.run()

    result.assert_outcomes(passed=1, errors=1)
    assert shown(result, "ERROR at teardown of test_ask", "=") == (
        "test_app.py:5: no cassette 'test_app/test_ask': nothing was recorded for POST /v1/messages\n"
        f"{RECORD_TEST}emulator"
    )


def test_miss_that_the_application_swallows_is_told_with_the_failure_it_causes(project: Project) -> None:
    text = TEST.replace(APP, SWALLOWING).replace("    ask(", "    assert 'emulator' in ask(")
    project.write("test_app.py", text)

    result = project.run()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*no cassette 'test_app/test_ask': nothing was recorded for POST /v1/messages", f"{RECORD_TEST}emulator"],
        consecutive=True,
    )


def test_miss_is_no_finding_of_the_next_case(project: Project) -> None:
    project.add_suite("support")
    project.record("-k", "parcel")

    result = project.run()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*support[[]v1-parcel]*")

"""``harness_scrub``: invalid patterns stop the run before any test."""

import pytest

from harness.cassettes.hygiene import check
from tests.pytest_plugin.conftest import APP, INI, Project

pytest_plugins = ("pytester",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["secret"], ["ERROR: harness_scrub: 'secret', expected regex => replacement"]),
        (
            [r"\d+ => <number>", "a => aa"],
            [
                "ERROR: harness_scrub: 'a => aa' is not idempotent: "
                "its replacement 'aa' becomes 'aaaa' when scrubbed again",
                "  try: choose a replacement that no pattern matches, such as <name>",
            ],
        ),
    ],
)
def test_pattern_that_cannot_be_used_is_refused_by_name(lines: list[str], message: list[str], project: Project) -> None:
    project.write("pytest.ini", INI + "harness_scrub =\n" + "".join(f"    {line}\n" for line in lines))
    project.write("test_app.py", "def test_one():\n    pass\n")

    result = project.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(message, consecutive=True)


def test_patterns_that_can_be_used_do_not_stop_a_run(project: Project) -> None:
    project.write("pytest.ini", INI + "harness_scrub =\n    [\\w.]+@[\\w.]+ => <email>\n    \\d{3}-\\d{4} => <phone>\n")
    project.write("test_app.py", "def test_one():\n    pass\n")

    project.run().assert_outcomes(passed=1)


def test_scrubbed_requests_match_whatever_stood_in_place_of_the_pattern(project: Project) -> None:
    text = APP + "\ndef test_ask(anthropic_client):\n    ask(anthropic_client, 'Be kind.', 'I am EMAIL')\n"
    project.write("pytest.ini", INI + "harness_scrub =\n    [\\w.]+@[\\w.]+ => <email>\n")
    project.write("test_app.py", text.replace("EMAIL", "ana@example.com"))
    project.record()
    project.write("test_app.py", text.replace("EMAIL", "bob@example.org"))

    project.run().assert_outcomes(passed=1)
    cassette = project.files("cassettes")["test_app/test_ask.json"]
    assert b"I am <email>" in cassette
    assert b"example.com" not in cassette


def test_keys_and_ids_in_answers_are_never_stored(project: Project) -> None:
    project.write(
        "conftest.py",
        "def pytest_harness_answer(request):\n"
        "    return 'sk-ant-abc in wrkspc_01JwQvzr7rXLA5AG for Bearer abcdefgh12345678'\n",
    )
    project.write(
        "test_app.py", APP + "\ndef test_ask(anthropic_client):\n    ask(anthropic_client, 'Be kind.', 'Hi')\n"
    )
    project.record()

    assert check(project.path / "cassettes") == []
    assert b"<api-key> in <workspace-id> for Bearer <token>" in project.files("cassettes")["test_app/test_ask.json"]
    project.run().assert_outcomes(passed=1)


STREAMING = """
def test_ask(anthropic_client):
    with anthropic_client.messages.stream(
        model="claude-sonnet-5-5", max_tokens=500, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        answer = "".join(stream.text_stream)
    assert answer in (WHOLE, SCRUBBED)
"""


def test_what_a_stream_spells_over_its_events_is_never_stored(project: Project) -> None:
    # No single event of the emulator can hold one of them completely.
    whole = f"Write to {'z' * 40}@{'y' * 40}.com or use sk-ant-{'Q7' * 40} for it."
    scrubbed = "Write to <email> or use <api-key> for it."
    project.write("pytest.ini", INI + "harness_scrub =\n    [\\w.]+@[\\w.]+ => <email>\n")
    project.write("conftest.py", f"def pytest_harness_answer(request):\n    return {whole!r}\n")
    project.write("test_app.py", STREAMING.replace("WHOLE", repr(whole)).replace("SCRUBBED", repr(scrubbed)))
    project.record()

    stored = project.files("cassettes")["test_app/test_ask.json"]
    assert [part for part in (b"zzz", b"yyy", b"sk-ant", b"Q7") if part in stored] == []
    assert check(project.path / "cassettes") == []

    project.write("test_app.py", STREAMING.replace("WHOLE", repr(scrubbed)).replace("SCRUBBED", repr(scrubbed)))
    project.run().assert_outcomes(passed=1)

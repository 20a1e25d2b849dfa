import json
from hashlib import sha256
from pathlib import Path

import pytest

from harness.cassettes.format import sign
from tests.pytest_plugin.conftest import Project

pytest_plugins = ("pytester",)


def drop_from_answers(path: Path, key: str) -> None:
    """Rewrite a cassette as if the API had answered without a key."""
    content = json.loads(path.read_text())
    for item in content["interactions"]:
        response = item["response"]
        del response["json"][key]
        body = json.dumps(response["json"], ensure_ascii=False, separators=(",", ":"))
        response["sha256"] = sha256(body.encode()).hexdigest()
    path.write_text(sign({key: content[key] for key in ("recorded", "interactions")}))


def test_answers_like_the_cassette_are_no_difference(project: Project) -> None:
    project.add_suite("support")
    project.record()

    result = project.run("--harness-mode=emulate", "--harness-verify")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*= cassettes =*", "verified: 0 differences between the answers and the cassettes"])


def test_another_form_of_answer_is_reported(project: Project) -> None:
    project.add_suite("support")
    project.record()
    path = project.path / "cassettes/support/support/v1/refund.json"
    drop_from_answers(path, "stop_sequence")

    result = project.run("--harness-mode=emulate", "--harness-verify")

    result.stdout.fnmatch_lines(
        [
            "support/support/v1/refund: POST /v1/messages: answer of the form *stop_sequence*, recorded *",
            "verified: 2 differences between the answers and the cassettes",
        ]
    )


def test_a_mode_without_new_answers_is_refused(project: Project) -> None:
    with pytest.raises(pytest.UsageError) as caught:
        project.pytester.parseconfigure("--harness-verify")

    assert str(caught.value) == (
        "--harness-verify compares new answers with the cassettes, but this mode gets none\n"
        "  try: add --harness-mode=live (needs a key), or --harness-mode=emulate"
    )

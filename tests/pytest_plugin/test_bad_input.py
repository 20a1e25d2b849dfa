"""Invalid suites and damaged cassettes: each is refused with its place, and the rest of the run goes on."""

import pytest

from harness.findings.verdict import CANNOT_TELL
from tests.pytest_plugin.conftest import APP, SUITE, Project, shown

pytest_plugins = ("pytester",)

DUPLICATE = SUITE + "      refund: {{question: Again}}\n"


def test_duplicate_case_is_refused_with_both_lines(project: Project) -> None:
    project.add_suite("support", suite=DUPLICATE)

    result = project.run("--harness-mode=emulate")

    assert result.ret != pytest.ExitCode.OK
    path = project.path / "support" / "suite.yaml"
    result.stdout.fnmatch_lines([f"{path}:10: 'refund' appears twice, first on line 8"])


def test_other_suites_run_though_one_is_refused(project: Project) -> None:
    project.add_suite("account")
    project.add_suite("support", suite=DUPLICATE)

    result = project.run("--harness-mode=emulate")

    assert result.ret == CANNOT_TELL
    assert result.parseoutcomes()["passed"] == 2


def test_other_suites_run_if_pytest_is_told_to_go_on(project: Project) -> None:
    project.add_suite("account")
    project.add_suite("support", suite=DUPLICATE)

    result = project.run("--harness-mode=emulate", "--continue-on-collection-errors")

    assert result.ret == CANNOT_TELL
    assert result.parseoutcomes()["passed"] == 2


def test_function_that_is_missing_fails_its_own_suite_only(project: Project) -> None:
    project.add_suite("account")
    project.add_suite("support", app="def answer():\n    pass\n")

    result = project.run("--harness-mode=emulate")

    result.assert_outcomes(passed=2, failed=2)
    path = project.path / "support" / "suite.yaml"
    assert shown(result, "support[v1-refund]", "_") == (
        f"{path}:2: call is 'support_app.py:ask', but support_app.py has no function 'ask'"
    )


def test_prompt_that_is_missing_refuses_its_suite(project: Project) -> None:
    project.add_suite("support")
    (project.path / "support/prompt.md").unlink()

    result = project.run("--harness-mode=emulate")

    folder = project.path / "support"
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines([f"{folder}/suite.yaml:6: {folder}/prompt.md is unreadable: No such file or directory"])


def spoil_json(text: str) -> str:
    return text[: len(text) // 2]


def spoil_format(text: str) -> str:
    return text.replace('"format": 1', '"format": 2')


def spoil_origin(text: str) -> str:
    return text.replace('"from": "emulator"', '"from": "elsewhere"')


def spoil_body(text: str) -> str:
    return text.replace("Where is my parcel", "Where is our parcel")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(spoil_json, "not a cassette: *", id="cut-off"),
        pytest.param(spoil_format, "cassette format is 2, expected 1", id="another-format"),
        pytest.param(spoil_origin, "changed since it was recorded (its sha256 differs): *", id="unknown-origin"),
        pytest.param(
            spoil_body,
            "changed since it was recorded (its sha256 differs): edited by hand, or with other line endings",
            id="edited",
        ),
    ],
)
def test_cassette_that_is_not_whole_fails_its_case_only(spoil: object, reason: str, project: Project) -> None:
    assert callable(spoil)
    project.add_suite("support")
    project.record()
    cassette = project.path / "cassettes/support/support/v1/parcel.json"
    cassette.write_text(spoil(cassette.read_text()))

    result = project.run()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [f"{cassette}: {reason}", "  try: restore the file from version control, or record it again"], consecutive=True
    )


@pytest.mark.parametrize("is_gone", [True, False], ids=["missing", "edited"])
def test_blob_that_is_not_whole_fails_what_names_it(is_gone: bool, project: Project) -> None:
    project.add_suite("support")
    project.record()
    (blob,) = (project.path / "cassettes/blobs").iterdir()
    if is_gone:
        blob.unlink()
    else:
        blob.write_text("Be rude.\n")

    result = project.run("-k", "parcel")

    cassette = project.path / "cassettes/support/support/v1/parcel.json"
    gone, edited = (
        f"blob {blob} is missing or unreadable",
        f"{blob}: not the text that was recorded (its sha256 differs)",
    )
    assert shown(result, "support[v1-parcel]", "=") == (
        f"{cassette}: {gone if is_gone else edited}\n  try: restore the file from version control, or record it again"
    )


def test_plain_test_with_a_cassette_that_is_not_whole_is_an_error_without_frames(project: Project) -> None:
    prompt = "Be kind. " * 300
    text = f"{APP}\ndef test_ask(anthropic_client):\n    ask(anthropic_client, {prompt!r}, 'Where')\n"
    project.write("test_app.py", text)
    project.record()
    cassette = project.path / "cassettes/test_app/test_ask.json"
    cassette.write_text("{}")

    result = project.run()

    result.assert_outcomes(errors=1)
    assert shown(result, "ERROR at setup of test_ask", "=") == (
        f"{cassette}: cassette format is None, expected 1\n"
        "  try: restore the file from version control, or record it again"
    )


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        ("Be kind.".encode("utf-16"), "UTF-16, expected UTF-8\n  support/prompt.md:1\n"),
        ("Be kind.".encode("utf-16-be"), "UTF-16BE, expected UTF-8\n  support/prompt.md:1\n"),
        (b"Be kind.\nSay \xe9t\xe9.\n", "not UTF-8 text: invalid continuation byte\n  support/prompt.md:2\n"),
        (b" \n", "the prompt is empty\n  support/prompt.md:1\n"),
    ],
)
def test_finding_about_a_prompt_stands_at_its_own_line(data: bytes, finding: str, project: Project) -> None:
    project.add_suite("support")
    (project.path / "support" / "prompt.md").write_bytes(data)

    result = project.run()

    assert f"error: {finding}" in result.stdout.str()

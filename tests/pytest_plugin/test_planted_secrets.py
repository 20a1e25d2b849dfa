"""Secrets of all kinds, planted at all places: in no file that a run writes, and not in what it prints."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.pytest_plugin.conftest import APP, INI, PROMPT, Project
from tests.pytest_plugin.planted import PLACES, TESTS, TEXTS, leaky_api, to_json
from tests.secret_kinds import KINDS, OWN_KEY

pytest_plugins = ("pytester",)

RECORD = (
    "--harness-mode=record",
    "--harness-upstream=anthropic",
    "--harness-update-lock",
    "--junitxml=junit.xml",
    # The default parses the source of each frame, which takes longer than all the rest.
    "--tb=native",
)
REFUSED = [(kind.name, place) for kind in KINDS for place in PLACES if not kind.is_ours and place in TEXTS]


def forms(secret: str) -> Iterator[str]:
    """Ways to write a secret; of base64, the part that does not depend on what stands beside it."""
    yield from (secret, json.dumps(secret)[1:-1], quote(secret, safe=""), secret.encode().hex())
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + secret.encode()).decode()[4:].rstrip("=")[:-2]


FORMS = {kind.name: tuple(forms(kind.core)) for kind in KINDS}


def leaks(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(place, name) for place, text in texts.items() for name in FORMS if any(f in text for f in FORMS[name])]


def shown(result: pytest.RunResult) -> dict[str, str]:
    return {"stdout": result.stdout.str(), "stderr": result.stderr.str()}


def written(project: Project) -> dict[str, str]:
    return {name: data.decode(errors="replace") for name, data in project.files(".").items()}


def test_the_scan_finds_every_kind_in_every_form() -> None:
    for kind in KINDS:
        packed = base64.b64encode(f"it is\n{kind.text}\n".encode()).decode()
        for text in (kind.text, json.dumps(kind.text), quote(kind.text), packed, kind.text.encode().hex()):
            assert leaks({"file": text}) == [("file", kind.name)]


@pytest.mark.plants_secrets
def test_planted_secrets_are_found_nowhere(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plants = tmp_path_factory.mktemp("plants") / "plants.json"
    plants.write_text(to_json({kind.name: kind.text for kind in KINDS}, OWN_KEY))
    monkeypatch.setenv("PLANTS", str(plants))
    monkeypatch.setenv("ANTHROPIC_API_KEY", OWN_KEY)
    project.write("pytest.ini", INI + "harness_reports = reports\n")
    project.write("test_plants.py", TESTS)

    with leaky_api() as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        recorded = project.run(*RECORD)
    monkeypatch.delenv("ANTHROPIC_BASE_URL")

    assert leaks(shown(recorded) | written(project)) == []
    assert len(KINDS) >= 20
    assert len(PLACES) >= 12
    outcomes = recorded.parseoutcomes()
    assert outcomes["passed"] >= len(KINDS) * len(PLACES)
    assert outcomes["errors"] == len(REFUSED)
    cassettes = list(Path("cassettes").rglob("*.json"))
    assert len(cassettes) == len(KINDS) * len(PLACES) - len(REFUSED)

    ours = " or ".join(kind.name for kind in KINDS if kind.is_ours)
    replayed = project.run("-k", ours)

    assert leaks(shown(replayed) | written(project)) == []
    assert replayed.parseoutcomes()["passed"] == len(PLACES) * sum(kind.is_ours for kind in KINDS)
    assert replayed.ret == 0


@pytest.mark.plants_secrets
@pytest.mark.parametrize("mode", ["emulate", "replay"])
def test_reports_of_a_changed_prompt_do_not_quote_its_secrets(
    mode: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (github,) = (kind for kind in KINDS if kind.name == "github-token")
    test = "def test_ask(anthropic_client):\n    ask(anthropic_client, Path('prompt.md').read_text(), 'Hi')\n"
    text = f"from pathlib import Path\n{APP}\n\n{test}"
    project.write("pytest.ini", INI + "harness_reports = reports\n")
    project.write("test_app.py", text)
    prompt = project.write("prompt.md", PROMPT)
    summary = project.path / "reports/summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GATEWAY_TOKEN", OWN_KEY)
    assert project.run("--harness-mode=record", "--harness-upstream=emulator", "--harness-update-lock").ret == 0
    prompt.write_text(f"{github.text} and {OWN_KEY}\n{PROMPT}")

    result = project.run(f"--harness-mode={mode}", "--junitxml=junit.xml")
    assert result.ret == 1

    prompt.unlink()
    reports = project.files("reports")
    assert {"report.md", "report.json", "report.sarif", "summary.md"} <= reports.keys()
    assert [
        name
        for name, file in (written(project) | shown(result)).items()
        if github.core[:6] in file or OWN_KEY[:9] in file
    ] == []
    assert b"secret" in reports["summary.md"]
    for name in ("report.json", "report.sarif"):
        json.loads(reports[name])


@pytest.mark.plants_secrets
def test_prompt_with_a_secret_is_not_accepted(project: Project) -> None:
    (github,) = (kind for kind in KINDS if kind.name == "github-token")
    project.add_suite("support", prompt=f"{github.text}\n{PROMPT}")

    result = project.run("--harness-mode=emulate", "--harness-update-lock")

    assert result.ret != 0
    result.stdout.fnmatch_lines(["*a prompt is not accepted: its text holds a GitHub token, and would be written*"])
    assert "prompts.lock" not in project.files(".")
    assert "cassettes" not in {path.name for path in project.path.iterdir()}

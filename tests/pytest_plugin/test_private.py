"""Private runs: a canary in every text of a project appears in no output."""

from pathlib import Path

import pytest

from harness.reports.formats import FORMATS
from tests.lock.examples import PROMPT
from tests.pytest_plugin.conftest import RECORD, Project
from tests.pytest_plugin.scratch import EMULATE, UPDATE

pytest_plugins = ("pytester",)

CANARY = "kanarienvogel-7f3a"
PRIVATE = "--harness-private"

# The application has the canary in its prompt, its tools, its inputs, and everything that it prints and raises.
APP = f"""
import logging
import warnings

MARK = {{"type": "ephemeral"}}


def build(prompt, question, resume):
    return {{
        "model": "claude-sonnet-5-5",
        "max_tokens": 500,
        "tools": [{{"name": "look_up", "description": "{CANARY} of tools", "input_schema": {{"type": "object"}}}}],
        "system": [{{"type": "text", "text": prompt, "cache_control": MARK}}],
        "messages": [{{"role": "user", "content": f"{{question}} {{resume['name']}}"}}],
    }}


def talk(text):
    print("printed", text)
    logging.getLogger("app").warning("logged %s", text)
    warnings.warn(f"warned of {{text}}", UserWarning)


def ask(client, prompt, question, resume):
    talk(question)
    answer = client.messages.create(**build(prompt, question, resume)).content[0].text
    if "explode" in question:
        raise ValueError(f"cannot read {{answer}} of {{question}}")
    return answer
"""

SUITE = f"""\
suites:
  desk:
    call: app.py:ask
    client: anthropic
    prompts:
      v1: {{file: prompt.md}}
    fixtures: {{resume: resumes}}
    cases:
      refund: {{question: {CANARY} refund, resume: ana}}
      explode: {{question: {CANARY} explode, resume: ana}}
"""

TESTS = f"""
import threading
import warnings

import pytest
from app import build, talk

TEXT = "{CANARY}"


def send(client, prompt="v"):
    client.messages.create(**build({{prompt}} * 6000, TEXT, {{{{"name": TEXT}}}}))


def test_passes(anthropic_client):
    talk(TEXT)
    send(anthropic_client)


def test_misses(anthropic_client):
    send(anthropic_client)


def test_swallows(anthropic_client):
    try:
        send(anthropic_client)
    except Exception:
        pass
    assert TEXT == "swallowed"


def test_asserts():
    local = TEXT
    talk(local)
    assert {{{{"a": local}}}} == {{{{"a": "other"}}}}, f"message {{{{local}}}}"


def test_fails():
    pytest.fail(f"failed with {{{{TEXT}}}}")


def test_raises():
    try:
        raise KeyError(TEXT)
    except KeyError as error:
        raise RuntimeError(f"from {{{{TEXT}}}}") from error


def test_raises_several():
    error = ValueError(TEXT)
    error.add_note(TEXT)
    raise ExceptionGroup(TEXT, [error, OSError(TEXT)])


def test_exits():
    raise SystemExit(TEXT)


@pytest.fixture
def broken():
    talk(TEXT)
    raise ValueError(f"set up with {{{{TEXT}}}}")


def test_errors(broken):
    pass


@pytest.fixture
def untidy():
    yield
    talk(TEXT)
    raise ValueError(f"torn down with {{{{TEXT}}}}")


def test_is_torn_down(untidy):
    pass


@pytest.mark.xfail(reason="known")
def test_is_known_to_fail():
    assert TEXT == "known"


@pytest.mark.xfail(reason="known")
def test_is_known_not_to_be_set_up(broken):
    pass


def test_skips():
    talk(TEXT)
    pytest.skip(f"no {{{{TEXT}}}}")


def test_has_parts(subtests):
    for number in range(2):
        with subtests.test("part"):
            talk(TEXT)
            assert TEXT == number


def test_parts_pass(subtests):
    with subtests.test("part"):
        talk(TEXT)


def test_warns_of_old_things():
    warnings.warn(TEXT, DeprecationWarning)


def test_has_a_thread_that_dies():
    def die():
        raise ValueError(TEXT)

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
"""

BUILD = """\
suites:
  one:
    build: {function}
    prompts:
      v1: {{{prompt}}}
    cases:
      {case}: {{}}
"""

OTHERS = {
    "broken/test_broken.py": f'raise RuntimeError("collected {CANARY}")\n',
    "broken/test_syntax.py": f'text = "{CANARY}" + + * 7\n',
    "broken/test_import.py": f"from app import missing  # {CANARY}\n",
    "broken/test_skipped.py": f'import pytest\n\npytest.skip("{CANARY}", allow_module_level=True)\n',
    "broken/conftest.py": f'raise RuntimeError("configured {CANARY}")\n',
    "refused/name/suite.yaml": BUILD.format(function="app:build", prompt="", case=f"{CANARY} 1"),
    "refused/yaml/suite.yaml": f"suites: *{CANARY}\n",
    "refused/prompt/suite.yaml": BUILD.format(function="app:build", prompt=f"file: {CANARY}.md", case="a"),
    "refused/function/suite.yaml": BUILD.format(function=f"app:{CANARY}", prompt="", case="a"),
}

OPTIONS = {
    "plain": (),
    "long": ("-l", "-vv", "--tb=long", "--showlocals", "--full-trace"),
    "native": ("--tb=native", "-rA", "-vv"),
    "short": ("--tb=short", "-rA", "-ra", "-rw", "--show-capture=all", "--durations=3"),
    "line": ("--tb=line", "-q", "--xfail-tb", "-rX", "-rx"),
    "warnings": ("-W", "always", "-rA", "-rs"),
    "junit": ("-o", "junit_logging=all", "-o", "junit_log_passing_tests=true", "-rA"),
    "together": ("-n", "2", "-l", "-vv", "-rA"),
}


class Secrets:
    """A project full of canaries, and the outputs of its runs."""

    def __init__(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project = project
        # Warnings must be shown, not fail a test.
        project.write(
            "pytest.ini", "[pytest]\npythonpath = desk\ntestpaths = desk test_app.py\nfilterwarnings = default\n"
        )
        project.write("desk/app.py", APP)
        project.write("desk/suite.yaml", SUITE)
        project.write("desk/prompt.md", f"{CANARY}\n{PROMPT}")
        project.write("desk/resumes/ana.json", f'{{"name": "Ana {CANARY}"}}')
        self.write_tests()
        self.summary = project.path / "summary.md"
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(self.summary))

    def write_tests(self, prompt: str = '"v"') -> None:
        """Write the plain tests, whose prompt is ``prompt``."""
        text = TESTS.replace("{prompt}", "prompt").replace('prompt="v"', f"prompt={prompt}")
        self.project.write("test_app.py", text.replace("{{", "{").replace("}}", "}"))

    def accept(self) -> None:
        """Record, and accept the requests of passed tests."""
        self.project.run(*RECORD, UPDATE)
        self.summary.unlink()

    def outputs(self, *arguments: str) -> dict[str, str]:
        """Everything that a run writes, to the terminal and to files."""
        result = self.project.run("--junitxml=junit.xml", "-o", "harness_reports=reports", *arguments)
        paths = [self.summary, self.project.path / "junit.xml", *(self.project.path / "reports").glob("*")]
        found = {path.name: _take(path) for path in paths if path.exists()}
        return {"stdout": result.stdout.str(), "stderr": result.stderr.str(), **found}


def _take(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    path.unlink()
    return text


@pytest.fixture
def secrets(project: Project, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """A project full of canaries."""
    return Secrets(project, monkeypatch)


def seen(outputs: dict[str, str]) -> list[str]:
    """Lines that show the canary, each with its place."""
    return [f"{name}: {line}" for name, text in outputs.items() for line in text.splitlines() if CANARY in line]


def bust(secrets: Secrets) -> None:
    """Change accepted prompts, in the prompt file and in the code of a test."""
    secrets.project.write("desk/prompt.md", f"{CANARY} of today\n{PROMPT}")
    secrets.write_tests(f'"{CANARY}"')


def leak(secrets: Secrets) -> None:
    """Let a field of an input leak into the prefix."""
    secrets.project.write("desk/app.py", APP.replace('"text": prompt', '"text": resume["name"] + prompt'))


def vary(secrets: Secrets) -> None:
    """Let the prefix change in every call."""
    app = APP.replace('"text": prompt', '"text": f"{next(count)} {prompt}"')
    secrets.project.write("desk/app.py", f"from itertools import count\n\ncount = count()\n{app}")


def accept_bust(secrets: Secrets) -> None:
    """Change an accepted prompt for a stated reason."""
    bust(secrets)
    secrets.project.write("desk/suite.yaml", SUITE.replace("prompt.md}", "prompt.md, cache_bust: so it is}"))


CHANGES = {"nothing": lambda _: None, "bust": bust, "leak": leak, "vary": vary, "accepted": accept_bust}
FILES = {"summary.md", "junit.xml", *(row.file for row in FORMATS)}


@pytest.mark.parametrize("options", OPTIONS)
def test_canary_is_not_seen(options: str, secrets: Secrets) -> None:
    secrets.accept()
    bust(secrets)

    outputs = secrets.outputs(PRIVATE, *OPTIONS[options])

    assert outputs.keys() == {"stdout", "stderr", *FILES}
    assert "test_app.py" in outputs["stdout"]
    assert seen(outputs) == []


@pytest.mark.parametrize("mode", ["replay", "emulate"])
@pytest.mark.parametrize("change", CHANGES)
def test_canary_is_not_seen_whatever_is_found(change: str, mode: str, secrets: Secrets) -> None:
    secrets.accept()
    CHANGES[change](secrets)

    outputs = secrets.outputs(PRIVATE, f"--harness-mode={mode}", "-rA", "-vv", "-l")

    assert seen(outputs) == []


def test_canary_is_not_seen_where_nothing_was_recorded(secrets: Secrets) -> None:
    assert seen(secrets.outputs(PRIVATE, "-rA")) == []


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "together"])
def test_canary_is_not_seen_where_prefixes_are_built_again(options: tuple[str, ...], secrets: Secrets) -> None:
    app = APP.replace('"text": prompt', '"text": f"{hash(prompt)} {prompt}"')
    secrets.project.write("desk/app.py", app)

    outputs = secrets.outputs(PRIVATE, EMULATE, "--harness-determinism", "desk", *options)

    assert "unstable" in outputs["report.json"]
    assert seen(outputs) == []


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("options", [(), ("-n", "2", "-vv")], ids=["alone", "together"])
def test_canary_is_not_seen_where_a_file_cannot_be_collected(
    name: str, options: tuple[str, ...], secrets: Secrets
) -> None:
    secrets.project.write(name, OTHERS[name])
    arguments = (EMULATE, "-rA", "--ignore=desk", "--ignore=test_app.py", ".", *options)

    assert seen(secrets.outputs(*arguments))
    assert seen(secrets.outputs(PRIVATE, *arguments)) == []


def test_canary_is_not_seen_where_the_first_conftest_cannot_be_imported(secrets: Secrets) -> None:
    secrets.project.write("conftest.py", OTHERS["broken/conftest.py"])

    assert seen(secrets.outputs())
    assert seen(secrets.outputs(PRIVATE)) == []


def test_canary_is_not_seen_in_an_update(secrets: Secrets) -> None:
    outputs = secrets.outputs(PRIVATE, *RECORD, UPDATE, "-rA")

    assert "written: prompts.lock" in outputs["stdout"]
    assert seen(outputs) == []
    assert CANARY not in (secrets.project.path / "prompts.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "options", [("-s",), ("--capture=tee-sys",), ("-o", "log_cli=true"), ("--log-cli-level=INFO",)]
)
def test_what_would_be_shown_as_it_comes_is_refused(options: tuple[str, ...], secrets: Secrets) -> None:
    result = secrets.project.run(PRIVATE, EMULATE, *options)

    assert seen({"stdout": result.stdout.str(), "stderr": result.stderr.str()}) == []
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines[:2] == [
        "ERROR: --harness-private cannot withhold what is shown while tests run: printed output and live logs",
        "  try: leave out -s, --capture=tee-sys, log_cli and --log-cli-level",
    ]


# --- that the above can fail -----------------------------------------------------------------------------


def test_without_the_option_the_canary_is_seen_everywhere(secrets: Secrets) -> None:
    secrets.accept()
    bust(secrets)

    lines = seen(secrets.outputs("-rA", "-l", "-vv"))

    # A badge has figures only.
    assert {line.partition(":")[0] for line in lines} == {"stdout", *FILES} - {"badge.json"}
    for said in (
        "printed",
        "logged",
        "warned of",
        "message",
        "failed with",
        "from",
        "set up with",
        "torn down with",
        "no",
    ):
        assert any(line.startswith("stdout") and f"{said} {CANARY}" in line for line in lines), said


# --- what is said instead --------------------------------------------------------------------------------


def test_private_failures_say_what_may_be_said(secrets: Secrets) -> None:
    secrets.accept()
    bust(secrets)

    lines = secrets.outputs(PRIVATE)["stdout"].splitlines()

    assert "  first difference: system[0] at character 18" in lines
    assert any(line.startswith("    accepted: ") and "characters, sha256" in line for line in lines)
    line = (secrets.project.path / "test_app.py").read_text(encoding="utf-8").split("raise RuntimeError")[0].count(
        "\n"
    ) + 1
    assert f"test_app.py:{line}: RuntimeError (its message is withheld: --harness-private)" in lines


def test_private_run_passes_and_fails_as_any_other(secrets: Secrets) -> None:
    secrets.accept()

    public, private = (secrets.project.run("-p", "no:warnings", *options) for options in ((), (PRIVATE,)))

    assert private.parseoutcomes() == public.parseoutcomes()
    assert private.ret == public.ret

"""Where the guard stands: imports and functions of suites, the fast check, and threads that outlive their test."""

import pytest

from tests.pytest_plugin.conftest import APP, RECORD, REFUSE_NETWORK, Project

pytest_plugins = ("pytester",)

REACH = "import socket\ntry:\n    socket.getaddrinfo('example.test', 80)\nexcept Exception:\n    pass\n"
BUILD = f"""
def ask(prompt, question):
    {REACH.replace(chr(10), chr(10) + "    ").rstrip()}
    system = [{{"type": "text", "text": prompt, "cache_control": {{"type": "ephemeral"}}}}]
    messages = [{{"role": "user", "content": question}}]
    return {{"model": "claude-sonnet-5-5", "max_tokens": 500, "system": system, "messages": messages}}
"""
SUITE = """\
suites:
  {name}:
    build: {name}_app.py:ask
    prompts:
      v1: {{file: prompt.md}}
    cases:
      refund: {{question: How do I get a refund}}
"""
AT_IMPORT = f"{REACH}\n{APP}"
REFUSED = "*tried to look up the host 'example.test', but *only loopback addresses are reachable"


@pytest.fixture(autouse=True)
def without_a_net(project: Project) -> None:
    project.write("conftest.py", REFUSE_NETWORK)


@pytest.mark.parametrize("arguments", [(), ("--harness-mode=emulate",)], ids=["replay", "emulate"])
def test_function_of_a_build_suite_is_guarded(arguments: tuple[str, ...], project: Project) -> None:
    project.add_suite("desk", app=BUILD, suite=SUITE)

    result = project.run(*arguments)

    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([REFUSED])


@pytest.mark.parametrize("mode", [("--harness-mode=emulate",), RECORD], ids=["emulate", "record"])
def test_import_of_a_suites_module_is_guarded(mode: tuple[str, ...], project: Project) -> None:
    project.add_suite("desk", app=AT_IMPORT)

    result = project.run(*mode, "-k", "refund")

    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines([REFUSED])


def test_fast_check_is_guarded(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.cli import main

    project.add_suite("desk", app=BUILD.replace("socket.getaddrinfo", "(lambda *_: None)"), suite=SUITE)
    assert project.run("--harness-mode=emulate", "--harness-update-lock").ret == 0
    project.write("desk/desk_app.py", BUILD)
    capsys.readouterr()

    assert main(["lock", "--check"]) == 2

    assert "harness lock --check tried to look up the host 'example.test', but while prompts are built" in (
        capsys.readouterr().err
    )


def test_thread_that_outlives_its_test_fails_the_run(project: Project) -> None:
    project.write(
        "test_app.py",
        "import socket, threading\n"
        "go = threading.Event()\n"
        "def run():\n"
        "    go.wait(5)\n"
        "    try:\n"
        "        socket.getaddrinfo('example.test', 80)\n"
        "    except OSError:\n"
        "        pass\n"
        "thread = threading.Thread(target=run)\n"
        "def test_first(anthropic_client):\n"
        "    thread.start()\n"
        "def test_second(anthropic_client):\n"
        "    go.set()\n"
        "    thread.join()\n",
    )

    result = project.run()

    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*a thread that outlived test_app.py::test_first tried to look up*"])


def test_a_download_that_an_import_repeats_in_a_thread_fails_no_test(project: Project) -> None:
    project.write(
        "test_app.py",
        "import socket, threading\n"
        "go = threading.Event()\n"
        "refused = []\n"
        "def run():\n"
        "    go.wait(5)\n"
        "    try:\n"
        "        socket.getaddrinfo('prices.test', 80)\n"
        "    except OSError as error:\n"
        "        refused.append(error)\n"
        "thread = threading.Thread(target=run)\n"
        "thread.start()\n"
        "def test_first(anthropic_client):\n"
        "    go.set()\n"
        "    thread.join()\n"
        "    assert 'a thread that ran before' in str(refused[0])\n",
    )

    result = project.run()

    result.assert_outcomes(passed=1)
    assert result.ret == 0

"""A planted bust fails the run whatever its test ends in, in each mode, in one process and in two."""

import textwrap
from typing import Any

import pytest

from tests.pytest_plugin.conftest import OTHERS_PLUGINS
from tests.pytest_plugin.gate.runs import BUSTED, REPORTS, findings, section
from tests.pytest_plugin.scratch import EMULATE, Desk

pytest_plugins = ("pytester",)

HEAD = """\
import asyncio, threading, unittest
import anthropic, pytest
from app import build

def ask(client, question="Where is it?"):
    return client.messages.create(**build(question))

def ask_in_a_thread(client):
    def run():
        try:
            ask(client)
        except BaseException:
            pass
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

@pytest.fixture
def asked(anthropic_client):
    try:
        ask(anthropic_client)
    except anthropic.AnthropicError:
        pytest.skip("the API is down")
    {ending}

@pytest.fixture
def asking_late(anthropic_client):
    yield
    try:
        ask(anthropic_client)
    except anthropic.AnthropicError:
        pytest.skip("the API is down")
    {ending}
"""

TESTS = {
    "skip": ("try: ask(client)\nexcept anthropic.AnthropicError: pytest.skip('down')", "pytest.skip('not now')"),
    "skip_of_unittest": ("try: ask(client)\nexcept Exception: pass", "raise unittest.SkipTest('not now')"),
    "importorskip": ("try: ask(client)\nexcept Exception: pass", "pytest.importorskip('no_such_module')"),
    "xfail": ("try: ask(client)\nexcept Exception: pytest.xfail('down')", "pytest.xfail('later')"),
    "xfail_added": (
        "try: ask(client)\nexcept Exception: request.applymarker(pytest.mark.xfail)",
        "request.applymarker(pytest.mark.xfail)\nassert 0",
    ),
    "swallowed": ("try: ask(client)\nexcept Exception: pass", ""),
    "swallowed_all": ("try: ask(client)\nexcept BaseException: pass", ""),
    "wrapped": ("try: ask(client)\nexcept Exception as error: raise RuntimeError('app') from error", ""),
    "wrapped_twice": (
        "try:\n    try: ask(client)\n    except Exception as error: raise RuntimeError('app') from error\n"
        "except RuntimeError: raise KeyError('app') from None",
        "",
    ),
    "group": ("try: ask(client)\nexcept Exception as error: raise ExceptionGroup('app', [ValueError(), error])", ""),
    "expected": ("with pytest.raises(Exception):\n    ask(client)\n    raise ValueError", ""),
    "failed": ("try: ask(client)\nexcept Exception as error: pytest.fail('app')", "assert 0"),
    "left": ("try: ask(client)\nexcept Exception: pass", "raise SystemExit(0)"),
    "thread": ("ask_in_a_thread(client)", "pytest.skip('not now')"),
    "loop": (
        "async def run():\n    try: ask(client)\n    except Exception: pass\nasyncio.run(run())",
        "pytest.skip('not now')",
    ),
    "second": (
        "for question in 'ab':\n    try: ask(client, question)\n    except Exception: pass",
        "pytest.skip('not now')",
    ),
    "fixture": ("", ""),
    "late_fixture": ("", ""),
}
"""What each test does, and what it ends in where the call is answered."""

FIXTURES = {"fixture": "asked", "late_fixture": "asking_late"}


def write_tests(desk: Desk, *, is_ending: bool) -> None:
    """Write the tests of the table; without their endings all of them pass as long as nothing is busted."""
    lines = [HEAD.format(ending="pytest.skip('not now')" if is_ending else "")]
    for name, (body, ending) in TESTS.items():
        text = f"client = anthropic_client\n{body}\n{ending if is_ending else ''}"
        if (fixture := FIXTURES.get(name)) is not None:
            lines.append(f"def test_{name}({fixture}):\n    pass\n")
        else:
            lines.append(f"def test_{name}(anthropic_client, request):\n{textwrap.indent(text, '    ')}\n")
    desk.write_test(text="\n".join(lines).replace("{", "{{").replace("}", "}}"))


def accept_tests(desk: Desk) -> None:
    """Accept what the tests send; then plant the bust, and let them end as the table says."""
    desk.project.write("pytest.ini", "[pytest]\n")
    write_tests(desk, is_ending=False)
    desk.accept()
    write_tests(desk, is_ending=True)
    desk.write_app(BUSTED)


RUNS = {
    "replay": (),
    "emulate": (EMULATE,),
    "folder": ("support",),
    "selected": ("-k", "test_"),
    "workers": ("-n2",),
    "workers-emulate": ("-n2", EMULATE),
}


@pytest.mark.parametrize("arguments", RUNS.values(), ids=RUNS)
def test_a_bust_is_told_and_fails_whatever_its_test_ends_in(arguments: tuple[str, ...], desk: Desk) -> None:
    accept_tests(desk)

    result = desk.run(*arguments, *REPORTS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    found = [one for one in findings(desk) if one["rule"] == "bust"]
    assert {(one["level"], one["cause"]) for one in found} == {("error", "whitespace")}
    ended = {line.partition("::test_")[2].partition(" ")[0] for line in result.outlines if line.startswith(_BAD)}
    assert ended == TESTS.keys()
    (told,) = found
    assert "the cached prefix changed" in section(result)
    suite = 0 if "selected" in arguments or "-k" in arguments else 2
    assert f"the same in {len(TESTS) + suite - 1} more tests" in told["notes"]


_BAD = ("FAILED support/test_app.py", "ERROR support/test_app.py")

SWALLOW = """\
import pytest
from app import build

{mark}def test_ask(anthropic_client):
    try:
        anthropic_client.messages.create(**build("Where is it?"))
    except Exception:
        pass
    {ending}
"""


def swallow(ending: str, *, mark: str = "") -> str:
    """A test that swallows the error of its call, and ends in something else."""
    return SWALLOW.format(ending=ending, mark=mark)


LEAVING = {
    "exit": "pytest.exit('done', returncode=0)",
    "exit-without-code": "pytest.exit('done')",
    "interrupt": "raise KeyboardInterrupt",
}


@pytest.mark.parametrize("mode", ["replay", "emulate"])
@pytest.mark.parametrize("ending", LEAVING.values(), ids=LEAVING)
def test_a_test_that_ends_the_run_does_not_take_its_bust_along(ending: str, mode: str, accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    accepted.write_test(text=swallow(ending))

    arguments = ("support/test_app.py", f"--harness-mode={mode}", *REPORTS)
    result = accepted.project.pytester.runpytest_subprocess(*OTHERS_PLUGINS, *arguments)

    assert result.ret != 0
    assert {(one["rule"], one["test"]) for one in findings(accepted)} == {("bust", "support/test_app.py::test_ask")}


MARKED = {
    "mark": "@pytest.mark.xfail\n",
    "reason": "@pytest.mark.xfail(reason='a new prompt')\n",
    "strict": "@pytest.mark.xfail(strict=True)\n",
    "condition": "@pytest.mark.xfail(True, reason='a new prompt')\n",
}


@pytest.mark.parametrize("mode", ["replay", "emulate"])
@pytest.mark.parametrize("mark", MARKED.values(), ids=MARKED)
def test_the_bust_of_a_test_that_is_marked_xfail_is_a_warning(mark: str, mode: str, accepted: Desk) -> None:
    accepted.project.write("pytest.ini", "[pytest]\n")
    accepted.write_app(BUSTED)
    accepted.write_test(marker=mark)
    if "strict" in mark:
        accepted.write_test(text=swallow("assert 0", mark=mark))

    result = accepted.run("support/test_app.py", f"--harness-mode={mode}", *REPORTS)

    assert result.ret == 0
    (warning,) = findings(accepted)
    assert (warning["rule"], warning["level"], warning["cause"]) == ("bust", "warning", "whitespace")
    assert "expected: its test is marked xfail" in warning["notes"]
    assert "warning: test_app test_ask: the cached prefix changed" in section(result)


@pytest.mark.parametrize("mode", ["replay", "emulate"])
def test_a_mark_that_does_not_hold_hides_nothing(mode: str, accepted: Desk) -> None:
    accepted.write_app(BUSTED)
    accepted.write_test(text=swallow("pytest.xfail('later')", mark="@pytest.mark.xfail(False, reason='no')\n"))

    assert accepted.run("support/test_app.py", f"--harness-mode={mode}").ret == pytest.ExitCode.TESTS_FAILED


SILENT: dict[str, str] = {
    "returns": "def test_ask(anthropic_client):\n    return\n",
    "no-client": "def test_ask():\n    pass\n",
    "another-fixture": "def test_ask(tmp_path):\n    pass\n",
    "refused": "import pytest\nfrom app import build\n\ndef test_ask(anthropic_client):\n"
    "    body = build('x') | dict(max_tokens=-1)\n"
    "    with pytest.raises(Exception):\n        anthropic_client.messages.create(**body)\n",
}


@pytest.mark.parametrize("arguments", [(), (EMULATE,), ("support/test_app.py",)], ids=" ".join)
@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_what_is_accepted_has_to_be_sent(text: str, arguments: tuple[str, ...], accepted: Desk) -> None:
    accepted.write_test(text=text.replace("{", "{{").replace("}", "}}"))

    result = accepted.run(*arguments)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "test_app" in section(result)


def test_what_is_accepted_has_to_be_sent_by_workers_too(accepted: Desk) -> None:
    accepted.write_test(text=SILENT["another-fixture"])

    result = accepted.run("-n2")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "support/test_app/test_ask: accepted, but no test sends it any more" in section(result)


def test_fewer_requests_than_accepted_are_told_also_with_a_selection(accepted: Desk) -> None:
    accepted.write_test(text=SILENT["another-fixture"])

    result = accepted.run(EMULATE, "-k", "test_ask")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "support/test_app/test_ask: accepted, but no test sends it any more" in section(result)


def test_an_update_removes_the_entry_of_a_test_that_sends_nothing_any_more(accepted: Desk) -> None:
    accepted.write_test(text=SILENT["another-fixture"])

    accepted.accept()

    assert [key for key in accepted.entries if "test_ask" in key] == []


@pytest.mark.parametrize("how", ["@pytest.mark.skip\n", "@pytest.mark.skipif(True, reason='no')\n"])
def test_skipped_entries_are_listed(how: str, accepted: Desk) -> None:
    accepted.write_test(marker=how)

    result = accepted.run(EMULATE)

    assert result.ret == 0
    assert "note: support/test_app/test_ask: accepted, but its test was skipped" in section(result)


FLAKY = """\
from app import build

TRIES = []

def test_ask(anthropic_client):
    anthropic_client.messages.create(**build("Where is it?"))
    TRIES.append(1)
    assert len(TRIES) > 2
"""


def test_runs_that_are_followed_by_another_do_not_count(accepted: Desk) -> None:
    accepted.write_test(text=FLAKY)

    result = accepted.run(EMULATE, "support/test_app.py", "--reruns=3", *REPORTS)

    assert result.ret == 0
    row = next(line for line in result.outlines if line.startswith("support/test_app.py  "))
    assert row.split()[4] == "1"


def test_each_run_of_a_busted_test_is_told_once(accepted: Desk) -> None:
    accepted.write_app(BUSTED)

    result = accepted.run(EMULATE, "support/test_app.py", "--reruns=2", *REPORTS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    found: list[dict[str, Any]] = findings(accepted)
    assert [(one["rule"], one["notes"]) for one in found] == [("bust", [])]


LATE = """\
import threading
from app import build

READY = threading.Event()
THREADS = []

def test_ask(anthropic_client):
    anthropic_client.messages.create(**build("Where is it?"))

    def run():
        READY.wait(30)
        body = build("Where is it?")
        body["system"][0]["text"] += "!"
        try:
            anthropic_client.messages.create(**body)
        except Exception:
            pass

    THREADS.append(threading.Thread(target=run))
    THREADS[0].start()

def test_later():
    READY.set()
    THREADS[0].join()
"""


@pytest.mark.parametrize("mode", ["replay", "emulate"])
def test_what_a_thread_sends_after_its_test_is_charged_to_the_test(mode: str, accepted: Desk) -> None:
    accepted.write_test(text=LATE.replace("{", "{{").replace("}", "}}"))

    result = accepted.run("support/test_app.py", f"--harness-mode={mode}", *REPORTS)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert {(one["level"], one["test"]) for one in findings(accepted)} == {("error", "support/test_app.py::test_ask")}

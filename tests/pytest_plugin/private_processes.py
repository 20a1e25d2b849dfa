"""Attempts that need a process of their own. Each plants a canary of its own, so that few runs make all of them."""

import re
from dataclasses import dataclass, field

from tests.pytest_plugin.private_attempts import CANARY


@dataclass(frozen=True, kw_only=True)
class Process:
    """The files of a project, how pytest is run there, and which attempts that makes."""

    files: dict[str, str]
    attempts: dict[str, tuple[str, ...]]
    """Names of canaries by the beginning of their row."""
    arguments: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)


def find_planted(text: str) -> set[str]:
    """Names of the canaries in a text."""
    return set(re.findall(f"{CANARY}_(.+?)_", text))


def plant(code: str) -> str:
    """Put each canary into the code that names it."""
    return re.sub(r'canary\("(.+?)"\)', lambda found: f'"{CANARY}_{found[1]}_"', code)


_HOOKS = """
import atexit
import os
import subprocess
import sys
import threading

import pytest

def write(number, text):
    os.write(number, f"{text}\\n".encode())

write(1, canary("conftest-out"))
write(2, canary("conftest-err"))
atexit.register(print, canary("atexit"), flush=True)
atexit.register(write, 2, canary("atexit-err"))

class Late:
    def __del__(self):
        print(canary("del"), flush=True)

late = Late()

def pytest_configure():
    sys.__stdout__.write(canary("dunder"))
    write(1, canary("configure"))

def pytest_unconfigure():
    print(canary("unconfigure"), flush=True)
    subprocess.run([sys.executable, "-c", f"print({canary("last-child")!r})"])
"""
_TESTS = """
import faulthandler
import os
import subprocess
import sys
import threading
import time

import pytest
from conftest import write

def test_descriptors():
    write(1, canary("out"))
    write(2, canary("err"))

def test_children(tmp_path):
    subprocess.run([sys.executable, "-c", f"print({canary("child")!r})"])
    os.system(f"echo {canary("shell")} 1>&2")

@pytest.mark.parametrize("text", [canary("current-test")])
def test_variable(text):
    subprocess.run([sys.executable, "-c", "import os; print(os.environ['PYTEST_CURRENT_TEST'])"])

def test_original_streams():
    sys.__stderr__.write(canary("original"))

def test_threads():
    def talk():
        threading.main_thread().join()
        write(1, canary("thread"))
    threading.Thread(target=talk).start()

def test_traceback():
    code = compile("faulthandler.dump_traceback(file=2)", canary("traceback"), "exec")
    exec(code)
"""
_HYPOTHESIS = """
import hypothesis.database
from hypothesis import given, settings, strategies as st

@given(st.sampled_from([canary("example")]))
def test_fails(text):
    assert text == f"{text} other"

@given(st.text())
@settings(database=hypothesis.database.DirectoryBasedExampleDatabase("examples"))
def test_stores(text):
    assert len(text) < 2, canary("stored")
"""
_WORKERS = """
import os
import warnings

import pytest

@pytest.mark.parametrize("text", [canary("crash")])
def test_crashes(text):
    os._exit(1)

@pytest.mark.parametrize("text", [canary("id")])
def test_fails(text):
    warnings.warn(canary("warning"))
    assert text == 1, canary("message")

def test_prints():
    os.write(2, canary("descriptor").encode())
    assert 0
"""

_CONFTEST_EXIT = 'raise SystemExit(canary("conftest-exit"))\n'
_LATE_EXIT = 'def pytest_sessionfinish():\n    raise SystemExit(canary("late-exit"))\n'
_WORKER_HOOK = """
def pytest_collection_modifyitems(config):
    if hasattr(config, "workerinput"):
        raise RuntimeError(canary("worker-hook"))
"""
_INTERRUPT = 'def test_it():\n    raise KeyboardInterrupt(canary("interrupt"))\n'
_FAILS = 'def test_it():\n    assert 0, canary("debug")\n'
_PASSES = "def test_it():\n    pass\n"

PROCESSES = {
    "streams": Process(
        files={"conftest.py": _HOOKS, "test_it.py": _TESTS},
        arguments=("--capture=sys",),
        attempts={
            "output of tests": (
                "conftest-out",
                "conftest-err",
                "dunder",
                "configure",
                "out",
                "err",
                "original",
            ),
            "`PYTEST_CURRENT_TEST`": ("current-test", "child", "shell"),
            "output after the end": ("atexit", "atexit-err", "del", "unconfigure", "last-child", "thread"),
            "errors in threads": ("traceback",),
        },
    ),
    "files": Process(
        files={"test_it.py": _HYPOTHESIS},
        attempts={"`.hypothesis`": ("example", "stored"), "compiled modules": ("example",)},
        variables={"PYTHONDONTWRITEBYTECODE": ""},
    ),
    "workers": Process(
        files={"test_it.py": _WORKERS},
        arguments=("-n", "2"),
        attempts={"pytest-xdist": ("crash", "id", "warning", "message", "descriptor")},
    ),
    "hooks of workers": Process(
        files={"conftest.py": _WORKER_HOOK, "test_it.py": _PASSES},
        arguments=("-n", "1"),
        attempts={"pytest-xdist": ("worker-hook",)},
    ),
    "exit of a conftest": Process(
        files={"conftest.py": _CONFTEST_EXIT, "test_it.py": _PASSES},
        attempts={"import of a `conftest.py`": ("conftest-exit",)},
    ),
    "exit at the end": Process(
        files={"conftest.py": _LATE_EXIT, "test_it.py": _PASSES}, attempts={"errors in hooks": ("late-exit",)}
    ),
    "interrupt": Process(files={"test_it.py": _INTERRUPT}, attempts={"what ends a run": ("interrupt",)}),
    "debug": Process(
        files={"test_it.py": _FAILS}, attempts={"`PYTEST_DEBUG`": ("debug",)}, variables={"PYTEST_DEBUG": "1"}
    ),
}
"""Attempts in processes of their own."""

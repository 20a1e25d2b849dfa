"""A scratch project to run the plugin in: its application uses the SDK and does not know the harness."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.emulator.server import EmulatorServer
from harness.prompt.tokens import TextCounter
from harness.promptcache.simulator import Simulator
from tests.pytest_plugin.live_api import Api, Pauses, Serve

# pytester restores sys.modules after each in-process run. Imported again, these modules would break
# (yaml, and the compiled ones) or take a second each time (anthropic).
for heavy in (
    "anthropic",
    "ctok",
    "genai_prices",
    "httpcore2",
    "httpx2",
    "scipy.stats",
    "vl_convert",
    "yaml",
    "harness.sessions.session",
    "harness.pytest_plugin.collect",
    "harness.reports.tables",
):
    importlib.import_module(heavy)

APP = """
def ask(client, prompt, question):
    message = client.messages.create(
        model="claude-sonnet-5-5",
        max_tokens=500,
        system=[{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": question}],
    )
    return message.content[0].text
"""

PROMPT = "".join(f"Rule {number}: be polite.\n" for number in range(200))

SUITE = """\
suites:
  {name}:
    call: {name}_app.py:ask
    client: anthropic
    prompts:
      v1: {{file: prompt.md}}
    cases:
      refund: {{question: How do I get a refund}}
      parcel: {{question: Where is my parcel}}
"""

INI = """\
[pytest]
filterwarnings = error
xfail_strict = true
"""

REFUSE_NETWORK = """
import socket
import sys

import pytest

def refuse(*args):
    raise OSError("the network is off")

def look_up(host, port, *args, **settings):
    sys.audit("socket.getaddrinfo", host, port, 0, 0, 0)
    raise OSError("the network is off")

def pytest_configure(config):
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, refuse)
    patch.setattr(socket, "getaddrinfo", look_up)
    config.add_cleanup(patch.undo)
"""

RECORD = ("--harness-mode=record", "--harness-upstream=emulator")

# These plugins come with Hypothesis and LangChain, and their imports take a second or more in each run.
OTHERS_PLUGINS = ("-p", "no:hypothesispytest", "-p", "no:langsmith_plugin", "-p", "no:anyio")

Run = Callable[..., pytest.RunResult]


class Project:
    """A scratch project and how to run it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.plugins: list[object] = []
        """Plugins of the inner runs, besides their own."""
        self.write("pytest.ini", INI)

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def add_suite(self, name: str, *, app: str = APP, prompt: str = PROMPT, suite: str = SUITE) -> None:
        """Create a folder ``name`` with the suite ``name``, its application and its prompt."""
        self.write(f"{name}/suite.yaml", suite.format(name=name))
        self.write(f"{name}/{name}_app.py", app)
        self.write(f"{name}/prompt.md", prompt)

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in this process."""
        return self.pytester.runpytest_inprocess(
            "-p", "no:cacheprovider", *OTHERS_PLUGINS, *arguments, plugins=self.plugins
        )

    def record(self, *arguments: str) -> None:
        """Record all cassettes from the emulator; all tests must pass."""
        assert self.run(*RECORD, *arguments).ret == 0

    def files(self, folder: str) -> dict[str, bytes]:
        """Content of all files under a folder, by path relative to it."""
        root = self.path / folder
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def project(
    pytester: pytest.Pytester, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A scratch project without a key in its environment; token counts are kept between tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    # The output of the inner runs must not depend on where the tests run: pytest prints more if CI is set.
    foreign = ("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", *foreign):
        monkeypatch.delenv(name, raising=False)
    return Project(pytester)


@pytest.fixture
def serve(project: Project, monkeypatch: pytest.MonkeyPatch, count_text: TextCounter) -> Iterator[Serve]:
    """Start an API on loopback, and point the environment at it; runs do not wait between rounds."""
    pauses = Pauses()
    project.plugins.append(pauses)
    servers: list[EmulatorServer] = []

    def start(simulator: Simulator | None = None) -> Api:
        api = Api(count_text=count_text, simulator=simulator, pauses=pauses.seconds)
        servers.append(EmulatorServer(api))
        monkeypatch.setenv("ANTHROPIC_BASE_URL", servers[-1].__enter__().url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test-only")
        return api

    yield start
    for server in servers:
        server.__exit__()


def shown(result: pytest.RunResult, start: str, stop: str) -> str:
    """What a run printed from the line ``start`` up to, but not including, the line that begins with ``stop``."""
    lines = [line.rstrip() for line in result.outlines]
    first = next(number for number, line in enumerate(lines) if line.strip("= _") == start)
    last = next(number for number, line in enumerate(lines) if number > first and line.startswith(stop))
    return "\n".join(lines[first + 1 : last])


@pytest.fixture(autouse=True)
def _no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, a file written twice in a second, at the same size, would be imported in its first form."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

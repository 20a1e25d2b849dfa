"""Clients that nobody here wrote, in environments of their own, against ``harness serve``.

``make clients`` installs them; without that, these tests are skipped.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.emulator.clock import wall_clock
from harness.emulator.core import Emulator
from harness.emulator.http import HttpAnswer
from harness.emulator.server import EmulatorServer
from harness.prompt.reader import PromptReader
from harness.prompt.tokens import TextCounter
from harness.provider.models import name_models

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / ".clients"
BATCH = "message_batch_id"
"""The placeholder of the SDK's tests for the id of a batch."""
SDK_MODELS = {"model_id": "claude-opus-4-8"}
"""Their placeholder for the id of a model."""

pytestmark = pytest.mark.skipif(not (INSTALLED / ".ready").is_file(), reason="the clients come with make clients")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "harness", "serve", "--script", str(HERE / "script.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[1]
        server.terminate()


def environment(url: str) -> dict[str, str]:
    hidden = ("PYTHONPATH", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "ANTHROPIC_AUTH_TOKEN")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "offline"}


def run(command: list[str], url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment(url), capture_output=True, text=True, timeout=300, check=False
    )


def read_rows(result: subprocess.CompletedProcess[str]) -> dict[str, list[Any]]:
    """What each client read and wrote, call by call, or its error."""
    rows: dict[str, list[Any]] = {}
    for line in result.stdout.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            rows.setdefault(row["client"], []).append(row.get("error") or (row["read"], row["written"]))
    assert rows, result.stderr
    return rows


def check_cold_then_warm(rows: Mapping[str, list[Any]]) -> None:
    wrong = {name: calls for name, calls in rows.items() if not _is_cold_then_warm(calls)}
    assert wrong == {}


def _is_cold_then_warm(calls: list[Any]) -> bool:
    match calls:
        case [(0, int(written)), (int(read), 0)]:
            return written == read > 1_000
    return False


PYTHON = (
    *("sdk_create", "sdk_stream", "sdk_async", "sdk_raw", "sdk_parse", "sdk_tool_runner", "sdk_batch"),
    *("sdk_count_and_models", "litellm_completion", "litellm_json_schema", "pydantic_ai_agent", "langchain_invoke"),
    "instructor_create",
)
NODE = (
    *("node_create", "node_stream", "node_tools", "node_count", "node_batch", "node_errors"),
    *("vercel_text", "vercel_stream", "vercel_object", "vercel_tools"),
)


def test_python_clients_write_and_then_read(url: str) -> None:
    rows = read_rows(run([str(INSTALLED / "python/bin/python"), "python.py", *PYTHON], url, HERE))
    check_cold_then_warm(rows)
    assert rows.keys() == set(PYTHON)


def test_llama_index_with_an_older_sdk_writes_and_then_reads(url: str) -> None:
    rows = read_rows(run([str(INSTALLED / "llama_index/bin/python"), "python.py", "llama_index_chat"], url, HERE))
    check_cold_then_warm(rows)
    assert rows.keys() == {"llama_index_chat"}


def test_node_clients_write_and_then_read(url: str) -> None:
    rows = read_rows(run(["node", "clients.mjs"], url, INSTALLED / "node"))
    check_cold_then_warm(rows)
    assert rows.keys() == set(NODE)


# --- suites of others ----------------------------------------------------------------------------------------

FROM_THE_WEB = {"test_pdf_inputs", "test_image_inputs", "test_anthropic_inputs"}
"""Tests of LangChain that first fetch a file from the web."""


def test_langchains_standard_tests_pass(url: str) -> None:
    command = [str(INSTALLED / "python/bin/python"), *PYTEST, "-o", "asyncio_mode=auto", "langchain_suite.py"]
    result = run(command, url, HERE)
    assert failed(result) == FROM_THE_WEB, result.stdout[-3000:]
    assert passed(result) >= 35


SDK_TESTS = (
    *("messages", "beta/messages", "test_messages.py", "beta/test_messages.py", "test_models.py"),
    "beta/test_models.py",
)
REFUSED = {
    # "previous_message_id" is no id of a message: the API refuses it, as the emulator does.
    "test_method_create_with_all_params_overload_1",
    "test_method_create_with_all_params_overload_2",
    # A tool that is deferred and marked for the prompt cache, which the API refuses.
    "test_method_count_tokens_with_all_params",
    # Its models include some of 2023 that are not known here.
    "test_deprecated_model_warning",
}


class Seeded(Emulator):
    """Has the batch that the SDK's tests ask for, in the state that each needs."""

    def handle(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        if BATCH in path:
            params = {"model": "claude-opus-4-8", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
            self.batches.add([{"custom_id": "a", "params": params}], batch_id=BATCH)
            if method == "DELETE":
                super().handle("GET", path, b"")
        return super().handle(method, path, body, headers)


def test_the_python_sdks_own_tests_pass() -> None:
    (suite,) = (INSTALLED / "sdk").glob("anthropic-*")
    files = [f"tests/api_resources/{name}" for name in SDK_TESTS]
    emulator = Seeded(reader=PromptReader(TextCounter()), clock=wall_clock())
    with name_models(SDK_MODELS), EmulatorServer(emulator) as server:
        command = [
            str(INSTALLED / "python/bin/python"),
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-n",
            "0",
            *files,
        ]
        result = subprocess.run(
            command,
            cwd=suite,
            env={**environment(server.url), "TEST_API_BASE_URL": server.url},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert failed(result) == REFUSED, result.stdout[-3000:]
    assert passed(result) >= 420


PYTEST = (
    *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_asyncio", "-c", os.devnull, "--rootdir", str(HERE)),
    "--noconftest",
)


def failed(result: subprocess.CompletedProcess[str]) -> set[str]:
    """The names of the tests that failed, without parameters."""
    return set(re.findall(r"^(?:FAILED|ERROR) \S*::(\w+)", result.stdout, re.MULTILINE))


def passed(result: subprocess.CompletedProcess[str]) -> int:
    found = re.search(r"(\d+) passed", result.stdout)
    assert found is not None, result.stdout + result.stderr
    return int(found[1])

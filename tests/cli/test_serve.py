"""``harness serve`` as a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest

from harness.cli import main
from tests.emulator.test_server import REQUEST


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "harness", "serve", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            first = out(process).readline()
            assert first.startswith("serving http://127.0.0.1:"), first
            yield process, first.split()[1]
        finally:
            process.kill()


def out(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def ask(url: str, **changes: Any) -> httpx2.Response:
    return httpx2.post(f"{url}/v1/messages", json=REQUEST | changes, timeout=30)


def test_it_prints_its_address_then_a_line_a_request_and_ends_gracefully() -> None:
    with serving() as (process, url):
        system = [{"type": "text", "text": "Be brief. " * 1500, "cache_control": {"type": "ephemeral"}}]
        assert [ask(url, system=system).status_code for _ in range(2)] == [200, 200]
        lines = [out(process).readline() for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == f"export ANTHROPIC_BASE_URL={url} ANTHROPIC_API_KEY=offline\n"
    written = lines[0].split("written=")[1].split()[0]
    uncached = lines[0].split("uncached=")[1].strip()
    assert int(written) > 3_000
    assert int(uncached) < 20
    assert lines == [
        f"POST /v1/messages 200 model=claude-sonnet-5-5 read=0 written={written} uncached={uncached}\n",
        f"POST /v1/messages 200 model=claude-sonnet-5-5 read={written} written=0 uncached={uncached}\n",
    ]


def test_a_script_answers_and_strict_mode_refuses_the_rest(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- when: {text: Hello}\n  answer: Hi!\n")
    with serving("--script", str(script), "--strict") as (_, url):
        assert ask(url).json()["content"][0]["text"] == "Hi!"
        assert ask(url, messages=[{"role": "user", "content": "Bye"}]).status_code == 400


def test_journal_and_clock_are_served_only_if_asked_for() -> None:
    with serving("--admin") as (_, url):
        system = [{"type": "text", "text": "Be brief. " * 500, "cache_control": {"type": "ephemeral"}}]
        ask(url, system=system)
        assert httpx2.post(f"{url}/_harness/clock", json={"advance_seconds": 301}).json() == {}
        assert ask(url, system=system).json()["usage"]["cache_read_input_tokens"] == 0
        journal = httpx2.get(f"{url}/_harness/journal").json()
        assert [entry["request"]["messages"] for entry in journal] == [REQUEST["messages"]] * 2
        assert httpx2.delete(f"{url}/_harness/journal").json() == {}
        assert httpx2.get(f"{url}/_harness/journal").json() == []
        assert httpx2.post(f"{url}/_harness/clock", json={"advance_seconds": -1}).status_code == 400
        assert httpx2.get(f"{url}/_harness/other").status_code == 404
    with serving() as (_, url):
        assert httpx2.get(f"{url}/_harness/journal").status_code == 404


def test_no_key_reaches_the_journal_or_the_log() -> None:
    with serving("--admin") as (process, url):
        headers = {"x-api-key": "sk-ant-secret", "authorization": "Bearer sk-ant-secret"}
        httpx2.post(f"{url}/v1/messages", json=REQUEST, headers=headers, timeout=30)
        assert "secret" not in httpx2.get(f"{url}/_harness/journal").text
        assert "secret" not in out(process).readline()


def test_an_address_that_is_taken_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as (_, url):
        assert main(["serve", "--port", url.rpartition(":")[2]]) == 2
    assert "cannot listen at 127.0.0.1:" in capsys.readouterr().err


def test_a_bad_script_and_strict_mode_without_one_are_usage_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- anser: a\n")
    assert main(["serve", "--script", str(script)]) == 2
    assert f"{script}:1: a rule has no key 'anser'" in capsys.readouterr().err
    assert main(["serve", "--strict"]) == 2


def test_it_warns_of_an_address_that_other_machines_can_reach() -> None:
    command = [sys.executable, "-m", "harness", "serve", "--host", "0.0.0.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert out(process).readline().startswith("serving http://0.0.0.0:")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert "warning: 0.0.0.0 can be reached from other machines" in process.stderr.read()


def test_a_reader_of_the_log_that_goes_away_does_not_end_it() -> None:
    read, write = os.pipe()
    command = [sys.executable, "-m", "harness", "serve"]
    with subprocess.Popen(command, stdout=write, stderr=subprocess.DEVNULL) as process:
        os.close(write)
        with os.fdopen(read) as log:
            url = log.readline().split()[1]
        try:
            assert [ask(url).status_code for _ in range(3)] == [200] * 3
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0

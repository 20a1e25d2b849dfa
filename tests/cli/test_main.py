"""``python -m harness`` is the command ``harness``."""

import subprocess
import sys

import pytest

from harness.cli import main


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "harness", *arguments], capture_output=True, text=True, check=False)


def test_module_prints_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"COLUMNS": "80", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        main(["--help"])

    done = run("--help")

    assert (done.returncode, done.stdout, done.stderr) == (0, capsys.readouterr().out, "")


def test_module_exits_as_the_command_does() -> None:
    done = run("explain", "missing-1.json", "missing-2.json")

    assert (done.returncode, done.stdout) == (2, "")
    assert "missing-1.json" in done.stderr
    assert "Traceback" not in done.stderr

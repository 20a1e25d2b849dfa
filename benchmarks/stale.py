"""Run 100 tests after adding one character to their system prompt; print the messages and the time.

Run: python benchmarks/stale.py
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = 100
APP = """
PROMPT = "".join(f"Rule {n}: weigh the evidence of each skill before the title of the post.\\n" for n in range(770))


def ask(client, question):
    system = [{"type": "text", "text": PROMPT, "cache_control": {"type": "ephemeral"}}]
    messages = [{"role": "user", "content": question}]
    return client.messages.create(model="claude-sonnet-5-5", max_tokens=100, system=system, messages=messages)
"""
TEST = """
import pytest
from app import ask


@pytest.mark.parametrize("number", range({tests}))
def test_ask(anthropic_client, number):
    assert ask(anthropic_client, f"Question {{number}}")
"""


def pytest(folder: Path, *arguments: str) -> tuple[str, float]:
    """Run pytest; return its output and the seconds it took."""
    start = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:hypothesispytest", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout, time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "app.py").write_text(APP)
        (folder / "test_app.py").write_text(TEST.format(tests=TESTS))
        print(pytest(folder, "--harness-mode=record", "--harness-upstream=emulator")[0].splitlines()[-1])
        _, replayed = pytest(folder)
        (folder / "app.py").write_text(APP.replace("Rule {n}:", "Rule {n + (n == 700) * 0}{'!' * (n == 700)}:"))
        output, seconds = pytest(folder)
        place = output.count("first difference: system[0] at character ")
        print(output.splitlines()[-1])
        print(f"{place} of {TESTS} name block and character; {seconds:.1f} s, against {replayed:.1f} s when all pass")
        start = output.index("cassette ")
        print(output[start : output.index("\n__", start)])


if __name__ == "__main__":
    main()

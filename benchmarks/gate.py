"""Measure the gate on 1,000 unchanged prompts of 60 KB, and the pre-commit check on 100.

Each figure is the CPU time of a whole process, interleaved with its floor: bare collection of
1,000 empty tests without the plugin. Counting the tokens of a new prompt takes 0.1 s, once per
machine; this happens in the run that accepts the prompts, which is not timed.

Run: python benchmarks/gate.py [--prompts 1000] [--quick 100] [--rounds 5]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

APP = """
def build(prompt, question):
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": question}],
    }
"""
RULES = "".join(f"Rule {number}: weigh the evidence of each skill before the title.\n" for number in range(985))
EMPTY = "import pytest\n\n\n@pytest.mark.parametrize('number', range({0}))\ndef test_empty(number):\n    pass\n"
# Neither side loads the plugins of other installed packages.
QUIET = ["-q", "-p", "no:cacheprovider", "-p", "no:langsmith_plugin", "-p", "no:hypothesispytest", "-p", "no:anyio"]


def make_project(folder: Path, prompts: int) -> None:
    """Make a project with one suite per prompt; the prompts have 60 KB and differ from the first line on."""
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    lines = ["suites:"]
    for number in range(prompts):
        (folder / f"prompt{number}.md").write_text(f"You are assistant number {number}.\n{RULES}")
        lines += [
            f"  assistant{number}:",
            "    build: app.py:build",
            f"    prompts: {{v1: {{file: prompt{number}.md}}}}",
            "    cases: {parcel: {question: Where is my parcel}}",
        ]
    (folder / "suite.yaml").write_text("\n".join(lines) + "\n")
    (folder / "pytest.ini").write_text("[pytest]\n")


def cpu_seconds(folder: Path, *command: str) -> float:
    """CPU time of one process, which must succeed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--quick", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    pytest = [sys.executable, "-m", "pytest", *QUIET]
    harness = [sys.executable, "-c", "import sys; from harness.cli import main; sys.exit(main())"]
    with tempfile.TemporaryDirectory() as name:
        large, small, bare = (Path(name) / part for part in ("large", "small", "bare"))
        make_project(large, options.prompts)
        make_project(small, options.quick)
        bare.mkdir()
        (bare / "test_empty.py").write_text(EMPTY.format(options.prompts))
        for folder in (large, small):
            subprocess.run([*pytest, "--harness-update-lock"], cwd=folder, check=True, capture_output=True)
        rows: dict[str, list[float]] = {"bare": [], "gate": [], "check": []}
        for _ in range(options.rounds):
            rows["bare"].append(cpu_seconds(bare, *pytest, "--collect-only", "-p", "no:harness"))
            rows["gate"].append(cpu_seconds(large, *pytest))
            rows["check"].append(cpu_seconds(small, *harness, "lock", "--check"))
    times = {key: median(values) for key, values in rows.items()}
    beyond = median(gate - bare for gate, bare in zip(rows["gate"], rows["bare"], strict=True))
    print(f"bare collection of {options.prompts:,} tests: {times['bare']:.2f} s")
    size = f"{options.prompts:,} prompts of {len(RULES) / 1e3:.0f} KB"
    print(f"gate on {size}: {times['gate']:.2f} s, {beyond:.2f} s beyond")
    print(f"harness lock --check on {options.quick:,} prompts: {times['check']:.2f} s")


if __name__ == "__main__":
    main()

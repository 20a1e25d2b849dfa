"""The cost of a run whose suites have no checks, with this checkout and with an earlier one.

Runs alternate, and each figure is the median of user and system time. Make the earlier checkout with
``git worktree add ../before COMMIT``.

Run: python benchmarks/without_checks.py ../before [--runs 9]
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = 60
APP = """
def ask(client, prompt, question):
    message = client.messages.create(
        model="claude-sonnet-5-5", max_tokens=500,
        system=[{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": question}],
    )
    return message.content[0].text
"""


def make_project(folder: Path) -> None:
    """Write a suite of many cases, without checks."""
    cases = "\n".join(f"      case{number}: {{question: Question {number}}}" for number in range(CASES))
    suite = "suites:\n  desk:\n    call: desk_app.py:ask\n    client: anthropic\n    determinism: off\n"
    (folder / "suite.yaml").write_text(f"{suite}    prompts: {{v1: {{file: prompt.md}}}}\n    cases:\n{cases}\n")
    (folder / "desk_app.py").write_text(APP)
    (folder / "prompt.md").write_text("".join(f"Rule {number}: be polite.\n" for number in range(800)))
    (folder / "pytest.ini").write_text("[pytest]\n")


def cpu_seconds(checkout: Path, project: Path, *options: str) -> float:
    """CPU time of one run with the package of a checkout."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    subprocess.run(
        command, cwd=project, env=os.environ | {"PYTHONPATH": str(checkout)}, check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the medians and their ratio, in replay mode without reports and with them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    now, before = Path(__file__).parents[1], options.before.resolve()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        make_project(project)
        cpu_seconds(now, project, "--harness-mode=record", "--harness-upstream=emulator", "--harness-update-lock")
        for title, arguments in (("without reports", ()), ("with reports", ("-o", "harness_reports=reports"))):
            times: dict[Path, list[float]] = {now: [], before: []}
            for _ in range(options.runs):
                for checkout, found in times.items():
                    found.append(cpu_seconds(checkout, project, *arguments))
            medians = {checkout: statistics.median(found) for checkout, found in times.items()}
            print(
                f"{CASES} cases, {title}: before {medians[before]:.2f} s, now {medians[now]:.2f} s, "
                f"ratio {medians[now] / medians[before]:.3f}"
            )


if __name__ == "__main__":
    main()

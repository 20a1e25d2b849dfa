import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_accuracy_page_is_what_its_command_writes() -> None:
    script = "import sys; sys.path.insert(0, 'scripts'); import accuracy; sys.stdout.write(accuracy.document())"

    printed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True).stdout.decode()

    assert printed == (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")

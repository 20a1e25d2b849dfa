"""Pages are what their scripts write, and name only what is in the repository."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.house import MODULES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = [*PAGES, *MODULES.values(), *sorted((ROOT / "scripts").iterdir()), *sorted((ROOT / "benchmarks").glob("*.py"))]

FILE = re.compile(r"(?<![\w./:<-])(?:action|benchmarks|docs|harness|prompt_suites|scripts|tests)/[\w.*/-]*\w")
NAME = re.compile(r"`(harness(?:\.\w+)+)`")
EXAMPLES = {
    *("tests/vcr/*.yaml", "tests/cassettes/*.yaml", "tests/prompts"),  # of a project that uses the harness
    *("harness/reports/csv.py", "tests/reports/test_csv.py"),  # of the format that CONTRIBUTING.md adds
}

LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize(
    ("page", "script"),
    [
        ("accuracy.md", "import accuracy; text = accuracy.document()"),
        ("claims.md", "import claims; text = claims.page(claims.PAGE.read_text('utf-8'))"),
        ("architecture.svg", "import architecture; text = architecture.picture()"),
        ("architecture.md", "import architecture; text = architecture.page(architecture.PAGE.read_text('utf-8'))"),
    ],
)
def test_a_page_is_what_its_script_writes(page: str, script: str) -> None:
    script = f"import sys; sys.path.insert(0, 'scripts'); {script}; sys.stdout.buffer.write(text.encode())"

    printed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True).stdout.decode()

    assert printed == (ROOT / "docs" / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_file_and_every_name_of_the_package_that_is_mentioned_exists(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert [found for found in FILE.findall(text) if found not in EXAMPLES and not any(ROOT.glob(found))] == []
    assert [name for name in NAME.findall(text) if not _exists(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda file: file.name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()] == []


def _exists(name: str) -> bool:
    """Whether a dotted name is a module, or something that stands in one."""
    if name in MODULES:
        return True
    module, _, attribute = name.rpartition(".")
    return module in MODULES and hasattr(import_module(module), attribute)

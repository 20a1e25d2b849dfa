"""Measure the page of a run with 500 and 5,000 cases: its size, the time to build it, and the time to load it.

Run: python benchmarks/report_page.py
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from harness.reports.html.page import render_page  # noqa: E402
from tests.reports.html.browser import Opened, start  # noqa: E402
from tests.reports.sample_document import document  # noqa: E402

LIMITS = {500: 1.0, 5_000: 3.0}
"""Megabytes that a page may have, by its number of cases."""

WORDS = 115
"""Words of an answer: two answers a case, 1.5 kB in all."""


def main() -> int:
    """Print one line for each size; return 1 if a page is too large, or takes too long."""
    is_good = True
    with TemporaryDirectory() as folder, start() as browser:
        for cases, limit in LIMITS.items():
            data = document(cases=cases, words=WORDS)
            began = time.process_time()
            page = render_page(data)
            built = time.process_time() - began
            file = Path(folder) / f"{cases}.html"
            file.write_text(page, encoding="utf-8")
            began = time.perf_counter()
            opened = Opened(browser, file)
            loaded = time.perf_counter() - began
            opened.close()
            size = len(page.encode()) / 1e6
            is_good &= size <= limit and built < 3 and loaded < 2
            print(
                f"{cases:5,} cases: {size:.2f} MB (at most {limit}), built in {built:.2f} s, loaded in {loaded:.2f} s"
            )
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())

"""Take the pictures of a page that README and docs show: light, dark, phone.

Run: python scripts/screenshots.py reports/report.html docs
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURES = (("light", "light", 1200, 1500), ("dark", "dark", 1200, 1500), ("phone", "light", 380, 1500))
"""Name, colour scheme, width and height of each."""


def main(page: Path, folder: Path) -> None:
    """Write ``report-light.png`` and so on, and print their names."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, scheme, width, height in PICTURES:
            opened = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            opened.goto(page.resolve().as_uri())
            file = folder / f"report-{name}.png"
            opened.screenshot(path=file)
            print(file)
        browser.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))

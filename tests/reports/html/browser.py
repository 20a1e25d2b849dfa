"""One headless browser for the tests of the page, without any network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, Route, sync_playwright

Scheme = Literal["light", "dark"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def start() -> Iterator[Browser]:
    """Start the browser of this machine."""
    with sync_playwright() as playwright:
        # The sandbox of Chromium refuses to run as root, as on a CI machine; the page is our own.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Opened:
    """A page that is open, with all that it asked for and complained about."""

    def __init__(
        self,
        browser: Browser,
        file: Path,
        *,
        scheme: Scheme = "light",
        width: int = 1200,
        **options: bool,
    ) -> None:
        self.faults: list[str] = []
        self.requests: list[str] = []
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            offline=True,
            **options,  # type: ignore[arg-type]
        )
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        context.route("**/*", self._route)
        self.page.goto(file.as_uri())
        if options.get("java_script_enabled", True) and self.page.locator("#data").count():
            self.page.wait_for_selector("#filters:not([hidden])")

    def _route(self, route: Route) -> None:
        self.requests.append(route.request.url)
        route.continue_() if route.request.url.startswith("file:") else route.abort()

    def close(self) -> None:
        """Close the page."""
        self.page.context.close()

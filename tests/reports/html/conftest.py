from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.reports.html.browser import CHROMIUM, start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of a file: until it is closed, Playwright's event loop runs, and no other can."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with start() as started:
        yield started

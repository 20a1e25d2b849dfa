from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.reports.html.browser import CHROMIUM, start


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser for all tests of a process."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with start() as started:
        yield started

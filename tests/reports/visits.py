"""Pages opened in a real browser, and what happens while they load."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from tests.reports.screenshot import DRAWN, open_browser, open_page


class Visit(NamedTuple):
    """A loaded page, and what happened while it loaded."""

    page: Page
    complaints: list[str]
    requests: list[str]


Visitor = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One Chromium for all tests of a file."""
    with open_browser(chromium_path) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Visitor:
    """A function that opens a report from disk and waits until it has drawn."""

    @contextmanager
    def opened(report: Path, *, width: int = 1280, dark: bool = False) -> Iterator[Visit]:
        page = open_page(browser, width=width, dark=dark)
        complaints: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(report.as_uri())
        page.wait_for_function(DRAWN)
        yield Visit(page, complaints, requests)
        page.close()

    return opened

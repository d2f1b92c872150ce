"""The page in a real browser: it draws everything, complains about nothing, asks for nothing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from quantsig.reports.report import write_report
from tests.reports.screenshot import DRAWN, open_browser, open_page

WriteRun = Callable[..., Path]
HOSTILE = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "\"><svg onload='window.hacked=1'>",
    "</script><script>window.hacked=1</script>",
    "<a href=https://example.com>x</a>",
)

pytestmark = pytest.mark.browser


class Visit(NamedTuple):
    """A loaded page, and what happened while it loaded."""

    page: Page
    complaints: list[str]
    requests: list[str]


Visitor = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with open_browser(chromium_path) as chromium:
        yield chromium


@pytest.fixture
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


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_page_draws_itself_and_asks_for_nothing(
    write_run: WriteRun, visit: Visitor, width: int, dark: bool
) -> None:
    """No console message, no request but the file, every drawing has ink, nothing overflows."""
    report = write_report(write_run())
    with visit(report, width=width, dark=dark) as (page, complaints, requests):
        drawings = page.locator(".drawing").count()
        assert drawings >= 10
        assert page.locator(".drawing .main-svg .xaxislayer-above").count() >= drawings
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints == []
        assert requests == [report.as_uri()]


def test_hostile_names_do_not_run(write_run: WriteRun, visit: Visitor) -> None:
    """Names with markup in them are shown as they are."""
    report = write_report(write_run(symbols=HOSTILE, config="\n".join(HOSTILE)))
    with visit(report) as (page, complaints, requests):
        assert page.evaluate("window.hacked") is None
        assert page.locator("main img, main a").count() == 0
        assert page.get_by_text(HOSTILE[0]).count() > 0
        assert (complaints, requests) == ([], [report.as_uri()])


def test_the_policy_stops_other_scripts_and_requests(write_run: WriteRun, visit: Visitor) -> None:
    """The content policy is in force, not only written down."""
    with visit(write_report(write_run(steps=("train",)))) as (page, complaints, _):
        page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.hacked = 1";
                document.body.append(script);
            }"""
        )
        assert page.evaluate("window.hacked") is None
        assert any("Content Security Policy" in text for text in complaints)


def test_trades_are_sorted_by_a_click(write_run: WriteRun, visit: Visitor) -> None:
    """A heading sorts upwards, then downwards, by the exact value."""
    with visit(write_report(write_run())) as (page, *_):
        table = page.locator("table", has=page.get_by_role("button", name="Entry price"))
        cells = table.locator("tbody td:nth-child(8)")
        for order in (False, True):
            table.get_by_role("button", name="Return").click()
            values = [
                float(cell) for cell in cells.evaluate_all("c => c.map(x => x.dataset.value)")
            ]
            assert values == sorted(values, reverse=order)


def test_colours_follow_the_reader(write_run: WriteRun, visit: Visitor) -> None:
    """Drawings are coloured again when the reader turns from light to dark."""
    line = ".drawing .scatterlayer .js-line"
    with visit(write_report(write_run())) as (page, *_):
        light = page.locator(line).first.get_attribute("style")
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(
            "([line, light]) => document.querySelector(line).getAttribute('style') !== light",
            arg=[line, light],
        )

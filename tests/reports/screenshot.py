"""Photograph a report with Chromium: python tests/reports/screenshot.py REPORT.html OUT.png.

For the README: --width 1280 --height 900; for all of it --full; --dark for the dark colours.
"""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRAWN = "() => !document.querySelector('.drawing:not(.js-plotly-plot)')"  # every drawing is there


def find_browser() -> str | None:
    """Path of the first Chromium of this machine, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def open_browser(path: str) -> Iterator[Browser]:
    """A Chromium; without its sandbox, which does not work as root."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def open_page(
    browser: Browser, *, width: int = 1280, height: int = 900, dark: bool = False
) -> Page:
    """An empty page of the given size in pixels."""
    scheme: Literal["dark", "light"] = "dark" if dark else "light"
    return browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)


def photograph(
    report: Path, out: Path, *, width: int, height: int, dark: bool = False, full: bool = False
) -> None:
    """Write a PNG of the report as a reader sees it."""
    path = find_browser()
    if path is None:
        raise SystemExit(f"No Chromium here; looked for {', '.join(BROWSERS)}.")
    with open_browser(path) as browser:
        page = open_page(browser, width=width, height=height, dark=dark)
        page.goto(report.resolve().as_uri())
        page.wait_for_function(DRAWN)
        page.screenshot(path=out, full_page=full)


def main() -> None:
    """Read the command line and photograph."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--full", action="store_true")
    wanted = parser.parse_args()
    photograph(
        wanted.report,
        wanted.out,
        width=wanted.width,
        height=wanted.height,
        dark=wanted.dark,
        full=wanted.full,
    )


if __name__ == "__main__":
    main()

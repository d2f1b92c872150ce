"""A page as PDF or PNG, through a Chromium that is there already."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from quantsig.data.errors import ResourceError
from quantsig.data.language.messages import phrase
from quantsig.data.storage.atomic import refuse_existing, write_bytes

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
DRAWN_AT_ONCE = "#whole"  # asks the page to draw every figure when it opens
HEIGHT = re.compile(r'<html[^>]*data-height="(\d+)"')
WIDTH_PX, FIRST_HEIGHT_PX = 1280, 900
TALLEST_PX = 32_000  # of a PNG; what lies below is cut off
SECONDS = 180
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--virtual-time-budget=3000",
    "--user-agent=quantsig",  # which a PDF names as what made it, else with the system
)


def write_pdf(page: Path, out: Path, *, force: bool = False) -> Path:
    """Print a page on paper as its print style has it, and return the path of the PDF.

    Raises:
        ResourceError: there is no Chromium on the PATH, or it fails.
        UsageError: the file exists and `force` is False.
    """
    refuse_existing(out, force=force)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.pdf"
        _run(page, folder, "--no-pdf-header-footer", f"--print-to-pdf={made}")
        write_bytes(out, _content(made))
    return out


def write_picture(page: Path, out: Path, *, force: bool = False) -> Path:
    """Photograph a whole page from its first line to its last, and return the path of the PNG.

    Raises:
        ResourceError: there is no Chromium on the PATH, or it fails.
        UsageError: the file exists and `force` is False.
    """
    refuse_existing(out, force=force)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.png"
        document = _run(page, folder, f"--window-size={WIDTH_PX},{FIRST_HEIGHT_PX}", "--dump-dom")
        found = HEIGHT.search(document)
        height = min(int(found[1]), TALLEST_PX) if found else FIRST_HEIGHT_PX
        _run(page, folder, f"--window-size={WIDTH_PX},{height}", f"--screenshot={made}")
        write_bytes(out, _content(made))
    return out


def find_browser() -> str:
    """The first Chromium on the PATH or where its installer puts it.

    Raises:
        ResourceError: there is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise ResourceError(
            "no Chromium to print the page with.",
            where=f"PATH, looked for {', '.join(BROWSERS)}",
            remedy="Install Chromium, or open the report in any browser and print it there.",
        )
    return found


def _run(page: Path, folder: str, *flags: str) -> str:
    """What Chromium writes on its standard output; its profile is thrown away."""
    browser = find_browser()
    root = ["--no-sandbox"] if _is_root() else []  # Chromium refuses root otherwise
    command = [browser, *FLAGS, *root, f"--user-data-dir={folder}/profile", *flags]
    try:
        done = subprocess.run(
            [*command, page.resolve().as_uri() + DRAWN_AT_ONCE],
            capture_output=True,
            timeout=SECONDS,
            check=True,
            env=os.environ | {"DBUS_SESSION_BUS_ADDRESS": "disabled:"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _failed(browser, page) from error
    return done.stdout.decode("utf-8", "replace")


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _content(made: Path) -> bytes:
    if not made.is_file():
        raise _failed("Chromium", made)
    return made.read_bytes()


def _failed(browser: str, page: Path) -> ResourceError:
    return ResourceError(
        phrase("{browser} could not print the page.", browser=browser),
        where=str(page),
        remedy="Open the page in a browser and print it there.",
    )

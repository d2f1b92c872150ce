"""Photographs the page of a run for docs/screens/: both languages, three widths, light and dark.

PYTHONPATH=. uv run --with pypdfium2 python docs/screens.py RUN

The sheets of its PDF stand on one picture, too. Needs Chromium, and for the Chinese pages a font
that has them, such as fonts-wqy-zenhei. What is in the folder was made from a run like
that of docs/tutorial.md.
"""

import argparse
import io
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser

from quantsig.reports.printing import write_pdf
from quantsig.reports.report import write_report
from tests.reports.screenshot import find_browser, open_browser, open_page

HERE = Path(__file__).parent / "screens"
LANGUAGES = ("en", "zh")
SIZES = {1440: 900, 820: 1180, 390: 844}  # pixels: width and height of a screen
SHEETS_ABREAST, SHEET_SCALE = 5, 0.55  # of a PDF on one picture; pixels a point
VISIBLE = (  # every drawing of the first screen has its ink
    "() => [...document.querySelectorAll('.drawing')]"
    ".filter(e => e.getBoundingClientRect().top < innerHeight)"
    ".every(e => e.classList.contains('js-plotly-plot'))"
)


def photographs(browser: Browser, page: Path, lang: str) -> None:
    """The first screen of a page at every width, light and dark."""
    for width, height in SIZES.items():
        for scheme in ("light", "dark"):
            seen = open_page(browser, width=width, height=height, dark=scheme == "dark")
            seen.goto(page.as_uri())
            seen.wait_for_function(VISIBLE)
            with Image.open(io.BytesIO(seen.screenshot())) as picture:
                picture.save(HERE / f"{lang}-{width}-{scheme}.webp", lossless=True, method=6)
            seen.close()


def sheets(pdf: Path, target: Path) -> None:
    """Every sheet of a PDF, side by side."""
    drawn = [sheet.render(scale=SHEET_SCALE).to_pil() for sheet in pypdfium2.PdfDocument(pdf)]
    width, height = drawn[0].size
    rows = -(-len(drawn) // SHEETS_ABREAST)
    table = Image.new("RGB", (width * SHEETS_ABREAST, height * rows), "white")
    for place, sheet in enumerate(drawn):
        row, column = divmod(place, SHEETS_ABREAST)
        table.paste(sheet, (column * width, row * height))
    table.save(target, quality=70, method=6)


def main() -> None:
    """Write every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run
    path = find_browser()
    if path is None:
        raise SystemExit("No Chromium here.")
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, open_browser(path) as browser:
        for lang in LANGUAGES:
            page = write_report(run, out=Path(folder) / f"{lang}.html", lang=lang)
            photographs(browser, page, lang)
            sheets(write_pdf(page, Path(folder) / f"{lang}.pdf"), HERE / f"{lang}-pdf.webp")


if __name__ == "__main__":
    main()

"""Measure the page at full size: python -m tests.reports.measure [--folder DIR].

Fifty symbols with five years of calibration rows each, and ten thousand trades: how long the page
takes to write after imports, how large it is, how long it takes to open, and how long the slider
takes to answer in a headless Chromium.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage.documents import read_json, write_json
from quantsig.reports.report import write_report
from tests.reports import conftest
from tests.reports.screenshot import DRAWN, find_browser, open_browser, open_page

SYMBOLS = tuple(f"SYM{number:02d}" for number in range(50))
DAYS, TRADES = 1250, 10_000
MOSTLY_CALIBRATION = {"train": 0.01, "validation": 0.01, "calibration": 0.97, "test": 0.01}
SLIDE = """async () => {
    const slider = document.querySelector("#threshold-explorer input[type=range]");
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const taken = [];
    for (let position = 0; position <= 1000; position += 40) {
        await frame();
        const start = performance.now();
        slider.value = position;
        slider.dispatchEvent(new Event("input"));
        await frame();
        taken.push(performance.now() - start);
    }
    return taken;
}"""


def write_large_run(path: Path) -> Path:
    """A run nearly all of whose rows are calibration rows."""
    mostly: dict[str, Any] = dict(MOSTLY_CALIBRATION)
    shares, spec = conftest.SPLITS, SplitSpec(**mostly)
    conftest.SPLITS = MOSTLY_CALIBRATION
    try:
        recipe = conftest.Recipe(symbols=SYMBOLS, days=DAYS, trades=TRADES, bars=True)
        run = conftest.write_synthetic_run(path / "runs" / "run", recipe)
    finally:
        conftest.SPLITS = shares
    record = read_json(run / "run.json")
    write_json(run / "run.json", record | {"splits": asdict(spec)})
    return run


def main() -> None:
    """Write the run, measure three times each, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=None)
    folder = parser.parse_args().folder or Path(tempfile.mkdtemp())
    run = write_large_run(folder)
    rows = pl.read_parquet(run / "signals.parquet").filter(split="calibration").height
    write_report(run)  # imports and compiles what it needs
    written = [_timed(lambda: write_report(run)) for _ in range(3)]
    report = run / "report.html"
    print(f"{rows:,} calibration rows, {TRADES:,} trades")
    print(f"written in {statistics.median(written):.2f} s, {report.stat().st_size / 1e6:.2f} MB")
    browser_path = find_browser()
    if browser_path is None:
        return
    with open_browser(browser_path) as browser:
        opened = []
        for _ in range(3):
            page = open_page(browser)
            start = time.perf_counter()
            page.goto(report.as_uri())
            page.wait_for_selector("#threshold-explorer input:enabled")
            opened.append(time.perf_counter() - start)
            page.wait_for_function(DRAWN)
        slid = page.evaluate(SLIDE)
    print(f"opened in {statistics.median(opened):.2f} s until the slider answers")
    print(f"slider: median {statistics.median(slid):.0f} ms, longest {max(slid):.0f} ms")


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

"""The slider over thresholds says in the browser what Python says for the same threshold."""

from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from playwright.sync_api import Page

from quantsig.backtest.execution import Execution
from quantsig.backtest.outcome import trade
from quantsig.backtest.period import open_period
from quantsig.data.storage.documents import read_json, write_json
from quantsig.data.storage.parquet import write_parquet
from quantsig.reports.page.numerals import count, gain, number, share
from quantsig.reports.report import write_report
from quantsig.signals.runs import open_run
from quantsig.signals.thresholds.scored_rows import scored_rows
from quantsig.signals.thresholds.trade_off import trade_off
from tests.reports.conftest import Recipe, write_synthetic_run
from tests.reports.screenshot import DRAWN, open_browser, open_page

WriteRun = Callable[..., Path]
COST = 0.0004
STOP, TARGET = 0.02, 0.05

pytestmark = pytest.mark.browser


class Slid(NamedTuple):
    """An opened page whose slider is ready, and the run behind it."""

    page: Page
    run: Path


@pytest.fixture(scope="module")
def slid(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slid]:
    """A page of a run whose trades have a stop, a target and overlap."""
    run = tmp_path_factory.mktemp("explorer") / "runs" / "run"
    write_synthetic_run(run, Recipe(bars=True, days=2000))
    stats = read_json(run / "backtest" / "stats.json")
    stats["execution"] |= {"stop_loss": STOP, "take_profit": TARGET}
    write_json(run / "backtest" / "stats.json", stats)
    report = write_report(run)
    with open_browser(chromium_path) as browser:
        page = open_page(browser)
        page.goto(report.as_uri())
        page.wait_for_function(DRAWN)
        page.wait_for_selector("#threshold-explorer input:enabled")
        yield Slid(page, run)


def shown(page: Page) -> dict[str, str]:
    """Every number that the slider moves, as the reader sees it."""
    cells = page.locator("#threshold-explorer [data-shows]")
    pairs = cells.evaluate_all("all => all.map((one) => [one.dataset.shows, one.textContent])")
    return dict(pairs)


def slide(page: Page, position: int) -> dict[str, str]:
    """Move the slider as a hand does, and read what is shown."""
    page.locator("#threshold-explorer input[type=range]").evaluate(
        """(slider, position) => {
            slider.value = position;
            slider.dispatchEvent(new Event("input"));
        }""",
        position,
    )
    return shown(page)


def as_python_says(run: Path, selected: int, folder: Path) -> dict[str, str]:
    """The figures of the threshold that so many calibration rows reach, traded as a backtest."""
    opened = open_run(run)
    rows = scored_rows(opened, "calibration")
    threshold = float(np.sort(rows.probability)[::-1][selected - 1])
    figures = trade_off(rows, np.array([threshold]), COST).row(0, named=True)
    backtest = traded(run, threshold, folder)
    hits, positives = figures["true_positives"], int(rows.happened.sum())
    return {
        "threshold": number(threshold, 3),
        "signals": count(figures["signals"]),
        "precision": share(figures["precision"]),
        "recall": share(figures["recall"]),
        "lift": number(figures["lift"]),
        "signals_per_month": number(figures["signals_per_month"], 1),
        "expectancy": gain(figures["expectancy"]),
        "expectancy_after_costs": gain(figures["expectancy_after_costs"]),
        "true_positives": count(hits),
        "false_positives": count(selected - hits),
        "false_negatives": count(positives - hits),
        "true_negatives": count(len(rows) - positives - selected + hits),
        **backtest,
    }


def traded(run: Path, threshold: float, folder: Path) -> dict[str, str]:
    """Trades and return of the product's own backtest of the calibration rows."""
    signals = pl.read_parquet(run / "signals.parquet")
    chosen = signals.with_columns(signal=pl.col("probability") >= threshold)
    other = folder / "run"
    write_json(other / "run.json", read_json(run / "run.json"))
    write_parquet(other / "signals.parquet", chosen)
    period = open_period(open_run(other), "calibration")
    execution = Execution(stop_loss=STOP, take_profit=TARGET)
    accounts = trade(period.market, period.signals, execution).accounts
    return {
        "trades": count(accounts.trades.height),
        "total_return": gain(accounts.equity[-1] - 1),
    }


@pytest.mark.parametrize("position", [0, 120, 333, 500, 640, 777, 900, 1000])
def test_the_slider_shows_what_python_computes(slid: Slid, tmp_path: Path, position: int) -> None:
    """Every figure at every threshold, the trades of a whole backtest included."""
    found = slide(slid.page, position)
    expected = as_python_says(slid.run, int(found["signals"].replace(",", "")), tmp_path)
    assert {name: found[name] for name in expected} == expected


def test_the_page_opens_at_the_frozen_threshold(slid: Slid) -> None:
    """The button goes back to it."""
    slide(slid.page, 700)
    slid.page.locator("button[data-go=frozen]").click()
    choice = read_json(slid.run / "choices" / "trial-7.json")
    found = shown(slid.page)
    assert found["threshold"] == number(choice["threshold"], 3)
    assert found["signals"] == count(choice["calibration"]["signals"])
    assert found["precision"] == share(choice["calibration"]["precision"])


def test_the_keyboard_goes_threshold_by_threshold(slid: Slid) -> None:
    """An arrow selects one row more or less, where no two share a probability."""
    before = int(slide(slid.page, 500)["signals"].replace(",", ""))
    slid.page.locator("#threshold-explorer input[type=range]").press("ArrowLeft")
    assert int(shown(slid.page)["signals"].replace(",", "")) == before + 1


def test_the_equity_curve_moves_with_the_numbers(slid: Slid) -> None:
    """Its last point is the total return that is written beside it."""
    for position in (300, 800):
        found = slide(slid.page, position)
        slid.page.wait_for_timeout(100)
        last = slid.page.evaluate(
            "document.getElementById('threshold-explored-equity').data[0].y.at(-1)"
        )
        assert gain(last - 1) == found["total_return"]


RUINED = """(source) => {
    const Explored = new Function(`${source}; return Explored;`)();
    const arrays = {
        times: [0, 1, 2, 3], thresholds: [0.5], level: [0, 0], hit: [0, 1], returns: [-1.5, 2],
        symbol: [0, 0], entry: [0, 2], held: [1, 1], waits: [0, 0], growth: [-0.5, 3],
    };
    const explored = new Explored({ symbols: 1, months: 1, cost: 0 }, arrays);
    const { trades, total_return } = explored.trade(0);
    return [trades, total_return];
}"""


def test_an_account_without_money_trades_no_more(slid: Slid) -> None:
    """A short that lost more than there was is the last trade of its symbol."""
    source = files("quantsig.reports") / "templates" / "scripts" / "explorer.js"
    browser = slid.page.context.browser
    assert browser is not None
    with browser.new_page() as page:
        assert page.evaluate(RUINED, source.read_text("utf-8")) == [1, -1.5]

"""The backtest in a real browser: views, scales, and ten thousand trades in a table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from quantsig.reports.comparison.report import read_runs, write_comparison
from quantsig.reports.inputs import read_inputs
from quantsig.reports.report import write_report
from tests.reports.backtest_files import Traded, write_sweep, write_traded_run, write_walk
from tests.reports.hostile import HOSTILE
from tests.reports.visits import Visit, Visitor

SYMBOLS = tuple(f"S{n:02}" for n in range(50))
PRICES = "backtest-prices"
CHANGED = "(id) => document.getElementById(id).data !== window.before"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was traded, swept and walked."""
    path = write_traded_run(tmp_path_factory.mktemp("drawn") / "runs" / "run", Traded())
    write_sweep(path)
    write_walk(path)
    return path


@pytest.fixture(scope="module")
def opened(run: Path, visit: Visitor) -> Iterator[Visit]:
    """Its page, drawn once for the tests that choose and switch on it."""
    with visit(write_report(run)) as visited:
        yield visited


def drawn_entries(page: Page) -> list[float]:
    """Prices of the entries that the price chart shows."""
    found: list[float] = page.evaluate(
        f"document.getElementById('{PRICES}').data.find((one) => one.name === 'entry').y"
    )
    return found


def choose(page: Page, drawing: str, place: int) -> None:
    """Choose a view by its place in the list, and wait until it is drawn."""
    page.evaluate("(id) => { window.before = document.getElementById(id).data; }", drawing)
    page.select_option(f"select[data-views='{drawing}']", index=place)
    page.wait_for_function(CHANGED, arg=drawing)


def test_every_drawing_of_a_whole_backtest_has_ink(run: Path, visit: Visitor) -> None:
    """No console message, no request but the file, nothing wider than a phone."""
    report = write_report(run)
    with visit(report, width=390) as (page, complaints, requests):
        assert page.locator("#backtest .drawing .main-svg").count() >= 10
        assert page.locator("#stories img.picture:visible").count() == 6
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert (complaints, requests) == ([], [report.as_uri()])


def test_the_chosen_symbol_has_its_own_prices(run: Path, opened: Visit) -> None:
    """Back and forth, each symbol shows its own entries."""
    trades = read_inputs(run).trades
    assert trades is not None
    page, complaints, _ = opened
    labels = page.locator(f"select[data-views='{PRICES}'] option").all_inner_texts()
    for place in (1, 2, 0):
        choose(page, PRICES, place)
        own = trades.filter(symbol=labels[place]).sort("entry_time")["entry_price"]
        assert drawn_entries(page) == pytest.approx(own.to_list(), rel=1e-4)
    assert complaints == []


def test_the_sweep_is_seen_over_other_settings(opened: Visit) -> None:
    """The axes are those of the chosen pair."""
    choose(opened.page, "backtest-sweep", 2)  # stop loss and holding bars
    layout = opened.page.evaluate("document.getElementById('backtest-sweep').layout")
    assert layout["xaxis"]["title"]["text"] == "holding bars"
    assert layout["yaxis"]["title"]["text"] == "stop loss"


def test_equity_has_a_logarithmic_scale(opened: Visit) -> None:
    """By a switch that says whether it is on."""
    switch = opened.page.locator("button[data-log='backtest-equity']")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    kind = "document.getElementById('backtest-equity')._fullLayout.yaxis.type"
    assert opened.page.evaluate(kind) == "log"


def test_the_symbol_is_chosen_by_keyboard(opened: Visit) -> None:
    """The list takes the focus, and its next entry is drawn."""
    page = opened.page
    chooser = page.locator(f"select[data-views='{PRICES}']")
    before = drawn_entries(page)
    page.evaluate("(id) => { window.before = document.getElementById(id).data; }", PRICES)
    chooser.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function(CHANGED, arg=PRICES)
    assert drawn_entries(page) != before


def test_ten_thousand_trades_are_sorted_and_filtered(tmp_path: Path, visit: Visitor) -> None:
    """The largest return of all comes first, and a symbol's trades are all counted."""
    wanted = Traded(symbols=SYMBOLS, bars=600, trades=10_000)
    run = write_traded_run(tmp_path / "runs" / "run", wanted)
    trades = read_inputs(run).trades
    assert trades is not None
    report = write_report(run)
    assert report.stat().st_size < 8_000_000
    with visit(report) as (page, complaints, _):
        holder = page.locator(".data-table", has=page.get_by_role("button", name="Entry price"))
        sort = holder.get_by_role("button", name="Return")
        sort.click()
        sort.click()
        largest = max(trades["return"]) * 100
        cells = holder.locator("tbody tr:first-child td")
        expect(cells.nth(7)).to_contain_text(f"{largest:.2f}")
        holder.locator("input[type=search]").fill("S07")
        count = trades.filter(symbol="S07").height
        shown = min(count, 200)
        expect(holder.locator("tbody tr")).to_have_count(shown)
        assert set(holder.locator("tbody td:nth-child(2)").all_inner_texts()) == {"S07"}
        assert complaints == []


def test_hostile_symbols_do_not_run_as_choices(tmp_path: Path, visit: Visitor) -> None:
    """As names of views, in titles of stories and in unpacked traces they stay text."""
    run = write_traded_run(tmp_path / "runs" / "run", Traded(symbols=HOSTILE, trades=200))
    report = write_report(run)
    with visit(report) as (page, complaints, requests):
        labels = page.locator(f"select[data-views='{PRICES}'] option").all_text_contents()
        assert set(labels) <= set(HOSTILE)
        assert len(labels) > 50
        for place in range(1, len(labels), 12):
            choose(page, PRICES, place)
        assert page.evaluate("window.hacked") is None
        assert (complaints, requests) == ([], [report.as_uri()])


def test_a_comparison_draws_itself_and_asks_for_nothing(
    run: Path, tmp_path: Path, visit: Visitor
) -> None:
    """Both equities are there, and a name that is a link stays a name."""
    link = "<a href='https:example.com'>other"
    other = write_traded_run(tmp_path / "runs" / link, Traded(trades=5))
    page_path = write_comparison(read_runs([run, other]), tmp_path / "compared.html")
    with visit(page_path) as (page, complaints, requests):
        names = page.evaluate(
            "document.getElementById('equity-overlaid').data.map((one) => one.name)"
        )
        assert names == ["run", link.replace("<", "&lt;").replace(">", "&gt;")]
        assert page.locator("#equity a").count() == 0
        assert page.locator("#equity .legendtext").all_text_contents() == ["run", link]
        assert (complaints, requests) == ([], [page_path.as_uri()])

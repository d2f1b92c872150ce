"""What the section on the backtest shows, of all sizes and of earlier versions."""

from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.record import DecilesRecord, InformationCoefficient, PortfolioFigures
from quantsig.data.language.saying import reading, say
from quantsig.data.storage.documents import read_json
from quantsig.reports.figures.backtest import price_chart
from quantsig.reports.figures.backtest.execution_settings import (
    ALWAYS,
    WHERE_CHANGED,
    execution_settings,
)
from quantsig.reports.inputs import Inputs, read_inputs
from quantsig.reports.page.content import Figure, Number, Section, Table
from quantsig.reports.sections.backtest import section
from quantsig.reports.sections.verdict import months_of
from tests.reports.backtest_files import Traded, write_sweep, write_traded_run
from tests.stats_records import with_stats

DECILES = DecilesRecord(
    deciles=2,
    symbols=3,
    times=9,
    times_left_out=0,
    overlap=1,
    portfolios=(),
    long_short=(),
    information_coefficient=InformationCoefficient(
        mean=None, deviation=None, t=None, positive=None, times=0, by_month=(), missing={}
    ),
    missing=None,
)
MANY_SYMBOLS = tuple(f"S{n:03}" for n in range(500))
KINDS = {
    "no trade": Traded(trades=0),
    "one trade": Traded(trades=1),
    "one symbol": Traded(symbols=("BTC/USDT",)),
    "bankrupt": Traded(bankrupt=True),
    "500 symbols, 10,000 trades": Traded(symbols=MANY_SYMBOLS, bars=400, trades=10_000),
}


@pytest.fixture(scope="module", params=list(KINDS.values()), ids=list(KINDS))
def inputs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """A run of each kind, read once."""
    folder = tmp_path_factory.mktemp("traded")
    return read_inputs(write_traded_run(folder / "runs" / "run", request.param))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of sixty trades in three symbols."""
    return write_traded_run(tmp_path_factory.mktemp("traded") / "runs" / "run", Traded())


def figures(shown: Section) -> dict[str, Figure]:
    parts = [item for part in shown.parts for item in part.figures]
    return {item.name: item for item in (*shown.figures, *parts)}


def tables(shown: Section) -> dict[str, Table]:
    return {item.title: item for part in shown.parts for item in part.tables}


def numbers(shown: Section) -> dict[str, Number]:
    parts = [item for part in shown.parts for item in part.numbers]
    return {item.label: item for item in (*shown.numbers, *parts)}


def test_every_size_is_shown(inputs: Inputs) -> None:
    """Every drawing has its own name and says what it means, every number its formula."""
    shown = section(inputs)
    drawn = [*shown.figures, *(item for part in shown.parts for item in part.figures)]
    assert len({item.name for item in drawn}) == len(drawn) >= 3
    assert all(item.meaning for item in drawn)
    assert all(item.meaning for item in numbers(shown).values())


def test_every_trade_is_in_the_table(inputs: Inputs) -> None:
    """The table holds all of them, whatever of it is drawn at first."""
    assert inputs.trades is not None
    assert len(tables(section(inputs))["List of trades"].rows) == inputs.trades.height


def test_an_old_backtest_says_what_it_lacks(run: Path) -> None:
    """Figures and tables that earlier versions did not write are named, with the remedy."""
    figures = {"trades": 3, "total_return": 0.1, "sharpe": 0.3}
    old = {"monthly": None, "ladders": None, "drawdowns": None}
    shown = section(with_stats(read_inputs(run), figures=figures, **old))
    (said,) = [text for text in shown.paragraphs if "earlier version" in text]
    assert "calmar ratio" in said
    assert "returns of every month" in said
    assert "Another quantsig backtest" in said


def test_a_whole_backtest_lacks_nothing(run: Path) -> None:
    """Then no such sentence is there."""
    assert not [text for text in section(read_inputs(run)).paragraphs if "earlier" in text]


def test_a_bankrupt_account_is_a_warning(run: Path) -> None:
    """The day is named."""
    inputs = read_inputs(run)
    assert not section(inputs).warnings
    lost = with_stats(inputs, bankrupt="2011-07-01T21:00:00+00:00")
    assert "2011-07-01" in section(lost).warnings[0]


def test_a_few_sessions_are_a_warning(run: Path) -> None:
    """As the backtest itself says it."""
    said = "Sessions traded: 3. Annual figures from so few mean little."
    assert section(with_stats(read_inputs(run), remarks=(said,))).warnings == (said,)


def test_months_stand_in_their_year_and_month(run: Path) -> None:
    """A month that is not known is empty, not zero."""
    rows = ({"year": 2012, "month": 3, "return": 0.02}, {"year": 2013, "month": 1, "return": -0.1})
    (shown,) = months_of(with_stats(read_inputs(run), monthly=rows).stats)
    (cells,) = shown.drawing.data
    assert list(cells.y) == ["2012", "2013"]
    assert (cells.z[0][2], cells.z[1][0], cells.z[0][0]) == (0.02, -0.1, None)


def test_the_rolling_sharpe_ratio_is_that_of_the_last_sessions(run: Path) -> None:
    """Its last value is mean over deviation of 63 returns, times the root of a year."""
    inputs = read_inputs(run)
    assert inputs.equity is not None
    (line,) = figures(section(inputs))["rolling-sharpe"].drawing.data
    last = inputs.equity["equity"].to_numpy()[-64:]
    returns = last[1:] / last[:-1] - 1
    assert line.y[-1] == pytest.approx(
        returns.mean() / returns.std(ddof=1) * np.sqrt(260.9), abs=1e-6
    )


def test_entries_and_exits_stand_on_their_own_symbol(run: Path) -> None:
    """A view a symbol, with as many entries as it has trades, at the prices of the fills."""
    inputs = read_inputs(run)
    assert inputs.trades is not None
    prices = figures(section(inputs))["prices"]
    for view in prices.views:
        own = inputs.trades.filter(symbol=str(view.label)).sort("entry_time")
        _, _, entries, exits = view.traces
        assert entries["y"] == pytest.approx(own["entry_price"].to_list(), rel=1e-4)
        assert exits["x"] == own["exit_time"].dt.epoch("ms").to_list()
    assert {str(view.label) for view in prices.views} == set(inputs.trades["symbol"])


def test_marks_that_do_not_fit_are_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last trades of each symbol are marked, and it is said how many."""
    monkeypatch.setattr(price_chart, "MARKS", 12)
    prices = figures(section(read_inputs(run)))["prices"]
    assert "last 4 trades are marked" in prices.note
    assert all(len(view.traces[2]["x"]) == 4 for view in prices.views)


def test_without_bars_the_price_is_not_drawn_and_it_is_said(run: Path) -> None:
    """The sample set may be gone."""
    shown = section(replace(read_inputs(run), bars=None))
    assert "prices" not in figures(shown)
    (trades,) = [part for part in shown.parts if part.title == "Trade by trade"]
    assert "cannot be opened" in trades.paragraphs[0]


def test_a_delay_that_cannot_be_reached_is_not_drawn(run: Path) -> None:
    """In the table it says that it cannot."""
    shown = section(read_inputs(run))
    total, single = figures(shown)["delays"].drawing.data
    assert list(total.x) == list(single.x) == [1, 2]
    rows = tables(shown)["At later entries"].rows
    assert [row[:2] for row in rows] == [(0, False), (1, True), (2, True)]


def test_portfolios_by_probability_are_shown_where_they_were_asked_for(run: Path) -> None:
    """A bar for each part before and after costs; the last less the first in the table."""
    inputs = read_inputs(run)
    assert "deciles" not in figures(section(inputs))
    spread = PortfolioFigures(
        weights="equal",
        times=9,
        mean_return=0.01,
        t=1.0,
        turnover=0.5,
        mean_after_costs=0.008,
        missing={},
    )
    parts = tuple(replace(spread, decile=number) for number in (1, 2))
    deciles = replace(DECILES, portfolios=parts, long_short=(spread,))
    shown = section(with_stats(inputs, deciles=deciles))
    before, after = figures(shown)["deciles"].drawing.data
    assert (list(before.y), list(after.y)) == ([0.01, 0.01], [0.008, 0.008])
    assert [row[0] for row in tables(shown)["Parts by probability"].rows] == [1, 2, None]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_weighs_the_portfolios_is_said(run: Path, language: str) -> None:
    """Dollar volume in documents of earlier versions and without a file; else market values."""
    inputs = read_inputs(run)
    valued = replace(DECILES, value_weights="market value", without_value=17)
    expected = {
        "en": ("by dollar volume", "market value known at the decision; 17 rows"),
        "zh": ("成交额", "已知的最新市值；17 行"),
    }[language]
    with reading(language):
        for deciles, words in zip((DECILES, valued), expected, strict=True):
            shown = section(with_stats(inputs, deciles=deciles))
            (part,) = [part for part in shown.parts if len(part.paragraphs) == 2]
            assert words in say(part.paragraphs[1])


def test_a_sweep_has_a_map_for_every_pair_of_settings(tmp_path: Path) -> None:
    """Three settings were swept; delay and target were not."""
    run = write_traded_run(tmp_path / "runs" / "run", Traded())
    assert "sweep" not in figures(section(read_inputs(run)))
    write_sweep(run)
    views = figures(section(read_inputs(run)))["sweep"].views
    assert [str(view.label) for view in views] == [
        "threshold and stop loss",
        "threshold and holding bars",
        "stop loss and holding bars",
    ]


def test_a_cell_of_the_map_is_the_middle_of_its_cells(tmp_path: Path) -> None:
    """Of all other settings the median counts, not the best."""
    run = write_traded_run(tmp_path / "runs" / "run", Traded())
    write_sweep(run)
    cells = pl.read_parquet(run / "sweep" / "cells.parquet")
    own = cells.filter(pl.col("threshold") == 0.2, pl.col("holding_bars") == 10)["sharpe"]
    view = figures(section(read_inputs(run)))["sweep"].views[1]
    (grid,) = view.traces
    row, column = grid["y"].index("0.2"), grid["x"].index("10")
    assert grid["z"][row][column] == pytest.approx(sorted(own)[1], abs=1e-4)


def test_random_entries_are_a_band_where_they_are_known(run: Path) -> None:
    """A backtest of an earlier version has none."""
    inputs = read_inputs(run)
    assert inputs.equity is not None
    old = replace(inputs, equity=inputs.equity.drop("random_low", "random_high", "random_median"))
    names = [trace.name for trace in figures(section(inputs))["equity"].drawing.data]
    assert "random entries, 5 % to 95 %" in names
    assert "random" not in " ".join(
        str(trace.name) for trace in figures(section(old))["equity"].drawing.data
    )


def test_the_bars_are_those_of_the_traded_time(run: Path) -> None:
    """From the first bar of the backtest to the last, of the traded symbols."""
    inputs, stats = read_inputs(run), read_json(run / "backtest" / "stats.json")
    assert inputs.bars is not None
    shown = inputs.bars["timestamp"]
    assert (str(shown.min())[:10], str(shown.max())[:10]) == (
        stats["start"][:10],
        stats["end"][:10],
    )
    assert set(inputs.bars["symbol"]) == set(stats["symbols"])


def test_execution_is_told_in_words_and_units(run: Path) -> None:
    """What differs from the default has a row, what does not is named below; no key of a file."""
    told = execution_settings(
        {**asdict(Execution(delay_bars=1, holding_bars=5)), "stop_loss": 0.03, "lot_size": 100.0}
    )
    rows = dict(told.rows)
    assert rows["Entry after the decision"] == "1 bar"
    assert rows["Fee"] == "1.0 bps a side"
    assert rows["Stop below the entry"] == "3.0\u202f%"
    assert rows["Target above the entry"] == "none"
    assert rows["Shares in a lot"] == "100.00"
    assert "Price limit of a session" in told.note
    assert not [cell for row in told.rows for cell in row if "_" in cell]
    assert {*ALWAYS, *WHERE_CHANGED} == {field.name for field in fields(Execution)}


def test_exposure_is_a_mean_a_week_and_turnover_a_sum_a_month(run: Path) -> None:
    """Over 30 % invested throughout, and months that chain to what was traded."""
    inputs = read_inputs(run)
    assert inputs.equity is not None
    invested, traded = figures(section(inputs))["exposure"].drawing.data
    assert set(invested.y) == {0.3}
    assert len(invested.y) == inputs.equity["timestamp"].dt.truncate("1w").n_unique()
    assert sum(traded.y) == pytest.approx(inputs.equity["turnover"].sum(), abs=1e-4)

"""The fused sweep, cell by cell against the adapter, and against vectorbt's own signals."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantsig.backtest.benchmarks.load import alternating_bars, before_calm, grid_over
from quantsig.backtest.benchmarks.rivals import by_vectorbt
from quantsig.backtest.comparisons.holding import equal_weight
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.backtest.point_figures import point_figures
from quantsig.backtest.statistics.excursions import excursions
from quantsig.backtest.statistics.figures import Figures
from quantsig.backtest.statistics.sessions import sessions
from quantsig.backtest.sweep.sweep import TAKEN, Grid, Swept, WorkingRoom, sweep
from quantsig.backtest.trading.accounts import Accounts
from quantsig.data.calendar.sessions import UTC_DAYS
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.labels import Prices
from tests.backtest.conftest import BarsMaker, SignalsMaker
from tests.backtest.sweep.cells import accounts_of

HOUR = 3_600_000_000  # microseconds
FLAT = (100, 101, 99, 100)
FREE = Execution(fee_bps=0, slippage_bps=0)
FREE_OF_SLIPPAGE = Execution(slippage_bps=0)
COMPARED = 8  # cells of a sweep; the adapter takes its time
FIGURES = (
    "trades",
    "win_rate",
    "expectancy",
    "profit_factor",
    "total_return",
    "sharpe",
    "max_drawdown",
    "exposure",
)

Signals = dict[str, SymbolSignals]


@dataclass(frozen=True)
class World:
    market: dict[str, SymbolBars]
    signals: Signals


def world(seed: int, symbols: int, bars: int, hours: int) -> World:
    """Bars with gaps in price and time, and a signal of its own wishes on most of them."""
    random = np.random.default_rng(seed)
    made = {name: symbol(random, bars, hours) for name in "ABC"[:symbols]}
    return World(
        market={name: pair[0] for name, pair in made.items()},
        signals={name: pair[1] for name, pair in made.items()},
    )


def symbol(random: np.random.Generator, most: int, hours: int) -> tuple[SymbolBars, SymbolSignals]:
    count = int(random.integers(3, most + 1))
    times = np.cumsum(random.integers(1, 4, count)) * hours * HOUR
    close = np.cumprod(np.exp(random.normal(0, 0.02, count))) * np.float64(100)
    opened = close * np.exp(random.normal(0, 0.01, count))
    high = np.maximum(opened, close) * (1 + random.exponential(0.006, count))
    low = np.minimum(opened, close) * (1 - random.exponential(0.006, count))
    decided = np.flatnonzero(random.random(count) < 0.7)
    size = len(decided)
    bars = SymbolBars(
        times=times,
        prices=Prices(open=opened, high=high, low=low, close=close),
        volumes=np.where(random.random(count) < 0.1, 0.0, 1000.0),
    )
    if random.random() < 0.3:  # some are decided twice
        decided = np.sort(np.append(decided, decided[: len(decided) // 3]))
        size = len(decided)
    return bars, SymbolSignals(
        bars=decided,
        directions=random.choice([1, 1, -1], size),
        delay_bars=np.full(size, random.integers(1, 3)),
        horizon_bars=random.integers(1, 9, size),
        stops=np.where(random.random(size) < 0.5, random.uniform(0.005, 0.05, size), np.nan),
        targets=np.where(random.random(size) < 0.5, random.uniform(0.005, 0.05, size), np.nan),
        probabilities=np.round(random.random(size), 2),
    )


def figures_of(accounts: Accounts, made: World) -> Figures:
    """The figures of one backtest."""
    return point_figures(accounts, excursions(accounts.trades, made.market))[0]


def assert_cells_equal_the_adapter(made: World, grid: Grid, execution: Execution) -> Swept:
    swept = sweep(made.market, made.signals, grid, execution)
    assert swept.cells.height == len(grid)
    compared = swept.cells.gather_every(max(1, len(grid) // COMPARED))
    for cell in compared.iter_rows(named=True):
        accounts = accounts_of(cell, made.market, made.signals, execution)
        assert cell["bankrupt"] == (accounts.bankrupt is not None)
        if cell["bankrupt"]:
            assert cell["trades"] == accounts.trades.height
            continue
        expected = figures_of(accounts, made)
        for name in FIGURES:
            assert_close(cell[name], expected[name], name)
    return swept


def assert_close(found: float | None, expected: float | None, name: str) -> None:
    """Relative error decides; what is nearly zero may be off by 1e-9.

    A Sharpe ratio S divides by what is left of returns when their mean is taken off. Rounded to
    some eps each, the returns of a large S differ by hardly more than that: its relative error is
    eps / deviation * mean, so it grows with S itself. Found were 1.4e-14 * S.
    """
    if found is None or expected is None:
        assert found is expected, name
    else:
        cancelled = 1e-13 * abs(expected) if name == "sharpe" else 0.0
        assert found == pytest.approx(expected, rel=1e-9 + cancelled, abs=1e-9), name


executions = st.builds(
    Execution,
    delay_bars=st.none() | st.integers(1, 3),
    holding_bars=st.none() | st.integers(1, 6),
    stop_loss=st.none() | st.just(0.03),
    take_profit=st.none() | st.just(0.02),
    fee_bps=st.integers(0, 50),
    slippage_bps=st.integers(0, 50),
    size_fraction=st.integers(1, 10).map(lambda tenths: tenths / 10),
    fill_price=st.sampled_from(["open", "close", "typical"]),
    directions=st.sampled_from(["both", "long", "short"]),
    trailing_stop=st.none() | st.just(0.02),
    maintenance_margin=st.none() | st.just(0.9),
    same_session_sale=st.booleans(),
    price_limit=st.none() | st.just(0.04),
    trade_without_volume=st.booleans(),
)
fractions = st.integers(5, 60).map(lambda thousandths: thousandths / 1000)


def lists(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.none() | values, min_size=1, max_size=2, unique=True).map(tuple)


grids = st.builds(
    Grid,
    thresholds=st.lists(st.integers(0, 100), min_size=1, max_size=3, unique=True).map(
        lambda hundredths: tuple(h / 100 for h in hundredths)
    ),
    stops=lists(fractions),
    targets=lists(fractions),
    holdings=lists(st.integers(1, 6)),
    delays=lists(st.integers(1, 3)),
)
worlds = st.builds(
    world,
    st.integers(0, 10_000),
    st.integers(1, 3),
    st.integers(3, 40),
    st.sampled_from([24, 5]),
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(made=worlds, grid=grids, execution=executions)
def test_every_cell_equals_the_adapter(made: World, grid: Grid, execution: Execution) -> None:
    """All figures to 1e-9, on bars and signals of hypothesis, with every option it takes."""
    assert_cells_equal_the_adapter(made, grid, execution)


@pytest.mark.soak
@settings(max_examples=1_000, deadline=None)
@given(made=worlds, grid=grids, execution=executions)
def test_thousands_of_cells_equal_the_adapter(
    made: World, grid: Grid, execution: Execution
) -> None:
    """The same, over other examples every time."""
    assert_cells_equal_the_adapter(made, grid, execution)


def test_equal_losses_equal_the_adapter() -> None:
    """A stop that ends every trade: returns differ by rounding, and the Sharpe ratio is -1e5."""
    lost = Execution(fee_bps=0, slippage_bps=0, size_fraction=0.1, same_session_sale=False)
    swept = assert_cells_equal_the_adapter(
        world(3, 2, 3, 5), Grid(thresholds=(0.0,), stops=(0.019,)), lost
    )
    assert swept.cells["sharpe"].item() < -1e5


def test_long_sweeps_equal_the_adapter() -> None:
    """Hundreds of trades a cell, on which each reason to exit occurs."""
    grid = Grid(thresholds=(0.0, 0.6), stops=(None, 0.02), targets=(None, 0.02), delays=(1, 2))
    swept = assert_cells_equal_the_adapter(world(7, 3, 500, 24), grid, Execution(fee_bps=5))
    assert (swept.cells["trades"] > 100).all()


def test_signals_are_traded_as_vectorbt_trades_them() -> None:
    """Equity to 1e-9 in every column, and all other figures, where no stop is on the entry bar."""
    bars, signals = alternating_bars(600), before_calm(600)
    cells = sweep({"A": bars}, {"A": signals}, grid_over(signals, 20, 5), FREE_OF_SLIPPAGE).cells
    theirs = by_vectorbt(bars, signals, cells)
    assert (cells["total_return"] + 1).to_numpy() == pytest.approx(theirs["equity"], abs=1e-9)
    for name in ("trades", "win_rate", "expectancy", "profit_factor", "max_drawdown", "exposure"):
        assert cells[name].to_numpy() == pytest.approx(theirs[name], abs=1e-9), name


def test_one_trade_by_hand(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Bought at 100, worth 90, sold at 110: one tenth earned, one tenth lost on the way."""
    bars = make_bars(FLAT, FLAT, (100, 101, 89, 90), (110, 111, 109, 110), FLAT)
    cells = sweep({"A": bars}, {"A": make_signals(0)}, Grid(thresholds=(0.5,)), FREE).cells
    row = cells.row(0, named=True)
    assert row["trades"] == 1
    assert row["total_return"] == pytest.approx(0.1, abs=1e-12)
    assert row["max_drawdown"] == pytest.approx(-0.1, abs=1e-12)
    assert row["exposure"] == pytest.approx(2 / 5, abs=1e-12)
    assert row["profit_factor"] is None


def test_cells_without_trades_have_nulls(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """No rate, no ratio, and never infinity or NaN; the capital stays."""
    bars = make_bars(*[FLAT] * 5)
    cells = sweep({"A": bars}, {"A": make_signals(0)}, Grid(thresholds=(0.9,)), FREE).cells
    row = cells.row(0, named=True)
    assert (row["trades"], row["total_return"], row["max_drawdown"]) == (0, 0.0, 0.0)
    assert [row[name] for name in ("win_rate", "expectancy", "profit_factor", "sharpe")] == [
        None
    ] * 4


def test_a_short_that_loses_everything_has_no_figures(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """The price quadruples; the adapter says when."""
    bars = make_bars(FLAT, FLAT, (400, 401, 399, 400), FLAT, FLAT)
    signals = make_signals(0, direction=-1, horizon=3)
    row = sweep({"A": bars}, {"A": signals}, Grid(thresholds=(0.5,)), FREE).cells.row(0, named=True)
    assert row["bankrupt"]
    assert [row[name] for name in FIGURES[1:]] == [None] * 7
    assert accounts_of(row, {"A": bars}, {"A": signals}, FREE).bankrupt is not None


def test_threads_and_memory_change_nothing() -> None:
    """To the last bit, the correlation of the trials included."""
    made = world(3, 2, 200, 5)
    grid = Grid(thresholds=(0.2, 0.5, 0.8), stops=(0.01, 0.02))
    one = sweep(made.market, made.signals, grid, Execution(), room=WorkingRoom(threads=1))
    many = sweep(
        made.market, made.signals, grid, Execution(), room=WorkingRoom(threads=4, memory_mb=1)
    )
    assert one.cells.equals(many.cells)
    assert one.trials == many.trials


def returns_of(made: World, swept: Swept, execution: Execution) -> np.ndarray[Any, Any]:
    """(N, P) session returns of every cell, by the adapter."""
    found = []
    for cell in swept.cells.iter_rows(named=True):
        accounts = accounts_of(cell, made.market, made.signals, execution)
        found.append(sessions(accounts.times, accounts.equity, accounts.calendar).returns)
    return np.array(found)


def test_trials_and_blocks_are_those_of_the_returns() -> None:
    """Block sums, and beyond the market Sharpe variance and average correlation, by hand."""
    made = world(5, 2, 200, 24)
    grid = Grid(thresholds=(0.1, 0.5, 0.8), stops=(0.01, 0.03))
    swept = sweep(made.market, made.signals, grid, Execution())
    returns = returns_of(made, swept, Execution())
    times = np.unique(np.concatenate([bars.times for bars in made.market.values()]))
    held = sessions(times, equal_weight(made.market, times, Execution()), UTC_DAYS).returns
    beyond = np.array([row - np.polyfit(held, row, 1)[0] * held for row in returns])
    sharpe = beyond.mean(axis=1) / beyond.std(axis=1, ddof=1)
    pairs = np.corrcoef(beyond)[np.triu_indices(len(returns), 1)]
    assert swept.trials.count == 6
    assert swept.trials.sharpe_variance == pytest.approx(sharpe.var(ddof=1), rel=1e-9)
    assert swept.trials.average_correlation == pytest.approx(pairs.mean(), rel=1e-9)
    cuts = np.cumsum(swept.block_sessions)[:-1]
    sums = np.array([[part.sum() for part in np.split(row, cuts)] for row in returns])
    squares = np.array([[(part**2).sum() for part in np.split(row, cuts)] for row in returns])
    assert len(cuts) == 15
    assert swept.block_sums == pytest.approx(sums, abs=1e-12)
    assert swept.block_squares == pytest.approx(squares, abs=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {"sizing": "equal_weight"},
        {"sizing": "fixed_cash", "fixed_cash": 100.0},
        {"minimum_fee": 5.0},
        {"lot_size": 100.0},
        {"shared_cash": True},
    ],
)
def test_other_options_are_refused_by_name(options: dict[str, Any]) -> None:
    """In three lines that name what is taken."""
    made, (name, value) = world(1, 1, 20, 24), next(iter(options.items()))
    with pytest.raises(ConfigError, match=f"does not take {name} = {value}") as caught:
        sweep(made.market, made.signals, Grid(thresholds=(0.5,)), Execution(**options))
    assert len(str(caught.value).splitlines()) == 3


def test_every_option_is_taken_or_refused() -> None:
    """A setting that the backtest gains later cannot be ignored in silence."""
    assert set(TAKEN) <= {field.name for field in fields(Execution)}
    left = {field.name for field in fields(Execution)} - set(TAKEN)
    assert left == {
        "minimum_fee",
        "sizing",
        "fixed_cash",
        "target_volatility",
        "volatility_bars",
        "kelly_share",
        "kelly_win",
        "kelly_loss",
        "lot_size",
        "shared_cash",
    }


def test_signals_with_sizes_of_their_own_are_refused() -> None:
    """All cells stake the same fraction."""
    made = world(1, 1, 20, 24)
    sized = replace(made.signals["A"], sizes=made.signals["A"].probabilities)
    with pytest.raises(DataError, match="signals of A have sizes of their own"):
        sweep(made.market, {"A": sized}, Grid(thresholds=(0.5,)), Execution())


def test_signals_of_different_delays_are_refused() -> None:
    """Their entries are in another order than their decisions."""
    made = world(1, 1, 20, 24)
    made.signals["A"].delay_bars[0] += 1
    with pytest.raises(DataError, match="signals of A have different delays"):
        sweep(made.market, made.signals, Grid(thresholds=(0.5,)), Execution())


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"thresholds": ()}, "thresholds"),
        ({"thresholds": (0.5, 0.5)}, "thresholds"),
        ({"thresholds": (np.nan,)}, "thresholds"),
        ({"thresholds": (0.5,), "stops": (1.5,)}, "stop_loss"),
        ({"thresholds": (0.5,), "targets": (0.0,)}, "take_profit"),
        ({"thresholds": (0.5,), "holdings": (0,)}, "holding_bars"),
        ({"thresholds": (0.5,), "delays": (0,)}, "delay_bars"),
    ],
)
def test_grids_that_make_no_sense_are_refused(values: dict[str, Any], named: str) -> None:
    """Each names the setting."""
    with pytest.raises(ConfigError) as caught:
        Grid(**values)
    assert named in str(caught.value)


def test_too_little_memory_says_how_much_is_needed() -> None:
    """Before anything is traded."""
    made = world(1, 1, 20, 24)
    with pytest.raises(ConfigError, match="memory_mb cannot be 0") as caught:
        sweep(
            made.market,
            made.signals,
            Grid(thresholds=(0.5,)),
            Execution(),
            room=WorkingRoom(memory_mb=0),
        )
    assert "needs 1" in caught.value.remedy


def test_signals_of_a_symbol_without_bars_are_refused() -> None:
    """By the symbol's name."""
    made = world(1, 2, 20, 24)
    with pytest.raises(DataError, match="B has signals but no bars"):
        sweep({"A": made.market["A"]}, made.signals, Grid(thresholds=(0.5,)), Execution())


def test_probabilities_that_are_no_numbers_are_refused(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A NaN would be below every threshold in silence."""
    signals = make_signals(0)
    signals.probabilities[0] = np.nan
    with pytest.raises(DataError, match="1 probabilities of A are no numbers"):
        sweep({"A": make_bars(FLAT, FLAT)}, {"A": signals}, Grid(thresholds=(0.5,)), FREE)


def test_settings_of_the_backtest_show_in_the_cells(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """The grid goes over them; what nothing sets is the signal's own and null."""
    grid = Grid(thresholds=(0.7, 0.1), stops=(None, 0.05))
    bars = {"A": make_bars(*[FLAT] * 4)}
    cells = sweep(bars, {"A": make_signals(0)}, grid, Execution(stop_loss=0.02, delay_bars=1)).cells
    assert cells["threshold"].to_list() == [0.1, 0.7, 0.1, 0.7]
    assert cells["stop_loss"].to_list() == [0.02, 0.02, 0.05, 0.05]
    assert cells["delay_bars"].to_list() == [1] * 4
    assert cells["take_profit"].to_list() == [None] * 4

"""The fused sweep: thresholds x stops x targets x holdings x delays, statistics only.

Every cell is traded by the same rules as `quantsig backtest`, each symbol in its own account of
an equal part of the capital, and only its statistics are kept. Whatever else the backtest can do
is refused by name.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import pairwise, product

import numpy as np
import polars as pl

from quantsig.backtest.comparisons.holding import equal_weight
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, Market, SymbolSignals, calendar_in
from quantsig.backtest.sweep import arrays as sweep_arrays
from quantsig.backtest.sweep.figures import SweepTrials, cell_figures, sweep_trials
from quantsig.backtest.sweep.kernel import (
    Calendar,
    FlatBars,
    FlatRows,
    Rules,
    Setting,
    Space,
    Tally,
    Tape,
    sweep_setting,
)
from quantsig.backtest.trading.fills import DIRECTIONS
from quantsig.backtest.trading.overrides import FILLS
from quantsig.backtest.trading.trade import Conditions
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import ConfigError, DataError, refused
from quantsig.data.language.messages import phrase, term
from quantsig.data.machine import cores
from quantsig.data.progress import Progress, silent

BLOCKS = 16  # of sessions, for the probability of overfitting
MEMORY_MB = 1_000
LEAST_CHUNKS = 4  # more follow the same signals again, fewer leave cores idle
TAKEN = (
    "delay_bars",
    "holding_bars",
    "stop_loss",
    "take_profit",
    "fee_bps",
    "slippage_bps",
    "size_fraction",
    "start_capital",
    "fill_price",
    "directions",
    "trailing_stop",
    "maintenance_margin",
    "same_session_sale",
    "price_limit",
    "price_tick",
    "trade_without_volume",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """The values that are combined; None: the setting of the backtest, else the signal's own."""

    thresholds: tuple[float, ...]  # a signal is traded from this probability on
    stops: tuple[float | None, ...] = (None,)  # fractions of the entry price
    targets: tuple[float | None, ...] = (None,)  # fractions of the entry price
    holdings: tuple[int | None, ...] = (None,)  # bars
    delays: tuple[int | None, ...] = (None,)  # bars

    def __post_init__(self) -> None:
        for field in fields(self):
            values = getattr(self, field.name)
            if not values or len(set(values)) < len(values):
                raise refused(f"sweep.{field.name}", list(values), "Give each value once.")
        if not all(np.isfinite(self.thresholds)):
            raise refused("sweep.thresholds", list(self.thresholds), "Give finite numbers.")
        for name, setting in (("stops", "stop_loss"), ("targets", "take_profit")):
            for value in getattr(self, name):
                Execution(**{setting: value})  # the backtest's own rules for the value
        for name, setting in (("holdings", "holding_bars"), ("delays", "delay_bars")):
            for value in getattr(self, name):
                Execution(**{setting: value})

    def __len__(self) -> int:
        return len(self.thresholds) * len(list(self.orders()))

    def orders(self) -> Iterator[tuple[float | None, float | None, int | None, int | None]]:
        """Stop, target, holding and delay of the cells, those of one threshold after another."""
        return product(self.stops, self.targets, self.holdings, self.delays)


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """What a sweep found."""

    cells: pl.DataFrame  # a row a cell: its settings and figures, null where there is none
    trials: SweepTrials
    block_sums: Floats  # (N, B) sums of the session returns of each cell and block
    block_squares: Floats  # (N, B) sums of their squares
    block_sessions: Integers  # (B,) sessions of each block; B is 0 where they are too few
    periods: int  # session returns


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkingRoom:
    """What a sweep may take of the machine; it changes no figure."""

    memory_mb: int = MEMORY_MB  # for the threads, beside bars, signals and results
    threads: int | None = None  # at most so many; None: as many as the process has cores


ROOM = WorkingRoom()


def sweep(
    market: Market,
    signals: Mapping[str, SymbolSignals],
    grid: Grid,
    execution: Execution,
    *,
    room: WorkingRoom = ROOM,
    progress: Progress = silent,
) -> Swept:
    """Trade every cell of a grid.

    Args:
        market: the bars of every symbol.
        signals: rows with their probabilities, of any probability, by symbol.
        grid: what is combined.
        execution: costs and size, and what the grid leaves open.
        room: memory and threads that it may take.
        progress: told of each set of barriers.

    Raises:
        ConfigError: an option that a sweep does not take, or too little memory for one thread.
        DataError: signals of a symbol without bars, or a probability that is no number.
    """
    return lay_out(market, signals, grid, execution).trade(room, progress)


def lay_out(
    market: Market, signals: Mapping[str, SymbolSignals], grid: Grid, execution: Execution
) -> "SweepWork":
    """Everything that is fixed before the first cell is traded; see `sweep`."""
    refuse_other_options(execution)
    own = _own(grid, execution)
    _check_signals(market, signals, own)
    times = sweep_arrays.all_times(market)
    sessions = calendar_in(market)
    calendar = sweep_arrays.sessions_of(
        times, BLOCKS, sessions, equal_weight(market, times, execution)
    )
    return SweepWork(
        bars=sweep_arrays.flat_bars(market, times, execution),
        rows=sweep_arrays.flat_rows(
            sweep_arrays.signals_in_order(market, signals),
            np.sort(np.array(grid.thresholds)),
            own,
            DIRECTIONS[execution.directions],
        ),
        settings=[_setting(order, execution) for order in grid.orders()],
        rules=_rules(execution),
        calendar=calendar,
        times=times,
        sessions=sessions,
        cells=_settings(grid, execution),
        tally=sweep_arrays.new_tally(len(grid), len(calendar.edges) - 1),
    )


def refuse_other_options(execution: Execution) -> None:
    """Refuse, by its name, every option of the backtest that a sweep does not take."""
    for field in fields(execution):
        value = getattr(execution, field.name)
        if field.name not in TAKEN and value != field.default:
            raise ConfigError(
                phrase(
                    "a sweep does not take {name} = {value}.", name=field.name, value=str(value)
                ),
                where=f"backtest.{field.name}",
                remedy=phrase(
                    "Leave it out for the sweep, which takes {names}; trade a chosen cell with "
                    "it by quantsig backtest.",
                    names=", ".join(TAKEN),
                ),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """Neighbouring cells of one setting, the least that is traded at a time."""

    setting: int
    first: int  # number of a threshold
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepWork:
    """Everything that the threads share."""

    bars: FlatBars
    rows: FlatRows
    settings: Sequence[Setting]
    rules: Rules
    calendar: Calendar
    times: Integers
    sessions: SessionCalendar
    cells: pl.DataFrame  # what each is traded with
    tally: Tally  # of all cells, those of a setting side by side

    @property
    def thresholds(self) -> int:
        """How many there are."""
        return len(self.cells) // len(self.settings)

    @property
    def periods(self) -> int:
        """How many session returns there are."""
        return len(self.calendar.marks) - 1

    def chunks(self) -> list[Chunk]:
        """All cells in their order; the same for any threads and workers."""
        parts = min(-(-LEAST_CHUNKS // len(self.settings)), self.thresholds)
        cuts = np.linspace(0, self.thresholds, parts + 1).astype(int).tolist()
        return [
            Chunk(setting=setting, first=first, last=last)
            for setting in range(len(self.settings))
            for first, last in pairwise(cuts)
        ]

    def trade(self, room: WorkingRoom, progress: Progress) -> Swept:
        """Trade every cell here.

        Raises:
            ConfigError: too little memory for one thread.
        """
        chunks, standards = self.chunks(), list[Floats]()
        for standard in self.do(chunks, self.threads(room)):
            standards.append(standard)
            progress(len(standards), len(chunks))
        return self.swept(standards)

    def do(self, chunks: Sequence[Chunk], threads: int) -> Iterator[Floats]:
        """Fill the tally; gives (P,) standardised returns of each chunk's cells, summed."""
        rooms = threading.local()

        def room() -> Space:
            if not hasattr(rooms, "space"):
                rooms.space = sweep_arrays.new_space(self.rows, len(self.times), self.periods)
            space: Space = rooms.space
            return space

        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(lambda chunk: self._do(chunk, room()), chunks)

    def tally_of(self, chunks: Sequence[Chunk]) -> Tally:
        """The statistics of neighbouring chunks, not copied."""
        first, last = (chunk.setting * self.thresholds for chunk in (chunks[0], chunks[-1]))
        return sweep_arrays.part_of(self.tally, first + chunks[0].first, last + chunks[-1].last)

    def swept(self, standards: Sequence[Floats]) -> Swept:
        """What all cells came to, of the chunks in their order, so that sums round alike."""
        standard = np.zeros(self.periods)
        for part in standards:
            standard += part
        return Swept(
            cells=cell_figures(self.cells, self.tally, self.times, self.sessions),
            trials=sweep_trials(self.tally.excess_sharpe, standard),
            block_sums=self.tally.block_sums,
            block_squares=self.tally.block_squares,
            block_sessions=np.diff(self.calendar.edges),
            periods=self.periods,
        )

    def threads(self, room: WorkingRoom) -> int:
        """As many as there are cores and as fit the memory.

        Raises:
            ConfigError: not one fits it.
        """
        one = sweep_arrays.space_bytes(self.rows, len(self.times), self.periods)
        fitting = int(room.memory_mb * 1e6) // max(one, 1)
        if not fitting:
            raise refused(
                "sweep.memory_mb",
                room.memory_mb,
                phrase(
                    "One thread needs {memory_mb} for these bars.", memory_mb=-(-one // 1000000)
                ),
            )
        return max(1, min(room.threads or cores(), fitting))

    def _do(self, chunk: Chunk, space: Space) -> Floats:
        standard: Floats = sweep_setting(
            Tape(self.bars, self.rows, self.rules),
            self.settings[chunk.setting],
            self.calendar,
            chunk.first,
            space,
            self.tally_of([chunk]),
        )
        return standard


def _own(grid: Grid, execution: Execution) -> sweep_arrays.Own:
    """What neither the grid nor the execution sets everywhere."""
    return sweep_arrays.Own(
        stops=execution.stop_loss is None and None in grid.stops,
        targets=execution.take_profit is None and None in grid.targets,
        horizon_bars=execution.holding_bars is None and None in grid.holdings,
        delay_bars=execution.delay_bars is None and None in grid.delays,
    )


def _rules(execution: Execution) -> Rules:
    trailing, maintenance = execution.trailing_stop, execution.maintenance_margin
    return Rules(
        conditions=Conditions(
            fill=FILLS[execution.fill_price],
            slippage=execution.slippage,
            maintenance=np.nan if maintenance is None else maintenance,
        ),
        trailing=np.nan if trailing is None else trailing,
        fee=execution.fee,
        size=execution.size_fraction,
    )


def _setting(
    order: tuple[float | None, float | None, int | None, int | None], execution: Execution
) -> Setting:
    stop, target, holding, delay = order
    return Setting(
        stop=_first(stop, execution.stop_loss, np.nan),
        target=_first(target, execution.take_profit, np.nan),
        holding_bars=int(_first(holding, execution.holding_bars, 0)),
        delay_bars=int(_first(delay, execution.delay_bars, 0)),
    )


def _first(*values: float | None) -> float:
    """The first that is set."""
    return next(value for value in values if value is not None)


def _settings(grid: Grid, execution: Execution) -> pl.DataFrame:
    """A row a cell: what it is traded with; null where each signal brings its own."""
    thresholds = sorted(grid.thresholds)
    rows = [
        (threshold, *(a if a is not None else b for a, b in zip(order, set_, strict=True)))
        for set_ in [_of(execution)]
        for order in grid.orders()
        for threshold in thresholds
    ]
    return pl.DataFrame(
        rows,
        schema={
            "threshold": pl.Float64,
            "stop_loss": pl.Float64,
            "take_profit": pl.Float64,
            "holding_bars": pl.Int64,
            "delay_bars": pl.Int64,
        },
        orient="row",
    )


def _of(execution: Execution) -> tuple[float | None, float | None, int | None, int | None]:
    return (
        execution.stop_loss,
        execution.take_profit,
        execution.holding_bars,
        execution.delay_bars,
    )


def _check_signals(
    market: Market, signals: Mapping[str, SymbolSignals], own: sweep_arrays.Own
) -> None:
    for symbol, rows in signals.items():
        if symbol not in market:
            raise DataError(
                phrase("{symbol} has signals but no bars.", symbol=symbol),
                where=term("the signals that are swept"),
                remedy="Sweep on the bars that the signals were decided on.",
            )
        if rows.sizes is not None:
            raise DataError(
                phrase("the signals of {symbol} have sizes of their own.", symbol=symbol),
                where=term("the signals that are swept"),
                remedy="A sweep trades every signal in full: leave the sizes out.",
            )
        if own.delay_bars and len(np.unique(rows.delay_bars)) > 1:
            raise DataError(
                phrase("the signals of {symbol} have different delays.", symbol=symbol),
                where=term("the signals that are swept"),
                remedy="Set delay_bars, or sweep over delays.",
            )
        if np.isnan(rows.probabilities).any():
            raise DataError(
                phrase(
                    "{wrong} probabilities of {symbol} are no numbers.",
                    wrong=int(np.isnan(rows.probabilities).sum()),
                    symbol=symbol,
                ),
                where=term("the signals that are swept"),
                remedy="Train again with a lower learning rate.",
            )

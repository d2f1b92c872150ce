"""A run with a frozen threshold, and bars that are held back and fed to its forward test."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.forward.call import ForwardCall, forward_call
from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.progress import NOBODY, Listener
from quantsig.data.samples.build import build_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.forward.book import ForwardBook, writing
from quantsig.signals.forward.lines import Line
from quantsig.signals.forward.new_decisions import Deciding
from quantsig.signals.runs import Run, open_run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import CHART, LABEL, SETTINGS, planted_frame

HELD_CELLS = 24  # that the run was not trained on
TRAINED_CELLS = 240
THRESHOLD = 0.2  # some of the decisions reach it
EXECUTION = Execution(fee_bps=2.0)
SOON = timedelta(seconds=20)  # after a bar closed


def two_symbols(held_cells: int = HELD_CELLS) -> CheckedBars:
    """Planted bars of two symbols, so many cells of which are held back."""
    cells = TRAINED_CELLS + held_cells
    first, second = planted_frame(cells, 11), planted_frame(cells, 12)
    other = second.with_columns(symbol=pl.lit("OTHER"))
    return check_bars(pl.concat([first, other]).sort("symbol"))


def until(bars: CheckedBars, count: int) -> CheckedBars:
    """The bars up to the moment that so many have closed by."""
    last = bars.bars["timestamp"].unique().sort()[count - 1]
    return replace(bars, bars=bars.bars.filter(pl.col("timestamp") <= last))


def trained(bars: CheckedBars, folder: Path) -> Run:
    """A run of the first bars, with a frozen threshold."""
    samples = build_samples(
        until(bars, TRAINED_CELLS * CELL_BARS),
        folder / "samples",
        chart=CHART,
        label=LABEL,
        stride_bars=CELL_BARS,
    )
    settings = replace(SETTINGS.train, model="logistic", epochs=1)
    plan = Plan(train=settings, optimiser=SETTINGS.optimiser)
    run = train(samples, folder / "runs" / "one", plan, SplitSpec(), launch=Launch(device="cpu"))
    choose(run, AskedRule(name="number", value=THRESHOLD), 0.0)
    return run


def copied(run: Run, folder: Path) -> Run:
    """The run, its ledger and its samples, in a folder of its own."""
    shutil.copytree(run.runs_folder.parent, folder, dirs_exist_ok=True)
    return open_run(folder / "runs" / run.path.name)


def newest(bars: CheckedBars) -> datetime:
    """The close of the newest bar."""
    last = bars.bars["timestamp"].max()
    assert isinstance(last, datetime)
    return last


def called(
    run: Run, bars: CheckedBars, *, now: datetime | None = None, **deciding: Any
) -> ForwardCall:
    """One call, right after the newest bar by its clock."""
    with writing(run) as book:
        return once(book, bars, now=now, **deciding)


def once(
    book: ForwardBook,
    bars: CheckedBars,
    *,
    now: datetime | None = None,
    listener: Listener = NOBODY,
    **deciding: Any,
) -> ForwardCall:
    """The same on a journal that is open."""
    moment = now or newest(bars) + SOON
    return forward_call(
        book,
        bars,
        Deciding(run=book.run, device="cpu", **deciding),
        EXECUTION,
        clock=lambda: moment,
        listener=listener,
    )


def lines_of(run: Run) -> list[Line]:
    """The lines of the journal without their hashes."""
    lines: list[Line] = []
    ForwardBook(run, lines.append)
    return [{name: said for name, said in line.items() if name != "chain"} for line in lines]


def replayed(run: Run, bars: CheckedBars, first: int, last: int, step: int = 1) -> None:
    """Feed bars to the forward test of a run, so many at a time."""
    with writing(run) as book:
        for count in range(first, last + 1, step):
            once(book, until(bars, count))

"""How long a round of a forward test takes on 500 symbols, what it holds, and what reading costs.

    python -m tests.backtest.forward.measure seconds bars_cnn [SYMBOLS]
    python -m tests.backtest.forward.measure memory [ROUNDS]
    python -m tests.backtest.forward.measure journal [LINES]

Prints one JSON document. Bars are synthetic, 15 minutes each; imports are not counted, for each
part is done once before it is timed.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.forward.call import forward_call
from quantsig.data.bars import CheckedBars, check_bars, write_bars
from quantsig.data.benchmarks.minute_bars import minute_bars
from quantsig.data.charts.spec import PRESETS
from quantsig.data.label_spec import LabelSpec
from quantsig.data.machine import (
    give_memory_back,
    return_memory_at_once,
    returns_memory_at_once,
)
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions
from quantsig.data.samples.build import build_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.forwards import ForwardRequest, forward_test
from quantsig.reports.forward.inputs import forward_inputs
from quantsig.reports.forward.report import write_forward_page
from quantsig.signals.forward.book import ForwardBook, writing
from quantsig.signals.forward.new_decisions import Deciding
from quantsig.signals.forward.record import forward_record
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.launch import Launch
from tests.signals.forward.journals import bare_run, begun, decision, outcome

STEP = timedelta(minutes=15)
HISTORY = 1600  # bars of each symbol that the user keeps
TRAINED = 10  # symbols
ROUNDS = 4  # that are timed
EXECUTION = Execution()


def quarter_hours(bars: int, symbols: int) -> pl.DataFrame:
    """Bars of 15 minutes, around the clock."""
    made = minute_bars(bars, symbols)
    number = pl.int_range(pl.len()).over("symbol")
    return made.with_columns(timestamp=pl.lit(made["timestamp"][0]) + number * STEP)


def run_of(model: str, chart: str, bars: CheckedBars, folder: Path) -> Run:
    """A run of one epoch, whose threshold one row of a hundred reaches."""
    samples = build_samples(
        bars, folder / "samples", chart=PRESETS[chart], label=LabelSpec(), stride_bars=10
    )
    plan = Plan(train=TrainSettings(model=model, epochs=1, batch_size=32))
    run = train(samples, folder / "runs" / "one", plan, SplitSpec(), launch=Launch(device="cpu"))
    rows = run.predictions().filter(pl.col("split") == "calibration")
    value = float(rows["probability"].quantile(0.99) or 0.5)
    choose(run, AskedRule(name="number", value=min(max(value, 0.001), 0.999)), 0.0)
    return run


def seconds(model: str, symbols: int, folder: Path) -> dict[str, Any]:
    """Medians of reading, deciding with its journal, and the page, by the clock and in all.

    `processor_s` is what all threads computed: where nothing else is at work on the machine, a
    round takes no longer, and less where two cores share it.
    """
    every = quarter_hours(2200 + ROUNDS + 1, symbols)
    first = every.filter(
        pl.col("symbol").is_in(every["symbol"].unique().sort()[:TRAINED].to_list())
    )
    begun = first.group_by("symbol", maintain_order=True).head(2200)
    run = run_of(model, "intraday-laptop", check_bars(begun), folder)
    record, source, taken, computed = forward_record(run), folder / "bars.parquet", [], []
    with writing(run, record.hear) as book:
        deciding = Deciding(run=run, device="cpu")
        for count in range(2200, 2200 + ROUNDS + 1):
            kept = every.group_by("symbol", maintain_order=True).head(count)
            kept = kept.group_by("symbol", maintain_order=True).tail(HISTORY)
            write_bars(source, kept)
            start, busy = time.perf_counter(), time.process_time()
            bars = read_bars(source, ReadOptions())
            read = time.perf_counter()
            call = forward_call(book, bars, deciding, EXECUTION, clock=soon_after(bars))
            decided = time.perf_counter()
            write_forward_page(forward_inputs(book, record, call, bars, EXECUTION))
            computed.append(time.process_time() - busy)
            taken.append((read - start, decided - read, time.perf_counter() - decided))
            deciding = replace(deciding, looked_at=False)
    parts = np.median(np.array(taken[1:]), axis=0)
    return {
        "model": model,
        "symbols": symbols,
        "decisions": len(call.decisions),
        "read_s": parts[0],
        "decide_s": parts[1],
        "page_s": parts[2],
        "round_s": float(parts.sum()),
        "processor_s": float(np.median(computed[1:])),
        "worst_round_s": float(np.array(taken[1:]).sum(axis=1).max()),
    }


def soon_after(bars: CheckedBars) -> Callable[[], datetime]:
    """A clock that shows the moment after the newest bar."""
    newest = bars.bars["timestamp"].max()
    assert isinstance(newest, datetime)
    return lambda: newest + timedelta(seconds=20)


def resident_mb() -> float:
    """Memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def memory(rounds: int, folder: Path) -> dict[str, Any]:
    """Megabytes after each round of a few symbols as a watch takes it, and how they grow.

    The growth is the slope over the last half.
    """
    every = quarter_hours(700 + rounds, 4)
    begun = every.group_by("symbol", maintain_order=True).head(700)
    run = run_of("small", "small", check_bars(begun), folder)
    source, held = folder / "bars.parquet", []
    asked = ForwardRequest(device="cpu")
    with forward_test(run, EXECUTION, asked) as test:
        for count in range(700, 700 + rounds):
            kept = every.group_by("symbol", maintain_order=True).head(count)
            write_bars(source, kept.group_by("symbol", maintain_order=True).tail(600))
            bars = read_bars(source, ReadOptions())
            with patch("quantsig.backtest.forward.call.utc_now", soon_after(bars)):
                result = test.round(bars)
            assert result.call.decisions
            del result
            give_memory_back()
            held.append(resident_mb())
    half = np.array(held[rounds // 2 :])
    slope = float(np.polyfit(np.arange(len(half)), half, 1)[0])
    return {
        "rounds": rounds,
        "after_a_tenth_mb": held[rounds // 10],
        "at_half_mb": held[rounds // 2],
        "at_end_mb": held[-1],
        "growth_of_1000_rounds_mb": slope * 1000.0,
        "every_50_mb": held[::50],
    }


def journal(lines: int, folder: Path) -> dict[str, Any]:
    """Processor seconds that one call takes to read a journal and check its chain, by line."""
    run = bare_run(folder / "one")
    pairs = range((lines - 1) // 2)
    made = [line for hour in pairs for line in (decision("A", hour), outcome("A", hour))]
    with writing(run) as book:
        book.add([begun(), *made])
    taken = []
    for _ in range(3):
        busy = time.process_time()
        read = ForwardBook(run)
        taken.append(time.process_time() - busy)
    count = read.journal.lines
    return {"lines": count, "processor_s": min(taken), "us_per_line": min(taken) / count * 1e6}


def main(kind: str, *more: str) -> None:
    """Measure in a folder that is thrown away, and print what was found."""
    if kind == "memory" and not returns_memory_at_once():  # as a watch begins, before polars
        return_memory_at_once()
        os.execv(sys.executable, [sys.executable, "-m", __spec__.name, kind, *more])
    with tempfile.TemporaryDirectory(prefix="quantsig-forward-") as place:
        folder = Path(place)
        if kind == "memory":
            found = memory(int(more[0]) if more else 1000, folder)
        elif kind == "journal":
            found = journal(int(more[0]) if more else 100_000, folder)
        else:
            found = seconds(more[0], int(more[1]) if len(more) > 1 else 500, folder)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])

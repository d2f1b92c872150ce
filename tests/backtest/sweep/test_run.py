"""From a run's calibration rows to the files of its sweep."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import cut_market
from quantsig.backtest.period import priced
from quantsig.backtest.record import SweepOverfitting
from quantsig.backtest.sweep import workers
from quantsig.backtest.sweep.grid import SweepSpec
from quantsig.backtest.sweep.rows import open_rows
from quantsig.backtest.sweep.run import SweepJob, sweep_run
from quantsig.data.calendar.sessions import UTC_DAYS
from quantsig.data.errors import ConfigError, DataError, UsageError
from quantsig.data.label_spec import LabelSpec
from quantsig.data.storage.parquet import read_parquet, write_parquet
from quantsig.data.tasks.workers import Workers
from quantsig.signals.ledger import read_ledger
from quantsig.signals.run_record import SampleSource, write_run_record
from quantsig.signals.runs import Run
from tests.backtest.sweep.cells import accounts_of
from tests.data.samples.written import write_set
from tests.run_records import run_record

START = datetime(2022, 1, 1, tzinfo=UTC)
BARS, DECIDED, HORIZON = 300, range(40, 280), 5
SPEC = SweepSpec(thresholds=6, stops=2, targets=2)


def days(numbers: Any) -> pl.Series:
    return pl.Series(
        [START + timedelta(days=int(n)) for n in numbers], dtype=pl.Datetime("us", "UTC")
    )


def bars_of(symbol: str, seed: int) -> pl.DataFrame:
    """Daily bars of a random walk."""
    random = np.random.default_rng(seed)
    closes = 100 * np.exp(np.cumsum(random.normal(0.0, 0.015, BARS)))
    opens = np.append(100.0, closes[:-1])
    return pl.DataFrame(
        {
            "symbol": symbol,
            "timestamp": days(range(BARS)),
            "open": opens,
            "high": np.maximum(opens, closes) * 1.004,
            "low": np.minimum(opens, closes) * 0.996,
            "close": closes,
            "volume": 1000.0,
            "adjustment": 1.0,
        }
    )


def rows_of(symbol: str, first: int) -> pl.DataFrame:
    """Calibration rows and one test row of one symbol."""
    decided = [*DECIDED, 290]
    return pl.DataFrame(
        {
            "sample_id": np.arange(first, first + len(decided)),
            "symbol": symbol,
            "decision_time": days(decided),
            "label_end": days([day + 1 + HORIZON for day in decided]),
            "split": ["calibration"] * len(DECIDED) + ["test"],
            "direction": 1,
            "probability": np.random.default_rng(first).random(len(decided)),
        }
    )


def both_bars() -> pl.DataFrame:
    return pl.concat([bars_of("A", 1), bars_of("B", 2)])


RunMaker = Callable[[pl.DataFrame], Run]


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    """A run with a decision a day of two symbols, on a sample set of the given bars."""

    def make(bars: pl.DataFrame) -> Run:
        rows = pl.concat([rows_of("A", 0), rows_of("B", 1000)])
        samples, path = tmp_path / "samples", tmp_path / "runs" / "one"
        index = rows.select("sample_id", stop=pl.lit(0.02), target=pl.lit(None, pl.Float64))
        parts = {"bars.parquet": bars, "index.parquet": index}
        write_parquet(path / "predictions.parquet", rows)
        said = write_set(samples, parts, label=LabelSpec(horizon_bars=HORIZON))
        source = SampleSource(path=str(samples), fingerprint=said)
        record = run_record(samples=source)
        write_run_record(path / "run.json", record)
        return Run(path=path, record=record)

    return make


@pytest.fixture
def run(make_run: RunMaker) -> Run:
    """The same on two random walks."""
    return make_run(both_bars())


def test_the_document_says_what_was_swept(run: Run) -> None:
    """Every calibration row, none of the test split, as strict JSON."""
    document = sweep_run(run, SPEC, Execution())
    assert (document.cells, document.rows, document.symbols) == (24, 480, ("A", "B"))
    assert document.start == (START + timedelta(days=40)).isoformat()
    assert document.end == (START + timedelta(days=279 + 6)).isoformat()
    written = json.loads(
        (run.path / "sweep" / "sweep.json").read_text(), parse_constant=pytest.fail
    )
    assert written == json.loads(json.dumps(document.as_dict(), default=str))
    assert read_parquet(run.path / "sweep" / "cells.parquet").height == 24


def test_the_best_cell_is_traded_again_by_the_adapter(run: Run) -> None:
    """Its accounts earn what the sweep said."""
    best = sweep_run(run, SPEC, Execution()).best
    rows = run.predictions().filter(pl.col("split") == "calibration")
    placed = open_rows(run, rows, "calibration", Execution())
    assert best
    accounts = accounts_of(best, placed.market, placed.signals, Execution())
    assert accounts.equity[-1] - 1 == pytest.approx(best["total_return"], abs=1e-9)
    assert accounts.trades.height == best["trades"] >= 20


def test_swept_without_stops_signals_keep_their_own(run: Run) -> None:
    """The 2 % of the label's barriers end trades; there is a null for it."""
    sweep_run(run, SweepSpec(thresholds=2, stops=0, targets=0), Execution())
    cells = read_parquet(run.path / "sweep" / "cells.parquet")
    assert cells["stop_loss"].to_list() == [None, None]
    rows = run.predictions().filter(pl.col("split") == "calibration")
    placed = open_rows(run, rows, "", Execution())
    accounts = accounts_of(cells.row(0, named=True), placed.market, placed.signals, Execution())
    assert set(accounts.trades["reason"]) >= {"stop", "time"}


def test_limits_are_those_of_raw_prices(make_run: RunMaker) -> None:
    """Before a split of the shares prices were twice as high, and so was what a tick is of them."""
    split = pl.col("timestamp") < START + timedelta(days=150)
    factor = pl.when(split).then(0.5).otherwise(1.0)
    raw = both_bars().with_columns(adjustment=factor)
    run = make_run(raw.with_columns(pl.col("open", "high", "low", "close") / factor))
    limited = Execution(price_limit=0.01, price_tick=1.0)
    best = sweep_run(run, SPEC, limited).best
    rows = run.predictions().filter(pl.col("split") == "calibration")
    placed = open_rows(run, rows, "calibration", limited)
    market = cut_market(
        priced(run.samples().bars),
        ("A", "B"),
        start=START + timedelta(days=DECIDED[0]),
        end=START + timedelta(days=DECIDED[-1] + 1 + HORIZON),
        where="",
        calendar=UTC_DAYS,
    )
    assert best
    by_raw, by_adjusted = (
        accounts_of(best, each, placed.signals, limited)
        for each in (
            market,
            {name: replace(bars, factors=None) for name, bars in market.items()},
        )
    )
    assert by_raw.equity[-1] - 1 == pytest.approx(best["total_return"], abs=1e-9)
    assert by_raw.equity[-1] != by_adjusted.equity[-1]


def test_every_cell_enters_the_ledger(run: Run) -> None:
    """With the moments that later results are deflated by."""
    document = sweep_run(run, SPEC, Execution())
    line = read_ledger(run.runs_folder)[-1]
    assert (line["event"], line["run_id"], line["cells"]) == ("sweep", "one", 24)
    for name in ("sharpe_mean", "sharpe_variance", "sharpe_max"):
        assert line[f"excess_{name}"] == getattr(document.trials, name) != 0
    assert line["average_correlation"] == document.trials.average_correlation != 0
    assert line["periods"] == document.periods == 245
    assert line["trial_id"] == document.trial_id


def test_the_probability_of_overfitting_has_its_splits(run: Run) -> None:
    """16 blocks of sessions can be halved in 12,870 ways."""
    found = sweep_run(run, SPEC, Execution()).overfitting
    assert (found.blocks, found.splits, len(found.logits or ())) == (16, 12_870, 12_870)
    assert 0 <= (found.probability or 0.0) <= 1


def test_too_few_sessions_leave_overfitting_unknown(run: Run) -> None:
    """Null with the reason; six sessions make no four blocks."""
    path = run.path / "predictions.parquet"
    write_parquet(path, run.predictions().filter(pl.col("decision_time") < START + timedelta(41)))
    found = sweep_run(run, SPEC, Execution()).overfitting
    why = "6 sessions are too few to be cut into four blocks"
    assert found == SweepOverfitting(probability=None, missing=why)


def test_without_enough_trades_there_is_no_best(run: Run) -> None:
    """Null with the reason."""
    path = run.path / "predictions.parquet"
    write_parquet(path, run.predictions().filter(pl.col("decision_time") < START + timedelta(45)))
    document = sweep_run(run, SPEC, Execution())
    assert document.best is None
    assert document.missing == "no cell has a sharpe and 20 trades"


def test_the_test_split_is_not_swept(run: Run) -> None:
    """By name, with what to do instead; nothing is written."""
    with pytest.raises(UsageError, match="test split is not swept") as caught:
        sweep_run(run, SPEC, Execution(), split="test")
    assert "`split` calibration" in caught.value.remedy
    assert not (run.path / "sweep").exists()


def test_an_unknown_split_lists_the_known(run: Run) -> None:
    """There is one."""
    with pytest.raises(ConfigError, match='unknown split "train"'):
        sweep_run(run, SPEC, Execution(), split="train")


def test_a_sweep_that_exists_is_kept(run: Run) -> None:
    """Unless force is given."""
    sweep_run(run, SPEC, Execution())
    with pytest.raises(UsageError, match="exists already"):
        sweep_run(run, SPEC, Execution())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (pl.col("close") * 0, "zero"),
        (pl.col("symbol").replace("B", "C"), "B has signals but no bars"),
    ],
)
def test_bars_that_cannot_be_traded_are_refused(
    make_run: RunMaker, change: pl.Expr, said: str
) -> None:
    """In three lines, before anything is written."""
    run = make_run(both_bars().with_columns(change))
    with pytest.raises(DataError, match=said) as caught:
        sweep_run(run, SPEC, Execution())
    assert len(str(caught.value).splitlines()) == 3
    assert not (run.path / "sweep").exists()


def test_bars_that_end_before_the_signals_are_refused(make_run: RunMaker) -> None:
    """By the time of the first signal after them."""
    run = make_run(both_bars().filter(pl.col("timestamp") < START + timedelta(days=200)))
    with pytest.raises(DataError, match="A: the bars end before the signals"):
        sweep_run(run, SPEC, Execution())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (pl.lit(np.nan).alias("probability"), "no numbers"),
        (pl.lit(None, pl.Datetime("us", "UTC")).alias("decision_time"), "decision"),
    ],
)
def test_rows_that_cannot_be_traded_are_refused(run: Run, change: pl.Expr, said: str) -> None:
    """Scores that are NaN, and samples whose times are not known."""
    write_parquet(run.path / "predictions.parquet", run.predictions().with_columns(change))
    with pytest.raises(DataError, match=said) as caught:
        sweep_run(run, SPEC, Execution())
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"thresholds": 0}, "thresholds"),
        ({"stops": -1}, "stops"),
        ({"stop_range": (0.1, 0.01)}, "stop_range"),
        ({"stop_range": (0.1, 1.0)}, "stop_range"),
        ({"target_range": (0.0, 1.0)}, "target_range"),
        ({"stops": 10**9}, "stops"),
        ({"memory_mb": -5}, "memory_mb"),
        ({"by": "luck"}, "luck"),
    ],
)
def test_specifications_that_make_no_sense_are_refused(values: dict[str, Any], named: str) -> None:
    """Each names the setting."""
    with pytest.raises(ConfigError) as caught:
        SweepSpec(**values)
    assert named in str(caught.value)


def test_too_many_cells_are_refused(run: Run) -> None:
    """More than a million are nobody's search."""
    with pytest.raises(ConfigError, match="cells cannot be"):
        sweep_run(run, SweepSpec(thresholds=480, stops=100, targets=100), Execution())


def test_cells_are_the_same_whoever_trades_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """By two workers: the bytes of the cells, and every figure of the record but the seconds."""
    monkeypatch.setattr(workers, "MOST_TASKS", 3)  # so that one has several chunks
    cells, found = run.path / "sweep" / "cells.parquet", []
    for on in (Workers(), Workers(count=2)):
        record = sweep_run(run, SPEC, Execution(), job=SweepJob(force=True, on=on))
        found.append((cells.read_bytes(), replace(record, seconds=0.0)))
    assert found[0] == found[1]

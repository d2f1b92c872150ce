"""Any bars scored with a run: as the run scores its own, whatever surrounds a decision."""

import gc
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.errors import DataError
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.data.tasks.workers import Workers
from quantsig.signals.inference import by_symbol
from quantsig.signals.inference.predict import Pieces, passing_of, predict
from quantsig.signals.runs import Run
from quantsig.signals.scoring import forward
from quantsig.signals.scoring.loader import load
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import CHART, LABEL, SETTINGS, planted_frame

pytestmark = pytest.mark.xdist_group("predict")
KEYS = ["symbol", "decision_time"]
PRICES = ("open", "high", "low", "close")
SEEN = [*KEYS, "direction", "stop", "target", "score", "probability"]  # may not look ahead
KINDS = {
    "classes": ("small", "cross_entropy", 1, LABEL),
    "regression": ("small", "mse", 1, LabelSpec(name="forward_return", horizon_bars=CELL_BARS)),
    "ensemble": ("small", "cross_entropy", 2, LABEL),
    "sequence": ("alstm", "cross_entropy", 1, LABEL),
    "three_way": ("small", "cross_entropy", 1, LabelSpec(name="three_way", horizon_bars=2)),
    "barriers": ("small", "cross_entropy", 1, LabelSpec(name="triple_barrier", horizon_bars=3)),
}

TOLD = SequenceSpec(features=("returns", "calendar"), window_bars=12, timeframes=(2, 1))


def two_symbols(cells: int = 300) -> pl.DataFrame:
    """Planted bars of two symbols; the second has an odd number of bars."""
    first, second = planted_frame(cells, 11), planted_frame(cells, 12)
    return pl.concat([first, second.with_columns(symbol=pl.lit("OTHER")).head(-3)]).sort(KEYS[0])


@pytest.fixture(scope="module")
def bars() -> CheckedBars:
    """What the runs are trained on."""
    return check_bars(two_symbols())


def trained(kind: str, bars: CheckedBars, folder: Path) -> Run:
    """A run of one epoch."""
    model, loss, seeds, label = KINDS[kind]
    samples = build_samples(
        bars, folder / "samples", chart=CHART, label=label, stride_bars=CELL_BARS
    )
    settings = replace(SETTINGS.train, model=model, loss=loss, seeds=seeds, epochs=1)
    spec = TOLD if kind == "sequence" else AS_CHARTED
    plan = Plan(train=settings, input=spec, optimiser=SETTINGS.optimiser)
    return train(samples, folder / "runs" / kind, plan, SplitSpec(), launch=Launch(device="cpu"))


@pytest.fixture(scope="module")
def run(bars: CheckedBars, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of classes."""
    return trained("classes", bars, tmp_path_factory.mktemp("predict"))


def test_so_many_newest_are_the_last_of_each_symbol(run: Run, bars: CheckedBars) -> None:
    """At the stride of the training, bit for bit."""
    whole = predict(run, passing_of(run, bars, stride_bars=None), device="cpu")
    newest = predict(run, passing_of(run, bars, stride_bars=None, newest=3), device="cpu")
    assert newest.equals(whole.group_by("symbol", maintain_order=True).tail(3))


@pytest.mark.parametrize("kind", KINDS)
def test_a_runs_own_bars_get_its_own_predictions(
    kind: str, bars: CheckedBars, tmp_path: Path
) -> None:
    """Bit for bit, every column the two have in common."""
    run = trained(kind, bars, tmp_path)
    own = run.predictions()
    mine = predict(run, passing_of(run, bars, stride_bars=None), device="cpu")
    common = [name for name in own.columns if name in mine.columns]
    assert len(mine) == run.samples().manifest.samples
    assert ("score_short" in common) == (kind in ("regression", "three_way"))
    rows = own.select(KEYS).join(mine, on=KEYS, how="left", maintain_order="left")
    assert rows.select(common).equals(own.select(common))


@pytest.mark.parametrize("kind", KINDS)
def test_later_bars_change_nothing(kind: str, bars: CheckedBars, tmp_path: Path) -> None:
    """Cut off or turned upside down after t: rows up to t keep their bits, labels apart."""
    run = trained(kind, bars, tmp_path)
    t = bars.bars["timestamp"][400]
    after = pl.col("timestamp") > t
    wild = bars.bars.with_columns(
        *[pl.when(after).then(pl.col(name) * 3).otherwise(name).alias(name) for name in PRICES],
        volume=pl.when(after).then(pl.col("volume") * 9).otherwise("volume"),
    )
    cut = replace(bars, bars=bars.bars.filter(~after))
    whole = predict(run, passing_of(run, bars), device="cpu").filter(pl.col("decision_time") <= t)
    assert len(whole) > 600
    for other in (cut, replace(bars, bars=wild)):
        rows = predict(run, passing_of(run, other), device="cpu")
        rows = rows.filter(pl.col("decision_time") <= t)
        assert rows.select(SEEN).equals(whole.select(SEEN))


@pytest.mark.parametrize(("threads", "piece_bars"), [(1, 1 << 17), (3, 40), (2, 333)])
def test_neither_threads_nor_pieces_matter(
    run: Run, bars: CheckedBars, threads: int, piece_bars: int
) -> None:
    """The same rows, bit for bit, labels included."""
    passing = passing_of(run, bars)
    whole = predict(run, passing, device="cpu")
    cut = predict(run, passing, device="cpu", pieces=Pieces(threads=threads, bars=piece_bars))
    assert cut.equals(whole)


def test_the_newest_bar_is_scored_without_a_label(run: Run, bars: CheckedBars) -> None:
    """Its label, label_end and return are null; five bars earlier they are known."""
    rows = predict(run, passing_of(run, bars), device="cpu").filter(symbol="OTHER")
    newest = rows.row(-1, named=True)
    assert newest["decision_time"] == bars.bars.filter(symbol="OTHER")["timestamp"].max()
    assert newest["label"] is newest["label_end"] is newest["forward_return"] is None
    assert 0.0 < newest["probability"] < 1.0
    assert rows["label"].null_count() == CELL_BARS + 1
    assert rows["label"][: -CELL_BARS - 1].null_count() == 0


def test_only_the_newest_decisions_are_drawn(
    run: Run, bars: CheckedBars, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One a symbol, the last of all decisions bit for bit; no other sample is asked for."""
    whole = predict(run, passing_of(run, bars), device="cpu")
    whole = whole.group_by("symbol", maintain_order=True).last()
    asked: list[int] = []

    def counting(samples: Any, batches: list[Any], *args: Any, **named: Any) -> Any:
        asked.extend(len(batch) for batch in batches)
        return load(samples, batches, *args, **named)

    monkeypatch.setattr(forward, "load", counting)
    latest = predict(run, passing_of(run, bars, newest=1), device="cpu")
    assert latest.equals(whole)
    assert asked == [2]


def test_the_newest_of_a_stride_is_its_last_decision(run: Run, bars: CheckedBars) -> None:
    """The run's own stride leaves the three bars after the last full cell undecided."""
    latest = predict(run, passing_of(run, bars, newest=1, stride_bars=None), device="cpu")
    strided = predict(run, passing_of(run, bars, stride_bars=None), device="cpu")
    assert latest.equals(strided.group_by("symbol", maintain_order=True).last())
    assert (
        latest.filter(symbol="OTHER")["decision_time"][0]
        == (bars.bars.filter(symbol="OTHER")["timestamp"][-3])
    )


def test_a_symbol_too_short_is_left_out_and_none_is_an_error(run: Run) -> None:
    """One bar less than a chart needs gives no row; with no other symbol nothing can be scored."""
    need = CHART.history_bars
    other = pl.col("symbol") == "OTHER"
    long, short = (two_symbols(60).filter(mine) for mine in (~other, other))
    short = short.head(need - 1)
    both = check_bars(pl.concat([long.head(need), short]).sort("symbol", "timestamp"))
    passing = passing_of(run, both)
    assert predict(run, passing, device="cpu")["symbol"].to_list() == [long["symbol"][0]]
    assert passing.left_out() == {"OTHER": need - 1}
    with pytest.raises(DataError, match="no symbol has a decision"):
        predict(run, passing_of(run, check_bars(short)), device="cpu")


def test_pieces_hold_no_more_than_they_may(run: Run, bars: CheckedBars) -> None:
    """However many bars there are, so many stand in memory a second time."""
    passing = passing_of(run, bars)
    sizes = [len(piece.matrix.values) for piece in passing.pieces(200)]
    assert len(sizes) > 10
    assert max(sizes) <= 200
    assert sum(len(piece) for piece in passing.pieces(200)) == len(passing)


def test_a_piece_is_let_go_once_the_next_is_asked_for(run: Run, bars: CheckedBars) -> None:
    """With its bars, and without waiting for the collector of circles."""
    gc.disable()
    try:
        gone = []
        for piece in passing_of(run, bars).pieces(200):
            piece.read(np.zeros(1, np.int64))
            gone.append(weakref.ref(piece))
        del piece
        assert [ref() for ref in gone] == [None] * len(gone)
    finally:
        gc.enable()


def test_a_run_of_imported_pictures_scores_no_bars(run: Run, bars: CheckedBars) -> None:
    """Nobody knows how they were drawn; nor how another version draws."""
    pictures = replace(run, record=replace(run.record, chart=None))
    with pytest.raises(DataError, match="imported pictures"):
        predict(pictures, passing_of(pictures, bars))
    other = replace(run, record=replace(run.record, drawing_version=0))
    with pytest.raises(DataError, match="drawn by version 0"):
        predict(other, passing_of(other, bars))


def test_rows_are_the_same_whichever_worker_scores_a_symbol(
    run: Run, bars: CheckedBars, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit; a symbol with too few bars is left out as ever."""
    few = bars.bars.head(5).with_columns(symbol=pl.lit("FEW"))
    three = replace(bars, bars=pl.concat([bars.bars, few]).sort(KEYS[0], "timestamp"))
    passing = passing_of(run, three, newest=40)
    monkeypatch.setattr(by_symbol, "TASK_BARS", 1)
    told: list[tuple[int, int]] = []
    rows = by_symbol.predict_on(
        run,
        passing,
        device="cpu",
        on=Workers(count=2),
        progress=lambda *done: told.append(done),
    )
    assert rows.equals(predict(run, passing, device="cpu"))
    assert rows["symbol"].n_unique() == 2
    assert told == [(1, 2), (2, 2)]

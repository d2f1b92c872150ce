"""Old samples through the whole chain: the same pictures give the same scores as a built set."""

import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from quantsig.backtest.execution import Execution
from quantsig.backtest.result import backtest_run
from quantsig.data.bars import check_bars
from quantsig.data.errors import DataError
from quantsig.data.samples.imports import Source, import_samples
from quantsig.data.samples.legacy.file_names import NameOptions
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.reports.report import write_report
from quantsig.signals.inference.signals import write_signals
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.thresholds.trade_off import write_table
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.data.samples.legacy_files import packed
from tests.planted import COST_FRACTION, LABEL, build, planted_frame

pytestmark = pytest.mark.xdist_group("chain")
CELLS = 160
SETTINGS = Plan(train=TrainSettings(model="resnet18", epochs=1, batch_size=16, seed=5))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("import")


@pytest.fixture(scope="module")
def built(folder: Path) -> SampleSet:
    """A small planted set of storage bars."""
    return build(planted_frame(CELLS), folder / "built")


@pytest.fixture(scope="module")
def old(built: SampleSet, folder: Path) -> Path:
    """The same samples as files of the old kind, some of each kind."""
    files = folder / "old"
    files.mkdir()
    charts = built.read(np.arange(len(built))).astype(np.float16)
    for row, x in zip(built.index.iter_rows(named=True), charts, strict=True):
        stem = f"{row['symbol']}_{row['decision_time']:%Y%m%d_%H%M}"
        y = np.array([np.nan if row["label"] is None else row["label"]])
        if row["sample_id"] % 10:
            suffix = (".zst", ".xz")[row["sample_id"] % 2]
            content = pickle.dumps({"x": x, "y": y, "direction": "long"})
            (files / f"{stem}{suffix}").write_bytes(packed(content, suffix))
        else:
            tensors = {"x": torch.from_numpy(x), "y": torch.from_numpy(y), "direction": 1}
            torch.save(tensors, files / f"{stem}.pt")
    return files


@pytest.fixture(scope="module")
def imported(old: Path, folder: Path) -> SampleSet:
    """Imported with the bars."""
    names = NameOptions(pattern="{symbol}_{time}", bar_label="close")
    bars = check_bars(planted_frame(CELLS))
    return import_samples(
        Source(folder=old, names=names, bars=bars, label=LABEL), folder / "imported", processes=2
    )


@pytest.fixture(scope="module")
def timeless(old: Path, folder: Path) -> SampleSet:
    """Imported from the files alone."""
    return import_samples(Source(folder=old), folder / "timeless", processes=2)


@pytest.fixture(scope="module")
def timeless_run(timeless: SampleSet, folder: Path) -> Run:
    """A small network trained on those."""
    settings = Plan(train=TrainSettings(model="small", epochs=1, batch_size=16, seed=5))
    return train(timeless, folder / "runs" / "timeless", settings, SplitSpec())


def test_pictures_labels_and_trades_are_those_of_the_built_set(
    built: SampleSet, imported: SampleSet
) -> None:
    """Bit for bit, and row by row."""
    ids = np.arange(len(built))
    np.testing.assert_array_equal(imported.read(ids), built.read(ids))
    columns = ["symbol", "decision_time", "label_end", "forward_return", "label", "direction"]
    assert imported.index.select(columns).equals(built.index.select(columns))


def test_the_chain_over_imported_samples(
    built: SampleSet, imported: SampleSet, folder: Path
) -> None:
    """Training gives the scores of the built set; signals, backtest and report follow."""
    run = train(imported, folder / "runs" / "imported", SETTINGS, SplitSpec())
    same = train(built, folder / "runs" / "built", SETTINGS, SplitSpec())
    assert run.predictions()["score"].equals(same.predictions()["score"])
    write_table(run, COST_FRACTION)
    choose(run, AskedRule(name="number", value=0.0), COST_FRACTION)
    write_signals(run)
    stats = backtest_run(run, Execution())
    assert stats.figures["trades"] > 0
    assert write_report(run.path).is_file()


def test_without_times_training_works_and_promises_do_not(timeless_run: Run) -> None:
    """Splits go by order, signals promise nothing, and what needs money refuses."""
    run = timeless_run
    predictions = run.predictions()
    assert predictions["sample_id"].is_sorted()
    assert predictions["split"].unique(maintain_order=True).to_list() == [
        "validation",
        "calibration",
    ]
    write_table(run, COST_FRACTION)
    with pytest.raises(DataError, match="without bars"):
        choose(run, AskedRule(name="expectancy"), COST_FRACTION)
    choose(run, AskedRule(name="number", value=0.0), COST_FRACTION)
    signals = write_signals(run)
    assert signals["expected_precision"].null_count() == len(signals)
    with pytest.raises(DataError, match="without bars"):
        backtest_run(run, Execution())
    assert write_report(run.path).is_file()


def test_the_small_network_takes_pictures_of_unknown_bars(timeless_run: Run) -> None:
    """Each column counts as a bar."""
    assert timeless_run.model.shape.bar_pixels == 1
    assert timeless_run.predictions().filter(pl.col("score").is_nan()).is_empty()

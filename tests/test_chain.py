"""The chain as a whole: it finds what is there, finds nothing where nothing is, sees no future."""

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from quantsig.backtest.execution import Execution
from quantsig.backtest.result import backtest_run
from quantsig.data.bars import check_bars
from quantsig.data.samples.extend import extend_samples
from quantsig.data.samples.manifest import MANIFEST, fingerprint
from quantsig.data.samples.parts import BARS, INDEX
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import checksums, documents, parquet
from quantsig.signals.inference.signals import write_signals
from quantsig.signals.metrics import event_metrics
from quantsig.signals.runs import Run, open_run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.thresholds.trade_off import write_table
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan
from tests.planted import CHART, COST_FRACTION, SETTINGS, build, planted_frame

pytestmark = pytest.mark.xdist_group("chain")
PERMUTATIONS = 500


def run_chain(samples: SampleSet, out: Path) -> Run:
    """Train, choose by expectancy, write signals, backtest."""
    run = train(samples, out, SETTINGS, SplitSpec())
    write_table(run, COST_FRACTION)
    choose(run, AskedRule(name="expectancy"), COST_FRACTION)
    write_signals(run)
    backtest_run(run, Execution())
    return run


def shuffled(samples: SampleSet, out: Path, seed: int) -> SampleSet:
    """A copy of a sample set whose labels and returns were dealt to other samples."""
    shutil.copytree(samples.path, out)
    order = np.random.default_rng(seed).permutation(samples.index["label"].count())
    known = samples.index.filter(pl.col("label").is_not_null())
    dealt = known.with_columns(known.select("label", "forward_return")[order])
    index = pl.concat([dealt, samples.index.filter(pl.col("label").is_null())])
    parquet.write_parquet(out / INDEX, index.sort("sample_id"))
    manifest = json.loads((out / MANIFEST).read_text())
    manifest["files"][INDEX]["sha256"] = checksums.sha256_of(out / INDEX)
    manifest["fingerprint"] = fingerprint(manifest)
    documents.write_json(out / MANIFEST, manifest)
    return open_samples(out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the chains of this module live."""
    return tmp_path_factory.mktemp("chain")


@pytest.fixture(scope="module")
def samples(folder: Path) -> SampleSet:
    """The planted sample set."""
    return build(planted_frame(), folder / "samples")


@pytest.fixture(scope="module")
def run(samples: SampleSet, folder: Path) -> Run:
    """The chain over the planted pattern."""
    return run_chain(samples, folder / "runs" / "planted")


@pytest.fixture(scope="module")
def shuffled_run(samples: SampleSet, folder: Path) -> Run:
    """The chain over shuffled labels."""
    return run_chain(shuffled(samples, folder / "shuffled", 3), folder / "runs" / "shuffled")


def precision_of(happened: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Average precision of scores."""
    found = event_metrics(happened, score).average_precision
    assert found is not None
    return found


def stats_of(run: Run) -> dict[str, Any]:
    """The document of a run's backtest."""
    return documents.read_json(run.path / "backtest" / "stats.json")


def test_the_planted_pattern_is_found(run: Run) -> None:
    """Test average precision far above the base rate."""
    outcome = run.choices()[-1].reached
    assert outcome["average_precision"] > 0.8
    assert outcome["base_rate"] < 0.15


def test_the_planted_pattern_makes_money_after_costs(run: Run) -> None:
    """More than always-long, and at no other time the same trades come near."""
    stats = stats_of(run)
    assert stats["figures"]["total_return"] > 0.1
    assert stats["figures"]["total_return"] > stats["always_long"]["total_return"]
    random = stats["random_entries"]
    assert random["p_value"] == 1 / (1 + random["draws"])


def test_shuffled_labels_are_not_foreseen(shuffled_run: Run) -> None:
    """Average precision lies within the band of 500 permutations of the test labels."""
    test = shuffled_run.predictions().filter(pl.col("split") == "test")
    happened, score = shuffled_run.happened(test), test["score"].to_numpy()
    random = np.random.default_rng(0)
    band = [precision_of(random.permutation(happened), score) for _ in range(PERMUTATIONS)]
    found = precision_of(happened, score)
    assert np.quantile(band, 0.001) <= found <= np.quantile(band, 0.999)


def test_shuffled_labels_make_no_money_of_their_own(shuffled_run: Run) -> None:
    """Profit no better than random entries of the same count and holding."""
    stats = stats_of(shuffled_run)
    assert stats["random_entries"]["p_value"] > 0.01
    assert stats["verdict"]["edge"] is False
    assert "no evidence of an edge" in stats["verdict"]["sentence"]


def test_same_seed_same_numbers(samples: SampleSet, run: Run, folder: Path) -> None:
    """A second training gives the same weights and the same scores."""
    again = train(samples, folder / "runs" / "again", SETTINGS, SplitSpec())
    weights = (run.path / "model.safetensors").read_bytes()
    assert (again.path / "model.safetensors").read_bytes() == weights
    mine = run.predictions().filter(pl.col("split") != "test")
    assert again.predictions().equals(mine)


def test_later_bars_change_no_sample_probability_or_signal(
    samples: SampleSet, run: Run, folder: Path
) -> None:
    """The whole chain over bars that differ after t gives the same up to t."""
    test = run.predictions().filter(pl.col("split") == "test")
    t = test["decision_time"][len(test) // 2]
    after = pl.col("timestamp") > t
    prices = ["open", "high", "low", "close"]
    bars = planted_frame().with_columns(
        *[pl.when(after).then(pl.col(name) * 3).otherwise(name).alias(name) for name in prices],
        volume=pl.when(after).then(pl.col("volume") * 9).otherwise("volume"),
    )
    changed = build(bars, folder / "changed")
    before = samples.index.filter(pl.col("decision_time") <= t)["sample_id"].to_numpy()
    np.testing.assert_array_equal(changed.read(before), samples.read(before))
    other = run_chain(changed, folder / "runs" / "changed")
    columns = ["sample_id", "decision_time", "probability", "threshold", "signal"]
    mine, theirs = (
        chained.signals().filter(pl.col("decision_time") <= t).select(columns)
        for chained in (run, other)
    )
    assert len(mine) > 100
    assert mine.equals(theirs)
    first_after = before[-1:] + 1
    assert changed.read(first_after).tobytes() != samples.read(first_after).tobytes()


def test_the_test_split_stays_locked_until_signals(samples: SampleSet, folder: Path) -> None:
    """Training leaves no prediction of it; each opening is counted in the ledger."""
    run = train(samples, folder / "locked" / "run", SETTINGS, SplitSpec())
    assert "test" not in run.predictions()["split"].unique()
    choose(run, AskedRule(name="number", value=0.5), COST_FRACTION)
    assert run.choices()[-1].test is None
    write_signals(run)
    choose(run, AskedRule(name="number", value=0.6), COST_FRACTION)
    write_signals(run, force=True)
    assert [choice.reached["opening"] for choice in run.choices()] == [1, 2]
    assert run.signals()["threshold"].unique().to_list() == [0.6]


def test_opening_the_test_split_compares_volatility(run: Run, samples: SampleSet) -> None:
    """Root mean squares of log returns per symbol, the median of their ratios, by numpy."""
    train_end, _, test_start = samples.cut_times(SplitSpec())
    ratios = []
    for bars in samples.bars.partition_by("symbol"):
        time, close = bars["timestamp"].to_numpy(), bars["close"].to_numpy()
        cuts = pl.Series([train_end, test_start]).dt.replace_time_zone(None).to_numpy()
        first, last = np.searchsorted(time, cuts)
        before, now = (np.diff(np.log(part)) for part in (close[:first], close[last:]))
        ratios.append(np.sqrt(np.mean(now**2) / np.mean(before**2)))
    test = run.choices()[-1].reached
    assert test["volatility_ratio"] == pytest.approx(np.median(ratios))
    rows = run.predictions().filter(pl.col("split") == "test")
    assert test["predicted_events"] == pytest.approx(rows["probability"].sum())


def test_a_run_keeps_what_it_was_made_of(run: Run, samples: SampleSet) -> None:
    """Its record names the samples, the chart and the command of origin."""
    opened = open_run(run.path)
    assert opened.record.samples.fingerprint == samples.manifest.fingerprint
    assert opened.record.chart == CHART
    assert datetime.fromisoformat(opened.record.created).tzinfo is not None
    assert opened.config()["train"]["seed"] == SETTINGS.train.seed
    assert (samples.path / BARS).is_file()


def test_a_set_that_grows_later_changes_nothing_of_a_run(tmp_path: Path) -> None:
    """Thresholds, choice, signals, trades and equity keep their bytes; labels known since stay out.

    The newer bars would move the cuts of the splits and turn test samples into training ones.
    """
    frame = planted_frame(400)
    samples = build(frame.head(1500), tmp_path / "samples")
    now, plan = tmp_path / "now", Plan(train=replace(SETTINGS.train, epochs=1))
    run = train(samples, now / "run", plan, SplitSpec())
    shutil.copytree(now, tmp_path / "later")  # as far from the samples, which runs name from there
    later = open_run(tmp_path / "later" / "run")
    finish(run)
    grown = extend_samples(samples.path, check_bars(frame))
    finish(later)
    assert len(grown) > len(samples) == len(later.samples())
    for name in ("predictions", "thresholds", "signals", "backtest/trades", "backtest/equity"):
        ours, theirs = ((one.path / f"{name}.parquet").read_bytes() for one in (run, later))
        assert ours == theirs, name


def finish(run: Run) -> None:
    """Choose, signal, backtest."""
    write_table(run, COST_FRACTION)
    choose(run, AskedRule(name="number", value=0.2), COST_FRACTION)
    write_signals(run, device="cpu")
    backtest_run(run, Execution())

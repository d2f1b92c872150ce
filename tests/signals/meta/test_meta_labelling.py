"""A second model learns where the first one errs, from rows the first one never saw."""

import hashlib
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load

from quantsig.data.charts.draw import BarMatrix
from quantsig.data.demo.planted import CELL_BARS, planted_bars
from quantsig.data.errors import ConfigError, DataError, UsageError
from quantsig.data.folds import Combinatorial, KFold
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.ledger import read_ledger
from quantsig.signals.meta.meta_labelling import (
    Meta,
    MetaSettings,
    break_even,
    fit_meta,
    read_meta_record,
)
from quantsig.signals.runs import Run
from quantsig.signals.training.fit import train
from quantsig.signals.training.folds import predict_folds
from quantsig.signals.training.out_of_fold import OutOfFold
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import build

pytestmark = pytest.mark.xdist_group("meta")
STRETCH = 60 * CELL_BARS  # bars of calm, then as many of storm
SETTINGS = MetaSettings(threshold=0.25, cost_fraction=4e-4)


def stormy_bars(cells: int) -> pl.DataFrame:
    """Planted bars; in every second stretch moves are twice as large and the drift goes down.

    Scaled inside the window a storm looks like calm: the first model cannot tell them apart.
    """
    bars = planted_bars(cells, seed=4).bars
    storm = (np.arange(len(bars)) // STRETCH) % 2 == 1
    moves, upper, lower = (
        bars.select(
            (pl.col("close") / pl.col("open")).log(),
            (pl.col("high") / pl.max_horizontal("open", "close")).log(),
            (pl.col("low") / pl.min_horizontal("open", "close")).log(),
        )
        .to_numpy()
        .T
    )
    cell = moves.reshape(-1, CELL_BARS)
    drifts = np.repeat(cell.mean(axis=1) > 2 * 0.002, CELL_BARS)
    moves = np.where(storm, 2 * np.where(drifts, -moves, moves), moves)
    close = 100 * np.exp(np.cumsum(moves))
    opens = np.concatenate([[100.0], close[:-1]])
    wide = np.where(storm, 2.0, 1.0)
    return bars.with_columns(
        open=opens,
        close=close,
        high=np.maximum(opens, close) * np.exp(wide * upper),
        low=np.minimum(opens, close) * np.exp(wide * lower),
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A logistic regression on bars of calm and storm."""
    home = tmp_path_factory.mktemp("meta")
    samples = build(stormy_bars(4000), home / "samples")
    plan = Plan(train=TrainSettings(model="logistic", seed=3))
    return train(samples, home / "runs" / "run", plan, SplitSpec())


@pytest.fixture(scope="module")
def predictions(run: Run) -> OutOfFold:
    """Out of fold, in four stretches."""
    return predict_folds(run, KFold(blocks=4), before="calibration")


@pytest.fixture(scope="module")
def meta(predictions: OutOfFold) -> Meta:
    """The second model."""
    return fit_meta(predictions, SETTINGS)


def calibration_rows(run: Run) -> tuple[NDArray[np.int64], NDArray[np.float64], pl.DataFrame]:
    """Ids, probabilities and rows that neither model learnt from."""
    rows = run.predictions().filter(split="calibration")
    return rows["sample_id"].to_numpy(), rows["probability"].to_numpy(), rows


def test_it_raises_precision_where_errors_depend_on_the_regime(run: Run, meta: Meta) -> None:
    """On rows that neither learnt from: the first is right in calm, the second skips storm."""
    ids, probability, rows = calibration_rows(run)
    happened = run.happened(rows)
    signal = probability >= SETTINGS.threshold
    verdicts = meta.judge(run.samples(), ids, probability)
    assert verdicts.take.sum() >= 0.25 * signal.sum() >= 10
    assert happened[verdicts.take].mean() > happened[signal].mean() + 0.3


def test_only_signals_are_taken_and_skipped_rows_have_no_size(run: Run, meta: Meta) -> None:
    """Sizes are fractions of a full position that grow with the probability of profit."""
    ids, probability, _ = calibration_rows(run)
    verdicts = meta.judge(run.samples(), ids, probability)
    assert not verdicts.take[probability < SETTINGS.threshold].any()
    assert (verdicts.size[~verdicts.take] == 0.0).all()
    order = np.argsort(verdicts.profit_probability[verdicts.take])
    sizes = verdicts.size[verdicts.take][order]
    assert (np.diff(sizes) >= 0.0).all()
    assert 0.0 <= sizes[0] < sizes[-1] <= 1.0


def test_size_by_hand(run: Run, meta: Meta) -> None:
    """A profit of probability .8 taken from .5 on: z = .75, 2 Phi(.75) - 1 = .5467."""
    even = replace(
        meta,
        take_at=0.5,
        calibrator=replace(meta.calibrator, slope=0.0, intercept=float(np.log(4.0))),
    )
    verdicts = even.judge(run.samples(), np.array([100]), np.array([0.9]))
    assert verdicts.profit_probability[0] == pytest.approx(0.8)
    assert verdicts.size[0] == pytest.approx(0.5467, abs=1e-4)


def test_scores_that_may_be_in_sample_are_refused(run: Run) -> None:
    """Of the run's own model there is no second one."""
    with pytest.raises(UsageError, match="DataFrame is not known to be out of fold"):
        fit_meta(run.predictions(), SETTINGS)  # type: ignore[arg-type]


def test_folds_that_reach_into_the_calibration_split_are_refused(run: Run) -> None:
    """Their first models learnt from labels that the second one is to be judged by."""
    with pytest.raises(UsageError, match="ends in the calibration split"):
        fit_meta(predict_folds(run, KFold(blocks=2)), SETTINGS)


def test_later_bars_change_no_verdict(run: Run, meta: Meta) -> None:
    """Of a decision in the middle, with everything after it multiplied."""
    samples = run.samples()
    ids, probability = np.array([1000]), np.array([0.9])
    values = samples.matrix.values.copy()
    values[samples.decision_rows[1000] + 1 :] *= 3.0
    matrix = BarMatrix(values=values, times_us=samples.matrix.times_us)
    other = samples.seen_as(matrix, samples.decision_rows)
    before, after = (meta.judge(one, ids, probability) for one in (samples, other))
    assert before.profit_probability[0] == after.profit_probability[0]


@pytest.mark.parametrize("model", ["logistic", "boosting"])
def test_it_is_kept_as_numbers(run: Run, predictions: OutOfFold, model: str) -> None:
    """What was fitted, and the SHA-256 of its weights."""
    fitted = fit_meta(predictions, replace(SETTINGS, model=model))
    home = run.path / "meta"
    kept = read_meta_record(home / f"{fitted.trial_id}.json")
    assert (kept.settings, kept.take_at) == (fitted.settings, fitted.take_at)
    assert (kept.signals, kept.profits) == (fitted.signals, fitted.profits)
    weights = (home / f"{fitted.trial_id}.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == kept.sha256
    stored, state = load(weights), fitted.module.state_dict()
    assert set(stored) == set(state)
    assert all(torch.equal(stored[name], state[name]) for name in state)


def test_each_second_model_counts_once(run: Run, predictions: OutOfFold, meta: Meta) -> None:
    """In the ledger; fitted again it is the same trial."""
    assert fit_meta(predictions, SETTINGS).trial_id == meta.trial_id
    lines = [line["trial_id"] for line in read_ledger(run.runs_folder) if line["event"] == "meta"]
    assert lines.count(meta.trial_id) == 1


def test_several_paths_must_be_told_apart(run: Run, predictions: OutOfFold) -> None:
    """A row counts once."""
    twice = replace(predictions, frame=pl.concat([predictions.frame, predictions.frame]))
    with pytest.raises(UsageError, match="several folds"):
        fit_meta(twice, SETTINGS)
    assert Combinatorial(blocks=4, tested=1).paths().shape == (1, 4)


def test_too_few_signals_are_refused(predictions: OutOfFold) -> None:
    """The error counts them."""
    with pytest.raises(DataError, match="0 of 0 signals"):
        fit_meta(predictions, replace(SETTINGS, threshold=0.999999))
    with pytest.raises(DataError, match=r"0 of \d+ signals"):
        fit_meta(predictions, replace(SETTINGS, cost_fraction=10.0))


def test_settings_that_make_no_sense_are_refused() -> None:
    """With the known models."""
    with pytest.raises(ConfigError, match="boosting"):
        MetaSettings(threshold=0.5, cost_fraction=0.0, model="resnet18")
    with pytest.raises(ConfigError, match="take_at"):
        MetaSettings(threshold=0.5, cost_fraction=0.0, take_at=1.5)


def test_break_even_by_hand() -> None:
    """Wins of 3 % and losses of 1 % break even at one winner in four."""
    assert break_even(np.array([0.03, 0.03, -0.01, -0.01, -0.01])) == pytest.approx(0.25)

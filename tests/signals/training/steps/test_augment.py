"""Varied training samples: by seed and epoch alone, never by a later bar, never in validation."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray

from quantsig.data.charts import draw
from quantsig.data.errors import ConfigError
from quantsig.data.samples.matrix import MATRIX_COLUMNS
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.inputs import feed_for
from quantsig.signals.inputs.feed import Feed
from quantsig.signals.inputs.planes import pixels_feed
from quantsig.signals.models import MODELS, Model, small
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.training import fit
from quantsig.signals.training.fit import train
from quantsig.signals.training.problem import find_problem
from quantsig.signals.training.settings import AugmentSettings, Plan, TrainSettings
from quantsig.signals.training.steps.augment import augmented
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import build, planted_frame
from tests.signals.training.conftest import RESULTS, CrashError, crashing

pytestmark = pytest.mark.xdist_group("augment")
ALL = AugmentSettings(shift_bars=3, noise=0.2, drop_planes=0.1)
CLOSE = MATRIX_COLUMNS.index("close")
FeedOf = Callable[[SampleSet], Feed]


def bars_feed(samples: SampleSet) -> Feed:
    return feed_for(samples, torch.device("cpu"), "sequence")


@pytest.fixture(scope="module")
def train_ids(planted: SampleSet) -> NDArray[np.int64]:
    """Of the training split."""
    return find_problem(planted, SplitSpec()).ids["train"]


def seen(feed: Feed, ids: NDArray[np.int64]) -> NDArray[Any]:
    """What the feed draws."""
    out = np.empty((len(ids), *feed.shape), feed.dtype)
    feed.draw(ids, out)
    return out


def later_bars_changed(samples: SampleSet, after: int) -> SampleSet:
    """The set with other bars after a row."""
    values = samples.matrix.values.copy()
    values[after + 1 :] *= 3
    return samples.seen_as(replace(samples.matrix, values=values), samples.decision_rows)


@pytest.mark.parametrize("feed_of", [pixels_feed, bars_feed])
def test_an_epoch_is_varied_by_seed_and_number_alone(
    planted: SampleSet, train_ids: NDArray[np.int64], feed_of: FeedOf
) -> None:
    """Same seed and epoch, same samples, whatever was drawn before; else others."""
    first, second = (augmented(planted, train_ids, ALL, 5, feed_of) for _ in range(2))
    other = augmented(planted, train_ids, ALL, 6, feed_of)
    ids = train_ids[:40]
    third = seen(first(3), ids)
    second(0), second(7)
    np.testing.assert_array_equal(third, seen(second(3), ids))
    assert not np.array_equal(third, seen(first(4), ids))
    assert not np.array_equal(third, seen(other(3), ids))
    assert not np.array_equal(third, seen(feed_of(planted), ids))


@pytest.mark.parametrize("feed_of", [pixels_feed, bars_feed])
def test_no_later_bar_is_shown(
    planted: SampleSet, train_ids: NDArray[np.int64], feed_of: FeedOf
) -> None:
    """Bars after the last training decision change nothing of any training sample.

    Nor do they change the size of the noise.
    """
    last = int(planted.decision_rows[train_ids].max())
    changed = later_bars_changed(planted, last)
    for epoch in range(3):
        mine, theirs = (
            seen(augmented(samples, train_ids, ALL, 5, feed_of)(epoch), train_ids)
            for samples in (planted, changed)
        )
        np.testing.assert_array_equal(mine, theirs)


def test_bars_after_a_decision_change_nothing_of_its_sample(
    planted: SampleSet, train_ids: NDArray[np.int64]
) -> None:
    """Shifted in time, a chart ends at its decision or before."""
    shifted = AugmentSettings(shift_bars=7)
    ids = train_ids[:60]
    changed = later_bars_changed(planted, int(planted.decision_rows[ids[-1]]))
    for epoch in range(4):
        mine, theirs = (
            seen(augmented(samples, train_ids, shifted, 5, pixels_feed)(epoch), ids)
            for samples in (planted, changed)
        )
        np.testing.assert_array_equal(mine, theirs)


def test_a_shifted_chart_is_that_of_an_earlier_bar(
    planted: SampleSet, train_ids: NDArray[np.int64]
) -> None:
    """Up to three bars earlier, each of the four; the first sample has no history to spare."""
    ids = train_ids[:50]
    feed = augmented(planted, train_ids, AugmentSettings(shift_bars=3), 5, bars_feed)(0)
    drawn, back = seen(feed, ids), []
    for row, sample_id in zip(drawn, ids, strict=True):
        for bars in range(4):
            moved = planted.seen_as(planted.matrix, planted.decision_rows - bars)
            spare = planted.index["bar"][int(sample_id)] - planted.chart.history_bars + 1
            if bars <= spare and np.array_equal(
                row, seen(bars_feed(moved), ids[ids == sample_id])[0]
            ):
                back.append(bars)
    assert len(back) == len(ids)
    assert set(back) == {0, 1, 2, 3}


def test_a_shift_stays_inside_history(planted: SampleSet, train_ids: NDArray[np.int64]) -> None:
    """However far it may go, the earliest chart is that of the first bar with history enough."""
    rows: list[NDArray[np.int64]] = []

    def feed_of(samples: SampleSet) -> Feed:
        rows.append(samples.decision_rows)
        return bars_feed(samples)

    augmented(planted, train_ids, AugmentSettings(shift_bars=10_000), 5, feed_of)(0)
    first = planted.chart.history_bars - 1
    assert rows[0].min() == first
    assert (rows[0] <= planted.decision_rows).all()


def test_noise_keeps_a_bar_a_bar(planted: SampleSet, train_ids: NDArray[np.int64]) -> None:
    """All four prices of a bar move by one factor of the deviation asked for; volume stays."""
    matrices: list[draw.BarMatrix] = []

    def feed_of(samples: SampleSet) -> Feed:
        matrices.append(samples.matrix)
        return bars_feed(samples)

    augmented(planted, train_ids, AugmentSettings(noise=0.5), 5, feed_of)(0)
    before, after = planted.matrix.values, matrices[-1].values
    factors = after[:, :4] / before[:, :4]
    np.testing.assert_allclose(factors, factors[:, :1].repeat(4, axis=1), rtol=1e-5)
    np.testing.assert_array_equal(after[:, 4:], before[:, 4:])
    known = before[: int(planted.decision_rows[train_ids].max()) + 1, CLOSE].astype(np.float64)
    asked = 0.5 * np.diff(np.log(known)).std()
    assert np.log(factors[:, 0]).std() == pytest.approx(asked, rel=0.05)


def test_validation_is_never_varied(
    planted: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is scored is drawn from the bars as they are; all steps from varied ones."""
    varied: list[bool] = []
    plain: Any = augmented

    def watched(samples: SampleSet, *args: Any) -> Callable[[int], Feed]:
        *others, feed_of = args

        def counting(seen_as: SampleSet) -> Feed:
            varied.append(seen_as.matrix is not samples.matrix)
            fed: Feed = feed_of(seen_as)
            return fed

        varied_feed: Callable[[int], Feed] = plain(samples, *others, counting)
        return varied_feed

    monkeypatch.setattr(fit, "augmented", watched)
    run = train(planted, tmp_path / "run", plan(0.2), SplitSpec())
    assert varied == [True] * 2
    again = run.predictions().sort("sample_id")
    scores = open_scorer(run, "cpu").scores(planted, again["sample_id"].to_numpy()).long
    np.testing.assert_allclose(scores, again["score"].to_numpy(), rtol=1e-6, atol=1e-9)


def plan(noise: float) -> Plan:
    return Plan(
        train=TrainSettings(model="small", epochs=2, batch_size=64, seed=3, save_minutes=1e-9),
        augment=AugmentSettings(shift_bars=3, noise=noise, drop_planes=0.1),
    )


def test_a_resume_goes_on_with_the_same_variation(planted: SampleSet, tmp_path: Path) -> None:
    """Byte for byte, cut in either epoch."""
    whole = train(planted, tmp_path / "whole", plan(0.2), SplitSpec())
    out = tmp_path / "run"
    for step in (3, 10):
        with pytest.raises(CrashError):
            train(
                planted,
                out,
                plan(0.2),
                SplitSpec(),
                launch=Launch(callbacks=Callbacks(progress=crashing(step))),
            )
    train(planted, out, plan(0.2), SplitSpec())
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole.path / name).read_bytes(), name


def test_dropped_planes_are_blank(planted: SampleSet, tmp_path: Path) -> None:
    """About a tenth of the planes of a step, each sample's its own; no plane in validation."""
    shares: dict[bool, list[float]] = {True: [], False: []}

    def build_spied(shape: Any) -> Any:
        model = small.build(shape)
        model.register_forward_pre_hook(
            lambda module, inputs: shares[module.training].append(
                float((inputs[0].flatten(2).amax(2) == 0).double().mean())
            )
        )
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS, "small", Model(build=build_spied))
        only = Plan(
            train=TrainSettings(model="small", epochs=1, batch_size=64, seed=3),
            augment=AugmentSettings(drop_planes=0.5),
        )
        train(planted, tmp_path / "run", only, SplitSpec())
    natural = np.mean(shares[False])
    assert np.mean(shares[True]) == pytest.approx(0.5 + 0.5 * natural, abs=0.05)


def test_a_symbol_without_training_decisions_gets_no_noise(tmp_path: Path) -> None:
    """What it will be like is not known where only later splits show it."""
    late = planted_frame(60, seed=2).with_columns(
        symbol=pl.lit("LATE"), timestamp=pl.col("timestamp") + pl.duration(days=400)
    )
    samples = build(pl.concat([planted_frame(300), late]), tmp_path / "samples")
    ids = np.flatnonzero((samples.index["symbol"] == "PLANTED").to_numpy())[:100]
    matrices: list[draw.BarMatrix] = []

    def feed_of(seen_as: SampleSet) -> Feed:
        matrices.append(seen_as.matrix)
        return bars_feed(seen_as)

    augmented(samples, ids, AugmentSettings(noise=0.5), 5, feed_of)(0)
    moved = (matrices[-1].values != samples.matrix.values).any(axis=1)
    first = 0
    for symbol, bars in samples.symbol_bars.items():
        assert moved[first : first + bars].any() == (symbol == "PLANTED")
        first += bars


def test_pictures_cannot_be_shifted(planted: SampleSet, train_ids: NDArray[np.int64]) -> None:
    """3: their bars are not known; dropped planes remain possible."""
    pictures = replace(planted, manifest=replace(planted.manifest, storage="frames"))
    with pytest.raises(ConfigError, match="imported pictures") as caught:
        augmented(pictures, train_ids, ALL, 5, pixels_feed)
    assert "drop_planes" in caught.value.remedy

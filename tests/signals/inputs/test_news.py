"""The contract of inputs, kept by sequences with their news; and who may not read them."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.errors import CheckFailed, ConfigError, DataError, UsageError
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.samples.verify.sample_set import verify_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.explain.items import items_read
from quantsig.signals.explain.parts import parts_of as parts_of_held
from quantsig.signals.inference.predict import passing_of, predict
from quantsig.signals.inputs import INPUTS, feed_for
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import LABEL
from tests.told import CHART, PLAN, SPEC, Told, built, told

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return told(tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="module")
def samples(world: Told) -> SampleSet:
    return world.samples


@pytest.fixture(scope="module")
def run(world: Told) -> Run:
    return world.run


def parts_of(samples: SampleSet, ids: np.ndarray) -> dict[str, torch.Tensor]:
    feed = feed_for(samples, CPU, "news", SPEC)
    out = feed.buffer(len(ids), pinned=False)
    feed.draw(ids, {name: part.numpy() for name, part in out.items()})
    found: dict[str, torch.Tensor] = feed.finish(out)
    return found


def test_parts_are_as_large_as_the_model_is_told(samples: SampleSet, run: Run) -> None:
    """In shape and type; the same again in other company."""
    found = parts_of(samples, np.arange(40))
    for part in INPUTS["news"].parts(run.model.shape):
        assert found[part.name].shape == (40, *part.shape)
        assert found[part.name].numpy().dtype == part.dtype
    alone = parts_of(samples, np.array([17]))
    assert all(torch.equal(found[name][17], alone[name][0]) for name in found)
    assert found["present"].any()
    assert verify_samples(samples.path).files == len(samples.manifest.files)


@pytest.mark.parametrize("change", ["multiplied", "exchanged"])
def test_later_news_and_bars_change_nothing(samples: SampleSet, run: Run, change: str) -> None:
    """No input and no score at or before the decision, bit for bit; later ones do change."""
    ids, half = np.arange(len(samples)), len(samples) // 2
    decided = samples.index["decision_time"][half]
    later = (samples.news.items["known"] > decided).to_numpy()
    vectors = samples.news.vectors.copy()
    vectors[later] = vectors[later] * 3.0 + 1.0 if change == "multiplied" else vectors[later][::-1]
    other = replace(samples)
    other.__dict__["news"] = replace(samples.news, vectors=vectors)
    last = samples.decision_rows[half]
    values = samples.matrix.values.copy()
    values[last + 1 :] *= 1.7
    matrix = replace(samples.matrix, values=values)
    other = other.seen_as(matrix, samples.decision_rows)
    before, after = parts_of(samples, ids), parts_of(other, ids)
    for name in before:
        assert torch.equal(before[name][: half + 1], after[name][: half + 1])
    assert not torch.equal(before["vectors"], after["vectors"])
    scorer = open_scorer(run, "cpu")
    scores = [scorer.scores(one, ids).long for one in (samples, other)]
    np.testing.assert_array_equal(scores[0][: half + 1], scores[1][: half + 1])
    assert (scores[0] != scores[1]).any()


def test_texts_after_the_training_split_teach_nothing(
    world: Told, samples: SampleSet, tmp_path: Path
) -> None:
    """Other texts from then on leave the axes as they are; who was taught later is refused."""
    bars, news = world.bars, world.news
    ends = samples.cut_times(SplitSpec())[0]
    assert isinstance(ends, datetime)
    assert samples.manifest.news is not None
    assert samples.manifest.news.fitted_before == ends.isoformat()
    changed = pl.when(pl.col("known") >= ends).then(pl.lit("crash")).otherwise("text")
    items = news.items.with_columns(text=changed)
    other = built(tmp_path / "other", bars, replace(news, items=items))
    early = (news.items["known"] < ends).to_numpy()
    np.testing.assert_array_equal(samples.news.vectors[early], other.news.vectors[early])
    late = SplitSpec(train=0.8, validation=0.05, calibration=0.05, test=0.1)
    taught = built(tmp_path / "late", bars, news, splits=late)
    with pytest.raises(CheckFailed, match="learnt from texts"):
        train(taught, tmp_path / "run", PLAN, SplitSpec())


def test_bars_are_scored_with_their_news(world: Told, run: Run) -> None:
    """As the run's own rows are; without news, or with others, nothing is."""
    bars, news = world.bars, world.news
    passing = passing_of(run, bars, stride_bars=CELL_BARS, news=news)
    rows = predict(run, passing, device="cpu")
    own = run.predictions().select("symbol", "decision_time", own="probability")
    both = own.join(rows, on=["symbol", "decision_time"], how="left")
    np.testing.assert_array_equal(both["own"].to_numpy(), both["probability"].to_numpy())
    with pytest.raises(DataError, match="reads news"):
        passing_of(run, bars)
    wide = replace(news, vectors=np.zeros((len(news.items), 9), np.float32))
    with pytest.raises(DataError, match="embed texts themselves"):
        passing_of(run, bars, news=wide)


def test_who_does_not_read_news_says_so(world: Told, samples: SampleSet, tmp_path: Path) -> None:
    """Samples without news, several timeframes, runs of sequences."""
    bars, news = world.bars, world.news
    plain = build_samples(bars, tmp_path / "plain", chart=CHART, label=LABEL, stride_bars=CELL_BARS)
    with pytest.raises(ConfigError, match="these samples have none"):
        train(plain, tmp_path / "none", PLAN, SplitSpec())
    simple = train(
        samples, tmp_path / "run", Plan(train=TrainSettings(model="majority")), SplitSpec()
    )
    with pytest.raises(UsageError, match="reads no news"):
        passing_of(simple, bars, news=news)


def test_a_model_that_knows_later_is_told(world: Told, tmp_path: Path) -> None:
    """The run keeps the warning, which the report shows."""
    bars, news = world.bars, world.news
    options = replace(news.options, model="bert", knows_until="2024-01-01")
    matrix = np.random.default_rng(0).normal(size=(len(news.items), 5)).astype(np.float32)
    samples = built(tmp_path / "s", bars, replace(news, vectors=matrix, options=options))
    run = train(samples, tmp_path / "run", PLAN, SplitSpec())
    assert any("bert" in warning for warning in run.record.warnings)
    narrow = replace(news, vectors=matrix[:, :4])
    with pytest.raises(DataError, match="4 wide"):
        passing_of(run, bars, news=narrow)


def test_items_are_exchanged_as_one_part(samples: SampleSet, run: Run) -> None:
    """Held inputs give the scores of whole ones; another's items give those of another's news."""
    scorer, ids = open_scorer(run, "cpu"), np.arange(60)
    held = scorer.held(samples, ids)
    donors = np.roll(ids, 7)
    nothing = np.zeros(held.ages.shape, dtype=bool)

    def scored(mask: np.ndarray) -> np.ndarray:
        return scorer.scores(samples, ids, feed=held.fed(held.exchanged(mask, donors), CPU)).long

    whole = scorer.scores(samples, ids).long
    np.testing.assert_array_equal(scored(nothing), whole)
    parts = {part.name: part.mask for part in parts_of_held(held) if part.kind == "feature"}
    assert list(parts) == [*SPEC.channels(samples.chart), "news"]
    np.testing.assert_array_equal(scored(parts["news"]), whole[donors])  # han reads nothing else
    np.testing.assert_array_equal(scored(parts["close@1"]), whole)


def test_items_that_were_read_are_told_with_their_weights(samples: SampleSet, run: Run) -> None:
    """Those of the window, the newest first; a text that weighs is one with a word."""
    ids = samples.index.filter(pl.col("label") == 1)["sample_id"].to_list()[:20]
    found = items_read(run, samples, ids)
    assert list(found) == ids
    for sample_id, items in found.items():
        decided = samples.index["decision_time"][sample_id]
        known = [item.known for item in items]
        assert known == sorted(known, reverse=True)
        assert all(time <= decided for time in known)
        assert all(0.0 < item.weight <= 1.0 for item in items)
        assert len(items) == int(parts_of(samples, np.array([sample_id]))["present"].sum())
    assert any(found.values())

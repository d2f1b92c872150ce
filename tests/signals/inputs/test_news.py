"""The contract of inputs, kept by sequences with their news; and who may not read them."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.demo.planted_news import planted_news
from quantsig.data.errors import CheckFailed, ConfigError, DataError, UsageError
from quantsig.data.news.options import NewsOptions
from quantsig.data.news.table import NewsItems, read_news
from quantsig.data.samples.build import BuildJob, build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.samples.verify.sample_set import verify_samples
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.inference.predict import passing_of, predict
from quantsig.signals.inputs import INPUTS, feed_for
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import LABEL

CHART = ChartSpec(timeframes=(1,), bars=6, height=16, width=24, slow_bars=6, calendar="day")
SPEC = SequenceSpec(window_bars=6, timeframes=(1,), max_items=3)
PLAN = Plan(train=TrainSettings(model="han", epochs=1), input=SPEC)
CPU = torch.device("cpu")


def built(folder: Path, bars: CheckedBars, news: NewsItems, **job: object) -> SampleSet:
    return build_samples(
        bars,
        folder,
        chart=CHART,
        label=LABEL,
        stride_bars=CELL_BARS,
        job=BuildJob(news=news, **job),  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CheckedBars, NewsItems]:
    folder = tmp_path_factory.mktemp("told")
    made = planted_news(300, 3)
    made.news.write_parquet(folder / "news.parquet")
    bars = check_bars(made.bars)
    return folder, bars, read_news(folder / "news.parquet", bars, NewsOptions())


@pytest.fixture(scope="module")
def samples(told: tuple[Path, CheckedBars, NewsItems]) -> SampleSet:
    return built(told[0] / "samples", told[1], told[2])


@pytest.fixture(scope="module")
def run(samples: SampleSet) -> Run:
    return train(samples, samples.path.parent / "runs" / "han", PLAN, SplitSpec())


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
    told: tuple[Path, CheckedBars, NewsItems], samples: SampleSet, tmp_path: Path
) -> None:
    """Other texts from then on leave the axes as they are; who was taught later is refused."""
    _, bars, news = told
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


def test_bars_are_scored_with_their_news(
    told: tuple[Path, CheckedBars, NewsItems], run: Run
) -> None:
    """As the run's own rows are; without news, or with others, nothing is."""
    _, bars, news = told
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


def test_who_does_not_read_news_says_so(
    told: tuple[Path, CheckedBars, NewsItems], samples: SampleSet, tmp_path: Path
) -> None:
    """Samples without news, several timeframes, runs of sequences."""
    _, bars, news = told
    plain = build_samples(bars, tmp_path / "plain", chart=CHART, label=LABEL, stride_bars=CELL_BARS)
    with pytest.raises(ConfigError, match="these samples have none"):
        train(plain, tmp_path / "none", PLAN, SplitSpec())
    simple = train(
        samples, tmp_path / "run", Plan(train=TrainSettings(model="majority")), SplitSpec()
    )
    with pytest.raises(UsageError, match="reads no news"):
        passing_of(simple, bars, news=news)


def test_a_model_that_knows_later_is_told(
    told: tuple[Path, CheckedBars, NewsItems], tmp_path: Path
) -> None:
    """The run keeps the warning, which the report shows."""
    _, bars, news = told
    options = replace(news.options, model="bert", knows_until="2024-01-01")
    matrix = np.random.default_rng(0).normal(size=(len(news.items), 5)).astype(np.float32)
    samples = built(tmp_path / "s", bars, replace(news, vectors=matrix, options=options))
    run = train(samples, tmp_path / "run", PLAN, SplitSpec())
    assert any("bert" in warning for warning in run.record.warnings)
    narrow = replace(news, vectors=matrix[:, :4])
    with pytest.raises(DataError, match="4 wide"):
        passing_of(run, bars, news=narrow)

"""Several seeds of a training answer together."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import check_bars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.errors import IntegrityError
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.ledger import read_ledger
from quantsig.signals.runs import Run, open_run
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import CHART, planted_frame
from tests.signals.training.conftest import RESULTS, CrashError

pytestmark = pytest.mark.xdist_group("ensemble")
PLAN = Plan(train=TrainSettings(model="bars_cnn", epochs=1, batch_size=64, seed=3, seeds=3))


@pytest.fixture(scope="module")
def run(planted: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three seeds."""
    return train(planted, tmp_path_factory.mktemp("seeds") / "run", PLAN, SplitSpec())


def members(run: Run) -> list[Run]:
    return [open_run(run.path / "seeds" / str(seed)) for seed in (3, 4, 5)]


def natural(run: Run) -> Any:
    """(n,) probabilities of a run's own scores, before calibration."""
    return 1.0 / (1.0 + np.exp(-run.predictions()["score"].to_numpy()))


def test_it_answers_with_the_mean_of_its_members(run: Run) -> None:
    """Of their probabilities, not of their scores."""
    mean = np.mean([natural(member) for member in members(run)], axis=0)
    np.testing.assert_allclose(natural(run), mean, rtol=1e-5)


def test_a_member_is_the_training_of_its_seed(planted: SampleSet, run: Run, tmp_path: Path) -> None:
    """The second is what seed 4 alone gives, byte for byte."""
    alone = replace(PLAN, train=replace(PLAN.train, seed=4, seeds=1))
    single = train(planted, tmp_path / "run", alone, SplitSpec())
    for name in RESULTS:
        assert (single.path / name).read_bytes() == (members(run)[1].path / name).read_bytes()


def test_the_spread_of_the_seeds_is_recorded(run: Run) -> None:
    """Mean and deviation (ddof 1) of the members' validation figures."""
    losses = [
        member.metrics().filter(pl.col("split") == "validation")["loss"][0]
        for member in members(run)
    ]
    spread = (run.record.spread or {})["loss"]
    assert spread["mean"] == pytest.approx(np.mean(losses))
    assert spread["std"] == pytest.approx(np.std(losses, ddof=1))
    assert [row["seed"] for row in run.record.members or ()] == [3, 4, 5]


def test_it_counts_as_one_trial(run: Run) -> None:
    """Its members are no trials of their own."""
    lines = read_ledger(run.runs_folder)
    assert [line["trial_id"] for line in lines] == [run.record.trial_id]


def test_it_goes_on_in_the_member_that_was_cut_short(
    planted: SampleSet, run: Run, tmp_path: Path
) -> None:
    """The first member is not trained again; the result is the same, and one trial."""
    told: list[str] = []

    def crash(done: int, total: int) -> None:
        if len(told) == 2 and done == 4:
            raise CrashError

    out = tmp_path / "run"
    with pytest.raises(CrashError):
        train(
            planted,
            out,
            PLAN,
            SplitSpec(),
            launch=Launch(callbacks=Callbacks(progress=crash, tell=told.append)),
        )
    steps: list[int] = []
    again = train(
        planted,
        out,
        PLAN,
        SplitSpec(),
        launch=Launch(callbacks=Callbacks(progress=lambda done, _: steps.append(done))),
    )
    assert len(steps) == 2 * 7
    for name in RESULTS:
        assert (out / name).read_bytes() == (run.path / name).read_bytes(), name
    assert len(read_ledger(again.runs_folder)) == 1


def test_it_scores_from_its_own_weights_alone(planted: SampleSet, run: Run, tmp_path: Path) -> None:
    """What was recorded is what the opened run says; a flipped bit is refused."""
    ids = run.predictions()["sample_id"].to_numpy()
    scores = open_scorer(run, "cpu").scores(planted, ids).long
    np.testing.assert_allclose(scores, run.predictions()["score"].to_numpy(), rtol=1e-6, atol=1e-9)
    files = {**run.record.files, "model.safetensors": "0" * 64}
    with pytest.raises(IntegrityError):
        open_scorer(replace(run, record=replace(run.record, files=files)))


def test_quantiles_of_returns_are_averaged_as_they_are(tmp_path: Path) -> None:
    """They are no logits: the score of a row is the mean of its members' medians."""
    label = LabelSpec(name="forward_return", horizon_bars=CELL_BARS)
    bars = check_bars(planted_frame(cells=400))
    samples = build_samples(
        bars, tmp_path / "samples", chart=CHART, label=label, stride_bars=CELL_BARS
    )
    plan = replace(PLAN, train=replace(PLAN.train, loss="pinball"))
    run = train(samples, tmp_path / "run", plan, SplitSpec())
    mean = np.mean([member.predictions()["score"].to_numpy() for member in members(run)], axis=0)
    np.testing.assert_allclose(run.predictions()["score"].to_numpy(), mean, rtol=1e-5, atol=1e-7)
    again = open_scorer(run).scores(samples, run.predictions()["sample_id"].to_numpy())
    np.testing.assert_array_equal(again.long, run.predictions()["score"].to_numpy())

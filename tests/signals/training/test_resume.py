"""A training that was cut short goes on to the same run, byte for byte."""

from dataclasses import replace
from pathlib import Path

import pytest

from quantsig.data.bars import check_bars
from quantsig.data.demo.planted_news import planted_news
from quantsig.data.news.options import NewsOptions
from quantsig.data.news.table import read_news
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.models.sequences.settings import ModelSettings
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.signals.inputs.cross_sections import SPEC, uneven_samples
from tests.signals.training.conftest import RESULTS, CrashError, crashing
from tests.told import SPEC as TOLD
from tests.told import built

pytestmark = pytest.mark.xdist_group("resume")
OFTEN = TrainSettings(model="small", epochs=2, batch_size=64, seed=3, save_minutes=1e-9)
RARELY = replace(OFTEN, save_minutes=60.0)
STEPS_PER_EPOCH = 7


@pytest.fixture(scope="module")
def whole(planted: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never interrupted."""
    out = tmp_path_factory.mktemp("whole") / "run"
    return train(planted, out, Plan(train=OFTEN), SplitSpec()).path


def test_a_crash_changes_nothing_of_a_network_of_sequences(
    planted: SampleSet, tmp_path: Path
) -> None:
    """Its dropout depends on the step, and its standardisation on the training rows alone."""
    plan = Plan(
        train=replace(RARELY, model="lstm"),
        model=ModelSettings(hidden_size=8, dropout=0.3),
        input=SequenceSpec(features=("returns",), window_bars=6, timeframes=(1,)),
    )
    whole = train(planted, tmp_path / "whole" / "run", plan, SplitSpec())
    out = tmp_path / "run"
    with pytest.raises(CrashError):
        launch = Launch(callbacks=Callbacks(progress=crashing(STEPS_PER_EPOCH + 2)))
        train(planted, out, plan, SplitSpec(), launch=launch)
    train(planted, out, plan, SplitSpec())
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole.path / name).read_bytes(), name
    assert dict(whole.model.settings) == {
        "hidden_size": 8,
        "layers": 2,
        "dropout": 0.3,
        "standardise": True,
    }
    assert whole.model.input == plan.input
    assert whole.record.features_version == 1


@pytest.mark.parametrize("reads", ["cross_section", "news"])
def test_a_crash_changes_nothing_of_what_reads_more_than_a_window(
    tmp_path: Path, reads: str
) -> None:
    """Whole times in their order, and items of news with what is drawn for latent variables."""
    if reads == "news":
        made = planted_news(200, 3)
        made.news.write_parquet(tmp_path / "news.parquet")
        bars = check_bars(made.bars)
        news = read_news(tmp_path / "news.parquet", bars, NewsOptions())
        samples, spec, model = built(tmp_path / "samples", bars, news), TOLD, "stocknet"
    else:
        samples, spec, model = uneven_samples(tmp_path / "samples"), SPEC, "dtml"
    plan = Plan(
        train=replace(RARELY, model=model, epochs=2),
        model=ModelSettings(hidden_size=8),
        input=spec,
    )
    whole = train(samples, tmp_path / "whole" / "run", plan, SplitSpec())
    out = tmp_path / "run"
    with pytest.raises(CrashError):
        launch = Launch(callbacks=Callbacks(progress=crashing(3)))
        train(samples, out, plan, SplitSpec(), launch=launch)
    train(samples, out, plan, SplitSpec())
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole.path / name).read_bytes(), name


@pytest.mark.parametrize("settings", [OFTEN, RARELY])
@pytest.mark.parametrize("step", [1, STEPS_PER_EPOCH - 1, STEPS_PER_EPOCH, 10, 2 * STEPS_PER_EPOCH])
def test_a_crash_changes_nothing(
    planted: SampleSet, whole: Path, tmp_path: Path, step: int, settings: TrainSettings
) -> None:
    """In the first epoch, at its last step, after it, in the middle of the next, at the end."""
    plan, out = Plan(train=settings), tmp_path / "run"
    with pytest.raises(CrashError):
        train(
            planted,
            out,
            plan,
            SplitSpec(),
            launch=Launch(callbacks=Callbacks(progress=crashing(step))),
        )
    assert not out.exists()
    train(planted, out, plan, SplitSpec())
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name

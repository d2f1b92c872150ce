"""What is said of an event that is too rare or too common, and the setting that mends it."""

from pathlib import Path

import pytest

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.benchmarks.minute_bars import minute_bars
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.base_rate import base_rate_remark
from quantsig.data.samples.build import BuildJob, build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from tests.data.samples.bars import CHART

SPLITS = SplitSpec()


@pytest.fixture(scope="module")
def minutes() -> CheckedBars:
    return check_bars(minute_bars(1500, symbols=2), quarantine=False)


def built(bars: CheckedBars, folder: Path, label: LabelSpec) -> SampleSet:
    return build_samples(bars, folder, chart=CHART, label=label, job=BuildJob(force=True))


def rate_in(samples: SampleSet, split: str) -> float:
    labels = samples.with_splits(SPLITS).filter(split=split)["label"]
    return float((labels == len(samples.classes) - 1).mean())  # type: ignore[arg-type]


def test_nothing_is_said_of_an_event_of_ten_percent(minutes: CheckedBars, tmp_path: Path) -> None:
    """The default in volatilities needs no warning on minutes."""
    samples = built(minutes, tmp_path / "set", LabelSpec())
    assert 0.05 < rate_in(samples, "train") < 0.2
    assert base_rate_remark(samples, SPLITS) is None


@pytest.mark.parametrize(
    ("label", "setting"),
    [
        ({"rise_fraction": 0.5}, "`label.rise_fraction` "),
        ({"rise": 9.0}, "`label.rise` "),
        ({"barrier_unit": "fraction"}, "`label.rise` "),
        ({"name": "three_way", "flat": 9.0}, "`label.flat` "),
        ({"name": "triple_barrier", "target": 40.0}, "`label.target` "),
    ],
)
def test_the_setting_that_is_named_gives_ten_percent(
    minutes: CheckedBars, tmp_path: Path, label: dict[str, object], setting: str
) -> None:
    """Built anew with it, a tenth of the training rows are events."""
    spec = LabelSpec(**label)  # type: ignore[arg-type]
    remark = base_rate_remark(built(minutes, tmp_path / "set", spec), SPLITS)
    assert remark is not None
    head, _, value = remark.rpartition(setting)
    assert "too few to learn from" in head
    name = setting.strip("` ").removeprefix("label.")
    again = built(minutes, tmp_path / "set", LabelSpec(**{**label, name: float(value)}))  # type: ignore[arg-type]
    assert rate_in(again, "train") == pytest.approx(0.10, abs=0.01)


def test_only_training_rows_are_asked(minutes: CheckedBars, tmp_path: Path) -> None:
    """Bars that a training label never sees change nothing that is said."""
    spec = LabelSpec(rise_fraction=0.5)
    samples = built(minutes, tmp_path / "set", spec)
    ends = samples.with_splits(SPLITS).filter(split="train")["label_end"].max()
    later = (minutes.bars["timestamp"] > ends).to_numpy()
    samples.matrix.values[later, :4] *= 3.0
    assert base_rate_remark(samples, SPLITS) == base_rate_remark(
        built(minutes, tmp_path / "other", spec), SPLITS
    )

"""What a run is found to look at is what its model was made to look at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from quantsig.backtest.repair import verify
from quantsig.data.errors import DataError, IntegrityError
from quantsig.signals.explain import explain
from quantsig.signals.explain.explain import Question, explain_run, whole_times
from quantsig.signals.explain.measures import event_measure
from quantsig.signals.explain.record import read_explanation
from quantsig.signals.layout import EXPLANATION
from quantsig.signals.runs import Run, open_run
from quantsig.signals.scoring.scorer import Scorer, open_scorer
from quantsig.signals.seal import seal_again
from tests.golden.opened import open_workspace

LOOKED_AT = "candles.wicks@1"


class ReadsOnePlane(nn.Module):
    """The score of the event is the height of a plane's ink in its newest columns."""

    def __init__(self, plane: int, columns: int) -> None:
        super().__init__()
        self.plane, self.columns = plane, columns

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """Planes (B, C, H, W) to (B, 2)."""
        rows = torch.arange(planes.shape[2], dtype=torch.float32)[:, None]
        ink = (planes[:, self.plane, :, -self.columns :].float() * rows).sum(dim=(1, 2))
        return torch.stack([torch.zeros_like(ink), ink], dim=1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finished runs: a logistic regression, a network, and one of pictures."""
    return open_workspace(tmp_path_factory.mktemp("explained"))


@pytest.fixture
def network(workspace: Path) -> Run:
    """A run of planes."""
    return open_run(workspace / "runs" / "steps")


@pytest.fixture
def planted(network: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same with a model that reads the newest bar of one plane, and labels that follow it."""
    samples = network.samples()
    chart = samples.chart
    model = ReadsOnePlane(chart.planes.index(LOOKED_AT), chart.bar_pixels)
    real = open_scorer(network)
    shown: Scorer = replace(real, model=model, shift=None)
    monkeypatch.setattr(explain, "open_scorer", lambda run, device: shown)
    monkeypatch.setattr("quantsig.signals.explain.measures.FEWEST_BLOCKS", 5)
    rows = network.predictions()
    scores = shown.scores(samples, rows["sample_id"].to_numpy()).long
    labels = pl.Series("label", (scores > np.quantile(scores, 0.8)).astype(np.float64))
    follows = rows.with_columns(labels.cast(rows["label"].dtype))
    monkeypatch.setattr(Run, "predictions", lambda run: follows)
    return network


def test_the_one_plane_that_is_looked_at_comes_first(planted: Run) -> None:
    """Alone above zero; exactly nothing is lost without any other plane or older bar."""
    found = explain_run(planted)
    assert found.value == pytest.approx(1.0)
    for kind, name in (
        ("plane", LOOKED_AT),
        ("panel", "candles"),
        ("timeframe", "1"),
        ("age", "0"),
    ):
        first, *rest = found.of_kind(kind)  # type: ignore[arg-type]
        assert (first.name, first.importance.speaks) == (name, True)
        assert {part.importance.lost for part in rest} <= {0.0}


def test_all_other_planes_may_be_left_out(planted: Run) -> None:
    """Together they lose nothing, and the setting names them in the order of the chart."""
    found = explain_run(planted).silent
    chart = planted.samples().chart
    assert found.drop_planes == tuple(name for name in chart.all_planes if name != LOOKED_AT)
    assert "trend.band@1" in found.drop_planes  # which the chart leaves out already
    assert found.joint is not None
    assert found.joint.lost == 0.0


def test_what_two_planes_both_say_is_not_left_out(
    planted: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that takes the higher of two equal planes loses nothing without one of them."""
    samples = planted.samples()
    first, second = (samples.chart.planes.index(name) for name in (LOOKED_AT, "candles.up@1"))

    class TakesEither(ReadsOnePlane):
        def forward(self, planes: torch.Tensor) -> torch.Tensor:
            planes = planes.clone()
            planes[:, second] = planes[:, first]
            return super().forward(planes)

    scorer = open_scorer(planted, "cpu")
    twice = replace(scorer, shift=None, model=TakesEither(second, samples.chart.bar_pixels))
    monkeypatch.setattr(explain, "open_scorer", lambda run, device: twice)
    silent = explain_run(planted).silent
    assert "candles.up@1" in silent.alone
    assert LOOKED_AT not in silent.together


def test_whole_inputs_have_the_scores_of_the_run(network: Run) -> None:
    """What is held and drawn again is what was scored when the run was made."""
    rows = network.predictions().filter(split="calibration")
    found = explain_run(network)
    stored = event_measure(network.happened(rows)).value(rows["score"].to_numpy())
    assert found.value == pytest.approx(stored)


def test_the_same_seed_gives_the_same_answer(workspace: Path) -> None:
    """But for the moment it was asked at; another seed exchanges others."""
    run = open_run(workspace / "runs" / "first")
    one, two, other = (explain_run(run, Question(seed=seed)) for seed in (1, 1, 2))
    assert replace(one, created=two.created) == two
    assert one.parts != other.parts


def test_scaled_bars_are_ranked_by_feature_field_and_age(workspace: Path) -> None:
    """Of a model that reads no pictures nothing is to be left out of these."""
    found = explain_run(open_run(workspace / "runs" / "first"))
    assert found.reads == "sequence"
    assert {part.name for part in found.of_kind("feature")} == {
        f"{name}@1" for name in ("open", "high", "low", "close", "volume")
    }
    assert found.silent.drop_planes == ()
    assert replace(found, reads="bars") == found  # as earlier versions called it


def test_the_answer_is_kept_under_the_seal(workspace: Path) -> None:
    """Read back as it was written; a changed byte is told."""
    run = open_run(workspace / "runs" / "pair")
    seal_again(run.path, run.path.name)
    found = explain_run(run, Question(rows=100))
    assert found.rows <= 100
    assert read_explanation(run.path) == found
    assert not verify(run.path).faults
    kept = run.path / EXPLANATION
    kept.write_bytes(kept.read_bytes().replace(b"sequence", b"SEQUENCE", 1))
    assert [Path(fault.where).name for fault in verify(run.path).faults] == [EXPLANATION]


def test_an_example_shows_the_bar_that_made_its_score(planted: Run) -> None:
    """Only the newest bar of the panel that is looked at changes the score of a sample."""
    (shown,) = explain_run(planted, Question(examples=(7,))).saliency
    raised = np.array(shown.raised)
    panel = shown.rows.index("candles")
    assert raised.shape == (3, planted.samples().chart.bars)
    assert raised[panel, -1] != 0.0
    raised[panel, -1] = 0.0
    assert not raised.any()
    assert shown.sample_id == 7


def test_pictures_whose_bars_are_unknown_cannot_be_asked(workspace: Path) -> None:
    """They cannot be drawn in parts."""
    with pytest.raises(DataError, match="imported pictures"):
        explain_run(open_run(workspace / "runs" / "pictures"))


def test_rows_without_an_event_cannot_be_ranked(
    network: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost of what was never there."""
    rows = network.predictions().with_columns(label=pl.lit(0.0))
    monkeypatch.setattr(Run, "predictions", lambda run: rows)
    with pytest.raises(DataError, match="happened in 0 of the"):
        explain_run(network)


def test_rows_of_one_time_stay_together() -> None:
    """Few rows are whole times, from the first to the last."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    times = [start + timedelta(days=day) for day in range(50) for _ in range(4)]
    kept = whole_times(pl.DataFrame({"decision_time": times}), 41)["decision_time"]
    assert kept.value_counts()["count"].to_list() == [4] * 10
    assert (kept.min(), kept.max()) == (times[0], times[-1])
    assert len(whole_times(pl.DataFrame({"decision_time": times}), 0)) == 200


def test_a_damaged_answer_is_told(workspace: Path) -> None:
    """As any document that is none."""
    run = open_run(workspace / "runs" / "first")
    explain_run(run)
    (run.path / EXPLANATION).write_text("{")
    with pytest.raises(IntegrityError):
        read_explanation(run.path)

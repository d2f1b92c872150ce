"""Runs whose models read every symbol of a time together."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.folds import Fold, KFold, WalkForward
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.cross_section import ABSENT
from quantsig.data.split_spec import SplitSpec
from quantsig.data.splits import assign
from quantsig.signals.audit.scores import audit_scores
from quantsig.signals.inference.predict import Pieces, passing_of, predict
from quantsig.signals.inference.universe import members_remarks
from quantsig.signals.inputs.cross_section import board_of
from quantsig.signals.models.sequences.settings import ModelSettings
from quantsig.signals.runs import Run, open_run
from quantsig.signals.training.fit import train
from quantsig.signals.training.folds import cut_folds
from quantsig.signals.training.settings import (
    AdversarialSettings,
    AugmentSettings,
    Plan,
    SpeedSettings,
    TrainSettings,
)
from quantsig.signals.training.setup import find_setup
from tests.signals.inputs.cross_sections import HALTED, SPEC, uneven_bars, uneven_samples

KEYS = ["symbol", "decision_time"]
PLAN = Plan(
    train=TrainSettings(model="dtml", epochs=1, batch_size=64, seed=2),
    model=ModelSettings(hidden_size=8, heads=2),
    input=SPEC,
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    return uneven_samples(tmp_path_factory.mktemp("set") / "samples")


@pytest.fixture(scope="module")
def run(samples: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(samples, tmp_path_factory.mktemp("runs") / "run", PLAN, SplitSpec())


@pytest.fixture(scope="module")
def bars() -> CheckedBars:
    return check_bars(uneven_bars())


def test_the_run_keeps_its_universe(run: Run) -> None:
    """In order, and it is opened again with it."""
    universe = open_run(run.path).model.input.universe
    assert universe == tuple(f"P{number:02d}" for number in range(9))
    assert run.model.shape.symbols == 9


def test_bars_are_scored_as_the_set_is_whatever_the_pieces(run: Run, bars: CheckedBars) -> None:
    """Bit for bit, and none depends on bars after its time."""
    kept = run.predictions().select(*KEYS, "score").sort(KEYS)
    whole = predict(run, passing_of(run, bars))
    assert whole.join(kept, on=KEYS, how="semi").select(*KEYS, "score").equals(kept)
    small = predict(run, passing_of(run, bars), pieces=Pieces(bars=300))
    assert small.equals(whole)
    stamps = bars.bars["timestamp"].unique().sort()
    until = stamps[len(stamps) // 2]
    earlier = replace(bars, bars=bars.bars.filter(pl.col("timestamp") <= until))
    before = predict(run, passing_of(run, earlier))
    seen = [*KEYS, "score", "probability"]
    assert before.select(seen).equals(whole.filter(pl.col("decision_time") <= until).select(seen))


def test_the_newest_time_is_scored_alone_as_among_others(run: Run, bars: CheckedBars) -> None:
    """Every symbol's newest decision."""
    newest = predict(run, passing_of(run, bars, newest=1)).select(*KEYS, "score")
    whole = predict(run, passing_of(run, bars)).select(*KEYS, "score")
    assert len(newest) == 9
    assert newest.equals(whole.join(newest, on=KEYS, how="semi"))


def test_a_stranger_changes_no_other_score(run: Run, bars: CheckedBars) -> None:
    """And has one of its own."""
    stranger = bars.bars.filter(symbol="P02").with_columns(symbol=pl.lit("ZZ"))
    other = check_bars(pl.concat([bars.bars.drop("adjustment"), stranger.drop("adjustment")]))
    whole = predict(run, passing_of(run, bars)).select(*KEYS, "score")
    found = predict(run, passing_of(run, other)).select(*KEYS, "score")
    assert found.filter(pl.col("symbol") != "ZZ").equals(whole)
    assert len(found.filter(symbol="ZZ")) == len(found.filter(symbol="P02"))


def test_bars_of_a_part_of_the_universe_are_refused(run: Run, bars: CheckedBars) -> None:
    """With their time and names; or scored, if they are wanted all the same."""
    assert list(members_remarks(run, passing_of(run, bars), different=False)) == []
    few = replace(bars, bars=bars.bars.filter(pl.col("symbol") < "P06"))
    with pytest.raises(DataError, match="3 of the 9 symbols of the universe are absent"):
        list(members_remarks(run, passing_of(run, few), different=False))
    (told,) = members_remarks(run, passing_of(run, few), different=True)
    assert "P06, P07, P08" in told


def test_the_audit_finds_no_later_bar_in_a_score(run: Run, samples: SampleSet) -> None:
    """The bars of every symbol after a time are changed."""
    ids = np.linspace(0, len(samples) - 1, 40).astype(np.int64)
    assert audit_scores(run, samples, ids).answer == "passed"


@pytest.mark.parametrize("name", ["dtml", "panel_cnn", "panel_tower"])
def test_micro_batches_and_an_adversary_train(
    samples: SampleSet, tmp_path: Path, name: str
) -> None:
    """Units are cut, and the latent of every slot is disturbed."""
    plan = replace(
        PLAN,
        train=replace(PLAN.train, model=name),
        model=ModelSettings(hidden_size=8, layers=1),
        speed=SpeedSettings(micro_batch=16),
        adversarial=AdversarialSettings(weight=0.1),
    )
    found = train(samples, tmp_path / "run", plan, SplitSpec())
    assert found.predictions()["score"].is_finite().all()


def test_what_varies_samples_one_by_one_is_refused(samples: SampleSet) -> None:
    """Shifts and blanked planes; noise is of all bars."""
    for varied in (AugmentSettings(shift_bars=1), AugmentSettings(drop_planes=0.1)):
        with pytest.raises(ConfigError, match="drawn together"):
            find_setup(samples, replace(PLAN, augment=varied), SplitSpec(), "cpu")
    find_setup(samples, replace(PLAN, augment=AugmentSettings(noise=0.1)), SplitSpec(), "cpu")


def test_a_universe_is_refused_where_one_symbol_is_read(samples: SampleSet) -> None:
    """As is a state that the heads cannot share."""
    alone = replace(PLAN, train=replace(PLAN.train, model="lstm"), model=ModelSettings())
    spec = replace(SPEC, universe=("P00", "P01"))
    with pytest.raises(ConfigError, match="one symbol at a time"):
        find_setup(samples, replace(alone, input=spec), SplitSpec(), "cpu")
    uneven = replace(PLAN, model=ModelSettings(hidden_size=10, heads=4))
    with pytest.raises(ConfigError, match="cannot be shared by 4 heads"):
        find_setup(samples, uneven, SplitSpec(), "cpu")


def learnt_after(samples: SampleSet, fold: Fold) -> np.ndarray:
    """Rows that a fold learns from, or chooses by, after the one stretch that it tests."""
    learnt = np.concatenate([fold.train, fold.validation, fold.calibration])
    when = samples.index["decision_time"].dt.epoch("us").to_numpy()
    after: np.ndarray = learnt[when[learnt] > when[fold.test].max()]
    return after


def shows_tested_bars(samples: SampleSet, fold: Fold) -> int:
    """How many of those show a bar, of any symbol, from before the tested labels had ended."""
    board, after = board_of(samples, SPEC), learnt_after(samples, fold)
    ended = samples.index[fold.test]["label_end"].dt.epoch("us").to_numpy().max()
    rows = board.rows(board.drawn_by[after])
    oldest = samples.matrix.times_us[rows - samples.chart.history_bars + 1]
    return int(((rows != ABSENT) & (oldest <= ended)).any(axis=1).sum())


def test_folds_stay_away_from_what_a_halted_symbol_looks_back_on(samples: SampleSet) -> None:
    """It shows older bars than the others of its time do, which their own windows do not tell."""
    rows = samples.index.filter(pl.col("label").is_not_null())
    by_own_windows = next(KFold(blocks=4).split(rows))
    assert shows_tested_bars(samples, by_own_windows) > 0
    fold = cut_folds(samples, PLAN, KFold(blocks=4), rows)[0]
    assert shows_tested_bars(samples, fold) == 0
    assert 0 < len(learnt_after(samples, fold)) < len(learnt_after(samples, by_own_windows))
    one_by_one = replace(PLAN, train=replace(PLAN.train, model="lstm"))
    same = cut_folds(samples, one_by_one, KFold(blocks=4), rows)[0]
    assert [ids.tolist() for ids in same.ids.values()] == [
        ids.tolist() for ids in by_own_windows.ids.values()
    ]


def test_a_label_that_a_halt_puts_off_is_purged_by_itself(samples: SampleSet) -> None:
    """The others of its time are learnt from; it is not, for it ends after the test began."""
    index = samples.index
    own = index.filter(pl.col("symbol") == HALTED).sort("decision_time")
    gaps = own["decision_time"].diff().shift(-1)
    (halted,) = own.filter(gaps > timedelta(hours=1)).iter_rows(named=True)
    others = index.filter(
        pl.col("decision_time") == halted["decision_time"], pl.col("symbol") != HALTED
    )
    border = others.select(pl.col("label_end").max()).item() + timedelta(hours=1)
    rows = index.filter(pl.col("label").is_not_null())
    share = len(rows.filter(pl.col("decision_time") < border)) / len(rows)
    folding = WalkForward(folds=1, first=share)
    (fold,) = cut_folds(samples, PLAN, folding, rows)
    learnt = {int(n) for part in ("train", "validation", "calibration") for n in fold.ids[part]}
    began = index[fold.test].select(pl.col("decision_time").min()).item()
    assert border - timedelta(hours=1) < began <= halted["label_end"]
    assert halted["sample_id"] not in learnt
    assert set(others["sample_id"]) <= learnt
    spec = SplitSpec(train=share, validation=0.1, calibration=0.1, test=0.8 - share)
    split = assign(index, spec)
    assert split[halted["sample_id"]] is None
    assert set(split.gather(others["sample_id"])) == {"train"}

"""Folds share no label, see no tested stretch, and test what they say."""

from datetime import UTC, datetime, timedelta
from math import comb

import numpy as np
import pandas as pd
import polars as pl
import purgedcv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.folds import (
    PARTS,
    Combinatorial,
    Fold,
    Folding,
    KFold,
    Nesting,
    WalkForward,
    ended_before,
)
from quantsig.data.split_spec import SplitSpec
from quantsig.data.splits import cut_times

START = datetime(2024, 1, 1, tzinfo=UTC)
TICK = pd.Timedelta(1, "us")  # purgedcv's labels are open at their end, ours are closed


def index(
    days: int, *, horizon: int = 3, history: int = 5, symbols: tuple[str, ...] = ("A", "B")
) -> pl.DataFrame:
    """One sample a day and symbol, in the order of symbols as a sample set has them."""
    rows = [
        {
            "symbol": symbol,
            "decision_time": START + timedelta(days=day),
            "window_start": START + timedelta(days=day - history),
            "label_end": START + timedelta(days=day + horizon),
            "label": float(day % 2),
        }
        for symbol in symbols
        for day in range(days)
    ]
    return pl.DataFrame(rows).with_row_index("sample_id")


@st.composite
def panels(draw: st.DrawFn) -> pl.DataFrame:
    """Symbols that are decided at times of their own, with labels and windows of any length."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    parts = []
    for symbol in range(draw(st.integers(1, 3))):
        count = draw(st.integers(40, 80))
        hours = np.sort(random.choice(400, count, replace=False))
        frame = pl.DataFrame(
            {
                "symbol": [str(symbol)] * count,
                "hour": hours,
                "begin": hours - draw(st.integers(0, 20)),
                "end": hours + random.integers(1, draw(st.integers(2, 25)), count),
                "label": np.where(random.random(count) < 0.05, np.nan, 1.0),
            }
        )
        parts.append(frame)
    return pl.concat(parts).select(
        pl.row_index("sample_id"),
        "symbol",
        decision_time=pl.lit(START) + pl.duration(hours="hour"),
        window_start=pl.lit(START) + pl.duration(hours="begin"),
        label_end=pl.lit(START) + pl.duration(hours="end"),
        label=pl.col("label").fill_nan(None),
    )


SMALL = Nesting(validation=0.2, calibration=0.3, embargo=timedelta(hours=2))
FOLDINGS: list[Folding] = [
    KFold(blocks=3, nesting=SMALL),
    Combinatorial(blocks=4, tested=2, nesting=SMALL),
    WalkForward(folds=2, first=0.6, nesting=SMALL),
    WalkForward(folds=2, first=0.6, anchored=False, nesting=SMALL),
]


def split(folding: Folding, rows: pl.DataFrame) -> list[Fold]:
    """The folds, none where a random panel is too small for them."""
    try:
        return list(folding.split(rows))
    except DataError:
        return []


def of(rows: pl.DataFrame, ids: np.ndarray) -> list[tuple[datetime, datetime, datetime]]:
    columns = ("decision_time", "label_end", "window_start")
    return rows.filter(pl.col("sample_id").is_in(ids.tolist())).select(columns).rows()


@pytest.mark.parametrize("folding", FOLDINGS, ids=lambda folding: folding.name)
@given(rows=panels())
@settings(max_examples=25, deadline=None)
def test_no_label_is_shared_and_no_chart_shows_a_tested_label(
    folding: Folding, rows: pl.DataFrame
) -> None:
    """Brute force over all pairs of a learning row and a tested one, two hours of embargo added."""
    for fold in split(folding, rows):
        tested = of(rows, fold.test)
        for name in PARTS[:-1]:
            for when, end, seen in of(rows, fold.ids[name]):
                for test_when, test_end, _ in tested:
                    assert end < test_when or when > test_end
                    assert when < test_when or seen > test_end + timedelta(hours=2)


@pytest.mark.parametrize("folding", FOLDINGS, ids=lambda folding: folding.name)
@given(rows=panels())
@settings(max_examples=25, deadline=None)
def test_the_parts_of_a_fold_follow_each_other(folding: Folding, rows: pl.DataFrame) -> None:
    """Every label of the train rows ends before validation begins, and so on to calibration."""
    for fold in split(folding, rows):
        train, validation, calibration = (of(rows, fold.ids[name]) for name in PARTS[:-1])
        assert max(row[1] for row in train) < min(row[0] for row in validation)
        assert max(row[1] for row in validation) < min(row[0] for row in calibration)


def times(rows: pl.DataFrame) -> tuple[pl.DataFrame, pd.Series, pd.Series]:
    known = rows.drop_nulls("label").sort("decision_time", "sample_id")
    when = pd.Series(known["decision_time"].dt.epoch("us").to_numpy()).astype("datetime64[us]")
    end = pd.Series(known["label_end"].dt.epoch("us").to_numpy()).astype("datetime64[us]")
    return known, when, end + TICK


@pytest.mark.parametrize("folding", FOLDINGS[:3], ids=lambda folding: folding.name)
@given(rows=panels())
@settings(max_examples=25, deadline=None)
def test_what_stays_is_what_purgedcv_keeps(folding: Folding, rows: pl.DataFrame) -> None:
    """With a look-back of nine hours everywhere its embargo is those and the two that are added.

    Before the fold's own parts are cut, of which the calibration is the newest and whole.
    """
    rows = rows.with_columns(window_start=pl.col("decision_time") - timedelta(hours=9))
    known, when, end = times(rows)
    place = {sample: row for row, sample in enumerate(known["sample_id"])}
    for fold in split(folding, rows):
        test = np.array([place[sample] for sample in fold.test])
        others = np.setdiff1d(np.arange(len(known)), test)
        if isinstance(folding, WalkForward):
            others = others[others < test.min()]
        kept = purgedcv.purge(others, test, when, end)
        kept = purgedcv.apply_embargo(kept, test, when, end, pd.Timedelta(hours=11) - TICK)
        ids = known["sample_id"].to_numpy()[kept]
        begun = known["decision_time"].to_numpy()[kept]
        calibration = ids[begun >= begun[min(round(0.7 * len(kept)), len(kept) - 1)]]
        assert set(fold.calibration) == set(calibration)
        learning = np.concatenate([fold.train, fold.validation, fold.calibration])
        assert set(learning) <= set(ids)


def test_kfold_tests_what_purgedcv_tests() -> None:
    """103 rows of one symbol in five stretches: 21, 21, 21, 20, 20."""
    rows = index(103, symbols=("A",))
    _, when, end = times(rows)
    theirs = purgedcv.PurgedKFold(5, prediction_times=when, evaluation_times=end)
    for fold, (_, test) in zip(KFold().split(rows), theirs.split(np.zeros(103)), strict=True):
        assert fold.test.tolist() == test.tolist()


@given(rows=panels())
@settings(max_examples=25, deadline=None)
def test_kfold_tests_every_labelled_row_once(rows: pl.DataFrame) -> None:
    """And no row whose label is unknown."""
    folds = split(KFold(blocks=3, nesting=SMALL), rows)
    if folds:
        tested = np.concatenate([fold.test for fold in folds])
        assert sorted(tested) == rows.drop_nulls("label")["sample_id"].to_list()


def test_all_symbols_are_cut_at_the_same_time() -> None:
    """At one decision time every symbol is tested by the same fold."""
    rows = index(203)
    for fold in KFold().split(rows):
        chosen = rows.filter(pl.col("sample_id").is_in(fold.test.tolist()))
        assert chosen["decision_time"].value_counts()["count"].to_list() == [2] * (len(chosen) // 2)


def test_the_embargo_by_hand() -> None:
    """Days 0..99 in five: day 19's label ends on day 22, charts of day 28 begin on day 23."""
    fold = next(KFold().split(index(100, symbols=("A",))))
    learning = np.concatenate([fold.train, fold.validation, fold.calibration])
    assert fold.test.tolist() == list(range(20))
    assert learning.min() == 28


def test_labels_before_a_test_are_purged_by_hand() -> None:
    """Days 80..99 are tested; the label of day 76 ends on day 79, that of day 77 on day 80."""
    *_, fold = KFold().split(index(100, symbols=("A",)))
    assert fold.test.tolist() == list(range(80, 100))
    assert fold.calibration.max() == 76


@pytest.mark.parametrize(("blocks", "tested"), [(4, 1), (5, 2), (6, 2), (6, 3)])
def test_every_choice_of_stretches_is_a_fold(blocks: int, tested: int) -> None:
    """C(N, k) folds, all different."""
    folding = Combinatorial(blocks=blocks, tested=tested)
    folds = list(folding.split(index(600, horizon=1, history=1)))
    assert len({fold.tested for fold in folds}) == comb(blocks, tested) == len(folds)


@pytest.mark.parametrize(("blocks", "tested"), [(4, 2), (6, 2), (5, 3)])
def test_paths_are_those_of_purgedcv(blocks: int, tested: int) -> None:
    """C(N - 1, k - 1) paths; what each takes from which fold is what purgedcv puts together."""
    folding = Combinatorial(blocks=blocks, tested=tested)
    rows = index(300, symbols=("A",), horizon=1, history=1)
    folds = list(folding.split(rows))
    predictions = [np.full(len(fold.test), float(fold.number)) for fold in folds]
    theirs = purgedcv.reconstruct_paths(
        predictions, [fold.test for fold in folds], blocks, tested, 300
    )
    ours = folding.paths()
    assert ours.shape == (comb(blocks - 1, tested - 1), blocks)
    np.testing.assert_array_equal(ours, theirs[:, :: 300 // blocks])


def test_anchored_learns_from_all_before_and_rolling_from_as_much_as_at_first() -> None:
    """100 days, half before the first of five tests of ten days each; the last begins on day 90."""
    rows = index(100, symbols=("A",))
    anchored = list(WalkForward().split(rows))
    rolling = list(WalkForward(anchored=False).split(rows))
    assert [fold.test.tolist() for fold in anchored] == [
        list(range(day, day + 10)) for day in range(50, 100, 10)
    ]
    assert [fold.train[0] for fold in anchored] == [0, 0, 0, 0, 0]
    assert [fold.train[0] for fold in rolling] == [0, 10, 20, 30, 40]
    assert [fold.calibration.max() for fold in rolling] == [46, 56, 66, 76, 86]


def test_a_gap_is_kept_before_a_test_by_hand() -> None:
    """The test begins on day 50; with four days of gap labels must end before day 46."""
    apart = WalkForward(gap=timedelta(days=4))
    first = next(apart.split(index(100, symbols=("A",))))
    assert first.test[0] == 50
    assert first.calibration.max() == 42


def test_a_walk_needs_no_look_back() -> None:
    """It learns from nothing after a test, so what charts look back on does not matter."""
    known = index(100)
    blind = known.with_columns(window_start=pl.lit(None, pl.Datetime("us", "UTC")))
    for ours, theirs in zip(WalkForward().split(blind), WalkForward().split(known), strict=True):
        assert ours.train.tolist() == theirs.train.tolist()


def test_the_locked_test_split_is_left_out() -> None:
    """Every label of the rows that folds may use ends before it begins."""
    rows = index(200)
    free = ended_before(rows, SplitSpec())
    cut = cut_times(rows, SplitSpec())[-1]
    assert free["label_end"].max() == cut - timedelta(days=1)  # type: ignore[operator]


def test_too_few_rows_are_refused() -> None:
    """Six days cannot make five stretches and keep anything to learn from; four make none."""
    with pytest.raises(DataError, match="fold 1 has no train samples left"):
        list(KFold().split(index(6)))
    with pytest.raises(DataError, match="too few for 5 stretches"):
        KFold().split(index(4))
    with pytest.raises(DataError, match="0 labelled samples"):
        KFold().split(index(9).clear())


def test_rows_without_times_are_refused() -> None:
    """What cannot be purged is not split in silence."""
    unknown = pl.lit(None, pl.Datetime("us", "UTC"))
    for name in ("decision_time", "label_end", "window_start"):
        with pytest.raises(DataError, match=f"have no {name}"):
            KFold().split(index(100).with_columns(unknown.alias(name)))


def test_an_embargo_stands_for_a_look_back_that_is_not_known() -> None:
    """Imported charts do not say where they begin: five days do for those that look back five."""
    known = index(100)
    blind = known.with_columns(window_start=pl.lit(None, pl.Datetime("us", "UTC")))
    five = KFold(nesting=Nesting(embargo=timedelta(days=5)))
    for ours, theirs in zip(five.split(blind), KFold().split(known), strict=True):
        assert ours.train.tolist() == theirs.train.tolist()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: KFold(blocks=1),
        lambda: Combinatorial(blocks=4, tested=4),
        lambda: WalkForward(first=1.0),
        lambda: WalkForward(gap=timedelta(days=-1)),
        lambda: Nesting(calibration=0.95),
        lambda: Nesting(embargo=timedelta(days=-1)),
    ],
)
def test_foldings_that_make_no_sense_are_refused(wrong: object) -> None:
    """Before any row is looked at."""
    assert callable(wrong)
    with pytest.raises(ConfigError):
        wrong()

"""Combinatorial paths: how many there are, what each holds, and what they come to."""

from math import comb

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.walk.paths import Paths, trade_paths, verdict
from quantsig.backtest.walk.plan import WalkSettings
from quantsig.backtest.walk.stitching import stitched, trade_stitched
from quantsig.data.folds import Combinatorial
from quantsig.signals.ledger import read_ledger
from quantsig.signals.training.out_of_fold import path_rows
from tests.backtest.walked import Walked, two_symbol_set, walk

pytestmark = pytest.mark.xdist_group("paths")
BLOCKS, TESTED = 4, 2
FOLDING = Combinatorial(blocks=BLOCKS, tested=TESTED)


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Two of four stretches tested by a model of the others: six folds."""
    home = tmp_path_factory.mktemp("paths")
    samples = two_symbol_set(home / "samples")
    return walk(samples, home / "runs", WalkSettings(folding=FOLDING))


def test_there_are_as_many_paths_as_the_book_says(crossed: Walked) -> None:
    """phi = C(4, 2) * 2 / 4 = 3."""
    phi = comb(BLOCKS, TESTED) * TESTED // BLOCKS
    assert crossed.frame("paths.parquet").height == crossed.document["figures"]["paths"] == phi == 3
    assert len(crossed.document["folds"]) == 6


def test_each_sample_is_predicted_on_every_path_by_another_fold(crossed: Walked) -> None:
    """C(3, 1) = 3 times, and each path holds every sample once."""
    signals = crossed.frame("signals.parquet")
    times = signals.group_by("sample_id").agg(pl.len(), folds=pl.col("fold").n_unique())
    assert set(times["len"]) == set(times["folds"]) == {3}
    for folds in FOLDING.paths().tolist():
        rows = path_rows(signals, folds)
        assert sorted(rows["sample_id"]) == sorted(times["sample_id"])
        assert rows["decision_time"].is_sorted()


def test_no_fold_learns_from_a_label_it_shares_with_a_test(crossed: Walked) -> None:
    """Nor from charts that show a bar of one: brute force over the rows."""
    index = crossed.samples.index
    for fold in crossed.folds:
        learnt = index.gather(np.concatenate([fold.train, fold.validation, fold.calibration]))
        for stretch in fold.tested:
            test = index.gather(fold.test[fold.stretches == stretch])
            first, last = test["decision_time"].min(), test["label_end"].max()
            apart = (pl.col("label_end") < first) | (pl.col("window_start") > last)
            assert learnt.select(apart.all()).item()


def test_a_path_is_the_backtest_of_its_rows(crossed: Walked) -> None:
    """The second one, stitched by hand: equity, Sharpe, return and drawdown."""
    signals, row = (
        crossed.frame("signals.parquet"),
        crossed.frame("paths.parquet").row(1, named=True),
    )
    picked = pl.concat(
        signals.filter(pl.col("stretch") == stretch, pl.col("fold") == fold)
        for stretch, fold in enumerate(row["folds"])
    )
    stats, account = trade_stitched(
        stitched(crossed.samples, picked), Execution(), crossed.path.parent, seed=1
    )
    own = crossed.frame("path_equity.parquet").filter(pl.col("path") == 1)
    np.testing.assert_allclose(own["equity"], account.equity["equity"], atol=1e-12)
    for name in ("sharpe", "total_return", "max_drawdown", "win_rate", "expectancy", "trades"):
        assert row[name] == pytest.approx(stats.figures[name], abs=1e-12)
    traded = crossed.frame("path_trades.parquet").filter(pl.col("path") == 1)
    assert traded.height == row["trades"] > 50


def test_the_distribution_is_over_the_paths(crossed: Walked) -> None:
    """Mean, deviation with ddof 1, and the ends."""
    sharpes = crossed.frame("paths.parquet")["sharpe"].to_numpy()
    said = crossed.document["distribution"]["sharpe"]
    assert said["mean"] == pytest.approx(sharpes.mean())
    assert said["deviation"] == pytest.approx(sharpes.std(ddof=1))
    assert (said["lowest"], said["highest"]) == (sharpes.min(), sharpes.max())


def test_all_paths_together_are_one_trial(crossed: Walked) -> None:
    """With the mean of their Sharpe ratios per session."""
    (line,) = read_ledger(crossed.path.parent)
    assert line["paths"] == 3
    mean = crossed.frame("paths.parquet")["session_sharpe"].mean()
    assert line["sharpe"] == pytest.approx(mean)


@pytest.mark.parametrize(
    ("excess", "sharpes", "agreed", "said"),
    [
        ([0.3, 0.4], [1.0, 2.0], True, "ratio is above zero on 2 of 2"),
        ([0.3, -0.1], [1.0, 2.0], False, "exposure is above zero on 1 of 2"),
        ([0.3, 0.4], [1.0, -2.0], False, "ratio is above zero on 1 of 2"),
        ([None, None], [None, None], False, "ratio is above zero on 0 of 2"),
    ],
)
def test_paths_agree_only_where_all_earn_more_than_holding(
    excess: list[float | None], sharpes: list[float | None], agreed: bool, said: str
) -> None:
    """Every one above zero, and beyond the market at the same exposure."""
    kinds = {"sharpe": pl.Float64, "excess_sharpe": pl.Float64}
    rows = pl.DataFrame({"excess_sharpe": excess, "sharpe": sharpes}, schema_overrides=kinds)
    none = pl.DataFrame()
    paths = Paths(rows=rows, equity=none, trades=none, always_long={"total_return": 0.2})
    found = verdict(paths)
    assert found["agreed"] is agreed
    assert said in " ".join(found["reasons"])


def test_paths_without_a_signal_agree_on_nothing(crossed: Walked) -> None:
    """Figures that no path has are unknown, and a verdict is given all the same."""
    signals = crossed.frame("signals.parquet").with_columns(signal=pl.lit(value=False))
    still = trade_paths(crossed.samples, signals, FOLDING.paths(), Execution(), lambda *_: None)
    assert still.rows["excess_sharpe"].null_count() == still.rows.height == 3
    assert not verdict(still)["agreed"]

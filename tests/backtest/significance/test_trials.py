"""What the ledger says was tried."""

from pathlib import Path

import numpy as np
import pytest

from quantsig.backtest.significance.trials import SweepEntry, Trials, read_trials
from quantsig.signals.ledger import append_ledger


def test_an_empty_folder_has_no_trials(tmp_path: Path) -> None:
    """Nothing was tried yet."""
    trials = read_trials(tmp_path, "test")
    assert (trials.count, trials.average_correlation, trials.sharpe_variance) == (0, 0.0, None)


def test_each_strategy_counts_once(tmp_path: Path) -> None:
    """The same one twice is one, with what was seen last; another stop is another one."""
    for strategy, sharpe in (("a", 0.1), ("b", 0.2), ("a", 0.3)):
        append_ledger(tmp_path, "backtest", trial_id="t", strategy=strategy, sharpe=sharpe)
    assert read_trials(tmp_path, "test").traded == {"a": 0.3, "b": 0.2}


def test_lines_without_a_strategy_count_by_trial(tmp_path: Path) -> None:
    """As earlier versions wrote them."""
    for trial in ("a", "b", "a"):
        append_ledger(tmp_path, "backtest", trial_id=trial, sharpe=0.1)
    assert read_trials(tmp_path, "test").count == 2


def test_search_trials_and_choices_count(tmp_path: Path) -> None:
    """On calibration rows: a choice that was traded counts once; trainings are no strategies."""
    for number in range(3):
        append_ledger(tmp_path, "search_trial", trial_id=f"s{number}", trial=number)
    append_ledger(tmp_path, "choice", trial_id="traded")
    append_ledger(tmp_path, "choice", trial_id="left")
    append_ledger(tmp_path, "training", trial_id="model")
    append_ledger(tmp_path, "opening", trial_id="traded")
    told = {"trial_id": "traded", "strategy": "x", "split": "calibration", "sharpe": None}
    append_ledger(tmp_path, "backtest", **told)
    trials = read_trials(tmp_path, "calibration")
    assert trials.count == 5
    assert trials.untraded == {"s0", "s1", "s2", "left"}


def test_every_cell_of_a_sweep_counts(tmp_path: Path) -> None:
    """The newest line of a sweep stands for it."""
    for cells in (50, 1000):
        append_ledger(
            tmp_path,
            "sweep",
            trial_id="sweep",
            cells=cells,
            excess_sharpe_mean=0.01,
            excess_sharpe_variance=0.002,
            average_correlation=0.4,
        )
    trials = read_trials(tmp_path, "calibration")
    assert trials.count == 1000
    assert trials.average_correlation == pytest.approx(0.4)
    assert trials.sharpe_variance == pytest.approx(0.002)


def test_pairs_outside_a_sweep_count_as_uncorrelated() -> None:
    """Three cells of correlation .6 and one more strategy: three of six pairs share."""
    sweep = SweepEntry(cells=3, sharpe_mean=0, sharpe_variance=0.1, average_correlation=0.6)
    trials = Trials(traded={"a": 0.1}, sweeps={"s": sweep})
    assert trials.average_correlation == pytest.approx(0.3)


def test_variance_is_that_of_all_sharpe_ratios_together() -> None:
    """Moments of the sweep and single values give what all the values give."""
    random = np.random.default_rng(1)
    cells, singles = random.normal(0.02, 0.05, 40), random.normal(0.1, 0.01, 3)
    sweep = SweepEntry(
        cells=40,
        sharpe_mean=cells.mean(),
        sharpe_variance=cells.var(ddof=1),
        average_correlation=0.0,
    )
    traded = dict(zip("abc", singles.tolist(), strict=True)) | {"unknown": None}
    together = np.concatenate([cells, singles]).var(ddof=1)
    assert Trials(traded=traded, sweeps={"s": sweep}).sharpe_variance == pytest.approx(together)


def test_a_strategy_that_is_known_is_not_counted_again() -> None:
    """It takes the place of its earlier self."""
    trials = Trials(traded={"a": 0.1, "b": None})
    assert trials.including("a", 0.5).traded == {"a": 0.5, "b": None}
    assert trials.including("c", 0.5).count == 3


def test_a_choice_that_is_being_traded_is_not_counted_beside_its_trade(tmp_path: Path) -> None:
    """The first backtest of a choice counts as many as the same one again."""
    append_ledger(tmp_path, "opening", trial_id="traded")
    append_ledger(tmp_path, "opening", trial_id="left")
    first = read_trials(tmp_path, "test").trading("traded").including("x", 0.1)
    append_ledger(tmp_path, "backtest", trial_id="traded", strategy="x", sharpe=0.1)
    again = read_trials(tmp_path, "test").trading("traded").including("x", 0.1)
    assert first == again
    assert first.count == 2


@pytest.mark.parametrize(
    ("split", "traded", "untraded", "cells"),
    [
        ("test", {"t"}, {"looked"}, 0),
        ("bars", {"b"}, set(), 0),
        ("calibration", {"c", "w"}, {"chosen", "searched"}, 100),
        ("walk", {"c", "w"}, {"chosen", "searched"}, 100),
    ],
)
def test_only_what_was_tried_on_the_same_rows_counts(
    tmp_path: Path, split: str, traded: set[str], untraded: set[str], cells: int
) -> None:
    """A sweep of calibration rows flatters them, and no test split."""
    for own, strategy in (("test", "t"), ("bars", "b"), ("calibration", "c")):
        append_ledger(
            tmp_path, "backtest", trial_id=strategy, strategy=strategy, split=own, sharpe=0.1
        )
    append_ledger(tmp_path, "walk", trial_id="w", sharpe=0.1)
    append_ledger(tmp_path, "opening", trial_id="looked")
    append_ledger(tmp_path, "choice", trial_id="chosen")
    append_ledger(tmp_path, "search_trial", trial_id="searched")
    append_ledger(tmp_path, "sweep", trial_id="s", split="calibration", cells=100)
    found = read_trials(tmp_path, split)
    assert (set(found.traded), set(found.untraded), found.cells) == (traded, untraded, cells)


def test_sharpe_ratios_beyond_the_market_are_preferred(tmp_path: Path) -> None:
    """Lines of earlier versions have whole ones only."""
    append_ledger(tmp_path, "backtest", strategy="old", sharpe=0.3)
    append_ledger(tmp_path, "backtest", strategy="new", sharpe=0.3, excess_sharpe=0.1)
    assert read_trials(tmp_path, "test").traded == {"old": 0.3, "new": 0.1}

"""The threshold of a fold, from its calibration rows alone, and the signals it gives."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.walk.fold_choices import choose_in_fold, fold_signals, signal_figures
from quantsig.data.errors import DataError, IntegrityError
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage import checksums, parquet
from quantsig.data.storage.records import write_record
from quantsig.signals.signal_table import COLUMNS
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training.folds import SCHEMA, FoldRecord
from quantsig.signals.walk_record import FoldChoice
from tests.planted import build, planted_frame
from tests.scored_run import START, predictions

CLASSES = ("rest", "rise")
PLAIN = AskedRule(name="number", value=0.5)


def fold_of(home: Path, rows: pl.DataFrame) -> Path:
    """The folder of a fold that was calibrated on the rows."""
    place = home / "00"
    parquet.write_parquet(place / "calibration.parquet", rows)
    digest = checksums.sha256_of(place / "calibration.parquet")
    files = {"calibration.parquet": digest}
    record = FoldRecord(number=0, tested=(0,), samples={}, calibrator={}, files=files)
    write_record(place / "fold.json", record, SCHEMA)
    return home


def choose(home: Path, rule: AskedRule, cost_fraction: float = 0.001) -> FoldChoice:
    return choose_in_fold(home, 0, CLASSES, rule, cost_fraction)


@pytest.fixture
def skilled(tmp_path: Path) -> Path:
    """Three hundred days whose events follow the probability."""
    return fold_of(tmp_path, predictions("calibration", START, 300, 1.0))


def test_the_figures_at_a_threshold_are_those_of_its_rows(skilled: Path) -> None:
    """Counted by hand on the calibration rows."""
    rows = predictions("calibration", START, 300, 1.0)
    reached = rows.filter(pl.col("probability") >= 0.5)
    found = choose(skilled, PLAIN).calibration
    assert found["signals"] == reached.height
    assert found["precision"] == pytest.approx(reached["label"].mean())
    earned = reached["forward_return"].mean()
    assert found["expectancy_after_costs"] == pytest.approx(earned - 0.001)  # type: ignore[operator]


def test_no_safe_threshold_is_no_threshold_with_its_reason(skilled: Path) -> None:
    """What the rule says becomes the reason; it is no error."""
    choice = choose(skilled, AskedRule(name="precision", value=0.999))
    assert choice.threshold is None
    assert choice.reason is not None
    assert choice.reason.startswith("no threshold is safe")
    assert not choice.calibration


def test_too_few_rows_for_a_rule_are_no_threshold(tmp_path: Path) -> None:
    """Eighteen rows never select twenty."""
    home = fold_of(tmp_path, predictions("calibration", START, 9, 1.0))
    assert "selects 20 samples" in (choose(home, AskedRule()).reason or "")


def test_equal_probabilities_are_no_threshold_but_a_number_stands(tmp_path: Path) -> None:
    """To reach the only probability there is would be to trade always."""
    rows = predictions("calibration", START, 300, 1.0).with_columns(probability=pl.lit(0.6))
    home = fold_of(tmp_path, rows)
    assert choose(home, AskedRule()).reason == "every calibration row has the same probability"
    assert choose(home, PLAIN).threshold == 0.5


def test_a_probability_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    """Not a fold that does not trade."""
    rows = predictions("calibration", START, 300, 1.0).with_columns(
        probability=pl.when(pl.int_range(pl.len()) == 7).then(np.nan).otherwise("probability")
    )
    with pytest.raises(DataError, match="1 of 600 probabilities"):
        choose(fold_of(tmp_path, rows), AskedRule())


def test_damaged_rows_are_refused(skilled: Path) -> None:
    """Their SHA-256 is in the fold's record."""
    rows = predictions("calibration", START, 300, 0.5)
    parquet.write_parquet(skilled / "00" / "calibration.parquet", rows)
    with pytest.raises(IntegrityError):
        choose(skilled, PLAIN)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    return build(planted_frame(cells=120), tmp_path_factory.mktemp("set") / "samples")


def test_a_row_is_judged_by_its_own_folds_threshold(samples: SampleSet) -> None:
    """Of three folds one has none: its rows are no signals."""
    rows = samples.index.drop_nulls("label").head(6).drop("stop", "target")
    tested = rows.with_columns(
        fold=pl.Series([0, 0, 1, 1, 2, 2]), stretch=0, score=0.0, probability=pl.lit(0.6)
    )
    choices = [
        FoldChoice(threshold=0.6, calibration={"precision": 0.7}),
        FoldChoice(threshold=0.61),
        FoldChoice(threshold=None),
    ]
    signals = fold_signals(tested, choices, samples, trial_id="t", run_id="w")
    assert signals["signal"].to_list() == [True, True, False, False, False, False]
    assert signals["threshold"].to_list() == [0.6, 0.6, 0.61, 0.61, None, None]
    assert signals["expected_precision"].to_list()[:3] == [0.7, 0.7, None]
    assert set(signals["horizon_bars"]) == {5}
    assert signals.columns == ["fold", "stretch", "score", *COLUMNS]


def test_figures_of_signals_by_hand() -> None:
    """Three of five rows are events; two of the three that are chosen are."""
    rows = pl.DataFrame(
        {
            "label": [1.0, 0.0, 1.0, 1.0, 0.0],
            "probability": [0.9, 0.8, 0.7, 0.2, 0.1],
            "signal": [True, True, True, False, False],
        }
    )
    figures = signal_figures(rows, CLASSES)
    assert figures["base_rate"] == 0.6
    assert figures["precision"] == figures["recall"] == pytest.approx(2 / 3)
    assert figures["average_precision"] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    none = signal_figures(rows.with_columns(label=0.0, signal=False), CLASSES)
    assert none["precision"] is None
    assert none["recall"] is None
    assert none["average_precision"] is None

"""A forward test whose probabilities are calibrated again on what it showed."""

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.forward.verify import verify_forward
from quantsig.data.bars import CheckedBars
from quantsig.data.errors import CheckFailed, ConfigError, DataError, IntegrityError, UsageError
from quantsig.forwards import ForwardRequest, forward_test
from quantsig.signals.calibration.sigmoid import Sigmoid
from quantsig.signals.forward.book import ForwardBook
from quantsig.signals.forward.in_force import ForwardChoice, choice_in_force
from quantsig.signals.forward.lines import DECISION, OUTCOME, VANISHED
from quantsig.signals.inference.predict import passing_of, predict
from quantsig.signals.layout import journal_file, recalibration_file
from quantsig.signals.ledger import read_ledger
from quantsig.signals.recalibration.recalibrate import recalibrate, remarks
from quantsig.signals.runs import Run, open_run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from tests.backtest.forward.replays import EXECUTION, newest, replayed, until
from tests.backtest.forward.test_call import BEGIN, of_kind

pytestmark = pytest.mark.xdist_group("forward")

SEEN = 60  # bars that the test saw before


@pytest.fixture
def told(run: Run, held_bars: CheckedBars) -> Run:
    """A run with a journal of sixty bars."""
    replayed(run, held_bars, BEGIN, BEGIN + SEEN, step=4)
    return run


def came_out(run: Run) -> list[tuple[float, bool]]:
    """Probabilities and events of the journal, read by hand."""
    said = {
        (line["symbol"], line["decision_time"]): line["probability"]
        for line in of_kind(run, DECISION)
    }
    return [
        (said[line["symbol"], line["decision_time"]], line["hit"])
        for line in of_kind(run, OUTCOME)
        if line["status"] != VANISHED
    ]


def test_probabilities_come_true_on_what_came_out(told: Run) -> None:
    """As a fit by maximum likelihood does: as many events as they foresee, and a smaller loss."""
    known = came_out(told)
    made = recalibrate(told, None, 0.0)
    foreseen = choice_in_force(told).probability(np.array([said for said, _ in known]))
    assert (made.on.decisions, made.figures.samples) == (len(known), len(known))
    assert foreseen.sum() == pytest.approx(sum(hit for _, hit in known), rel=1e-6)
    assert made.figures.log_loss_after <= made.figures.log_loss_before  # type: ignore[operator]


def test_what_is_to_be_known_is_said(told: Run) -> None:
    """That figures flatter, or that there are none."""
    low, high = (recalibrate(told, AskedRule(name="number", value=at), 0.0) for at in (0.0, 1.0))
    assert "it flatters" in remarks(low)[-1]
    assert "nothing is known of its precision" in remarks(high)[-1]


def test_it_is_another_trial_and_replaces_nothing(told: Run) -> None:
    """The choice and the journal of before stay; the test split is asked by the old one alone."""
    before, journal = told.choice(), journal_file(told.path).read_bytes()
    made = recalibrate(told, None, 0.0)
    again = open_run(told.path)
    assert again.choice() == before
    assert journal_file(told.path).read_bytes() == journal
    assert made.on.before == before.trial_id  # type: ignore[union-attr]
    assert (made.choice.rule, made.choice.threshold) == ("number", 0.2)
    tried = [
        line["trial_id"] for line in read_ledger(told.runs_folder) if line["event"] == "choice"
    ]
    assert tried == [before.trial_id, made.choice.trial_id]  # type: ignore[union-attr]
    assert again.recalibrations() == [made]


def test_the_next_decisions_are_of_the_new_choice(told: Run, held_bars: CheckedBars) -> None:
    """Their probabilities are the run's own, calibrated again; all is drawn the same again."""
    made = recalibrate(told, None, 0.0)
    replayed(told, held_bars, BEGIN + SEEN + 1, BEGIN + SEEN + 20)
    own = predict(told, passing_of(told, until(held_bars, BEGIN + SEEN + 20)), device="cpu")
    said = {
        (row["symbol"], row["decision_time"].isoformat(timespec="microseconds")): row["probability"]
        for row in own.iter_rows(named=True)
    }
    later = [line for line in of_kind(told, DECISION) if line["choice_id"] == made.choice.trial_id]
    assert len(later) == 40
    known = ForwardChoice(choice=made.choice, maps=made.calibrators(told.path))
    for line in later:
        (expected,) = known.probability(np.array([said[line["symbol"], line["decision_time"]]]))
        assert line["probability"] == expected
        assert line["signal"] == (expected >= 0.2)
    found = verify_forward(told, held_bars, device="cpu")
    assert (found.faults, found.corrected, found.without_bars) == ((), 0, 0)


def test_what_was_seen_is_no_evidence_for_it(told: Run, held_bars: CheckedBars) -> None:
    """Every window of the new test is decided after all that the calibrator knew of."""
    assert ForwardBook(told).evidence.closed
    made = recalibrate(told, None, 0.0)
    replayed(told, held_bars, BEGIN + SEEN + 1, BEGIN + SEEN + 1)
    assert ForwardBook(told).evidence.closed == []
    replayed(told, held_bars, BEGIN + SEEN + 2, BEGIN + SEEN + 55)
    windows = ForwardBook(told).evidence.closed
    assert windows
    assert all(one.decided > made.on.newest for one in windows)
    assert made.on.newest <= newest(until(held_bars, BEGIN + SEEN)).isoformat(
        timespec="microseconds"
    )


def test_calibrated_twice_the_maps_follow_each_other(told: Run, held_bars: CheckedBars) -> None:
    """The second one is fitted on what the first one makes of every decision."""
    first = recalibrate(told, None, 0.0)
    replayed(told, held_bars, BEGIN + SEEN + 1, BEGIN + SEEN + 20)
    second = recalibrate(told, None, 0.0)
    assert second.maps[:1] == first.maps
    assert len(second.maps) == 2
    assert second.on.decisions > first.on.decisions
    assert (second.on.left_out, second.on.before) == (0, first.choice.trial_id)


def test_asked_again_before_anything_came_out_it_stays(told: Run) -> None:
    """The same question of the same journal is no other trial; another question is one."""
    first = recalibrate(told, None, 0.0)
    lines = len(read_ledger(told.runs_folder))
    assert recalibrate(told, None, 0.0) == first
    assert len(read_ledger(told.runs_folder)) == lines
    other = recalibrate(told, None, 0.0, on="both")
    assert other.choice.trial_id != first.choice.trial_id


def test_what_was_entered_and_never_placed_is_made_by_the_same_command(told: Run) -> None:
    """A process was killed between its seal and its file; until then nothing goes by another."""
    made = recalibrate(told, None, 0.0)
    recalibration_file(told.path, made.choice.trial_id).unlink()
    with pytest.raises(DataError, match="there is no"):
        choice_in_force(open_run(told.path))
    again = recalibrate(open_run(told.path), None, 0.0)
    assert again.choice.trial_id == made.choice.trial_id
    assert [one.choice.trial_id for one in told.recalibrations()] == [made.choice.trial_id]


def test_a_later_choice_of_the_run_is_in_force_again(told: Run) -> None:
    """With the run's own probabilities."""
    recalibrate(told, None, 0.0)
    recalibrate(told, AskedRule(name="number", value=0.25), 0.0)
    choose(told, AskedRule(name="number", value=0.3), 0.0)
    found = choice_in_force(told)
    assert (found.choice.threshold, found.maps) == (0.3, ())


def test_the_calibration_rows_may_come_before(told: Run) -> None:
    """Both are fitted on, in order of time."""
    rows = told.predictions().filter(pl.col("split") == "calibration")
    made = recalibrate(told, None, 0.0, on="both")
    assert made.figures.samples == made.on.decisions + rows["label"].is_not_null().sum()


def test_a_promise_that_nothing_holds_is_an_attempt(told: Run) -> None:
    """It looked, so the ledger counts it; nothing is frozen."""
    with pytest.raises(CheckFailed):
        recalibrate(told, AskedRule(name="precision", value=0.999), 0.0)
    assert told.recalibrations() == []
    assert read_ledger(told.runs_folder)[-1]["event"] == "no_choice"


def test_too_few_events_are_refused(run: Run, held_bars: CheckedBars) -> None:
    """Nothing can be fitted on a handful."""
    replayed(run, held_bars, BEGIN, BEGIN + 8)
    with pytest.raises(DataError, match="too few to calibrate on"):
        recalibrate(run, None, 0.0)
    with pytest.raises(ConfigError, match="rows"):
        recalibrate(run, None, 0.0, on="test")


def test_a_changed_file_is_noticed(told: Run) -> None:
    """The seal holds it, as it holds a choice."""
    made = recalibrate(told, None, 0.0)
    file = recalibration_file(told.path, made.choice.trial_id)
    file.write_bytes(file.read_bytes().replace(b'"threshold": 0.2', b'"threshold": 0.1', 1))
    with pytest.raises(IntegrityError, match="is damaged"):
        choice_in_force(open_run(told.path))


def test_no_second_model_speaks_for_it(told: Run) -> None:
    """It was trained for another choice."""
    recalibrate(told, None, 0.0)
    with (
        pytest.raises(UsageError, match="no second model"),
        forward_test(told, EXECUTION, ForwardRequest(meta=True)),
    ):
        raise AssertionError


def test_certain_probabilities_stay_finite() -> None:
    """Log-odds of 0 and 1 would not be."""
    found = ForwardChoice(
        choice=None,  # type: ignore[arg-type]
        maps=(Sigmoid(slope=0.5, intercept=0.0),),
    ).probability(np.array([0.0, 0.5, 1.0]))
    assert found[1] == pytest.approx(0.5)
    assert 0.0 < found[0] < 1e-5
    assert 1 - 1e-5 < found[2] < 1.0

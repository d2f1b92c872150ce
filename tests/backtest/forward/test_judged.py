"""The forward test of a judged run: with the scores of a run that was trained, it is that run's."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantsig.backtest.forward.call import ForwardCall
from quantsig.backtest.forward.verify import refuse_faults, verify_forward
from quantsig.data.bars import CheckedBars
from quantsig.data.errors import CheckFailed, DataError, UsageError
from quantsig.data.progress import Listener
from quantsig.data.scores.table import ScoreOptions, read_score_frame
from quantsig.signals.forward.lines import DECISION, OUTCOME, TERMS, Line, stamp
from quantsig.signals.inference.predict import passing_of, predict
from quantsig.signals.judging.judge import JudgeSettings, judge
from quantsig.signals.judging.new_scores import read_new_scores
from quantsig.signals.layout import journal_file
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from tests.backtest.forward.replays import THRESHOLD, called, copied, lines_of, until
from tests.backtest.forward.test_call import BEGIN
from tests.planted import LABEL

pytestmark = pytest.mark.xdist_group("forward")

OF_THE_RUN = {"run_id", "choice_id", "trial_id", "frozen", "drawing_version", "bars_sha256"}


@dataclass(frozen=True)
class Told:
    """What a call said."""

    heard: list[str] = field(default_factory=list)

    @property
    def listener(self) -> Listener:
        """That keeps it."""
        return Listener(tell=self.heard.append)

    def __contains__(self, text: str) -> bool:
        return any(text in line for line in self.heard)


@pytest.fixture(scope="module")
def scores(trained_run: Run, held_bars: CheckedBars) -> pl.DataFrame:
    """What the trained run says of every bar, as its user would export it."""
    rows = predict(trained_run, passing_of(trained_run, held_bars), device="cpu")
    return rows.select("symbol", "decision_time", "score")


@pytest.fixture(scope="module")
def judged_run(
    trained_run: Run, held_bars: CheckedBars, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """A run that was made of the scores of its samples, with the same threshold."""
    samples = trained_run.samples()
    split = samples.assigned(trained_run.splits)
    rows = samples.index.with_columns(split).filter(pl.col("label").is_not_null())
    score = open_scorer(trained_run, "cpu").scores(samples, rows["sample_id"].to_numpy()).long
    table = rows.select("symbol", "decision_time", "split", score=pl.Series(score))
    out = tmp_path_factory.mktemp("judged") / "home" / "runs" / "one"
    out.parent.mkdir(parents=True)
    given = read_score_frame(table, ScoreOptions())
    run = judge(given, until(held_bars, BEGIN), out, JudgeSettings(label=LABEL))
    choose(run, AskedRule(name="number", value=THRESHOLD), 0.0)
    return run


@pytest.fixture
def judged(judged_run: Run, tmp_path: Path) -> Run:
    """A copy of it."""
    return copied(judged_run, tmp_path / "judged")


def fed(run: Run, bars: CheckedBars, count: int, scores: pl.DataFrame, **more: Any) -> ForwardCall:
    """One call with the scores of the bars that are there."""
    own = until(bars, count)
    last = own.bars["timestamp"].max()
    known = scores.filter(pl.col("decision_time") <= last)
    return called(run, own, scores=read_new_scores(run, known), **more)


def plain(lines: list[Line]) -> list[dict[str, Any]]:
    """Lines without what names the run, what it drew and what it was given."""
    left = OF_THE_RUN | {"score"}
    return [{name: said for name, said in line.items() if name not in left} for line in lines]


def test_its_journal_is_that_of_the_run_that_made_the_scores(
    run: Run, judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """Terms, decisions and outcomes, to the last digit."""
    for count in range(BEGIN, BEGIN + 41, 8):
        called(run, until(held_bars, count))
        fed(judged, held_bars, count, scores)
    ours, theirs = lines_of(judged), lines_of(run)
    assert plain(ours) == plain(theirs)
    kinds = [line["kind"] for line in ours]
    assert (kinds.count(TERMS), kinds.count(DECISION), kinds.count(OUTCOME)) == (1, 82, 70)
    assert all("score" in line for line in ours if line["kind"] == DECISION)
    assert not any("score" in line for line in theirs)


def test_it_is_drawn_again_from_the_scores(
    judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """All lines from all scores; of those that are not given any more, none."""
    fed(judged, held_bars, BEGIN, scores)
    fed(judged, held_bars, BEGIN + 20, scores)
    own = until(held_bars, BEGIN + 30)
    known = scores.filter(pl.col("decision_time") <= own.bars["timestamp"].max())
    whole = verify_forward(judged, own, scores=read_new_scores(judged, known))
    assert (whole.decisions, whole.corrected, whole.without_bars) == (42, 0, 0)
    assert whole.outcomes == 30  # that are recorded
    refuse_faults(judged, whole)
    late = known.filter(pl.col("decision_time") > held_bars.bars["timestamp"][BEGIN + 9])
    part = verify_forward(judged, own, scores=read_new_scores(judged, late))
    assert (part.decisions, part.without_bars) == (20, 22)


def at(bars: CheckedBars, number: int) -> pl.Expr:
    """Whether a score is of the bar of that number."""
    return pl.col("decision_time").eq(bars.bars["timestamp"].unique().sort()[number - 1])


def test_a_score_that_was_changed_afterwards_is_told_and_found(
    judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """The decision stands, long after it came out, too; verify says which line it is."""
    fed(judged, held_bars, BEGIN, scores)
    fed(judged, held_bars, BEGIN + 20, scores)
    before = journal_file(judged.path).read_bytes()
    own = at(held_bars, BEGIN + 2) & (pl.col("symbol") == "OTHER")
    other = scores.with_columns(score=pl.when(own).then(7.5).otherwise("score"))
    told = Told()
    fed(judged, held_bars, BEGIN + 20, other, listener=told.listener)
    assert "1 scores are not those that decisions were made by, the first: OTHER" in told
    assert journal_file(judged.path).read_bytes() == before
    given = other.filter(pl.col("decision_time") <= held_bars.bars["timestamp"][BEGIN + 19])
    found = verify_forward(
        judged, until(held_bars, BEGIN + 20), scores=read_new_scores(judged, given)
    )
    fields = [fault.field for fault in found.faults]
    assert "score" in fields
    assert {fault.symbol for fault in found.faults} == {"OTHER"}
    with pytest.raises(CheckFailed, match=f"line {found.faults[0].line} says"):
        refuse_faults(judged, found)


def test_scores_that_it_was_judged_by_may_not_change(
    judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """What it promises rests on them."""
    first = judged.samples().index["decision_time"][3]
    other = scores.with_columns(
        score=pl.when(pl.col("decision_time") == first).then(7.5).otherwise("score")
    )
    told = Told()
    fed(judged, held_bars, BEGIN, other, listener=told.listener)
    assert "scores that the run was judged by are others now" in told
    assert len(told.heard) == 2  # beside it, that nothing is promised


def test_a_score_that_comes_after_a_newer_one_decides_nothing(
    judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """It is told of, once it is there."""
    fed(judged, held_bars, BEGIN, scores)
    gap = at(held_bars, BEGIN + 2)
    first = fed(judged, held_bars, BEGIN + 4, scores.filter(~gap))
    assert len(first.decisions) == 6
    told = Told()
    again = fed(judged, held_bars, BEGIN + 4, scores, listener=told.listener)
    assert again.decisions == ()
    assert "2 scores came after a newer one of their symbol" in told


def test_bars_whose_scores_are_not_there_yet_wait_for_them(
    judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """The bars grew first; nothing is decided twice, nothing is left out."""
    fed(judged, held_bars, BEGIN, scores)
    waiting = scores.filter(pl.col("decision_time") <= held_bars.bars["timestamp"][BEGIN - 1])
    assert fed(judged, held_bars, BEGIN + 3, waiting).decisions == ()
    assert len(fed(judged, held_bars, BEGIN + 3, scores).decisions) == 6


def test_a_score_between_bars_is_laid_to_one_and_the_delay_told(
    judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """Within the grace of the next open it is of the bar before, also once the next is there."""
    late = scores.with_columns(pl.col("decision_time") + timedelta(seconds=20))
    begun = fed(judged, held_bars, BEGIN, scores)
    told = Told()
    closes = scores.filter(pl.col("decision_time") <= held_bars.bars["timestamp"][BEGIN - 1])
    own = until(held_bars, BEGIN + 2)
    fresh = late.filter(
        pl.col("decision_time") > held_bars.bars["timestamp"][BEGIN],
        pl.col("decision_time") <= held_bars.bars["timestamp"][BEGIN + 1] + timedelta(minutes=1),
    )
    given = read_new_scores(judged, pl.concat([closes, fresh]))
    made = called(judged, own, scores=given, listener=told.listener)
    assert "were known when no bar closed" in told
    assert "20 s before" in told
    times = {line["decision_time"] for line in made.decisions}
    newest = own.bars["timestamp"].unique().sort()[-2:]
    assert times == {stamp(time) for time in newest}
    assert {line["decision_time"] for line in begun.decisions}.isdisjoint(times)
    found = verify_forward(judged, until(held_bars, BEGIN + 5), scores=given)
    assert (found.decisions, found.without_bars, found.faults) == (6, 0, ())


UGLY = {
    "have a score that is missing, NaN or infinite": float("nan"),
    "have the symbol and time of an earlier row": None,
}


@pytest.mark.parametrize("said", UGLY)
def test_rows_that_break_a_rule_are_refused_or_set_aside(
    judged: Run, held_bars: CheckedBars, scores: pl.DataFrame, said: str
) -> None:
    """Nothing is written before."""
    value = UGLY[said]
    fed(judged, held_bars, BEGIN, scores)
    before = journal_file(judged.path).read_bytes()
    own = until(held_bars, BEGIN + 2)
    known = scores.filter(pl.col("decision_time") <= own.bars["timestamp"].max())
    other = (
        pl.concat([known, known.filter(at(held_bars, BEGIN + 1))])
        if value is None
        else known.with_columns(
            score=pl.when(at(held_bars, BEGIN + 1)).then(value).otherwise("score")
        )
    )
    with pytest.raises(DataError, match=said):
        called(judged, own, scores=read_new_scores(judged, other))
    assert journal_file(judged.path).read_bytes() == before
    told = Told()
    given = read_new_scores(judged, other, quarantine=True)
    made = called(judged, own, scores=given, listener=told.listener)
    assert f"set aside: 2 rows of scores that {said}" in told
    assert len(made.decisions) == (4 if value is None else 2)


def test_rows_that_their_model_learnt_from_prove_nothing(
    judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """The model was trained up to the newest bar and then asked about the one before."""
    fed(judged, held_bars, BEGIN, scores)
    own = until(held_bars, BEGIN + 3)
    known = scores.filter(pl.col("decision_time") <= own.bars["timestamp"].max())
    learnt = known.with_columns(trained_until=own.bars["timestamp"].max())
    with pytest.raises(CheckFailed, match="6 new scores are of rows before the end"):
        called(judged, own, scores=read_new_scores(judged, learnt))


def test_what_a_run_cannot_take_is_said(
    run: Run, judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """A judged run needs scores, another takes none; the column is the one of before."""
    with pytest.raises(DataError, match="new bars need new ones"):
        called(judged, until(held_bars, BEGIN))
    with pytest.raises(UsageError, match="by its own model"):
        read_new_scores(run, scores)
    with pytest.raises(DataError, match="no column score"):
        read_new_scores(judged, scores.rename({"score": "margin"}))
    assert not journal_file(judged.path).exists()


def test_no_score_of_a_new_bar_is_no_error(
    judged: Run, held_bars: CheckedBars, scores: pl.DataFrame
) -> None:
    """One row of long ago."""
    made = called(judged, until(held_bars, BEGIN), scores=read_new_scores(judged, scores.head(1)))
    assert made.decisions == ()

"""Which trades are told, and that what is told of them is theirs."""

import io
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from quantsig.data.charts.picture import FIELD, RED_UP, UP
from quantsig.data.language.saying import reading
from quantsig.reports.figures.backtest.story_trades import bars_around, choose_stories
from quantsig.reports.inputs import Inputs, by_session, read_inputs
from quantsig.reports.report import render_page
from quantsig.reports.sections import data
from quantsig.reports.sections.stories import section
from tests.reports.backtest_files import Traded, write_traded_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of sixty trades."""
    return write_traded_run(tmp_path_factory.mktemp("told") / "runs" / "run", Traded())


@pytest.fixture(scope="module")
def inputs(run: Path) -> Inputs:
    """What is read of it."""
    return read_inputs(run)


def of_trades(tmp_path: Path, trades: int) -> Inputs:
    return read_inputs(write_traded_run(tmp_path / "runs" / "run", Traded(trades=trades)))


def test_the_best_the_middle_and_the_worst_are_told(inputs: Inputs) -> None:
    """Two of each, by return."""
    assert inputs.trades is not None
    returns = sorted(inputs.trades["return"], reverse=True)
    told = [(story.kind, story.rank, story.trade["return"]) for story in choose_stories(inputs)]
    assert told == [
        ("Best", 1, returns[0]),
        ("Best", 2, returns[1]),
        ("Median", 30, returns[29]),
        ("Median", 31, returns[30]),
        ("Worst", 60, returns[59]),
        ("Worst", 59, returns[58]),
    ]


@pytest.mark.parametrize(
    ("trades", "kinds"),
    [(0, []), (1, ["Best"]), (2, ["Best", "Worst"]), (3, ["Best", "Median", "Worst"])],
)
def test_no_trade_is_told_twice(tmp_path: Path, trades: int, kinds: list[str]) -> None:
    """Few trades give few stories."""
    assert [story.kind for story in choose_stories(of_trades(tmp_path, trades))] == kinds


def test_the_picture_is_the_sample_of_the_decision(inputs: Inputs) -> None:
    """It has ink wherever the stored sample's finest candles have it, and nowhere else."""
    assert inputs.samples is not None
    story = choose_stories(inputs)[0]
    assert story.picture is not None
    days = by_session(inputs.samples.index, inputs.samples.calendar)
    row = days.filter(symbol=story.trade["symbol"], decision_time=story.trade["decision_time"])
    names = list(inputs.samples.chart.planes)
    planes = inputs.samples.read(row["sample_id"].to_numpy())[0]
    bodies = planes[names.index("candles.up@1")] > 0
    pixels = np.asarray(Image.open(io.BytesIO(story.picture.png)))[: len(bodies)]
    ink, empty = ((pixels == colour).all(axis=2) for colour in (UP, FIELD))
    trend = planes[names.index("trend.fast@1")] | planes[names.index("trend.slow@1")]
    shown = bodies & (planes[names.index("candles.down@1")] == 0) & (trend == 0)
    tops = shown & ~np.roll(bodies, 1, axis=0)
    assert tops.any()
    assert ink[tops].all()
    assert (ink | empty)[shown].all()  # hollow inside
    red = np.asarray(Image.open(io.BytesIO(story.picture.red_up)))[: len(bodies)]
    assert (red[tops] == RED_UP.up).all()


def test_bars_reach_from_before_the_decision_to_after_the_exit(inputs: Inputs) -> None:
    """Both are in them, and only bars of the symbol."""
    assert inputs.bars is not None
    for story in choose_stories(inputs):
        around = bars_around(inputs.bars, story.trade)
        assert set(around["symbol"]) == {story.trade["symbol"]}
        times = around["timestamp"].to_list()
        assert {story.trade["decision_time"], story.trade["exit_time"]} <= set(times)
        assert times[-1] - story.trade["exit_time"] <= timedelta(days=5)


def test_it_is_said_that_they_were_chosen_by_their_end(inputs: Inputs) -> None:
    """Of which split, and how many trades of all made a profit."""
    said = section(inputs).paragraphs[0]
    assert "test split were chosen by how they ended" in said
    assert "prove nothing" in said
    assert "52.0" in said


def test_the_figures_of_a_story_are_those_of_its_trade(inputs: Inputs) -> None:
    """Probability, threshold, prices and return."""
    story = choose_stories(inputs)[0]
    told = section(inputs).parts[0].paragraphs[0]
    assert f"probability of {story.trade['probability']:.3f}" in told
    assert f"threshold {inputs.threshold}." in told
    assert f"Bought at {story.trade['entry_price']:.3f}" in told
    assert f"{story.trade['return'] * 100:.2f}" in told


def test_without_the_sample_set_the_story_is_told_in_words(tmp_path: Path) -> None:
    """Pictures and prices are gone, and it is said why."""
    run = write_traded_run(tmp_path / "runs" / "run", Traded())
    shutil.rmtree(tmp_path / "drawn")
    shown = section(read_inputs(run))
    assert "cannot be drawn" in shown.paragraphs[1]
    assert all(not part.pictures and not part.figures for part in shown.parts)
    assert len(shown.parts) == 6


def test_later_bars_change_no_picture(inputs: Inputs) -> None:
    """What the model saw ends at the decision; bars after it are not in the drawing."""
    assert inputs.samples is not None
    story = choose_stories(inputs)[0]
    decided = story.trade["decision_time"]
    covered = inputs.samples.calendar.dates(inputs.samples.bars["timestamp"])
    later = pl.lit(covered) > decided.date()
    changed = inputs.samples.bars.with_columns(
        pl.when(later).then(pl.col(name) * 3).otherwise(name).alias(name)
        for name in ("open", "high", "low", "close")
    )
    other = read_inputs(inputs.run.path)
    assert other.samples is not None
    other.samples.__dict__["bars"] = changed
    assert choose_stories(other)[0].picture == story.picture


def test_the_sample_of_the_data_section_is_told_in_words(inputs: Inputs) -> None:
    """In the reader's language, for the picture has none; with red for up beside it."""
    with reading("zh"):
        (picture,) = data.section(inputs).pictures
    assert picture.red_up not in (None, picture.png)
    assert "空心为阳线" in picture.meaning


def test_the_page_turns_its_pictures_with_the_colours_of_gains(inputs: Inputs) -> None:
    """Both are in it; the style shows one of them, by the switch of the page."""
    page = render_page("run", {"stories": section(inputs)})
    assert page.count('class="picture blue-up"') == page.count('class="picture red-up"') > 0
    assert ':root[data-market="red-up"] .blue-up { display: none; }' in page

"""A forward test of a run that reads news decides as `signals` does, on what was known by then."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.forward.verify import verify_forward
from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.demo.planted_news import planted_news
from quantsig.data.errors import DataError, UsageError
from quantsig.data.news.options import NewsOptions
from quantsig.data.news.table import NewsItems, read_news
from quantsig.data.progress import Listener
from quantsig.data.split_spec import SplitSpec
from quantsig.forwards import run_forward
from quantsig.signals.forward.book import writing
from quantsig.signals.forward.new_decisions import Deciding, grounds_of
from quantsig.signals.inference.bar_scores import BarsRequest, score_bars, unseen_signals
from quantsig.signals.inference.predict import passing_of
from quantsig.signals.inputs.news import items_of
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training.fit import train
from tests.backtest.forward.replays import called, copied, lines_of, newest, once, until
from tests.told import PLAN, built

CELLS, LEARNT, STEP = 130, 120 * CELL_BARS, 25
KEY = ["symbol", "decision_time"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CheckedBars, pl.DataFrame, Run]:
    folder = tmp_path_factory.mktemp("told")
    made = planted_news(CELLS, 5)
    bars = check_bars(made.bars)
    learnt = until(bars, LEARNT)
    samples = built(folder / "samples", learnt, told(folder, learnt, made.news))
    run = train(samples, folder / "runs" / "han", PLAN, SplitSpec())
    choose(run, AskedRule(name="number", value=0.1), 0.0)
    return folder, bars, made.news, run


def told(folder: Path, bars: CheckedBars, items: pl.DataFrame) -> NewsItems:
    """What a file says by the newest bar."""
    items.filter(pl.col("timestamp") <= newest(bars)).write_parquet(folder / "news.parquet")
    return read_news(folder / "news.parquet", bars, NewsOptions())


def test_decisions_are_those_of_signals(
    world: tuple[Path, CheckedBars, pl.DataFrame, Run], tmp_path: Path
) -> None:
    """Bit for bit, called as bars and news come; and all of it can be drawn again."""
    _, bars, items, trained = world
    run = copied(trained, tmp_path)
    for count in range(LEARNT, len(bars.bars) + 1, STEP):
        now = until(bars, count)
        called(run, now, news=told(tmp_path, now, items))
    news = told(tmp_path, bars, items)
    whole = score_bars(run, bars, BarsRequest(stride_bars=1, news=news)).table
    said = pl.DataFrame([line for line in lines_of(run) if line["kind"] == "decision"])
    said = said.with_columns(pl.col("decision_time").str.to_datetime("%+", time_zone="UTC"))
    both = said.join(whole, on=KEY, how="left", suffix="_of_signals")
    assert len(both) > STEP
    np.testing.assert_array_equal(both["probability"], both["probability_of_signals"])
    assert both["probability"].n_unique() > 1
    found = verify_forward(run, bars, news=news, device="cpu")
    assert (found.corrected, found.faults) == (0, ())
    assert found.decisions == len(said)
    result = run_forward(run, bars, news=news, device="cpu")
    assert result.decisions.is_empty()
    assert result.page.is_file()


def test_what_comes_after_the_decision_is_never_used(
    world: tuple[Path, CheckedBars, pl.DataFrame, Run], tmp_path: Path
) -> None:
    """The decision stands, the journal says what it rests on now, and that is no fault."""
    _, bars, items, trained = world
    run = copied(trained, tmp_path)
    first, later = until(bars, LEARNT + 4), until(bars, LEARNT + 5)
    called(run, first, news=told(tmp_path, first, items))
    before = {line["decision_time"]: line["probability"] for line in _decisions(run)}
    late = items.head(1).with_columns(
        timestamp=pl.lit(newest(first) - timedelta(minutes=1)), text=pl.lit("stock surges")
    )
    more = told(tmp_path, later, pl.concat([items, late.cast(items.schema)]))
    heard: list[str] = []
    with_it = score_bars(run, later, BarsRequest(stride_bars=1, news=more)).table
    now = dict(with_it.select("decision_time", "probability").iter_rows())

    with writing(run) as book:
        listener = Listener(tell=lambda text: heard.append(str(text)))
        once(book, later, news=more, listener=listener)
    after = {line["decision_time"]: line["probability"] for line in _decisions(run)}
    assert {when: after[when] for when in before} == before
    last = newest(first).isoformat(timespec="microseconds")
    assert now[newest(first)] != before[last]
    assert any("came late" in text for text in heard)
    assert sum(line["kind"] == "revision" for line in lines_of(run)) == 1
    found = verify_forward(run, later, news=more, device="cpu")
    assert (found.corrected, found.faults) == (1, ())


@pytest.mark.parametrize("minutes", [1, -1])
def test_a_decision_rests_on_the_news_of_its_oldest_bar(
    world: tuple[Path, CheckedBars, pl.DataFrame, Run], tmp_path: Path, minutes: int
) -> None:
    """From when that bar began, which the model reads, and not a moment before."""
    _, bars, items, run = world
    place, window = LEARNT - 1, PLAN.input.window_bars
    assert window
    times = bars.bars["timestamp"]
    begin = times[place - window]
    early = items.filter(pl.col("timestamp") <= begin - timedelta(hours=1))
    said = items.head(1).with_columns(timestamp=pl.lit(begin + timedelta(minutes=minutes)))
    more = pl.concat([early, said.cast(items.schema)])
    with_it, without = (told(tmp_path, bars, one) for one in (more, early))
    assert len(with_it.items) == len(without.items) + 1
    symbol = bars.bars["symbol"][place]
    one, other = (
        grounds_of(Deciding(run=run, news=news), bars).hashes(symbol, np.array([place]))
        for news in (with_it, without)
    )
    known = passing_of(run, bars, news=with_it)
    (samples,) = known.pieces()
    decided = samples.index.filter(decision_time=times[place])["sample_id"].to_numpy()
    read = (items_of(samples, decided, PLAN.input) == len(early)).any()
    assert (one != other) == read == (minutes > 0)


def test_such_a_run_is_not_scored_without(
    world: tuple[Path, CheckedBars, pl.DataFrame, Run], tmp_path: Path
) -> None:
    """Neither forward nor on bars that are traded; nothing is recorded."""
    _, bars, items, trained = world
    run = copied(trained, tmp_path)
    for ask in (
        lambda: called(run, bars),
        lambda: unseen_signals(run, bars, BarsRequest()),
        lambda: run_forward(run, bars),
    ):
        with pytest.raises(DataError, match="reads news, and none are given"):
            ask()
    assert not lines_of(run)
    traded, rows = unseen_signals(run, bars, BarsRequest(news=told(tmp_path, bars, items)))
    assert newest(traded) == rows["decision_time"].max()
    wide = replace(told(tmp_path, bars, items), vectors=np.zeros((len(items), 9), np.float32))
    with pytest.raises((DataError, UsageError)):
        called(run, bars, news=wide)


def _decisions(run: Run) -> list[dict[str, object]]:
    return [line for line in lines_of(run) if line["kind"] == "decision"]

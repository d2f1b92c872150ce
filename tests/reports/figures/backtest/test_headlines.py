"""The news of a trade that is told as a story, and figures with and without news apart."""

from dataclasses import replace

import polars as pl
import pytest

from quantsig.reports.figures.backtest.headlines import headlines
from quantsig.reports.figures.backtest.story_trades import Story
from quantsig.reports.figures.signals.signal_groups import groups
from quantsig.reports.inputs import read_inputs
from quantsig.signals.layout import THRESHOLD_GROUPS
from quantsig.signals.seal import sealed
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.groups import WITH_NEWS, WITHOUT_NEWS, write_tables
from quantsig.signals.thresholds.rules import AskedRule
from tests.told import Told, told


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Told:
    found = told(tmp_path_factory.mktemp("told"))
    choose(found.run, AskedRule(name="number", value=0.05), 0.0)
    return found


def story(sample_id: int | None, rank: int) -> Story:
    return Story(kind="Best", rank=rank, trades=9, trade={}, picture=None, sample_id=sample_id)


def test_a_story_has_the_headlines_that_were_known(world: Told) -> None:
    """Newest first, none of after the decision; none where the sample is gone or reads none."""
    inputs = read_inputs(world.run)
    index = world.samples.index
    cases = [story(number, rank) for rank, number in enumerate(range(20, 40))]
    found = headlines(inputs, [*cases, story(None, 99)])
    assert sorted(found) == list(range(20))
    texts = set(world.news.items["text"])
    for case in cases:
        assert case.sample_id is not None
        rows = found[case.rank].rows
        decided = index["decision_time"][case.sample_id]
        assert all(row[0] <= decided and row[3] in texts for row in rows)
        assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)
    assert any(table.rows for table in found.values())
    other = replace(world.run.model, name="lstm")
    plain = replace(world.run, record=replace(world.run.record, model=other))
    assert headlines(replace(inputs, run=plain), cases) == {}


def test_figures_with_and_without_news_are_told_apart(world: Told) -> None:
    """On the page and in the table of groups, and together they are all rows."""
    (part,) = [
        one for one in groups(read_inputs(world.run)) if one.title == "With news and without"
    ]
    rows = {row[0]: row[1] for row in part.tables[0].rows}
    assert set(rows) == {WITH_NEWS, WITHOUT_NEWS}
    calibration = world.run.predictions().filter(split="calibration")
    assert sum(rows.values()) == len(calibration)
    write_tables(world.run, 0.0)
    table = pl.read_parquet(sealed(world.run.path / THRESHOLD_GROUPS)).filter(group="news")
    assert dict(table.select("name", "rows").iter_rows()) == rows

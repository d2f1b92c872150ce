"""The strategy beside the market: which figures, and where they come from."""

from dataclasses import replace
from pathlib import Path

import pytest

from quantsig.backtest.comparisons.beside_market import MARKETS
from quantsig.reports.figures.backtest.newest_signals import newest_signals
from quantsig.reports.figures.backtest.scorecard import BOTH, OWN, scorecard, together
from quantsig.reports.inputs import Inputs, read_inputs
from quantsig.reports.report import even_columns
from quantsig.reports.sections.verdict import section
from quantsig.reports.walk.inputs import read_walk
from tests.golden.opened import open_workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stored one: a run of the released format, traded on its test rows."""
    return open_workspace(tmp_path_factory.mktemp("opened"))


@pytest.fixture(scope="module")
def inputs(workspace: Path) -> Inputs:
    """Of the stored run."""
    return read_inputs(workspace / "runs" / "first")


def test_a_stored_run_has_every_figure_of_both(inputs: Inputs) -> None:
    """The strategy's are those of stats.json, the market's those of what was held, as written."""
    card, stats = scorecard(inputs), inputs.stats
    assert card is not None
    assert stats is not None
    assert stats.equal_weight is not None
    lines = {line.label: line for line in card.lines}
    assert len(lines) == len(BOTH) + len(OWN)
    own, held, apart = (
        float(cell.rstrip("\u202f%").replace("−", "-")) for cell in lines["Total return"].values
    )
    assert own == pytest.approx(100 * (stats.figures["total_return"] or 0.0), abs=0.006)
    assert held == pytest.approx(100 * (stats.equal_weight.total_return or 0.0), abs=0.006)
    assert apart == pytest.approx(own - held, abs=0.011)
    assert all(line.meaning and "{" not in line.meaning for line in card.lines)


def test_less_volatility_is_a_gain(inputs: Inputs) -> None:
    """The sign of a difference is that of what is good, not of the number."""
    assert inputs.market is not None
    calm = replace(
        inputs.market,
        own={**inputs.market.own, "volatility": 0.1},
        held={**inputs.market.held, "volatility": 0.2, "sharpe": 9.0},
    )
    assert inputs.stats is not None
    figures = {**inputs.stats.figures, "volatility": 0.1, "sharpe": 1.0}
    stats = replace(inputs.stats, figures=figures)
    card = scorecard(replace(inputs, market=calm, stats=stats))
    assert card is not None
    signs = {line.label: line.sign for line in card.lines}
    assert (signs["Volatility a year"], signs["Sharpe ratio"], signs["Fees"]) == (1, -1, 0)


def test_the_first_screen_begins_with_them(inputs: Inputs) -> None:
    """Scorecard, tiles with alpha first, equity and months; nothing of it twice."""
    shown = section(inputs)
    assert shown.scorecard is not None
    labels = [number.label for number in shown.numbers]
    assert labels[:2] == ["Alpha a year", "Beta"]
    assert not {line.label for line in shown.scorecard.lines} & set(labels)
    assert [figure.name for figure in shown.figures] == ["equity-line", "months"]


def test_without_a_market_the_tiles_tell_it_alone(inputs: Inputs) -> None:
    """As of a backtest whose equity is gone."""
    shown = section(replace(inputs, market=None, equity=None))
    assert shown.scorecard is None
    assert [number.label for number in shown.numbers][:2] == ["Total return", "Sharpe ratio"]
    assert together(replace(inputs, market=None)) == ()


def test_the_newest_signals_come_first(inputs: Inputs) -> None:
    """Only those of the split that was traded and that were taken."""
    (part,) = newest_signals(inputs)
    assert inputs.signals is not None
    taken = inputs.signals.filter("take", split="test")["decision_time"]
    (table,) = part.tables
    assert [row[0] for row in table.rows] == taken.sort(descending=True).to_list()[:8]
    assert "it held" in part.paragraphs[0]


def test_a_stored_walk_is_beside_its_market_too(workspace: Path) -> None:
    """The folds as one account."""
    walk = read_walk(next((workspace / "runs").glob("walk-*-anchored-*")))
    assert walk.market is not None
    assert walk.market.market == MARKETS[0]
    assert scorecard(walk) is not None


@pytest.mark.parametrize(
    ("count", "widest", "columns"),
    [(0, 6, 0), (1, 6, 1), (5, 6, 5), (6, 6, 6), (7, 6, 4), (8, 6, 4), (12, 6, 6), (13, 6, 5)],
)
def test_rows_of_tiles_are_even(count: int, widest: int, columns: int) -> None:
    """Seven are four and three."""
    assert even_columns(count, widest) == columns

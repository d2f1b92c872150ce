"""docs/figures.md is what the tables say; `python -m tests.test_figures_page` writes it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from quantsig.backtest.statistics.figure_table import FIGURES as OF_BACKTESTS
from quantsig.signals.figures import FIGURES as OF_SIGNALS
from quantsig.signals.figures import Quantity

PAGE = Path(__file__).parent.parent / "docs" / "figures.md"
GOOD = {1: "more", -1: "less", 0: ""}
SIZES = ("; {bars}", "; {trades}", "; {cells} cells", "{per_year} ", "{splits} ")
HEAD = """# Figures

What every figure is, as console, report and files tell it: the tables of `signals/figures.py` and
`backtest/statistics/figure_table.py`. Shares and returns are fractions in files and percent for
people. A figure that does not exist is null. The ends of an interval have the figure's name with
`_low` and `_high`. The sizes that a figure rests on stand beside it in the report.
"""


def page() -> str:
    """The page as it should be."""
    return "\n".join(
        [
            HEAD,
            "## Signals",
            "",
            *_table(OF_SIGNALS),
            "",
            "## Backtest",
            "",
            *_table(OF_BACKTESTS),
            "",
        ]
    )


def _table(figures: Mapping[str, Quantity]) -> Iterator[str]:
    yield "| name | what people call it | unit | formula | convention | better | interval |"
    yield "|---|---|---|---|---|---|---|"
    for name, told in figures.items():
        sure = "" if told.interval is None else f"{told.interval:.0%}"
        cells = (_formula(told), told.convention, GOOD[told.good], sure)
        yield f"| `{name}` | {told.label} | {told.unit} | {' | '.join(cells)} |"


def _formula(told: Quantity) -> str:
    """Without the sizes that the report fills in."""
    said = told.formula
    for place in SIZES:
        said = said.replace(place, "")
    return said


def test_the_page_is_what_the_tables_say() -> None:
    """Write it again where it is not."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_no_place_is_left_in_a_formula() -> None:
    """Every size that the report fills in is known."""
    assert "{" not in page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

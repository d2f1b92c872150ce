"""docs/figures.md and its Chinese are what the tables say.

`python -m tests.test_figures_page` writes both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from quantsig.backtest.statistics.figure_table import FIGURES as OF_BACKTESTS
from quantsig.data.language.saying import reading, say
from quantsig.signals.figures import FIGURES as OF_SIGNALS
from quantsig.signals.figures import Quantity

DOCS = Path(__file__).parent.parent / "docs"


@dataclass(frozen=True, kw_only=True, slots=True)
class FiguresPage:
    """What one language says around the tables."""

    language: str
    path: Path
    head: str
    sections: tuple[str, str]
    columns: tuple[str, ...]
    better: Mapping[int, str]
    sizes: tuple[str, ...]
    units: Mapping[str, str]


ENGLISH = FiguresPage(
    language="en",
    path=DOCS / "figures.md",
    head="""# Figures

What every figure is, as console, report and files tell it: the tables of `signals/figures.py` and
`backtest/statistics/figure_table.py`. Shares and returns are fractions in files and percent for
people. A figure that does not exist is null. The ends of an interval have the figure's name with
`_low` and `_high`. The sizes that a figure rests on stand beside it in the report.
""",
    sections=("Signals", "Backtest"),
    columns=(
        "name",
        "what people call it",
        "unit",
        "formula",
        "convention",
        "better",
        "interval",
    ),
    better={1: "more", -1: "less", 0: ""},
    sizes=("; {bars}", "; {trades}", "; {cells} cells", "{per_year} ", "{splits} "),
    units={},
)
CHINESE = FiguresPage(
    language="zh",
    path=DOCS / "zh" / "figures.md",
    head="""# 指标

终端、报告和文件里的每个指标是什么：`signals/figures.py` 和 `backtest/statistics/figure_table.py`
里的表。比例和收益在文件里是小数，给人看时是百分比。不存在的指标为 null。区间的两端用指标的名称加
`_low` 和 `_high`。指标所依据的样本大小，在报告里写在旁边。
""",
    sections=("信号", "回测"),
    columns=("名称", "叫法", "单位", "公式", "约定", "何者更好", "区间"),
    better={1: "越大越好", -1: "越小越好", 0: ""},
    sizes=("；{bars}", "；{trades}", "；{cells} 个格子", " {per_year} 个", " {splits} 种"),
    units={
        "a month": "每月",
        "bars": "K 线",
        "count": "个数",
        "days": "天",
        "money": "金额",
        "ratio": "比率",
        "return": "收益",
        "score": "分数",
        "sessions a year": "交易日 / 年",
        "share": "比例",
        "times a year": "次 / 年",
        "years": "年",
    },
)
BY_LANGUAGE = pytest.mark.parametrize("told", [ENGLISH, CHINESE], ids=["en", "zh"])


def page(told: FiguresPage) -> str:
    """The page as it should be; what the language lacks raises."""
    with reading(told.language) as reader:
        parts = [told.head]
        for name, figures in zip(told.sections, (OF_SIGNALS, OF_BACKTESTS), strict=True):
            parts += [f"## {name}", "", *_table(told, figures), ""]
    assert reader.lacking == set()
    return "\n".join(parts)


def _table(told: FiguresPage, figures: Mapping[str, Quantity]) -> Iterator[str]:
    yield f"| {' | '.join(told.columns)} |"
    yield f"|{'---|' * len(told.columns)}"
    for name, figure in figures.items():
        unit = told.units[figure.unit] if told.units else figure.unit
        convention = say(figure.convention) if figure.convention else ""
        sure = "" if figure.interval is None else f"{figure.interval:.0%}"
        cells = (say(figure.label), unit, _formula(told, figure), convention)
        yield f"| `{name}` | {' | '.join(cells)} | {told.better[figure.good]} | {sure} |"


def _formula(told: FiguresPage, figure: Quantity) -> str:
    """Without the sizes that the report fills in."""
    said = str(say(figure.formula))
    for place in told.sizes:
        said = said.replace(place, "")
    return said


@BY_LANGUAGE
def test_the_page_is_what_the_tables_say(told: FiguresPage) -> None:
    """Write it again where it is not."""
    assert told.path.read_text(encoding="utf-8") == page(told)


@BY_LANGUAGE
def test_no_place_is_left_in_a_formula(told: FiguresPage) -> None:
    """Every size that the report fills in is known."""
    assert "{" not in page(told)


if __name__ == "__main__":
    for each in (ENGLISH, CHINESE):
        each.path.write_text(page(each), encoding="utf-8")

"""The figures that runs are listed and compared by, each with the split that it is of."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quantsig.backtest.statistics.figure_table import FIGURES as BACKTEST_FIGURES
from quantsig.data.errors import unknown_name
from quantsig.signals.figures import FIGURES as SIGNAL_FIGURES

if TYPE_CHECKING:
    from quantsig.signals.runs import Run

VALIDATION, CALIBRATION, TEST = "validation", "calibration", "test"
OF_VALIDATION = ("loss", "average_precision", "roc_auc", "accuracy", "f1", "mcc")
OF_CHOICES = ("precision", "recall")
OF_BACKTESTS = ("total_return", "annual_return", "sharpe", "sortino", "calmar", "max_drawdown")
FIGURES = (
    *(f"{VALIDATION}.{name}" for name in OF_VALIDATION),
    *(f"{CALIBRATION}.{name}" for name in OF_CHOICES),
    *(f"{TEST}.{name}" for name in (*OF_CHOICES, *OF_BACKTESTS)),
)
SPENT = (
    "chosen by a figure of the test split, it is no test any more: what the chosen run reached "
    "there is too good to be believed. Choose by validation, and look at the test once."
)


def check_figure(name: str, where: str) -> None:
    """Raise a ConfigError where a figure is none that runs are sorted by."""
    if name not in FIGURES:
        raise unknown_name("figure", name, FIGURES, where=where)


def is_of_test(name: str) -> bool:
    """Whether a figure is of the test split."""
    return name.startswith(f"{TEST}.")


def figures_of(run: "Run") -> dict[str, float | None]:
    """Every figure that a run has without its tables; of the test only once that was opened."""
    choice = run.choice()
    choices: tuple[tuple[str, Mapping[str, Any]], ...] = (
        (CALIBRATION, choice.calibration if choice else {}),
        (TEST, choice.reached if choice else {}),
    )
    found: dict[str, float | None] = {
        f"{split}.{name}": figures.get(name) for split, figures in choices for name in OF_CHOICES
    }
    found |= {f"{VALIDATION}.{name}": best.value for name, best in run.record.best.items()}
    stats = _stats(run)
    return found | {f"{TEST}.{name}": stats.get(name) for name in OF_BACKTESTS}


def figure_of(run: "Run", name: str) -> float | None:
    """One figure of a run; of the epoch whose weights were kept, where it is of validation."""
    split, _, figure = name.partition(".")
    best = run.record.best.get(figure)
    if split != VALIDATION or (best is not None and best.epoch == run.record.best_epoch):
        return figures_of(run).get(name)
    if run.record.judged is not None:
        return None
    rows = run.metrics()
    kept = rows.filter((rows["split"] == VALIDATION) & (rows["epoch"] == run.record.best_epoch))
    value = kept[figure][0] if figure in rows.columns and kept.height else None
    return None if value is None else float(value)


def best_first(runs: "list[Run]", name: str) -> "list[tuple[Run, float | None]]":
    """Runs with a figure, the best first, those without it last."""
    figure = name.partition(".")[2]
    good = (SIGNAL_FIGURES.get(figure) or BACKTEST_FIGURES[figure]).good
    pairs = [(run, figure_of(run, name)) for run in runs]

    def place(pair: "tuple[Run, float | None]") -> tuple[bool, float]:
        value = pair[1]
        missing = value is None or value != value  # noqa: PLR0124 - NaN
        return missing, 0.0 if missing or value is None else -(good or 1) * value

    return sorted(pairs, key=place)


def _stats(run: "Run") -> Mapping[str, Any]:
    """The figures of its backtest of the test split."""
    from quantsig.backtest.record import read_stats
    from quantsig.signals.layout import BACKTEST, STATS
    from quantsig.signals.seal import sealed

    stats = sealed(run.path / BACKTEST / STATS)
    return read_stats(stats).figures if stats.is_file() else {}

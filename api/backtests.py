"""Trading the signals of a run, in Python."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.backtest.period import Period
from quantsig.backtest.record import StatsRecord
from quantsig.data.progress import Progress, silent
from quantsig.data.storage.leftovers import alone
from quantsig.settings_tree import settings_given
from quantsig.signals.runs import Run

if TYPE_CHECKING:
    import polars as pl
    from plotly.graph_objects import Figure
    from vectorbt import Portfolio

    from quantsig.reports.notebook import Report


@dataclass(frozen=True, kw_only=True)
class BacktestResult:
    """What trading the signals of a run came to.

    Attributes:
        run: whose signals were traded.
        stats: what stats.json keeps: figures, intervals, verdict.
    """

    run: Run
    stats: StatsRecord
    period: Period = field(repr=False)

    @property
    def path(self) -> Path:
        """The folder of its files in the run."""
        from quantsig.signals.layout import backtest_folder

        return self.run.path / backtest_folder(self.stats.split)

    @property
    def figures(self) -> dict[str, Any]:
        """Every figure by name, as docs/figures.md explains them."""
        from quantsig.backtest.result import result_figures

        return result_figures(self.run, self.stats)

    @property
    def verdict(self) -> str:
        """Whether there is an edge, in a sentence."""
        return self.stats.verdict.sentence

    @cached_property
    def trades(self) -> "pl.DataFrame":
        """A row per trade; prices adjusted, money in parts of the start capital."""
        from quantsig.signals.layout import TRADES

        return self._table(TRADES)

    @cached_property
    def equity(self) -> "pl.DataFrame":
        """A row per bar: timestamp, and the equity at its close, 1.0 at the start."""
        from quantsig.signals.layout import EQUITY

        return self._table(EQUITY)

    def vectorbt(self) -> "Portfolio":
        """The same trades as a vectorbt Portfolio, for its figures and plots."""
        from quantsig.backtest.vectorbt_export import portfolio_of

        return portfolio_of(self.trades, self.period.market)

    def report(self, *, lang: str = "en") -> "Report":
        """Texts, numbers and figures of the report's sections."""
        from quantsig.reports.notebook import open_report

        return open_report(self.run.path, lang=lang)

    def figure(self, section: str = "backtest", number: int = 0) -> "Figure":
        """A plotly figure of the report, with colours of its own.

        Args:
            section: of the report.
            number: of the figure in it, the first 0.

        Raises:
            ConfigError: there is no such section.
            IndexError: it has no such figure.
        """
        from quantsig.reports.page.colours import coloured

        return coloured(self.report().section(section).figures[number].drawing)

    def _table(self, name: str) -> "pl.DataFrame":
        from quantsig.data.storage.parquet import read_parquet
        from quantsig.signals.seal import sealed

        return read_parquet(sealed(self.path / name))

    def __repr__(self) -> str:
        figures = self.stats.figures
        return (
            f"BacktestResult({self.stats.split}, {figures['trades']} trades, "
            f"return {figures['total_return']:+.2%}; {self.verdict})"
        )

    def _repr_html_(self) -> str:
        return self.report()._repr_html_()


def run_backtest(
    run: Run,
    *,
    split: str = "test",
    settings: Mapping[str, Any] | None = None,
    deciles: int | None = None,
    force: bool = False,
    progress: Progress = silent,
    **execution: Any,
) -> BacktestResult:
    """Trade the signals of a run; the same call again opens what it came to.

    Args:
        run: with its signals written.
        split: whose rows are traded: test or calibration.
        settings: any setting by dotted name.
        deciles: also cut the symbols into so many parts by probability.
        force: replace another backtest.
        progress: told of each step.
        execution: how signals are traded, as `fee_bps=5`, `stop_loss=0.02`, `direction="long"`;
            see `backtest.execution.Execution`.

    Raises:
        ConfigError: a setting is unknown or makes no sense.
        DataError: no signals were written, or they cannot be traded.
        UsageError: another backtest exists and `force` is not set.
    """
    from quantsig.backtest.cross_section.deciles import DecileCut
    from quantsig.backtest.period import open_period
    from quantsig.backtest.result import backtest_run, made_before
    from quantsig.backtest.settings import BacktestSettings, Comparisons

    given = {f"backtest.{name}": value for name, value in execution.items()}
    resolved = settings_given({**given, **(settings or {})})
    cut = None if deciles is None else DecileCut(count=deciles)
    comparisons = Comparisons(seed=resolved.train.seed, deciles=cut)
    with alone(run.path.resolve()):
        asked = BacktestSettings(execution=resolved.backtest, comparisons=comparisons)
        period = open_period(run, split, bars_beside=asked.bars_beside)
        stats = None if force else made_before(run, period, resolved.backtest, comparisons)
        stats = stats or backtest_run(
            run,
            resolved.backtest,
            period=period,
            comparisons=comparisons,
            force=force,
            progress=progress,
        )
    return BacktestResult(run=run, stats=stats, period=period)

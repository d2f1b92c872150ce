"""Thousands of thresholds, stops and targets at once, in Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from quantsig.backtest.sweep.record import SweepRecord
from quantsig.data.progress import Progress, silent
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.settings_tree import settings_given
from quantsig.signals.runs import Run

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class SweepResult:
    """What a sweep of a run came to.

    Attributes:
        run: whose calibration rows were swept.
        record: what sweep.json keeps: the best cell, and how likely it is luck.
    """

    run: Run
    record: SweepRecord

    @property
    def best(self) -> Mapping[str, Any] | None:
        """The best cell; None where none has trades enough."""
        return self.record.best

    @property
    def overfitting_probability(self) -> float | None:
        """How often the best of one half of the time is no better than the median in the other."""
        return self.record.overfitting.probability

    @cached_property
    def cells(self) -> "pl.DataFrame":
        """A row per combination."""
        from quantsig.data.storage.parquet import read_parquet
        from quantsig.signals.layout import CELLS, SWEEP
        from quantsig.signals.seal import sealed

        return read_parquet(sealed(self.run.path / SWEEP / CELLS))

    def __repr__(self) -> str:
        probability = self.overfitting_probability
        luck = "not known" if probability is None else f"{probability:.0%}"
        return f"SweepResult({self.record.cells} cells, probability of overfitting {luck})"

    def _repr_html_(self) -> str:
        html: str = self.cells._repr_html_()
        return html


def run_sweep(
    run: Run,
    *,
    settings: Mapping[str, Any] | None = None,
    force: bool = False,
    on: Workers = HERE,
    progress: Progress = silent,
    **grid: Any,
) -> SweepResult:
    """Trade every combination of thresholds, stops, targets, holdings and delays.

    The rows are those of the calibration split; every combination counts as a trial.

    Args:
        run: a finished run.
        settings: costs by dotted name, as `backtest.fee_bps`.
        force: replace an earlier sweep.
        on: where cells are traded, and how many at once; it changes no figure.
        progress: told of cells, some at a time.
        grid: what is swept, as `thresholds=50`, `stops=20`, `holdings=(5, 10)`; see
            `backtest.sweep.grid.SweepSpec`.

    Raises:
        UsageError: a sweep exists and `force` is not set.
        DataError: rows or bars that cannot be traded.
    """
    from quantsig.backtest.sweep.grid import SweepSpec
    from quantsig.backtest.sweep.run import SweepJob, sweep_run

    execution = settings_given(settings or {}).backtest
    job = SweepJob(force=force, on=on, progress=progress)
    record = sweep_run(run, SweepSpec(**grid), execution, job=job)
    return SweepResult(run=run, record=record)

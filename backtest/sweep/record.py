"""sweep/sweep.json: what was swept, the best cell, and how likely it is that it was luck."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantsig.backtest.execution import Execution
from quantsig.backtest.record import SweepOverfitting
from quantsig.backtest.sweep.figures import SweepTrials
from quantsig.backtest.sweep.grid import SweepSpec
from quantsig.data.storage.records import LEFT_OUT, document_of, read_record, write_record
from quantsig.signals.seal import sealed

SCHEMA = "quantsig.sweep/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepRecord:
    """All of sweep.json.

    Attributes:
        run_id: whose rows were swept.
        trial_id: names rows, grid and execution.
        split: calibration, or out of fold.
        start: the first decision.
        end: the end of the last label.
        cells: combinations.
        symbols: that were traded.
        bars: of all symbols.
        rows: scored ones.
        grid: what was swept.
        execution: what the grid left open.
        best: the best cell by `by`, with the commands that trade it; None where there is none.
        by: the figure that it is best by.
        missing: why there is no best cell.
        overfitting: how likely the best is luck.
        trials: what later results are deflated by.
        periods: sessions.
        bankrupt: cells that lost a whole account.
        seconds: that it took.
    """

    run_id: str
    trial_id: str
    split: str
    start: str
    end: str
    cells: int
    symbols: tuple[str, ...]
    bars: int
    rows: int
    grid: SweepSpec
    execution: Execution
    best: Mapping[str, Any] | None
    by: str
    missing: str | None = field(default=None, metadata=LEFT_OUT)
    overfitting: SweepOverfitting
    trials: SweepTrials
    periods: int
    bankrupt: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The document that keeps it."""
        return document_of(self, SCHEMA)


def read_sweep(source: Path) -> SweepRecord:
    """Read a sweep.json.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged.
    """
    return read_record(
        sealed(source), SweepRecord, SCHEMA, remedy="Sweep again: quantsig sweep `force`"
    )


def write_sweep(target: Path, record: SweepRecord) -> None:
    """Replace `target` by a sweep.json, atomically."""
    write_record(target, record, SCHEMA)

"""What was tried before on the same rows, as the ledger tells it: every strategy counts once.

Lines with a Sharpe ratio (backtests, walks) are one strategy each, by `strategy` or else by
`trial_id`; so are search trials, and thresholds that were chosen but not traded. A sweep counts
every cell, and an ensemble each member that is none of these itself. What was looked at twice
counts once, with what was seen last.

A selection flatters the rows it was made on, and no others. So results on the test split are
held against what was traded there, and the openings that were not; those on bars that were named
against what was traded on such; and all others, calibration rows and walks, against everything
else, sweeps and searches included.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from quantsig.signals.ledger import ENSEMBLE, STRATEGY_EVENTS, read_family

SEARCH_TRIAL, CHOICE, OPENING = "search_trial", "choice", "opening"
TEST, BARS = "test", "bars"  # splits that no selection among strategies was made on

Line = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepEntry:
    """A sweep in the ledger; Sharpe ratios of its cells per session, in excess of the market."""

    cells: int
    sharpe_mean: float | None
    sharpe_variance: float | None  # ddof 1
    average_correlation: float  # between the returns of two cells


@dataclass(frozen=True, kw_only=True, slots=True)
class Trials:
    """Everything that was tried on some rows; Sharpe ratios per session, as above.

    Lines of earlier versions know Sharpe ratios of whole returns; those stand in.
    """

    traded: Mapping[str, float | None] = field(default_factory=dict)  # Sharpe by strategy
    untraded: frozenset[str] = frozenset()  # search trials and choices, by id
    sweeps: Mapping[str, SweepEntry] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """Of all sweeps."""
        return sum(sweep.cells for sweep in self.sweeps.values())

    @property
    def count(self) -> int:
        """All strategies."""
        return len(self.traded) + len(self.untraded) + self.cells

    @property
    def average_correlation(self) -> float:
        """Over all pairs of strategies; pairs that are not of one sweep count as uncorrelated.

        That errs towards more independent trials, and so towards a stricter verdict.
        """
        pairs = self.count * (self.count - 1)
        shared = sum(
            sweep.average_correlation * sweep.cells * (sweep.cells - 1)
            for sweep in self.sweeps.values()
        )
        return shared / pairs if pairs else 0.0

    @property
    def sharpe_variance(self) -> float | None:
        """Of the Sharpe ratios that are known (ddof 1); None of fewer than two."""
        groups = [(1, sharpe, 0.0) for sharpe in self.traded.values() if sharpe is not None]
        groups += [
            (sweep.cells, sweep.sharpe_mean, sweep.sharpe_variance)
            for sweep in self.sweeps.values()
            if sweep.sharpe_mean is not None and sweep.sharpe_variance is not None
        ]
        known = sum(count for count, _, _ in groups)
        if known < 2:
            return None
        mean = math.fsum(count * own for count, own, _ in groups) / known
        squares = math.fsum(
            (count - 1) * variance + count * (own - mean) ** 2 for count, own, variance in groups
        )
        return squares / (known - 1)

    def including(self, strategy: str, sharpe: float | None) -> "Trials":
        """These and one more, or the same where it was among them already."""
        return replace(self, traded={**self.traded, strategy: sharpe})

    def trading(self, *choices: str) -> "Trials":
        """These, where choices are no longer ones that were not traded."""
        return replace(self, untraded=self.untraded - set(choices))


def read_trials(
    runs_folder: Path, split: str | None = None, before: dict[str, Any] | None = None
) -> Trials:
    """Every strategy that the ledger of a runs folder knows to have been tried on these rows.

    Args:
        runs_folder: with its ledger.
        split: of the rows: test, bars, calibration, walk; None: all that there are.
        before: a line of the ledger that no later one counts beside.

    Raises:
        IntegrityError: a line of the ledger is not a JSON object.
    """
    return trials_among(read_family(runs_folder, before), split)


def trials_among(ledger: Iterable[Line], split: str | None = None) -> Trials:
    """Every strategy tried on these rows in these lines, which may be of several ledgers."""
    traded: dict[str, float | None] = {}
    untraded: set[str] = set()
    sweeps: dict[str, SweepEntry] = {}
    chosen: set[str] = set()
    members: dict[str, str] = {}
    lines = list(ledger)
    for line in lines:
        if not _tried_on(line, split):
            continue
        if "cells" in line:
            sweeps[_identity(line)] = _sweep_entry(line)
        elif "sharpe" in line:
            traded[_identity(line)] = line.get("excess_sharpe", line["sharpe"])
            chosen |= {str(line.get("trial_id")), str(line.get("choice_id"))}
        elif line["event"] in {SEARCH_TRIAL, CHOICE, OPENING}:
            untraded.add(_identity(line))
        elif line["event"] == ENSEMBLE:
            members |= {one["run_id"]: one["trial_id"] for one in line["members"]}
    tried = {line.get("run_id") for line in lines if line["event"] in STRATEGY_EVENTS}
    untraded |= {trial for run, trial in members.items() if run not in tried}
    return Trials(traded=traded, untraded=frozenset(untraded - chosen), sweeps=sweeps)


def _tried_on(line: Line, split: str | None) -> bool:
    """Whether a line tells of something that was seen on rows of this split."""
    if line["event"] == OPENING:
        return split == TEST
    if split is None:
        return True
    seen = line.get("split", TEST if line["event"] == "backtest" else None)
    if split in (TEST, BARS):
        return bool(seen == split)
    return seen not in (TEST, BARS)


def _identity(line: Line) -> str:
    return str(line.get("strategy") or line.get("trial_id") or line["time"])


def _sweep_entry(line: Line) -> SweepEntry:
    return SweepEntry(
        cells=int(line["cells"]),
        sharpe_mean=line.get("excess_sharpe_mean", line.get("sharpe_mean")),
        sharpe_variance=line.get("excess_sharpe_variance", line.get("sharpe_variance")),
        average_correlation=float(line.get("average_correlation") or 0.0),
    )

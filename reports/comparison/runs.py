"""What is read of each run that is compared, and its line in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantsig.backtest.record import StatsRecord
from quantsig.backtest.significance.trials import trials_among
from quantsig.data.storage.records import Figures
from quantsig.reports.anonymous import anonymous
from quantsig.reports.inputs import Inputs, read_inputs
from quantsig.signals.ledger import counted_once

COMPARED = (  # figures of stats.json, in the order they are shown
    "total_return",
    "annual_return",
    "sharpe",
    "sharpe_low",
    "sharpe_high",
    "sortino",
    "max_drawdown",
    "volatility",
    "exposure",
    "trades",
    "win_rate",
    "profit_factor",
    "expectancy",
    "turnover",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedRun:
    """A run under a name that no other one has."""

    name: str
    inputs: Inputs

    @property
    def stats(self) -> StatsRecord | None:
        """None where it was not traded."""
        return self.inputs.stats

    @property
    def row(self) -> dict[str, Any]:
        """The run in one line; what it does not have is None."""
        stats, choice = self.stats, self.inputs.choice
        figures: Figures = stats.figures if stats else {}
        deflated = stats.deflated if stats else None
        judged: Figures = choice.reached if choice else {}
        return {
            "run": self.name,
            "model": self.inputs.run.record.model.name,
            "split": stats.split if stats else None,
            "edge": stats.verdict.edge if stats else None,
            "threshold": choice.threshold if choice else None,
            "precision": judged.get("precision"),
            "recall": judged.get("recall"),
            **{name: figures.get(name) for name in COMPARED},
            "deflated_sharpe": deflated.deflated_sharpe if deflated else None,
            "trials": deflated.trials if deflated else self.inputs.trials,
            "openings": self.inputs.openings,
        }


def nameless_runs(runs: Sequence[ComparedRun]) -> tuple[ComparedRun, ...]:
    """The same runs by number, without what names their maker or machine."""
    return tuple(
        ComparedRun(name=str(number), inputs=anonymous(run.inputs))
        for number, run in enumerate(runs, start=1)
    )


def compared_runs(places: Sequence[Path]) -> tuple[ComparedRun, ...]:
    """Read runs; each under as much of its path as tells it from the others."""
    return tuple(
        ComparedRun(name=_telling_name(place, places), inputs=read_inputs(place))
        for place in places
    )


def _telling_name(place: Path, places: Sequence[Path]) -> str:
    """The last folders of the path, as few as tell it from the others."""
    for folders in range(1, len(place.parts)):
        name = place.parts[-folders:]
        if sum(other.parts[-folders:] == name for other in places) == 1:
            return "/".join(name)
    return str(place)


def all_trials(runs: Sequence[ComparedRun]) -> int:
    """Different strategies in all ledgers of these runs; swept cells count each."""
    ledgers = {
        run.inputs.run.runs_folder.resolve(): run.inputs.ledger for run in runs
    }  # runs of one folder share one
    return trials_among(counted_once(line for ledger in ledgers.values() for line in ledger)).count

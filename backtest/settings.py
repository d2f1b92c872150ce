"""How a backtest of a run is made, and what the ledger keeps of that."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from quantsig.backtest.cross_section.deciles import DecileCut
from quantsig.backtest.execution import Execution
from quantsig.data.storage.records import record_of

REMEDY = "Use the version of quantsig that wrote it, or trade again: quantsig backtest `force`"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparisons:
    """What a backtest is held against beside holding."""

    seed: int = 37  # of the random entries, where there are more than are drawn
    deciles: DecileCut | None = None  # also cut the symbols into portfolios by probability


ALONE = Comparisons()


@dataclass(frozen=True, kw_only=True, slots=True)
class BacktestSettings:
    """How signals are traded, and what that is held against."""

    execution: Execution
    comparisons: Comparisons = ALONE

    @property
    def bars_beside(self) -> bool:
        """Whether bars before or after those that are traded are looked at."""
        return self.execution.looks_back or self.comparisons.deciles is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class _LedgerSettings:
    """What a line of the ledger has; what is as by default is left out."""

    execution: Mapping[str, Any] = field(default_factory=dict)
    seed: int = ALONE.seed
    deciles: int | None = None
    market_values: bool = False  # a file of them weighed the deciles


def kept_settings(settings: BacktestSettings) -> dict[str, Any]:
    """What the backtest can be made again from, for the ledger."""
    default, cut = Execution(), settings.comparisons.deciles
    execution = asdict(settings.execution)
    return {
        "execution": {
            name: value for name, value in execution.items() if value != getattr(default, name)
        },
        "seed": settings.comparisons.seed,
        "deciles": cut.count if cut else None,
        "market_values": cut is not None and cut.market_values is not None,
    }


def settings_in(line: Mapping[str, Any], source: Path) -> BacktestSettings | None:
    """The settings of a backtest as its line of the ledger keeps them.

    Returns:
        None where the line is of an earlier version, or a file that was named weighed the deciles.

    Raises:
        DataError, IntegrityError: what is there are no such settings.
    """
    if "settings" not in line:
        return None
    kept = record_of(line["settings"], _LedgerSettings, source, remedy=REMEDY)
    if kept.market_values:
        return None
    cut = None if kept.deciles is None else DecileCut(count=kept.deciles)
    return BacktestSettings(
        execution=record_of(kept.execution, Execution, source, remedy=REMEDY),
        comparisons=Comparisons(seed=kept.seed, deciles=cut),
    )

"""Training, calibrating, choosing and trading fold by fold, in Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.backtest.record import StatsRecord
from quantsig.data.samples.store import SampleSet
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.settings_tree import settings_given
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.walk_record import WalkRecord

if TYPE_CHECKING:
    import polars as pl

    from quantsig.data.folds import Combinatorial, WalkForward
    from quantsig.signals.training.tracking.callbacks import Callbacks


@dataclass(frozen=True, kw_only=True)
class WalkResult:
    """What a walk came to.

    Attributes:
        path: its folder.
        record: what walk.json keeps: folds, figures, verdict.
        stats: what stats.json keeps where folds follow each other; None of paths.
    """

    path: Path
    record: WalkRecord
    stats: StatsRecord | None

    @property
    def figures(self) -> Mapping[str, Any]:
        """Every figure of all folds as one strategy."""
        return self.record.figures

    @cached_property
    def signals(self) -> "pl.DataFrame":
        """A row per row that a fold was tested on."""
        from quantsig.signals.layout import SIGNALS
        from quantsig.signals.seal import sealed
        from quantsig.signals.signal_table import read_signals

        return read_signals(sealed(self.path / SIGNALS))

    def report(self, *, lang: str = "en") -> Path:
        """Write its report page and return the path."""
        from quantsig.reports.walk.report import write_walk_report

        return write_walk_report(self.path, lang=lang)

    def __repr__(self) -> str:
        verdict = self.record.verdict["sentence"]
        return f"WalkResult({self.record.scheme}, {len(self.record.folds)} folds; {verdict})"

    def _repr_html_(self) -> str:
        import polars as pl

        html: str = pl.DataFrame([fold.test for fold in self.record.folds])._repr_html_()
        return f"<p>{self!r}</p>{html}"


def run_walk(
    samples: SampleSet,
    out: str | Path,
    *,
    folding: "WalkForward | Combinatorial | None" = None,
    rule: AskedRule | None = None,
    model: str | None = None,
    epochs: int | None = None,
    open_test: bool = False,
    settings: Mapping[str, Any] | None = None,
    force: bool = False,
    callbacks: "Callbacks | None" = None,
    on: Workers = HERE,
) -> WalkResult:
    """Walk through a sample set, and judge all folds as one strategy.

    The rows end before the locked test split. The same call again opens the walk that is there,
    or goes on where it was cut short.

    Args:
        samples: of `build_samples`.
        out: the walk's folder, in a folder of runs.
        folding: how rows are cut, of `quantsig.data.folds`; None: five folds, anchored.
        rule: how each fold's threshold is chosen; None: by the best return a signal after costs.
        model, epochs: of each fold's training.
        open_test: walk on through the locked test split; written down.
        settings: any other by dotted name.
        force: replace a walk that exists, and train every fold again.
        callbacks: who is told how it goes.
        on: where folds are trained, and how many at once.

    Raises:
        ConfigError: a setting is unknown or makes no sense.
        DataError: there are too few rows, or times or bars are not known.
        UsageError: another walk is in `out` and `force` is not set.
    """
    from quantsig.backtest.walk.plan import WalkSettings, plan_walk
    from quantsig.backtest.walk.walkforward import made_before
    from quantsig.backtest.walk.walkforward import run_walk as run
    from quantsig.data.folds import WalkForward

    given = {"train.model": model, "train.epochs": epochs, **(settings or {})}
    resolved = settings_given(given)
    walk = plan_walk(
        samples,
        resolved.plan,
        resolved.splits,
        WalkSettings(
            folding=folding or WalkForward(),
            rule=rule or AskedRule(),
            execution=resolved.backtest,
            cost_fraction=resolved.cost_fraction,
            open_test=open_test,
        ),
        device=resolved.device,
    )
    made = None if force else made_before(walk, Path(out))
    record, stats = made or run(walk, Path(out), force=force, callbacks=callbacks, on=on)
    return WalkResult(path=Path(out), record=record, stats=stats)

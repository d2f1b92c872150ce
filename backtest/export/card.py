"""The model card of an exported run: every figure is from one of the run's documents."""

from collections.abc import Mapping
from typing import Any

from quantsig.backtest.record import StatsRecord
from quantsig.data.storage.records import plain, without_none
from quantsig.signals.choice import Choice
from quantsig.signals.run_record import FIRST_EPOCH
from quantsig.signals.runs import Run

NONE = "not known"
LIMITS = (
    "It knows the symbols, times and interval of bars above, and nothing else. Inputs must be "
    "drawn from bars by the same chart and drawing version; network.json has both, and "
    "quantsig draws them.",
    "A probability was calibrated on the calibration rows. Where markets change, it is wrong "
    "until it is calibrated again.",
    "What was tried before this run was chosen is in the ledger beside it, not in this folder.",
    "No figure here is a forecast, and nothing here is investment advice.",
)


def card_of(run: Run, choice: Choice | None, stats: StatsRecord | None) -> str:
    """The card as Markdown.

    Args:
        run: that is exported.
        choice: its newest threshold; None where none was frozen.
        stats: of the backtest of its test split; None before one.
    """
    record, calibration = run.record, run.calibration()
    predictions = run.predictions()
    kept = calibration.figures
    parts = [
        f"# {run.run_id}",
        f"A {record.model.name} that foresees the event `{(record.classes or ('a return',))[-1]}` "
        f"of the label `{record.label.name}`, exported by quantsig.",
        "## Data and period",
        _listed(
            {
                "sample set": record.samples.fingerprint,
                "symbols": ", ".join(sorted(predictions["symbol"].drop_nulls().unique())) or NONE,
                "label": ", ".join(
                    f"{name} {value}" for name, value in without_none(plain(record.label)).items()
                ),
                "first decisions of validation, calibration and test": ", ".join(
                    map(str, record.cut_times)
                ),
                "trained": record.created,
                "kept epoch": record.best_epoch + FIRST_EPOCH,
                "loss": record.loss,
                "seed": record.seed,
                "drawing version": record.drawing_version,
            }
        ),
        "## Calibration",
        _listed(
            {
                "method": calibration.method,
                "rows": kept.samples,
                "events": kept.positives,
                "Brier score after": kept.brier_after,
                "log loss after": kept.log_loss_after,
            }
        ),
        "## Threshold and promise",
        _threshold(choice),
        "## Backtest of the test split",
        _listed({**without_none(stats.figures), "verdict": stats.verdict.sentence})
        if stats
        else "It was not traded.",
        "## Limits",
        "\n".join(f"- {limit}" for limit in LIMITS),
        "## Licence",
        "Whoever trained this run decides on the licence of its weights, and has the bars under "
        "the licence of their source. quantsig itself is Apache-2.0.",
    ]
    return "\n\n".join(parts) + "\n"


def _threshold(choice: Choice | None) -> str:
    if choice is None:
        return "No threshold was frozen."
    promise = choice.promise
    promised = (
        f"a precision of {promise.precision!r} with a confidence of {promise.confidence!r}"
        if promise
        else "none was made"
    )
    figures = {
        f"calibration: {name}": value for name, value in without_none(choice.calibration).items()
    }
    tested = {f"test: {name}": value for name, value in without_none(choice.test or {}).items()}
    said = {"threshold": choice.threshold, "rule": choice.rule, "promise": promised}
    return _listed({**said, **figures, **tested})


def _listed(values: Mapping[str, Any]) -> str:
    return "\n".join(
        f"- {name}: {NONE if value is None else value}" for name, value in values.items()
    )

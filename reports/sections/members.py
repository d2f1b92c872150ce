"""What stands in place of a training where a run is the mean of others."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import polars as pl

from quantsig.data.language.saying import retell, say
from quantsig.reports.figures.columns import figure_column
from quantsig.reports.inputs import Inputs
from quantsig.reports.page.content import Column, Number, Section, Table, tabulate
from quantsig.reports.page.numerals import count, number
from quantsig.signals.run_record import EnsembleMember

MANY_MEMBERS = 200
AVERAGED = (
    "Nothing was trained for this run: its score is the log-odds of the mean of its members' "
    "calibrated probabilities, each of the same weight, calibrated anew on the calibration rows. "
    "What its members score with lies in it."
)
FORESEEN = (
    "Nothing was trained for this run: its score is the mean of the returns that its members "
    "foresee, each of the same weight, calibrated on the calibration rows. What its members score "
    "with lies in it."
)
COLUMNS = {
    "run": Column(label="Run"),
    "model": Column(label="Model"),
    "average_precision": figure_column("average_precision", meaning=""),
    "roc_auc": figure_column("roc_auc", meaning=""),
    "f1": figure_column("f1", meaning=""),
    "mcc": figure_column("mcc", meaning=""),
    "r2": figure_column("r2", meaning=""),
    "rank_correlation": figure_column("rank_correlation", meaning=""),
}


def section(inputs: Inputs, members: Sequence[EnsembleMember]) -> Section:
    """Its members, and what they are worth apart and together."""
    record = inputs.run.record
    return Section(
        title="Training",
        warnings=tuple(retell(text, whole=True) for text in record.warnings),
        paragraphs=(AVERAGED if record.classes else FORESEEN,),
        numbers=(
            Number(
                label="Members",
                value=count(len(members)),
                meaning="Runs whose calibrated probabilities are averaged.",
            ),
            *_worth(inputs),
        ),
        tables=(_table(inputs, members),),
    )


def _worth(inputs: Inputs) -> tuple[Number, ...]:
    best = inputs.run.record.best.get("average_precision")
    if best is None:
        return ()
    chance = inputs.run.record.baselines.get("base_rate")
    return (
        Number(
            label="Validation average precision",
            value=number(best.value, 3),
            meaning="Area under the precision-recall curve of the validation rows, of the mean; "
            "chance reaches the base rate.",
            beside=say("chance {value}", value=number(chance, 3)),
        ),
    )


def _table(inputs: Inputs, members: Sequence[EnsembleMember]) -> Table:
    together = {name: best.value for name, best in inputs.run.record.best.items()}
    rows = [{"run": one.run_id, "model": one.model, **asdict(one)["figures"]} for one in members]
    rows.append({"run": inputs.run.run_id, "model": say("their mean"), **together})
    shown = [name for name in COLUMNS if any(row.get(name) is not None for row in rows)]
    table = pl.DataFrame(
        [{name: row.get(name) for name in shown} for row in rows], infer_schema_length=None
    )
    columns = {name: COLUMNS[name] for name in shown}
    found = tabulate("Members", table, columns, limit=MANY_MEMBERS)
    note = "On the validation rows, by which the epochs of the members were chosen."
    return replace(found, note=note)

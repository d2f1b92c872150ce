"""What simple models reach on the same rows, to be read beside a run."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from quantsig.data.language.messages import phrase
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import documents
from quantsig.signals.layout import BASELINES
from quantsig.signals.runs import Run, exclusive
from quantsig.signals.seal import sealing
from quantsig.signals.training import ranks
from quantsig.signals.training.fit import fit_setup
from quantsig.signals.training.problem import thinned
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.setup import find_setup
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.history import VALIDATION

COMPARED = ("majority", "window_direction", "logistic", "linear_svm", "boosting")
MOST_ROWS = 20_000  # training rows of a baseline, evenly over time
SCHEMA = "quantsig.baselines/1"


@exclusive
def write_baselines(
    run: Run, samples: SampleSet, plan: Plan, callbacks: Callbacks | None = None
) -> list[dict[str, Any]]:
    """Compare and keep the rows in the run."""
    found = compare(samples, plan, run.splits, callbacks)
    with sealing(run.path) as stage:
        documents.write_json(stage / BASELINES, found)
    rows: list[dict[str, Any]] = found["rows"]
    return rows


@ranks.alone()
def compare(
    samples: SampleSet, plan: Plan, splits: SplitSpec, callbacks: Callbacks | None = None
) -> dict[str, Any]:
    """Fit each baseline on the training split and measure it on validation.

    Imported pictures, whose bars are not known, have no baselines. Of several processes one
    compares by itself, after they trained together.

    Args:
        samples: of which the training rows are thinned to MOST_ROWS.
        plan: gives the seed.
        splits: cut the samples.
        watch: told of each model: how many are done, and on how many rows the next one learns.

    Returns:
        A document with a row for each: the model, how many training rows it learnt from, and
        the figures of metrics.parquet on validation.
    """
    rows, callbacks = [], callbacks or Callbacks()
    names = COMPARED if samples.drawn else ()
    for done, name in enumerate(names):
        callbacks.progress(done, len(names))
        setup = find_setup(samples, _plan(plan, name, samples), splits, "cpu")
        every = setup.problem.ids["train"]
        ids = thinned(every, MOST_ROWS)
        callbacks.tell(
            phrase(
                "{name}: learns from {rows:,} of {all:,} training rows.",
                name=name,
                rows=len(ids),
                all=len(every),
            )
        )
        setup = replace(
            setup, problem=replace(setup.problem, ids=setup.problem.ids | {"train": ids})
        )
        with tempfile.TemporaryDirectory() as folder:
            history, _ = fit_setup(setup, Path(folder), Callbacks())
        figures = next(row for row in history.rows if row["split"] == VALIDATION)
        del figures["epoch"], figures["split"], figures["learning_rate"]
        rows.append({"model": name, "train_samples": len(ids), **figures})
    return {"schema": SCHEMA, "split": VALIDATION, "rows": rows}


def _plan(plan: Plan, name: str, samples: SampleSet) -> Plan:
    """The baseline with nothing but what it needs; its loss is the plain one."""
    loss = "cross_entropy" if samples.classes else "mse"
    return Plan(train=replace(Plan().train, model=name, loss=loss, seed=plan.train.seed))

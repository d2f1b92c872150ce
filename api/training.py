"""Training and opening runs, in Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.settings_tree import settings_given

if TYPE_CHECKING:
    from quantsig.data.samples.store import SampleSet
    from quantsig.signals.runs import Run
    from quantsig.signals.training.tracking.callbacks import Callbacks


def train(
    samples: "SampleSet",
    out: str | Path,
    *,
    model: str | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    device: str | None = None,
    baselines: bool = True,
    settings: Mapping[str, Any] | None = None,
    force: bool = False,
    callbacks: "Callbacks | None" = None,
) -> "Run":
    """Train a classifier, calibrate it and write a run; the test split stays locked.

    The same call again opens the run that is there, goes on where it was cut short, and with
    more epochs goes on with a finished one.

    Args:
        samples: of `build_samples`.
        out: the run folder to make.
        model: the network or simple model, as `quantsig models` lists them.
        epochs: passes over the training rows.
        seed: of weights and order.
        device: auto, cpu or cuda.
        baselines: fit the simple models beside it, which the report compares it with.
        settings: any other by dotted name, as `optimiser.learning_rate` or `splits.test`.
        force: replace a run that exists.
        callbacks: who is told how it goes.

    Raises:
        ConfigError: a setting is unknown or makes no sense.
        DataError: a split is too small, or the event never or always happens in one.
        CheckFailed: the training diverged.
        UsageError: another run is in `out` and `force` is not set.
    """
    from quantsig.signals.training.fit import train as fit
    from quantsig.signals.training.tracking.callbacks import Callbacks
    from quantsig.signals.training.tracking.launch import Launch
    from quantsig.signals.training.tracking.record import trained_before

    given = {
        "train.model": model,
        "train.epochs": epochs,
        "train.seed": seed,
        "device": device,
        **(settings or {}),
    }
    resolved = settings_given(given)
    plan, splits = resolved.plan, resolved.splits
    listener = callbacks or Callbacks()
    run = None if force else trained_before(samples, Path(out), plan, splits)
    if run is None:
        launch = Launch(device=resolved.device, force=force, callbacks=listener)
        run = fit(samples, Path(out), plan, splits, launch)
    if baselines and not run.has_baselines:
        from quantsig.signals.training.comparison import write_baselines

        write_baselines(run, samples, plan, listener)
    return run


def open_run(path: str | Path) -> "Run":
    """Open a finished run.

    Raises:
        DataError: the folder is no run, or it is not finished.
        IntegrityError: it is not what was written.
    """
    from quantsig.signals.runs import open_run as opened

    return opened(Path(path))

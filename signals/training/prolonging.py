"""Going on with a finished run for more epochs than it was to have.

A finished run keeps the state of its last step. What goes on from there is the same problem with
the same settings; only its length changes, and with it where the schedule of the rate ends.
"""

import shutil
from pathlib import Path

from quantsig.data.errors import UsageError
from quantsig.data.language.messages import chained, phrase
from quantsig.data.storage import atomic
from quantsig.data.storage.leftovers import NOTE
from quantsig.data.storage.resuming import Work, noted_work, unfinished_folder
from quantsig.signals.layout import (
    BASELINES,
    CALIBRATION,
    CONFIG,
    ENVIRONMENT,
    METRICS,
    PREDICTIONS,
    RECORD,
    SEAL,
    STATE,
    WEIGHTS,
)
from quantsig.signals.runs import open_run
from quantsig.signals.training.finish import CHECKPOINTS
from quantsig.signals.training.resume.state import read_state, tidy_state
from quantsig.signals.training.settings import TrainSettings

SOURCE = "goes_on_from"  # in a state: the run it was taken from
OF_TRAINING = {
    RECORD,
    CONFIG,
    ENVIRONMENT,
    WEIGHTS,
    METRICS,
    PREDICTIONS,
    CALIBRATION,
    BASELINES,
    CHECKPOINTS,
    STATE,
    SEAL,
}


def keep_state(folder: Path, work: Work, *, wanted: bool) -> None:
    """Leave the state in a run that is finished, for a training that goes on, or take it away."""
    state = folder / STATE
    if wanted and read_state(state) is not None:
        tidy_state(state)
        (state / SOURCE).unlink(missing_ok=True)
        atomic.write_text(state / NOTE, work.note())
    else:  # learnt at once, or by others
        shutil.rmtree(state)


def may_go_on(run: Path, work: Work) -> bool:
    """Whether work on a finished run is something else than the same once more."""
    earlier = noted_work(run / STATE) if (run / RECORD).is_file() else None
    return earlier is not None and bool(work.changes(earlier))


def shorter_runs(runs_folder: Path, work: Work) -> dict[Path, int]:
    """Finished runs of the same problem that were to have fewer epochs, which they say."""
    found = {}
    for note in sorted(runs_folder.glob(f"*/{STATE}/{NOTE}")):
        earlier = noted_work(note.parent)
        if earlier is not None and work.goes_on_from(earlier):
            epochs = int(earlier.made_from["train.epochs"])
            if epochs < int(work.made_from["train.epochs"]):
                found[note.parent.parent] = epochs
    return found


def hand_over(source: Path, out: Path, work: Work, settings: TrainSettings) -> None:
    """Put the state of a finished run where the training of `out` finds it.

    Where that has begun already, it goes on by itself and nothing is done.

    Args:
        source: the finished run.
        out: the run folder to make; it may be `source` itself.
        work: what the training of `out` is made from.
        settings: its length.

    Raises:
        UsageError: there is no way on from there; what was made of the run would be lost.
        DataError: there is no such run.
    """
    beside = unfinished_folder(out)
    if (beside / STATE / SOURCE).is_file():
        return
    run = open_run(source)
    run.refuse_untrained("its training cannot go on")
    earlier = noted_work(source / STATE)
    if earlier is None:
        raise UsageError(
            "this run kept no state from which its training could go on.",
            where=str(source),
            remedy="Train anew: a model that learns step by step keeps one with train.keep_state.",
        )
    _refuse_other_work(source, work, earlier)
    _refuse_ended(source, settings)
    if out.resolve() == source.resolve():
        _refuse_losing(source, out)
    with atomic.replacing_folder(beside) as folder:
        shutil.copytree(source / STATE, folder / STATE)
        atomic.write_text(folder / STATE / SOURCE, run.run_id)
        atomic.write_text(folder / NOTE, earlier.note())


def handed_over(out: Path) -> str | None:
    """The run whose state lies in the unfinished folder of `out`; None where none does."""
    source = unfinished_folder(out) / STATE / SOURCE
    return source.read_text(encoding="utf-8") if source.is_file() else None


def _refuse_other_work(source: Path, work: Work, earlier: Work) -> None:
    changes = [one for one in work.changes(earlier) if one.name not in work.adjustable]
    if changes:
        raise UsageError(
            phrase(
                "this run exists already, made from something else: {changes}.",
                changes=chained("{one}; {other}", [one.told for one in changes]),
            ),
            where=str(source),
            remedy="Repeat its settings to go on with it, or train anew: `force`, or another "
            "`out`.",
        )


def _refuse_ended(source: Path, settings: TrainSettings) -> None:
    """Raise where the new length ends before the next step."""
    found = read_state(source / STATE)
    assert found is not None
    history = found[0]["journal"]
    done = 1 + int(history["rows"][-1]["epoch"]) if history["rows"] else 0
    if done >= settings.epochs:
        raise UsageError(
            phrase(
                "this run exists already and has {done} epochs; {epochs} are asked for.",
                done=done,
                epochs=settings.epochs,
            ),
            where=str(source),
            remedy="Ask for more to go on with it (`epochs`), or pass `force` to train anew.",
        )
    if history["waited"] >= settings.patience:
        raise UsageError(
            phrase(
                "this run ended for want of a better {figure} in {epochs} epochs.",
                figure=settings.best_by[0],
                epochs=history["waited"],
            ),
            where=str(source),
            remedy=phrase(
                "Raise the patience to go on: `train.patience` {epochs}",
                epochs=2 * history["waited"],
            ),
        )


def _refuse_losing(source: Path, out: Path) -> None:
    """Raise where more than the training itself would be replaced."""
    made = sorted(path.name for path in out.iterdir() if path.name not in OF_TRAINING)
    if made:
        raise UsageError(
            phrase(
                "{files} were made of this run as it is and would be lost.", files=", ".join(made)
            ),
            where=str(out),
            remedy=phrase(
                "Go on in a run of its own: `from` {source} `out` another", source=source
            ),
        )

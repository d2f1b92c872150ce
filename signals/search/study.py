"""The Optuna study behind a search: kept in a file, gone on with, the same at every go."""

import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from quantsig.data.errors import ConfigError
from quantsig.signals.search.space import Choices, Range, Value

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

NAME = "search"


def optuna_module() -> ModuleType:
    """Optuna, silenced.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import optuna  # noqa: PLC0415 - an extra, and seconds to import
    except ImportError as error:
        raise ConfigError(
            "a search needs Optuna, which is not installed.",
            where=str(error),
            remedy='Install the extra "search": pip install "quantsig[search]"',
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    module: ModuleType = optuna
    return module


def open_study(journal: Path, *, maximise: bool, spare_trials: int, spare_epochs: int) -> "Study":
    """The study that a file keeps, made where there is none.

    Only one process may have it open: what another left half written is taken away.

    Args:
        journal: the file, a JSON object a line.
        maximise: more is better.
        spare_trials: before so many are done none is given up.
        spare_epochs: so many epochs of a trial are never compared.
    """
    optuna = optuna_module()
    _mend(journal)
    backend = optuna.storages.journal.JournalFileBackend(str(journal))
    study: Study = optuna.create_study(
        storage=optuna.storages.JournalStorage(backend),
        study_name=NAME,
        load_if_exists=True,
        direction="maximize" if maximise else "minimize",
        pruner=optuna.pruners.MedianPruner(
            n_startup_trials=spare_trials, n_warmup_steps=spare_epochs
        ),
    )
    return study


def finished(study: "Study") -> list[int]:
    """The numbers of the trials that are done, given up or failed."""
    trials = study.get_trials(deepcopy=False)
    return [trial.number for trial in trials if trial.state.is_finished()]


def next_trial(study: "Study", seed: int) -> "Trial":
    """The trial that was cut short, else a new one.

    The sampler's seed follows from the trial's number, so that a search which goes on neither
    repeats its first draws nor strays from what it would have tried.
    """
    optuna = optuna_module()
    running = (optuna.trial.TrialState.RUNNING,)
    cut_short = study.get_trials(deepcopy=False, states=running)
    number = cut_short[0].number if cut_short else len(study.get_trials(deepcopy=False))
    drawn = np.random.default_rng([seed, number]).integers(2**31)
    study.sampler = optuna.samplers.TPESampler(seed=int(drawn))
    if not cut_short:
        return study.ask()
    again: Trial = optuna.trial.Trial(study, cut_short[0]._trial_id)
    return again


def suggested(trial: "Trial", name: str, option: Range | Choices) -> Value:
    """What the trial takes for a setting; a trial that goes on takes what it took."""
    if isinstance(option, Choices):
        value = trial.suggest_categorical(name, option.values)
        assert value is not None
        return value
    if option.whole:
        return trial.suggest_int(name, int(option.low), int(option.high), log=option.logarithmic)
    return trial.suggest_float(name, option.low, option.high, log=option.logarithmic)


def _mend(journal: Path) -> None:
    """Take away what a process that was killed while it wrote left: its lock, half a line."""
    Path(f"{journal}.lock").unlink(missing_ok=True)
    if journal.is_file():
        whole = journal.read_bytes().rfind(b"\n") + 1
        os.truncate(journal, whole)

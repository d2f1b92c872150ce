"""The Optuna study behind a search: gone on with, the same at every go."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsig.signals.search.space import Choices, Range, Space, Value
from quantsig.signals.search.storage import optuna_module

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage
    from optuna.trial import Trial


def open_study(storage: "BaseStorage", name: str, *, maximise: bool) -> "Study":
    """The study of a name, made where there is none.

    Args:
        storage: that keeps it.
        name: in a database, where others are; more than one search may be kept there.
        maximise: more is better.
    """
    study: Study = optuna_module().create_study(
        storage=storage, study_name=name, load_if_exists=True, direction=_direction(maximise)
    )
    return study


def finished(study: "Study") -> list[int]:
    """The numbers of the trials that are done, given up or failed."""
    trials = study.get_trials(deepcopy=False)
    return [trial.number for trial in trials if trial.state.is_finished()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """Finished trials that later ones are compared with, epoch by epoch.

    Attributes:
        values: the objective by epoch, of each trial that came to its end.
        maximise: more is better.
        spare_trials: before so many are done none is given up.
        spare_epochs: so many epochs of a trial are never compared.
    """

    values: tuple[Mapping[int, float], ...] = ()
    maximise: bool
    spare_trials: int
    spare_epochs: int

    def comparison(self) -> "Comparison":
        """A trial to compare with them; nothing but these trials decides about it."""
        optuna = optuna_module()
        study: Study = optuna.create_study(
            direction=_direction(self.maximise),
            pruner=_pruner(self.spare_trials, self.spare_epochs),
        )
        for values in self.values:
            study.add_trial(optuna.trial.create_trial(value=0.0, intermediate_values=dict(values)))
        return Comparison(study.ask())


class Comparison:
    """A trial on its way, beside those that came before."""

    def __init__(self, trial: "Trial") -> None:
        self.trial = trial

    def report(self, epoch: int, value: float) -> None:
        """Take in what an epoch reached."""
        self.trial.report(value, epoch)

    def is_behind(self) -> bool:
        """Whether it is to be given up."""
        return self.trial.should_prune()


def values_before(study: "Study", number: int) -> tuple[Mapping[int, float], ...]:
    """The objective by epoch of the trials before one that came to their end."""
    states = (optuna_module().trial.TrialState.COMPLETE,)
    trials = study.get_trials(deepcopy=False, states=states)
    return tuple(trial.intermediate_values for trial in trials if trial.number < number)


def proposed(study: "Study", numbers: range, space: Space, seed: int) -> "list[Trial]":
    """Trials that are tried at once, each with its settings, those that were cut short too.

    Settings are chosen from the trials before all of these, whatever is known of one of them
    already. The sampler's seed follows from the trial's number, so that a search which goes on
    neither repeats its first draws nor strays from what it would have tried.

    Args:
        study: whose next trials they are.
        numbers: of the trials, without those that have ended.
        space: what is varied.
        seed: of the search.
    """
    optuna = optuna_module()
    known = study.get_trials(deepcopy=False)
    seen = _known_before(study, numbers.start)
    asked = []
    for number in numbers:
        drawn = int(np.random.default_rng([seed, number]).integers(2**31))
        sampler = optuna.samplers.TPESampler(seed=drawn)
        study.sampler = sampler
        if seen is not study:  # else the study itself knows no more than it may
            seen.sampler = sampler
            found = seen.ask()
            chosen = {name: suggested(found, name, option) for name, option in space.items()}
            with warnings.catch_warnings():  # it is new to Optuna
                warnings.simplefilter("ignore")
                study.sampler = optuna.samplers.PartialFixedSampler(chosen, sampler)
        if number < len(known):
            if known[number].state.is_finished():
                continue
            trial: Trial = optuna.trial.Trial(study, known[number]._trial_id)
        else:
            trial = study.ask()
        for name, option in space.items():
            suggested(trial, name, option)
        asked.append(trial)
    return asked


def _known_before(study: "Study", number: int) -> "Study":
    """The study, or a copy that knows only the trials before one, where more have ended."""
    if all(one < number for one in finished(study)):
        return study
    copy: Study = optuna_module().create_study(direction=study.direction)
    copy.add_trials([one for one in study.get_trials() if one.number < number])
    return copy


def _direction(maximise: bool) -> str:
    return "maximize" if maximise else "minimize"


def _pruner(spare_trials: int, spare_epochs: int) -> Any:
    return optuna_module().pruners.MedianPruner(
        n_startup_trials=spare_trials, n_warmup_steps=spare_epochs
    )


def suggested(trial: "Trial", name: str, option: Range | Choices) -> Value:
    """What the trial takes for a setting; a trial that goes on takes what it took."""
    if isinstance(option, Choices):
        value = trial.suggest_categorical(name, option.values)
        assert value is not None
        return value
    if option.whole:
        return trial.suggest_int(name, int(option.low), int(option.high), log=option.logarithmic)
    return trial.suggest_float(name, option.low, option.high, log=option.logarithmic)

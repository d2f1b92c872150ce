"""Many trainings with different settings, the better ones tried more: a search by Optuna."""

import math
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.data.errors import ConfigError, UsageError, refused, unknown_name, unwritable
from quantsig.data.identity import identity_of
from quantsig.data.language.messages import phrase, term
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import documents
from quantsig.data.storage.checksums import damaged
from quantsig.data.storage.locks import locked
from quantsig.data.storage.passing_on import relative_path, without_passwords
from quantsig.data.storage.resuming import unfinished_folder
from quantsig.data.tasks.run import run_tasks
from quantsig.data.tasks.task import PROGRESS, Hear, Task
from quantsig.signals.layout import SEARCH
from quantsig.signals.ledger import append_ledger, read_ledger
from quantsig.signals.models import find_model
from quantsig.signals.runs import trial_id
from quantsig.signals.search.space import DEFAULT, Space, changed, read_space
from quantsig.signals.search.storage import answering, open_storage, optuna_module
from quantsig.signals.search.study import (
    Earlier,
    finished,
    open_study,
    proposed,
    values_before,
)
from quantsig.signals.search.trial import TrialEnd, TrialTask, label, try_trial
from quantsig.signals.training import ranks
from quantsig.signals.training.fit import seal_trained
from quantsig.signals.training.settings import JUDGES, Plan
from quantsig.signals.training.setup import find_setup
from quantsig.signals.training.tracking.callbacks import heard
from quantsig.signals.training.tracking.launch import PLAIN, Launch
from quantsig.signals.training.tracking.record import identity
from quantsig.signals.training.tracking.workers import computed_here, workers_for

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

SCHEMA = "quantsig.search/1"
JOURNAL = "trials.log"
LEDGER_EVENT = "search_trial"
WHY, NAMED = "why", "trial_id"  # attributes of a trial
NAME = "search"  # of a study


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchSettings:
    """What is varied, how many trials there are, judged by what, and when one is given up."""

    space: Mapping[str, Any] = field(default_factory=dict)  # as `read_space` takes it
    trials: int = 20
    objective: str = ""  # a figure of the validation split; empty: the one that ranks
    compare_after_trials: int = 5  # before these are done none is given up
    spared_share: float = 1 / 3  # of the epochs, at the start, in which none is given up
    together: int = 1  # trials that are tried at once, each chosen from those before all of them
    storage: str = ""  # the address of a database that keeps the study; empty: a file of the search

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ConfigError(
                phrase("a search of {trials} trials tries nothing.", trials=self.trials),
                where="`trials`",
                remedy="Give a whole number from 1 up.",
            )
        if self.together < 1:
            raise refused("`together`", self.together, "Give a whole number from 1 up.")
        if self.objective and self.objective not in JUDGES:
            raise unknown_name("figure", self.objective, JUDGES, where="`objective`")


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedPlan:
    """What became of one trial."""

    number: int
    state: str  # done, pruned or failed
    value: float | None  # of the objective; of a pruned trial at its last epoch
    epochs: int
    settings: Mapping[str, Any]
    trial_id: str
    run: str | None  # folder of the run, beside the others; pruned and failed trials have none
    why: str  # a trial failed


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Everything that is fixed before the first trial."""

    samples: SampleSet
    out: Path
    plan: Plan
    splits: SplitSpec
    space: Space
    settings: SearchSettings
    objective: str
    launch: Launch

    @property
    def key(self) -> str:
        """The same for the same samples, settings, splits, space, objective, and trials at once."""
        space = {name: identity_of(option) for name, option in self.space.items()}
        named = identity(self.samples, self.plan, self.splits)
        together = self.settings.together
        at_once = [together] if together > 1 else []  # older searches had one
        return trial_id(named, space, self.objective, *at_once)

    @property
    def maximise(self) -> bool:
        """Whether more of the objective is better."""
        return JUDGES[self.objective] > 0


def search(
    samples: SampleSet,
    out: Path,
    plan: Plan,
    splits: SplitSpec,
    settings: SearchSettings,
    launch: Launch = PLAIN,
) -> list[TriedPlan]:
    """Try settings until so many trials are done; each that is not given up leaves a run.

    Settings are chosen, and trials given up, by a figure of the validation split alone: labels of
    the calibration and the test split change nothing of it. The same call goes on where an
    earlier one stopped, in the middle of a training too, and tries what that would have tried.

    Args:
        samples: the sample set.
        out: the folder of the search, a folder of runs with a ledger.
        plan: the settings that are not searched.
        splits: shares of train, validation, calibration and test.
        settings: the space (empty: the default), how many trials, and their objective.
        launch: where trainings run, the command, and who is told.

    Returns:
        Every trial, the best first.

    Raises:
        ConfigError: the space or a value in it makes no sense, or Optuna is not installed.
        UsageError: the folder holds something else, another process is at work in it, or it
            lacks a run that the database has as done.
        ResourceError: the database does not answer.
    """
    optuna_module()
    found = Search(
        samples=samples,
        out=out,
        plan=plan,
        splits=splits,
        space=read_space(settings.space or _default(plan)),
        settings=settings,
        objective=settings.objective or _ranking(samples),
        launch=launch,
    )
    _check(found)
    _make(out)
    with locked(out), answering(settings.storage):
        study = _study(found, _claim(found))
        for number in finished(study):
            _clear(found, number)
        for first in range(0, settings.trials, settings.together):
            numbers = range(first, min(first + settings.together, settings.trials))
            if not set(numbers) <= set(finished(study)):
                _try(found, study, numbers)
    return sorted((_tried(found, trial) for trial in study.trials), key=_rank(found.objective))


def _default(plan: Plan) -> Mapping[str, Any]:
    if find_model(plan.train.model).fit is None:
        return DEFAULT
    raise ConfigError(
        phrase(
            "{model} learns at once: the settings that are searched by default do nothing for it.",
            model=plan.train.model,
        ),
        where="search",
        remedy='Declare others in [search], such as "train.model" = ["logistic", "boosting"].',
    )


def _ranking(samples: SampleSet) -> str:
    return "average_precision" if samples.classes else "rank_correlation"


def _check(found: Search) -> None:
    """Refuse what can be known to be wrong before the first trial."""
    if ranks.world_size() > 1:
        raise UsageError(
            "several processes cannot share a search.",
            where="quantsig search",
            remedy="Start it without torchrun.",
        )
    if found.plan.train.seeds > 1:
        raise ConfigError(
            phrase("each trial would train {seeds} seeds.", seeds=found.plan.train.seeds),
            where="train.seeds",
            remedy="Search with one seed, then train what was found with `seeds`.",
        )
    losses = [name for name in found.space if name == "train.loss" or name.startswith("loss.")]
    if losses and found.objective == "loss":
        raise ConfigError(
            phrase(
                "losses with different {settings} cannot be compared.", settings=", ".join(losses)
            ),
            where="`objective`",
            remedy="Judge by another figure, such as average_precision.",
        )
    for name, option in found.space.items():
        for value in option.ends:
            plan = changed(found.plan, {name: value})
            find_setup(found.samples, plan, found.splits, found.launch.device)


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(out, error) from error


def _claim(found: Search) -> str:
    """Write what is searched into a new folder, or see that it is the same search.

    Returns:
        What tells its study in a database from those of other folders; empty where a file has it.
    """
    source, storage = found.out / SEARCH, without_passwords(found.settings.storage)
    if source.is_file():
        known = read_search(source)
        kept = known.get("storage", "")
        if known["key"] == found.key and kept != storage:
            raise UsageError(
                "this folder holds a search whose study is kept elsewhere.",
                where=kept or str(found.out / JOURNAL),
                remedy=phrase("Name it: `storage` {address}", address=kept)
                if kept
                else "Leave `storage` out.",
            )
        if known["key"] != found.key:
            raise UsageError(
                "this folder holds a search with other samples, settings, space, objective or "
                "trials at once.",
                where=str(found.out),
                remedy="Name another folder with `out`, or repeat the settings of that search.",
            )
        return str(known.get("token", ""))
    half_written = f".{SEARCH}."  # by a process that was killed
    if any(not path.name.startswith(half_written) for path in found.out.iterdir()):
        raise UsageError(
            "this folder is not empty and holds no search.",
            where=str(found.out),
            remedy="Name a new folder with `out`.",
        )
    token = secrets.token_hex(8) if storage else ""
    document = {
        "schema": SCHEMA,
        "key": found.key,
        "created": datetime.now(UTC).isoformat(),
        "command": found.launch.command,
        "samples": relative_path(found.samples.path, found.out),
        "objective": found.objective,
        "together": found.settings.together,
        **({"storage": storage, "token": token} if storage else {}),
        "space": {name: asdict(option) for name, option in found.space.items()},
        "settings": asdict(found.plan),
        "splits": found.splits.as_dict(),
    }
    documents.write_json(source, document, private=True)
    return token


def read_search(source: Path) -> dict[str, Any]:
    """What was searched, of search.json.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged.
    """
    remedy = "Use the version of quantsig that wrote it, or search into a new folder."
    document = documents.read_document(source, SCHEMA, remedy=remedy)
    for name in ("key", "objective"):
        if not isinstance(document.get(name), str):
            raise damaged(source, phrase("it does not say its {name}", name=name))
    return document


def _study(found: Search, token: str) -> "Study":
    """The study, in a database under a name of its own that the folder alone knows."""
    address = found.settings.storage
    storage = open_storage(found.out / JOURNAL, address)
    name = "-".join(filter(None, (NAME, found.key, token))) if address else NAME
    study = open_study(storage, name, maximise=found.maximise)
    for trial in study.get_trials(deepcopy=False) if address else ():
        if trial.state.name == "COMPLETE" and not _folder(found, trial.number).is_dir():
            raise UsageError(
                "the database has this trial as done, and the folder lacks its run.",
                where=str(_folder(found, trial.number)),
                remedy="Restore it from a copy, or name another folder with `out`.",
            )
    return study


def _try(found: Search, study: "Study", numbers: range) -> None:
    """The next trials, those that were cut short too, to their end.

    What they are and whether they are given up follows from the trials before all of them; so
    nothing depends on how many workers there are, or which of them is faster.
    """
    asked = proposed(study, numbers, found.space, found.plan.train.seed)
    tasks = [_task(found, study, trial, numbers) for trial in asked]
    for trial, task in zip(asked, tasks, strict=True):
        trial.set_user_attr(NAMED, identity(found.samples, task.plan, found.splits))
    named = [Task(name=label(one.number), work=one) for one in tasks]
    on = workers_for(found.plan, found.launch)
    ends = run_tasks(try_trial, named, on=on, hear=_hear(found, numbers))
    for trial, end in zip(asked, ends, strict=True):
        _record_end(found, study, trial, end)


def _task(found: Search, study: "Study", trial: "Trial", numbers: range) -> TrialTask:
    plan = _judged_by(changed(found.plan, trial.params), found.objective)
    return TrialTask(
        number=trial.number,
        trials=found.settings.trials,
        samples=found.samples,
        place=_folder(found, trial.number).absolute(),
        plan=plan,
        splits=found.splits,
        objective=found.objective,
        earlier=Earlier(
            values=values_before(study, numbers.start),
            maximise=found.maximise,
            spare_trials=found.settings.compare_after_trials,
            spare_epochs=max(1, math.ceil(plan.train.epochs * found.settings.spared_share)),
        ),
        command=found.launch.command,
        computed=computed_here(found.launch),
        seals=found.launch.on.here,
    )


def _hear(found: Search, numbers: range) -> Hear:
    """Whoever listens to the search, as what hears of its trials."""
    own = heard(found.launch.callbacks)
    if found.launch.on.here:
        return own

    def hear(name: str, *told: Any) -> None:
        if name == PROGRESS:  # counts the trials that are tried at once
            own(PROGRESS, numbers.start + told[0], found.settings.trials)
        else:
            own(name, *told)

    return hear


def _record_end(found: Search, study: "Study", trial: "Trial", end: TrialEnd) -> None:
    """Enter what became of a trial in the ledgers, then in the study."""
    number, optuna = trial.number, optuna_module()
    before = study.get_trials(deepcopy=False)[number].intermediate_values
    for epoch, value in sorted(end.reported.items()):
        if epoch not in before:
            trial.report(value, epoch)
    if end.why:
        trial.set_user_attr(WHY, end.why)
    if end.state == "COMPLETE":
        seal_trained(_folder(found, number))
    _enter_ledgers(found, number, trial.user_attrs[NAMED], end.value, end.state)
    study.tell(trial, end.value, state=optuna.trial.TrialState[end.state])
    _clear(found, number)
    told = _tried(found, study.get_trials(deepcopy=False)[number])
    shown = term("no value") if told.value is None else f"{told.value:.4g}"
    line = phrase(
        "{label}: {state}, {objective} {shown}",
        label=label(number),
        state=term(told.state),
        objective=found.objective,
        shown=shown,
    )
    found.launch.callbacks.tell(
        phrase("{line} ({why})", line=line, why=term(told.why)) if told.why else line
    )


def _judged_by(plan: Plan, objective: str) -> Plan:
    """The objective chooses the epoch too; weights chosen by other figures are kept as before."""
    others = [name for name in plan.train.best_by if name != objective]
    return replace(plan, train=replace(plan.train, best_by=(objective, *others)))


def _enter_ledgers(found: Search, number: int, named: str, value: float | None, state: str) -> None:
    """Count the trial in the search's own ledger and in that of the runs around it, once each."""
    line = {"search": found.out.name, "trial": number, "trial_id": named}
    for folder in (found.out, found.out.resolve().parent):
        entered = [entry for entry in read_ledger(folder) if entry["event"] == LEDGER_EVENT]
        if any(line.items() <= entry.items() for entry in entered):
            continue
        append_ledger(
            folder,
            LEDGER_EVENT,
            **line,
            state=state.lower(),
            objective=found.objective,
            value=value,
        )


def _tried(found: Search, trial: "FrozenTrial") -> TriedPlan:
    states = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}
    steps = sorted(trial.intermediate_values)
    value = trial.value
    if value is None and steps:
        value = trial.intermediate_values[steps[-1]]
    state = states.get(trial.state.name, trial.state.name.lower())
    return TriedPlan(
        number=trial.number,
        state=state,
        value=None if state == "failed" else value,
        epochs=steps[-1] + 1 if steps else 0,
        settings=trial.params,
        trial_id=trial.user_attrs.get(NAMED, ""),
        run=label(trial.number) if state == "done" else None,
        why=trial.user_attrs.get(WHY, ""),
    )


def _rank(objective: str) -> Any:
    """Finished trials by value, then those given up, then those that failed."""
    states = {"done": 0, "pruned": 1}

    def rank(tried: TriedPlan) -> tuple[int, float, int]:
        worth = 0.0 if tried.value is None else -JUDGES[objective] * tried.value
        return states.get(tried.state, 2), worth, tried.number

    return rank


def _folder(found: Search, number: int) -> Path:
    return found.out / label(number)


def _clear(found: Search, number: int) -> None:
    """Take away what a trial without a run left."""
    shutil.rmtree(unfinished_folder(_folder(found, number)), ignore_errors=True)

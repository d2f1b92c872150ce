"""Many trainings with different settings, the better ones tried more: a search by Optuna."""

import math
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.data.errors import CheckFailed, ConfigError, UsageError, unknown_name, unwritable
from quantsig.data.identity import identity_of
from quantsig.data.language.messages import phrase, term
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import documents
from quantsig.data.storage.checksums import damaged
from quantsig.data.storage.locks import locked
from quantsig.data.storage.passing_on import relative_path
from quantsig.data.storage.resuming import unfinished_folder
from quantsig.signals.layout import SEARCH
from quantsig.signals.ledger import append_ledger, read_ledger
from quantsig.signals.models import find_model
from quantsig.signals.runs import open_run, trial_id
from quantsig.signals.search.space import DEFAULT, Space, changed, read_space
from quantsig.signals.search.study import finished, next_trial, open_study, optuna_module, suggested
from quantsig.signals.training import ranks
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import JUDGES, Plan
from quantsig.signals.training.setup import find_setup
from quantsig.signals.training.tracking.callbacks import Callbacks, Rows
from quantsig.signals.training.tracking.launch import PLAIN, Launch
from quantsig.signals.training.tracking.record import identity

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

SCHEMA = "quantsig.search/1"
JOURNAL = "trials.log"
LEDGER_EVENT = "search_trial"
PROGRESS_STEPS = 1000  # of a trial
WHY, NAMED = "why", "trial_id"  # attributes of a trial


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchSettings:
    """What is varied, how many trials there are, judged by what, and when one is given up."""

    space: Mapping[str, Any] = field(default_factory=dict)  # as `read_space` takes it
    trials: int = 20
    objective: str = ""  # a figure of the validation split; empty: the one that ranks
    compare_after_trials: int = 5  # before these are done none is given up
    spared_share: float = 1 / 3  # of the epochs, at the start, in which none is given up

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ConfigError(
                phrase("a search of {trials} trials tries nothing.", trials=self.trials),
                where="`trials`",
                remedy="Give a whole number from 1 up.",
            )
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
    """Everything that is settled before the first trial."""

    samples: SampleSet
    out: Path
    plan: Plan
    splits: SplitSpec
    space: Space
    settings: SearchSettings
    objective: str
    device: str
    command: str
    callbacks: Callbacks

    @property
    def key(self) -> str:
        """The same for the same samples, settings, splits, space and objective."""
        space = {name: identity_of(option) for name, option in self.space.items()}
        return trial_id(identity(self.samples, self.plan, self.splits), space, self.objective)


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
        UsageError: the folder holds something else, or another process is at work in it.
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
        device=launch.device,
        command=launch.command,
        callbacks=launch.callbacks,
    )
    _check(found)
    _make(out)
    with locked(out):
        _claim(found)
        study = open_study(
            out / JOURNAL,
            maximise=JUDGES[found.objective] > 0,
            spare_trials=settings.compare_after_trials,
            spare_epochs=max(1, math.ceil(plan.train.epochs * settings.spared_share)),
        )
        for number in finished(study):
            _clear(found, number)
        while len(finished(study)) < settings.trials:
            _try(found, study)
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
            find_setup(found.samples, plan, found.splits, found.device)


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(out, error) from error


def _claim(found: Search) -> None:
    """Write what is searched into a new folder, or see that it is the same search."""
    source = found.out / SEARCH
    if source.is_file():
        if read_search(source)["key"] != found.key:
            raise UsageError(
                "this folder holds a search with other samples, settings, space or objective.",
                where=str(found.out),
                remedy="Name another folder with `out`, or repeat the settings of that search.",
            )
        return
    half_written = f".{SEARCH}."  # by a process that was killed
    if any(not path.name.startswith(half_written) for path in found.out.iterdir()):
        raise UsageError(
            "this folder is not empty and holds no search.",
            where=str(found.out),
            remedy="Name a new folder with `out`.",
        )
    document = {
        "schema": SCHEMA,
        "key": found.key,
        "created": datetime.now(UTC).isoformat(),
        "command": found.command,
        "samples": relative_path(found.samples.path, found.out),
        "objective": found.objective,
        "space": {name: asdict(option) for name, option in found.space.items()},
        "settings": asdict(found.plan),
        "splits": found.splits.as_dict(),
    }
    documents.write_json(source, document, private=True)


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


def _try(found: Search, study: "Study") -> None:
    """The next trial, or the one that was cut short, to its end."""
    optuna = optuna_module()
    trial = next_trial(study, found.plan.train.seed)
    values = {name: suggested(trial, name, option) for name, option in found.space.items()}
    plan = _judged_by(changed(found.plan, values), found.objective)
    named = identity(found.samples, plan, found.splits)
    trial.set_user_attr(NAMED, named)
    value, state = None, optuna.trial.TrialState.COMPLETE
    try:
        value = _trained(found, trial, plan)
    except optuna.TrialPruned:
        state = optuna.trial.TrialState.PRUNED
    except (CheckFailed, ConfigError) as error:  # of this combination; the others go on
        trial.set_user_attr(WHY, error.what)
        state = optuna.trial.TrialState.FAIL
    _enter_ledgers(found, trial.number, named, value, state.name)
    study.tell(trial, value, state=state)
    _clear(found, trial.number)
    told = _tried(found, study.get_trials(deepcopy=False)[trial.number])
    shown = term("no value") if told.value is None else f"{told.value:.4g}"
    line = phrase(
        "{label}: {state}, {objective} {shown}",
        label=_label(trial.number),
        state=term(told.state),
        objective=found.objective,
        shown=shown,
    )
    found.callbacks.tell(
        phrase("{line} ({why})", line=line, why=term(told.why)) if told.why else line
    )


def _judged_by(plan: Plan, objective: str) -> Plan:
    """The objective chooses the epoch too; weights chosen by other figures are kept as before."""
    others = [name for name in plan.train.best_by if name != objective]
    return replace(plan, train=replace(plan.train, best_by=(objective, *others)))


def _trained(found: Search, trial: "Trial", plan: Plan) -> float:
    """Train the plan, unless its run is there, and give its best value of the objective."""
    out = _folder(found, trial.number)
    if out.exists():
        run = open_run(out)
    else:
        callbacks = _watch(found, trial, plan)
        run = train(
            found.samples,
            out,
            plan,
            found.splits,
            launch=Launch(device=found.device, command=found.command, callbacks=callbacks),
        )
    value = run.record.best[found.objective].value
    assert value is not None
    return value


def _watch(found: Search, trial: "Trial", plan: Plan) -> Callbacks:
    """Hear every epoch of a trial, and give it up where it falls behind the others."""
    optuna = optuna_module()
    reported = set(_frozen(trial).intermediate_values)  # an epoch comes again after a crash

    def epoch(rows: Rows) -> None:
        found.callbacks.epoch(rows)
        number, value = rows[-1]["epoch"], rows[-1].get(found.objective)
        if value is None or not math.isfinite(value):
            return
        if number not in reported:
            trial.report(value, number)
            reported.add(number)
        if number + 1 < plan.train.epochs and trial.should_prune():
            raise optuna.TrialPruned

    def progress(done: int, total: int) -> None:
        part = PROGRESS_STEPS * done // max(total, 1)
        whole = PROGRESS_STEPS * found.settings.trials
        found.callbacks.progress(min(PROGRESS_STEPS * trial.number + part, whole), whole)

    return Callbacks(
        progress=progress,
        tell=lambda text: found.callbacks.tell(
            phrase("{label}: {text}", label=_label(trial.number), text=term(text))
        ),
        epoch=epoch,
        stop_within_s=found.callbacks.stop_within_s,
    )


def _frozen(trial: "Trial") -> "FrozenTrial":
    return trial.study.get_trials(deepcopy=False)[trial.number]


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
        run=_label(trial.number) if state == "done" else None,
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
    return found.out / _label(number)


def _clear(found: Search, number: int) -> None:
    """Take away what a trial without a run left."""
    shutil.rmtree(unfinished_folder(_folder(found, number)), ignore_errors=True)


def _label(number: int) -> str:
    return f"trial-{number:03d}"

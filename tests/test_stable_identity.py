"""A setting that is added renames nothing: trials count once, unfinished work goes on."""

from dataclasses import field, fields, make_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.sweep.sweep import Grid
from quantsig.backtest.walk.plan import Walk, WalkSettings
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.folds import Combinatorial, KFold, Nesting, WalkForward
from quantsig.data.identity import FIRST, LATER, identity_of, identity_text
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.legacy.sample_file import ReadLimits
from quantsig.data.samples.store import open_samples
from quantsig.data.storage.resuming import unfinished_work
from quantsig.signals.meta.meta_labelling import MetaSettings
from quantsig.signals.runs import open_run
from quantsig.signals.search.space import Choices, Range
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.tracking.record import identity, planned, training_work
from tests.golden.opened import open_workspace

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SETTINGS: tuple["DataclassInstance", ...] = (
    *(getattr(Plan(), section.name) for section in fields(Plan)),
    Plan(),
    ChartSpec(),
    LabelSpec(),
    ReadLimits(),
    Nesting(),
    KFold(),
    WalkForward(),
    Combinatorial(),
    Range(low=1, high=2, whole=False, logarithmic=False),
    Choices(values=(1, 2)),
    MetaSettings(threshold=0.5, cost_fraction=0.0),
    AskedRule(),
    Execution(),
    Grid(thresholds=(0.5,)),
)
NAMED = [type(settings).__name__ for settings in SETTINGS]


def grown(settings: Any, **added: Any) -> Any:
    """The same settings of a class that has one more, at its default or set."""
    kind = type(settings)
    bigger = make_dataclass(
        kind.__name__,
        [("novelty", tuple, field(default=(0.25,)))],
        bases=(kind,),
        frozen=True,
        kw_only=True,
    )
    values = {one.name: getattr(settings, one.name) for one in fields(settings)}
    return bigger(**values, **added)


def grown_plan(plan: Plan, **added: Any) -> Plan:
    """A plan each of whose sections has one more setting."""
    sections = {one.name: grown(getattr(plan, one.name), **added) for one in fields(plan)}
    return Plan(**sections)


@pytest.mark.parametrize("settings", SETTINGS, ids=NAMED)
def test_every_setting_is_listed(settings: "DataclassInstance") -> None:
    """One that you added goes into LATER of data/identity.py, with its default."""
    section = type(settings).__name__
    listed = {*FIRST.get(section, "").split(), *LATER.get(section, {})}
    assert {one.name for one in fields(settings)} - listed == set()


@pytest.mark.parametrize("settings", SETTINGS, ids=NAMED)
def test_an_added_setting_enters_no_name_until_it_is_set(settings: "DataclassInstance") -> None:
    """At its default nothing moves; set, the name is another one."""
    assert identity_of(grown(settings)) == identity_of(settings)
    assert identity_text(grown(settings)) == identity_text(settings)
    assert identity_of(grown(settings, novelty=(0.5,))) == identity_of(settings) | {
        "novelty": (0.5,)
    }
    assert identity_text(grown(settings, novelty=(0.5,))) != identity_text(settings)


def test_a_default_that_changes_later_renames_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a name leaves out is the default that a setting came with, not that of today."""
    monkeypatch.setattr("quantsig.data.identity.LATER", {"Execution": {"novelty": (0.5,)}})
    assert identity_of(grown(Execution())) == identity_of(Execution()) | {"novelty": (0.25,)}
    assert identity_of(grown(Execution(), novelty=(0.5,))) == identity_of(Execution())


def test_the_order_of_settings_names_nothing() -> None:
    """A class may list its settings otherwise than at first."""
    moved = make_dataclass(
        "Nesting",
        [(one.name, one.type, one.default) for one in reversed(fields(Nesting))],
        frozen=True,
        kw_only=True,
    )
    assert identity_text(moved()) == identity_text(Nesting())


def test_a_run_keeps_its_name(tmp_path: Path) -> None:
    """One setting more in each section of the training; the samples are those of then."""
    run = open_run(open_workspace(tmp_path) / "runs" / "first")
    plan, samples, splits = planned(run.config()), run.samples(), run.splits
    assert identity(samples, grown_plan(plan), splits) == run.record.trial_id
    assert identity(samples, grown_plan(plan, novelty=(0.5,)), splits) != run.record.trial_id
    other = replace(plan, train=replace(plan.train, min_delta=0.5))
    assert identity(samples, other, splits) != run.record.trial_id


def test_a_training_that_was_cut_short_is_known_again(tmp_path: Path) -> None:
    """It would have to begin anew if the added settings were something else to be made from."""
    workspace = open_workspace(tmp_path)
    noted = unfinished_work(workspace / "runs")[workspace / "runs" / "cut"]
    run = open_run(workspace / "runs" / "first")
    settings = replace(planned(run.config()).train, model="small", seed=6, best_by=("loss",))
    plan = grown_plan(replace(planned(run.config()), train=settings))
    samples = open_samples(workspace / "samples")
    work = training_work(samples, plan, run.splits, "cpu")
    assert work.changes(noted) == []


def test_a_walk_keeps_its_name_and_its_folds(tmp_path: Path) -> None:
    """With one setting more in the training, the folds, the rule and the execution."""
    run = open_run(open_workspace(tmp_path) / "runs" / "first")

    def walk(plan: Plan, settings: WalkSettings) -> Walk:
        return Walk(
            samples=run.samples(), plan=plan, splits=run.splits, settings=settings, device="cpu"
        )

    plan, settings = planned(run.config()), WalkSettings()
    parts = ("folding", "rule", "execution")
    bigger = replace(settings, **{name: grown(getattr(settings, name)) for name in parts})
    before, after = walk(plan, settings), walk(grown_plan(plan), bigger)
    assert (after.trial_id, after.folds_key) == (before.trial_id, before.folds_key)
    assert after.work.changes(before.work) == []

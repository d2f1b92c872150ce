"""What a run says of itself: its settings, its splits, its model, how it went."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quantsig.data import files
from quantsig.data.samples.store import SampleSet
from quantsig.data.splits import SplitSpec, cut_times
from quantsig.signals.runs import SCHEMA, trial_id
from quantsig.signals.shape import ModelRecord
from quantsig.signals.training.settings import Plan

NOT_TRIED = ("speed",)  # sections of the plan that change nothing but the time it takes


def identity(samples: SampleSet, plan: Plan, splits: SplitSpec) -> str:
    """The trial's name: the same for the same samples, settings and splits."""
    tried = {name: value for name, value in asdict(plan).items() if name not in NOT_TRIED}
    del tried["train"]["save_minutes"]
    return trial_id(samples.manifest["fingerprint"], tried, asdict(splits))


def resume_key(samples: SampleSet, plan: Plan, splits: SplitSpec, device: str) -> str:
    """What a training that was cut short is known by: how it is computed counts, too.

    Args:
        samples: the sample set.
        plan: all settings.
        splits: shares of the splits.
        device: kind of device, cpu or cuda.
    """
    return f"{identity(samples, plan, splits)} {device} {files.to_json(asdict(plan.speed))}"


def config(samples: SampleSet, plan: Plan, splits: SplitSpec) -> dict[str, Any]:
    """Every setting as resolved, as config.toml keeps them; what is not set is left out."""
    drawn = {name: samples.manifest[name] for name in ("stride_bars", "chart")}
    return {
        "samples": {**_source(samples), **_known(drawn)},
        "label": _known(samples.manifest["label"]),
        "splits": asdict(splits),
        **{section: _known(values) for section, values in asdict(plan).items()},
    }


def planned(config: Mapping[str, Any]) -> Plan:
    """The plan of a config.toml as `config` gives it; what it does not say is as by default."""
    plan = Plan()
    sections = {part.name: type(getattr(plan, part.name)) for part in fields(Plan)}
    return Plan(
        **{
            name: section(**{key: _frozen(value) for key, value in config.get(name, {}).items()})
            for name, section in sections.items()
        }
    )


def record(
    out: Path,
    samples: SampleSet,
    plan: Plan,
    splits: SplitSpec,
    model: ModelRecord,
) -> dict[str, Any]:
    """The part of run.json that is known before the training."""
    named = identity(samples, plan, splits)
    cuts = cut_times(samples.index, splits)
    return {
        "schema": SCHEMA,
        "run_id": f"{out.name}-{named[:6]}",
        "trial_id": named,
        "created": datetime.now(UTC).isoformat(),
        "samples": _source(samples),
        "calendar": samples.calendar.as_dict(),
        "model": model.as_dict(),
        "classes": samples.classes,
        "chart": samples.manifest["chart"],
        "drawing_version": samples.manifest["drawing_version"],
        "label": samples.manifest["label"],
        "splits": asdict(splits),
        "cut_times": [cut.isoformat() if isinstance(cut, datetime) else cut for cut in cuts],
        "loss": plan.train.loss,
        "epochs": plan.train.epochs,
        "seed": plan.train.seed,
    }


def _source(samples: SampleSet) -> dict[str, str]:
    return {
        "path": str(samples.path.resolve()),
        "fingerprint": samples.manifest["fingerprint"],
    }


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    """TOML has no word for nothing."""
    return {name: value for name, value in values.items() if value is not None}


def _frozen(value: Any) -> Any:
    """TOML knows lists where settings are tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value

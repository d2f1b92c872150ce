"""What a run says of itself: its settings, its splits, its model, how it went."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quantsig.data.identity import identity_of
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import AS_CHARTED
from quantsig.data.sequences.version import FEATURES_VERSION
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import documents
from quantsig.data.storage.records import record_of, without_none
from quantsig.data.storage.resuming import Work, flat, plain_work
from quantsig.signals.layout import CONFIG, RECORD
from quantsig.signals.run_record import sample_source
from quantsig.signals.runs import TRAINING_WORK, Run, open_run, trial_id
from quantsig.signals.shape import ModelRecord
from quantsig.signals.training.settings import Plan

NOT_TRIED = ("speed",)  # sections of the plan that change nothing but the time it takes
ONLY_KEPT = (
    "save_minutes",
    "keep_state",
    "recipe",
    "track",
)  # kept or said of a training, not learnt
LENGTH = ("train.epochs", "train.patience")  # may change on the way; the schedule's end moves


def identity(samples: SampleSet, plan: Plan, splits: SplitSpec) -> str:
    """The trial's name: the same for the same samples, settings and splits."""
    tried = {name: value for name, value in identity_of(plan).items() if name not in NOT_TRIED}
    tried["train"] = {
        name: value for name, value in tried["train"].items() if name not in ONLY_KEPT
    }
    return trial_id(samples.manifest.fingerprint, tried, splits.as_dict())


def trained_before(samples: SampleSet, out: Path, plan: Plan, splits: SplitSpec) -> Run | None:
    """The finished run of this very training in `out`; None where another or none is there."""
    if not (out / RECORD).is_file():
        return None
    run = open_run(out)
    return run if run.record.trial_id == identity(samples, plan, splits) else None


def resume_key(samples: SampleSet, plan: Plan, splits: SplitSpec, device: str) -> str:
    """What a training that was cut short is known by: how it is computed counts, too.

    Args:
        samples: the sample set.
        plan: all settings.
        splits: shares of the splits.
        device: kind of device, cpu or cuda.
    """
    return (
        f"{identity(samples, plan, splits)} {device} {documents.to_json(identity_of(plan.speed))}"
    )


def training_work(samples: SampleSet, plan: Plan, splits: SplitSpec, device: str) -> Work:
    """What a training is made from, by the dotted names of the settings.

    How long it is may change on the way, and how it is computed, which changes what is learnt by
    rounding alone. Of an ensemble some seeds may be done already, so its length may not.

    Args:
        samples: the sample set.
        plan: all settings.
        splits: shares of the splits.
        device: kind of device, cpu or cuda.
    """
    settings = flat(identity_of(plan))
    made_from = {
        "samples": samples.manifest.fingerprint,
        "device": device,
        **settings,
        **flat({"splits": splits.as_dict()}),
    }
    computed = [name for name in settings if name.partition(".")[0] in NOT_TRIED]
    kept = [f"train.{name}" for name in ONLY_KEPT]
    length = LENGTH if plan.train.seeds == 1 else ()
    return plain_work(TRAINING_WORK, made_from, ["device", *computed, *kept, *length])


def config(out: Path, samples: SampleSet, plan: Plan, splits: SplitSpec) -> dict[str, Any]:
    """Every setting as resolved, as the config.toml in `out` keeps them, but what is not set."""
    manifest = samples.manifest
    chart = manifest.chart and manifest.chart.as_dict()
    drawn = {"stride_bars": manifest.stride_bars, "chart": chart}
    return {
        "samples": {**asdict(sample_source(out, samples)), **without_none(drawn)},
        "label": without_none(asdict(samples.label)),
        "splits": splits.as_dict(),
        **{section: without_none(values) for section, values in asdict(plan).items()},
    }


def planned(config: Mapping[str, Any]) -> Plan:
    """The plan of a config.toml as `config` gives it; what it does not say is as by default.

    Raises:
        DataError: a setting that this version does not know.
        IntegrityError: a setting that cannot have its value.
    """
    sections = {part.name for part in fields(Plan)} & config.keys()
    return record_of(
        {name: config[name] for name in sections},
        Plan,
        Path(CONFIG),
        remedy="Use the version of quantsig that wrote it, or train again.",
    )


def record(
    out: Path,
    samples: SampleSet,
    plan: Plan,
    splits: SplitSpec,
    model: ModelRecord,
    went_on: Sequence[Mapping[str, int]] = (),
) -> dict[str, Any]:
    """Fields of `RunRecord` that are known before the training, but for how often it went on.

    What went on to another length has another name than what had it from the start: its rates
    were others.
    """
    named = identity(samples, plan, splits)
    if went_on:
        named = trial_id(named, went_on)
    cuts = samples.cut_times(splits)
    return {
        "run_id": f"{out.name}-{named[:6]}",
        "trial_id": named,
        "created": datetime.now(UTC).isoformat(),
        "samples": sample_source(out, samples),
        "calendar": samples.calendar,
        "model": model,
        "classes": tuple(samples.classes),
        "chart": samples.manifest.chart,
        "drawing_version": samples.manifest.drawing_version,
        "features_version": None if model.input == AS_CHARTED else FEATURES_VERSION,
        "label": samples.label,
        "splits": splits,
        "cut_times": tuple(cut.isoformat() if isinstance(cut, datetime) else cut for cut in cuts),
        "loss": plan.train.loss,
        "epochs": plan.train.epochs,
        "seed": plan.train.seed,
    }

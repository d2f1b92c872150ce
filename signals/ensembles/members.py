"""The runs that an ensemble averages: looked at before it is made, and kept in it after."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import CheckFailed, DataError, UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.samples.parts import BARS
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import CALIBRATION
from quantsig.data.splits import SPLIT
from quantsig.data.storage.numbered import parts_in
from quantsig.data.storage.passing_on import relative_path
from quantsig.signals.inputs import INPUTS
from quantsig.signals.layout import CALIBRATION as CALIBRATION_FILE
from quantsig.signals.layout import CONFIG, ENVIRONMENT, RECORD, WEIGHTS, member_place
from quantsig.signals.models import find_model
from quantsig.signals.run_record import EnsembleMember, sample_source, write_run_record
from quantsig.signals.runs import Run, open_run
from quantsig.signals.seal import faults, open_seal

SCORES_WITH = (CONFIG, ENVIRONMENT, WEIGHTS, CALIBRATION_FILE)  # beside its record
ROWS = ["symbol", "decision_time", "label_end", "label", "forward_return", "direction"]
COMPARED = ("average_precision", "roc_auc", "f1", "mcc", "accuracy", "r2", "rank_correlation")
LEARNT_FROM = ("train", "validation", CALIBRATION)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Members:
    """Runs that may be averaged, and the samples that all of them score.

    Attributes:
        runs: as they were named.
        widest: the run whose chart takes the longest history; every other fits within it.
        samples: of that run.
        split: of each sample.
    """

    runs: tuple[Run, ...]
    widest: Run
    samples: SampleSet
    split: pl.Series


def find_members(paths: Sequence[Path]) -> Members:
    """Open the runs, and refuse those that are not of one kind.

    Raises:
        UsageError: there is one alone, or one twice.
        DataError: one is not there, was made of scores or of other runs, or foresees another
            label, in other splits, of other rows or bars.
        CheckFailed: one learnt from the test rows of another.
        IntegrityError: a file of one is not what was written.
    """
    runs = [open_run(path) for path in paths]
    _refuse_one(runs)
    for run in runs:
        _refuse_unfit(run)
    known = [(run, run.samples()) for run in runs]
    first, samples = known[0]
    for run, others in known[1:]:
        _refuse_other(first, samples, run, others)
    widest, shown = max(known, key=lambda one: (_history(one[1]), one[1].manifest.news is not None))
    for run, others in known:
        told = others.manifest.news
        if told is not None and others.manifest.fingerprint != shown.manifest.fingerprint:
            raise _unlike("the news of {run} are not those of {first}.", widest, run)
    return Members(
        runs=tuple(runs), widest=widest, samples=shown, split=shown.assigned(widest.splits)
    )


def open_members(run: Run) -> tuple[Run, ...]:
    """The members as they lie in the run of their ensemble; of another run itself alone."""
    if run.record.ensemble is None:
        return (run,)
    count = len(run.record.ensemble)
    return tuple(open_run(member_place(run.path, number)) for number in range(count))


def read_together(run: Run) -> bool:
    """Whether a run, or one that it averages, reads all symbols of a time together."""
    kinds = (find_model(member.model.name).reads for member in open_members(run))
    return any(INPUTS[reads].together for reads in kinds)


def keep_member(folder: Path, out: Path, number: int, run: Run) -> EnsembleMember:
    """Copy what a run scores with into the folder of an ensemble, and say what it was.

    Args:
        folder: as it is filled.
        out: where it will stand.
        number: of the member, from 0.
        run: the member.
    """
    place = member_place(folder, number)
    place.mkdir(parents=True)
    for name in SCORES_WITH:
        shutil.copyfile(run.path / name, place / name)
    source = sample_source(member_place(out, number), run.samples())
    kept = replace(
        run.record, samples=source, files={name: run.record.files[name] for name in SCORES_WITH}
    )
    write_run_record(place / RECORD, replace(kept, checkpoints={}))
    return EnsembleMember(
        path=relative_path(run.path, out),
        run_id=run.run_id,
        trial_id=run.record.trial_id,
        model=run.record.model.name,
        seal=open_seal(run.path).root if run.is_sealed else None,
        opened="test" in run.predictions()[SPLIT].unique(),
        figures=_figures(run),
    )


def _figures(run: Run) -> dict[str, float | None]:
    """Of the epoch whose weights were kept, on the validation rows."""
    kept = run.metrics().filter(split="validation", epoch=run.record.best_epoch).head(1).to_dicts()
    return {name: row[name] for row in kept for name in COMPARED if name in row}


def shown_by(samples: SampleSet, chart: ChartSpec | None) -> SampleSet:
    """The same samples under another chart, which takes no longer history than their own."""
    if chart is None or chart == samples.manifest.chart:
        return samples
    drawn = replace(
        samples.manifest, chart=chart, planes=chart.planes, history_bars=chart.history_bars
    )
    other = replace(samples, manifest=drawn)
    if "symbol_bars" in vars(samples):  # of a piece they are not those stored
        other.__dict__["symbol_bars"] = samples.symbol_bars
    return other.seen_as(samples.matrix, samples.decision_rows)


def _refuse_one(runs: Sequence[Run]) -> None:
    if len(runs) < 2:
        raise UsageError(
            "one run is no ensemble.",
            where=", ".join(str(run.path) for run in runs) or "RUNS",
            remedy="Name two runs or more.",
        )
    seen: dict[str, Run] = {}
    for run in runs:
        before = seen.setdefault(run.record.trial_id, run)
        if before is not run:
            raise UsageError(
                phrase("{run} is the same training as {before}.", run=run.path, before=before.path),
                where=str(run.path),
                remedy="Name each run once: a mean of equal scores is no other score.",
            )


def _refuse_unfit(run: Run) -> None:
    run.refuse_judged("it cannot be a member of an ensemble")
    if run.record.ensemble is not None:
        raise DataError(
            "this run is an ensemble itself.",
            where=str(run.path),
            remedy="Name its members in its place: each counts as much as any other then.",
        )
    broken = faults(run.path) if run.is_sealed else []
    if broken:
        raise broken[0]


def _refuse_other(first: Run, samples: SampleSet, run: Run, others: SampleSet) -> None:
    """Raise where the second run scores anything else than the first."""
    ours, theirs = set(samples.index["symbol"].unique()), set(others.index["symbol"].unique())
    if first.record.label != run.record.label or first.record.classes != run.record.classes:
        raise _unlike("{run} foresees another label than {first}.", first, run)
    if ours != theirs:
        raise _unlike("{run} is of other symbols than {first}.", first, run)
    _refuse_seen(first, samples, run, others)
    _refuse_seen(run, others, first, samples)
    if _cuts(first, samples) != _cuts(run, others):
        raise _unlike("{run} is split at other times than {first}.", first, run)
    if first.record.samples.fingerprint == run.record.samples.fingerprint:
        return
    if not (samples.drawn and others.drawn) or not _same_bars(samples, others):
        raise _unlike("the bars of {run} are not those of {first}.", first, run)
    if not samples.index.select(ROWS).equals(others.index.select(ROWS)):
        raise _unlike("the rows of {run} are not those of {first}.", first, run)


def _refuse_seen(first: Run, samples: SampleSet, run: Run, others: SampleSet) -> None:
    """Raise where one run learnt from rows that the other keeps for its test."""
    if not (samples.timed and others.timed):
        return
    opens = samples.cut_times(first.splits)[-1]
    learnt = others.assigned(run.splits).is_in(LEARNT_FROM).fill_null(value=False)
    seen = others.index.filter(learnt & (others.index["decision_time"] >= opens)).height
    if seen:
        raise CheckFailed(
            phrase(
                "{run} learnt from {seen} rows of the time that is the test of {first}.",
                run=run.path,
                seen=seen,
                first=first.path,
            ),
            where=str(run.path),
            remedy="Train it with the same splits.",
        )


def _cuts(run: Run, samples: SampleSet) -> tuple[object, ...]:
    """What says which row is of which split."""
    return (run.calibrates, run.splits.given, *samples.cut_times(run.splits))


def _same_bars(samples: SampleSet, others: SampleSet) -> bool:
    ours, theirs = (
        [one.manifest.files[name].sha256 for name in parts_in(one.manifest.files, BARS)]
        for one in (samples, others)
    )
    return ours == theirs or samples.bars.equals(others.bars)


def _history(samples: SampleSet) -> int:
    return samples.manifest.history_bars or 0


def _unlike(what: str, first: Run, run: Run) -> DataError:
    return DataError(
        phrase(what, run=run.path, first=first.path),
        where=str(run.path),
        remedy="An ensemble averages runs of the same rows: train it on the same samples, with the "
        "same label and splits.",
    )

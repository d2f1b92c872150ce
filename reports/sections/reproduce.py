"""Everything needed to get the same numbers again."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from quantsig.backtest.record import StatsRecord
from quantsig.data.language.saying import say, word
from quantsig.data.storage.passing_on import relative_paths
from quantsig.reports.inputs import Inputs
from quantsig.reports.page.content import Column, Listing, Section, Table
from quantsig.reports.page.numerals import count, duration, moment, text
from quantsig.signals.layout import CONFIG, SCORES, WEIGHTS
from quantsig.signals.run_record import SampleSource

LONGEST_CONFIG = 100_000  # characters
MEBIBYTE = 1 << 20


def _mebibytes(value: float) -> str:
    return say("{n} MiB", n=count(round(value / MEBIBYTE)))


WORDS: Mapping[str, tuple[str, Callable[[Any], str]]] = {  # of a name in a document
    "path": ("Folder", text),
    "fingerprint": ("Fingerprint", text),
    "samples.fingerprint": ("Fingerprint of the sample set", text),
    "scores.sha256": ("SHA-256 of the scores", text),
    "model.sha256": ("SHA-256 of the weights", text),
    "seed": ("Seed", text),
    "threshold": ("Threshold", text),
    "trial_id": ("Trial", text),
    "split": ("Split", word),
    "start": ("From", text),
    "end": ("Until", text),
    "python": ("Python", text),
    "platform": ("System", text),
    "cores": ("Processor cores", text),
    "threads": ("Threads", text),
    "device": ("Device", text),
    "seconds": ("Time of training", duration),
    "peak_memory_bytes": ("Largest memory", _mebibytes),
    "peak_memory_unknown": ("Largest memory is not known", text),
    "peak_device_memory_bytes": ("Largest memory of the device", _mebibytes),
}

DAYS = (
    "Dates on this page and in what it saves are the sessions that bars cover; the run's own files "
    "hold the closes of these bars, in UTC."
)
MOMENTS = (
    "Times on this page and in what it saves are closes of bars in UTC, as in the run's own files; "
    "dates, months and years are those of the session that a bar is of."
)


def section(inputs: Inputs) -> Section:
    """Command, configuration, versions, seed and hashes."""
    record = inputs.run.record
    return Section(
        title="Reproduce",
        paragraphs=(
            say(
                "Run {run}, trial {trial}, written {time} UTC.",
                run=record.run_id,
                trial=record.trial_id,
                time=moment(record.created),
            ),
            "Every table on this page can be saved as CSV or JSON by the buttons above it; numbers "
            "in them are not rounded.",
            DAYS if inputs.daily else MOMENTS,
        ),
        tables=tuple(_tables(inputs)),
        listings=tuple(_listings(inputs)),
    )


def _listings(inputs: Inputs) -> list[Listing]:
    listings, folder = [], inputs.run.path
    if command := inputs.run.record.command:
        listings.append(Listing(title="Command", text=relative_paths(command, folder)))
    if inputs.config is not None:
        config = relative_paths(inputs.config[:LONGEST_CONFIG], folder)
        listings.append(Listing(title=CONFIG, text=config))
    return listings


def _tables(inputs: Inputs) -> list[Table]:
    record, folder = inputs.run.record, inputs.run.path
    tables = [
        pairs("What it was made from", _identity(inputs)),
        pairs("Sample set", placed(record.samples), folder),
    ]
    if inputs.stored:
        tables.append(pairs("Backtest as it was run", _backtest(inputs.stored)))
    if inputs.environment:
        tables.append(pairs("Environment", flat(inputs.environment), folder))
    tables.append(pairs("SHA-256 of the run's files", record.files))
    return tables


def _identity(inputs: Inputs) -> dict[str, Any]:
    """What must be the same for the same numbers."""
    record = inputs.run.record
    judged = record.judged is not None
    made_by = {"scores.sha256": record.files.get(SCORES)}
    trained_by = {"model.sha256": record.files.get(WEIGHTS), "seed": record.seed}
    if record.ensemble is not None:
        trained_by = {f"seal of {one.run_id}": one.seal for one in record.ensemble}
    return {
        "samples.fingerprint": record.samples.fingerprint,
        **(made_by if judged else trained_by),
        "threshold": inputs.choice.threshold if inputs.choice else None,
        "trial_id": inputs.choice.trial_id if inputs.choice else record.trial_id,
    }


def _backtest(stats: StatsRecord) -> dict[str, Any]:
    return {name: getattr(stats, name) for name in ("split", "start", "end", "seed")}


def pairs(title: str, values: Mapping[str, Any], folder: Path | None = None) -> Table:
    """What is so, a row each, in words; paths relative to the folder, where one is given."""
    if folder is not None:
        values = {name: relative_paths(value, folder) for name, value in values.items()}
    return Table(
        title=title,
        columns=(Column(label="Name"), Column(label="Value")),
        rows=tuple(_told(name, value) for name, value in values.items()),
        sortable=False,
    )


def _told(name: str, value: Any) -> tuple[str, str]:
    """Files and libraries are called what they are."""
    if name not in WORDS:
        return name.removeprefix("versions."), text(value)
    label, write = WORDS[name]
    return say(label), write(value)


def placed(samples: SampleSource) -> dict[str, str]:
    """Which samples, and where they lie where that is said."""
    return {name: value for name, value in asdict(samples).items() if value}


def flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested document as one level, its names joined by dots."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        elif name != "schema":
            found[prefix + name] = value
    return found

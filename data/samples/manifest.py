"""What a sample set says of itself: its manifest, those before each extension, its fingerprint."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any, Literal

from quantsig.data.calendar.sessions import DAY_SECONDS, SessionCalendar
from quantsig.data.charts.spec import MOST_VALUES, ChartSpec
from quantsig.data.charts.version import DRAWING_VERSION
from quantsig.data.checks.sanity import Findings
from quantsig.data.errors import DataError, refused
from quantsig.data.label_spec import LabelSpec
from quantsig.data.language.messages import phrase
from quantsig.data.news.record import NewsRecord
from quantsig.data.portable_names import refuse_links
from quantsig.data.samples.parts import BARS, INDEX, StoredFile
from quantsig.data.storage import checksums, documents
from quantsig.data.storage.leftovers import recover
from quantsig.data.storage.numbered import parts_in
from quantsig.data.storage.records import document_of, record_of

SCHEMA = "quantsig.samples/1"
MANIFEST = "manifest.json"  # and manifest-00000.json and on: those before each extension
MOST_AXES = 32  # of a picture; an array of a batch of them has one more, and 64 at most
SAID = {  # by a set of each storage, in the order that its fingerprint is of
    "bars": "schema storage drawing_version chart planes history_bars label stride_bars "
    "interval_seconds has_volume calendar sources source_notes findings quarantined ancestors "
    "symbols left_out large_windows samples labelled files fingerprint",
    "frames": "schema storage frame_version shape dtype chart drawing_version planes history_bars "
    "label classes stride_bars interval_seconds has_bars has_volume calendar sources symbols "
    "samples labelled quarantined left_out large_windows ancestors rejected not_looked_at files "
    "fingerprint",
    "rows": "schema storage chart drawing_version planes history_bars label stride_bars "
    "interval_seconds has_bars has_volume calendar sources source_notes findings quarantined "
    "symbols left_out large_windows samples labelled files fingerprint",
}
KNOWN = {  # to every set of each storage
    "bars": "chart planes history_bars stride_bars interval_seconds has_volume",
    "frames": "shape dtype classes has_bars",
    "rows": "interval_seconds has_bars",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Omissions:
    """Bars and symbols without samples."""

    symbols_too_short: Mapping[str, int] = field(default_factory=dict)  # bars of each
    bars_before_first_window: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedFile:
    """A file that could not be imported."""

    file: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """All of manifest.json; what sets of before did not keep, or of one storage do not, is None.

    Attributes:
        storage: charts are drawn from stored bars, frames are stored pictures, or rows show
            nothing, for another model decided on them.
        drawing_version: of the charts.
        frame_version: of the stored pictures.
        shape: of a picture.
        dtype: of its values.
        chart: what each chart shows.
        planes: their names.
        history_bars: that one chart needs.
        label: what is foreseen.
        classes: of imported labels; those of other sets follow from the label.
        stride_bars: from one decision to the next.
        interval_seconds: from bar to bar, where known.
        has_bars: whether pictures came with bars.
        has_volume: whether the bars have volume, where there are any.
        calendar: of the bars.
        sources: names of what it was made from.
        source_notes: what is to be known of these, a sentence each.
        findings: what is odd about the bars.
        quarantined: rows set aside, by rule.
        ancestors: fingerprints before each extension.
        symbols: that have samples.
        left_out: what has none.
        large_windows: symbols of which one chart takes more than a quarter.
        samples: their number.
        labelled: how many of them have a label.
        rejected: files that could not be imported.
        not_looked_at: how many other files there were, by suffix.
        files: what is stored, by name.
        news: what is known of the items that go with the bars, where there are any.
        fingerprint: SHA-256 of all the rest.
    """

    storage: Literal["bars", "frames", "rows"]
    drawing_version: int | None
    frame_version: int | None = None
    shape: tuple[int, ...] | None = None
    dtype: Literal["float16", "float32"] | None = None
    chart: ChartSpec | None
    planes: tuple[str, ...] | None
    history_bars: int | None
    label: LabelSpec
    classes: tuple[str, ...] | None = None
    stride_bars: int | None
    interval_seconds: float | None
    has_bars: bool | None = None
    has_volume: bool | None
    calendar: SessionCalendar | None = None
    sources: tuple[str, ...]
    source_notes: tuple[str, ...] = ()
    findings: Findings | None = None
    quarantined: Mapping[str, int]
    ancestors: tuple[str, ...] = ()
    symbols: tuple[str, ...]
    left_out: Omissions
    large_windows: tuple[str, ...]
    samples: int
    labelled: int
    rejected: tuple[RejectedFile, ...] = ()
    not_looked_at: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, StoredFile]
    news: NewsRecord | None = None
    fingerprint: str = ""

    def __post_init__(self) -> None:
        shape = self.shape or ()
        if not all(size > 0 for size in shape) or prod(shape) > MOST_VALUES:
            raise refused(
                "shape", shape, phrase("Give sizes of at most {most:,} values.", most=MOST_VALUES)
            )
        if len(shape) > MOST_AXES:
            raise refused("shape", shape, phrase("Give at most {most} axes.", most=MOST_AXES))
        if self.chart is not None and self.history_bars != self.chart.history_bars:
            needed = self.chart.history_bars
            raise refused(
                "history_bars", self.history_bars, phrase("The chart needs {bars}.", bars=needed)
            )
        if self.stride_bars is not None and self.stride_bars < 1:
            raise refused("stride_bars", self.stride_bars, "Give 1 or more.")

    @property
    def sessions(self) -> SessionCalendar:
        """The calendar of the bars; sets made before it was kept go by UTC."""
        daily = (self.interval_seconds or 0) >= DAY_SECONDS
        return self.calendar or SessionCalendar(daily=daily)

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file by its name."""
        return {name: file.sha256 for name, file in self.files.items()}

    @property
    def stored_bars(self) -> int:
        """How many bars are stored."""
        return sum(self.files[name].rows for name in parts_in(self.files, BARS))

    def as_dict(self) -> dict[str, Any]:
        """The document that keeps it."""
        document = document_of(self, SCHEMA)
        said = [*SAID[self.storage].split(), *(["news"] if self.news else [])]
        return {name: document[name] for name in said}


def earlier_manifest(number: int) -> str:
    """The name of the manifest that a set had before it was extended for that time, from 0."""
    stem, _, suffix = MANIFEST.partition(".")
    return f"{stem}-{number:05}.{suffix}"


def fingerprint(document: Mapping[str, Any]) -> str:
    """SHA-256 of what a manifest says, its own fingerprint apart."""
    said = {name: value for name, value in document.items() if name != "fingerprint"}
    return hashlib.sha256(documents.to_json(said).encode()).hexdigest()


def read_manifest(path: Path, name: str = MANIFEST) -> Manifest:
    """Read what a sample set says of itself.

    Args:
        path: of the set.
        name: of the manifest: this one, or one before an extension.

    Raises:
        DataError: the folder is not a sample set, or one of another version, or a link in it
            leads out of it.
        IntegrityError: the manifest is damaged.
    """
    recover(path)
    source = path / name
    if not source.is_file():
        raise DataError(
            "this is not a sample set: it has no manifest.json."
            if path.exists()
            else "there is no such sample set.",
            where=str(path),
            remedy="Build one with: quantsig samples build BARS `out` FOLDER",
        )
    refuse_links(path)
    remedy = "Build the set again, or use the version of quantsig that wrote it."
    document = documents.read_document(source, SCHEMA, remedy=remedy)
    found = record_of(document, Manifest, source, remedy=remedy)
    unknown = [part for part in KNOWN[found.storage].split() if getattr(found, part) is None]
    if unknown:
        raise checksums.damaged(source, phrase("it does not say its {name}", name=unknown[0]))
    if found.storage == "bars" and found.drawing_version != DRAWING_VERSION:
        raise DataError(
            phrase(
                "drawn by version {drawn}; this is {version}.",
                drawn=found.drawing_version,
                version=DRAWING_VERSION,
            ),
            where=str(source),
            remedy="Build the set again from its bars.",
        )
    if INDEX not in found.files:
        raise checksums.damaged(source, phrase("it does not list {name}", name=INDEX))
    if found.fingerprint != fingerprint(document):  # another chart or label, perhaps
        raise checksums.damaged(source, "its fingerprint is not that of what it says")
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest with the fingerprint of all that it says; the set is then as it says."""
    named = replace(manifest, fingerprint=fingerprint(manifest.as_dict()))
    documents.write_json(folder / MANIFEST, named.as_dict())

"""Files: the user's against frames, and how fast a set opens."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.benchmarks import scan
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.pictures import antialiased
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.benchmarks.timing import medians
from quantsig.data.errors import DataError
from quantsig.data.samples.frames import record as frames
from quantsig.data.samples.legacy.reading import ReadingProcesses
from quantsig.data.samples.legacy.sample_file import BadSample, ReadLimits
from quantsig.data.samples.store import SampleSet
from quantsig.signals.benchmarks import legacy_format
from quantsig.signals.scoring.arithmetic import computed_in

KINDS = ("crisp", "antialiased")
FEW_VALUES = 16  # a picture of more is antialiased
REASONS = {
    "frames_smaller_crisp": "there is no picture of few values",
    "frames_smaller_antialiased": "there is no antialiased picture",
    "bars_bytes_per_sample": "the set stores frames",
    "scan_ms": scan.KEEPS_PAGES,
    "scan_process_s": scan.KEEPS_PAGES,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class UserFile:
    """What one of the user's files holds, how large that file is, and the same as a frame."""

    pixels: NDArray[Any]  # (C, H, W) float16
    legacy_bytes: int
    frame: bytes

    @property
    def kind(self) -> str:
        """Crisp where it has few values, else antialiased."""
        record = frames.open_record(self.frame)
        few = record.kind != frames.RAW and len(record.table) <= FEW_VALUES
        return "crisp" if few else "antialiased"


def pictures_of(samples: SampleSet, count: int) -> list[UserFile]:
    """Pictures spread over a set, and the files that the user would have had of them.

    Charts drawn from bars come crisp and antialiased, frames as they are.
    """
    ids = np.linspace(0, len(samples) - 1, count).astype(np.int64)
    pixels = list(samples.read(ids).astype(np.float16))
    if samples.drawn:
        pixels += list(antialiased(samples.matrix, samples.decision_rows[ids], samples.chart))
    return [
        UserFile(pixels=one, legacy_bytes=len(legacy_format.encode(one)), frame=frames.encode(one))
        for one in pixels
    ]


def read_files(paths: list[Path]) -> list[UserFile]:
    """The user's own files, read as the import reads them.

    Raises:
        DataError: a file is no sample.
    """
    with ReadingProcesses(1, ReadLimits()) as processes:
        return [_own(path, sample) for path, sample in processes.read(paths)]


def measure(
    pictures: list[UserFile], scale: Scale, *, opened: SampleSet | None = None
) -> BenchmarkFigures:
    """Every figure of storage.

    Args:
        pictures: written and read as files; those of the first kind are timed.
        scale: how often.
        opened: the set whose index is read; None: a synthetic one of 1-minute bars.
    """
    by_kind = {kind: [one for one in pictures if one.kind == kind] for kind in KINDS}
    sizes = {kind: _sizes(chosen) for kind, chosen in by_kind.items() if chosen}
    timed = next(iter(sizes))
    with computed_in(1):
        seconds = medians(_tasks(by_kind[timed]), scale.repetitions)
    figures = _opening(opened, scale) | {
        **{f"frames_smaller_{kind}": _smaller(sizes.get(kind)) for kind in KINDS},
        "encode_speedup": seconds["legacy_encode"] / seconds["frame_encode"],
        "decode_u8_speedup": seconds["legacy_decode"] / seconds["frame_decode"],
    }
    return BenchmarkFigures(
        figures=figures,
        missing={name: reason for name, reason in REASONS.items() if figures[name] is None},
        details={
            "timed_pictures": timed,
            **{f"{name}_ms": 1e3 * time for name, time in seconds.items()},
            **{f"{kind}_{of}": n for kind, size in sizes.items() for of, n in size.items()},
        },
        remarks=(
            "The user's format is a pickled dictionary of float16 planes under zstd level 15; what "
            "is timed was written here, of the same pictures as the frames.",
        ),
    )


def _own(path: Path, sample: Any) -> UserFile:
    if isinstance(sample, BadSample):
        raise DataError(
            f"this file is no sample: {sample}.",
            where=str(path),
            remedy="Take it out of the folder, or name fewer files with --files.",
        )
    return UserFile(
        pixels=frames.decode(sample.frame),
        legacy_bytes=path.stat().st_size,
        frame=sample.frame,
    )


def _sizes(pictures: list[UserFile]) -> dict[str, float]:
    return {
        "legacy_bytes": mean(one.legacy_bytes for one in pictures),
        "frame_bytes": mean(len(one.frame) for one in pictures),
    }


def _smaller(size: Mapping[str, float] | None) -> float | None:
    return size["legacy_bytes"] / size["frame_bytes"] if size else None


def _tasks(pictures: list[UserFile]) -> dict[str, Callable[[], object]]:
    """Each call handles the next picture in turn."""
    files = cycle([legacy_format.encode(one.pixels) for one in pictures])
    ours, theirs, framed = cycle(pictures), cycle(pictures), cycle(pictures)
    out = np.empty(pictures[0].pixels.shape, np.uint8)
    return {
        "legacy_encode": lambda: legacy_format.encode(next(theirs).pixels),
        "frame_encode": lambda: frames.encode(next(ours).pixels),
        "legacy_decode": lambda: legacy_format.decode(next(files)),
        "frame_decode": lambda: frames.decode_codes(next(framed).frame, out),
    }


def _opening(samples: SampleSet | None, scale: Scale) -> dict[str, float | None]:
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        if samples is None:
            samples = scan.minute_set(Path(folder) / "minutes", scale.scanned_samples)
        drawn = samples.drawn
        seconds = scan.scan_seconds(samples.path, scale.repetitions)
        return {
            "scan_ms": None if seconds is None else 1e3 * seconds,
            "scan_process_s": scan.fresh_process_seconds(samples.path, scale.repetitions),
            "bars_bytes_per_sample": scan.bytes_per_sample(samples) if drawn else None,
        }

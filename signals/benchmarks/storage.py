"""Files: the user's against frames, and how fast a set opens."""

import tempfile
from collections.abc import Callable, Mapping
from itertools import cycle
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.benchmarks import scan
from quantsig.data.benchmarks.measured import Measured
from quantsig.data.benchmarks.pictures import antialiased
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.benchmarks.timing import medians
from quantsig.data.samples import frames
from quantsig.data.samples.store import SampleSet
from quantsig.signals.benchmarks import legacy_format
from quantsig.signals.benchmarks.threads import one_thread

REASONS = {
    "frames_smaller_crisp": "the set has no pictures of few values",
    "frames_smaller_antialiased": "the set has no antialiased pictures",
    "bars_bytes_per_sample": "the set stores frames",
}
FEW_VALUES = 16  # a picture of more is antialiased
SCANS = 5

Picture = NDArray[np.float16]  # (C, H, W)


def measure(samples: SampleSet, scale: Scale, *, scan_it: bool) -> Measured:
    """Every figure of storage.

    Args:
        samples: whose pictures are written and read as files.
        scale: how much of them.
        scan_it: open and weigh this set; else a synthetic one of 1-minute bars.
    """
    kinds = _pictures(samples, scale.pictures)
    sizes = {kind: _sizes(pictures) for kind, pictures in kinds.items()}
    smaller = {kind: size["legacy_bytes"] / size["frame_bytes"] for kind, size in sizes.items()}
    kind = next(iter(kinds))
    with one_thread():
        seconds = medians(_tasks(kinds[kind]), scale.repetitions)
    opened = _open(samples if scan_it else None, scale)
    figures = opened | {
        "frames_smaller_crisp": smaller.get("crisp"),
        "frames_smaller_antialiased": smaller.get("antialiased"),
        "encode_speedup": seconds["legacy_encode"] / seconds["frame_encode"],
        "decode_u8_speedup": seconds["legacy_decode"] / seconds["frame_decode"],
    }
    return Measured(
        figures=figures,
        missing={name: reason for name, reason in REASONS.items() if figures[name] is None},
        details={
            "timed_pictures": kind,
            **{f"{name}_ms": 1e3 * value for name, value in seconds.items()},
            **{f"{name}_{unit}": n for name, size in sizes.items() for unit, n in size.items()},
        },
        remarks=(
            "The user's format is float16 planes, pickled, under zstd level 15; each file is made "
            "here from the same picture that the frame holds.",
        ),
    )


def _pictures(samples: SampleSet, count: int) -> Mapping[str, list[Picture]]:
    """Pictures spread over the set, by kind; drawn sets have both kinds."""
    ids = np.linspace(0, len(samples) - 1, count).astype(np.int64)
    if samples.manifest["storage"] == "bars":
        rows = samples.decision_rows[ids]
        return {
            "crisp": [picture.astype(np.float16) for picture in samples.read(ids)],
            "antialiased": list(antialiased(samples.matrix, rows, samples.chart)),
        }
    kinds: dict[str, list[Picture]] = {}
    for picture in samples.read(ids):
        kind = "crisp" if len(np.unique(picture)) <= FEW_VALUES else "antialiased"
        kinds.setdefault(kind, []).append(picture.astype(np.float16))
    return kinds


def _sizes(pictures: list[Picture]) -> dict[str, float]:
    return {
        "legacy_bytes": mean(len(legacy_format.encode(picture)) for picture in pictures),
        "frame_bytes": mean(len(frames.encode(picture)) for picture in pictures),
    }


def _tasks(pictures: list[Picture]) -> dict[str, Callable[[], object]]:
    """Each call handles the next picture in turn."""
    legacy = cycle([legacy_format.encode(picture) for picture in pictures])
    framed = cycle([frames.encode(picture) for picture in pictures])
    ours, theirs = cycle(pictures), cycle(pictures)
    out = np.empty(pictures[0].shape, np.uint8)
    return {
        "legacy_encode": lambda: legacy_format.encode(next(theirs)),
        "frame_encode": lambda: frames.encode(next(ours)),
        "legacy_decode": lambda: legacy_format.decode(next(legacy)),
        "frame_decode": lambda: frames.decode_codes(next(framed), out),
    }


def _open(samples: SampleSet | None, scale: Scale) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        if samples is None:
            samples = scan.minute_set(Path(folder) / "minutes", scale.scanned_samples)
        return {
            "scan_ms": 1e3 * scan.scan_seconds(samples.path, SCANS),
            "scan_process_s": scan.fresh_process_seconds(samples.path, SCANS),
            "bars_bytes_per_sample": (
                scan.bytes_per_sample(samples) if samples.manifest["storage"] == "bars" else None
            ),
        }

"""How long it takes to open a sample set and read every label, from the disk."""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.minute_bars import minute_bars
from quantsig.data.charts.spec import INTRADAY
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet, open_samples

SYMBOLS = 4
DROPS_PAGES = hasattr(os, "posix_fadvise")
KEEPS_PAGES = "this system does not forget what it holds of a file"
FRESH_PROCESS = """
import sys
from pathlib import Path
from quantsig.data.samples.store import open_samples
open_samples(Path(sys.argv[1])).index["label"].to_numpy()
"""


def minute_set(folder: Path, samples: int) -> SampleSet:
    """A set of storage `bars` over synthetic 1-minute bars, a sample at every bar.

    Args:
        folder: to write.
        samples: how many; a multiple of four, one share for each of four symbols.
    """
    each = samples // SYMBOLS + INTRADAY.history_bars - 1
    checked = check_bars(minute_bars(each, SYMBOLS))
    return build_samples(checked, folder, chart=INTRADAY, label=LabelSpec())


def bytes_per_sample(samples: SampleSet) -> float:
    """Bytes of all the set's files, bars and manifest included, over its samples."""
    return sum(file.stat().st_size for file in _files(samples.path)) / len(samples)


def scan_seconds(folder: Path, repetitions: int) -> float | None:
    """Median seconds to open a set and read all labels in this process, its pages dropped.

    None where the system drops no pages when asked, which only Linux does.
    """
    if not DROPS_PAGES:
        return None
    seconds = []
    for _ in range(repetitions):
        drop_pages(folder)
        start = time.perf_counter()
        open_samples(folder).index["label"].to_numpy()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def fresh_process_seconds(folder: Path, repetitions: int) -> float | None:
    """The same in a process that starts, imports what it needs, and ends."""
    if not DROPS_PAGES:
        return None
    seconds = []
    for _ in range(repetitions):
        drop_pages(folder)
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", FRESH_PROCESS, str(folder)], check=True)
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def drop_pages(folder: Path) -> None:
    """Make the system forget what it holds of a set's files, so that they are read again."""
    for file in _files(folder):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # only clean pages can be dropped
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]

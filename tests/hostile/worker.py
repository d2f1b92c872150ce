"""Reads damaged files until time or cases are over; what it is at stands in a file beside.

    python -m tests.hostile.worker FOLDER SEED CASES SECONDS [KIND ...]

Each line on stdout is a kind with its cases and failures, or a failure. SIGTERM ends it after the
case that it is at, with the count of those that were read.
"""

import json
import os
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from quantsig.data.errors import QuantsigError
from tests.hostile.mutations import mutated
from tests.hostile.readers import Reader, readers

AT = "at"  # the file that names the case
MODULES = ("quantsig", "encodings", "polars", "pyarrow", "numpy", "zoneinfo", "tests")


def main(folder: Path, seed: int, cases: int, seconds: float, wanted: list[str]) -> None:
    """Read kinds in turn, so many cases each."""
    warnings.simplefilter("ignore")
    os.chdir(folder)
    known = readers(folder / "workspace")
    kinds = {name: known[name] for name in wanted or known}
    for reader in kinds.values():
        _warm(reader, folder / "workspace")
    modules, base = set(sys.modules), _peak_mb()
    done: Counter[str] = Counter()
    end = time.process_time() + seconds
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    for number, (name, reader) in enumerate(_turns(kinds, cases)):
        if stopped or time.process_time() > end:
            break
        case = seed + number
        (folder / AT).write_text(f"{name} {case}")
        done[name] += 1
        failure = read_case(reader, folder / "workspace", case)
        if failure:
            _say({"kind": name, "case": case, "failure": failure})
    foreign = sorted(
        name for name in set(sys.modules) - modules if name.partition(".")[0] not in MODULES
    )
    grown = _peak_mb() - base
    _say({"done": done, "foreign": foreign, "grown_mb": round(grown)})


def _turns(kinds: dict[str, Reader], cases: int) -> Iterator[tuple[str, Reader]]:
    for _ in range(cases):
        yield from kinds.items()


def _warm(reader: Reader, work: Path) -> None:
    """The whole file is read, so that what it takes is loaded."""
    place = work / reader.place
    before = place.read_bytes() if place.is_file() else None
    for content in reader.seeds[:1]:
        place.write_bytes(content)
        reader.signed(place)
        reader.read(place)
    if before is not None:
        place.write_bytes(before)


def read_case(reader: Reader, work: Path, case: int) -> str | None:
    """Damage the file as the case says and read it; what went wrong, None where nothing did."""
    return read_content(reader, work, mutated(Random(case), reader.seeds, reader.mutations))


def read_content(reader: Reader, work: Path, content: bytes) -> str | None:
    """Read a file with this content and put back what was there; what went wrong, or None."""
    place = work / reader.place
    kept = {
        path: path.read_bytes()
        for path in (place, place.with_name("manifest.json"))
        if path.is_file()
    }
    place.write_bytes(content)
    reader.signed(place)
    try:
        reader.read(place)
    except QuantsigError:
        return None
    except reader.allowed:
        return None
    except BaseException as error:
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if "tests" not in Path(frame.filename).parts
        ]
        said = f"{type(error).__name__}: {error}"[:200]
        ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
        return f"{said} | {Path(ours[-1].filename).name}:{ours[-1].lineno}"
    finally:
        for path, before in kept.items():
            path.write_bytes(before)
    return None


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    where, first, most, limit, *names = sys.argv[1:]
    main(Path(where), int(first), int(most), float(limit), names)

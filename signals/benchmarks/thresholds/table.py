"""Time and memory of the trade-off table, in a process of its own."""

import json
import os
import subprocess
import sys
import time
from statistics import median

import numpy as np

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.peak import peak_mb
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.machine import UNKNOWN_MEMORY
from quantsig.signals.curves import ranking
from quantsig.signals.significance.label_days import DAY
from quantsig.signals.thresholds.scored_rows import ScoredRows
from quantsig.signals.thresholds.trade_off import candidates, trade_off

DAYS = 1000
LABEL_DAYS = 5
LIBRARIES = ("OMP", "OPENBLAS", "MKL")
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in LIBRARIES} | {"POLARS_MAX_THREADS": "1"}


def measure(scale: Scale) -> BenchmarkFigures:
    """Tabulate in a fresh process with one thread, for its memory is what is measured."""
    command = (sys.executable, "-m", __name__, str(scale.scored_rows), str(scale.repetitions))
    answer = subprocess.run(
        command, env=os.environ | ONE_THREAD, check=True, capture_output=True, text=True
    )
    found = json.loads(answer.stdout)
    return BenchmarkFigures(
        figures={"table_seconds": found["seconds"], "peak_mb": found["peak_mb"]},
        missing={} if found["peak_mb"] is not None else {"peak_mb": UNKNOWN_MEMORY},
        details={"rows": scale.scored_rows, "thresholds": found["thresholds"], "days": DAYS},
    )


def million(rows: int, seed: int = 0) -> ScoredRows:
    """Scored rows of 1,000 days whose labels run five days."""
    random = np.random.default_rng(seed)
    probability = 1.0 / (1.0 + np.exp(2.5 - random.standard_normal(rows)))
    decided = np.sort(random.integers(0, DAYS, rows)) * DAY
    return ScoredRows(
        probability=probability,
        happened=random.random(rows) < probability,
        forward_return=random.normal(0.0, 0.02, rows),
        decided=decided,
        ended=decided + LABEL_DAYS * DAY,
    )


def tabulate(rows: ScoredRows) -> int:
    """What `quantsig thresholds` computes of all rows; returns the number of thresholds."""
    table = trade_off(rows, candidates(rows.probability), cost_fraction=4e-4)
    ranking(rows.happened, rows.probability)
    return table.height


def main(rows: int, repetitions: int) -> None:
    """Print seconds (the median), memory and thresholds as JSON."""
    scored = million(rows)
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        thresholds = tabulate(scored)
        seconds.append(time.perf_counter() - start)
    answer = {"seconds": median(seconds), "peak_mb": peak_mb(), "thresholds": thresholds}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""A run folder that holds predictions and nothing else, made by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from quantsig.data.storage import parquet
from quantsig.signals.layout import PREDICTIONS, RECORD
from quantsig.signals.run_record import SampleSource, write_run_record
from quantsig.signals.runs import Run
from tests.run_records import run_record

START = datetime(2024, 1, 1, tzinfo=UTC)


def predictions(split: str, start: datetime, days: int, worth: float) -> pl.DataFrame:
    """Two samples a day; the event follows the probability as far as it is worth something."""
    random = np.random.default_rng(days)
    probability = random.random(2 * days)
    happened = random.random(2 * days) < worth * probability
    times = [start + timedelta(days=row // 2) for row in range(2 * days)]
    return pl.DataFrame(
        {
            "sample_id": np.arange(2 * days),
            "symbol": ["A", "B"] * days,
            "decision_time": times,
            "label_end": [time + timedelta(hours=5) for time in times],
            "split": split,
            "label": happened.astype(float),
            "forward_return": np.where(happened, 0.02, -0.01),
            "direction": 1,
            "score": np.log(probability / (1 - probability)),
            "probability": probability,
        }
    ).with_columns(pl.col("decision_time", "label_end").dt.cast_time_unit("us"))


def scored_run(path: Path, days: int = 300) -> Run:
    """A run whose scores are right on calibration days and worth 60 % of that on test days."""
    path.mkdir(parents=True)
    later = START + timedelta(days=days + 100)
    frame = pl.concat(
        [predictions("calibration", START, days, 1.0), predictions("test", later, days, 0.6)]
    )
    parquet.write_parquet(path / PREDICTIONS, frame)
    samples = SampleSource(fingerprint="f", path=str(path / "gone"))
    record = run_record(run_id=path.name, created=START.isoformat(), samples=samples)
    write_run_record(path / RECORD, record)
    return Run(path=path, record=record)

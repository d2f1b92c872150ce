"""A run.json made by hand, for tests that need one field of it."""

from typing import Any

from quantsig.data.label_spec import LabelSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.run_record import RunRecord, SampleSource
from quantsig.signals.shape import ModelRecord, ModelShape

SHAPE = ModelShape(planes=1, height=8, width=16, bar_pixels=4, outputs=2)


def run_record(**changes: Any) -> RunRecord:
    """The record of a small run, with some fields of the caller's."""
    fields: dict[str, Any] = {
        "run_id": "one",
        "trial_id": "t",
        "created": "2024-01-01T00:00:00+00:00",
        "samples": SampleSource(path="gone", fingerprint="f"),
        "model": ModelRecord(name="small", shape=SHAPE),
        "classes": ("rest", "rise"),
        "chart": None,
        "label": LabelSpec(),
        "splits": SplitSpec(),
        "cut_times": (60, 70, 85),
        "loss": "cross_entropy",
        "epochs": 1,
        "seed": 37,
        "best_epoch": 0,
        "files": {},
    }
    return RunRecord(**(fields | changes))

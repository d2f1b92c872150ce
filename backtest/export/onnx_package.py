"""A run as a folder that needs neither quantsig nor torch: its network in ONNX, and a card."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantsig.backtest.export.card import card_of
from quantsig.backtest.record import read_stats
from quantsig.data.errors import DataError
from quantsig.data.split_spec import CALIBRATION
from quantsig.data.storage import atomic
from quantsig.data.storage.documents import write_json
from quantsig.data.storage.records import plain
from quantsig.signals.calibration.calibrators import calibrator_numbers
from quantsig.signals.export.probability_graph import (
    INPUT,
    OUTPUTS,
    graph_of,
    inputs_of,
    refuse_without_onnx,
    write_onnx,
)
from quantsig.signals.layout import BACKTEST, STATS
from quantsig.signals.models import find_model
from quantsig.signals.runs import Run
from quantsig.signals.seal import sealed

SCHEMA = "quantsig.onnx/1"
MODEL, DOCUMENT, CARD, EXAMPLE = "network.onnx", "network.json", "card.md", "example.py"
INPUTS, PROBABILITIES = "inputs.npy", "probabilities.npy"
STORED = 8  # calibration rows whose inputs are stored beside
SCRIPT = '''"""Probabilities of the stored inputs, with onnxruntime and numpy alone."""

import json
from pathlib import Path

import numpy as np
import onnxruntime

here = Path(__file__).parent
about = json.loads((here / "network.json").read_text(encoding="utf-8"))
session = onnxruntime.InferenceSession(here / "network.onnx")
inputs = np.load(here / "inputs.npy")
outputs, score, probability = session.run(None, {about["input"]: inputs})
expected = np.load(here / "probabilities.npy")
print("probabilities", probability.round(4).tolist())
print("largest difference from the run's", float(np.abs(probability - expected).max()))
if about["threshold"] is not None:
    print("signals", (probability >= about["threshold"]).tolist())
'''


def export_onnx(run: Run, target: Path, *, force: bool = False) -> Path:
    """Write the folder.

    Args:
        run: opened.
        target: the folder.
        force: replace one that exists.

    Raises:
        UsageError: the packages that write ONNX are missing, or the folder exists.
        DataError: the run was made of scores, has no calibration rows to store as an example, or
            its model cannot be written.
    """
    run.refuse_untrained("there is no network to write")
    refuse_without_onnx()
    rows = run.predictions().filter(pl.col("split") == CALIBRATION).head(STORED)
    if len(rows) < 2:
        raise DataError(
            "this run kept no rows for calibration, whose inputs would be stored as an example.",
            where=str(run.path),
            remedy="Train with a calibration split.",
        )
    inputs = inputs_of(run, rows["sample_id"].to_numpy())
    choice, stats = run.choice(), run.path / BACKTEST / STATS
    with atomic.replacing_folder(target, force=force) as folder:
        write_onnx(folder / MODEL, graph_of(run), inputs)
        write_json(folder / DOCUMENT, _document(run, inputs))
        traded = read_stats(stats) if sealed(stats).is_file() else None
        atomic.write_text(folder / CARD, card_of(run, choice, traded))
        atomic.write_text(folder / EXAMPLE, SCRIPT)
        np.save(folder / INPUTS, inputs)
        np.save(folder / PROBABILITIES, rows["probability"].to_numpy())
    return target


def _document(run: Run, inputs: np.ndarray) -> dict[str, Any]:
    record, choice = run.record, run.choice()
    return {
        "schema": SCHEMA,
        "run_id": run.run_id,
        "model": record.model.name,
        "input": INPUT,
        "input_shape": list(inputs.shape[1:]),
        "input_dtype": str(inputs.dtype),
        "outputs": list(OUTPUTS),
        "classes": list(record.classes),
        "reads": find_model(run.model.name).reads,
        "planes": list(record.chart.planes) if record.chart else None,
        "chart": record.chart.as_dict() if record.chart else None,
        "drawing_version": record.drawing_version,
        "calibrator": calibrator_numbers(run.calibrator()),
        "prior_shift": record.prior_shift,
        "threshold": choice.threshold if choice else None,
        "label": plain(record.label),
    }

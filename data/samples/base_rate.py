"""Whether the event is common enough to learn and rare enough to mean something.

Told from the training rows alone, whose labels end before any other split begins.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.label_spec import LabelSpec
from quantsig.data.labels import Prices, make_labels
from quantsig.data.language.messages import phrase, term
from quantsig.data.samples.matrix import MATRIX_COLUMNS
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec

LEAST, MOST, WANTED = 0.01, 0.60, 0.10  # shares of the training rows
HALVINGS = 18  # of a range of 10 ** 8: the setting is found to a thousandth
RANGES = {"volatility": 1e2, "fraction": 1e0}  # the largest setting that is tried
DIGITS = 3  # of the setting that is proposed
NEAR = 0.02  # how far from the wanted rate a proposed setting may end


def base_rate_remark(samples: SampleSet, splits: SplitSpec) -> str | None:
    """What to say of a base rate outside 1 to 60 %; None where there is nothing to say.

    Args:
        samples: of storage bars, whose label has classes.
        splits: where training ends.

    Returns:
        A sentence with the rate of the training rows and, where there is one, the setting that
        would give 10 %.
    """
    if not samples.classes:
        return None
    try:
        chosen = (samples.with_splits(splits)["split"] == "train").fill_null(False)
    except DataError:
        return None  # too few to split, which training says
    event = len(samples.classes) - 1
    rows = samples.index.filter(chosen)
    rate = int((rows["label"] == event).sum()) / max(len(rows), 1)
    if LEAST <= rate <= MOST:
        return None
    why = term("too few to learn from" if rate < LEAST else "so a signal says little")
    setting = _setting_for(samples, chosen) if samples.drawn else None
    if setting is None:
        return phrase(
            "the event makes {rate:.2%} of the training rows, {why}; another label or horizon is "
            "needed.",
            rate=rate,
            why=why,
        )
    return phrase(
        "the event makes {rate:.2%} of the training rows, {why}; about {wanted:.0%} would with: "
        "{setting}",
        rate=rate,
        why=why,
        wanted=WANTED,
        setting=setting,
    )


def _setting_for(samples: SampleSet, chosen: pl.Series) -> str | None:
    """The setting of the label that gives the wanted rate."""
    spec = samples.label
    name, unit = _setting_of(spec)
    if name is None:
        return None
    rows = np.flatnonzero(chosen.to_numpy())
    prices = dict(_prices(samples))
    low, high = 1e-8 * RANGES[unit], RANGES[unit]
    for _ in range(HALVINGS):
        middle = float(np.sqrt(low * high))
        above = _rate(samples, prices, rows, _with(spec, name, middle)) > WANTED
        low, high = (middle, high) if above else (low, middle)
    value = float(f"{high:.{DIGITS}g}")
    if abs(_rate(samples, prices, rows, _with(spec, name, value)) - WANTED) > NEAR:
        return None
    return f"`label.{name}` {value:g}"


def _with(spec: LabelSpec, name: str, value: float) -> LabelSpec:
    changed: dict[str, Any] = {name: value}
    return replace(spec, **changed)


def _setting_of(spec: LabelSpec) -> tuple[str | None, str]:
    """The field that decides how rare the event is, and its unit."""
    if spec.name == "triple_barrier":
        return "target", spec.barrier_unit
    if spec.name not in ("rise", "three_way"):
        return None, ""
    name = "flat" if spec.name == "three_way" else "rise"
    in_fractions = getattr(spec, f"{name}_fraction") is not None
    return (f"{name}_fraction", "fraction") if in_fractions else (name, spec.barrier_unit)


def _rate(
    samples: SampleSet,
    prices: Mapping[str, Prices],
    rows: NDArray[np.int64],
    spec: LabelSpec,
) -> float:
    """The share of rows whose event happens under a label."""
    index, event = samples.index[rows], len(samples.classes) - 1
    hits = 0
    for symbol, of_symbol in index.group_by("symbol"):
        labels = make_labels(prices[str(symbol[0])], spec).label
        hits += int((labels[of_symbol["bar"].to_numpy()] == event).sum())
    return hits / max(len(rows), 1)


def _prices(samples: SampleSet) -> Iterator[tuple[str, Prices]]:
    """Adjusted prices of each symbol."""
    values = samples.matrix.values
    ends = list(accumulate(samples.symbol_bars.values()))
    for name, bars, end in zip(
        samples.symbol_bars, samples.symbol_bars.values(), ends, strict=True
    ):
        own = values[end - bars : end]
        factor = own[:, MATRIX_COLUMNS.index("adjustment")]
        yield (
            name,
            Prices(
                **{
                    column: own[:, MATRIX_COLUMNS.index(column)] * factor
                    for column in ("open", "high", "low", "close")
                }
            ),
        )

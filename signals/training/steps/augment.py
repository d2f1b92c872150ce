"""What training samples are varied by, a pure function of seed and epoch.

A chart may end some bars before its decision and its prices may be jittered; both look back only.
Dropped planes are blanked by the training step.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix
from quantsig.data.errors import ConfigError
from quantsig.data.samples.matrix import MATRIX_COLUMNS
from quantsig.data.samples.store import SampleSet
from quantsig.signals.inputs.feed import Feed
from quantsig.signals.training.settings import AugmentSettings

SHIFT, NOISE = 1, 2  # the streams of random numbers
PRICES = [MATRIX_COLUMNS.index(name) for name in ("open", "high", "low", "close")]
CLOSE = MATRIX_COLUMNS.index("close")

FeedOf = Callable[[SampleSet], Feed]


def augmented(
    samples: SampleSet,
    train_ids: NDArray[np.int64],
    settings: AugmentSettings,
    seed: int,
    feed_of: FeedOf,
) -> Callable[[int], Feed]:
    """How the training samples of an epoch are fed.

    Args:
        samples: the sample set.
        train_ids: of the training split; later bars say nothing about the size of the noise.
        settings: what is varied.
        seed: same seed and epoch, same variation.
        feed_of: feeds a sample set.

    Raises:
        ConfigError: the samples are pictures, whose bars are not known.
    """
    if not settings.shift_bars and not settings.noise:
        plain = feed_of(samples)
        return lambda epoch: plain
    if not samples.drawn:
        raise ConfigError(
            "imported pictures cannot be shifted by bars or drawn with noise.",
            where="augment.shift_bars, augment.noise",
            remedy="Set both to 0; augment.drop_planes works on any samples.",
        )
    deviations = _deviations(samples, train_ids) if settings.noise else None

    def of_epoch(epoch: int) -> Feed:
        matrix, rows = samples.matrix, samples.decision_rows
        if settings.shift_bars:
            rows = _shifted(
                samples, settings.shift_bars, np.random.default_rng([seed, SHIFT, epoch])
            )
        if deviations is not None:
            random = np.random.default_rng([seed, NOISE, epoch])
            matrix = _jittered(matrix, settings.noise * deviations, random)
        return feed_of(samples.seen_as(matrix, rows))

    return of_epoch


def refuse_shared(settings: AugmentSettings) -> None:
    """Refuse what varies samples one by one where all symbols of a time are drawn together.

    Raises:
        ConfigError: such is set.
    """
    if settings.shift_bars or settings.drop_planes:
        raise ConfigError(
            "samples that are drawn together cannot be shifted or blanked one by one.",
            where="augment.shift_bars, augment.drop_planes",
            remedy="Set both to 0; augment.noise works on all bars.",
        )


def _shifted(samples: SampleSet, most: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Decision rows up to `most` bars earlier, where there is history enough for the chart."""
    spare = samples.index["bar"].to_numpy().astype(np.int64) - (samples.chart.history_bars - 1)
    back = random.integers(0, most + 1, len(samples))
    rows: NDArray[np.int64] = samples.decision_rows - np.minimum(back, np.maximum(spare, 0))
    return rows


def _jittered(
    matrix: BarMatrix, deviations: NDArray[np.float64], random: np.random.Generator
) -> BarMatrix:
    """The bars with all four prices of a bar multiplied by exp of one normal number."""
    values = matrix.values.copy()
    factor = np.exp(deviations * random.standard_normal(len(values)))
    values[:, PRICES] *= factor[:, None].astype(values.dtype)
    return replace(matrix, values=values)


def _deviations(samples: SampleSet, train_ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """(rows,) standard deviation of one-bar log returns of each bar's symbol.

    Taken from the bars up to the symbol's last training decision; 0 where there are none.
    """
    close = samples.matrix.values[:, CLOSE].astype(np.float64)
    decided = samples.decision_rows[train_ids]
    deviations, first = np.zeros(len(close)), 0
    for bars in samples.symbol_bars.values():
        after = first + bars
        inside = decided[(decided >= first) & (decided < after)]
        if len(inside):
            returns = np.diff(np.log(close[first : inside.max() + 1]))
            deviations[first:after] = returns.std() if len(returns) else 0.0
        first = after
    return deviations

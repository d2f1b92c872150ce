"""How well probabilities come true: scores, their decomposition, and the reliability curve."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from quantsig.signals.significance.intervals import effective_rows, wilson_bounds

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
RELIABILITY_BINS = 10
LEAST = 1e-15  # a probability of 0 or 1 that was wrong costs 34.5 nats, not infinity


@dataclass(frozen=True, kw_only=True, slots=True)
class Decomposition:
    """score = reliability - resolution + uncertainty + within_bins.

    Murphy (1973, "A new vector partition of the probability score") for the Brier score; with
    divergences in place of squares for the log loss (Brocker 2009, "Reliability, sufficiency,
    and the decomposition of proper scores"). The parts are those of bins of equal counts;
    `within_bins` is what binning leaves, since forecasts differ inside a bin.
    """

    score: float
    reliability: float  # distance of forecast and observed share; 0 is best
    resolution: float  # distance of the bins' observed shares from the base rate; high is good
    uncertainty: float  # the score of always saying the base rate
    within_bins: float


def brier_decomposition(probability: Floats, happened: Flags) -> Decomposition:
    """Of the mean squared distance of probability (n,) and outcome (n,)."""
    size, forecast, observed, rate = _binned(probability, happened)
    return _decomposition(
        score=float(np.square(probability - happened).mean()),
        reliability=float((size * (forecast - observed) ** 2).sum()),
        resolution=float((size * (observed - rate) ** 2).sum()),
        uncertainty=rate * (1 - rate),
    )


def log_loss_decomposition(probability: Floats, happened: Flags) -> Decomposition:
    """Of the mean negative log of the probability of what came, in nats."""
    size, forecast, observed, rate = _binned(probability, happened)
    said = np.clip(np.where(happened, probability, 1.0 - probability), LEAST, 1.0)
    base = np.full(len(size), rate)
    return _decomposition(
        score=float(-np.log(said).mean()),
        reliability=float(
            (size * _divergence(observed, np.clip(forecast, LEAST, 1 - LEAST))).sum()
        ),
        resolution=float((size * _divergence(observed, base)).sum()),
        uncertainty=float(-xlogy(rate, rate) - xlogy(1 - rate, 1 - rate)),
    )


def quality(before: Floats, after: Floats, happened: Flags) -> dict[str, Any]:
    """Both scores before and after, each with its decomposition, by the names of the file."""
    found: dict[str, Any] = {}
    kinds = {"brier": brier_decomposition, "log_loss": log_loss_decomposition}
    for name, decompose in kinds.items():
        for when, probability in (("before", before), ("after", after)):
            parts = decompose(probability, happened)
            found[f"{name}_{when}"] = parts.score
            found[f"{name}_{when}_parts"] = {
                part: value for part, value in asdict(parts).items() if part != "score"
            }
    return found


def reliability(
    before: Floats, after: Floats, happened: Flags, block: NDArray[np.int64] | None = None
) -> list[dict[str, float]]:
    """Observed against predicted frequency in bins of equal counts.

    Args:
        before: (n,) probabilities as the model says them.
        after: (n,) calibrated; their order makes the bins.
        happened: (n,) whether the event happened.
        block: (n,) stretch of time of each row; None takes the rows as independent.

    Returns:
        A row per bin; the 90 % interval of the observed share is Wilson's on the effective
        number of rows, an estimate from how the stretches differ.
    """
    rows = []
    for part in _bins(after):
        count, hits = float(len(part)), float(happened[part].sum())
        effective = count if block is None else _effective(happened[part], block[part])
        low, high = wilson_bounds(np.array([hits / count * effective]), np.array([effective]))
        rows.append(
            {
                "bin_low": float(after[part].min()),
                "bin_high": float(after[part].max()),
                "count": len(part),
                "effective_count": effective,
                "mean_before": float(before[part].mean()),
                "mean_after": float(after[part].mean()),
                "observed": float(happened[part].mean()),
                "observed_low": float(low[0]),
                "observed_high": float(high[0]),
            }
        )
    return rows


def _bins(probability: Floats) -> list[NDArray[np.int64]]:
    """Rows of each bin, from the lowest probabilities up."""
    order = np.argsort(probability, kind="stable")
    return np.array_split(order, min(RELIABILITY_BINS, len(order)))


def _binned(probability: Floats, happened: Flags) -> tuple[Floats, Floats, Floats, float]:
    """Share of rows, mean forecast and observed share of each bin, and the base rate."""
    bins = _bins(probability)
    size = np.array([len(part) for part in bins]) / len(probability)
    forecast = np.array([probability[part].mean() for part in bins])
    observed = np.array([happened[part].mean() for part in bins])
    return size, forecast, observed, float(happened.mean())


def _decomposition(
    *, score: float, reliability: float, resolution: float, uncertainty: float
) -> Decomposition:
    return Decomposition(
        score=score,
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within_bins=score - (reliability - resolution + uncertainty),
    )


def _divergence(share: Floats, forecast: Floats) -> Floats:
    """Kullback-Leibler divergence of two shares in nats."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = xlogy(share, share / forecast) + xlogy(
            1 - share, (1 - share) / (1 - forecast)
        )
    return found


def _effective(happened: Flags, block: NDArray[np.int64]) -> float:
    _, number = np.unique(block, return_inverse=True)
    rows = np.bincount(number).astype(np.float64)[:, None]
    hits = np.bincount(number, weights=happened).astype(np.float64)[:, None]
    return float(effective_rows(hits, rows)[0])

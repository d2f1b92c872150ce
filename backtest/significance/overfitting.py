"""The probability of backtest overfitting, by combinatorially symmetric cross-validation.

Bailey, Borwein, López de Prado and Zhu, "The probability of backtest overfitting", Journal of
Computational Finance 20(4), 2017. Time is cut into blocks; for every half of them the strategy
with the best Sharpe ratio there is ranked by its Sharpe ratio in the other half. Where the best
is no better than the median there, the choice was overfitted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.messages import BacktestSentence
from quantsig.data.errors import DataError, refused
from quantsig.data.language.messages import phrase, term

BLOCKS = 16
FEWEST_SESSIONS = 2  # of a block
BATCH = 2_000_000  # Sharpe ratios held at a time
STILL = 1e-12  # share of the mean square at or below which the variance is rounding


@dataclass(frozen=True, kw_only=True, slots=True)
class Overfitting:
    """How often the best strategy of one half of the time fails in the other."""

    probability: float  # share of the splits in which it is no better than the median
    loss_probability: float  # share of the splits in which its mean return there is below zero
    slope: float | None  # of its Sharpe ratio there on that here; None where that never varies
    logits: Floats  # (splits,) log-odds of its rank there, from below
    strategies: int
    blocks: int

    @property
    def splits(self) -> int:
        """Ways to take half of the blocks."""
        return len(self.logits)


def overfitting(returns: Floats, times: Integers, *, blocks: int = BLOCKS) -> Overfitting:
    """The probability of overfitting of strategies whose returns are known.

    Args:
        returns: (strategies, times).
        times: (times,) of the returns; tells a transposed matrix.
        blocks: of time, even.

    Raises:
        DataError: the matrix is transposed, holds what is no number, or has too few times.
    """
    _check_shape(returns, times)
    edges = np.rint(np.linspace(0, returns.shape[1], blocks + 1)).astype(np.int64)[:-1]
    return overfitting_from_blocks(
        np.add.reduceat(returns, edges, axis=1),
        np.add.reduceat(returns**2, edges, axis=1),
        np.diff(np.append(edges, returns.shape[1])),
    )


def overfitting_from_blocks(sums: Floats, squares: Floats, counts: Integers) -> Overfitting:
    """The same from the moments of each block, without the returns.

    A strategy whose returns vary in no block is left out. The rank of the best among N is the
    mean of its possible ranks where others equal it, over N + 1.

    Args:
        sums: (strategies, blocks) of the returns.
        squares: (strategies, blocks) of the squared returns.
        counts: (blocks,) returns of each block.

    Raises:
        DataError: the matrix is transposed, too few strategies vary, or blocks are too short.
    """
    _check_blocks(sums, squares, counts)
    varying = (squares > 0).any(axis=1)
    if varying.sum() < 2:
        raise DataError(
            BacktestSentence.FEW_STRATEGIES_TRADED(n=int(varying.sum()), all=len(sums)),
            where=term("probability of backtest overfitting"),
            remedy="Sweep over more settings, or lower thresholds.",
        )
    found = [
        _ranked(*pair)
        for pair in _halves(sums[varying], squares[varying], counts.astype(np.float64))
    ]
    ranks, here, there = (np.concatenate(column) for column in zip(*found, strict=True))
    share = ranks / (varying.sum() + 1)
    logits = np.log(share / (1.0 - share))
    return Overfitting(
        probability=float((logits <= 0).mean()),
        loss_probability=float((there < 0).mean()),
        slope=float(np.polyfit(here, there, 1)[0]) if np.ptp(here) > 0 else None,
        logits=logits,
        strategies=int(varying.sum()),
        blocks=len(counts),
    )


def _halves(sums: Floats, squares: Floats, counts: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Sharpe ratios (splits, strategies) of a half and of the other, each half once in turn."""
    blocks = len(counts)
    picks = list(combinations(range(blocks), blocks // 2))
    picks = picks[: len(picks) // 2]  # the others are their complements, in reverse
    chosen = np.zeros((len(picks), blocks))
    np.put_along_axis(chosen, np.array(picks), 1.0, axis=1)
    batch = max(1, BATCH // len(sums))
    for start in range(0, len(chosen), batch):
        some = chosen[start : start + batch]
        one = _sharpe(some @ sums.T, some @ squares.T, (some @ counts)[:, None])
        rest = 1.0 - some
        other = _sharpe(rest @ sums.T, rest @ squares.T, (rest @ counts)[:, None])
        yield one, other
        yield other, one


def _sharpe(sums: Floats, squares: Floats, counts: Floats) -> Floats:
    """Mean over standard deviation, 0 where there is none: nothing was traded then."""
    mean, square = sums / counts, squares / counts
    variance = square - mean**2
    varies = variance > STILL * square
    ratio: Floats = np.where(varies, mean / np.sqrt(np.where(varies, variance, 1.0)), 0.0)
    return ratio


def _ranked(here: Floats, there: Floats) -> tuple[Floats, Floats, Floats]:
    """Of the best strategy of each split its rank there, and its Sharpe ratios here and there."""
    best = here.argmax(axis=1)[:, None]
    reached = np.take_along_axis(there, best, axis=1)
    below, equal = (there < reached).sum(axis=1), (there == reached).sum(axis=1)
    ranks = below + (equal + 1.0) / 2.0
    return ranks, np.take_along_axis(here, best, axis=1)[:, 0], reached[:, 0]


def _check_shape(returns: NDArray[Any], times: Integers) -> None:
    where = "probability of backtest overfitting"
    if returns.ndim != 2 or returns.shape[1] != len(times):
        turned = returns.ndim == 2 and returns.shape[0] == len(times)
        raise DataError(
            phrase(
                "the returns have shape {shape}, but there are {times} times.",
                shape=str(returns.shape),
                times=len(times),
            ),
            where=where,
            remedy="The matrix is transposed: give strategies x times."
            if turned
            else "Give a row a strategy and a column a time.",
        )
    if not np.isfinite(returns).all():
        raise DataError(
            "a return is no number.", where=where, remedy="Leave out strategies without returns."
        )


def _check_blocks(sums: Floats, squares: Floats, counts: Integers) -> None:
    blocks = len(counts)
    if blocks < 2 or blocks % 2:
        raise refused("overfitting.blocks", blocks, "Give an even number, such as 16.")
    if sums.shape != squares.shape or sums.shape[1:] != counts.shape:
        raise DataError(
            phrase(
                "sums of shape {sums} and {squares} do not fit {blocks} blocks.",
                sums=str(sums.shape),
                squares=str(squares.shape),
                blocks=blocks,
            ),
            where=term("probability of backtest overfitting"),
            remedy="Give strategies x blocks.",
        )
    if counts.min() < FEWEST_SESSIONS:
        raise DataError(
            phrase(
                "{returns} returns are too few for {blocks} blocks.",
                returns=int(counts.sum()),
                blocks=blocks,
            ),
            where=term("probability of backtest overfitting"),
            remedy=phrase(
                "There must be {fewest} in each: sweep over a longer time.", fewest=FEWEST_SESSIONS
            ),
        )

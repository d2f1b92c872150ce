"""Whether a column of the bars foresees returns, as one that was shifted or revised does.

Of each column the move of its logarithm is ranked beside the return from the next open on
(Spearman 1904). Real columns know the past: only one that knows the next return much better
than chance, and as no column of the usual markets does, is found. Prices that are averages over
the bar are found by their autocorrelation elsewhere.
"""

import math
from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.bars import adjusted
from quantsig.data.samples.parts import symbol_runs

LAGS = (1, 2, 3, 4, 5)  # bars from the column's bar to the open that the return begins at
HIGHEST = 0.1  # rank correlation; the largest of the usual markets are near .05
ERRORS = 5.0  # standard errors, for no chance of many columns and lags
LEAST_BARS = 250
TREND_BARS = 20
Floats = NDArray[np.float64]


def audit_columns(bars: pl.DataFrame) -> AuditCheck:
    """Ask each column of some bars what it knows of the returns to come.

    Args:
        bars: symbol, timestamp, open, high, low, close, volume, adjustment; more columns are
            asked, too. Sorted by symbol and time.
    """
    known = [run for run in symbol_runs(bars).values() if len(run) > TREND_BARS + max(LAGS) + 2]
    rows = sum(map(len, known))
    if rows < LEAST_BARS:
        return AuditCheck(name="columns", missing=AuditSentence.TOO_FEW_BARS(n=rows))
    names = [
        name
        for name, kind in bars.schema.items()
        if kind.is_numeric() and name not in ("adjustment",)
    ]
    parts = [_ranked(run, names) for run in known]
    found = []
    for name in names:
        for kind in ("move", "level"):
            found += list(_foresight(f"{name} {kind}", [part[name, kind] for part in parts], parts))
    best: dict[str, AuditFinding] = {}
    for one in sorted(found, key=lambda one: -(one.size or 0.0)):
        best.setdefault(one.feature.split()[0], one)
    return AuditCheck(name="columns", examined=rows, findings=tuple(best.values()))


def _ranked(run: pl.DataFrame, names: list[str]) -> dict[tuple[str, str], Floats]:
    """Moves and levels of the columns of one symbol, and its returns from open to open."""
    prices = adjusted(run)
    found: dict[tuple[str, str], Floats] = {}
    for name in names:
        values = prices[name].cast(pl.Float64).to_numpy()
        positive = bool((values > 0).all())
        logs = np.log(values) if positive else values
        found[name, "move"] = _moves(logs)
        trend = pl.Series(logs).rolling_mean(TREND_BARS).to_numpy()
        found[name, "level"] = logs - trend
    opens = np.log(prices["open"].to_numpy())
    returns = np.full(len(opens), np.nan)
    returns[:-1] = opens[1:] - opens[:-1]  # from this open to the next
    found["", "return"] = returns
    return found


def _moves(values: Floats) -> Floats:
    moves = np.full(len(values), np.nan)
    moves[1:] = values[1:] - values[:-1]
    return moves


def _foresight(
    feature: str, columns: list[Floats], parts: list[dict[tuple[str, str], Floats]]
) -> Iterator[AuditFinding]:
    returns = [part["", "return"] for part in parts]
    past = max(abs(_correlation(columns, returns, -lag)[0]) for lag in LAGS)
    for lag in LAGS:
        correlation, rows = _correlation(columns, returns, lag)
        if rows < LEAST_BARS or abs(correlation) <= HIGHEST:
            continue
        if abs(correlation) * math.sqrt(rows) <= ERRORS:
            continue
        sentence = AuditSentence.COLUMN_FORESEES(
            name=feature, lag=lag, found=correlation, n=rows, past=past
        )
        yield AuditFinding(sentence=sentence, feature=feature, size=abs(correlation))


def _correlation(columns: list[Floats], returns: list[Floats], lag: int) -> tuple[float, int]:
    """Spearman's rho of all symbols, ranked within each, and over how many bars."""
    x, y = [], []
    for column, later in zip(columns, returns, strict=True):
        mine = column[: len(column) - lag] if lag > 0 else column[-lag:]
        theirs = later[lag:] if lag > 0 else later[: len(later) + lag]
        both = np.isfinite(mine) & np.isfinite(theirs)
        if both.sum() > 2:
            x.append(_ranks(mine[both]))
            y.append(_ranks(theirs[both]))
    if not x:
        return 0.0, 0
    first, second = np.concatenate(x), np.concatenate(y)
    scale = math.sqrt(float(first @ first) * float(second @ second))
    return (float(first @ second) / scale if scale else 0.0), len(first)


def _ranks(values: Floats) -> Floats:
    """Ranks about zero, from -.5 to .5; ties share theirs."""
    ranks = pl.Series(values).rank("average").to_numpy() / len(values)
    centred: Floats = ranks - ranks.mean()
    return centred

"""Whether a feature, a function of the bars of one symbol, sees bars after its own.

It is asked again where the later bars are cut off, and where they are changed; up to there every
value must be the same. A difference within rounding of the feature's own spread is none: sums
over arrays of another length add in another order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.audit.altered_bars import changed_after
from quantsig.data.audit.finding import AuditCheck, AuditFinding, first_of_each
from quantsig.data.audit.functions import AuditedFunction
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.errors import CheckFailed, DataError
from quantsig.data.language.messages import Wording, phrase

CUTS = 16
LEAST_BARS = 60
ROUNDING = 1e-9  # of a feature's standard deviation
FORGOTTEN = 1e-6  # of it: what is left where the beginning of the bars is forgotten
Floats = NDArray[np.float64]
Features = Mapping[str, Floats]  # (N,) each, by name


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureGap:
    """Where a feature of the same bars is another."""

    feature: str
    row: int  # the first
    size: float | None  # the largest; None where a side is not known


def audit_feature(
    function: AuditedFunction, bars: pl.DataFrame, *, seed: int = 37
) -> list[AuditCheck]:
    """Audit a feature over the bars of one symbol.

    Args:
        function: takes the bars as polars frame (pandas where it says so); gives a value, or
            several by name, per bar.
        bars: timestamp, open, high, low, close, volume, oldest first.
        seed: of cuts and noise.

    Raises:
        CheckFailed: it raises, prints, changes its input, or answers otherwise when asked again.
        DataError: there are too few bars, or it gives no value per bar.
    """
    if len(bars) < LEAST_BARS:
        raise DataError(
            phrase("{bars} bars are too few to audit a feature.", bars=len(bars)),
            where=function.where,
            remedy=phrase("Give {least} bars of a symbol, or more.", least=LEAST_BARS),
        )
    whole = features_of(function, bars)
    again = differences(whole, features_of(function, bars), whole)
    if again:
        raise CheckFailed(
            phrase(
                "{feature} is another when it is asked again, at bar {row}.",
                feature=again[0].feature,
                row=again[0].row,
            ),
            where=function.where,
            remedy="Seed what is random in it, and keep nothing from call to call.",
        )
    cuts = cut_rows(len(bars), seed)
    cut_off = {row: features_of(function, bars.head(row + 1)) for row in cuts}
    changed = {row: features_of(function, changed_after(bars, row, seed + row)) for row in cuts}
    times = bars["timestamp"]
    return [
        _check("truncation", AuditSentence.SEES_LATER_BARS, whole, cut_off, times),
        _check("perturbation", AuditSentence.SEES_CHANGED_BARS, whole, changed, times),
        _warm_up(function, bars, whole),
    ]


def cut_rows(bars: int, seed: int) -> list[int]:
    """Rows after which bars are cut off, random ones and the last but one."""
    random = np.random.default_rng(seed).choice(np.arange(bars // 4, bars - 1), CUTS, replace=False)
    return sorted({*random.tolist(), bars - 2})


def features_of(function: AuditedFunction, bars: pl.DataFrame) -> Features:
    """The values of a function over some bars, (N,) each, by name.

    Raises:
        CheckFailed: the function raises, prints or changes the bars.
        DataError: there is not one value per bar.
    """
    handed: Any = bars.to_pandas() if function.wants_pandas else bars.clone()
    before: Any = handed.copy() if function.wants_pandas else bars
    answer = function(handed)
    if not handed.equals(before):
        raise function.changed_its_input()
    found = _by_name(answer, function.name)
    wrong = [name for name, values in found.items() if values.shape != (len(bars),)]
    if wrong or not found:
        shape = found[wrong[0]].shape if wrong else ()
        raise DataError(
            phrase(
                "{name} gives an array of {shape} for {bars} bars.",
                name=function.name,
                shape=str(shape),
                bars=len(bars),
            ),
            where=function.where,
            remedy="Let it give a value, or several in columns, for every bar.",
        )
    return found


def _by_name(answer: Any, name: str) -> dict[str, Floats]:
    if isinstance(answer, Mapping):
        return {str(one): _floats(values) for one, values in answer.items()}
    if hasattr(answer, "columns"):  # a frame of polars or pandas
        return {str(one): _floats(answer[one]) for one in answer.columns}
    values = _floats(answer)
    if values.ndim == 2:
        return {f"{name}[{column}]": values[:, column] for column in range(values.shape[1])}
    return {name: values}


def _floats(values: Any) -> Floats:
    """Numbers as floats; anything else as the number of its text."""
    if isinstance(values, pl.Series):
        values = values.to_physical() if values.dtype.is_temporal() else values
        values = values.cast(pl.Float64, strict=True) if _is_number(values) else values.to_list()
    array = np.asarray(values)
    if array.dtype.kind in "fiub":
        return array.astype(np.float64)
    return np.array([np.nan if one is None else float(hash(str(one)) % 2**52) for one in array])


def _is_number(values: pl.Series) -> bool:
    return values.dtype.is_numeric() or values.dtype == pl.Boolean


def differences(whole: Features, other: Features, spread_of: Features) -> list[FeatureGap]:
    """Features that are not the same in the rows that both have."""
    found = []
    for name, values in whole.items():
        if name not in other:
            found.append(FeatureGap(feature=name, row=0, size=None))
            continue
        rows = min(len(values), len(other[name]))
        mine, theirs = values[:rows], other[name][:rows]
        known = spread_of[name][np.isfinite(spread_of[name])]
        tolerance = ROUNDING * float(known.std()) if len(known) else 0.0
        with np.errstate(invalid="ignore"):
            gaps = np.where(mine == theirs, 0.0, np.abs(mine - theirs))
        gaps = np.where(np.isnan(mine) & np.isnan(theirs), 0.0, gaps)
        apart = ~(gaps <= tolerance)  # NaN on one side is apart
        if apart.any():
            known_gaps = gaps[apart & np.isfinite(gaps)]
            size = float(known_gaps.max()) if len(known_gaps) else None
            found.append(FeatureGap(feature=name, row=int(np.argmax(apart)), size=size))
    return found


def _check(
    name: str, said: Wording, whole: Features, others: Mapping[int, Features], times: pl.Series
) -> AuditCheck:
    """Hold the rows up to each cut against the whole; the first cut that shows a feature counts."""
    found = []
    for row, other in others.items():
        kept = {one: values[: row + 1] for one, values in other.items()}
        for gap in differences(whole, kept, whole):
            sentence = said(name=gap.feature, first=f"{times[gap.row]}", later=f"{times[row + 1]}")
            found.append(
                AuditFinding(
                    sentence=sentence,
                    feature=gap.feature,
                    first=str(times[gap.row]),
                    size=gap.size,
                )
            )
    return AuditCheck(name=name, examined=len(others), findings=first_of_each(found))


def _warm_up(function: AuditedFunction, bars: pl.DataFrame, whole: Features) -> AuditCheck:
    """How many bars a feature needs until the beginning of the bars is forgotten; no leak."""
    begin = len(bars) // 2
    later = features_of(function, bars.slice(begin))
    needed = 0
    for name, values in whole.items():
        mine, theirs = values[begin:], later.get(name, np.full(len(bars) - begin, np.nan))
        known = values[np.isfinite(values)]
        limit = FORGOTTEN * (float(known.std()) if len(known) else 0.0)
        same = (np.abs(mine - theirs) <= limit) | (np.isnan(mine) & np.isnan(theirs))
        needed = max(needed, 0 if same.all() else len(same) - int(np.argmin(same[::-1])))
    forgets = needed < len(bars) - begin
    note = (
        f"{needed} bars of warm-up"
        if forgets
        else "it never forgets where its bars begin: give it the same history everywhere"
    )
    return AuditCheck(name="warm_up", examined=len(bars) - begin, note=note)

"""Whether a label, a function of prices and a spec, is known before its trade has ended."""

from dataclasses import fields

import numpy as np
import polars as pl

from quantsig.data.audit.altered_bars import changed_after
from quantsig.data.audit.features import cut_rows, differences
from quantsig.data.audit.finding import AuditCheck, AuditFinding, first_of_each
from quantsig.data.audit.functions import AuditedFunction
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.errors import DataError
from quantsig.data.label_spec import LabelSpec
from quantsig.data.labels import BarLabels, Floats, Prices
from quantsig.data.language.messages import Wording, phrase

TERMS = ("stop", "target")  # known at the decision
OUTCOME = ("label", "forward_return")  # known when the trade has ended


def audit_label(
    function: AuditedFunction, bars: pl.DataFrame, spec: LabelSpec, *, seed: int = 37
) -> list[AuditCheck]:
    """Audit a label over the adjusted bars of one symbol.

    Its outcome may look at bars up to the `end_bar` it names, which lies after the decision; stop
    and target at the bars up to the decision alone. Without the bars of its trade it is unknown.

    Args:
        function: label(prices, spec) as those of `data/labels.py`.
        bars: timestamp, open, high, low, close of one symbol, oldest first.
        spec: handed to the function.
        seed: of cuts and noise.

    Raises:
        CheckFailed: it raises, prints or changes the prices.
        DataError: it gives no `BarLabels` with a value per bar.
    """
    whole = _labelled(function, bars, spec)
    times = bars["timestamp"]
    cuts = cut_rows(len(bars), seed)
    early: list[AuditFinding] = []
    changed: list[AuditFinding] = []
    for row in cuts:
        short = _labelled(function, bars.head(row + 1), spec)
        early += _too_early(function.name, whole, short, times, row)
        other = _labelled(function, changed_after(bars, row, seed + row), spec)
        changed += _changed(function.name, whole, other, times, row)
    return [
        AuditCheck(
            name="label_end", examined=len(bars), findings=_in_the_window(function, whole, times)
        ),
        AuditCheck(name="truncation", examined=len(cuts), findings=first_of_each(early)),
        AuditCheck(name="perturbation", examined=len(cuts), findings=first_of_each(changed)),
    ]


def _labelled(function: AuditedFunction, bars: pl.DataFrame, spec: LabelSpec) -> BarLabels:
    arrays = {name: bars[name].to_numpy().copy() for name in ("open", "high", "low", "close")}
    before = {name: values.copy() for name, values in arrays.items()}
    found = function(Prices(**arrays), spec)
    if any(not np.array_equal(arrays[name], before[name]) for name in arrays):
        raise function.changed_its_input()
    if not isinstance(found, BarLabels) or any(
        len(getattr(found, field.name)) != len(bars) for field in fields(BarLabels)
    ):
        raise DataError(
            phrase(
                "{name} gives no Labelled with a value for each of {bars} bars.",
                name=function.name,
                bars=len(bars),
            ),
            where=function.where,
            remedy="Give quantsig.data.labels.Labelled, as the labels there do.",
        )
    return found


def _in_the_window(
    function: AuditedFunction, whole: BarLabels, times: pl.Series
) -> tuple[AuditFinding, ...]:
    known = ~np.isnan(whole.label)
    early = np.flatnonzero(known & (whole.end_bar <= np.arange(len(known))))
    if not len(early):
        return ()
    row, end = int(early[0]), max(int(whole.end_bar[early[0]]), 0)
    sentence = AuditSentence.ENDS_IN_THE_WINDOW(
        name=function.name, first=str(times[row]), later=str(times[end])
    )
    return (
        AuditFinding(
            sentence=sentence, feature="label", first=str(times[row]), size=float(len(early))
        ),
    )


def _too_early(
    name: str, whole: BarLabels, short: BarLabels, times: pl.Series, row: int
) -> list[AuditFinding]:
    """Outcomes that are known though the bars of the trade were cut off, or are others."""
    ended = (whole.end_bar >= 0) & (whole.end_bar <= row)
    found = []
    for part in (*OUTCOME, *TERMS):
        mine, theirs = getattr(whole, part)[: row + 1], getattr(short, part)
        if part in OUTCOME:  # it may wait for the whole horizon
            mine = np.where(ended[: row + 1] & ~np.isnan(theirs), mine, np.nan)
        found += _gap(AuditSentence.KNOWN_TOO_EARLY, f"{name}.{part}", mine, theirs, times, row)
    return found


def _changed(
    name: str, whole: BarLabels, other: BarLabels, times: pl.Series, row: int
) -> list[AuditFinding]:
    """Outcomes of trades that have ended, and terms, that later bars change."""
    ended = ((whole.end_bar >= 0) & (whole.end_bar <= row))[: row + 1]
    found = []
    for part in (*OUTCOME, *TERMS):
        mine, theirs = getattr(whole, part)[: row + 1], getattr(other, part)[: row + 1]
        if part in OUTCOME:
            mine, theirs = np.where(ended, mine, np.nan), np.where(ended, theirs, np.nan)
        found += _gap(AuditSentence.SEES_CHANGED_BARS, f"{name}.{part}", mine, theirs, times, row)
    return found


def _gap(
    said: Wording, part: str, mine: Floats, theirs: Floats, times: pl.Series, row: int
) -> list[AuditFinding]:
    return [
        AuditFinding(
            sentence=said(name=part, first=str(times[gap.row]), later=str(times[row + 1])),
            feature=part,
            first=str(times[gap.row]),
            size=gap.size,
        )
        for gap in differences({part: mine}, {part: theirs}, {part: mine})
    ]

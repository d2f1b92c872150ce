"""Index rows: when each sample decides, what it may see, and how its trade ends."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from quantsig.data.bars import adjusted
from quantsig.data.label_spec import LabelSpec
from quantsig.data.labels import Prices, make_labels
from quantsig.data.samples.manifest import Manifest
from quantsig.data.samples.parts import INDEX_SCHEMA


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleRule:
    """Which bars are decisions, and what their samples foresee."""

    history_bars: int  # that a chart needs, the decision bar included
    stride_bars: int  # from one decision to the next, counted from the symbol's first bar
    label: LabelSpec

    @property
    def bars_before(self) -> int:
        """Bars before a decision that its index row depends on."""
        return max(self.history_bars - 1, self.label.bars_before)

    def samples_before(self, bar: int) -> int:
        """How many decisions a symbol has before its bar of that number."""
        return max(bar // self.stride_bars - (self.history_bars - 1) // self.stride_bars, 0)


def rule_of(manifest: Manifest) -> SampleRule:
    """The rule of a set that was built from bars."""
    history, stride = manifest.history_bars, manifest.stride_bars
    assert history is not None
    assert stride is not None
    return SampleRule(history_bars=history, stride_bars=stride, label=manifest.label)


def index_rows(
    bars: pl.DataFrame,
    rule: SampleRule,
    *,
    first: int,
    end: int,
    first_id: int,
    earlier_bars: int = 0,
) -> pl.DataFrame:
    """Index rows of the decisions from bar `first` to before bar `end` of one symbol.

    The rows of a bar do not depend on where the range around it begins and ends.

    Args:
        bars: of the symbol, with their adjustment: all, or those from `rule.bars_before` before
            `first` on.
        rule: which bars are decisions.
        first: number of a bar, from 0.
        end: number of the bar after the last.
        first_id: sample_id of the first row.
        earlier_bars: how many bars the symbol has before those given.
    """
    numbers = np.arange(first, end)
    decisions = numbers[
        (numbers >= rule.history_bars - 1) & ((numbers + 1) % rule.stride_bars == 0)
    ]
    start = max(first - rule.label.bars_before, 0)
    known = adjusted(bars.slice(start - earlier_bars, end + rule.label.bars_after - start))
    prices = Prices(**{name: known[name].to_numpy() for name in ("open", "high", "low", "close")})
    labelled = make_labels(prices, rule.label)
    at = decisions - start
    label = labelled.label[at]
    used = ~np.isnan(label)
    ends = np.where(used, labelled.end_bar[at], -1)
    times = bars["timestamp"]
    places = decisions - earlier_bars
    columns = {
        "sample_id": first_id + np.arange(len(decisions)),
        "symbol": pl.repeat(bars["symbol"][0], len(decisions), eager=True),
        "decision_time": times.gather(places),
        "window_start": times.gather(places - rule.history_bars + 1),
        "label_end": times.gather(
            pl.Series(np.where(ends < 0, -1, ends + start - earlier_bars)).replace(-1, None)
        ),
        "forward_return": np.where(used, labelled.forward_return[at], np.nan),
        "label": label,
        "stop": labelled.stop[at],
        "target": labelled.target[at],
        "direction": pl.repeat(rule.label.direction, len(decisions), eager=True),
        "bar": decisions,
    }
    return pl.DataFrame(columns, schema=INDEX_SCHEMA, nan_to_null=True)

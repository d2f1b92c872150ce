"""What precision and recall each threshold buys, for people."""

from typing import TYPE_CHECKING, Any

from quantsig.cli.output import print_table

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

COLUMNS = {
    "threshold": "threshold",
    "signals": "signals",
    "precision": "precision",
    "precision_low": "low",
    "precision_high": "high",
    "recall": "recall",
    "f_beta": "f-beta",
    "lift": "lift",
    "signals_per_month": "a month",
    "expectancy_after_costs": "net",
    "break_even_after_costs": "break-even",
}
SPARED = ("f_beta", "lift", "signals_per_month", "break_even_after_costs", "precision_high")
ROWS_SHOWN = 20  # the file and --json hold every row


def print_trade_off(table: "pl.DataFrame", probabilities: "NDArray[np.float64]") -> None:
    """Print every so many rows, the last always among them.

    A threshold is spelled so that, given as --threshold, it selects the rows its row is about.

    Args:
        table: of `trade_off`.
        probabilities: (n,) of the rows that it is about.
    """
    from quantsig.signals.thresholds.spelling import spelled

    step = max(1, -(-table.height // ROWS_SHOWN))
    rows: list[dict[str, Any]] = table.reverse().gather_every(step).reverse().to_dicts()
    print_table(
        [row | {"threshold": repr(spelled(row["threshold"], probabilities))} for row in rows],
        COLUMNS,
        SPARED,
    )

"""Naming the row of an index that is not what it should be."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from quantsig.data.language.messages import phrase, term
from quantsig.data.samples.parts import INDEX
from quantsig.data.storage import checksums

if TYPE_CHECKING:
    from quantsig.data.errors import IntegrityError
    from quantsig.data.samples.store import SampleSet


def hold(
    samples: "SampleSet",
    holds: pl.Series | pl.Expr,
    otherwise: str,
    rows: pl.DataFrame | None = None,
) -> None:
    """Raise an IntegrityError that names the first row of the index which does not keep a rule.

    Args:
        samples: the set.
        holds: (n,) whether each row keeps it; a null does not.
        otherwise: what is wrong where it does not.
        rows: of the index; None: all.
    """
    rows = samples.index if rows is None else rows
    kept = rows.select(holds).to_series().fill_null(False)
    wrong = (~kept).arg_true()
    if len(wrong):
        raise wrong_row(samples, INDEX, rows.row(wrong[0], named=True), otherwise)


def wrong_row(
    samples: "SampleSet", name: str, row: Mapping[str, Any], what: str
) -> "IntegrityError":
    """The error for a row of the index that does not agree with the file of that name."""
    return checksums.damaged(
        samples.path / name,
        phrase(
            "sample {sample_id} ({symbol}, {decision_time}): {what}",
            sample_id=row["sample_id"],
            symbol=row["symbol"],
            decision_time=row["decision_time"],
            what=term(what),
        ),
    )

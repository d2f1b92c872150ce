"""What a row of scores may not be, and how rows are refused or set aside."""

from dataclasses import dataclass

import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term


@dataclass(frozen=True, kw_only=True, slots=True)
class RowRule:
    """One thing that a row may not be.

    Attributes:
        what: is wrong with such rows, after their number.
        remedy: what to do.
    """

    what: str
    remedy: str


RULES: dict[str, RowRule] = {
    "no_symbol": RowRule(what="name no symbol", remedy="Write a symbol in every row."),
    "no_time": RowRule(
        what="have no time that can be read, or one that the clock skips",
        remedy="Write times as 2024-03-31 16:00, or dates as 2024-03-31.",
    ),
    "not_finite": RowRule(
        what="have a score that is missing, NaN or infinite",
        remedy="Leave out rows that the model did not score.",
    ),
    "no_probability": RowRule(
        what="have a probability outside 0..1",
        remedy="Name the column score where it holds no probabilities: any number will do, and is "
        "calibrated.",
    ),
    "unknown_symbol": RowRule(
        what="are of symbols without bars",
        remedy="Give their bars, too, or spell the symbols as the bars do.",
    ),
    "before_bars": RowRule(
        what="are of times before any bar of their symbol had closed",
        remedy="Give bars that begin earlier, or leave these rows out.",
    ),
    "after_bars": RowRule(
        what="are of times after the newest bar of their symbol",
        remedy="Give bars up to there, or leave these rows out.",
    ),
    "duplicate": RowRule(
        what="have the symbol and time of an earlier row",
        remedy="Keep one score of each symbol and time; of several models, one file each.",
    ),
}
RULE = "rule"  # the column that names the rule a row breaks; null: none


def first_broken(**broken: pl.Expr) -> pl.Expr:
    """The rule of these that a row breaks first."""
    said = [pl.when(expression).then(pl.lit(name)) for name, expression in broken.items()]
    return pl.coalesce([RULE, *said]).alias(RULE)


def refuse_broken(rows: pl.DataFrame, source: str) -> None:
    """Raise a DataError for the first rule that any row breaks.

    Args:
        rows: `rule`, `row`, `symbol` and `time`, which is shown.
        source: where the rows stand.
    """
    broken = rows.drop_nulls(RULE)
    if broken.is_empty():
        return
    first = broken.sort("row").row(0, named=True)
    rule, name = RULES[first[RULE]], first[RULE]
    count = broken.filter(pl.col(RULE) == name).height
    raise DataError(
        phrase("{count} of {rows} rows {what}.", count=count, rows=len(rows), what=term(rule.what)),
        where=phrase(
            "{source}, row {row}: {symbol} {time}",
            source=source,
            row=first["row"],
            symbol=first["symbol"],
            time=first["time"],
        ),
        remedy=phrase(
            "{remedy} Or pass `quarantine` to set such rows aside.", remedy=term(rule.remedy)
        ),
    )


def set_aside(rows: pl.DataFrame) -> dict[str, int]:
    """How many rows break each rule, the rule in words."""
    counts = rows.drop_nulls(RULE).group_by(RULE).len().sort(RULE)
    return {RULES[name].what: count for name, count in counts.iter_rows()}

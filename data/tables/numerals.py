"""How a file writes numbers with commas: as decimals, or between thousands."""

from collections.abc import Iterable
from typing import Literal

import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase

Decimal = Literal[".", ","]

GROUPED = r"^[+-]?\d{{1,3}}({0}\d{{3}})+"  # digits in threes
EVIDENCE: dict[Decimal, tuple[str, ...]] = {  # of a number that one reading of the sign allows
    ".": (
        r"^[+-]?\d{1,3}(,\d{3})+\.\d*$",
        r"^[+-]?\d{1,3}(,\d{3}){2,}$",
        r"^[+-]?\d+\.(\d{1,2}|\d{4,})$",
        r"^[+-]?(0|\d{4,})\.\d+$",
    ),
    ",": (
        r"^[+-]?\d{1,3}(\.\d{3})+,\d*$",
        r"^[+-]?\d{1,3}(\.\d{3}){2,}$",
        r"^[+-]?\d+,(\d{1,2}|\d{4,})$",
        r"^[+-]?(0|\d{4,}),\d+$",
    ),
}
ABBREVIATED = r"^([+-]?\d+(?:\.\d*)?)\s?([KkMmBbTt])$"
ZEROS = {"K": "e3", "M": "e6", "B": "e9", "T": "e12"}  # as exponents, which are exact


def decimal_sign(columns: Iterable[pl.Series], stated: Decimal | None, *, where: str) -> Decimal:
    """The sign before the decimals of a file in which fields hold commas.

    Args:
        columns: its columns of numbers, as text.
        stated: the sign that the user names.
        where: the file, for errors.

    Raises:
        DataError: both readings are possible, or neither.
    """
    if stated is not None:
        return stated
    comma, shown = "", dict.fromkeys(EVIDENCE, "")
    for column in columns:
        if column.dtype == pl.String:
            comma = comma or _first(column, ",")
            shown = {
                sign: shown[sign] or _first(column, "|".join(EVIDENCE[sign])) for sign in EVIDENCE
            }
    found = [sign for sign in EVIDENCE if shown[sign]]
    if not comma or found == ["."]:
        return "."
    if found == [","]:
        return ","
    if found:
        raise DataError(
            phrase(
                '"{one}" has a point before its decimals, "{other}" a comma.',
                one=shown["."],
                other=shown[","],
            ),
            where=where,
            remedy='Write all numbers alike, or say [bars] decimal = "." or "," in quantsig.toml.',
        )
    plain = comma.replace(",", "")
    raise DataError(
        phrase(
            '"{text}" can be read as {one} and as {other}.',
            text=comma,
            one=plain,
            other=comma.replace(",", "."),
        ),
        where=where,
        remedy='Say which sign is before the decimals: [bars] decimal = "." or "," in '
        "quantsig.toml.",
    )


def plainly(cells: pl.Series, sign: Decimal) -> pl.Series:
    """Numbers as text with a point before the decimals and nothing between thousands.

    What is not so written stays as it is, and is no number then.
    """
    if cells.dtype != pl.String:
        return cells
    between = "," if sign == "." else "."
    grouped = GROUPED.format(r"\.") if between == "." else GROUPED.format(",")
    whole = cells.str.contains(grouped + (r"(\.\d*)?$" if sign == "." else r"(,\d*)?$"))
    without = cells.str.replace_all(between, "", literal=True)
    cells = cells.zip_with(~whole.fill_null(False), without)
    return cells.str.replace(",", ".", literal=True) if sign == "," else cells


def unabbreviated(cells: pl.Series) -> pl.Series:
    """Text such as 1.5K, 2M, 3B or 4T with the zeros that the letter stands for."""
    letter = cells.str.extract(ABBREVIATED, 2).str.to_uppercase()
    short = letter.is_not_null()
    powers = letter.filter(short).replace_strict(ZEROS, return_dtype=pl.String)
    digits = cells.filter(short).str.extract(ABBREVIATED, 1)
    return cells.scatter(short.arg_true(), digits + powers)


def _first(column: pl.Series, pattern: str) -> str:
    """The first text in which a pattern is found; empty where there is none."""
    held = column.filter(column.str.contains(pattern).fill_null(False))
    return str(held[0]) if len(held) else ""

"""What a source's columns mean: names in any case, with the aliases in use."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term

# Per field the names it goes by, the one to prefer first. Compared in lower case, with
# underscores, dots, hyphens, angle brackets and surrounding spaces taken as blanks.
ALIASES: dict[str, tuple[str, ...]] = {
    "symbol": (
        "symbol",
        "ticker",
        "instrument",
        "sym",
        "code",
        "ts code",
        "股票代码",
        "证券代码",
        "代码",
    ),
    "timestamp": (
        "timestamp",
        "datetime",
        "date time",
        "open time",
        "gmt time",
        "local time",
        "ts",
        "trade time",
        "日期时间",
        "交易时间",
        "index level 0",
    ),
    "date": ("date", "trade date", "trading date", "day", "日期", "交易日期", "交易日"),
    "time": ("time", "time of day", "时间"),
    "epoch": ("unix", "unix time", "unix timestamp", "epoch"),
    "open": ("open", "o", "open price", "开盘", "开盘价"),
    "high": ("high", "h", "high price", "最高", "最高价"),
    "low": ("low", "l", "low price", "最低", "最低价"),
    "close": ("close", "c", "close price", "last", "收盘", "收盘价"),
    "volume": ("volume", "vol", "v", "tick volume", "tickvol", "成交量", "总手"),
    "adjustment": ("adjustment", "adjustment factor", "adj factor"),
    "adj_close": ("adj close", "adjclose", "adjusted close", "close adj", "close adjusted"),
}
TIME_FIELDS = ("timestamp", "date", "time", "epoch")
PRICES = ("open", "high", "low", "close")
UNNAMED = ("", "index", "unnamed: 0", "column 0")  # how an index without a name is written


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """What a table is to hold beside its times.

    Attributes:
        aliases: per field the names it goes by, the one to prefer first, those of times included.
        needed: fields that must be there.
        expected: for people, what the columns can be called.
    """

    aliases: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    expected: str


BAR_FIELDS = Fields(
    aliases=ALIASES,
    needed=PRICES,
    expected="timestamp (or date, or date and time), open, high, low, close; if known symbol, "
    "volume, adj close",
)


def recognise(
    names: Sequence[str],
    *,
    where: str,
    columns: Mapping[str, str] | None = None,
    fields: Fields = BAR_FIELDS,
) -> dict[str, str]:
    """Which of a source's columns holds which field.

    Args:
        names: the columns as the source spells them; those with no meaning here are left aside.
            A first column without a name is the time where no other is.
        where: the source, for errors.
        columns: field to the plain name that its column has in this source.
        fields: what the table is to hold: bars, unless something else is said.

    Returns:
        Field to column name. The time is `timestamp` alone, or `date` and `time` together.

    Raises:
        DataError: a field that is needed or the time is missing, or one name comes twice.
    """
    special = columns or {}
    found = {
        field: column
        for field, aliases in fields.aliases.items()
        if (column := _preferred(names, (*_listed(special.get(field)), *aliases), where))
        is not None
    }
    missing = [field for field in fields.needed if field not in found]
    if not any(field in found for field in TIME_FIELDS):
        if names and names[0].strip().lower() in UNNAMED:
            found["timestamp"] = names[0]
        else:
            missing.insert(0, "timestamp")
    if missing:
        raise _missing(missing, names, where, fields)
    return _with_one_time(found)


def candidates(names: Sequence[str], field: str, fields: Fields = BAR_FIELDS) -> list[str]:
    """Every column that goes by a name of the field, the one to prefer first."""
    return [name for alias in fields.aliases[field] for name in names if plain(name) == alias]


def looks_like_header(names: Sequence[str]) -> bool:
    """Whether a line names the prices of bars."""
    spelt = {plain(name) for name in names}
    return all(not spelt.isdisjoint(ALIASES[field]) for field in PRICES)


def _listed(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


def _preferred(names: Sequence[str], aliases: Sequence[str], where: str) -> str | None:
    for alias in aliases:
        columns = [name for name in names if plain(name) == alias]
        if len(columns) > 1:
            raise DataError(
                phrase(
                    'the column "{alias}" is there {count} times.', alias=alias, count=len(columns)
                ),
                where=where,
                remedy="Rename or remove all but one of them.",
            )
        if columns:
            return columns[0]
    return None


def plain(name: str) -> str:
    """A column's name in lower case, with blanks for punctuation and without its unit."""
    without_copy_mark = re.sub(r"_duplicated_\d+$", "", name)
    without_copy_mark = re.sub(r"[(（][^()（）]*[)）]\s*$", "", without_copy_mark)
    return " ".join(re.sub(r"[_.\-<>\s]+", " ", without_copy_mark).lower().split())


def _with_one_time(found: dict[str, str]) -> dict[str, str]:
    times = {field: found[field] for field in TIME_FIELDS if field in found}
    others = {field: column for field, column in found.items() if field not in times}
    if "timestamp" not in times and "date" in times and "time" in times:
        return others | {"date": times["date"], "time": times["time"]}
    return others | {"timestamp": next(iter(times.values()))}


def _missing(missing: Sequence[str], names: Sequence[str], where: str, fields: Fields) -> DataError:
    expected = term(fields.expected)
    return DataError(
        phrase("no column for {missing}.", missing=", ".join(missing)),
        where=where,
        remedy=phrase(
            "Found: {names}. Expected, in any case: {expected}.",
            names=", ".join(names),
            expected=expected,
        )
        if names
        else phrase("Found: nothing. Expected, in any case: {expected}.", expected=expected),
    )

"""What the names of sample files say: symbol and time, by a pattern that the user gives."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import polars as pl

from quantsig.data.calendar.timestamps import check_zone, closing_times, parse_stamps
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import Message, phrase, term

FIELDS = ("symbol", "time")
UNKNOWN_SYMBOL = "unknown"
WHERE = "`pattern`"
CLOCK = r"^(\d{4}-\d\d-\d\d)[_T](\d\d)[-.](\d\d)"  # 2024-01-05_10-30, as a file may be named
CLOCK_SECONDS = r"(:\d\d)[-.](\d\d)$"
COMPACT = r"^(\d{8})[_T-](\d{4}|\d{6})$"  # 20240105_1030


@dataclass(frozen=True, kw_only=True, slots=True)
class NameOptions:
    """How the names of sample files are read.

    Attributes:
        pattern: a regular expression with the named groups symbol and time, or such as
            `{symbol}_{time}` where `*` stands for anything. It must fit the path inside the
            folder without its suffix, or its last part.
        time_format: of the time, in the letters of strftime; None: found out.
        timezone: of times that do not say theirs.
        bar_label: which moment of the sample's last bar the time names.
        interval: the time one bar covers; only needed where `bar_label` is open.
    """

    pattern: str
    time_format: str | None = None
    timezone: str = "UTC"
    bar_label: Literal["open", "close"] = "open"
    interval: timedelta | None = None


def read_names(names: list[str], options: NameOptions) -> pl.DataFrame:
    """Symbol and decision time of each sample.

    Args:
        names: (n,) paths inside the folder.
        options: how to read them.

    Returns:
        A row per name: symbol and decision_time (UTC), both null where the pattern does not fit,
        the time alone where it cannot be read or the pattern has none.

    Raises:
        ConfigError: the pattern or the zone makes no sense.
        DataError: the times cannot be read.
    """
    expression = _compiled(options.pattern)
    check_zone(options.timezone)
    found = [_match(expression, name) for name in names]
    parts = pl.DataFrame(
        [(part.get("symbol"), part.get("time")) for part in found],
        schema={"symbol": pl.String, "time": pl.String},
        orient="row",
    )
    if "symbol" not in expression.groupindex:
        fits = pl.Series([bool(part) for part in found])
        parts = parts.with_columns(symbol=pl.when(fits).then(pl.lit(UNKNOWN_SYMBOL)))
    return parts.select("symbol", _times(parts, options).alias("decision_time"))


def _compiled(pattern: str) -> re.Pattern[str]:
    text = pattern if "(?P<" in pattern else _from_braces(pattern)
    try:
        expression = re.compile(text)
    except re.error as error:
        raise _wrong_pattern(
            pattern, phrase("is no regular expression: {error}", error=error)
        ) from error
    if not set(FIELDS) & set(expression.groupindex):
        raise _wrong_pattern(pattern, "names neither symbol nor time")
    return expression


def _from_braces(pattern: str) -> str:
    fields = re.findall(r"\{(.*?)\}", pattern)
    for name in fields:
        if name not in FIELDS:
            raise _wrong_pattern(
                pattern, _field("has a field {name}; {symbol} and {time} exist", name)
            )
        if fields.count(name) > 1:
            raise _wrong_pattern(pattern, _field("has the field {name} twice", name))
    parts = re.split(r"(\{symbol\}|\{time\}|\*)", pattern)
    meant = {"{symbol}": "(?P<symbol>[^/]+?)", "{time}": "(?P<time>[^/]+?)", "*": ".*?"}
    return "".join(meant.get(part, re.escape(part)) for part in parts)


def _match(expression: re.Pattern[str], name: str) -> dict[str, str]:
    stem = Path(name).with_suffix("")
    found = expression.fullmatch(stem.as_posix()) or expression.fullmatch(stem.name)
    return {key: value for key, value in found.groupdict().items() if value} if found else {}


def _times(parts: pl.DataFrame, options: NameOptions) -> pl.Series:
    texts = parts["time"]
    if texts.null_count() == len(texts):
        return pl.Series([None] * len(texts), dtype=pl.Datetime("us", "UTC"))
    values, dates_only = _stamps(texts, options.time_format)
    opens_for = options.interval if options.bar_label == "open" else None
    labels = pl.DataFrame({"symbol": parts["symbol"], "timestamp": values})
    return closing_times(labels, zone=options.timezone, opens_for=opens_for, dates_only=dates_only)


def _stamps(texts: pl.Series, time_format: str | None) -> tuple[pl.Series, bool]:
    if time_format is None:
        plain = texts.str.replace(CLOCK, "$1 $2:$3").str.replace(CLOCK_SECONDS, "$1:$2")
        plain = plain.str.replace(COMPACT, "$1$2")
        stamps = parse_stamps(plain, where=term("the names of the sample files"))
        return stamps.values, stamps.dates_only
    try:
        values = texts.str.to_datetime(time_format, strict=False, time_unit="us")
    except pl.exceptions.PolarsError as error:
        raise ConfigError(
            phrase(
                '"{time_format}" is no format of a time: {error}.',
                time_format=time_format,
                error=error,
            ),
            where="`time_format`",
            remedy="Use the letters of strftime, such as %Y%m%d_%H%M.",
        ) from error
    if values.null_count() == len(values):
        raise DataError(
            phrase(
                'the time "{time}" is not in the format {time_format}.',
                time=texts.drop_nulls()[0],
                time_format=time_format,
            ),
            where=term("the names of the sample files"),
            remedy="Give the format with `time_format`, such as %Y%m%d_%H%M.",
        )
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone:
        return values.dt.convert_time_zone("UTC"), False
    return values, not any(letter in time_format for letter in ("H", "I", "T", "R", "s", "c"))


def _field(template: str, name: str) -> Message:
    return phrase(template, name=f"{{{name}}}", symbol="{symbol}", time="{time}")


def _wrong_pattern(pattern: str, reason: str) -> ConfigError:
    return ConfigError(
        phrase('the pattern "{pattern}" {reason}.', pattern=pattern, reason=term(reason)),
        where=WHERE,
        remedy="Give one such as {symbol}_{time}, or a regular expression with (?P<symbol>...) "
        "and (?P<time>...).",
    )

"""How news are read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from quantsig.data.calendar.intervals import parse_interval
from quantsig.data.errors import refused, unknown_name
from quantsig.data.news.record import NewsRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsOptions:
    """How news are read.

    Attributes:
        embeddings: a matrix with a row an item, `.npy` or Parquet; None: texts are embedded here.
        timezone: of times that do not say theirs, and of days; None: that of the bars.
        delay: until an item counts as known.
        model: that made the embeddings, by name.
        knows_until: the day on which the training text of that model ends.
        model_sha256: of its folder, where the matrix says that.
    """

    embeddings: Path | None = None
    timezone: str | None = None
    delay: timedelta = timedelta()
    model: str | None = None
    knows_until: str | None = None
    model_sha256: str | None = None


AS_THEY_ARE = NewsOptions()


def asked_options(given: Mapping[str, Any], like: NewsRecord | None = None) -> NewsOptions:
    """Options of what was asked for; the delay as a time or as a text such as 15m.

    Args:
        given: options by name; None: not asked for.
        like: news that they are to be read as, where nothing else is asked for.

    Raises:
        ConfigError: one makes no sense.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    unknown = asked.keys() - NewsOptions.__slots__
    if unknown:
        raise unknown_name("option of news", min(unknown), NewsOptions.__slots__, where="news")
    if like is not None:
        same = {"timezone": like.timezone, "delay": timedelta(seconds=like.delay_seconds)}
        asked = {**same, **asked}
    if isinstance(asked.get("delay"), str):
        delay = parse_interval(asked["delay"])
        if not isinstance(delay, timedelta):
            raise refused("news_delay", asked["delay"], "Give a time such as 15m, 1h, 1d.")
        asked["delay"] = delay
    if "knows_until" in asked:
        try:
            date.fromisoformat(asked["knows_until"])
        except ValueError as error:
            raise refused(
                "knows_until", asked["knows_until"], "Give a day as YYYY-MM-DD."
            ) from error
    return replace(AS_THEY_ARE, **asked)

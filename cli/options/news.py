"""The news that a verb was given, read and remarked on."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from quantsig.cli.output import note, stage
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    from quantsig.data.bars import CheckedBars
    from quantsig.data.news.record import NewsRecord
    from quantsig.data.news.table import NewsItems


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedNews:
    """How news are read."""

    PANEL: ClassVar[str] = "News"
    news: Annotated[
        Path | None,
        typer.Option(
            "--news",
            metavar="NEWS",
            help="A CSV or Parquet file: timestamp or date, symbol (empty: all the market), text.",
        ),
    ] = None
    embeddings: Annotated[
        Path | None,
        typer.Option(
            "--embeddings",
            metavar="MATRIX",
            help="Vectors of the news, a row an item, .npy or Parquet; else texts are embedded.",
        ),
    ] = None
    news_timezone: Annotated[
        str | None,
        typer.Option("--news-timezone", help="Clock and days of the news; else that of the bars."),
    ] = None
    news_delay: Annotated[
        str | None,
        typer.Option("--news-delay", help="Until an item counts as known, such as 15m."),
    ] = None
    embedded_by: Annotated[
        str | None, typer.Option("--embedded-by", help="Name of the model that made the matrix.")
    ] = None
    knows_until: Annotated[
        str | None,
        typer.Option("--knows-until", help="Day on which the training text of that model ends."),
    ] = None


def read_named_news(
    given: NamedNews, bars: "CheckedBars", like: "NewsRecord | None" = None
) -> "NewsItems | None":
    """Read and check the news that go with bars; None where none are named.

    Args:
        given: by options.
        bars: whose symbols they may be of.
        like: news that they are to be read as, where no option says otherwise.
    """
    from quantsig.data.errors import UsageError
    from quantsig.data.news.options import asked_options
    from quantsig.data.news.table import read_news

    if given.news is None:
        more = [one.name for one in fields(given) if getattr(given, one.name) is not None]
        if more:
            raise UsageError(
                phrase("`{name}` says something of news, and none are named.", name=more[0]),
                where=f"`{more[0]}`",
                remedy="Name them with `news`.",
            )
        return None
    options = asked_options(
        {
            "embeddings": given.embeddings,
            "timezone": given.news_timezone,
            "delay": given.news_delay,
            "model": given.embedded_by,
            "knows_until": given.knows_until,
        },
        like,
    )
    with stage("Reading news"):
        found = read_news(given.news, bars, options)
    note(
        phrase(
            "news: {n} items of {source}, days and times by {zone}",
            n=len(found.items),
            source=found.source,
            zone=found.timezone,
        )
    )
    for what, count in found.set_aside.items():
        note(phrase("{n} items of news are set aside: they {what}.", n=count, what=term(what)))
    for what, count in found.outside.items():
        note(phrase("{n} items of news {what}.", n=count, what=term(what)))
    return found

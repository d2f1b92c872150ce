"""`quantsig samples extend`: let a sample set grow by newer bars."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Config, Json
from quantsig.cli.named_bars import read_named_bars
from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.options.news import NamedNews, read_named_news
from quantsig.cli.output import note, print_document, print_figures, stage
from quantsig.data.language.messages import phrase, term


@grouped
def extend(
    samples: Annotated[Path, typer.Argument(metavar="SAMPLES", help="The sample set.")],
    bars: Annotated[
        Path,
        typer.Argument(
            metavar="BARS",
            help="Newer bars, as for build, that begin with bars the set holds.",
        ),
    ],
    *,
    reading: BarsOptions,
    news: NamedNews,
    config: Config = None,
    json: Json = False,
) -> None:
    """Add newer bars and their samples; what is stored keeps its bytes and its ids.

    Samples with news take them, too: --news names all that there are, or the newer ones.

    \b
    Example:
      quantsig samples extend samples newer.csv --timezone America/New_York
      quantsig samples extend samples newer.csv --news news.csv
    """
    from quantsig.cli.config import load
    from quantsig.data.news.growth import LATE
    from quantsig.data.samples.extend import extend_samples
    from quantsig.data.samples.manifest import read_manifest

    settings = load(
        config,
        {
            "bars.source": bars,
            **settings_of(reading),
            "samples.path": samples,
        },
    )
    before = read_manifest(samples)
    bars_read = [read_named_bars(settings)]
    items = read_named_news(news, bars_read[0], like=before.news)
    with stage("Extending samples") as progress:  # handed over, so that they do not stay in memory
        grown = extend_samples(samples, bars_read.pop(), news=items, progress=progress)
    after = grown.manifest
    late = after.news.set_aside.get(LATE) if after.news and after != before else None
    if late:
        note(phrase("{n} items of news are set aside: they {what}.", n=late, what=term(LATE)))
    figures = {
        "new_samples": after.samples - before.samples,
        "new_labels": after.labelled - before.labelled,
        "samples": after.samples,
        "labelled": after.labelled,
    }
    if after.news and before.news:
        figures["new_news"] = after.news.rows - before.news.rows
    if json:
        print_document("samples.extend", figures, path=str(samples), manifest=after.as_dict())
        return
    print_figures(figures)
    print(samples)

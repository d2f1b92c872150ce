"""`quantsig samples extend`: let a sample set grow by newer bars."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Config, Json
from quantsig.cli.named_bars import read_named_bars
from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.output import print_document, print_figures, stage


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
    config: Config = None,
    json: Json = False,
) -> None:
    """Add newer bars and their samples; what is stored keeps its bytes and its ids.

    \b
    Example:
      quantsig samples extend samples newer.csv --timezone America/New_York
    """
    from quantsig.cli.config import load
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
    with stage("Extending samples") as progress:  # handed over, so that they do not stay in memory
        after = extend_samples(samples, bars_read.pop(), progress=progress).manifest
    figures = {
        "new_samples": after.samples - before.samples,
        "new_labels": after.labelled - before.labelled,
        "samples": after.samples,
        "labelled": after.labelled,
    }
    if json:
        print_document("samples.extend", figures, path=str(samples), manifest=after.as_dict())
        return
    print_figures(figures)
    print(samples)

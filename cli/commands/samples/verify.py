"""`quantsig samples verify`: look whether a sample set is what was written."""

from typing import Annotated

import typer

from quantsig.cli.arguments import Config, Json, SamplesPath
from quantsig.cli.output import print_document, print_figures, print_line, stage
from quantsig.data.language.messages import phrase


def verify(
    samples: SamplesPath = None,
    redraw: Annotated[
        int, typer.Option("--redraw", min=0, help="Random samples to label and draw again.")
    ] = 100,
    seed: Annotated[int, typer.Option("--seed", help="Which samples are drawn again.")] = 37,
    config: Config = None,
    json: Json = False,
) -> None:
    """Check every file, every row of the index, and a random part of the charts and labels.

    Imported pictures are decoded, all of them; with bars a random part of their trades is followed
    again.

    Ends with 6 and names the file where something is not as it was written.

    \b
    Example:
      quantsig samples verify samples --redraw 1000
    """
    from dataclasses import asdict

    from quantsig.cli.config import load
    from quantsig.data.samples.manifest import read_manifest

    path = load(config, {"samples.path": samples}).samples.path
    read_manifest(path)  # what is no set is refused before anything is imported to check it
    from quantsig.data.samples.verify.sample_set import verify_samples

    with stage("Verifying samples") as progress:
        figures = asdict(verify_samples(path, redraw=redraw, seed=seed, progress=progress))
    if json:
        print_document("samples.verify", figures, path=str(path))
        return
    print_figures(figures)
    print_line(phrase("{path} is as it was written.", path=path))

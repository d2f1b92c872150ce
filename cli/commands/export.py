"""`quantsig export`: a run for programs that know nothing of quantsig."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Config, Force, Json, RunPath, writable
from quantsig.cli.output import print_document, stage


def export(
    run: RunPath = None,
    *,
    onnx: Annotated[
        Path, typer.Option("--onnx", callback=writable, help="Folder to write the network to.")
    ],
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write the network with its calibrator as ONNX, a card and an example.

    The folder needs neither quantsig nor torch: example.py asks it with onnxruntime and numpy.

    \b
    Example:
      quantsig export runs/first --onnx first-onnx
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load

    chosen_run = run_or_latest(run, load(config, {}))

    from quantsig.backtest.export.onnx_package import export_onnx

    with stage("Writing ONNX"):
        folder = export_onnx(chosen_run, onnx, force=force)
    if json:
        files = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
        print_document("export", files, run=str(chosen_run.path), folder=str(folder))
        return
    print(folder)

"""`quantsig export`: a run for programs that know nothing of quantsig."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Config, Force, Json, RunPath, writable
from quantsig.cli.options.panels import known_values
from quantsig.cli.output import note, print_document, stage

TARGETS = ("vectorbt", "backtrader", "freqtrade", "qlib")
SPLITS = ("test", "calibration")


def export(
    run: RunPath = None,
    *,
    onnx: Annotated[
        Path | None,
        typer.Option("--onnx", callback=writable, help="Folder to write the network to."),
    ] = None,
    signals_for: Annotated[
        str | None,
        typer.Option(
            "--signals-for",
            help="Program that the signals are written for.",
            **known_values(TARGETS),
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            callback=writable,
            help="Folder to write the signals to; RUN-PROGRAM here if left out.",
        ),
    ] = None,
    split: Annotated[
        str, typer.Option("--split", help="Rows whose signals they are.", **known_values(SPLITS))
    ] = "test",
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write a run's network as ONNX, or its signals as another program reads them.

    With --onnx the folder holds the network with its calibrator, a card and an example, and needs
    neither quantsig nor torch. With --signals-for it holds the signals that quantsig signals
    wrote, in the files of that program, a program of a few lines that reads them, and what it may
    know when. Delay, holding, sides and costs are those of quantsig.toml.

    \b
    Example:
      quantsig export runs/first --onnx first-onnx
      quantsig export runs/first --signals-for backtrader
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load

    if (onnx is None) == (signals_for is None):
        raise _one_target(both=onnx is not None)
    settings = load(config, {})
    chosen_run = run_or_latest(run, settings)
    if onnx is not None:
        from quantsig.backtest.export.onnx_package import export_onnx

        with stage("Writing ONNX"):
            folder = export_onnx(chosen_run, onnx, force=force)
    else:
        assert signals_for is not None
        from quantsig.backtest.export.signals.folder import export_signals

        folder = export_signals(
            chosen_run,
            signals_for,
            out or Path(f"{chosen_run.path.resolve().name}-{signals_for}"),
            split=split,
            execution=settings.backtest,
            force=force,
        )
        if split == "test":
            note("what is tried on test rows elsewhere is a trial that no ledger counts.")
    if json:
        files = {
            path.relative_to(folder).as_posix(): path.stat().st_size
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        print_document("export", files, run=str(chosen_run.path), folder=str(folder))
        return
    print(folder)


def _one_target(*, both: bool) -> Exception:
    from quantsig.data.errors import UsageError

    return UsageError(
        "one export at a time." if both else "nothing to export.",
        where="quantsig export",
        remedy="Give --onnx FOLDER, or --signals-for PROGRAM.",
    )

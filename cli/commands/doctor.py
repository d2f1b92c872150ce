"""`quantsig doctor`: what this machine offers, and under which licences the parts come."""

import platform
import shutil
from pathlib import Path
from typing import Any

from quantsig.cli.arguments import Json
from quantsig.cli.output import print_document, print_figures, print_line
from quantsig.data.language.messages import phrase, term
from quantsig.data.machine import cores, memory_bytes

LIBRARIES = (
    "quantsig",
    "torch",
    "torchvision",
    "lightning",
    "polars",
    "pyarrow",
    "numpy",
    "numba",
    "pandas",
    "scikit-learn",
    "vectorbt",
    "vectorbt-rust",
    "plotly",
    "typer",
    "pydantic",
)
LICENCES = {
    "quantsig": "Apache-2.0",
    "vectorbt": term("Apache-2.0 with Commons Clause: selling what mainly wraps it is not allowed"),
}
GIBIBYTE = 1024**3


def doctor(json: Json = False) -> None:
    """Print versions, device, backtest engine, free disk and licences.

    \b
    Example:
      quantsig doctor
      quantsig doctor --json
    """
    memory = memory_bytes()
    figures = {
        "cpus": cores(),
        "memory_gib": memory / GIBIBYTE if memory is not None else None,
        "free_disk_gib": shutil.disk_usage(Path.cwd()).free / GIBIBYTE,
    }
    from importlib.util import find_spec

    from quantsig.signals.scoring.device import find_device

    machine: dict[str, Any] = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "device": find_device("auto").type,
        "engine": phrase(
            "vectorbt with {engine}", engine="rust" if find_spec("vectorbt_rust") else "numba"
        ),
    }
    versions = {name: installed(name) for name in LIBRARIES}
    if json:
        print_document("doctor", figures, **machine, versions=versions, licences=LICENCES)
        return
    for title, content in (
        ("machine", {**machine, **figures}),
        ("versions", versions),
        ("licences", LICENCES),
    ):
        print_line(title)
        print_figures(content, indent="  ")


def installed(name: str) -> str:
    """The version of a package, or a word that it is missing."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return term("not installed")

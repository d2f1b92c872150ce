"""Python processes that take themselves to run on another system; see `shim/sitecustomize.py`."""

import os
import subprocess
import sys
from pathlib import Path

SYSTEMS = ("windows", "macos")
REPOSITORY = Path(__file__).parents[2]
SHIM = Path(__file__).parent / "shim"


def run_as(system: str, script: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a script in a folder on an imitated system."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("QUANTSIG_")
    }
    environment |= {
        "IMITATED_SYSTEM": system,
        "PYTHONPATH": os.pathsep.join([str(SHIM), str(REPOSITORY)]),
        "PYTHONWARNDEFAULTENCODING": "1",
    }
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )

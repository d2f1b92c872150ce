"""The most memory this process ever held."""

import resource
import sys
from pathlib import Path


def peak_mb() -> float:
    """Most memory this process held; of its own, where the system tells (Linux)."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6

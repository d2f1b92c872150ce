"""What a training ran on, so that its numbers can be had again."""

import os
import platform
import resource
import sys
from importlib.metadata import version
from typing import Any

import torch

LIBRARIES = (
    "quantsig",
    "torch",
    "torchvision",
    "lightning",
    "numpy",
    "numba",
    "polars",
    "scikit-learn",
    "safetensors",
)


KILOBYTE = 1024 if sys.platform != "darwin" else 1  # what ru_maxrss counts in


def peak_memory(device: torch.device) -> dict[str, int]:
    """The most memory that this process, and its device if it is another, held; bytes."""
    most = {"peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE}
    if device.type == "cuda":
        most["peak_device_memory_bytes"] = torch.cuda.max_memory_allocated(device)
    return most


def environment(device: torch.device, seed: int) -> dict[str, Any]:
    """Versions, device, seed and machine."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "seed": seed,
        "versions": {name: version(name) for name in LIBRARIES},
    }

"""What a training ran on, so that its numbers can be had again."""

import platform
from importlib.metadata import version
from typing import Any

import torch

from quantsig.data.machine import UNKNOWN_MEMORY, cores, peak_memory_bytes

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


def peak_memory(device: torch.device) -> dict[str, int | str]:
    """The most memory that this process, and its device if it is another, held; bytes.

    Where the system does not tell, `peak_memory_unknown` says so.
    """
    held = peak_memory_bytes()
    most: dict[str, int | str] = (
        {"peak_memory_unknown": UNKNOWN_MEMORY} if held is None else {"peak_memory_bytes": held}
    )
    if device.type == "cuda":
        most["peak_device_memory_bytes"] = torch.cuda.max_memory_allocated(device)
    return most


def environment(device: torch.device, seed: int) -> dict[str, Any]:
    """Versions, device, seed and machine."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": cores(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "seed": seed,
        "versions": {name: version(name) for name in LIBRARIES},
    }

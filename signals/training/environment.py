"""What a training ran on, so that its numbers can be had again."""

import os
import platform
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

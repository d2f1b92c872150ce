"""Which device a model runs on."""

from contextlib import suppress

import torch

from quantsig.data.errors import ResourceError, unknown_name

DEVICES = ("auto", "cpu", "cuda")


def find_device(name: str) -> torch.device:
    """The device for auto, cpu or cuda; auto takes a GPU where there is one.

    Raises:
        ResourceError: cuda was asked for and there is none.
    """
    if name not in DEVICES:
        raise unknown_name("device", name, DEVICES, where="--device")
    if name == "cuda" and not torch.cuda.is_available():
        raise ResourceError(
            "a GPU was asked for and torch sees none.",
            where="--device cuda",
            remedy="Use --device cpu, or check the driver with: quantsig doctor",
        )
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def gpu_state() -> list[str]:
    """Memory and temperature of the GPU for people; nothing where there is none."""
    if not torch.cuda.is_available():
        return []
    state = [f"GPU {torch.cuda.max_memory_allocated() / 1e9:.1f} GB"]
    with suppress(ModuleNotFoundError, RuntimeError):  # needs NVIDIA's management library
        state.append(f"{torch.cuda.temperature()} °C")
    return state

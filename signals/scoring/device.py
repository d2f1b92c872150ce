"""Which device a model runs on."""

from contextlib import suppress

import torch

from quantsig.data.errors import ResourceError, unknown_name

DEVICES = ("auto", "cpu", "cuda")
CPU_BF16 = ("avx512_bf16", "amx_bf16", "arm_bf16", "bf16")  # by their names in torch


def find_device(name: str) -> torch.device:
    """The device for auto, cpu or cuda; auto takes a GPU where there is one.

    Raises:
        ResourceError: cuda was asked for and there is none.
    """
    if name not in DEVICES:
        raise unknown_name("device", name, DEVICES, where="`device`")
    if name == "cuda" and not torch.cuda.is_available():
        raise ResourceError(
            "a GPU was asked for and torch sees none.",
            where="`device` cuda",
            remedy="Use `device` cpu, or check the driver with: quantsig doctor",
        )
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 itself; a CPU is asked for its instructions.

    Those are AVX512_BF16 or AMX of x86 and BF16 of ARM, as torch finds them. A CPU without them
    computes in bfloat16 too, and slower than in float32.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    found = torch.cpu.get_capabilities()
    return any(found.get(name, False) for name in CPU_BF16)


def gpu_state() -> list[str]:
    """Memory and temperature of the GPU for people; nothing where there is none."""
    if not torch.cuda.is_available():
        return []
    state = [f"GPU {torch.cuda.max_memory_allocated() / 1e9:.1f} GB"]
    with suppress(ModuleNotFoundError, RuntimeError):  # needs NVIDIA's management library
        state.append(f"{torch.cuda.temperature()} °C")
    return state


def out_of_memory(error: Exception) -> bool:
    """A GPU has an error class of its own, torch on a CPU a bare RuntimeError."""
    known = isinstance(error, (MemoryError, torch.OutOfMemoryError))
    return known or "can't allocate memory" in str(error)

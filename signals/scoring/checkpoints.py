"""A model's weights on disk: safetensors with a record of what they belong to."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.storage import atomic, checksums
from quantsig.signals.models import build_recorded, find_model
from quantsig.signals.shape import ModelRecord


def save_weights(target: Path, model: nn.Module) -> None:
    """Write a model's weights and buffers, atomically."""
    state = {
        name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()
    }
    atomic.write_bytes(target, save(state))


def tensors_in(source: Path, sha256: str) -> dict[str, torch.Tensor]:
    """The tensors of a file by name, on the CPU.

    Raises:
        IntegrityError: the file is not what was written.
    """
    checksums.check_sha256(source, sha256)
    try:
        tensors: dict[str, torch.Tensor] = load(source.read_bytes())
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise checksums.unreadable(source, error) from error
    return tensors


def load_model(source: Path, record: ModelRecord, sha256: str) -> nn.Module:
    """Build the recorded model and load its weights.

    Raises:
        IntegrityError: the file is not what was written.
        DataError: the weights do not fit the recorded model.
    """
    state = tensors_in(source, sha256)
    try:
        with torch.device("meta"):  # takes no memory, whatever the record says of its size
            wanted = build_recorded(record).state_dict()
    except (RuntimeError, TypeError, OverflowError) as error:
        raise _misfit(source, record) from error
    sizes = {name: tensor.shape for name, tensor in state.items()}
    grown = find_model(record.name).fit is not None  # trees are as large as they were fitted
    if not grown and sizes != {name: tensor.shape for name, tensor in wanted.items()}:
        raise _misfit(source, record)
    model = build_recorded(record)
    try:
        model.load_state_dict(state)
    except (RuntimeError, IndexError, ValueError) as error:
        raise _misfit(source, record) from error
    return model


def _misfit(source: Path, record: ModelRecord) -> DataError:
    return DataError(
        phrase(
            "the weights do not fit a {name} of {planes} planes.",
            name=record.name,
            planes=record.shape.planes,
        ),
        where=str(source),
        remedy="Train again, or use the version of quantsig that wrote the run.",
    )

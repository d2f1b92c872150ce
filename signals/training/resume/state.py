"""A training's resumable state: numbers as JSON, tensors as safetensors, hashed, never pickled.

`state.json` names the tensor files that belong to it and is replaced last, so a crash at any
moment leaves either the old state or the new one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from quantsig.data.portable_names import refuse_outside
from quantsig.data.storage import atomic, checksums, documents
from quantsig.signals.layout import STATE_RECORD
from quantsig.signals.scoring.checkpoints import tensors_in

SCHEMA = "quantsig.training-state/1"
HASH = "sha256"  # of the rest of it
NOW, EPOCH = "now", "epoch"  # tensors at the last saved step, and at the end of the last epoch
WEIGHT, MOMENT = "model.", "optimiser."

Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True, slots=True)
class TensorFile:
    """A file of tensors that a state belongs to."""

    file: str
    sha256: str

    def __post_init__(self) -> None:
        refuse_outside(self.file)


def write_tensors(folder: Path, name: str, tensors: Tensors) -> TensorFile:
    """Write tensors of any device to `folder/name.safetensors`, atomically."""
    plain = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    target = folder / f"{name}.safetensors"
    atomic.write_bytes(target, save(plain))
    return TensorFile(file=target.name, sha256=checksums.sha256_of(target))


def read_tensors(folder: Path, stored: TensorFile) -> dict[str, torch.Tensor]:
    """The tensors of a stored file; see `tensors_in`."""
    return tensors_in(folder / stored.file, stored.sha256)


def write_state(folder: Path, numbers: Mapping[str, Any], kept: Mapping[str, TensorFile]) -> None:
    """Make this the state of the folder and remove the tensor files it does not name.

    Args:
        folder: of the state.
        numbers: anything that JSON holds.
        kept: tensor files that belong to it, by their role.
    """
    said = {name: {"file": one.file, "sha256": one.sha256} for name, one in kept.items()}
    content = {"schema": SCHEMA, **numbers, "tensors": said}
    documents.write_json(folder / STATE_RECORD, {**content, HASH: _hash(content)})
    _remove_unnamed(folder, kept)


def tidy_state(folder: Path) -> None:
    """Remove tensor files that the state does not name: a process was killed before it did."""
    found = read_state(folder)
    if found:
        _remove_unnamed(folder, found[1])


def _remove_unnamed(folder: Path, kept: Mapping[str, TensorFile]) -> None:
    named = {one.file for one in kept.values()}
    for path in folder.glob("*.safetensors"):
        if path.name not in named:
            path.unlink()


def read_state(folder: Path) -> tuple[dict[str, Any], dict[str, TensorFile]] | None:
    """The numbers and the tensor files of the state, None where there is none yet.

    Raises:
        DataError: it was written by another version.
        IntegrityError: it is damaged.
    """
    if not (folder / STATE_RECORD).is_file():
        return None
    numbers = documents.read_document(
        folder / STATE_RECORD,
        SCHEMA,
        remedy="Use the version of quantsig that wrote it, or remove its folder.",
    )
    if numbers.pop(HASH, None) != _hash(numbers):
        raise checksums.damaged(
            folder / STATE_RECORD, "its numbers are not those that were written"
        )
    kept = {name: TensorFile(**one) for name, one in numbers.pop("tensors").items()}
    return numbers, kept


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(documents.to_json(content).encode()).hexdigest()


def tensors_of(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """Weights, buffers and the optimiser's moments by name."""
    tensors = {WEIGHT + name: tensor for name, tensor in model.state_dict().items()}
    for number, moments in optimiser.state_dict()["state"].items():
        for name, value in moments.items():
            if value is not None:
                tensors[f"{MOMENT}{number}.{name}"] = torch.as_tensor(value)
    return tensors


def restore_tensors(tensors: Tensors, model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """Put `tensors_of` back; rates and other numbers of the optimiser stay as they are."""
    model.load_state_dict(weights_of(tensors))
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for full_name, tensor in tensors.items():
        if full_name.startswith(MOMENT):
            number, _, name = full_name.removeprefix(MOMENT).partition(".")
            moments.setdefault(int(number), {})[name] = tensor
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": moments, "param_groups": groups})


def weights_of(tensors: Tensors) -> dict[str, torch.Tensor]:
    """The weights and buffers among `tensors_of`, by the model's own names."""
    return {
        name.removeprefix(WEIGHT): tensor
        for name, tensor in tensors.items()
        if name.startswith(WEIGHT)
    }


def groups_of(optimiser: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """The optimiser's numbers, such as its rate, without the parameters."""
    return [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimiser.param_groups
    ]


def restore_groups(groups: list[dict[str, Any]], optimiser: torch.optim.Optimizer) -> None:
    """Put `groups_of` back; pairs that JSON made lists of become pairs again."""
    for group, stored in zip(optimiser.param_groups, groups, strict=True):
        for name, value in stored.items():
            group[name] = tuple(value) if isinstance(value, list) else value


def steps_done(folder: Path) -> int:
    """How many steps the state of a training has behind it; 0 before the first."""
    found = read_state(folder)
    return int(found[0]["steps_done"]) if found else 0


def threads_begun(folder: Path) -> int | None:
    """The threads that a training was begun in; None before its first state, or not known."""
    found = read_state(folder)
    return found[0].get("threads") if found else None

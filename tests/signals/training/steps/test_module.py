"""What a training step adds to the loss."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.layout import WEIGHTS
from quantsig.signals.models import MODELS, Model
from quantsig.signals.models.sequences.penalised_scores import PenalisedScores
from quantsig.signals.shape import ModelShape
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings


class Costly(nn.Module):
    """A weight that no score depends on, and its square as a penalty."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.idle = nn.Parameter(torch.ones(1))
        self.head = nn.Linear(shape.scaled_channels, shape.outputs)

    def forward(self, sequence: torch.Tensor) -> torch.Tensor | PenalisedScores:
        scores: torch.Tensor = self.head(sequence[:, :, -1])
        return PenalisedScores(scores, self.idle.square().sum()) if self.training else scores


def test_a_penalty_of_the_forward_pass_is_learnt_from(
    planted: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it trains; what is scored afterwards is scores alone."""
    monkeypatch.setitem(MODELS, "costly", Model(build=Costly, reads="sequence"))
    settings = TrainSettings(model="costly", epochs=1, batch_size=64, seed=2)
    run = train(planted, tmp_path / "run", Plan(train=settings), SplitSpec())
    idle = load_file(run.path / WEIGHTS)["idle"].item()
    assert idle < 0.9999
    assert run.predictions()["score"].is_finite().all()

"""The contract every loss keeps."""

import pytest
import torch

from quantsig.data.errors import ConfigError
from quantsig.signals.losses import LOSSES, find_loss


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_falls_when_the_right_logit_rises(name: str) -> None:
    """A finite scalar, lower for the better logits."""
    classes = torch.tensor([0, 1])
    worse = find_loss(name)(torch.zeros(2, 2), classes)
    better = find_loss(name)(torch.eye(2), classes)
    assert worse.shape == ()
    assert better.isfinite()
    assert better < worse


def test_cross_entropy_of_even_odds_is_log_two() -> None:
    """By hand: -log(1/2)."""
    loss = LOSSES["cross_entropy"](torch.zeros(3, 2), torch.tensor([0, 1, 1]))
    assert float(loss) == pytest.approx(0.6931471805599453)


def test_an_unknown_loss_lists_the_known() -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match=r"cross_entropy"):
        find_loss("focus")

"""The state of a training on disk."""

from pathlib import Path

import torch

from quantsig.signals.training.resume.state import tidy_state, write_state, write_tensors


def test_tensors_that_no_state_names_are_removed(tmp_path: Path) -> None:
    """A process that was killed after it wrote a state left them; a folder without one stays."""
    left = write_tensors(tmp_path, "step-0", {"a": torch.zeros(2)})
    tidy_state(tmp_path)
    assert (tmp_path / left.file).is_file()
    kept = write_tensors(tmp_path, "step-8", {"a": torch.ones(2)})
    write_state(tmp_path, {}, {"now": kept})
    again = write_tensors(tmp_path, "step-0", {"a": torch.zeros(2)})
    tidy_state(tmp_path)
    assert not (tmp_path / again.file).exists()
    assert (tmp_path / kept.file).is_file()

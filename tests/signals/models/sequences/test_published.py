"""A published network, weight by weight: the ALSTM of Feng et al. (IJCAI 2019) on ACL18."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray

from quantsig.data.charts.spec import PRESETS
from quantsig.data.samples.build import build_samples
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.models import build_model
from quantsig.signals.shape import shape_of_samples
from tests.data.samples.test_published import ACL18, LABEL, NEEDED, SPLITS, acl18_bars

SPEC = SequenceSpec(features=("moves",), window_bars=5)
CHART = replace(PRESETS["sequence"], bars=34)  # as five bars with means of thirty closes need


@pytest.mark.skipif(NEEDED, reason="the bars of MARKET_BARS are needed")
def test_the_published_weights_give_the_published_scores(tmp_path: Path) -> None:
    """All 3,720 scores of the test to 1e-4, and both accuracies: features, network and rows."""
    samples = build_samples(acl18_bars(tmp_path), tmp_path / "set", chart=CHART, label=LABEL)
    rows = samples.with_splits(SPLITS).drop_nulls("split")
    assert (rows["split"] == "train").sum() == 20_315
    model = build_model("alstm", shape_of_samples(samples, 2, SPEC), {"hidden_size": 4}).eval()
    model.load_state_dict(published_weights(), strict=False)
    dates = samples.calendar.dates(rows["label_end"])
    rows = rows.with_columns(date=dates)
    known = pl.read_parquet(ACL18 / "alstm_acl18_predictions.parquet")
    for split, name, accuracy in (("test", "test", 0.53710), ("validation", "val", 0.55499)):
        own = rows.filter(split=split)
        inputs = samples.sequences(own["sample_id"].to_numpy(), SPEC)
        with torch.inference_mode():
            logits = model(torch.from_numpy(inputs)).double().numpy()
        found = own.select("symbol", "date", "label", score=pl.Series(logits[:, 1] - logits[:, 0]))
        both = found.join(known.filter(split=name), on=["symbol", "date"], suffix="_published")
        assert len(both) == len(own) == known.filter(split=name).height
        assert (both["label"] == both["up"]).all()
        apart = (both["score"] - both["score_published"]).abs().max()
        assert isinstance(apart, float)
        assert apart < 1e-4
        right = ((both["score"] > 0) == (both["up"] == 1)).mean()
        assert right == pytest.approx(accuracy, abs=5e-6)


def published_weights() -> dict[str, torch.Tensor]:
    """Those of TensorFlow by our names: gates i, g, f, o in one matrix, 1 added to the third.

    One score becomes the difference of two logits, one bias a gate becomes the first of two.
    """
    read: dict[str, NDArray[np.float64]] = {
        name: np.array(values)
        for name, values in json.loads((ACL18 / "alstm_acl18_weights.json").read_text()).items()
    }
    i, g, f, o = np.split(read["rnn|basic_lstm_cell|kernel"], 4, axis=1)  # (11 + 4, 4) each
    gates = np.concatenate([i, f, g, o], axis=1).T  # (16, 15)
    bi, bg, bf, bo = np.split(read["rnn|basic_lstm_cell|bias"], 4)
    head, bias = read["lstm_att|pre_fc|weights"].T / 2, read["lstm_att|pre_fc|biases"] / 2
    ours = {
        "features.weight": read["in_fc|kernel"].T,
        "features.bias": read["in_fc|bias"],
        "lstm.weight_ih_l0": gates[:, :11],
        "lstm.weight_hh_l0": gates[:, 11:],
        "lstm.bias_ih_l0": np.concatenate([bi, bf + 1.0, bg, bo]),
        "lstm.bias_hh_l0": np.zeros(16),
        "attention.weight": read["lstm_att|att_W"].T,
        "attention.bias": read["lstm_att|att_h"],
        "weigh.weight": read["lstm_att|att_u"][None],
        "head.weight": np.concatenate([-head, head]),
        "head.bias": np.concatenate([-bias, bias]),
    }
    return {name: torch.from_numpy(values).float() for name, values in ours.items()}

"""The models that are fitted at once: what they learn, and that it is kept as plain tensors."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.svm import LinearSVC
from torch import nn

from quantsig.data.errors import DataError
from quantsig.data.storage.checksums import sha256_of
from quantsig.signals.models import MODELS, build_model, linear, trees
from quantsig.signals.models.trees import Trees, depth_of, trees_of
from quantsig.signals.scoring.checkpoints import load_model, save_weights
from quantsig.signals.shape import ModelRecord, ModelShape

CHANNELS, BARS, SAMPLES = 10, 4, 400
FITTED = [name for name, model in MODELS.items() if model.fit is not None]
UNFITTED = ("majority", "window_direction", "window_reversal")  # learn from no picture
LEARNING = [name for name in FITTED if name not in UNFITTED]
RANDOM = np.random.default_rng(5)
INPUTS = RANDOM.normal(size=(SAMPLES, CHANNELS, BARS)).astype(np.float32)
INPUTS[:, 3, -1] = 0.0  # the last close is where the scale has its zero
HIDDEN = INPUTS[:, 1, 2] - 0.7 * INPUTS[:, 6, 0] + RANDOM.normal(0.0, 0.3, SAMPLES)
RETURNS = (0.01 + 0.02 * HIDDEN).astype(np.float32)
CLASSES = {2: (HIDDEN > 0.8).astype(np.int64), 3: np.digitize(HIDDEN, [-0.8, 0.8])}


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough trees for what is hidden here."""
    monkeypatch.setattr(linear, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(trees, "ROUNDS", 20)


def shape(outputs: int) -> ModelShape:
    return ModelShape(
        planes=1,
        height=8,
        width=8,
        bar_pixels=2,
        outputs=outputs,
        scaled_channels=CHANNELS,
        scaled_bars=BARS,
    )


def fitted(name: str, outputs: int, targets: Any = None, weights: Any = None) -> nn.Module:
    """The model, fitted to what is hidden in the inputs."""
    if targets is None:
        targets = RETURNS if outputs == 1 else CLASSES[outputs]
    model = build_model(name, shape(outputs))
    fit = MODELS[name].fit
    assert fit is not None
    fit(model, INPUTS.copy(), targets, np.ones(SAMPLES) if weights is None else weights, 5)
    return model.eval()


def scores(model: nn.Module, inputs: NDArray[np.float32] = INPUTS) -> NDArray[np.float64]:
    with torch.inference_mode():
        outputs: NDArray[np.float64] = model(torch.from_numpy(inputs)).double().numpy()
    return outputs


@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("name", FITTED)
def test_a_fitted_model_is_its_stored_tensors(name: str, outputs: int, tmp_path: Path) -> None:
    """Loaded into a freshly built module, safetensors give the same scores."""
    model = fitted(name, outputs)
    file = tmp_path / "model.safetensors"
    save_weights(file, model)
    record = ModelRecord(name=name, shape=shape(outputs))
    loaded = load_model(file, record, sha256_of(file)).eval()
    np.testing.assert_array_equal(scores(loaded), scores(model))
    assert np.isfinite(scores(model)).all()


@pytest.mark.parametrize("name", LEARNING)
def test_they_find_what_is_hidden(name: str) -> None:
    """The event of two classes, of several, and returns: what they say ranks as what happened."""
    for outputs in (2, 3):
        found = scores(fitted(name, outputs))
        assert roc_auc_score(CLASSES[outputs] == outputs - 1, found[:, -1] - found[:, 0]) > 0.9
    assert np.corrcoef(scores(fitted(name, 1))[:, 0], RETURNS)[0, 1] > 0.9


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("outputs", [1, 2])
def test_the_same_seed_gives_the_same_model(name: str, outputs: int) -> None:
    """Bit for bit."""
    np.testing.assert_array_equal(scores(fitted(name, outputs)), scores(fitted(name, outputs)))


@pytest.mark.parametrize("name", LEARNING)
def test_a_class_that_was_not_seen_is_never_foreseen(name: str) -> None:
    """Two of three classes occur, the lowest and the highest."""
    targets = 2 * CLASSES[2]
    outputs = scores(fitted(name, 3, targets))
    assert set(outputs.argmax(axis=1)) == {0, 2}
    assert (outputs[:, 1] < -25).all()


@pytest.mark.parametrize("name", LEARNING)
def test_one_class_alone_is_refused(name: str) -> None:
    """There is nothing to tell apart."""
    with pytest.raises(DataError, match="all 400 training samples are of one class"):
        fitted(name, 2, np.zeros(SAMPLES, np.int64))


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_trees_score_as_scikit_learn_does(outputs: int) -> None:
    """To a millionth, on samples it has not seen, with values missing."""
    kind = HistGradientBoostingRegressor if outputs == 1 else HistGradientBoostingClassifier
    targets = RETURNS if outputs == 1 else CLASSES[outputs]
    train, unseen = INPUTS.copy(), RANDOM.normal(size=(200, CHANNELS, BARS)).astype(np.float32)
    train[RANDOM.random(train.shape) < 0.1] = np.nan
    unseen[RANDOM.random(unseen.shape) < 0.1] = np.nan
    oracle = kind(max_iter=30, random_state=5).fit(train.reshape(SAMPLES, -1), targets)
    grown = Trees(outputs)
    grown.load_state_dict(trees_of(oracle, np.arange(outputs), outputs))
    flat = unseen.reshape(200, -1)
    if outputs == 1:
        np.testing.assert_allclose(scores(grown, unseen)[:, 0], oracle.predict(flat), atol=1e-6)
        return
    probability = torch.from_numpy(scores(grown, unseen)).softmax(dim=1).numpy()
    np.testing.assert_allclose(probability, oracle.predict_proba(flat), atol=1e-6)


def test_few_values_are_the_nearest_quantiles() -> None:
    """At most 255, half way between two the lower; few values stay as they are."""
    many = RANDOM.normal(size=(2000, 1)).astype(np.float32)
    moved = trees.few_values(many)
    levels = np.unique(moved)
    assert len(levels) == 255
    assert set(levels) <= set(many[:, 0])
    nearest = np.abs(many - levels).min(axis=1)
    np.testing.assert_array_equal(np.abs(many - moved)[:, 0], nearest)
    few = np.array([[3.0], [1.0], [3.0], [2.0]], np.float32)
    np.testing.assert_array_equal(trees.few_values(few), few)


def test_trees_of_weighted_samples_split_those_that_were_not_moved() -> None:
    """Weights that differ hardly change nothing but how the features are cut."""
    weights = np.linspace(0.999, 1.001, SAMPLES)
    weighted = scores(fitted("boosting", 2, weights=weights))
    assert roc_auc_score(CLASSES[2], weighted[:, 1]) > 0.97


def test_a_stump_is_one_step_deep() -> None:
    """A root with two leaves; a ring has no depth at all."""
    roots = torch.tensor([[0]])
    assert depth_of(roots, torch.tensor([1, 1, 2]), torch.tensor([2, 1, 2])) == 1
    assert depth_of(roots, torch.tensor([0]), torch.tensor([0])) == 0
    with pytest.raises(RuntimeError, match="ring"):
        depth_of(roots, torch.tensor([1, 0]), torch.tensor([1, 0]))


def test_logistic_scores_are_those_of_scikit_learn() -> None:
    """The standardisation is folded into the weights."""
    flat = INPUTS.reshape(SAMPLES, -1).astype(np.float64)
    spread = flat.std(axis=0)
    flat = (flat - flat.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    oracle = LogisticRegression(C=linear.LOGISTIC_C, max_iter=2000)
    oracle.fit(flat.astype(np.float32), CLASSES[2])
    expected = oracle.predict_log_proba(flat)
    found = torch.from_numpy(scores(fitted("logistic", 2))).log_softmax(dim=1)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_support_vector_scores_are_those_of_scikit_learn() -> None:
    """Of two classes, the second has the decision value and the first zero."""
    flat = INPUTS.reshape(SAMPLES, -1).astype(np.float64)
    spread = flat.std(axis=0)
    flat = (flat - flat.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    oracle = LinearSVC(C=linear.SVM_C, dual=False).fit(flat, CLASSES[2])
    found = scores(fitted("linear_svm", 2))
    np.testing.assert_allclose(found[:, 1], oracle.decision_function(flat), atol=1e-4)
    assert not found[:, 0].any()


@pytest.mark.parametrize("name", LEARNING)
def test_weights_count_samples_more(name: str) -> None:
    """Events that count ten times raise the score of the event."""
    weights = np.where(CLASSES[2] == 1, 10.0, 1.0)
    plain, weighted = scores(fitted(name, 2)), scores(fitted(name, 2, weights=weights))
    assert (weighted[:, 1] - weighted[:, 0]).mean() > (plain[:, 1] - plain[:, 0]).mean()


def test_the_majority_says_the_class_shares() -> None:
    """Counted by weight; of returns, the mean."""
    targets = np.repeat([0, 1], [300, 100])
    answer = scores(fitted("majority", 2, targets))
    np.testing.assert_allclose(np.exp(answer[0]), [0.75, 0.25], atol=1e-6)
    assert (answer == answer[0]).all()
    weights = np.where(targets == 1, 3.0, 1.0)
    np.testing.assert_allclose(
        np.exp(scores(fitted("majority", 2, targets, weights))[0]), [0.5, 0.5], atol=1e-6
    )
    assert scores(fitted("majority", 1))[0, 0] == pytest.approx(RETURNS.mean(), abs=1e-6)


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_the_window_direction_rises_with_the_windows_return(outputs: int) -> None:
    """The first open far below the last close is a window that rose: a higher event score."""
    model = fitted("window_direction", outputs)
    bars = np.zeros((3, CHANNELS, BARS), np.float32)
    bars[:, 0, 0] = [2.0, 0.0, -2.0]  # fell, went nowhere, rose
    event = scores(model, bars)[:, -1]
    assert event[0] < event[1] < event[2]
    if outputs > 1:
        assert event[1] == 0.0
        assert scores(model, bars)[2, 0] == -event[2]


def test_the_window_direction_of_returns_is_as_wide_as_they_are() -> None:
    """Mean and deviation are those of the targets."""
    found = scores(fitted("window_direction", 1))
    assert found.mean() == pytest.approx(RETURNS.mean(), abs=1e-6)
    assert found.std() == pytest.approx(RETURNS.std(), rel=1e-4)


@pytest.mark.parametrize("name", FITTED)
def test_a_model_that_is_not_fitted_is_indifferent(name: str) -> None:
    """Every class alike, where bars stand still."""
    model = build_model(name, shape(2))
    assert not scores(model, np.zeros((2, CHANNELS, BARS), np.float32)).any()

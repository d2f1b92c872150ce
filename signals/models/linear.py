"""Linear baselines on the scaled bars: logistic regression and a linear support vector machine.

scikit-learn fits them on standardised features; the standardisation is folded into the weights,
so what is stored is one torch Linear. For returns they are ridge regression and a linear support
vector regression.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.machine import one_library_thread
from quantsig.signals.models.direct_fit import NEVER, known_classes
from quantsig.signals.shape import ModelShape

# Neighbouring bars are much alike and there are a thousand of them, so all of them shrink hard.
LOGISTIC_C = 0.01
SVM_C = 0.001
RIDGE_PENALTY = 0.1  # of a standardised feature, per sample
INSENSITIVE = 0.1  # deviations of the target within which the support vector regression is content
ITERATIONS = 2000
AT_ONCE, ROWS_AT_ONCE = 16, 4096  # features and rows, of what takes 64-bit numbers on the way


def build(shape: ModelShape) -> nn.Module:
    """Scaled bars (B, C, N) to (B, outputs); zeros until it is fitted."""
    linear = nn.Linear(shape.scaled_channels * shape.scaled_bars, shape.outputs)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return nn.Sequential(nn.Flatten(), linear)


def fit_logistic(
    module: nn.Module,
    inputs: NDArray[np.float32],
    targets: NDArray[Any],
    weights: NDArray[np.float64],
    seed: int,
) -> None:
    """Logistic regression with an L2 penalty; ridge regression for returns."""
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415 - takes a second

    if _linear(module).out_features == 1:
        _fit_returns(module, Ridge(alpha=RIDGE_PENALTY * len(inputs)), inputs, targets, weights)
        return
    model = LogisticRegression(C=LOGISTIC_C, max_iter=ITERATIONS)
    _fit_classes(module, model, inputs, targets, weights)


def fit_linear_svm(
    module: nn.Module,
    inputs: NDArray[np.float32],
    targets: NDArray[Any],
    weights: NDArray[np.float64],
    seed: int,
) -> None:
    """A support vector machine with squared hinge, each class against the rest; for returns one
    with squared epsilon-insensitive loss.
    """
    from sklearn.svm import LinearSVC, LinearSVR  # noqa: PLC0415 - takes a second

    if _linear(module).out_features == 1:
        model = LinearSVR(
            C=SVM_C,
            epsilon=INSENSITIVE,
            loss="squared_epsilon_insensitive",
            dual=False,
            max_iter=ITERATIONS,
        )
        _fit_returns(module, model, inputs, targets, weights)
        return
    model = LinearSVC(C=SVM_C, dual=False, max_iter=ITERATIONS)
    _fit_classes(module, model, inputs, targets, weights)


def _fit_classes(
    module: nn.Module,
    model: Any,
    inputs: NDArray[np.float32],
    targets: NDArray[Any],
    weights: NDArray[np.float64],
) -> None:
    """A row of weights a class; of two classes the first has zeros, the second the score."""
    linear = _linear(module)
    classes = known_classes(targets, linear.out_features)
    features, mean, spread = _standardised(inputs)
    with one_library_thread():
        model.fit(features, targets, sample_weight=weights)
    rows, intercepts = model.coef_, model.intercept_
    if len(rows) == 1:
        rows, intercepts = np.stack([0 * rows[0], rows[0]]), np.array([0.0, intercepts[0]])
    slopes = np.zeros((linear.out_features, features.shape[1]))
    biases = np.full(linear.out_features, NEVER)
    slopes[classes], biases[classes] = rows, intercepts
    _keep(linear, slopes, biases, mean, spread)


def _fit_returns(
    module: nn.Module,
    model: Any,
    inputs: NDArray[np.float32],
    targets: NDArray[Any],
    weights: NDArray[np.float64],
) -> None:
    """Returns are small numbers, so they too are standardised while they are fitted."""
    features, mean, spread = _standardised(inputs)
    returns = targets.astype(np.float64)
    unit = float(returns.std()) or 1.0
    with one_library_thread():
        model.fit(features, (returns - returns.mean()) / unit, sample_weight=weights)
    slopes = np.atleast_2d(model.coef_) * unit
    biases = np.atleast_1d(model.intercept_) * unit + returns.mean()
    _keep(_linear(module), slopes, biases, mean, spread)


def _standardised(
    inputs: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Features (n, C * N) in the place of the inputs, which are lost; their means and deviations.

    What never changes has the deviation 1.
    """
    features = inputs.reshape(len(inputs), -1)
    mean = features.mean(axis=0, dtype=np.float64)
    blocks = np.array_split(features, -(-features.shape[1] // AT_ONCE), axis=1)
    spread = np.concatenate([block.std(axis=0, dtype=np.float64) for block in blocks])
    spread[spread < 1e-9] = 1.0
    for start in range(0, len(features), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        features[rows] = (features[rows] - mean) / spread
    return features, mean, spread


def _keep(
    linear: nn.Linear,
    slopes: NDArray[np.float64],
    biases: NDArray[np.float64],
    mean: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> None:
    raw = slopes / spread
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(raw))
        linear.bias.copy_(torch.from_numpy(biases - raw @ mean))


def _linear(module: nn.Module) -> nn.Linear:
    (linear,) = (layer for layer in module.modules() if isinstance(layer, nn.Linear))
    return linear

"""Histogram gradient boosting on the scaled bars, stored and walked as plain tensors."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.signals.models.direct_fit import NEVER, known_classes
from quantsig.signals.shape import ModelShape

ROUNDS = 100
LEAVES = 31
RATE = 0.1
VALUES = 255  # of a feature that are told apart, as scikit-learn does
FEW_NUMBERS = 20_000_000  # below, threads wait for each other longer than they work


class Trees(nn.Module):
    """Boosted regression trees: each sample falls to one leaf a tree, and their values add up.

    All nodes of all trees stand in one row; a leaf is its own child, so that every sample can
    walk as many steps as the deepest tree has. How many nodes there are is known once it is
    fitted: loading a state takes over the sizes of what is loaded.

    Attributes:
        feature, threshold, left, right, missing_left, value: (M,) of each node; a sample goes
            left where its feature is at most the threshold, or is missing and `missing_left`.
        roots: (T, K') the first node of each tree; K' scores are boosted side by side.
        start: (K',) what the trees add to.
        columns: (K',) the output that each score is; the other outputs are `rest`.
        rest: (K,) outputs before scores are put in.
        depth: steps from a root to the deepest leaf.
    """

    feature: torch.Tensor
    threshold: torch.Tensor
    left: torch.Tensor
    right: torch.Tensor
    missing_left: torch.Tensor
    value: torch.Tensor
    roots: torch.Tensor
    start: torch.Tensor
    columns: torch.Tensor
    rest: torch.Tensor

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.depth = 0
        one_leaf = {
            "feature": torch.tensor([0]),
            "threshold": torch.zeros(1, dtype=torch.float64),
            "left": torch.tensor([0]),
            "right": torch.tensor([0]),
            "missing_left": torch.tensor([False]),
            "value": torch.zeros(1, dtype=torch.float64),
            "roots": torch.tensor([[0]]),
            "start": torch.zeros(1, dtype=torch.float64),
            "columns": torch.tensor([outputs - 1]),
            "rest": torch.zeros(outputs, dtype=torch.float64),
        }
        for name, buffer in one_leaf.items():
            self.register_buffer(name, buffer)

    def forward(self, bars: torch.Tensor) -> torch.Tensor:
        """Scaled bars (B, C, N) to (B, K)."""
        features = bars.flatten(1).double()  # (B, F): compared as scikit-learn does
        node = self.roots.flatten().expand(len(features), -1)  # (B, T * K')
        for _ in range(self.depth):
            seen = features.gather(1, self.feature[node])
            goes_left = torch.where(
                seen.isnan(), self.missing_left[node], seen <= self.threshold[node]
            )
            node = torch.where(goes_left, self.left[node], self.right[node])
        grown = self.value[node].view(len(node), *self.roots.shape).sum(dim=1)  # (B, K')
        scores = self.rest.repeat(len(features), 1)
        scores[:, self.columns] = self.start + grown
        return scores.float()

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        for name, buffer in list(self.named_buffers()):
            stored = state_dict.get(prefix + name)
            if stored is not None and name != "rest":  # the outputs are those that were asked for
                setattr(self, name, buffer.new_empty(stored.shape))
        super()._load_from_state_dict(state_dict, prefix, *rest)
        self.depth = depth_of(self.roots, self.left, self.right)


def build(shape: ModelShape) -> nn.Module:
    """Scaled bars (B, C, N) to (B, outputs); zeros until it is fitted."""
    return Trees(shape.outputs)


def fit(
    module: nn.Module,
    inputs: NDArray[np.float32],
    targets: NDArray[Any],
    weights: NDArray[np.float64],
    seed: int,
) -> None:
    """Boost trees: log loss for classes, squared error for returns.

    It never stops early by itself: that would hold out samples at random, whose windows overlap
    those it learns from.
    """
    from sklearn.ensemble import (  # noqa: PLC0415 - takes seconds
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    assert isinstance(module, Trees)
    kind = (
        HistGradientBoostingRegressor if len(module.rest) == 1 else HistGradientBoostingClassifier
    )
    model = kind(
        max_iter=ROUNDS,
        max_leaf_nodes=LEAVES,
        learning_rate=RATE,
        early_stopping=False,
        random_state=seed,
    )
    classes = known_classes(targets, len(module.rest)) if len(module.rest) > 1 else np.zeros(1)
    features = inputs.reshape(len(inputs), -1)
    alike = bool((weights == weights[0]).all())
    with threadpool_limits(1 if inputs.size < FEW_NUMBERS else torch.get_num_threads()):
        if alike:
            model.fit(features, targets)
        else:
            model.fit(few_values(features), targets, sample_weight=weights)
    module.load_state_dict(trees_of(model, classes.astype(np.int64), len(module.rest)))


def few_values(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features (n, F) each moved to the nearest of its own quantiles, at most VALUES of them.

    Of weighted samples with more values than that, scikit-learn sorts a feature anew for each
    quantile, which takes minutes. It splits half way between values, so what a tree learns of the
    moved values holds for those that were not moved.
    """
    moved = np.empty_like(features)
    shares = np.linspace(0.0, 1.0, VALUES)
    for column, values in enumerate(features.T):
        levels = np.unique(np.quantile(values, shares, method="nearest"))
        half_way = 0.5 * levels[:-1].astype(np.float64) + 0.5 * levels[1:]
        moved[:, column] = levels[np.searchsorted(half_way, values)]
    return moved


def trees_of(model: Any, classes: NDArray[np.int64], outputs: int) -> dict[str, torch.Tensor]:
    """The state of Trees that scores as a fitted scikit-learn model does.

    Args:
        model: a HistGradientBoosting classifier or regressor without categories.
        classes: (K,) the output of each of the model's classes; of two the first scores 0.
        outputs: of the module; those without a class score as if they never happened.
    """
    trees = [tree.nodes for round_ in model._predictors for tree in round_]
    first = np.cumsum([0, *map(len, trees)])[:-1]
    nodes = np.concatenate(trees)
    own = np.arange(len(nodes))
    offset = np.repeat(first, [len(tree) for tree in trees])
    leaf = nodes["is_leaf"].astype(bool)
    start = np.ravel(model._baseline_prediction)
    rest = np.full(outputs, NEVER)
    rest[classes] = 0.0
    state = {
        "feature": np.where(leaf, 0, nodes["feature_idx"]).astype(np.int64),
        "threshold": np.where(leaf, 0.0, nodes["num_threshold"]),
        "left": np.where(leaf, own, nodes["left"] + offset),
        "right": np.where(leaf, own, nodes["right"] + offset),
        "missing_left": nodes["missing_go_to_left"].astype(bool),
        "value": nodes["value"].astype(np.float64),
        "roots": first.reshape(-1, len(start)),
        "start": start.astype(np.float64),
        "columns": classes[-len(start) :],
        "rest": rest,
    }
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in state.items()}


def depth_of(roots: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> int:
    """Steps from a root to the deepest leaf; a leaf is its own child.

    Raises:
        RuntimeError: a node is its own ancestor, which no tree has.
    """
    node, depth = roots.flatten(), 0
    while True:
        node = node[left[node] != node]
        if not len(node):
            return depth
        if depth > len(left):
            raise RuntimeError("the nodes of the trees form a ring")
        node = torch.unique(torch.cat([left[node], right[node]]))
        depth += 1

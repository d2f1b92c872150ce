"""A chart classifier as scikit-learn's estimators are, over the rows of one sample set."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import phrase
from quantsig.inputs import open_samples
from quantsig.settings_tree import settings_given

if TYPE_CHECKING:
    from quantsig.data.samples.store import SampleSet
    from quantsig.signals.training.problem import Problem

Ids = NDArray[np.int64]


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A network or simple model on charts, for scikit-learn's pipelines and searches.

    X is one column of sample ids of the set, as `Classifier.rows` gives it with y: charts are
    drawn from the set's bars when they are looked at, and X can be cut, indexed and passed on.
    Training is that of `train`, in memory: no run, no ledger, no calibration. The epoch is chosen
    on the last part of the rows by their decision times, and rows whose label reaches into it are
    left out of learning; nothing is shuffled between the two. Folds of a search are the caller's:
    `TimeSeriesSplit`, or folds that purge.

    Args:
        samples: the folder of the sample set, whose label has two classes.
        model: as `quantsig models` lists them.
        epochs: at most so many passes over the rows.
        seed: of weights and order.
        validation: share of the rows, the newest, that the epoch is chosen on.
        device: auto, cpu or cuda.
        settings: any other of the training by dotted name, as `optimiser.learning_rate`.

    Attributes:
        classes_: the labels, sorted; the second is the event.
        n_features_in_: 1.
        metrics_: a row per epoch and split, as metrics.parquet of a run.
    """

    def __init__(
        self,
        samples: str | Path | None = None,
        *,
        model: str = "small",
        epochs: int = 10,
        seed: int = 37,
        validation: float = 0.2,
        device: str = "auto",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.samples = samples
        self.model = model
        self.epochs = epochs
        self.seed = seed
        self.validation = validation
        self.device = device
        self.settings = settings

    @staticmethod
    def rows(samples: "SampleSet") -> tuple[Ids, Ids]:
        """X (n, 1) and y (n,) of the labelled rows of a set, in the order of their decisions."""
        known = samples.index.filter(samples.index["label"].is_not_null()).sort("decision_time")
        return known["sample_id"].to_numpy()[:, None], known["label"].to_numpy().astype(np.int64)

    def fit(self, X: Any, y: Any) -> "Classifier":  # noqa: N803 - scikit-learn's name
        """Learn from rows; weights of single rows are not supported.

        Raises:
            ConfigError: a setting is unknown or makes no sense.
            DataError: X are no rows of the set, or too few to learn from.
            ValueError: y has not two classes, or other lengths than X.
        """
        from quantsig.signals.training.fit import fit_setup
        from quantsig.signals.training.setup import set_up
        from quantsig.signals.training.tracking.callbacks import Callbacks

        samples = self._opened()
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None.")
        ids = self._ids(X, samples, reset=True)
        target = self._targets(y, ids)
        resolved = settings_given(
            {
                "train.model": self.model,
                "train.epochs": self.epochs,
                "train.seed": self.seed,
                "device": self.device,
                **(self.settings or {}),
            }
        )
        setup = set_up(self._problem(samples, ids, target), resolved.plan, resolved.device)
        with tempfile.TemporaryDirectory(prefix="quantsig-fit-") as folder:
            history, network = fit_setup(setup, Path(folder), Callbacks())
        self.scorer_ = setup.scorer(network)
        self.metrics_ = history.metrics()
        return self

    def decision_function(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Log-odds (n,) of the second class, what the sampler's mix added taken off."""
        check_is_fitted(self, "scorer_")
        samples = self._opened()
        scores: NDArray[np.float64] = self.scorer_.scores(
            samples, self._ids(X, samples, reset=False)
        ).long
        return scores

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities (n, 2) of the classes, not calibrated."""
        from scipy.special import expit

        event = expit(self.decision_function(X))
        return np.column_stack([1.0 - event, event])

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The likelier class of each row (n,)."""
        number = (self.decision_function(X) > 0.0).astype(np.int64)
        labels: NDArray[Any] = self.classes_[number]
        return labels

    def _opened(self) -> "SampleSet":
        if self.samples is None:
            raise ConfigError(
                "there is no sample set to learn from.",
                where="Classifier(samples=None)",
                remedy="Name its folder: Classifier(samples.path).",
            )
        samples = open_samples(self.samples)
        if len(samples.classes) != 2:
            raise DataError(
                phrase(
                    "the label {name} has {classes} classes, not two.",
                    name=samples.label.name,
                    classes=len(samples.classes),
                ),
                where=str(self.samples),
                remedy="Build the samples with rise or direction.",
            )
        return samples

    def _ids(self, X: Any, samples: "SampleSet", *, reset: bool) -> Ids:  # noqa: N803
        """The sample ids in X (n,)."""
        column = validate_data(self, X, reset=reset, dtype="numeric")
        ids: Ids = column[:, 0].astype(np.int64)
        known = np.isin(ids, samples.index["sample_id"].to_numpy())
        if column.shape[1] != 1 or (ids != column[:, 0]).any() or not known.all():
            raise DataError(
                "X is not one column of sample ids.",
                where=str(self.samples),
                remedy="Take it from Classifier.rows(samples), whole or in part.",
            )
        return ids

    def _targets(self, y: Any, ids: Ids) -> Ids:
        """The class number of each row, and `classes_`."""
        labels = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        if len(labels) != len(ids):
            raise ValueError(f"y has {len(labels)} rows, X has {len(ids)}.")
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError(f"y has {len(self.classes_)} classes; there must be two.")
        target: Ids = numbers.astype(np.int64)
        return target

    def _problem(self, samples: "SampleSet", ids: Ids, target: Ids) -> "Problem":
        """Learn from the earlier rows whose labels end before the later ones are decided."""
        from quantsig.signals.training.problem import pose

        if not 0.0 < self.validation < 1.0:
            raise ConfigError(
                phrase(
                    "a share of {validation} of the rows cannot choose the epoch.",
                    validation=self.validation,
                ),
                where="Classifier(validation=)",
                remedy="Give a share between 0 and 1, such as 0.2.",
            )
        index = samples.index
        place = np.empty(int(index["sample_id"].max()) + 1, np.int64)  # type: ignore[arg-type]
        place[index["sample_id"].to_numpy()] = np.arange(len(index))
        decided, ends = (
            index[name].dt.epoch("us").to_numpy()[place[ids]]
            for name in ("decision_time", "label_end")
        )
        order = np.argsort(decided, kind="stable")
        kept = max(1, min(round(len(ids) * (1.0 - self.validation)), len(ids) - 1))
        begin = decided[order[kept]]
        learnt = ids[order][(decided < begin)[order] & (ends < begin)[order]]
        judged = ids[order][decided[order] >= begin]
        problem = pose(samples, {"train": learnt, "validation": judged})
        targets, happened = problem.targets.copy(), problem.happened.copy()
        targets[ids], happened[ids] = target, target == 1
        return replace(problem, targets=targets, happened=happened)

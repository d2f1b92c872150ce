"""Meta-labelling: a second model that takes or skips the first one's signals, and sizes them.

López de Prado 2018, "Advances in Financial Machine Learning", sections 3.6 and 10.3. The second
model learns whether a signal earned more than it cost, from the first one's probability and a
few numbers known at the decision. It can be made from out-of-fold probabilities alone: those of
rows that the first model learnt from look too good.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from scipy.special import logit, ndtr
from torch import nn

from quantsig.data.errors import DataError, UsageError, refused, unknown_name
from quantsig.data.identity import identity_of
from quantsig.data.language.messages import phrase, term
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage import checksums
from quantsig.data.storage.records import read_record, write_record
from quantsig.signals.calibration.fit import fit_sigmoid
from quantsig.signals.calibration.sigmoid import Sigmoid
from quantsig.signals.choice import Choice
from quantsig.signals.layout import meta_file
from quantsig.signals.ledger import Entry
from quantsig.signals.meta.market_features import FEATURES, market_features
from quantsig.signals.models import build_model, find_model
from quantsig.signals.runs import Run, trial_id
from quantsig.signals.scoring.checkpoints import save_weights
from quantsig.signals.seal import sealed, sealing
from quantsig.signals.shape import ModelShape
from quantsig.signals.training.out_of_fold import OutOfFold

SCHEMA = "quantsig.meta/1"
MODELS = ("logistic", "linear_svm", "boosting")  # of the zoo: those that are fitted at once
FEWEST = 50  # signals before the costs are known to be covered or not
SURE = 1e-9  # how near to 0 and 1 a probability is told apart
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class MetaSettings:
    """Which signals are judged, and how.

    Attributes:
        threshold: the first model's probability from which a row is a signal.
        cost_fraction: what a round trip costs, as a fraction of its value.
        model: of the zoo; one of MODELS.
        take_at: probability of profit from which a signal is taken; None: where the mean profit
            after costs is zero, by the mean win and loss of the signals it learns from.
        window_bars: that volatility, trend and volume are taken over.
        calibration: share of the signals, the newest, that the probability is calibrated on.
        seed: of models that draw.
    """

    threshold: float
    cost_fraction: float
    model: str = "logistic"
    take_at: float | None = None
    window_bars: int = 20
    calibration: float = 0.3
    seed: int = 37

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise unknown_name("model", self.model, MODELS, where="meta.model")
        for name in ("threshold", "take_at", "calibration"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < 1.0:
                raise refused(f"meta.{name}", value, "Give a number between 0 and 1.")


@dataclass(frozen=True, kw_only=True, slots=True)
class MetaRecord:
    """All of meta/<trial_id>.json."""

    trial_id: str
    folds: str  # names the out-of-fold predictions
    settings: MetaSettings
    features: tuple[str, ...]  # in the order of the inputs
    take_at: float  # as resolved
    calibrator: Sigmoid
    signals: int
    profits: int
    sha256: str  # of the weights beside it


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Verdicts:
    """What becomes of rows, (n,) each."""

    profit_probability: Floats  # that the trade earns more than it costs, 0..1
    take: NDArray[np.bool_]  # False where the first model gives no signal, too
    size: Floats  # fraction of a full position, 0..1; 0 where it is skipped


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Meta:
    """A fitted second model."""

    settings: MetaSettings
    trial_id: str
    take_at: float  # as resolved
    calibrator: Sigmoid
    signals: int  # that it learnt from, those of its calibration included
    profits: int  # of them
    module: nn.Module = field(repr=False)

    def judge(
        self, samples: SampleSet, sample_ids: NDArray[np.int64], probability: Floats
    ) -> Verdicts:
        """Take or skip rows of any set that shows what the run was trained on.

        The size is 2 * Phi(z) - 1 with z = (p - q) / sqrt(p (1 - p)), where p is the probability
        of profit and q the one from which signals are taken (López de Prado 2018, section 10.3,
        whose q is one half).

        Args:
            samples: bars up to each decision are read.
            sample_ids: (n,) which ones.
            probability: (n,) the first model's, calibrated.
        """
        inputs = _inputs(samples, sample_ids, probability, self.settings)
        profit = self.calibrator.probability(_score(self.module, inputs))
        spread = np.sqrt(np.maximum(profit * (1.0 - profit), SURE))
        take = (probability >= self.settings.threshold) & (profit >= self.take_at)
        size = np.clip(2.0 * ndtr((profit - self.take_at) / spread) - 1.0, 0.0, 1.0)
        return Verdicts(profit_probability=profit, take=take, size=np.where(take, size, 0.0))


def fit_meta(predictions: OutOfFold, settings: MetaSettings) -> Meta:
    """Learn from out-of-fold signals which of them pay, and keep that in the run; see `learn`."""
    meta = learn(predictions, settings)
    _keep(predictions.run, meta, predictions)
    return meta


def learn(predictions: OutOfFold, settings: MetaSettings) -> Meta:
    """Learn from out-of-fold signals which of them pay.

    The first models of the folds, too, must have learnt only from labels that ended before the
    run's calibration split: `predict_folds(run, folding, before="calibration")`. So what the
    second model is worth can be measured, and a threshold chosen, on that split.

    Raises:
        UsageError: the predictions are not out of fold, reach into the calibration split, or hold
            rows twice.
        DataError: there are too few signals, or all or none of them earn anything.
    """
    if not isinstance(predictions, OutOfFold):
        raise UsageError(
            phrase("a {kind} is not known to be out of fold.", kind=type(predictions).__name__),
            where=term("the predictions that a second model is to learn from"),
            remedy="Take them from predict_folds; those of rows that the first model learnt from "
            "look too good.",
        )
    run = predictions.run
    samples = run.samples()
    _refuse_calibration(predictions, samples)
    chosen = predictions.once().filter(pl.col("probability") >= settings.threshold)
    rows = chosen.sort("decision_time", "sample_id")
    older, newer = _halves(rows, settings.calibration)
    profit = {name: _profit(part, settings) for name, part in (("old", older), ("new", newer))}
    for part in profit.values():
        _check(part, run)
    module = build_model(settings.model, _shape())
    fit = find_model(settings.model).fit
    assert fit
    earned = (profit["old"] > 0.0).astype(np.int64)
    fit(module, _inputs_of(samples, older, settings), earned, np.ones(len(older)), settings.seed)
    scores = _score(module, _inputs_of(samples, newer, settings))
    both = np.concatenate(list(profit.values()))
    return Meta(
        settings=settings,
        trial_id=trial_id(predictions.trial_id, identity_of(settings)),
        take_at=break_even(both) if settings.take_at is None else settings.take_at,
        calibrator=fit_sigmoid(scores, profit["new"] > 0.0),
        signals=len(both),
        profits=int((both > 0.0).sum()),
        module=module,
    )


def with_opinion(rows: pl.DataFrame, meta: Meta, samples: SampleSet) -> pl.DataFrame:
    """Rows with `take` and `size`; see `Meta.judge`.

    Args:
        rows: `sample_id` in `samples` and calibrated `probability`.
        meta: the second model.
        samples: that the rows are of.
    """
    verdicts = meta.judge(samples, rows["sample_id"].to_numpy(), rows["probability"].to_numpy())
    return rows.with_columns(take=pl.Series(verdicts.take), size=pl.Series(verdicts.size))


def strategy_id(choice: Choice, meta: Meta | None) -> str:
    """Names what is traded: the choice, or the choice with its second model."""
    return choice.trial_id if meta is None else trial_id(choice.trial_id, meta.trial_id)


def break_even(profit: Floats) -> float:
    """Share of winners at which the mean profit is zero: mean loss / (mean win + mean loss).

    Args:
        profit: (n,) returns after costs, at least one of them above zero and one not.
    """
    win, loss = profit[profit > 0.0].mean(), -profit[profit <= 0.0].mean()
    return float(loss / (win + loss))


def read_meta_record(source: Path) -> MetaRecord:
    """The numbers of a second model.

    Raises:
        DataError: there is no such file, or another version wrote it.
        IntegrityError: it is damaged.
    """
    return read_record(sealed(source), MetaRecord, SCHEMA, remedy="Fit it again.")


def _keep(run: Run, meta: Meta, predictions: OutOfFold) -> None:
    """Numbers only, and one line of the ledger for each second model that is tried."""
    named = {"run_id": run.run_id, "trial_id": meta.trial_id}
    with sealing(run.path, Entry(event="meta", named=named)) as stage:
        target = meta_file(stage, meta.trial_id)
        weights = target.with_suffix(".safetensors")
        save_weights(weights, meta.module)
        record = MetaRecord(
            trial_id=meta.trial_id,
            folds=predictions.trial_id,
            settings=meta.settings,
            features=("probability", *FEATURES),
            take_at=meta.take_at,
            calibrator=meta.calibrator,
            signals=meta.signals,
            profits=meta.profits,
            sha256=checksums.sha256_of(weights),
        )
        write_record(target, record, SCHEMA)


def _refuse_calibration(predictions: OutOfFold, samples: SampleSet) -> None:
    """Raise where a fold holds a row whose label ends in the calibration split or later."""
    known = np.unique(
        np.concatenate([ids for fold in predictions.folds for ids in fold.ids.values()])
    )
    begins = samples.cut_times(predictions.run.splits)[1]
    late = int((samples.index["label_end"].gather(known) >= begins).sum())
    if late:
        raise UsageError(
            phrase(
                "the folds hold {rows} rows whose label ends in the calibration split or later.",
                rows=late,
            ),
            where=phrase("out-of-fold predictions of {run}", run=predictions.run.path),
            remedy='Take them from predict_folds(run, folding, before="calibration").',
        )


def _halves(rows: pl.DataFrame, newest: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows to learn from, and the newest; no label of the former reaches the latter."""
    if rows.is_empty():
        return rows, rows
    first = rows["decision_time"][min(round((1.0 - newest) * len(rows)), len(rows) - 1)]
    return rows.filter(pl.col("label_end") < first), rows.filter(pl.col("decision_time") >= first)


def _check(profit: Floats, run: Run) -> None:
    wins = int((profit > 0.0).sum())
    if len(profit) < FEWEST or wins in (0, len(profit)):
        raise DataError(
            phrase(
                "{wins} of {signals} signals earned more than they cost: a second model "
                "has too little to learn from, or to be calibrated on.",
                wins=wins,
                signals=len(profit),
            ),
            where=str(run.path),
            remedy=phrase(
                "It needs {fewest} signals for each, winners and losers: lower the "
                "threshold, or use more bars.",
                fewest=FEWEST,
            ),
        )


def _profit(rows: pl.DataFrame, settings: MetaSettings) -> Floats:
    """(n,) returns after costs."""
    profit: Floats = rows["forward_return"].to_numpy() - settings.cost_fraction
    return profit


def _inputs_of(
    samples: SampleSet, rows: pl.DataFrame, settings: MetaSettings
) -> NDArray[np.float32]:
    return _inputs(samples, rows["sample_id"].to_numpy(), rows["probability"].to_numpy(), settings)


def _inputs(
    samples: SampleSet, ids: NDArray[np.int64], probability: Floats, settings: MetaSettings
) -> NDArray[np.float32]:
    """(n, F, 1): the first model's log-odds and what is known of the market."""
    features = market_features(samples, ids, settings.window_bars)
    first = logit(np.clip(probability, SURE, 1.0 - SURE))
    return np.column_stack([first, features]).astype(np.float32)[:, :, None]


def _score(module: nn.Module, inputs: NDArray[np.float32]) -> Floats:
    """(n,) log-odds of a profit, not calibrated."""
    with torch.inference_mode():
        logits = module(torch.from_numpy(inputs)).double().numpy()  # (n, 2)
    scores: Floats = logits[:, 1] - logits[:, 0]
    return scores


def _shape() -> ModelShape:
    return ModelShape(
        planes=0,
        height=0,
        width=0,
        bar_pixels=1,
        outputs=2,
        scaled_channels=1 + len(FEATURES),
        scaled_bars=1,
    )

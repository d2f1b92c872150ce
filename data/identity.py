"""What names of trials are made of, the same before and after a setting is added.

Names of trials, of unfinished work and of folds are digests of settings. Those of format version
1 enter in full and in the order they had then. One that came later enters only where it differs
from the default it came with: until it is set, every name stays what it was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FIRST: Mapping[str, str] = {  # the settings of format version 1 by class; never changed
    "ChartSpec": "timeframes bars panels calendar fast_bars slow_bars height width crop pad "
    "drop_planes merge alignment bar_seconds",
    "LabelSpec": "name horizon_bars delay_bars direction rise flat stop target barrier_unit "
    "volatility_bars rise_fraction flat_fraction down_fraction up_fraction",
    "ReadLimits": "memory_mb seconds",
    "Nesting": "validation calibration embargo",
    "KFold": "blocks nesting",
    "WalkForward": "folds first anchored gap nesting",
    "Combinatorial": "blocks tested nesting",
    "Plan": "train loss optimiser schedule sampling augment alarms speed",
    "TrainSettings": "recipe model loss epochs batch_size clip_norm clip_value patience min_delta "
    "best_by seed seeds save_minutes keep_state",
    "LossSettings": "class_weights focal_gamma focal_alpha dice_smooth composite_f1_share "
    "adaptive_f1_share smooth_l1_beta huber_delta weighted_mse_floor quantiles l1_penalty "
    "l2_penalty",
    "OptimiserSettings": "name learning_rate weight_decay momentum betas alpha",
    "ScheduleSettings": "name warmup_steps warmup_epochs step_epochs factor plateau_patience "
    "minimum_rate",
    "SamplingSettings": "positives stack_corrections",
    "AugmentSettings": "shift_bars noise drop_planes",
    "AlarmSettings": "collapse_spread collapse_share no_learning_epochs no_learning_fraction "
    "leak_skill leak_margin gradient_factor gradient_window gradient_fewest gradient_calm "
    "gradient_skips gradient_roll_backs",
    "SpeedSettings": "precision scoring channels_last compile micro_batch checkpoint_activations",
    "Range": "low high whole logarithmic",
    "Choices": "values",
    "MetaSettings": "threshold cost_fraction model take_at window_bars calibration seed",
    "AskedRule": "name value confidence",
    "Execution": "delay_bars holding_bars fill_price directions fee_bps minimum_fee slippage_bps "
    "stop_loss take_profit trailing_stop maintenance_margin sizing size_fraction fixed_cash "
    "target_volatility volatility_bars kelly_share kelly_win kelly_loss lot_size start_capital "
    "shared_cash same_session_sale price_limit price_tick trade_without_volume",
    "Grid": "thresholds stops targets holdings delays",
}
LATER: Mapping[str, Mapping[str, Any]] = {  # settings that came since, with their first default
    "Plan": {"model": {}, "input": {}, "adversarial": {}},
    "AdversarialSettings": {"weight": 0.0, "epsilon": 0.05},
    "LossSettings": {"head_penalty": 0.0},
    "ModelSettings": dict.fromkeys(
        (
            *("hidden_size", "layers", "dropout", "attention_size", "levels", "expansion"),
            *("heads", "market_weight", "standardise"),
            *("divergence_weight", "auxiliary_weight", "salience_weight"),
        )
    ),
    "SequenceSpec": {
        "features": ("scaled",),
        "window_bars": None,
        "timeframes": None,
        "denoise": None,
        "max_items": 8,
        "universe": None,
    },
    "SpeedSettings": {"deterministic": False},
    "TrainSettings": {"track": ()},
}


def identity_of(settings: "DataclassInstance") -> dict[str, Any]:
    """What settings enter a name with, sections within sections.

    Args:
        settings: a dataclass of settings, or of sections of them.
    """
    return {
        name: identity_of(value) if _is_section(value) else value
        for name, value in _entering(settings)
    }


def identity_text(settings: "DataclassInstance") -> str:
    """The same as one text, as ways of folding enter names."""
    entering = (
        f"{name}={identity_text(value) if _is_section(value) else repr(value)}"
        for name, value in _entering(settings)
    )
    return f"{type(settings).__name__}({', '.join(entering)})"


def _entering(settings: "DataclassInstance") -> Iterator[tuple[str, Any]]:
    """The settings of version 1 in their order, then those that were set of the later ones."""
    known = FIRST.get(type(settings).__name__, "").split()
    for name in known:
        yield name, getattr(settings, name)
    for field in fields(settings):
        value = getattr(settings, field.name)
        if field.name in known:
            continue
        if _is_section(value):  # of which something must be set
            differs = any(True for _ in _entering(value))
        else:
            differs = value != _first_default(type(settings).__name__, field)
        if differs:
            yield field.name, value


def _first_default(section: str, field: "Field[Any]") -> Any:
    """The default that a later setting came with; without one it always enters."""
    known = LATER.get(section, {})
    if field.name in known:
        return known[field.name]
    return field.default if field.default_factory is MISSING else field.default_factory()


def _is_section(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type)

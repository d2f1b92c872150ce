"""Which option of a verb sets which setting."""

from typing import Any, get_args, get_type_hints

from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.execution import ExecutionOptions
from quantsig.cli.options.label import LabelOptions

GROUPS: dict[str, Any] = {"bars": BarsOptions, "backtest": ExecutionOptions, "label": LabelOptions}
OF_VERBS = {  # and the first verb that has it
    "device": ("--device", "train"),
    "samples.preset": ("--preset", "samples build"),
    "samples.chart_file": ("--chart", "samples build"),
    "samples.stride_bars": ("--stride-bars", "samples build"),
    "train.recipe": ("--recipe", "train"),
    "train.model": ("--model", "train"),
    "train.loss": ("--loss", "train"),
    "train.epochs": ("--epochs", "train"),
    "train.batch_size": ("--batch-size", "train"),
    "train.seed": ("--seed", "train"),
    "train.seeds": ("--seeds", "train"),
    "optimiser.learning_rate": ("--learning-rate", "train"),
    "sampling.positives": ("--positives", "train"),
    "speed.precision": ("--precision", "train"),
}


def option_of(name: str) -> str | None:
    """The option that sets a setting by dotted name; None where --set alone does."""
    section, _, key = name.partition(".")
    if name in OF_VERBS:
        return OF_VERBS[name][0]
    hints = get_type_hints(GROUPS[section], include_extras=True) if section in GROUPS else {}
    if key not in hints:
        return None
    option = get_args(hints[key])[1]
    declared = (option.default, *option.param_decls)  # the first one is kept as the default
    return next(text for text in declared if isinstance(text, str))

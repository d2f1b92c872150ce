"""What kind of value a setting takes, and which values where these are known."""

import types
from collections.abc import Iterable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from quantsig.data.charts.spec import AUTO, PRESETS, ChartSpec
from quantsig.data.label_spec import LABELS
from quantsig.data.language.catalogue import languages
from quantsig.data.language.messages import chained, phrase, term
from quantsig.settings import Settings
from quantsig.signals.losses import LOSSES
from quantsig.signals.models import MODELS
from quantsig.signals.optimisation.optimisers import OPTIMISERS
from quantsig.signals.optimisation.schedules import SCHEDULES
from quantsig.signals.training.recipes import RECIPES
from quantsig.signals.training.settings import JUDGES
from quantsig.signals.training.tracking.trackers import TRACKERS

NAMES: dict[str, Iterable[str]] = {  # settings that name a line of a table
    "language": languages(),
    "samples.preset": (AUTO, *PRESETS),
    "label.name": LABELS,
    "train.recipe": RECIPES,
    "train.model": MODELS,
    "train.loss": LOSSES,
    "train.best_by": JUDGES,
    "train.track": TRACKERS,
    "optimiser.name": OPTIMISERS,
    "schedule.name": SCHEDULES,
}
WORDS = {
    bool: term("true or false"),
    int: term("a whole number"),
    float: term("a number"),
    str: term("text"),
    Path: term("a path"),
    timedelta: term("a time such as 15m, 1h, 1d"),
}
TABLE, EITHER = term("a table"), "{one} or {other}"


def kind_of(name: str) -> str:
    """What a setting by dotted name can be, in words."""
    return _words(_hint(name))


def allowed_values(name: str) -> list[str]:
    """The values that a setting can have, or its parts where it is a list; empty if not named."""
    if name in NAMES:
        return list(NAMES[name])
    hint = _hint(name)
    named = [part for part in (hint, *get_args(hint)) if get_origin(part) is Literal]
    return [str(value) for part in named for value in get_args(part)]


def _hint(name: str) -> Any:
    section, _, key = name.partition(".")
    kind = {field.name: field.type for field in fields(Settings)}[section]
    if not key:
        return kind
    hints = get_type_hints(kind)
    return hints[key] if key in hints else get_type_hints(ChartSpec)[key]


def _words(hint: Any) -> str:
    parts = get_args(hint)
    if get_origin(hint) is Literal:
        return WORDS[str]
    if get_origin(hint) in (Union, types.UnionType):
        held = [_words(part) for part in parts if part is not type(None)]
        return chained(EITHER, list(dict.fromkeys(held)))
    if get_origin(hint) is tuple:
        return phrase("a list, each {kind}", kind=_words(parts[0]))
    return WORDS.get(hint, TABLE)

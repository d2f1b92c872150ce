"""What the shell is offered for a value that is half typed. Imports nothing heavy."""

from collections.abc import Iterable


def models(incomplete: str) -> list[str]:
    """Models by name."""
    from quantsig.signals.models import MODELS

    return _begin(MODELS, incomplete)


def losses(incomplete: str) -> list[str]:
    """Losses by name."""
    from quantsig.signals.loss_settings import LOSS_NAMES

    return _begin(LOSS_NAMES, incomplete)


def presets(incomplete: str) -> list[str]:
    """Presets of charts by name."""
    from quantsig.data.charts.spec import AUTO, PRESETS

    return _begin((AUTO, *PRESETS), incomplete)


def labels(incomplete: str) -> list[str]:
    """Labels by name."""
    from quantsig.data.label_spec import LABELS

    return _begin(LABELS, incomplete)


def runs(incomplete: str) -> list[str]:
    """Finished runs of the runs folder, as paths; none where the settings cannot be read."""
    from quantsig.cli.config import load
    from quantsig.data.errors import QuantsigError
    from quantsig.signals.layout import RECORD, SHOWN

    try:
        home = load(None, {}).paths.runs
    except QuantsigError:
        return []
    found = sorted(record.parent.as_posix() for record in home.glob(f"{SHOWN}/{RECORD}"))
    return _begin(found, incomplete)


def _begin(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]

"""What the shell is offered for a value that is half typed. Imports nothing heavy."""

from collections.abc import Callable, Iterable


def values_of(setting: str) -> Callable[[str], list[str]]:
    """What completes the values of a setting by dotted name, where these are known."""

    def complete(incomplete: str) -> list[str]:
        from quantsig.cli.settings.values import allowed_values

        return _begin(allowed_values(setting), incomplete)

    return complete


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

"""The bars that the settings name, read and remarked on."""

from typing import TYPE_CHECKING

from quantsig.cli.output import note, stage

if TYPE_CHECKING:
    from quantsig.data.bars import CheckedBars
    from quantsig.settings import Settings


def read_named_bars(settings: "Settings", *, quiet: bool = False) -> "CheckedBars":
    """Read and check the bars that the settings name.

    Args:
        settings: say where they are, and how they are read.
        quiet: the caller says what is to be known of them.
    """
    from quantsig.data.checks.sanity import examine, record, remarks
    from quantsig.data.errors import UsageError
    from quantsig.data.readers import read_bars

    if settings.bars.source is None:
        raise UsageError(
            "no bars were named.",
            where="[bars] source",
            remedy="Name a file or folder, or set [bars] source in quantsig.toml.",
        )
    with stage("Reading bars"):
        bars = read_bars(settings.bars.source, settings.bars, quarantine=settings.bars.quarantine)
    for remark in () if quiet else (*bars.notes, *remarks(record(examine(bars)))):
        note(remark)
    return bars

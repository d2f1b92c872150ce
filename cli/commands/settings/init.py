"""`quantsig init`: write a settings file to start from."""

from pathlib import Path

from quantsig.cli.arguments import Force
from quantsig.cli.output import print_line
from quantsig.cli.settings.comments import SETTINGS_FILE, spoken_settings


def init(force: Force = False) -> None:
    """Write a commented quantsig.toml into the current folder.

    With it the other verbs need no arguments.

    \b
    Example:
      quantsig init
    """
    from quantsig.data.storage.atomic import refuse_existing, write_text

    target = Path.cwd() / SETTINGS_FILE
    refuse_existing(target, force=force)
    write_text(target, spoken_settings(), private=True)
    print(target)
    print_line("Name your bars in it under [bars] source, then: quantsig samples build")

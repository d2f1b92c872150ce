"""`quantsig init`: write a settings file to start from."""

from pathlib import Path

from quantsig.cli.arguments import Force

FILE = "quantsig.toml"


def init(force: Force = False) -> None:
    """Write a commented quantsig.toml into the current folder.

    With it the other verbs need no arguments.

    \b
    Example:
      quantsig init
    """
    from importlib.resources import files

    from quantsig.data.storage.atomic import refuse_existing, write_text

    target = Path.cwd() / FILE
    refuse_existing(target, force=force)
    settings = files("quantsig.cli").joinpath(FILE).read_text(encoding="utf-8")
    write_text(target, settings, private=True)
    print(target)
    print("Name your bars in it under [bars] source, then: quantsig samples build")

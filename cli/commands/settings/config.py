"""`quantsig config`: the settings as they are here, what they mean, and what is wrong with them."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Json, Pairs
from quantsig.cli.options.help import Verbs
from quantsig.cli.output import note, print_document, print_line, printable
from quantsig.cli.printing.fold import filled
from quantsig.data.language.messages import chained, phrase, term
from quantsig.data.language.saying import tell, word

if TYPE_CHECKING:
    from quantsig.data.errors import ConfigError

NOT_SET = "not set"
EXPLAINED = ("takes", "values", "default", "environment", "option")  # of a setting
EXPLAINED_COLUMNS = 12
app = Verbs(help="Show the settings, explain one, check a file.")


@app.command()
def show(
    origin: Annotated[
        bool, typer.Option("--origin", help="Say of each where its value comes from.")
    ] = False,
    pairs: Pairs = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show every setting as it is resolved for the current folder, as lines of TOML.

    An option goes over QUANTSIG_* in the environment, over the file, over a recipe, over the
    default. What is not set stands in a comment.

    \b
    Example:
      quantsig config show
      quantsig config show --origin --set train.recipe=jkx20
    """
    from quantsig.cli.settings.resolution import as_toml, resolved_settings

    found = resolved_settings(config, pairs or ())
    if json:
        rows = [
            {"name": one.name, "value": _plain(one.value), "origin": one.origin} for one in found
        ]
        print_document("config.show", {"settings": len(rows)}, rows=rows)
        return
    for one in found:
        unset = one.value is None
        line = f"# {one.name}: {word(NOT_SET)}" if unset else f"{one.name} = {as_toml(one.value)}"
        behind = f"  # {word(one.origin)}" if origin and not unset else ""
        print(printable(f"{line}{behind}"))


@app.command()
def explain(
    key: Annotated[str, typer.Argument(metavar="KEY", help="A setting, such as train.epochs.")],
    json: Json = False,
) -> None:
    """Say what a setting means, what it can be, its default, and every way to set it.

    \b
    Example:
      quantsig config explain loss.focal_gamma
    """
    from quantsig.cli.config import variable
    from quantsig.cli.options.of_settings import option_of
    from quantsig.cli.settings.comments import setting_comments
    from quantsig.cli.settings.resolution import as_toml, default_of
    from quantsig.cli.settings.values import allowed_values, kind_of
    from quantsig.settings_tree import unknown_setting

    comments = setting_comments()
    if key not in comments:
        raise unknown_setting(key, where=f"config explain {key}")
    default, comment = default_of(key), comments[key]
    figures = {
        "setting": key,
        "meaning": comment.comment,
        "kind": kind_of(key),
        "values": allowed_values(key),
        "default": None if default is None else as_toml(default),
        "example": comment.example,
        "variable": variable(key),
        "option": option_of(key),
    }
    if json:
        print_document("config.explain", figures)
        return
    print_line(phrase("{key}: {meaning}", key=key, meaning=term(comment.comment)))
    example = comment.example.strip('"')
    pair = shlex.quote(f"{key}={example}")
    unset = phrase("not set; such as {example}", example=comment.example)
    ways = [way for way in (option_of(key), f"--set {pair}") if way]
    lines = (
        kind_of(key),
        ", ".join(allowed_values(key)),
        unset if default is None else as_toml(default),
        variable(key),
        chained("{one} or {other}", ways),
    )
    for name, text in zip(EXPLAINED, lines, strict=True):
        if text:
            print(printable(f"  {filled(word(name), EXPLAINED_COLUMNS)} {tell(text)}"))


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Settings file; else ./quantsig.toml.")
    ] = None,
    json: Json = False,
) -> None:
    """Name everything that is wrong with a settings file, and end with 3 where anything is.

    \b
    Example:
      quantsig config check
      quantsig config check other.toml
    """
    from quantsig.cli.config import FILE, load
    from quantsig.cli.settings.problems import problems
    from quantsig.data.errors import ConfigError

    where = str(file or FILE)
    found = problems(file or FILE)
    if json:
        rows = [_row(one) for one in found]
        print_document("config.check", {"problems": len(rows)}, file=where, rows=rows)
    if len(found) == 1:
        raise found[0]
    if found:
        for one in found if not json else ():
            note(
                phrase(
                    "{where}: {what} {remedy}",
                    where=one.where,
                    what=term(one.what),
                    remedy=term(one.remedy),
                )
            )
        raise ConfigError(
            phrase("{count} settings cannot be used.", count=len(found)),
            where=where,
            remedy="Mend each, then check again: quantsig config check",
        )
    load(file, {})  # one over another, with the environment
    if not json:
        print_line(phrase("{file}: nothing is wrong", file=where))


def _row(problem: "ConfigError") -> dict[str, str]:
    return {"what": problem.what, "where": problem.where, "remedy": problem.remedy}


def _plain(value: Any) -> Any:
    """A value as JSON holds it: a number, a list, or text."""
    from quantsig.cli.settings.resolution import as_toml

    if value is None or isinstance(value, bool | int | float | str | dict):
        return value
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return as_toml(value).strip('"')

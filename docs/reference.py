"""Writes docs/reference/ and its Chinese: every command as its --help says it, every setting.

`make docs` calls it before the site is built; the folder is no part of the repository, so what it
says is always what the program does.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from quantsig.cli.app import app
from quantsig.cli.settings.comments import setting_comments
from quantsig.cli.settings.values import allowed_values, kind_of
from quantsig.data.language.catalogue import ENGLISH, languages
from quantsig.data.language.saying import reading, say, tell, word
from quantsig.settings_tree import known_keys

DOCS = Path(__file__).parent
HIDDEN = ("--install-completion", "--show-completion")


def commands_page() -> str:
    """Every verb with its arguments and options."""
    parts = [f"# {say('Commands')}", say("Made from the same tables as `quantsig --help`.")]
    parts += [
        part for name, verb in verbs(get_command(app), "quantsig") for part in said(name, verb)
    ]
    return "\n\n".join(parts) + "\n"


def verbs(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The verbs of a group by their whole names, those of groups in it included."""
    for own, verb in getattr(command, "commands", {}).items():
        if getattr(verb, "commands", None):
            yield from verbs(verb, f"{name} {own}")
        else:
            yield f"{name} {own}", verb


def said(name: str, verb: Any) -> Iterator[str]:
    """One verb: what it does, its examples, and a table of what it takes."""
    yield f"## `{name}`"
    for part in inspect.cleandoc(verb.help or "").split("\n\n"):
        if part.startswith("\b"):
            lines = [line.strip() for line in part.splitlines()[2:]]
            yield "\n".join(["```text", *lines, "```"])
        else:
            yield word(" ".join(part.split()))
    rows = [row(one) for one in verb.params if not set(HIDDEN) & set(one.opts)]
    if rows:
        yield "\n".join(
            [heading("argument or option", "means", "if left out"), "|---|---|---|", *rows]
        )


def heading(*names: str) -> str:
    """The first row of a table."""
    return f"| {' | '.join(map(say, names))} |"


def row(one: Any) -> str:
    """One argument or option as a row of the table."""
    names = [one.metavar or one.name] if one.param_type_name == "argument" else one.opts
    names = [f"`{name}`" for name in (*names, *one.secondary_opts)]
    default = one.default
    known = default is not None and default is not False and not callable(default)
    shown = f"`{default}`" if known and str(default) not in ("", "()") else ""
    meaning = word(" ".join((getattr(one, "help", None) or "").split())).replace("|", "\\|")
    return f"| {', '.join(names)} | {meaning} | {shown} |"


def settings_page() -> str:
    """Every setting with its kind, its values and its default."""
    parts = [
        f"# {say('Settings')}",
        say("Each stands in `quantsig.toml`; `quantsig config explain KEY` says it too."),
    ]
    section = ""
    lines: list[str] = []
    for key in known_keys():
        own = key.partition(".")[0]
        if own != section:
            section = own
            lines += ["", f"## `[{own}]`" if "." in key else f"## `{own}`", ""]
            lines += [
                heading("setting", "means", "takes", "values", "default or example"),
                "|---|---|---|---|---|",
            ]
        about = setting_comments()[key]
        values = ", ".join(allowed_values(key)).replace("|", "\\|")
        text = word(about.comment).replace("|", "\\|")
        kind = tell(kind_of(key))
        lines.append(f"| `{key}` | {text} | {kind} | {values} | `{about.example}` |")
    return "\n\n".join(parts) + "\n" + "\n".join(lines) + "\n"


def write(docs: Path = DOCS) -> None:
    """Both pages in every language."""
    for language in languages():
        folder = (docs if language == ENGLISH else docs / language) / "reference"
        folder.mkdir(exist_ok=True)
        with reading(language):
            (folder / "commands.md").write_text(commands_page(), encoding="utf-8")
            (folder / "settings.md").write_text(settings_page(), encoding="utf-8")


if __name__ == "__main__":
    write()

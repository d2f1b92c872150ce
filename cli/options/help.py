"""How `--help` reads: options under headings, with defaults and values; no sentence is cut.

Typer groups only by way of rich, whose import takes longer than all the rest of a help.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, get_args

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from quantsig.cli.options.panels import COMMON, OfSetting, metavar
from quantsig.cli.printing.fold import fold
from quantsig.data.language.catalogue import ENGLISH
from quantsig.data.language.saying import language, say, word

ARGUMENTS, OPTIONS, COMMANDS = "Arguments", "Options", "Commands"
MOST_LETTERS = 36  # of the values that are shown behind an option
DEFAULT = re.compile(r"\[default: (?:[^\[\]]|\[[^\]]*\])*\]")
OF_THE_PARSER = ("[default: ", "[required]")  # what it writes behind the meaning of an option
INDENT = "  "
AS_IT_STANDS = "\b"  # begins a paragraph whose lines stay
UNBROKEN = "\u00a0"  # a blank that no line ends at
TYPES = re.compile(r"<list\[(\w+)\]>|<(\w+) range>|<(\w+),(\w+)>\.\.\.")  # as the parser says
LINE_COLUMNS = 30  # of names and options before what they mean

Row = tuple[str, str]


class Verbs(typer.Typer):
    """Verbs whose help, and that of each, stands under headings."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"cls": VerbsHelp, **settings})

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """As typer's own; `rich_help_panel` is the heading that the verb is listed under."""
        return super().command(name, cls=VerbHelp, **settings)


class TranslatedHelp:
    """The usage and the text of a help in the reader's language, paragraph by paragraph."""

    help: str | None

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """The line that says how it is typed."""
        pieces = " ".join(self.collect_usage_pieces(ctx))  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, pieces, prefix=word("Usage: "))

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """What it does, and examples."""
        if language() == ENGLISH:
            super().format_help_text(ctx, formatter)  # type: ignore[misc]
            return
        for paragraph in inspect.cleandoc(self.help or "").split("\n\n"):
            formatter.write_paragraph()
            _write_paragraph(formatter, paragraph)


def _write_paragraph(formatter: Any, paragraph: str) -> None:
    """Folded, unless its lines are to stay as they are."""
    if paragraph.startswith(AS_IT_STANDS):
        lines = [str(word(line)) for line in paragraph.splitlines()[1:]]
    else:
        lines = fold(word(" ".join(paragraph.split())), formatter.width - len(INDENT))
    formatter.write("".join(f"{INDENT}{line}\n" for line in lines))


class VerbHelp(TranslatedHelp, TyperCommand):
    """A verb whose options stand under headings."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, the verb's own options, those of its groups, and what most verbs have."""
        write_sections(formatter, _sections_of(self, ctx))

    def get_help(self, ctx: Any) -> str:
        """The whole page."""
        return super().get_help(ctx).replace(UNBROKEN, " ")


class VerbsHelp(TranslatedHelp, TyperGroup):
    """A group of verbs that stand under headings, each with its whole first sentence."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Options, then verbs."""
        write_sections(formatter, _sections_of(self, ctx))
        sections: dict[str, list[Row]] = {}
        for name in self.list_commands(ctx):
            verb = self.get_command(ctx, name)
            if verb is not None and not verb.hidden:
                panel = getattr(verb, "rich_help_panel", None)
                heading = panel if isinstance(panel, str) else COMMANDS
                row = name, word(first_sentence(verb.help or ""))
                sections.setdefault(heading, []).append(row)
        write_sections(formatter, sections)


class FirstVerbMeant(VerbsHelp):
    """A group whose first verb is meant where none of them is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Name that verb before what is said of it."""
        asked = args[:1] and args[0] in self.get_help_option_names(ctx)
        return super().parse_args(ctx, args if asked else self.meant(args))

    def meant(self, args: list[str]) -> list[str]:
        """The words with the verb that they are for."""
        return args if args[:1] and args[0] in self.commands else [next(iter(self.commands)), *args]


def write_sections(formatter: Any, sections: dict[str, list[Row]]) -> None:
    """Rows under their headings, all in the same two columns."""
    width = min(LINE_COLUMNS, max(len(row[0]) for rows in sections.values() for row in rows))
    for heading, rows in sections.items():
        if language() != ENGLISH:
            formatter.write_paragraph()
            formatter.write(f"{say('{heading}:', heading=word(heading))}\n")
            _write_wide(formatter, rows, width)
            continue
        with formatter.section(heading):
            whole = [(f"{name:<{width}}", DEFAULT.sub(_unbroken, text)) for name, text in rows]
            formatter.write_dl(whole, col_max=width)


def _write_wide(formatter: Any, rows: list[Row], width: int) -> None:
    """Rows whose texts hold wide characters, which the formatter would not fold."""
    behind = " " * (len(INDENT) + width + len(INDENT))
    for name, text in rows:
        first, *more = fold(_in_language(text), formatter.width - len(behind)) or [""]
        begin = f"{INDENT}{name}"
        apart = f"{begin}\n{behind}" if len(begin) > len(behind) - len(INDENT) else ""
        formatter.write(f"{apart or begin.ljust(len(behind))}{first}\n")
        formatter.write("".join(f"{behind}{line}\n" for line in more))


def _in_language(text: str) -> str:
    """What stands behind an option, with the parser's own words in the reader's language."""
    whole = DEFAULT.sub(_unbroken, text)
    for said in OF_THE_PARSER:
        whole = whole.replace(said.replace(" ", UNBROKEN), word(said))
    return whole


def _unbroken(found: re.Match[str]) -> str:
    return found[0].replace(" ", UNBROKEN)


def first_sentence(text: str) -> str:
    """Of the first paragraph of a docstring."""
    paragraph = " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())
    return f"{paragraph.partition('. ')[0].removesuffix('.')}."


def _sections_of(command: Any, ctx: Any) -> dict[str, list[Row]]:
    """The rows of each heading, that of most verbs last."""
    settings = settings_of_verb(command)
    sections: dict[str, list[Row]] = {ARGUMENTS: [], OPTIONS: []}
    for one in command.get_params(ctx):
        one.help = word(one.help) if getattr(one, "help", None) else None
        if isinstance(one, TyperArgument):
            heading, row = ARGUMENTS, one.get_help_record(ctx)
        else:
            panel = getattr(one, "rich_help_panel", None)
            heading = panel or (COMMON if one.name == "help" else OPTIONS)
            row = _row_of(one, ctx, settings.get(one.name))
        if row is not None:
            names, text = row
            sections.setdefault(heading, []).append((TYPES.sub(_typed, names), text))
    last = sections.pop(COMMON, [])
    alone = len(sections) == 2 and (not sections[OPTIONS] or isinstance(command, TyperGroup))
    if alone:  # there is nothing to tell it from
        sections[OPTIONS] += last
    else:
        sections[COMMON] = last
    return {heading: rows for heading, rows in sections.items() if rows}


def _typed(found: re.Match[str]) -> str:
    """What is typed, for people: `<str>...`, `<int>`, `<float> <float>`."""
    several, ranged, first, second = found.groups()
    if several:
        return f"<{several.lower()}>..."
    return f"<{ranged}>" if ranged else f"<{first}> <{second}>"


def settings_of_verb(command: Any) -> dict[str, str]:
    """The setting of each parameter that sets one."""
    if command.callback is None:
        return {}
    parameters = inspect.signature(command.callback).parameters.values()
    return {
        one.name: part.name
        for one in parameters
        for part in get_args(one.annotation)
        if isinstance(part, OfSetting)
    }


def _row_of(option: Any, ctx: Any, setting: str | None) -> Row | None:
    """An option with what it means, and where it sets a setting the values and the default."""
    row: Row | None = option.get_help_record(ctx)
    if row is None or setting is None or not isinstance(option, TyperOption):
        return row
    return _with_values(option, ctx, setting, row[0]), _with_default(option, setting, row[1])


def _with_values(option: TyperOption, ctx: Any, setting: str, names: str) -> str:
    from quantsig.cli.settings.values import allowed_values

    known = metavar(allowed_values(setting))
    if option.is_flag or not len("[]") < len(known) <= MOST_LETTERS:
        return names
    return names.removesuffix(f" {option.display_type_rich(ctx=ctx)}") + f" {known}"


def _with_default(option: TyperOption, setting: str, text: str) -> str:
    from quantsig.cli.settings.resolution import as_toml, default_of

    default = default_of(setting)
    if default in (None, ()):
        return text
    if isinstance(default, bool):
        named = option.opts if default else option.secondary_opts
        return f"{text}  [default: {named[0].lstrip('-')}]" if named else text
    shown = default if isinstance(default, str) else as_toml(default)
    return f"{text}  [default: {shown}]"

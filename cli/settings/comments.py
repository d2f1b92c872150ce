"""What each setting means, as the comments of quantsig.toml say it. Imports nothing heavy."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from quantsig.cli.printing.fold import fold
from quantsig.data.language.catalogue import ENGLISH
from quantsig.data.language.saying import language, say

SETTINGS_FILE = "quantsig.toml"  # what `quantsig init` writes
SECTION = re.compile(r"\[(\w+)\]")
SETTING = re.compile(r'(?:# )?(\w+) = ("[^"]*"|\[[^#]*\]|[^#]*?)\s*(?:# (.*))?$')
GOES_ON = re.compile(r"# {10,}(?:# )?(.*)")  # a comment on the line below its setting
REMARKED = re.compile(r'((?:# )?(?:\[\w+\]|[\w."]+ = .*?))\s+# (.*)')
PLAIN = re.compile(r'# "[\w.]+" = \[[^\]]*\]')  # one that is searched, without a comment
ALONE = re.compile(r"# (.*)")
CODE_COLUMNS, LINE_COLUMNS = 28, 100


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingComment:
    """One setting of the file.

    Attributes:
        example: the value that stands there, as TOML; the default, or what one could be.
        comment: what it means; may be empty.
    """

    example: str
    comment: str


def settings_text() -> str:
    """The settings file with every setting commented."""
    return files("quantsig.cli").joinpath(SETTINGS_FILE).read_text(encoding="utf-8")


@cache
def setting_comments() -> dict[str, SettingComment]:
    """What the file says of each setting, by dotted name, in its order."""
    found: dict[str, SettingComment] = {}
    section = name = ""
    for line in settings_text().splitlines():
        if header := SECTION.match(line):
            section, name = header[1], ""
        elif setting := SETTING.match(line):
            name = f"{section}.{setting[1]}".removeprefix(".")
            found[name] = SettingComment(example=setting[2], comment=setting[3] or "")
        elif name and (more := GOES_ON.match(line)):
            earlier = found[name]
            comment = f"{earlier.comment} {more[1]}".strip()
            found[name] = SettingComment(example=earlier.example, comment=comment)
        else:
            name = ""
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """Some lines of the file: what stands before a comment, and the comment as one sentence."""

    code: str
    text: str


def remarks() -> list[Remark]:
    """The file from its first line to its last."""
    found: list[Remark] = []
    for line in settings_text().splitlines():
        more, remarked, alone = (kind.fullmatch(line) for kind in (GOES_ON, REMARKED, ALONE))
        if remarked:
            found.append(Remark(code=remarked[1], text=remarked[2]))
        elif PLAIN.fullmatch(line):
            found.append(Remark(code=line, text=""))
        elif more or (alone and found and not found[-1].code and found[-1].text):
            said = (more or alone)[1]  # type: ignore[index]
            before = found.pop()
            found.append(Remark(code=before.code, text=f"{before.text} {said}".strip()))
        elif alone and not SETTING.fullmatch(line):
            found.append(Remark(code="", text=alone[1]))
        else:
            found.append(Remark(code=line, text=""))
    return found


def spoken_settings() -> str:
    """The settings file with its comments in the reader's language."""
    if language() == ENGLISH:
        return settings_text()
    return "".join(f"{line}\n" for one in remarks() for line in _lines(one))


def _lines(remark: Remark) -> list[str]:
    """A remark as lines of the file, its comment in columns of their own."""
    if not remark.text:
        return [remark.code]
    said = say(remark.text)
    if not remark.code:
        return [f"# {line}" for line in fold(said, LINE_COLUMNS - 2)]
    first, *more = fold(said, LINE_COLUMNS - CODE_COLUMNS - 3)
    behind = f"#{' ' * CODE_COLUMNS}# "
    return [f"{remark.code:<{CODE_COLUMNS}} # {first}", *(f"{behind}{line}" for line in more)]

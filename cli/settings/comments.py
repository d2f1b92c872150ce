"""What each setting means, as the comments of quantsig.toml say it. Imports nothing heavy."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SETTINGS_FILE = "quantsig.toml"  # what `quantsig init` writes
SECTION = re.compile(r"\[(\w+)\]")
SETTING = re.compile(r'(?:# )?(\w+) = ("[^"]*"|\[[^#]*\]|[^#]*?)\s*(?:# (.*))?$')
GOES_ON = re.compile(r"# {10,}(?:# )?(.*)")  # a comment on the line below its setting


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

"""How a user types what the rooms call by its name in the settings: `sort` is --sort.

The rooms know no command line. What they tell of a parameter or a setting stands between backquotes
in their messages, and is spelled as an option where it is shown.
"""

import re

NAMED = re.compile(r"`([a-z_]+)(\.[a-z_]+)?`( ?)")
OPTIONS = {"label.rise": "--rise", "label.rise_fraction": "--rise-fraction"}  # of a setting


def as_typed(text: str) -> str:
    """A message with options for the names in it; a setting without one is given by --set."""
    return NAMED.sub(_typed, text)


def option(name: str) -> str:
    """The option of a parameter."""
    return f"--{name.replace('_', '-')}"


def _typed(match: re.Match[str]) -> str:
    name = match[1] + (match[2] or "")
    if match[2] and name not in OPTIONS:
        return f"--set {name}="
    return OPTIONS.get(name, option(name)) + match[3]

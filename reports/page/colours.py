"""The colours of a drawing by their values, for where no style sheet of the page is."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from plotly.graph_objects import Figure
from plotly.io import from_json

NAME = re.compile(r"var\((--[a-z-]+)\)")
VALUE = re.compile(r"(--[a-z-]+):\s*([^;]+);")
LIGHT = re.compile(r"^:root\s*\{(.*?)^\}", re.MULTILINE | re.DOTALL)


def coloured(drawing: Figure) -> Figure:
    """A drawing with the colours of the light page in place of their names."""
    values = light_colours()
    plain: Figure = from_json(_value(drawing.to_json(), values))
    return plain


@cache
def light_colours() -> dict[str, str]:
    """The value of every colour of the style sheet by its name, in a light page."""
    sheet = files("quantsig.reports").joinpath("templates/report.css").read_text(encoding="utf-8")
    values: dict[str, str] = {}
    for block in LIGHT.findall(sheet):
        values = dict(VALUE.findall(block)) | values
    return {name: _value(text, values) for name, text in values.items()}


def _value(text: str, values: Mapping[str, str]) -> str:
    """A text without names: a colour may be named after another one."""
    return NAME.sub(lambda match: _value(values[match[1]], values), text)

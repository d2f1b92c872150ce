"""The colours of a drawing by their values, for where no style sheet of the page is."""

import re
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
    plain: Figure = from_json(NAME.sub(lambda match: values[match[1]], drawing.to_json()))
    return plain


@cache
def light_colours() -> dict[str, str]:
    """The value of every colour of the style sheet by its name, in a light page."""
    sheet = files("quantsig.reports").joinpath("templates/report.css").read_text(encoding="utf-8")
    values: dict[str, str] = {}
    for block in LIGHT.findall(sheet):
        values = dict(VALUE.findall(block)) | values
    while any(NAME.search(value) for value in values.values()):
        values = {
            name: NAME.sub(lambda match: values[match[1]], value) for name, value in values.items()
        }
    return values

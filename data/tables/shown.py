"""How what is opened shows itself: in a line at the prompt, as a small table in a notebook."""

from collections.abc import Mapping
from html import escape

Shown = Mapping[str, object]  # what to say by its name; None is left out


def in_a_line(kind: str, shown: Shown) -> str:
    """`Kind(name value, ...)`, on one line."""
    said = ", ".join(f"{name} {value}" for name, value in shown.items() if value is not None)
    return f"{kind}({said})"


def as_html(shown: Shown) -> str:
    """A row each."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td>{escape(str(value))}</td></tr>'
        for name, value in shown.items()
        if value is not None
    )
    return f"<table>{rows}</table>"

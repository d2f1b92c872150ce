"""An object shows itself in a line, or as a small table; what is not known is left out."""

from quantsig.data.tables.shown import as_html, in_a_line

SHOWN = {"folder": "<b>", "rows": 3, "promised": None}


def test_a_line_names_what_is_known() -> None:
    """As it is read at a prompt."""
    assert in_a_line("Run", SHOWN) == "Run(folder <b>, rows 3)"


def test_a_table_runs_nothing() -> None:
    """A name of the user's may hold markup."""
    html = as_html(SHOWN)
    assert "<td>&lt;b&gt;</td>" in html
    assert html.count("<tr>") == 2

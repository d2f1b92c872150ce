"""A drawing in words."""

from plotly.graph_objects import Figure, Scatter

from quantsig.reports.page.drawn_words import in_words


def test_a_line_is_its_ends_and_extremes() -> None:
    """What has no name, or no value that is a number, is not told."""
    drawing = Figure(
        [
            Scatter(name="strategy", y=[1.0, 0.9, None, 1.1834]),
            Scatter(y=[1, 2]),
            Scatter(name="days", y=["2011", "2012"]),
            Scatter(name="frozen", y=[-0.5]),
        ]
    )
    assert in_words(drawing) == (
        "strategy: from 1.000 to 1.183, lowest 0.9000, highest 1.183. frozen: −0.5000."
    )


def test_many_lines_are_counted() -> None:
    """The first six, and how many more; none is said too."""
    lines = [Scatter(name=f"line {n}", y=[1200.4, 3]) for n in range(8)]
    told = in_words(Figure(lines))
    assert told.count("from 1,200 to 3.000") == 6
    assert told.endswith("And 2 more.")
    assert in_words(Figure()) == "No line of it has a name and values."

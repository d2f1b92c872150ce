"""A group of options is declared once and read by typer like single ones."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer
from typer.testing import CliRunner

from quantsig.cli.options.groups import grouped, settings_of


@dataclass(frozen=True, kw_only=True, slots=True)
class FruitOptions:
    """Two options."""

    PANEL: ClassVar[str] = "Fruit"
    SECTION: ClassVar[str] = "fruit"
    apples: Annotated[int | None, typer.Option("--apples", help="How many.")] = None
    ripe: Annotated[bool, typer.Option("--ripe", help="Whether.")] = False


def answer(*words: str) -> str:
    """What a verb with an option before and after the group says, or its help."""
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    @grouped
    def pick(
        basket: str = "",
        *,
        first: Annotated[int, typer.Option("--first")] = 1,
        fruit: FruitOptions,
        last: Annotated[int, typer.Option("--last")] = 2,
    ) -> None:
        """Pick some."""
        print(basket, first, settings_of(fruit), last)

    return CliRunner().invoke(app, words).output


def test_a_verb_gets_its_group_as_one_value() -> None:
    """What is not given has the default of its field."""
    assert answer() == " 1 {'fruit.apples': None, 'fruit.ripe': False} 2\n"
    words = ("--basket", "b", "--ripe", "--apples", "3", "--last", "9")
    assert answer(*words) == "b 1 {'fruit.apples': 3, 'fruit.ripe': True} 9\n"


def test_the_help_lists_options_where_the_group_stands() -> None:
    """In the order of the fields, with the text of the verb."""
    lines = answer("--help").splitlines()
    assert any("Pick some." in line for line in lines)
    options = [line.split()[0] for line in lines if line.strip().startswith("--")]
    assert options[:5] == ["--basket", "--first", "--apples", "--ripe", "--last"]

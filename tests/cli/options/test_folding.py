"""The folding that options ask for."""

from datetime import timedelta

import pytest
import typer

from quantsig.cli.options.folding import FoldingOptions
from quantsig.data.folds import Combinatorial, Nesting, WalkForward


def test_what_is_not_given_is_as_it_always_is() -> None:
    """Folds that follow each other; the embargo is their gap."""
    assert FoldingOptions().asked() == WalkForward()
    asked = FoldingOptions(folds=3, anchored=False, embargo="5d").asked()
    assert asked == WalkForward(folds=3, anchored=False, gap=timedelta(days=5))


def test_every_choice_of_stretches_has_options_of_its_own() -> None:
    """An embargo there lies on both sides of what is tested."""
    asked = FoldingOptions(combinatorial=True, blocks=4, tested=1, embargo="12h").asked()
    embargo = Nesting(embargo=timedelta(hours=12))
    assert asked == Combinatorial(blocks=4, tested=1, nesting=embargo)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (FoldingOptions(blocks=4), "--blocks goes with --combinatorial"),
        (FoldingOptions(combinatorial=True, folds=4), "--folds goes without"),
        (FoldingOptions(combinatorial=True, anchored=False), "--anchored or --rolling goes"),
        (FoldingOptions(embargo="five days"), "five days is no time"),
    ],
)
def test_what_does_not_go_together_is_refused(options: FoldingOptions, said: str) -> None:
    """By the options that were typed."""
    with pytest.raises(typer.BadParameter, match=said):
        options.asked()

"""`quantsig sweep`: the cells, what is said of the best, and clear refusals."""

from pathlib import Path

import pytest

from tests.cli.conftest import Quantsig

FEW = ("--thresholds", 5, "--stops", 2, "--targets", 2)


def test_a_sweep_is_printed_and_written(trained: Quantsig) -> None:
    """As one document and for people, who are told what the best is worth and how to trade it."""
    wide = (*FEW, "--holdings", "3,5", "--delays", "1,2", "--stop-range", 0.01, 0.02)
    found = trained("sweep", *wide, "--json").document
    assert found["schema"] == "quantsig.sweep/1"
    assert found["figures"]["cells"] == 5 * 2 * 2 * 2 * 2
    assert (Path(found["run"]) / "sweep" / "cells.parquet").is_file()
    best = found["sweep"]["best"]
    signals, backtest = best["commands"]
    assert float(signals.split()[-1]) == best["threshold"]  # to its last digit: it may occur
    assert f"--stop-loss {best['stop_loss']} --take-profit {best['take_profit']}" in backtest
    refused = trained("sweep", *FEW)
    assert (refused.code, refused.complaint[-3]) == (
        2,
        "sweep exists already; nothing was written.",
    )
    told = trained("sweep", *FEW, "--force")
    assert told.code == 0
    assert "profit factor" in told.out
    assert "the best of 20 combinations on the rows it was chosen on is optimistic" in told.err
    assert "probability of overfitting" in told.err
    commands = [line.split() for line in told.err.splitlines() if line.startswith("  quantsig")]
    assert [words[1] for words in commands] == ["signals", "backtest"]
    for words in commands:
        assert trained(*words[1:]).code == 0


def test_the_test_split_is_refused_by_name(trained: Quantsig) -> None:
    """In three lines, with 2."""
    answer = trained("sweep", *FEW, "--split", "test")
    assert (answer.code, len(answer.complaint[1:])) == (2, 3)
    assert "shows the frozen choice only" in answer.err


@pytest.mark.parametrize(
    "words", [("--holdings", "5,x"), ("--delays", ""), ("--stop-range", 0.1), ("--thresholds", "a")]
)
def test_words_that_are_no_numbers_are_usage_errors(
    quantsig: Quantsig, words: tuple[object, ...]
) -> None:
    """2, before anything is looked for."""
    assert quantsig("sweep", *words).code == 2


@pytest.mark.parametrize(
    "words", [("--by", "luck"), ("--thresholds", 0), ("--stop-range", 0.2, 0.1)]
)
def test_values_that_make_no_sense_are_refused(
    quantsig: Quantsig, words: tuple[object, ...]
) -> None:
    """3, in three lines."""
    answer = quantsig("sweep", *words)
    assert (answer.code, len(answer.complaint)) == (3, 3)

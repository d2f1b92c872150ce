"""The everyday words on a tiny set: build, train, thresholds, signals, backtest, report, runs."""

from pathlib import Path

import pytest

from tests.cli.conftest import Quantsig, assert_done

BACKTEST_FIGURES = {
    "precision",
    "recall",
    "average_precision",
    "base_rate",
    "trades",
    "total_return",
    "sharpe",
    "report",
}


@pytest.fixture
def chain(trained: Quantsig) -> Quantsig:
    """A folder with settings, samples and one run."""
    return trained


def test_the_chain_needs_no_arguments(chain: Quantsig) -> None:
    """After the settings every verb finds what the one before wrote."""
    table = assert_done(chain("thresholds", "--json")).document
    assert table["schema"] == "quantsig.thresholds/1"
    assert {"threshold", "precision", "recall"} <= set(table["rows"][0])
    middle = table["rows"][len(table["rows"]) // 2]["threshold"]
    given = assert_done(chain("signals", "--threshold", middle, "--json")).document
    assert given["figures"]["threshold"] == middle
    assert given["figures"]["test_signals"] >= 0
    traded = assert_done(chain("backtest", "--json")).document
    assert traded["schema"] == "quantsig.backtest/1"
    assert set(traded["figures"]) >= BACKTEST_FIGURES
    assert Path(traded["figures"]["report"]).is_file()
    page = assert_done(chain("report", "--json")).document
    assert page["figures"]["report"] == traded["figures"]["report"]
    listed = assert_done(chain("runs", "list", "--json")).document
    assert [row["threshold"] for row in listed["rows"]] == [middle]
    shown = assert_done(chain("runs", "show", "--json")).document
    assert shown["figures"] == listed["rows"][0] | {"sealed": True}


def test_execution_is_set_by_flags(chain: Quantsig) -> None:
    """What was set is in the answer; what makes no sense is refused before anything is traded."""
    assert_done(chain("signals", "--threshold", "0.2"))
    refused = chain("backtest", "--sizing", "fixed_cash")
    assert (refused.code, len(refused.complaint)) == (3, 3)
    flags = ("--fill-price", "close", "--directions", "long", "--trailing-stop", "0.05")
    sizes = ("--sizing", "equal_weight", "--size-fraction", "0.5", "--shared-cash")
    traded = assert_done(chain("backtest", *flags, *sizes, "--json")).document
    used = traded["stats"]["execution"]
    given = {"fill_price": "close", "directions": "long", "trailing_stop": 0.05}
    assert (given | {"sizing": "equal_weight", "shared_cash": True}).items() <= used.items()
    assert used["size_fraction"] == 0.5


def test_the_latest_run_is_named_on_stderr(chain: Quantsig) -> None:
    """Which run was meant must not be guessed."""
    name = next(Path("runs").glob("*/run.json")).parent
    assert f"run: {name} (the latest)" in chain("thresholds").err


def test_signals_that_exist_are_kept(chain: Quantsig) -> None:
    """A second threshold needs --force and is not frozen without it."""
    assert_done(chain("signals", "--threshold", "0.2"))
    answer = chain("signals", "--threshold", "0.3")
    assert (answer.code, len(answer.complaint[1:])) == (2, 3)
    assert chain("runs", "show", "--json").document["figures"]["threshold"] == 0.2
    assert_done(chain("signals", "--threshold", "0.3", "--force"))


def test_an_unknown_model_lists_the_known(chain: Quantsig) -> None:
    """The name is looked up before any work."""
    answer = chain("train", "--model", "resnet55")
    assert (answer.code, len(answer.complaint)) == (3, 3)
    assert "resnet18" in answer.complaint[2]


def test_a_gpu_that_is_not_there_is_a_resource_error(
    chain: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--device cuda does not fall back in silence."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    answer = chain("train", "--device", "cuda")
    assert (answer.code, len(answer.complaint)) == (5, 3)


def test_every_training_gets_a_folder_of_its_own(chain: Quantsig) -> None:
    """Two trainings within one second do not meet."""
    for _ in range(2):
        assert_done(chain("train"))
    assert chain("runs", "list", "--json").document["figures"] == {"runs": 3}


def test_a_run_that_exists_is_kept(chain: Quantsig) -> None:
    """Training over a run needs --force."""
    run = next(Path("runs").glob("*/run.json")).parent
    answer = chain("train", "--out", run)
    assert (answer.code, len(answer.complaint)) == (2, 3)


@pytest.mark.parametrize("verb", ["thresholds", "signals", "backtest", "sweep", "report"])
def test_a_folder_that_is_no_run_is_refused(quantsig: Quantsig, verb: str) -> None:
    """Any other folder is named, with 3."""
    answer = quantsig(verb, ".")
    assert (answer.code, len(answer.complaint)) == (3, 3)


@pytest.mark.parametrize("verb", ["thresholds", "signals", "backtest", "sweep", "report"])
def test_without_a_run_there_is_no_latest(quantsig: Quantsig, verb: str) -> None:
    """The error says how to get one."""
    answer = quantsig(verb)
    assert (answer.code, len(answer.complaint)) == (3, 3)
    assert "quantsig train" in answer.complaint[2]

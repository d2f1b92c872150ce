"""`quantsig ensemble`, and the verbs that follow it."""

from pathlib import Path

from quantsig.data.demo.planted import CELL_BARS, RISE_FRACTION, planted_bars
from quantsig.data.storage.documents import read_json
from tests.cli.conftest import Quantsig, assert_done

BARS = ("bars.csv", "--bar-label", "close")


def test_the_mean_of_runs_becomes_a_page(quantsig: Quantsig, own_folder: Path) -> None:
    """One chain of verbs, from two runs; what asks one network is refused in three lines."""
    planted_bars(700, seed=3).bars.drop("adjustment").write_csv(own_folder / "bars.csv")
    built = ("--rise-fraction", RISE_FRACTION, "--stride-bars", CELL_BARS)
    assert_done(quantsig("samples", "build", *BARS, "--out", "samples", *built))
    for name in ("logistic", "boosting"):
        assert_done(quantsig("train", "samples", "--model", name, "--out", f"runs/{name}"))
    words = ("ensemble", "runs/logistic", "runs/boosting", "--out", "runs/both")
    answer = assert_done(quantsig(*words))
    assert answer.out.splitlines()[-1] == "runs/both"
    assert "their" not in answer.err
    assert quantsig(*words).code == 2
    assert_done(quantsig("thresholds", "runs/both", "--recall", "0.8"))
    assert_done(quantsig("signals", "runs/both"))
    assert_done(quantsig("signals", "runs/both", *BARS, "--latest"))
    assert_done(quantsig("backtest", "runs/both"))
    assert_done(quantsig("verify", "runs/both"))
    shown = assert_done(quantsig("runs", "show", "runs/both", "--json"))
    assert "ensemble" in shown.out
    assert "ensemble" in assert_done(quantsig("runs", "list")).out
    assert_done(quantsig("runs", "compare", "runs/both", "runs/logistic"))
    record = read_json(own_folder / "runs/both/run.json")
    assert [one["path"] for one in record["ensemble"]] == ["../logistic", "../boosting"]
    for lang, said in (("en", "Nothing was trained for this run"), ("zh", "这次运行没有训练")):
        assert_done(quantsig("report", "runs/both", "--lang", lang))
        assert said in (own_folder / "runs/both/report.html").read_text(encoding="utf-8")
    for verb in (("explain", "runs/both"), ("signals", "runs/both", "--meta", "--force")):
        refused = quantsig(*verb)
        assert refused.code == 3
        assert "the mean of several" in refused.err

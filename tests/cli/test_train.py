"""`quantsig train` and the verbs after it: every kind of model and label, and bad input."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from quantsig.data.bars import check_bars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.data.storage import documents, parquet
from quantsig.signals.calibration import predictions
from quantsig.signals.inputs import feed_for
from quantsig.signals.inputs.feed import Feed
from quantsig.signals.models import trees
from quantsig.signals.scoring import loader
from quantsig.signals.training import controls
from quantsig.signals.training import setup as trial
from tests.cli.conftest import Answer, Quantsig
from tests.planted import CHART, LABEL, planted_frame
from tests.signals.inputs.cross_sections import uneven_bars, uneven_samples

pytestmark = pytest.mark.xdist_group("cli_train")
RETURNS = LabelSpec(name="forward_return", horizon_bars=CELL_BARS)
QUICK = ("--model", "bars_cnn", "--epochs", 1, "--device", "cpu")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sample sets: classes, returns, and labels that never happen."""
    folder, bars = tmp_path_factory.mktemp("sets"), check_bars(planted_frame(400))
    never = LabelSpec(rise_fraction=9.0, horizon_bars=CELL_BARS)
    for name, label in (("classes", LABEL), ("returns", RETURNS), ("never", never)):
        build_samples(bars, folder / name, chart=CHART, label=label, stride_bars=CELL_BARS)
    return folder


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few trees and few epochs of a control are enough here."""
    monkeypatch.setattr(trees, "ROUNDS", 10)
    monkeypatch.setattr(controls, "STEPS", 96)


def refused(answer: Answer, code: int) -> str:
    """The complaint of an answer that failed in three lines and made no run."""
    assert answer.code == code, answer.err
    assert len(answer.complaint) == 3, answer.err
    assert not Path("run").exists()
    return "\n".join(answer.complaint)


def chain(quantsig: Quantsig, *flags: object) -> None:
    """Train, tabulate, choose, signal, backtest, which writes the report."""
    for words in (
        ("train", *flags, "--out", "run", "--device", "cpu"),
        ("thresholds", "run"),
        ("signals", "run", "--threshold", 0.08),
        ("backtest", "run"),
    ):
        answer = quantsig(*words)
        assert answer.code == 0, (words, answer.err)


@pytest.mark.parametrize(
    "model", ["majority", "window_direction", "logistic", "linear_svm", "boosting"]
)
def test_a_baseline_goes_the_whole_way(quantsig: Quantsig, sets: Path, model: str) -> None:
    """From training to the report; nothing resumable is left behind."""
    chain(quantsig, sets / "classes", "--model", model)
    record = documents.read_json(Path("run/run.json"))
    assert (record["best_epoch"], record["checkpoints"]) == (0, {})
    assert not Path("run/state").exists()
    assert model in Path("run/report.html").read_text()


def test_a_network_of_sequences_goes_the_whole_way(quantsig: Quantsig, sets: Path) -> None:
    """With settings and features of its own, which the run keeps; the newest bar is scored."""
    given = ("model.hidden_size=8", 'input.features=["returns", "calendar"]')
    flags = [word for one in (*given, "input.window_bars=12") for word in ("--set", one)]
    chain(quantsig, sets / "classes", "--model", "alstm", "--epochs", 1, *flags)
    model = documents.read_json(Path("run/run.json"))["model"]
    assert model["settings"]["hidden_size"] == 8
    assert model["input"]["features"] == ["returns", "calendar"]
    planted_frame(60).write_csv("newer.csv")
    answer = quantsig("signals", "run", "newer.csv", "--latest", "--json", "--allow-different")
    assert answer.code == 0, answer.err
    assert answer.document["figures"]["rows"] == 1


def test_settings_of_another_model_are_refused(quantsig: Quantsig, sets: Path) -> None:
    """3, in three lines that say what the model has; `config check` says so, too."""
    words = ("train", sets / "classes", "--out", "run", "--model", "scinet")
    said = refused(quantsig(*words, "--set", "model.hidden_size=8"), 3)
    assert "scinet has no hidden_size" in said
    assert "levels, expansion, dropout, standardise" in said
    assert "Give 16 window_bars" in refused(quantsig(*words, "--set", "input.window_bars=15"), 3)
    Path("quantsig.toml").write_text('[train]\nmodel = "lstm"\n[model]\nlevels = 3\n')
    answer = quantsig("config", "check")
    assert answer.code == 3
    assert "lstm has no levels" in answer.err


@pytest.mark.parametrize(
    ("model", "loss"),
    [
        ("alstm", "mse"),
        ("bars_cnn", "mse"),
        ("bars_cnn", "pinball"),
        ("small", "huber"),
        ("majority", "mse"),
        ("window_direction", "mse"),
        ("logistic", "mse"),
        ("linear_svm", "mse"),
        ("boosting", "mse"),
    ],
)
def test_returns_are_foreseen_the_whole_way(
    quantsig: Quantsig, sets: Path, model: str, loss: str
) -> None:
    """The probability is that of a return above zero; R² and rank correlation are kept."""
    chain(quantsig, sets / "returns", "--model", model, "--loss", loss, "--epochs", 2)
    assert {"r2", "rank_correlation"} <= set(
        parquet.read_parquet(Path("run/metrics.parquet")).columns
    )
    rows = parquet.read_parquet(Path("run/predictions.parquet"))
    happened = rows["forward_return"] > 0
    assert rows["probability"].is_between(0, 1).all()
    calibration = rows.filter(split="calibration")
    assert calibration["probability"].mean() == pytest.approx(
        happened.filter(rows["split"] == "calibration").mean(), abs=0.01
    )


def test_quantiles_need_a_network(quantsig: Quantsig, sets: Path) -> None:
    """3: a fitted baseline foresees one return."""
    words = ("--model", "logistic", "--loss", "pinball")
    assert "one return" in refused(quantsig("train", sets / "returns", "--out", "run", *words), 3)


def test_a_label_that_never_happens_is_refused(quantsig: Quantsig, sets: Path) -> None:
    """3, with the split and the count."""
    answer = quantsig("train", sets / "never", "--out", "run", *QUICK)
    assert "the event happens in 0 of the" in refused(answer, 3)


def test_a_balanced_batch_of_nothing_is_refused(quantsig: Quantsig, sets: Path) -> None:
    """3: a batch of four cannot hold a share of 5 %."""
    words = ("--batch-size", 4, "--positives", 0.05)
    answer = quantsig("train", sets / "classes", "--out", "run", *QUICK, *words)
    assert "one side is left out" in refused(answer, 3)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--set", "train.epocs=3"), "Did you mean train.epochs?"),
        (("--set", "train.epochs"), "sets nothing"),
        (("--set", "train.patience=-1"), "patience"),
        (("--set", "loss.focal_gama=1"), "Did you mean loss.focal_gamma or loss.focal_alpha?"),
        (("--set", "train.clip_value=0.5"), "clipped by norm and by value"),
        (("--set", 'train.best_by=["lose"]'), "Did you mean loss?"),
        (("--set", "train.best_by=[]"), "no figure chooses the epoch"),
        (("--set", "schedule.name=cosinus"), "Did you mean cosine?"),
        (("--set", "schedule.name=warmup_epochs"), "warm up for fewer"),
        (("--set", "optimiser.name=adamx"), "Did you mean adam?"),
        (("--set", "optimiser.learning_rate=nan"), "learning_rate"),
        (("--set", "train.min_delta=nan"), "min_delta"),
        (("--set", "augment.noise=inf"), "noise"),
        (("--set", "augment.drop_planes=1.5"), "drop_planes"),
        (("--set", "speed.checkpoint_activations=true"), "no blocks"),
        (("--set", "speed.precision=fp16"), "fp16 needs a GPU"),
        (("--precision", "fp8"), "fp8"),
        (("--loss", "mse"), "for returns, and the targets are classes"),
        (("--loss", "focall"), "Did you mean focal?"),
        (("--loss", "dice", "--set", "loss.class_weights=balanced"), "takes no class weights"),
        (("--model", "resnet55"), "resnet18"),
        (("--device", "tpu"), "Known: auto, cpu, cuda"),
        (("--positives", 1.5), "leaves one side out"),
        (("--positives", 0.4, "--loss", "weighted_cross_entropy"), "stack_corrections"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    quantsig: Quantsig, sets: Path, words: tuple[object, ...], expected: str
) -> None:
    """3 in three lines before anything is trained, with what was probably meant."""
    answer = quantsig("train", sets / "classes", "--out", "run", *QUICK, *words)
    assert expected in refused(answer, 3)


@pytest.mark.parametrize(
    ("words", "expected"), [((), "--out"), (("--out", "run", "--check"), "without torchrun")]
)
def test_what_several_processes_cannot_do_is_refused(
    quantsig: Quantsig,
    sets: Path,
    words: tuple[object, ...],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """2: they would choose a name each, by their own clocks, and run the controls one each."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    answer = quantsig("train", sets / "classes", *QUICK, *words)
    assert expected in refused(answer, 2)


def test_an_unknown_key_of_the_file_is_refused(quantsig: Quantsig, sets: Path) -> None:
    """3, with the nearest name."""
    Path("quantsig.toml").write_text("[train]\nepocs = 3\n")
    answer = quantsig("train", sets / "classes", "--out", "run")
    assert "Did you mean train.epochs?" in refused(answer, 3)


def test_the_same_command_again_goes_on(quantsig: Quantsig, sets: Path) -> None:
    """Without --out, too: the unfinished folder of the same training is found."""

    def crash(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "calibration.json")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predictions, "fit_calibrator", crash)
        answer = quantsig("train", sets / "classes", *QUICK)
    assert answer.code == 5
    assert any("disk is full" in line for line in answer.complaint)
    answer = quantsig("train", sets / "classes", *QUICK)
    assert answer.code == 0
    assert "going on with" in answer.err
    assert "epoch 1/1" not in answer.err
    assert len(list(Path("runs").glob("*/run.json"))) == 1


def test_a_list_can_be_set(quantsig: Quantsig, sets: Path) -> None:
    """As JSON text."""
    words = ("--set", 'train.best_by=["f1", "loss"]', "--json")
    answer = quantsig("train", sets / "classes", "--out", "run", *QUICK, *words)
    assert answer.code == 0, answer.err
    assert set(answer.document["record"]["best"]) == {"f1", "loss"}


def test_a_foreign_state_ends_the_verb(quantsig: Quantsig, sets: Path) -> None:
    """6 in three lines, where a file of the unfinished training is not what was written."""

    def crash(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "calibration.json")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predictions, "fit_calibrator", crash)
        assert quantsig("train", sets / "classes", "--out", "run", *QUICK).code == 5
    next(Path(".run.part/state").glob("step-*")).write_bytes(b"foreign")
    refused(quantsig("train", sets / "classes", "--out", "run", *QUICK), 6)


def test_figures_can_be_asked_for_as_one_document(quantsig: Quantsig, sets: Path) -> None:
    """No NaN, the chosen epoch's figures on validation, the whole record."""
    answer = quantsig("train", sets / "classes", "--out", "run", *QUICK, "--seeds", 2, "--json")
    assert answer.code == 0, answer.err
    assert "NaN" not in answer.out
    assert answer.document["record"]["spread"]["loss"]["std"] > 0
    assert answer.document["figures"]["split"] == "validation"


def test_controls_pass_where_all_is_well(quantsig: Quantsig, sets: Path) -> None:
    """Three controls, no run, whatever the schedule."""
    words = ("--model", "small", "--learning-rate", 2e-3, "--set", "schedule.name=warmup_epochs")
    answer = quantsig("train", sets / "classes", "--check", "--json", *words)
    assert answer.code == 0, answer.err
    passed = [control["passed"] for control in answer.document["controls"]]
    assert passed == [True, True, None]  # too few events to tell a leak from chance
    assert not Path("runs").exists()


@pytest.mark.parametrize("model", ["logistic", "linear_svm"])
def test_controls_pass_for_fitted_models(quantsig: Quantsig, sets: Path, model: str) -> None:
    """The two that are not about learning by heart, which they are made not to do."""
    answer = quantsig("train", sets / "classes", "--check", "--model", model, "--json")
    assert answer.code == 0, answer.err
    names = [control["name"] for control in answer.document["controls"]]
    assert names == ["the answer as a plane", "shuffled labels"]


def blind(feed: Feed) -> Feed:
    """The feed, showing nothing."""

    def draw(ids: Any, out: Any) -> None:
        out[:] = 0

    return replace(feed, draw=draw)


def test_controls_fail_where_the_feed_shows_nothing(
    quantsig: Quantsig, sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4, and the controls that failed by name: 32 samples that look alike are not learnt."""
    plain = feed_for
    monkeypatch.setattr(trial, "feed_for", lambda *args: blind(plain(*args)))
    answer = quantsig("train", sets / "classes", "--check", "--model", "small")
    assert answer.code == 4, answer.err
    assert "32 samples by heart" in answer.complaint[-3]


def test_controls_fail_where_samples_and_labels_are_shifted(
    quantsig: Quantsig, sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4: the samples arrive in another order than their labels."""
    drawn = loader._finished

    def shifted(batch: loader.Batch, drawing: Any) -> loader.Batch:
        whole = drawn(batch, drawing)  # not before it is drawn
        return whole._replace(inputs=whole.inputs.roll(1, 0))

    monkeypatch.setattr(loader, "_finished", shifted)
    answer = quantsig("train", sets / "classes", "--check", "--model", "bars_cnn")
    assert answer.code == 4, answer.err
    assert "the answer as a plane" in answer.complaint[-3]


def test_controls_are_for_models_that_learn(quantsig: Quantsig, sets: Path) -> None:
    """3 for a model that learns nothing and for returns."""
    answer = quantsig("train", sets / "classes", "--check", "--model", "majority")
    assert "controls are for models that learn classes" in refused(answer, 3)
    words = ("--model", "bars_cnn", "--loss", "mse")
    assert "classes" in refused(quantsig("train", sets / "returns", "--check", *words), 3)


def test_a_training_that_stopped_before_its_simple_models_is_finished(trained: Quantsig) -> None:
    """By the same command, which trains nothing again; another one is refused as ever."""
    run = Path("runs/one")
    (run / "baselines.json").unlink()
    written = (run / "run.json").stat().st_mtime_ns
    assert trained("train", "--out", run, "--no-baselines").code == 2
    assert trained("train", "--out", run).code == 0
    assert (run / "baselines.json").is_file()
    assert (run / "run.json").stat().st_mtime_ns == written
    assert trained("train", "--out", run).code == 2


def test_a_mix_of_cross_sections_is_refused(quantsig: Quantsig, tmp_path: Path) -> None:
    """Their times come whole, so positives cannot be drawn more often."""
    uneven_samples(tmp_path / "panel", uneven_bars(symbols=4))
    model = ("--model", "dtml", "--set", "input.timeframes=[1]", "--set", "input.window_bars=6")
    answer = quantsig("train", tmp_path / "panel", *model, "--positives", 0.4, "--out", "run")
    assert "come in the mix of their times" in refused(answer, 3)

"""`quantsig samples import`: what it prints, and what it refuses."""

import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import zstandard

from quantsig.data.bars import write_bars
from quantsig.data.samples import imports
from quantsig.data.samples.store import open_samples
from quantsig.data.storage import documents, parquet
from tests.cli.conftest import Answer, Quantsig
from tests.data.samples.legacy_files import SYSTEM, packed, pickled, picture, write
from tests.data.samples.test_imports import START, ReadHere, bars


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes of their own."""
    monkeypatch.setattr(imports, "ReadingProcesses", ReadHere)


def refused(answer: Answer, code: int) -> str:
    """The complaint of an answer that failed in three lines and wrote nothing."""
    assert (answer.code, len(answer.complaint)) == (code, 3), answer.err
    assert {path.name for path in Path().iterdir()} <= {"old", "set", "bars.parquet"}
    return "\n".join(answer.complaint)


def test_import_tells_what_it_found(quantsig: Quantsig) -> None:
    """Counts, sizes, and that splits go by order; `info` says the same."""
    write(Path("old"), 6)
    answer = quantsig("samples", "import", "old", "--out", "set", "--json")
    assert answer.code == 0, answer.err
    figures = answer.document["figures"]
    assert answer.document["schema"] == "quantsig.samples.import/1"
    assert (figures["samples"], figures["rejected"]) == (6, 0)
    assert (figures["planes"], figures["height"], figures["width"]) == (3, 16, 20)
    assert figures["base_rate"] == pytest.approx(2 / 6)
    assert "split in the order of their files" in answer.err
    info = quantsig("samples", "info", "set", "--json")
    assert info.document["figures"]["samples"] == 6


def test_frames_that_state_no_size_are_imported(quantsig: Quantsig) -> None:
    """Half of the files as a stream writer leaves them: 40 of 40, and the pictures are theirs."""
    paths = write(Path("old"), 40)
    for number, path in enumerate(paths[20:], start=20):
        with path.open("wb") as file, zstandard.ZstdCompressor(level=15).stream_writer(file) as out:
            out.write(pickled(number, float(number % 3 == 0)))
    sizes = [zstandard.frame_content_size(path.read_bytes()) for path in (paths[0], paths[20])]
    assert sizes[0] > 0 > sizes[1]
    answer = quantsig("samples", "import", "old", "--out", "set", "--json")
    assert answer.code == 0, answer.err
    figures = answer.document["figures"]
    assert (figures["samples"], figures["rejected"]) == (40, 0)
    assert figures["base_rate"] == pytest.approx(14 / 40)
    pixels = open_samples(Path("set")).read(np.arange(40))
    np.testing.assert_array_equal(pixels, np.stack([picture(number) for number in range(40)]))


def test_rejected_files_are_shown_with_their_reasons(quantsig: Quantsig) -> None:
    """On stdout, as a table; the import succeeds."""
    write(Path("old"), 3)
    Path("old/bad.zst").write_bytes(packed(SYSTEM))
    answer = quantsig("samples", "import", "old", "--out", "set")
    assert answer.code == 0
    assert "bad.zst" in answer.out
    assert "os.system" in answer.out
    assert "rejected: bad.zst" in quantsig("samples", "info", "set").err


def test_times_and_bars_from_the_command_line(quantsig: Quantsig) -> None:
    """Names by a pattern, joined to bars; without doubts."""
    write(Path("old"), 9, first=1, name="AAPL_202401{:02}.zst")
    bars("AAPL", 12).bars.write_parquet("bars.parquet")
    words = ("--pattern", "{symbol}_{time}", "--bars", "bars.parquet", "--bar-label", "close")
    answer = quantsig("samples", "import", "old", "--out", "set", *words, "--horizon-bars", 2)
    assert answer.code == 0, answer.err
    assert "2024-01-02" in answer.out
    assert "warning" not in answer.err


@pytest.mark.parametrize("content", [b"nonsense", packed(b"nonsense"), packed(SYSTEM)])
def test_a_folder_of_bad_files_is_refused(quantsig: Quantsig, content: bytes) -> None:
    """3, the first file and its reason named."""
    Path("old").mkdir()
    Path("old/a.zst").write_bytes(content)
    assert "a.zst: " in refused(quantsig("samples", "import", "old", "--out", "set"), 3)


def test_mixed_shapes_are_refused(quantsig: Quantsig) -> None:
    """3, both files named."""
    write(Path("old"), 2)
    Path("old/z.zst").write_bytes(packed(pickled(x=np.zeros((1, 2), np.float16))))
    complaint = refused(quantsig("samples", "import", "old", "--out", "set"), 3)
    assert "s000.zst has float16 of 3 x 16 x 20, z.zst has float16 of 1 x 2" in complaint


def test_a_folder_that_is_not_there_is_refused(quantsig: Quantsig) -> None:
    """3, and nothing is made."""
    refused(quantsig("samples", "import", "old", "--out", "set"), 3)


def test_bars_need_a_pattern(quantsig: Quantsig) -> None:
    """2: nothing would say which bar is which sample's."""
    answer = quantsig("samples", "import", "old", "--bars", "bars.parquet")
    assert "--pattern" in refused(answer, 2)


def test_an_output_that_exists_is_kept(quantsig: Quantsig) -> None:
    """2, without --force."""
    write(Path("old"), 2)
    Path("set").mkdir()
    refused(quantsig("samples", "import", "old", "--out", "set"), 2)


def test_a_place_that_cannot_be_written_is_a_resource_error(quantsig: Quantsig) -> None:
    """5, three lines: here a file stands where a folder should."""
    write(Path("old"), 2)
    Path("bars.parquet").write_bytes(b"")
    refused(quantsig("samples", "import", "old", "--out", "bars.parquet/set"), 5)


def test_a_damaged_set_is_an_integrity_error(quantsig: Quantsig) -> None:
    """6: training names the file with the flipped byte."""
    write(Path("old"), 40)
    assert quantsig("samples", "import", "old", "--out", "set").code == 0
    path = Path("set/frames-00000.zst")
    path.write_bytes(path.read_bytes()[:60])
    answer = quantsig("train", "set", "--out", "run", "--model", "small")
    assert answer.code == 6
    assert "frames-00000.zst" in answer.err


def test_training_warns_that_splits_go_by_order(quantsig: Quantsig) -> None:
    """And the backtest refuses, with 3."""
    write(Path("old"), 60)
    assert quantsig("samples", "import", "old", "--out", "set").code == 0
    answer = quantsig("train", "set", "--out", "run", "--model", "small", "--epochs", 1)
    assert answer.code == 0, answer.err
    assert "warning: it is not known when the samples were decided" in answer.err
    assert "warning: it is not known when" in quantsig("thresholds", "run").err
    best = quantsig("thresholds", "run", "--best")
    assert (best.code, "without bars" in best.err) == (3, True)
    assert quantsig("signals", "run", "--threshold", 0.1).code == 0
    signals = parquet.read_parquet(Path("run/signals.parquet"))
    assert signals["expected_precision"].null_count() == len(signals) > 0
    answer = quantsig("backtest", "run")
    assert (answer.code, len(answer.complaint)) == (3, 3)
    assert "without bars" in answer.err


def test_imported_samples_reach_the_report(quantsig: Quantsig) -> None:
    """Import, train, thresholds, signals, backtest; the report says where the samples are from."""
    folder = Path("old")
    folder.mkdir()
    for day in range(80):
        name = f"AAPL_{START + timedelta(days=day):%Y%m%d}.zst"
        (folder / name).write_bytes(packed(pickled(day, float(day % 3 == 0))))
    write_bars(Path("bars.parquet"), bars("AAPL", 90).bars)
    words = ("--pattern", "{symbol}_{time}", "--bars", "bars.parquet", "--horizon-bars", 2)
    assert quantsig("samples", "import", "old", "--out", "set", *words).code == 0
    assert quantsig("train", "set", "--out", "run", "--model", "small", "--epochs", 1).code == 0
    assert quantsig("thresholds", "run").code == 0
    assert quantsig("signals", "run", "--threshold", 0.1).code == 0
    answer = quantsig("backtest", "run")
    assert answer.code == 0, answer.err
    page = Path("run/report.html").read_text()
    assert "The samples were imported: 80 pictures with their labels" in page
    assert "trained to foresee the imported labels" in page


def import_returns() -> None:
    """Import 40 pictures whose targets are returns of both signs."""
    Path("old").mkdir()
    for number in range(40):
        Path(f"old/{number:02}.zst").write_bytes(packed(pickled(number, (number % 5 - 2) / 7)))


def test_targets_that_are_no_classes_need_a_loss_of_returns(quantsig: Quantsig) -> None:
    """3: the default loss is for classes; the losses that fit are named, and no run is made."""
    import_returns()
    assert quantsig("samples", "import", "old", "--out", "set").code == 0
    answer = quantsig("train", "set", "--out", "run", "--model", "small")
    assert answer.code == 3
    what, where, remedy = answer.complaint[-3:]
    assert "cross_entropy is for classes, and the targets are returns" in what
    assert where == "train.loss"
    assert {"mse", "huber", "pinball"} <= set(re.findall(r"\w+", remedy))
    assert not Path("run").exists()


def test_targets_that_are_no_classes_are_trained_by_a_loss_of_returns(quantsig: Quantsig) -> None:
    """The run knows no classes, and its probabilities are those of a target above zero."""
    import_returns()
    assert quantsig("samples", "import", "old", "--out", "set").code == 0
    words = ("--model", "small", "--loss", "mse", "--epochs", 1)
    answer = quantsig("train", "set", "--out", "run", *words)
    assert answer.code == 0, answer.err
    assert documents.read_json(Path("run/run.json"))["classes"] == []
    assert (
        parquet.read_parquet(Path("run/predictions.parquet"))["probability"].is_between(0, 1).all()
    )


def test_info_says_what_an_imported_set_weighs(quantsig: Quantsig) -> None:
    """In units people read, what is estimated marked, and no word of bars that are not there."""
    write(Path("old"), 6)
    assert quantsig("samples", "import", "old", "--out", "set").code == 0
    answer = quantsig("samples", "info", "set")
    assert answer.code == 0, answer.err
    lines = {line.partition("  ")[0]: line for line in answer.out.splitlines()}
    assert lines["raw float32 bytes"].endswith(" 23 kB")  # 6 x 3 x 16 x 20 x 4 = 23,040
    assert lines["legacy bytes"].endswith("(estimated)")
    assert not lines["frames bytes"].endswith("(estimated)")
    assert "imported without bars" in answer.err

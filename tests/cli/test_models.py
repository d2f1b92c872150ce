"""`quantsig models`."""

from pathlib import Path

import pytest

from quantsig.data.samples.imports import Source, import_samples
from quantsig.signals.models import MODELS
from tests.cli.conftest import Quantsig
from tests.data.samples.legacy_files import write
from tests.planted import build, planted_frame


def test_models_are_measured_for_the_charts_of_the_settings(quantsig: Quantsig) -> None:
    """Every model has a row; one that does not admit the size says why instead."""
    document = quantsig("models", "--batch-size", 4, "--json").document
    assert document["schema"] == "quantsig.models/1"
    assert document["source"] == "the charts of the settings"
    assert document["figures"]["planes"] == 64
    assert document["figures"]["batch_size"] == 4
    rows = {row["model"]: row for row in document["rows"]}
    assert list(rows) == list(MODELS)
    refused = {name for name, row in rows.items() if row["why_not"] is not None}
    asked_for_more = {"news", "cross_section"}  # than the charts of the settings have
    assert refused == {"jkx"} | {
        name for name, model in MODELS.items() if model.reads in asked_for_more
    }
    assert rows["resnet18"]["parameters"] == 11_368_834
    assert rows["resnet18"]["why_not"] is None
    assert rows["resnet50"]["gflops"] > rows["resnet18"]["gflops"] > 3
    assert rows["resnet152"]["training_mib"] > rows["resnet18"]["training_mib"] > 11_368_834 >> 16
    assert rows["boosting"]["learns"] == "at once"
    assert rows["jkx"]["parameters"] is None
    assert "96 x 192" in rows["jkx"]["why_not"]


@pytest.mark.usefixtures("few_models")
def test_models_are_measured_for_a_sample_set(quantsig: Quantsig, tmp_path: Path) -> None:
    """That of the settings where none is named."""
    build(planted_frame(cells=40), tmp_path / "samples")
    document = quantsig("models", "--json").document
    assert document["source"] == "samples"
    shown = {name: document["figures"][name] for name in ("planes", "height", "width")}
    assert shown == {"planes": 19, "height": 32, "width": 48}


@pytest.mark.usefixtures("few_models")
def test_imported_pictures_admit_no_model_that_reads_bars(
    quantsig: Quantsig, tmp_path: Path
) -> None:
    """And the table says so."""
    (tmp_path / "old").mkdir()
    write(tmp_path / "old", 8)
    import_samples(Source(folder=tmp_path / "old"), tmp_path / "set", processes=1)
    rows = {row["model"]: row for row in quantsig("models", "set", "--json").document["rows"]}
    assert "bars are not known" in rows["logistic"]["why_not"]
    assert rows["resnet18"]["parameters"] > 11_000_000


@pytest.mark.usefixtures("few_models")
def test_models_speak_to_people_too(quantsig: Quantsig) -> None:
    """The table on stdout, beside it what is left out and why."""
    answer = quantsig("models")
    assert "64 planes of 96 x 192, 2 outputs, batches of 32" in answer.out
    assert "GFLOPs a sample" in answer.out
    assert answer.err == "jkx: there is no price-image network for pictures of 96 x 192.\n"


@pytest.mark.parametrize("words", [("nowhere",), ("--batch-size", "0")])
def test_what_makes_no_sense_is_refused(quantsig: Quantsig, words: tuple[str, ...]) -> None:
    """In three lines."""
    answer = quantsig("models", *words)
    assert answer.code in {2, 3}
    assert len(answer.err.splitlines()) == 3

"""`quantsig samples draw`: the file it writes, what it says, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from quantsig.data.demo.planted import planted_bars
from tests.cli.conftest import Quantsig


def height_of(picture: str) -> int:
    with Image.open(picture) as image:
        assert image.format == "PNG"
        return int(image.height)


@pytest.fixture
def samples(quantsig: Quantsig) -> str:
    """A small sample set in the current folder."""
    bars = planted_bars(100, seed=1, symbol="A").bars.drop("adjustment", "symbol")
    bars.write_csv("bars.csv")
    words = ("--preset", "small", "--stride-bars", 5)
    assert quantsig("samples", "build", "bars.csv", "--out", "samples", *words).code == 0
    return "samples"


def test_it_draws_the_sample_asked_for(samples: str, quantsig: Quantsig) -> None:
    """500 bars, 350 of history, every fifth: samples 0 to 30."""
    answer = quantsig("samples", "draw", samples, "--sample", 7, "--out", "x.png", "--json")
    figures = answer.document["figures"]
    assert answer.document["schema"] == "quantsig.samples.draw/1"
    assert (figures["sample"], figures["planes"]) == (7, 64)
    assert (figures["height"], figures["width"]) == (64, 96)
    assert height_of("x.png") > 500


def test_sheet_and_composite_can_be_left_out(samples: str, quantsig: Quantsig) -> None:
    """Each alone is smaller than both, none is a usage error."""
    for words in ((), ("--no-sheet",), ("--no-composite",)):
        name = f"{len(words)}{''.join(words)}.png"
        assert quantsig("samples", "draw", samples, "--out", name, *words).code == 0
    assert height_of("0.png") > max(height_of("1--no-sheet.png"), height_of("1--no-composite.png"))
    answer = quantsig("samples", "draw", samples, "--no-sheet", "--no-composite")
    assert (answer.code, len(answer.complaint)) == (2, 3)


@pytest.mark.parametrize("number", [-1, 31])
def test_a_sample_that_is_not_there_is_refused(
    samples: str, quantsig: Quantsig, number: int
) -> None:
    """The error says which there are, and nothing is written."""
    answer = quantsig("samples", "draw", samples, "--sample", number, "--out", "x.png")
    assert answer.code == 2
    assert "0 to 30" in answer.complaint[2]
    assert not Path("x.png").exists()


def test_a_picture_that_exists_is_kept(samples: str, quantsig: Quantsig) -> None:
    """--force replaces it."""
    Path("x.png").write_text("mine")
    assert quantsig("samples", "draw", samples, "--out", "x.png").code == 2
    assert Path("x.png").read_text() == "mine"
    assert quantsig("samples", "draw", samples, "--out", "x.png", "--force").code == 0


def test_missing_volume_is_said(quantsig: Quantsig) -> None:
    """Bars without volume: 21 planes are empty, and build, info and draw say why."""
    bars = planted_bars(100, seed=1, symbol="A").bars.drop("adjustment", "symbol", "volume")
    bars.write_csv("fx.csv")
    built = quantsig("samples", "build", "fx.csv", "--preset", "small", "--stride-bars", 5)
    assert "no volume" in built.err
    assert "no volume" in quantsig("samples", "info").err
    answer = quantsig("samples", "draw", "--out", "x.png", "--json")
    assert "no volume" in answer.err
    assert {name for name in answer.document["empty_planes"] if "volume" in name} == {
        f"volume.{plane}@{n}" for plane in ("up", "down", "average") for n in (1, 2, 3, 4, 5, 8, 10)
    }


def test_a_chart_file_is_drawn(quantsig: Quantsig) -> None:
    """Timeframes, panels, crop and dropped planes of [chart], end to end."""
    bars = planted_bars(100, seed=1, symbol="A").bars.drop("adjustment", "symbol")
    bars.write_csv("bars.csv")
    Path("chart.toml").write_text(
        '[chart]\npreset = "small"\ntimeframes = [1, 2]\npanels = ["candles", "jkx"]\n'
        'crop = [2, 0]\npad = [0, 4]\ndrop_planes = ["calendar", "jkx.volume@2"]\n'
    )
    built = quantsig("samples", "build", "bars.csv", "--chart", "chart.toml", "--json")
    figures = built.document["figures"]
    assert (figures["planes"], figures["height"], figures["width"]) == (11, 60, 104)
    assert "charts: chart.toml over small, for bars of " in built.err
    assert quantsig("samples", "draw", "--out", "x.png").code == 0


def test_a_clock_that_is_not_the_bars_own_is_refused(quantsig: Quantsig) -> None:
    """Calendar alignment asks for the seconds of a base bar; wrong ones would group wrongly."""
    bars = planted_bars(100, seed=1, symbol="A").bars.drop("adjustment", "symbol")
    seconds = int(np.median(bars["timestamp"].diff().dt.total_seconds().drop_nulls()))
    bars.write_csv("bars.csv")
    chart = '[chart]\npreset = "small"\nalignment = "calendar"\nbar_seconds = '
    Path("chart.toml").write_text(chart + str(seconds + 1))
    answer = quantsig("samples", "build", "bars.csv", "--chart", "chart.toml")
    assert (answer.code, len(answer.complaint)) == (3, 3)
    Path("chart.toml").write_text(chart + str(seconds))
    assert quantsig("samples", "build", "bars.csv", "--chart", "chart.toml").code == 0

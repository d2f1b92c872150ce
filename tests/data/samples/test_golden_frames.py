"""Frames of format version 1 still load: bytes that were written once and are kept."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from quantsig.data.samples.frames.files import FrameReader, Place
from quantsig.data.samples.frames.record import CODES, EDGES, RAW, decompress, encode, open_record
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.samples.verify.sample_set import verify_samples

GOLDEN = Path(__file__).parents[2] / "golden" / "samples-frames-1"
KINDS = [EDGES, EDGES, EDGES, CODES, RAW, EDGES]  # boxes, special values, noise, a blank


@pytest.fixture(scope="module")
def samples() -> SampleSet:
    return open_samples(GOLDEN)


def test_it_verifies() -> None:
    """Hashes, rows and every frame."""
    found = verify_samples(GOLDEN)
    assert (found.files, found.samples, found.decoded) == (2, 6, 6)


def test_the_stored_pictures_are_read(samples: SampleSet) -> None:
    """Bit for bit, a negative zero and a NaN with a payload among them."""
    pictures = np.load(GOLDEN / "pictures.npy")
    assert samples.read(np.arange(6)).tobytes() == pictures.tobytes()


def test_the_stored_index_is_read(samples: SampleSet) -> None:
    """Times, targets and directions."""
    assert samples.index["decision_time"][0] == datetime(2024, 1, 3, tzinfo=UTC)
    assert samples.index["label"].to_list() == [0, 1, 2, 0, 1, 2]
    assert samples.index["y"][5].to_list() == [2, 1.25]
    directions = ["long", "1", None, "[1, 0]", "0.5", "short"]
    assert samples.index["source_direction"].to_list() == directions
    assert samples.classes == ("0", "1", "2")


def test_the_same_pictures_are_written_as_the_same_records(samples: SampleSet) -> None:
    """What is inside a frame does not change within a version, whatever zstd makes of it."""
    reader = FrameReader(GOLDEN)
    rows = samples.index.select("file", "offset", "length").rows()
    for picture, kind, row in zip(np.load(GOLDEN / "pictures.npy"), KINDS, rows, strict=True):
        frame = reader.read(Place(*row))
        assert open_record(frame).kind == kind
        assert decompress(frame, 1 << 20) == decompress(encode(picture), 1 << 20)

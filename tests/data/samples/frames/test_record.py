"""Frames: every picture comes back bit for bit, and damage is found."""

import contextlib
import struct

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from quantsig.data.samples.frames.record import (
    CODES,
    EDGES,
    HEADER,
    MAGIC,
    RAW,
    BadFrame,
    decode,
    decode_codes,
    decompress,
    encode,
    open_record,
)

SHAPES = arrays.array_shapes(min_dims=1, max_dims=4, max_side=9)
WORDS = {"<f2": "<u2", "<f4": "<u4"}
SPECIALS = np.array([0x0000, 0x8000, 0x7C00, 0xFC00, 0x7E01, 0xFE23, 0x3C00], "<u2").view("<f2")


def same_bits(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    return (one.shape, one.dtype, one.tobytes()) == (other.shape, other.dtype, other.tobytes())


def candles(height: int = 24, width: int = 40) -> NDArray[np.float16]:
    """Three planes of upright boxes, four columns each."""
    picture = np.zeros((3, height, width), np.float16)
    random = np.random.default_rng(1)
    for plane in picture:
        for left in range(0, width, 4):
            top = random.integers(0, height - 2)
            plane[top : top + 5, left : left + 3] = 1
    return picture


@settings(max_examples=200, deadline=None)
@given(data=st.data(), dtype=st.sampled_from(["<f2", "<f4"]))
def test_any_picture_comes_back(data: st.DataObject, dtype: str) -> None:
    """Any shape, any bits: NaN payloads and negative zeros too."""
    words = data.draw(arrays.arrays(WORDS[dtype], SHAPES))
    picture = words.view(dtype)
    assert same_bits(decode(encode(picture)), picture)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), values=st.integers(1, 5), flips=st.integers(0, 6))
def test_a_picture_of_few_values_comes_back(data: st.DataObject, values: int, flips: int) -> None:
    """Wide boxes of few values, special ones among them, with a few stray pixels."""
    shape = data.draw(arrays.array_shapes(min_dims=2, max_dims=3, max_side=80))
    table = data.draw(arrays.arrays("<u2", values)).view("<f2")
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    picture = np.full(shape, table[0])
    for value in table:
        top, left = random.integers(0, shape[-2]), random.integers(0, shape[-1])
        picture[..., top : top + 9, left:] = value
    for _ in range(flips):
        picture.reshape(-1)[random.integers(0, picture.size)] = table[-1]
    assert same_bits(decode(encode(picture)), picture)


def test_the_kind_follows_the_values() -> None:
    """Boxes are edges, noise of few values codes, noise of many raw."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 2, (2, 64, 64)).astype(np.float16)
    many = random.random((2, 64, 64)).astype(np.float16)
    for picture, kind in ((candles(), EDGES), (noise, CODES), (many, RAW)):
        frame = encode(picture)
        assert open_record(frame).kind == kind
        assert same_bits(decode(frame), picture)


def test_specials_keep_their_bits() -> None:
    """Two zeros, two infinities and two NaN of different payload in one picture."""
    picture = np.repeat(np.repeat(SPECIALS[None, :], 30, 0), 30, 1)
    frame = encode(picture)
    assert open_record(frame).kind == EDGES
    assert same_bits(decode(frame), picture)


def test_tall_pictures_are_not_edges() -> None:
    """A row number must fit its field."""
    picture = np.zeros((40_000, 2), np.float16)
    picture[35_000:] = 1
    assert open_record(encode(picture)).kind == CODES
    assert same_bits(decode(encode(picture)), picture)


def test_a_chart_of_ones_and_zeros_gives_its_pixels_as_codes() -> None:
    """0 is code 0 and 1 is code 1, drawn into the given buffer."""
    picture = candles()
    out = np.full(picture.shape, 9, np.uint8)
    codes, table = decode_codes(encode(picture), out)
    assert codes is out
    np.testing.assert_array_equal(out, picture.astype(np.uint8))
    assert table.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("ground", [0, 1])
def test_planes_of_one_run_and_of_more_take_turns(ground: int) -> None:
    """One run a column, to the last row too, is filled; what has more or a dark ground is not."""
    picture = np.full((3, 12, 40), ground, np.float16)
    picture[0, 3:5, 1:30] = 1 - ground
    picture[0, 11:, 35:] = 1 - ground
    picture[1, 2:4, 5:9] = picture[1, 6:9, 7:20] = 1 - ground
    picture[2, 1:, 39:] = 1 - ground
    assert same_bits(decode(encode(picture)), picture)
    np.testing.assert_array_equal(decode_codes(encode(picture))[0], picture.astype(np.uint8))


def test_codes_of_noise_name_its_values() -> None:
    """The table turns codes back into the picture."""
    picture = np.random.default_rng(0).choice(SPECIALS, (16, 16))
    codes, table = decode_codes(encode(picture))
    assert same_bits(table[codes], picture)


def test_edges_by_hand() -> None:
    """A box in rows 1 to 2 of columns 1 to 2 of a 4 x 4 plane, byte for byte."""
    picture = np.zeros((1, 4, 4), np.float16)
    picture[0, 1:3, 1:3] = 1
    content = zstandard.ZstdDecompressor().decompress(encode(picture))
    header = HEADER.pack(MAGIC, EDGES, 2, 3, 0, 2, 2) + struct.pack("<3I", 1, 4, 4)
    table = np.array([0, 1], "<f2").tobytes()
    same = bytes([0b00100000])
    counts = bytes([0, 2, 0, 0, 0, 0])  # columns 0, 1 and 3; low bytes, then high bytes
    rows = bytes([2, 2, 0, 0])  # zigzag(1), then 2 rows on
    assert content == header + table + same + counts + rows


@pytest.mark.parametrize("make", [candles, lambda: SPECIALS.repeat(90), lambda: np.zeros((1, 1))])
def test_a_frame_cut_short_or_flipped_is_found(make: object) -> None:
    """Every prefix and every flipped bit is refused, but for bits that mean nothing."""
    picture = make().astype(np.float16)  # type: ignore[operator]
    frame = encode(picture)
    for length in range(len(frame)):
        with pytest.raises(BadFrame):
            decode(frame[:length])
    for bit in range(8 * len(frame)):
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 1 << bit % 8
        with contextlib.suppress(BadFrame):
            assert same_bits(decode(bytes(flipped)), picture)
    with pytest.raises(BadFrame):
        decode(frame + b"x")


def test_a_bomb_is_refused_by_its_size() -> None:
    """The start of a frame that declares 2 GiB; one that declares nothing, once it is over."""
    stream = zstandard.ZstdCompressor().compressobj(size=2 << 30)
    bomb = stream.compress(bytes(1 << 20)) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    with pytest.raises(BadFrame, match="2,147,483,648"):
        decode(bomb)
    narrow = zstandard.ZstdCompressionParameters(window_log=15, write_content_size=False)
    silent = zstandard.ZstdCompressor(compression_params=narrow).compress(bytes(4 << 20))
    with pytest.raises(BadFrame, match="unpacks to more than 1,048,576"):
        decompress(silent, 1 << 20)
    assert decompress(silent, 4 << 20) == bytes(4 << 20)


def reheaded(picture: NDArray[np.float16], at: int, value: bytes) -> bytes:
    """A frame, its checksum right, with bytes of its record replaced."""
    content = bytearray(zstandard.ZstdDecompressor().decompress(encode(picture)))
    content[at : at + len(value)] = value
    return zstandard.ZstdCompressor(write_checksum=True).compress(bytes(content))


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 400), value=st.binary(min_size=1, max_size=4))
def test_a_forged_record_is_refused_or_decodes(at: int, value: bytes) -> None:
    """Whatever a record says, nothing outside its picture is touched."""
    picture = candles(12, 16)
    frame = reheaded(picture, at, value)
    with contextlib.suppress(BadFrame):
        if np.prod(open_record(frame).shape) < 1 << 20:
            decode(frame)


@pytest.mark.soak
@settings(max_examples=100_000, deadline=None)
@given(at=st.integers(0, 700), value=st.binary(min_size=1, max_size=16))
def test_forged_records_for_long(at: int, value: bytes) -> None:
    """The same for a long time, with longer forgeries."""
    test_a_forged_record_is_refused_or_decodes.hypothesis.inner_test(at, value)  # type: ignore[attr-defined]


def test_a_buffer_must_fit() -> None:
    """Another shape or type is refused, not converted."""
    frame = encode(candles())
    with pytest.raises(BadFrame, match="shape"):
        decode(frame, np.empty((3, 24, 41), np.float16))
    with pytest.raises(BadFrame, match="float16"):
        decode(frame, np.empty((3, 24, 40), np.float32))

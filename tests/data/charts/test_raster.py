"""Every form of a drawing holds the same pixels."""

import numpy as np
import pytest
import torch
from hypothesis import given
from numpy.typing import NDArray

from quantsig.data.charts import raster
from quantsig.data.charts.forms import FORMS, as_tensor
from tests.data.charts.extents import any_extents, plain_fill

Case = tuple[NDArray[np.int16], int]


def filled(case: Case, form: str) -> NDArray[np.generic]:
    """What a form's kernel leaves in an array that was full of ink."""
    extents, height = case
    samples, planes, _, width = extents.shape
    out = np.full(FORMS[form].shape(samples, planes, height, width), 255, FORMS[form].dtype)
    FORMS[form].fill(extents, height, out)
    return out


@given(any_extents())
def test_bytes_are_the_definition(case: Case) -> None:
    """1 where top <= y < bottom, else 0, whatever was there before."""
    np.testing.assert_array_equal(filled(case, "uint8"), plain_fill(*case))


@given(any_extents())
def test_bits_are_the_bytes_packed(case: Case) -> None:
    """In the order of np.packbits; the last byte of a row is filled up with zeros."""
    expected = np.packbits(plain_fill(*case), axis=-1)
    np.testing.assert_array_equal(filled(case, "packed"), expected)


@pytest.mark.parametrize(("form", "dtype"), [("float32", torch.float32), ("bf16", torch.bfloat16)])
@given(case=any_extents())
def test_numbers_are_the_bytes(form: str, dtype: torch.dtype, case: Case) -> None:
    """Zero and one, exactly."""
    tensor = as_tensor(filled(case, form), form)
    assert tensor.dtype == dtype
    np.testing.assert_array_equal(tensor.float().numpy(), plain_fill(*case))


def test_extents_beyond_the_picture_are_cut() -> None:
    """A panel's mistake cannot write outside a column."""
    out = np.empty((1, 1, 4, 3), np.uint8)
    raster.fill(np.array([[[[-5, 2, 9], [9, 99, 12]]]], np.int16), out)
    assert out[0, 0].tolist() == [[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 0]]

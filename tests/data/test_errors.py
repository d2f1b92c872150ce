"""What an error shows of a file, however long that is."""

from quantsig.data.errors import DataError


def test_a_long_line_is_cut_in_its_middle() -> None:
    """Its beginning and its end are shown, and how much is not."""
    error = DataError(f'"{"x" * 3_000_000}" is not a number.', where="row 7", remedy="Mend it.")
    assert len(str(error)) < 1200
    assert error.what.startswith('"xxx')
    assert error.what.endswith('x" is not a number.')
    assert "[2,999,019 letters left out]" in error.what
    assert (error.where, error.remedy) == ("row 7", "Mend it.")

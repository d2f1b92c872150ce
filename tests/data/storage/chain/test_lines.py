"""Lines that hold a hash of the one before."""

import hashlib
from pathlib import Path

from quantsig.data.storage.chain.lines import (
    CHAINED,
    NOTHING,
    chain_of,
    chained_line,
    set_torn_aside,
)


def test_a_line_holds_the_hash_of_the_one_before_and_of_itself() -> None:
    """SHA-256 of both, one after the other; the first stands on that of nothing."""
    first, chain = chained_line(NOTHING, {"a": 1})
    expected = hashlib.sha256(hashlib.sha256(b"").hexdigest().encode() + b'{"a": 1').hexdigest()
    assert (first, chain) == (f'{{"a": 1, "chain": "{expected}"}}', expected)
    second, _ = chained_line(chain, {"a": 1})
    assert second != first
    found = CHAINED.fullmatch(second.encode())
    assert found is not None
    assert chain_of(chain, found[1]) == found[2].decode()


def test_half_a_line_is_kept_beside(tmp_path: Path) -> None:
    """What is whole stays as it was."""
    source = tmp_path / "lines"
    source.write_bytes(b"whole\nhal\xff")
    set_torn_aside(source, b"hal\xff", "torn")
    assert source.read_bytes() == b"whole\n"
    assert (tmp_path / "torn").read_text() == "hal\\xff\n"

"""A set to scan, and its weight."""

from pathlib import Path

from quantsig.data.benchmarks import scan


def test_the_set_has_a_sample_at_every_bar(tmp_path: Path) -> None:
    """As many as asked for, and its files weigh what it says."""
    samples = scan.minute_set(tmp_path / "set", 400)
    assert len(samples) == 400
    files = [file for file in (tmp_path / "set").rglob("*") if file.is_file()]
    assert scan.bytes_per_sample(samples) == sum(file.stat().st_size for file in files) / 400


def test_a_scan_leaves_the_set_as_it_was(tmp_path: Path) -> None:
    """Dropping pages loses nothing."""
    samples = scan.minute_set(tmp_path / "set", 40)
    assert (scan.scan_seconds(samples.path, 2) or 0) > 0
    assert (scan.fresh_process_seconds(samples.path, 1) or 0) > 0

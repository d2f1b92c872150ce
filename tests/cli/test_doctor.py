"""`quantsig doctor`."""

from importlib.metadata import version

from tests.cli.conftest import Quantsig


def test_doctor_names_versions_device_engine_and_licences(quantsig: Quantsig) -> None:
    """What a report of trouble needs."""
    document = quantsig("doctor", "--json").document
    assert document["schema"] == "quantsig.doctor/1"
    assert document["versions"]["torch"] == version("torch")
    assert document["device"] in {"cpu", "cuda"}
    assert document["engine"] == "vectorbt with rust"
    assert document["licences"]["quantsig"] == "Apache-2.0"
    assert "Commons Clause" in document["licences"]["vectorbt"]
    assert document["figures"]["free_disk_gib"] > 0


def test_doctor_speaks_to_people_too(quantsig: Quantsig) -> None:
    """The same as text."""
    assert f"torch          {version('torch')}" in quantsig("doctor").out

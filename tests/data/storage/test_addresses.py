"""Bars that lie in a store of objects, read from a server that speaks S3."""

import gzip
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import polars as pl
import pytest

from quantsig.data.errors import ConfigError, DataError, QuantsigError, ResourceError, UsageError
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions
from quantsig.data.samples.store import open_samples
from quantsig.data.storage.addresses import address_of, found_at
from quantsig.data.storage.atomic import refuse_existing
from quantsig.signals.runs import open_run
from tests.data.samples.bars import bars_of

pytest.importorskip("s3fs")
pytest.importorskip("upath")
pytestmark = pytest.mark.xdist_group("s3")
BUCKET = "s3://market"
SERVER = """
import time

from moto.server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
time.sleep(600)
"""
KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a server, which ends with the tests."""
    command = [sys.executable, "-W", "ignore", "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().decode().strip()}"
        server.kill()


@pytest.fixture
def store(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> fsspec.AbstractFileSystem:
    """A bucket, and the environment that leads to it."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    found = fsspec.filesystem("s3", skip_instance_cache=True)
    if not found.exists(BUCKET):
        found.mkdir(BUCKET)
    return found


def parquet(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


def test_bars_at_an_address_are_those_of_a_disk(
    store: fsspec.AbstractFileSystem, tmp_path: Path
) -> None:
    """One object of all symbols, and a folder with one of each, text, packed and Parquet."""
    bars = bars_of({"A": 40, "B": 30, "C": 20}).bars.drop("adjustment")
    folder = tmp_path / "bars"
    folder.mkdir()
    one, two, three = (bars.filter(symbol=name).drop("symbol") for name in "ABC")
    one.write_csv(folder / "A.csv")
    (folder / "B.csv.gz").write_bytes(gzip.compress(two.write_csv().encode()))
    (folder / "C.parquet").write_bytes(parquet(three))
    (folder / "notes.md").write_text("no bars")
    (tmp_path / "all.parquet").write_bytes(parquet(bars))
    for path in tmp_path.rglob("*.*"):
        store.pipe(f"{BUCKET}/{path.relative_to(tmp_path).as_posix()}", path.read_bytes())
    options = ReadOptions(bar_label="close")
    for name in ("bars", "all.parquet"):
        here = read_bars(tmp_path / name, options)
        there = read_bars(Path(f"{BUCKET}/{name}"), options)
        assert there.bars.equals(here.bars)
        assert there.bars["symbol"].n_unique() == 3
        assert (there.interval, there.notes) == (here.interval, here.notes)


@pytest.mark.usefixtures("store")
def test_what_is_not_there_is_told() -> None:
    """A bucket or an object; the words name the address."""
    with pytest.raises(DataError, match=r"there is no nothing\.csv") as caught:
        read_bars(Path(f"{BUCKET}/nothing.csv"), ReadOptions())
    assert caught.value.where == f"{BUCKET}/nothing.csv"


def test_feather_in_a_store_is_refused(store: fsspec.AbstractFileSystem) -> None:
    store.pipe(f"{BUCKET}/a.feather", b"ARROW1" + bytes(100))
    with pytest.raises(UsageError, match="from a disk alone"):
        read_bars(Path(f"{BUCKET}/a.feather"), ReadOptions())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"AWS_ACCESS_KEY_ID": None}, "does not let you in"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "does not answer"),
    ],
)
def test_a_store_that_refuses_is_told(
    store: fsspec.AbstractFileSystem,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, str | None],
    words: str,
) -> None:
    """In three lines, with what to set."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    for name, value in changed.items():
        monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    type(store).clear_instance_cache()
    with pytest.raises(ResourceError, match=words) as caught:
        read_bars(Path(f"{BUCKET}/all.parquet"), ReadOptions())
    type(store).clear_instance_cache()
    assert "AWS_ACCESS_KEY_ID" in caught.value.remedy
    assert len(str(caught.value).splitlines()) == 3


def test_sets_and_runs_at_an_address_are_refused() -> None:
    """Nothing is written into a folder called s3: either."""
    place = Path(f"{BUCKET}/set")
    for use in (open_samples, open_run, lambda path: refuse_existing(path, force=True)):
        with pytest.raises(UsageError, match="all else lies on a disk") as caught:
            use(place)
        assert caught.value.where == f"{BUCKET}/set"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bad.csv", b"a,b\n1,2\n"),
        ("bad.parquet", b"PAR1xxxx"),
        ("empty.csv", b""),
        ("one.feather", b"ARROW1" + bytes(50)),
        ("missing.csv", None),
    ],
)
def test_no_error_of_bars_at_an_address_tells_its_password(
    name: str, content: bytes | None
) -> None:
    """What is wrong with the bars themselves, too."""
    if content is not None:
        fsspec.filesystem("memory").pipe(f"/me:hunter2@b/{name}", content)
    with pytest.raises(QuantsigError) as caught:
        read_bars(Path(f"memory://me:hunter2@b/{name}"), ReadOptions())
    assert "hunter2" not in f"{caught.value} {caught.value.args}"
    assert "me:***@b" in caught.value.where


@pytest.mark.parametrize("scheme", ["file", "local"])
def test_an_address_of_a_disk_is_its_path(tmp_path: Path, scheme: str) -> None:
    """Whole, wherever one stands."""
    assert found_at(Path(f"{scheme}://{tmp_path}/x.csv")) == tmp_path / "x.csv"
    with pytest.raises(DataError) as caught:
        read_bars(Path(f"{scheme}://{tmp_path}/x.csv"), ReadOptions())
    assert caught.value.where == str(tmp_path / "x.csv")


def test_an_address_that_nothing_knows_is_told() -> None:
    with pytest.raises(ConfigError, match="not known here"):
        read_bars(Path("teapot://kitchen/bars.csv"), ReadOptions())


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("s3://bucket/a b/x.csv", "s3://bucket/a b/x.csv"),
        ("GS://bucket/x", "gs://bucket/x"),
        ("/mnt/x.csv", None),
        ("x.csv", None),
        ("C:/bars/x.csv", None),
        ("C:\\bars\\x.csv", None),
    ],
)
def test_addresses_are_known_from_paths(typed: str, address: str | None) -> None:
    """Though a path keeps one slash of two."""
    assert address_of(Path(typed)) == address

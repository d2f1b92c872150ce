"""What is kept and passed on names no home, no machine, no variable; anonymous, no file either."""

import base64
import gzip
import platform
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from quantsig.data.demo.planted import planted_bars
from tests.cli.conftest import SETTINGS, Quantsig

PACKED = re.compile(rb"[A-Za-z0-9+/=]{100,}")
HOST, SECRET, SYSTEM = "host-of-the-tester", "never-to-be-told", "Strange-OS-77"
USER, DESK, VOLUME = "zaphod-of-the-home", "quiet-desk", "strange-volume"
VAULT, RUN, OTHER, WALK = "vault-of-samples", "run-of-mine", "run-of-hers", "walk-of-ours"
MACHINE = (HOST, SECRET, SYSTEM)
VERBS = (
    "samples build {volume}/bars.csv --out {volume}/{vault}",
    "train {volume}/{vault} --out {desk}/runs/{run} --no-baselines --model logistic",
    "train {volume}/{vault} --out runs/{other} --no-baselines --model logistic --seed 5",
    "thresholds runs/{run} --recall 0.5",
    "signals runs/{run} --threshold 0.5",
    "signals runs/{run} --threshold 0.5 --out signals.csv --format csv --force",
    "signals runs/{run} --threshold 0.5 --out signals.json --format json --force",
    "backtest runs/{run}",
    "audit runs/{run}",
    "walk {volume}/{vault} --out {desk}/runs/{walk} --folds 2 --model logistic",
    "runs compare runs/{run} runs/{other} --out compared.html",
)
NAMELESS = (
    "report runs/{run} --anonymous --out for-strangers/run.html",
    "report runs/{run} --anonymous --lang zh --out for-strangers/zh.html",
    "report runs/{walk} --anonymous --out for-strangers/walk.html",
    "runs compare runs/{run} runs/{other} --anonymous --out for-strangers/both.html",
)


def told(path: Path) -> bytes:
    """All that a file says: its bytes, and what is packed in them."""
    content = path.read_bytes()
    found = [path.name.encode(), content]
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        found += [str(table.schema).encode(), str(table.to_pydict()).encode()]
    if path.suffix == ".html":
        found += unpacked(content)
    return b"\n".join(found)


def unpacked(page: bytes) -> Iterator[bytes]:
    for packed in PACKED.findall(page):
        try:
            yield gzip.decompress(base64.b64decode(packed))
        except (ValueError, OSError, EOFError):
            continue


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in a home; bars and samples on another disk; a machine with a name."""
    volume, desk = tmp_path / VOLUME, tmp_path / "home" / USER / DESK
    desk.mkdir(parents=True)
    volume.mkdir()
    bars = planted_bars(1200, seed=1).bars.drop("adjustment")
    bars.write_csv(volume / "bars.csv")
    (desk / "quantsig.toml").write_text(SETTINGS)
    monkeypatch.chdir(desk)
    monkeypatch.setenv("HOME", str(desk.parent))
    monkeypatch.setenv("USER", USER)
    monkeypatch.setenv("SECRET_OF_THE_SHELL", SECRET)
    monkeypatch.setattr(socket, "gethostname", lambda: HOST)
    monkeypatch.setattr(platform, "node", lambda: HOST)
    monkeypatch.setattr(platform, "platform", lambda: SYSTEM)
    return desk


def test_nothing_that_is_kept_names_home_or_machine(quantsig: Quantsig, desk: Path) -> None:
    """Every byte of runs, samples and pages; of anonymous ones no name of a folder either."""
    volume = desk.parents[2] / VOLUME
    named = {
        "volume": volume,
        "desk": desk,
        "vault": VAULT,
        "run": RUN,
        "other": OTHER,
        "walk": WALK,
    }
    for verb in (*VERBS, *NAMELESS):
        answer = quantsig(*(word.format(**named) for word in verb.split()))
        assert answer.code == 0 or verb.startswith("audit"), answer.err  # which finds the pattern
    strangers = desk / "for-strangers"
    kept = [path for root in (desk, volume) for path in root.rglob("*") if path.is_file()]
    assert len(kept) > 40
    for path in kept:
        said = told(path)
        for private in (str(desk), str(volume), str(desk.parents[2]), USER, HOST, SECRET):
            assert private.encode() not in said, (path, private)
    for path in strangers.iterdir():
        said = told(path)
        for private in (*MACHINE, DESK, VOLUME, VAULT, RUN, OTHER, WALK, "bars.csv"):
            assert private.encode() not in said, (path, private)
    assert SYSTEM.encode() in told(desk / "runs" / RUN / "report.html")

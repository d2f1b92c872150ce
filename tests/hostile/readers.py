"""What reads foreign files, by kind: seeds of each, how they are damaged, and who reads them."""

import gzip
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from quantsig.backtest.record import read_stats
from quantsig.backtest.sweep.record import read_sweep
from quantsig.cli.config import load
from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.bars import write_bars
from quantsig.data.charts.spec_file import read_chart_table
from quantsig.data.demo.planted import planted_bars
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions
from quantsig.data.samples.legacy.sample_file import ReadLimits, read_legacy
from quantsig.data.samples.manifest import fingerprint
from quantsig.data.samples.store import open_samples
from quantsig.data.storage.documents import to_json
from quantsig.data.storage.leftovers import NOTE
from quantsig.data.storage.records import document_of, read_record
from quantsig.data.storage.resuming import plain_work, unfinished_work
from quantsig.signals.audit.record import SCHEMA as AUDIT_SCHEMA
from quantsig.signals.audit.record import Audit, read_audit
from quantsig.signals.calibration.record import read_calibration
from quantsig.signals.choice import read_choice
from quantsig.signals.layout import SEAL
from quantsig.signals.ledger import read_ledger
from quantsig.signals.meta.meta_labelling import read_meta_record
from quantsig.signals.runs import find_runs, open_run
from quantsig.signals.scoring.checkpoints import load_model
from quantsig.signals.seal import SCHEMA as SEAL_SCHEMA
from quantsig.signals.seal import Seal, faults, seal_again
from quantsig.signals.search.search import read_search
from quantsig.signals.signal_table import read_signals
from quantsig.signals.training.folds import fold_record
from quantsig.signals.training.resume.state import TensorFile, read_state, read_tensors
from quantsig.signals.training.tracking.record import planned
from quantsig.signals.walk_record import read_walk_record
from tests.data.samples.legacy_files import HOSTILE, packed, pickled
from tests.golden.opened import open_workspace
from tests.hostile import mutations
from tests.hostile.mutations import Mutation

WALK = "walk-logistic-anchored-2-1e7b8aeb"
LIMITS = ReadLimits(memory_mb=64)
SEALED_RUN = "sealed"
FOUND = AuditFinding(sentence="It looks ahead.", feature="close", first="2020-01-02", size=0.5)
AUDITED = Audit(
    created="2024-03-31T02:00:00+00:00",
    samples="ab" * 32,
    seed=1,
    checks=(
        AuditCheck(name="truncation", examined=9, findings=(FOUND,)),
        AuditCheck(name="purge", missing="Nothing to ask."),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One kind of file.

    Attributes:
        seeds: whole files.
        mutations: how they are damaged.
        read: what reads the file at `place`.
        place: of the file, in the workspace.
        signed: what makes the file's own hash that of what it says, so that all else is looked at.
        allowed: errors that are answers, beside those of quantsig.
    """

    seeds: list[bytes]
    mutations: tuple[Mutation, ...]
    read: Callable[[Path], object]
    place: str
    signed: Callable[[Path], None] = lambda path: None
    allowed: tuple[type[BaseException], ...] = ()


def readers(folder: Path) -> Mapping[str, Reader]:
    """Every kind, in a workspace of its own."""
    work = open_workspace(folder)
    first, walk = "runs/first", f"runs/{WALK}"

    def stored(place: str) -> list[bytes]:
        return [path.read_bytes() for path in sorted(work.glob(place))]

    def document(place: str, read: Callable[[Path], object]) -> Reader:
        found = sorted(work.glob(place))[0].relative_to(work).as_posix()
        return Reader(seeds=stored(place), mutations=mutations.DOCUMENT, read=read, place=found)

    begun = plain_work("training", {"samples": "x", "epochs": 3}).note().encode()
    (work / "runs/.new.part").mkdir()
    (work / "runs/.new.part" / NOTE).write_bytes(begun)  # without it the folder is swept away
    frame = planted_bars(40, seed=1).bars.drop("adjustment")
    csv = frame.write_csv().encode()
    other = b"Date;Open;High;Low;Close\n" + b"".join(
        b"%02d.01.2020;1,5;2,5;1,0;2,0\n" % day for day in range(1, 28)
    )
    texts = [csv, other, csv.replace(b"\n", b"\r\n"), csv.decode().encode("utf-16")]
    parquet = io.BytesIO()
    frame.write_parquet(parquet)
    write_bars(work / "own.parquet", planted_bars(40, seed=1).bars)
    tables = [parquet.getvalue(), (work / "own.parquet").read_bytes()]
    return {
        "csv": Reader(seeds=texts, mutations=mutations.LINES, read=_bars, place="bars.csv"),
        "zip": Reader(
            seeds=[_zipped(text) for text in texts],
            mutations=mutations.BYTES,
            read=_bars,
            place="bars.zip",
        ),
        "gz": Reader(
            seeds=[gzip.compress(text) for text in texts],
            mutations=mutations.BYTES,
            read=_bars,
            place="bars.csv.gz",
        ),
        "parquet": Reader(
            seeds=tables, mutations=mutations.TABLE, read=_bars, place="bars.parquet"
        ),
        "feather": Reader(
            seeds=[_feather(frame)], mutations=mutations.BYTES, read=_bars, place="bars.feather"
        ),
        "pickle": Reader(
            seeds=[pickled(), pickled(1), *HOSTILE.values()],
            mutations=mutations.BYTES,
            read=lambda path: read_legacy(path, LIMITS),
            signed=_pack,
            place="sample.zst",
            allowed=(ValueError,),
        ),
        "packed pickle": Reader(
            seeds=[packed(pickled()), packed(pickled(1))],
            mutations=mutations.BYTES,
            read=lambda path: read_legacy(path, LIMITS),
            place="packed.zst",
            allowed=(ValueError,),
        ),
        "settings": Reader(
            seeds=[
                Path(__file__).parents[2].joinpath("cli/quantsig.toml").read_bytes(),
                *stored("quantsig.toml"),
            ],
            mutations=mutations.SETTINGS,
            read=lambda path: load(path, {}),
            place="quantsig.toml",
        ),
        "chart": Reader(
            seeds=[
                b'[chart]\npreset = "small"\nheight = 64\ntimeframes = [1, 2]\n'
                b'panels = ["candles", "trend"]\ncrop = [1, 2]\nmerge = false\nbars = 16\n'
            ],
            mutations=mutations.SETTINGS,
            read=lambda path: (
                read_chart_table(path),
                load(None, {"samples.chart_file": str(path)}),
            ),
            place="chart.toml",
        ),
        "manifest": Reader(
            seeds=stored("samples/manifest.json"),
            mutations=mutations.DOCUMENT,
            read=lambda path: _read_all(path.parent),
            signed=_sign_manifest,
            place="samples/manifest.json",
        ),
        "frames manifest": Reader(
            seeds=stored("frames/manifest.json"),
            mutations=mutations.DOCUMENT,
            read=lambda path: _read_all(path.parent),
            signed=_sign_manifest,
            place="frames/manifest.json",
        ),
        "index": Reader(
            seeds=stored("samples/index.parquet"),
            mutations=mutations.TABLE,
            read=lambda path: _read_all(path.parent),
            signed=_list_index,
            place="samples/index.parquet",
        ),
        "frames index": Reader(
            seeds=stored("frames/index.parquet"),
            mutations=mutations.TABLE,
            read=lambda path: _read_all(path.parent),
            signed=_list_index,
            place="frames/index.parquet",
        ),
        "frames": Reader(
            seeds=stored("frames/frames-00000.zst"),
            mutations=mutations.BYTES,
            read=lambda path: _read_all(path.parent),
            place="frames/frames-00000.zst",
        ),
        "weights": Reader(
            seeds=stored("runs/*/model.safetensors"),
            mutations=mutations.BYTES,
            read=_weights,
            place=f"{first}/model.safetensors",
        ),
        "state tensors": Reader(
            seeds=stored("runs/steps/state/loss-0.safetensors"),
            mutations=mutations.BYTES,
            read=lambda path: read_tensors(path.parent, _as_stored(path)),
            place="runs/steps/state/loss-0.safetensors",
        ),
        "lists": Reader(
            seeds=[
                json.dumps(
                    [[1577836800000 + 86400000 * day, 1, 3, 1, 2, 9] for day in range(20)]
                ).encode()
            ],
            mutations=mutations.DOCUMENT,
            read=lambda path: read_bars(path, ReadOptions(layout="freqtrade")),
            place="BTC_USDT-1d.json",
        ),
        "model record": Reader(
            seeds=stored(f"{first}/run.json"),
            mutations=mutations.DOCUMENT,
            read=lambda path: _weights(path.with_name("model.safetensors")),
            place=f"{first}/run.json",
        ),
        "state": document("runs/steps/state/state.json", lambda path: read_state(path.parent)),
        "run": document(f"{first}/run.json", _open_all),
        "config": Reader(
            seeds=stored("runs/*/config.toml"),
            mutations=mutations.SETTINGS,
            read=lambda path: planned(open_run(path.parent).config()),
            place=f"{first}/config.toml",
        ),
        "choice": document(f"{first}/choices/*.json", read_choice),
        "calibration": document("runs/*/calibration.json", read_calibration),
        "fold": document(f"{walk}/folds/00/fold.json", lambda path: fold_record(path.parent)),
        "walk": document(f"{walk}/walk.json", read_walk_record),
        "stats": document(f"{first}/backtest*/stats.json", read_stats),
        "sweep": document(f"{first}/sweep/sweep.json", read_sweep),
        "meta": document(f"{first}/meta/*.json", read_meta_record),
        "signals": Reader(
            seeds=stored(f"{first}/signals*.parquet"),
            mutations=mutations.TABLE,
            read=read_signals,
            place=f"{first}/signals.parquet",
        ),
        "audit": Reader(
            seeds=[to_json(document_of(AUDITED, AUDIT_SCHEMA), indent=2).encode()],
            mutations=mutations.DOCUMENT,
            read=lambda path: read_audit(path.parent),
            place=f"{first}/audit.json",
        ),
        "seal": Reader(
            seeds=[(_sealed(work) / SEAL).read_bytes()],
            mutations=mutations.DOCUMENT,
            read=_seal,
            place=f"runs/{SEALED_RUN}/{SEAL}",
        ),
        "search": document("runs/search/search.json", read_search),
        "unfinished work": Reader(
            seeds=[begun],
            mutations=mutations.DOCUMENT,
            read=lambda path: unfinished_work(path.parent.parent),
            place=f"runs/.new.part/{NOTE}",
        ),
        "qlib": Reader(
            seeds=[_qlib(work / "qlib")],
            mutations=mutations.LINES,
            read=lambda path: _bars(path.parents[1]),
            place="qlib/calendars/day.txt",
        ),
        "ledger": Reader(
            seeds=stored("runs/ledger.jsonl"),
            mutations=mutations.DOCUMENT + mutations.LINES,
            read=lambda path: read_ledger(path.parent),
            place="runs/ledger.jsonl",
        ),
    }


def _sealed(work: Path) -> Path:
    """A copy of a run with a seal that holds every file, and lets no damage of theirs through."""
    home = work / "runs" / SEALED_RUN
    shutil.copytree(work / "runs/first", home)
    seal_again(home, SEALED_RUN)
    return home


def _seal(path: Path) -> object:
    read_record(path, Seal, SEAL_SCHEMA, remedy="")
    return faults(path.parent)


def _qlib(folder: Path) -> bytes:
    """A folder of one symbol; gives its calendar."""
    features = folder / "features/aaa"
    features.mkdir(parents=True)
    (folder / "calendars").mkdir()
    for number, field in enumerate(("low", "open", "close", "high", "volume")):
        values = np.array([0, *np.linspace(10, 11, 30) + number], "<f4")
        values.tofile(features / f"{field}.day.bin")
    calendar = "\n".join(f"2020-01-{day:02}" for day in range(1, 31))
    (folder / "calendars/day.txt").write_text(calendar)
    return calendar.encode()


def _bars(path: Path) -> object:
    return read_bars(path, ReadOptions())


def _zipped(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bars.csv", content)
    return target.getvalue()


def _feather(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    table = frame.to_arrow()
    with pa.ipc.new_file(target, table.schema) as file:
        file.write_table(table)
    return target.getvalue()


def _pack(path: Path) -> None:
    path.write_bytes(packed(path.read_bytes()))


def _sign_manifest(path: Path) -> None:
    try:
        document = json.loads(path.read_bytes())
        document["fingerprint"] = fingerprint(document)
        path.write_text(to_json(document), encoding="utf-8")
    except (ValueError, TypeError, RecursionError):
        return


def _list_index(path: Path) -> None:
    """The set's manifest knows the index as it is."""
    manifest = path.with_name("manifest.json")
    document = json.loads(manifest.read_bytes())
    document["files"][path.name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    document["fingerprint"] = fingerprint(document)
    manifest.write_text(to_json(document), encoding="utf-8")


def _read_all(folder: Path) -> object:
    samples = open_samples(folder)
    ids = np.arange(min(4, len(samples.index)))
    return samples.read(ids)


def _as_stored(path: Path) -> TensorFile:
    return TensorFile(file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def _weights(path: Path) -> object:
    model = open_run(path.parent).model
    return load_model(path, model, _as_stored(path).sha256)


def _open_all(path: Path) -> object:
    find_runs(path.parent.parent)
    return open_run(path.parent)

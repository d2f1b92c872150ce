"""A document of another format, without a field or with one more is refused in three lines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quantsig.data.errors import QuantsigError
from quantsig.data.samples.manifest import fingerprint
from quantsig.data.storage.documents import to_json
from quantsig.signals.meta.meta_labelling import read_meta_record
from tests.cli.conftest import Quantsig
from tests.golden.opened import open_workspace

pytestmark = pytest.mark.xdist_group("golden")
REFUSED = (3, 6)  # bad data, or damage
READ_META = "no verb reads it: signals --meta fits it again"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of document: one of it, a verb that reads it, and what every one of it says."""

    document: str  # in the workspace
    verb: str
    fields: str


KINDS = {
    "run": Kind(
        document="runs/first/run.json",
        verb="runs show runs/first",
        fields="run_id trial_id created samples model classes chart label splits cut_times loss "
        "epochs seed best_epoch files",
    ),
    "choice": Kind(
        document="runs/first/choices/edcdfc43223a.json",
        verb="runs show runs/first",
        fields="trial_id rule threshold asked promise remark created cost_fraction calibration",
    ),
    "calibration": Kind(
        document="runs/first/calibration.json",
        verb="signals runs/first newer.csv --force",
        fields="method a b c scale samples positives reliability",
    ),
    "fold": Kind(
        document="runs/first/folds/*/00/fold.json",
        verb="signals runs/first --meta --force",
        fields="number tested samples calibrator files",
    ),
    "stats": Kind(
        document="runs/first/backtest/stats.json",
        verb="runs show runs/first",
        fields="symbols bars figures missing verdict trial_id split start end execution",
    ),
    "sweep": Kind(
        document="runs/first/sweep/sweep.json",
        verb="report runs/first",
        fields="run_id trial_id split cells symbols rows grid execution best by overfitting "
        "trials periods",
    ),
    "walk": Kind(
        document="runs/walk-logistic-anchored-2-1e7b8aeb/walk.json",
        verb="report runs/walk-logistic-anchored-2-1e7b8aeb",
        fields="walk_id trial_id folds_key created scheme folding samples label classes rule "
        "execution settings splits figures verdict folds files",
    ),
    "meta": Kind(
        document="runs/first/meta/*.json",
        verb=READ_META,
        fields="trial_id folds settings features take_at calibrator sha256",
    ),
    "manifest": Kind(
        document="samples/manifest.json",
        verb="samples info samples",
        fields="storage drawing_version chart planes history_bars label stride_bars "
        "interval_seconds has_volume symbols samples labelled files",
    ),
}
EACH_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def damaged(document: Path, content: dict[str, Any]) -> None:
    """Write the document so that only its own content is wrong."""
    if "fingerprint" in content:
        rest = {name: value for name, value in content.items() if name != "fingerprint"}
        content = rest | {"fingerprint": fingerprint(rest)}
    document.write_text(to_json(content, indent=2), encoding="utf-8")


def complaints(
    quantsig: Quantsig, folder: Path, kind: Kind, damages: Iterator[dict[str, Any]]
) -> None:
    """Each damage is told in three lines, the second of which names the document."""
    document = next(folder.glob(kind.document))
    for content in damages:
        damaged(document, content)
        place = document.relative_to(folder).as_posix()
        if kind.verb == READ_META:
            with pytest.raises(QuantsigError) as caught:
                read_meta_record(document)
            assert caught.value.exit_code in REFUSED
            assert place in caught.value.where
            continue
        answer = quantsig(*kind.verb.split())
        assert answer.code in REFUSED, answer.err
        assert place in answer.complaint[-2]


@pytest.fixture
def workspace(own_folder: Path) -> Path:
    return open_workspace(own_folder)


def content_of(folder: Path, kind: Kind) -> dict[str, Any]:
    content = json.loads(next(folder.glob(kind.document)).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


@EACH_KIND
def test_an_unknown_schema_is_refused(quantsig: Quantsig, workspace: Path, kind: Kind) -> None:
    """A format of the future, another kind of document, and none at all."""
    whole = content_of(workspace, kind)
    own = str(whole["schema"]).partition("/")[0]
    damages = ({**whole, "schema": schema} for schema in (f"{own}/99", "quantsig.other/1", None))
    complaints(quantsig, workspace, kind, damages)


@EACH_KIND
def test_a_missing_field_is_refused(quantsig: Quantsig, workspace: Path, kind: Kind) -> None:
    """Whichever it is of those that every such document has."""
    whole = content_of(workspace, kind)
    damages = (
        {name: value for name, value in whole.items() if name != missing}
        for missing in kind.fields.split()
    )
    complaints(quantsig, workspace, kind, damages)


@EACH_KIND
def test_an_extra_field_is_refused(quantsig: Quantsig, workspace: Path, kind: Kind) -> None:
    """What this version does not know may change what the rest means."""
    damages = iter([content_of(workspace, kind) | {"novelty": 1}])
    complaints(quantsig, workspace, kind, damages)

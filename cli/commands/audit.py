"""`quantsig audit`: look for the future in samples, in a run, or in a function of one's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantsig.cli.arguments import Config, Json
from quantsig.cli.named_bars import read_named_bars
from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.output import note, print_document, print_line, readable, stage
from quantsig.cli.printing.fold import columns_of, filled
from quantsig.data.language.messages import phrase, term
from quantsig.data.language.saying import tell

if TYPE_CHECKING:
    import polars as pl

    from quantsig.data.audit.finding import AuditCheck


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditRequest:
    """What a function is asked about."""

    bars: Path | None  # None: those of the demo
    config: Path | None
    reading: BarsOptions
    label: str
    seed: int


@grouped
def audit(
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="A sample set, a run, or PATH.py:FUNCTION."),
    ],
    bars: Annotated[
        Path | None,
        typer.Argument(metavar="BARS", help="What a function is asked about; else the demo's."),
    ] = None,
    *,
    reading: BarsOptions,
    drawn: Annotated[
        int, typer.Option("--drawn", min=1, help="Random samples to draw and label again.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of the choice, and of the noise.")] = 37,
    label: Annotated[
        str, typer.Option("--label", help="Definition that a label function is handed.")
    ] = "rise",
    config: Config = None,
    json: Json = False,
) -> None:
    """Look for bars after the decision in what decides: nothing at t may see past t.

    Bars are cut off and changed after random times, and everything before must stay as it was.
    Labels, splits, fitted parts, fills, stamps and the columns of the bars are looked at, too.

    Ends with 4 and names the feature, the first bar and the size where the future is known. A run
    keeps the answer; one that failed claims no edge.

    \b
    Example:
      quantsig audit samples
      quantsig audit runs/first
      quantsig audit features.py:momentum bars.csv
    """
    from quantsig.data.audit.finding import findings_of
    from quantsig.data.errors import CheckFailed

    if Path(target).is_dir():
        checks = _folder(Path(target), drawn=drawn, seed=seed)
    else:
        asked = AuditRequest(bars=bars, config=config, reading=reading, label=label, seed=seed)
        checks = _function(target, asked)
    found = findings_of(checks)
    if json:
        from quantsig.data.storage.records import plain

        figures = {"checks": len(checks), "findings": len(found)}
        shown = [{**plain(check), "answer": check.answer} for check in checks]
        print_document("audit", figures, target=target, checks=shown)
    else:
        _print(checks)
    if found:
        first = found[0]
        size = (
            ""
            if first.size is None
            else phrase(", by {size}", size=readable(first.feature, first.size))
        )
        raise CheckFailed(
            first.sentence,
            where=phrase(
                "{target}: {feature}, first at {time}{size}",
                target=target,
                feature=first.feature,
                time=first.first or "-",
                size=size,
            ),
            remedy="Make it of bars up to its decision alone, then audit it again.",
        )


def _folder(path: Path, *, drawn: int, seed: int) -> "tuple[AuditCheck, ...]":
    from quantsig.backtest.audit.run import audit_run, audit_samples
    from quantsig.data.samples.manifest import MANIFEST
    from quantsig.data.samples.store import open_samples
    from quantsig.signals.runs import open_run

    with stage("Auditing") as progress:
        if (path / MANIFEST).is_file():
            samples = open_samples(path)
            return tuple(audit_samples(samples, drawn=drawn, seed=seed, progress=progress))
        return audit_run(open_run(path), drawn=drawn, seed=seed, progress=progress).checks


def _function(target: str, asked: AuditRequest) -> "tuple[AuditCheck, ...]":
    from quantsig.data.audit.functions import load_function

    function = load_function(target)  # what is none waits for no library
    from quantsig.data.audit.features import audit_feature
    from quantsig.data.audit.label_rules import audit_label
    from quantsig.data.audit.panels import audit_panel
    from quantsig.data.bars import adjusted
    from quantsig.data.label_spec import LabelSpec

    known = adjusted(_bars(asked))
    longest = max(known.partition_by("symbol"), key=len)
    note(
        phrase(
            "{kind} {name}, asked about {symbol}",
            kind=term(function.kind),
            name=function.name,
            symbol=longest["symbol"][0],
        )
    )
    if function.kind == "panel":
        return tuple(audit_panel(function, longest, seed=asked.seed))
    if function.kind == "label":
        return tuple(audit_label(function, longest, LabelSpec(name=asked.label), seed=asked.seed))
    return tuple(audit_feature(function, longest.drop("symbol"), seed=asked.seed))


def _bars(asked: AuditRequest) -> "pl.DataFrame":
    """The bars that a function is asked about: raw, with their adjustment."""
    from quantsig.cli.config import load
    from quantsig.data.demo import demo_bars

    if asked.bars is None:
        return demo_bars().bars
    read = {"bars.source": asked.bars, **settings_of(asked.reading)}
    return read_named_bars(load(asked.config, read)).bars


def _print(checks: "tuple[AuditCheck, ...]") -> None:
    """A line for each check, and one for each finding."""
    names = [tell(check.name.replace("_", " ")) for check in checks]
    answers = [tell(term(check.answer)) for check in checks]
    width, room = max(map(columns_of, names)), max(map(columns_of, (*answers, "not asked")))
    for name, answer, check in zip(names, answers, checks, strict=True):
        examined = phrase("{n:,} examined", n=check.examined)
        about = tell(check.missing or check.note or examined)
        print(f"{filled(name, width)}  {filled(answer, room)}  {about}")
        for found in check.findings:
            print_line(phrase("{blanks}  {finding}", blanks=" " * width, finding=found.sentence))

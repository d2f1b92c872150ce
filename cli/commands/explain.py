"""`quantsig explain`: what a run's model looks at, and what may be left out of its charts."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Device, Json, RunPath
from quantsig.cli.output import note, print_document, print_figures, print_table, stage
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    from quantsig.signals.explain.record import Explanation, Importance
    from quantsig.signals.runs import Run

MOST_SMALLEST = 12  # planes or features that are printed; all are in explanation.json
ALL = "all"
COLUMNS = {"kind": "kind", "part": "part", "lost": "lost", "low": "low", "high": "high"}


def explain(
    run: RunPath = None,
    *,
    rows: Annotated[
        int, typer.Option("--rows", min=0, help="Calibration rows to ask, at most; 0 for all.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same answer.")] = 37,
    device: Device = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Rank planes, panels, timeframes and bar ages by what is lost without each.

    Each part is exchanged for that of a far time, over the calibration rows; what the model then
    loses is what that part was good for. Of a model that reads scaled bars, features and bar ages
    are ranked. The answer is kept in the run and shown in its report, with the bars that made the
    scores of the trades that are told there. The test split stays as it is.

    \b
    Example:
      quantsig explain runs/first
      quantsig explain runs/first --rows 300 --json
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load

    chosen_run = run_or_latest(run, load(config, {}))

    from quantsig.signals.explain.explain import Question, explain_run

    question = Question(
        rows=rows, seed=seed, examples=_told_trades(chosen_run), device=device or "auto"
    )
    with stage("Exchanging parts") as progress:
        found = explain_run(chosen_run, question, progress)
    figures = _figures(found)
    if json:
        from quantsig.data.storage.records import plain

        print_document("explain", figures, run=str(chosen_run.path), explanation=plain(found))
        return
    print_figures(figures)
    print_table(_rows(found), COLUMNS)
    _print_silent(found)
    note(phrase("all of it is in the run; quantsig report {run} shows it.", run=chosen_run.path))


def _told_trades(run: "Run") -> tuple[int, ...]:
    """The samples of the trades that the report tells as stories; none before a backtest."""
    from quantsig.reports.figures.backtest.story_trades import choose_stories
    from quantsig.reports.inputs import read_inputs

    if run.record.judged is not None or run.record.chart is None:
        return ()
    stories = choose_stories(read_inputs(run))
    return tuple(story.sample_id for story in stories if story.sample_id is not None)


def _figures(found: "Explanation") -> dict[str, Any]:
    """On what was asked, and how well the model does there with whole inputs."""
    return {
        "rows": found.rows,
        "of_calibration_rows": found.of_rows,
        "stretches": found.blocks,
        found.measure: found.value,
        "base_rate": found.base_rate,
        "silent_parts": len(found.silent.alone),
    }


def _rows(found: "Explanation") -> list[dict[str, Any]]:
    """Groups first, then the planes or features of which most is lost."""
    smallest = found.of_kind("plane", "feature")
    shown = (*found.of_kind("panel", "field", "timeframe", "age"), *smallest[:MOST_SMALLEST])
    everything = {"kind": term(ALL), "part": "", **_ends(found.all_parts)}
    return [
        everything,
        *({"kind": term(part.kind), "part": part.name, **_ends(part.importance)} for part in shown),
    ]


def _ends(importance: "Importance") -> dict[str, float | None]:
    return {"lost": importance.lost, "low": importance.low, "high": importance.high}


def _print_silent(found: "Explanation") -> None:
    """What follows for the setting that leaves planes out, said with care."""
    silent, everything = found.silent, found.all_parts
    if everything.low is None:
        note("there are too few stretches of time for intervals, so nothing is said to be silent.")
        return
    if not everything.speaks:
        note(
            phrase(
                "where all is exchanged at once {lost:.4g} is lost ({low:.4g} to "
                "{high:.4g}): the model is not shown to know anything on these rows, "
                "so nothing follows for its planes.",
                lost=everything.lost,
                low=everything.low,
                high=everything.high,
            )
        )
        return
    if silent.joint is None:
        note("without any single part something is lost.")
        return
    kind = "planes" if found.reads == "planes" else "features"
    note(
        phrase(
            "{alone} {kind} each lose nothing that can be told from none; "
            "{together} of them lose {lost:.4g} ({low:.4g} to {high:.4g}) when "
            "exchanged together.",
            alone=len(silent.alone),
            kind=term(kind),
            together=len(silent.together),
            lost=silent.joint.lost,
            low=silent.joint.low,
            high=silent.joint.high,
        )
    )
    if len(silent.together) < len(silent.alone):
        note("the others say something together that none of them says alone.")
    if silent.drop_planes:
        from quantsig.data.storage.documents import to_json

        note(
            "what was not shown here may still be there: build samples without them, train again, "
            "and compare."
        )
        print("[samples]")
        print(f"drop_planes = {to_json(silent.drop_planes)}")

"""Every way in which a good result can be luck: whether it was tested, and what came out."""

from quantsig.backtest.record import StatsRecord
from quantsig.backtest.sweep.record import SweepRecord
from quantsig.data.audit.finding import findings_of
from quantsig.data.language.saying import join, retell, say
from quantsig.reports.inputs import Inputs, TradedFiles
from quantsig.reports.page.content import Column, Table
from quantsig.reports.page.numerals import DASH, count, gain, interval, number, share, things
from quantsig.reports.related_runs import Crossing, SeedRun
from quantsig.signals.audit.record import Audit
from quantsig.signals.runs import Run

Check = tuple[str, str, str]  # what was asked, the answer, and how it was found or why it was not

NO_SEAL = "Not sealed: an earlier version made this run, and what was changed since is not noticed."
SEALED = (
    "Each file has the SHA-256 that was recorded when it was written, and the ledger has the seal "
    "that records it."
)
NO_AUDIT = (
    "Not audited: quantsig audit looks for bars after the decision, for labels that reach into "
    "another split, and for signals that change when later bars change."
)


def what_was_doubted(inputs: Inputs) -> tuple[Table, ...]:
    """A row for every doubt."""
    rows = (
        many_trials(inputs),
        _best_of_sweep(inputs.sweep),
        timing(inputs),
        leak(inputs.stats),
        learning(inputs.crossing),
        _luck_of_the_seed(inputs.seeds),
        _looks(inputs),
        _audit(inputs.audit),
        _seal(inputs.run),
    )
    return doubts(rows)


def _audit(audit: Audit | None) -> Check:
    """Whether bars were cut off and changed, and what that changed."""
    doubt = say("A look into the future")
    if audit is None:
        return doubt, DASH, say(NO_AUDIT)
    found = findings_of(audit.checks)
    if found:
        return doubt, say("found"), join(*(retell(one.sentence) for one in found))
    asked = [check for check in audit.checks if check.missing is None]
    how = say(
        "{n} checks of {all}: charts, rows and scores made again with later bars cut off and "
        "changed, labels, splits, fitted parts, fills, stamps, and the columns of the bars.",
        n=count(len(asked)),
        all=count(len(audit.checks)),
    )
    return doubt, say("none seen"), how


def _seal(run: Run) -> Check:
    """Whether the files are those that were written."""
    doubt = say("A result that was changed")
    if not run.is_sealed:
        return doubt, DASH, say(NO_SEAL)
    return doubt, say("none seen"), say(SEALED)


def doubts(rows: tuple[Check, ...]) -> tuple[Table, ...]:
    """Checks, a row each; those without an answer folded away, with what would give one."""
    doubt, answer = Column(label="Doubt"), Column(label="Answer")
    tested = Table(
        title="What was doubted",
        columns=(doubt, answer, Column(label="How it was tested")),
        rows=tuple(row for row in rows if row[1] != DASH),
        sortable=False,
    )
    rest = tuple((asked, how) for asked, found, how in rows if found == DASH)
    untested = Table(
        title=say("Not tested: {n}", n=len(rest)),
        columns=(doubt, Column(label="Why, and what would test it")),
        rows=rest,
        sortable=False,
        folded=True,
    )
    return tuple(table for table in (tested, untested) if table.rows)


def many_trials(inputs: TradedFiles) -> Check:
    """Whether the Sharpe ratio stands out from all that was tried."""
    doubt = say("The best of many trials")
    if inputs.stats is None:
        return doubt, DASH, say("No backtest yet.")
    deflated = inputs.stats.deflated
    if deflated is None:
        how = say(
            "Made by an earlier version: another quantsig backtest computes it. The ledger holds "
            "{trials}.",
            trials=things(inputs.trials, "trial"),
        )
        return doubt, DASH, how
    if deflated.deflated_sharpe is None:
        return doubt, DASH, retell(deflated.missing["deflated_sharpe"])
    how = say(
        "Deflated Sharpe ratio: how likely it is above what the best of {trials} shows by "
        "chance. From 95 % on it convinces.",
        trials=things(deflated.trials, "trial"),
    )
    return doubt, share(deflated.deflated_sharpe), how


def _best_of_sweep(sweep: SweepRecord | None) -> Check:
    doubt = say("The best setting of a sweep")
    if sweep is None:
        return doubt, DASH, say("No sweep in this run: quantsig sweep.")
    probability = sweep.overfitting.probability
    if probability is not None:
        return (
            doubt,
            share(probability),
            say(
                "Probability of backtest overfitting over {cells} cells: near zero is good, a "
                "half is a coin thrown.",
                cells=count(sweep.cells),
            ),
        )
    reason = sweep.overfitting.missing
    return doubt, DASH, retell(reason) if reason else say("The sweep does not hold it.")


def timing(inputs: TradedFiles) -> Check:
    """Whether random entries do as well."""
    doubt = say("Any entries would have done")
    random = inputs.stats.random_entries if inputs.stats else None
    if random is None or random.p_value is None:
        return doubt, DASH, say("There were no trades to compare with random entries.")
    return (
        doubt,
        say("p = {p}", p=number(random.p_value, 3)),
        say(
            "All trades moved together by {draws} numbers of sessions, at the same costs."
            if random.together
            else "Permutation test: {draws} draws of as many random entries, held as long, at the "
            "same costs.",
            draws=count(random.draws),
        ),
    )


def leak(stats: StatsRecord | None) -> Check:
    """Whether bars, labels, training or result look as if the future had been known."""
    doubt = say("A leak of the future")
    if stats is None:
        return doubt, DASH, say("No backtest yet.")
    if stats.leaks is None:
        return doubt, DASH, say("Made by an earlier version: another quantsig backtest looks.")
    if not stats.leaks:
        how = say(
            "Alarms of the training, labels against the returns of their trades, neighbouring and "
            "repeated bars, and a Sharpe ratio above 4."
        )
        return doubt, say("none seen"), how
    return doubt, say("suspected"), join(*map(retell, stats.leaks))


def learning(crossing: Crossing | None) -> Check:
    """Whether it hangs on the stretch that was learnt from."""
    doubt = say("The stretch of time it was trained on")
    sharpes = path_values(crossing, "sharpe")
    if not sharpes:
        how = say(
            "No combinatorial cross-validation on these samples beside this run: quantsig walk."
        )
        return doubt, DASH, how
    return (
        doubt,
        say(
            "{above} of {paths} paths above zero",
            above=count(sum(value > 0 for value in sharpes)),
            paths=count(len(sharpes)),
        ),
        say("Paths of combinatorial cross-validation; they share bars and models."),
    )


def _luck_of_the_seed(seeds: tuple[SeedRun, ...]) -> Check:
    doubt = say("The seed")
    known = [row.figures.get("total_return") for row in seeds]
    totals = [total for total in known if total is not None]
    if len(totals) < 2:
        how = say("No other run of the same settings with another seed was traded beside this one.")
        return doubt, DASH, how
    answer = interval(min(totals), max(totals), gain)
    return (
        doubt,
        answer,
        say(
            "Total return of {runs} that differ in their seed alone.",
            runs=things(len(totals), "run"),
        ),
    )


def _looks(inputs: Inputs) -> Check:
    doubt = say("Looking at the test split again and again")
    times = say("opened {times}", times=things(inputs.openings, "time"))
    return doubt, times, say("Openings by any run on these samples, counted in the ledger.")


def path_values(crossing: Crossing | None, column: str) -> list[float]:
    """A figure of every path of cross-validation that has it."""
    if crossing is None or column not in crossing.paths.columns:
        return []
    return [float(value) for value in crossing.paths[column].drop_nulls()]

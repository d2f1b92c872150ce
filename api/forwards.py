"""A run carried on into the future, in Python."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.backtest.execution import Execution
from quantsig.data.errors import UsageError
from quantsig.data.progress import NOBODY, Listener
from quantsig.data.tables.shown import Shown, as_html, in_a_line
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.settings_tree import settings_given
from quantsig.signals.runs import Run

if TYPE_CHECKING:
    import polars as pl

    from quantsig.backtest.forward.call import ForwardCall
    from quantsig.data.bars import CheckedBars
    from quantsig.data.news.table import NewsItems
    from quantsig.data.scores.table import ScoreTable
    from quantsig.reports.forward.inputs import ForwardInputs
    from quantsig.signals.calibration.recalibration import Recalibration
    from quantsig.signals.forward.book import ForwardBook
    from quantsig.signals.forward.evidence import ForwardEvidence
    from quantsig.signals.forward.lines import Line
    from quantsig.signals.forward.new_decisions import Deciding
    from quantsig.signals.forward.record import ForwardRecord


def no_news(bars: "CheckedBars") -> None:
    """Of a run that reads none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardRequest:
    """What is asked of a forward test beside the bars.

    Attributes:
        meta: ask the choice's second model.
        allow_different: take bars that are unlike those of the training.
        command: run for each new signal that is not late, its row as JSON on standard input.
        fills: a CSV of fills of the user's broker.
        scores: of a run that was made of scores, what its model gave: a file or a frame.
        news: of a run that reads news, gives all that there are for some bars, at each round.
        quarantine: set scores that break a rule aside.
        lang: language of the page.
        device: auto, cpu or cuda.
        on: where symbols are scored, and how many at once; it changes no score.
    """

    meta: bool = False
    allow_different: bool = False
    command: str | None = None
    fills: Path | None = None
    scores: object = None
    news: Callable[["CheckedBars"], "NewsItems | None"] = no_news
    quarantine: bool = False
    lang: str = "en"
    device: str = "auto"
    on: Workers = HERE


@dataclass(frozen=True, kw_only=True)
class ForwardResult:
    """What one call of a forward test came to.

    Attributes:
        run: that decides.
        call: what was added to the journal.
        evidence: whether the promise is kept.
        page: forward.html.
        commands: exit codes of the user's command, a line a signal.
    """

    run: Run
    call: "ForwardCall"
    evidence: "ForwardEvidence"
    page: Path
    commands: Sequence["Line"]
    inputs: "ForwardInputs" = field(repr=False)

    @property
    def shown(self) -> Shown:
        """What it says of itself."""
        told = {"decisions": len(self.call.decisions), "signals": len(self.call.signals)}
        return {**told, "promise": self.state, "page": self.page}

    def __repr__(self) -> str:
        return in_a_line("ForwardResult", self.shown)

    def _repr_html_(self) -> str:
        """What a notebook shows of it: the new signals below."""
        html: str = self.signals._repr_html_()
        return f"{as_html(self.shown)}{html}"

    @property
    def state(self) -> str:
        """Of the promise: too early, kept so far, broken, proven, or not promised."""
        return self.evidence.state

    @property
    def decisions(self) -> "pl.DataFrame":
        """A row a new decision, as the journal has them."""
        return _frame(self.call.decisions)

    @property
    def signals(self) -> "pl.DataFrame":
        """The new decisions that are signals."""
        return _frame(self.call.signals)

    @property
    def weeks(self) -> list[dict[str, Any]]:
        """Each week's decisions, and how they and the market lie beside the calibration rows."""
        from quantsig.reports.forward.drift import weeks_of

        return weeks_of(self.inputs)

    @property
    def reliability(self) -> list[dict[str, float]]:
        """What came of probabilities, by tenths of the calibration rows."""
        from quantsig.reports.forward.drift import reliability_rows

        return reliability_rows(self.inputs)

    @property
    def account_figures(self) -> dict[str, Any]:
        """Return, trades and open positions of the paper account; empty before its first bar."""
        held = self.inputs.account
        if held is None:
            return {}
        fills = self.inputs.fills
        return {
            "return": float(held.equity["equity"][-1]) - 1.0,
            "trades": held.closed.height,
            "open": held.open.height,
            "waiting": held.waiting.height,
            **({} if fills is None else {"slippage_bps": fills.mean_slippage_bps}),
        }


class ForwardTest:
    """A forward test that is open to be gone on with; no other process may meanwhile."""

    def __init__(
        self,
        book: "ForwardBook",
        record: "ForwardRecord",
        deciding: "Deciding",
        execution: Execution,
        asked: ForwardRequest,
        listener: Listener = NOBODY,
    ) -> None:
        from quantsig.backtest.forward.fills import read_fills
        from quantsig.signals.forward.commands import parsed_command

        self._book, self._record, self._deciding = book, record, deciding
        self._execution, self._asked, self._listener = execution, asked, listener
        self._words = None if asked.command is None else parsed_command(asked.command)
        self._fills = None if asked.fills is None else read_fills(asked.fills)

    def round(self, bars: "CheckedBars") -> ForwardResult:
        """Decide on what is new in the bars, run the command for new signals, write the page."""
        from quantsig.backtest.forward.call import forward_call
        from quantsig.reports.forward.inputs import forward_inputs
        from quantsig.reports.forward.report import write_forward_page
        from quantsig.signals.forward.commands import run_commands

        deciding = replace(self._deciding, scores=self._scores(), news=self._asked.news(bars))
        call = forward_call(self._book, bars, deciding, self._execution, listener=self._listener)
        self._deciding = replace(self._deciding, looked_at=False)
        told: Sequence[Line] = ()
        if self._words:
            fresh = [line for line in call.signals if not line["late"]]
            told = run_commands(self._words, fresh, call.recorded)
            self._book.add(told)
        inputs = forward_inputs(
            self._book, self._record, call, bars, self._execution, fills=self._fills
        )
        return ForwardResult(
            run=self._book.run,
            call=call,
            evidence=inputs.evidence,
            page=write_forward_page(inputs, lang=self._asked.lang),
            commands=told,
            inputs=inputs,
        )

    def _scores(self) -> "ScoreTable | None":
        """New scores, read at each round: whoever asks their model goes on writing them."""
        asked = self._asked
        if asked.scores is None:
            return None
        from quantsig.signals.judging.new_scores import read_new_scores

        return read_new_scores(self._book.run, asked.scores, quarantine=asked.quarantine)


@contextmanager
def forward_test(
    run: Run, execution: Execution, asked: ForwardRequest, *, listener: Listener = NOBODY
) -> Iterator[ForwardTest]:
    """Open the forward test of a run; see `run_forward`.

    Args:
        run: with a frozen threshold.
        execution: how signals are traded.
        asked: beside the bars.
        listener: told of each step.
    """
    from quantsig.backtest.result import sized
    from quantsig.signals.forward.book import writing
    from quantsig.signals.forward.in_force import choice_in_force
    from quantsig.signals.forward.new_decisions import Deciding
    from quantsig.signals.forward.record import forward_record
    from quantsig.signals.inference.bar_scores import told_second_model

    choice = choice_in_force(run)  # or the work would be for nothing
    if asked.meta and choice.maps:
        raise UsageError(
            "a choice that was calibrated again has no second model.",
            where=str(run.path),
            remedy="Go on without `meta`, or choose again: quantsig thresholds `precision` 0.6.",
        )
    record = forward_record(run)
    with writing(run, record.hear) as book:
        meta = told_second_model(run, asked.device, listener) if asked.meta else None
        deciding = Deciding(
            run=run,
            meta=meta,
            allow_different=asked.allow_different,
            device=asked.device,
            on=asked.on,
        )
        yield ForwardTest(book, record, deciding, sized(run, execution), asked, listener)


def run_forward(
    run: Run,
    bars: "CheckedBars",
    *,
    meta: bool = False,
    allow_different: bool = False,
    command: str | None = None,
    fills: str | Path | None = None,
    scores: object = None,
    news: "NewsItems | None" = None,
    settings: Mapping[str, Any] | None = None,
    lang: str = "en",
    device: str = "auto",
    on: Workers = HERE,
    listener: Listener = NOBODY,
    **execution: Any,
) -> ForwardResult:
    """Decide on every bar that is new, in a journal that nobody rewrites unnoticed.

    Args:
        run: with a frozen threshold.
        bars: all up to the newest.
        meta: ask the choice's second model.
        allow_different: take bars that are unlike those of the training.
        command: run for each new signal that is not late, its row as JSON on standard input.
        fills: a CSV of fills of your broker, laid beside the paper account.
        scores: of a run that was made of scores, what its model gave since: a file of all rows or
            of the new ones, or a frame of polars, pandas, pyarrow or DuckDB.
        news: of `read_news`, up to the newest, of a run that reads some.
        settings: any setting by dotted name.
        lang: language of the page.
        device: auto, cpu or cuda.
        on: where symbols are scored, and how many at once; it changes no score.
        listener: told of each step.
        execution: how signals are traded, as `fee_bps=5`; see `backtest.execution.Execution`.

    Raises:
        ConfigError: a setting is unknown or makes no sense.
        CheckFailed: a model may have learnt from what it scored.
        DataError: no threshold was chosen, bars go back or are unlike those of the training, a
            score breaks a rule, or the clock was set back.
        IntegrityError: the journal is not what was written.
        UsageError: another process is at work on it.
    """
    given = {f"backtest.{name}": value for name, value in execution.items()}
    resolved = settings_given({**given, **(settings or {})})
    asked = ForwardRequest(
        meta=meta,
        allow_different=allow_different,
        command=command,
        fills=None if fills is None else Path(fills),
        scores=scores,
        news=lambda _: news,
        quarantine=resolved.bars.quarantine,
        lang=lang,
        device=device,
        on=on,
    )
    with forward_test(run, resolved.backtest, asked, listener=listener) as test:
        return test.round(bars)


def recalibrate(
    run: Run,
    *,
    on: str = "forward",
    cost_fraction: float | None = None,
    confidence: float | None = None,
    **rule: float,
) -> "Recalibration":
    """Calibrate probabilities on what came out of a forward test, and freeze a new choice.

    Args:
        run: whose forward test it is.
        on: forward, or both: the calibration rows and then what came out.
        cost_fraction: of a round trip; None: twice the default fee and slippage.
        confidence: of a promised precision.
        rule: one of threshold, precision, recall, fbeta, expectancy and top_k, as
            `precision=0.6`; none: as the choice in force was asked.

    Raises:
        CheckFailed: no threshold is safe.
        DataError: too few decisions have come out.
        IntegrityError: the journal is not what was written.
        UsageError: the rule makes no sense.
    """
    from quantsig.signals.recalibration.recalibrate import recalibrate as calibrate_again
    from quantsig.signals.thresholds.rules import asked_rule

    asked = asked_rule(rule, confidence) if rule else None
    cost = settings_given({"thresholds.cost_fraction": cost_fraction}).cost_fraction
    return calibrate_again(run, asked, cost, on=on)


def _frame(lines: Sequence["Line"]) -> "pl.DataFrame":
    import polars as pl

    rows = pl.DataFrame(list(lines), infer_schema_length=None)
    if rows.is_empty():
        return rows
    return rows.with_columns(
        pl.col("recorded", "decision_time").str.to_datetime("%+", time_zone="UTC")
    ).drop("kind")

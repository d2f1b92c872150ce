"""Judging the scores of any model, in Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.settings_tree import settings_given

if TYPE_CHECKING:
    from quantsig.data.bars import CheckedBars
    from quantsig.signals.runs import Run


def judge_scores(
    scores: object,
    bars: "CheckedBars",
    out: str | Path,
    *,
    label: str | None = None,
    horizon_bars: int | None = None,
    settings: Mapping[str, Any] | None = None,
    force: bool = False,
    **reading: Any,
) -> "Run":
    """Make a run of the scores or probabilities of any model; the test split stays locked.

    Args:
        scores: a CSV, Parquet or Feather file, or a frame of polars, pandas or pyarrow: symbol,
            time, score or probability, optionally split, label, trained_until.
        bars: of `read_bars`; every symbol and time that is to be traded.
        out: the run folder to make.
        label: what the scores are to foresee, as `rise`.
        horizon_bars: bars from the entry to the exit.
        settings: more of `label` and `splits` by dotted name.
        force: replace a run that exists.
        reading: how the scores are written, as `column="margin"`, `kind="score"`,
            `timezone="America/New_York"`, `trained_until="2018-12-31"`; see
            `data.scores.table.ScoreOptions`.

    Raises:
        DataError: rows break a rule, splits do not follow each other or are too small, or the
            event never or always happens in the calibration rows.
        CheckFailed: a row that is judged is decided before its model's training had ended.
        ConfigError: a setting is unknown or makes no sense.
        UsageError: `out` exists and `force` is not set, or the scores are a pickle.
    """
    from quantsig.data.scores.table import ScoreOptions, read_score_frame, read_scores
    from quantsig.signals.judging.judge import JudgeSettings, judge

    given = {"label.name": label, "label.horizon_bars": horizon_bars, **(settings or {})}
    resolved = settings_given(given)
    options = ScoreOptions(**reading)
    if isinstance(scores, (str, Path)):
        table = read_scores(Path(scores), options)
    else:
        table = read_score_frame(scores, options)
    chosen = JudgeSettings(label=resolved.label, splits=resolved.splits, force=force)
    return judge(table, bars, Path(out), chosen)

"""Rows of scores in memory are those of the sample set that a judged run keeps."""

from pathlib import Path

import numpy as np
import polars as pl

from quantsig.data.bars import check_bars
from quantsig.data.scores.sample_set import seen_in_memory
from quantsig.data.scores.table import ScoreOptions, read_score_frame
from quantsig.signals.judging.judge import JudgeSettings, judge
from quantsig.signals.judging.new_scores import laid, read_new_scores, scored_rows
from quantsig.signals.meta.market_features import market_features
from tests.planted import LABEL, planted_frame


def test_new_rows_and_what_surrounds_them_are_those_of_a_judged_run(tmp_path: Path) -> None:
    """Scores, probabilities and labels of the calibration rows; the market around each."""
    one, two = planted_frame(160, 5), planted_frame(160, 6).with_columns(symbol=pl.lit("ANOTHER"))
    bars = check_bars(pl.concat([two, one]))
    times = bars.bars.filter(pl.int_range(pl.len()).over("symbol") >= 40)
    frame = times.select("symbol", time="timestamp", probability=pl.col("close").hash() % 997 / 997)
    table = read_score_frame(frame, ScoreOptions(stamped="close"))
    run = judge(table, bars, tmp_path / "runs" / "one", JudgeSettings(label=LABEL))
    placed = laid(run, read_new_scores(run, frame), bars, bars.interval * 0)
    rows = scored_rows(run, placed.rows, bars)
    kept = run.predictions().sort("symbol", "decision_time")
    same = rows.join(kept.select("symbol", "decision_time"), on=["symbol", "decision_time"])
    for name in ("score", "probability", "label", "forward_return", "label_end"):
        assert same[name].equals(kept[name]), name
    samples, seen = run.samples(), seen_in_memory(rows, bars, LABEL)
    ids = np.arange(len(samples))
    assert len(rows) == len(samples)
    assert np.array_equal(market_features(seen, ids), market_features(samples, ids))

"""Scores that others published on real bars: laid to their decisions, the labels are theirs."""

from pathlib import Path

import polars as pl

from quantsig.data.label_spec import LabelSpec
from quantsig.data.readers import read_frame
from quantsig.data.reading.options import ReadOptions
from quantsig.data.scores.placing import place_scores
from quantsig.data.scores.sample_set import labelled_rows
from quantsig.data.scores.table import ScoreOptions, read_score_frame

LABEL = LabelSpec(name="close_direction", horizon_bars=1)  # of Xu and Cohen 2018


def test_the_labels_of_published_scores_are_ours(market_bars: Path) -> None:
    """The ALSTM's 6,275 scores name the day that they foresee; they were known the day before."""
    folder = market_bars / "acl18_stocknet"
    adjusted = pl.read_parquet(folder / "adj_close.parquet")
    raw = pl.read_parquet(folder / "bars_1d.parquet")
    frame = raw.join(adjusted, on=["symbol", "timestamp"], how="left")
    bars = read_frame(frame, ReadOptions(timezone="America/New_York"), quarantine=True)
    published = pl.read_parquet(folder / "alstm_acl18_predictions.parquet")
    days = raw.select("symbol", date=pl.col("timestamp").cast(pl.Date))
    days = days.with_columns(before=pl.col("date").shift(1).over("symbol"))
    scores = published.join(days, on=["symbol", "date"], how="left", maintain_order="left")
    table = read_score_frame(scores.select("symbol", "score", "up", date="before"), ScoreOptions())
    placed = place_scores(table, bars)
    index = labelled_rows(placed.rows, bars, LABEL)
    theirs = scores.sort("symbol", "date")["up"]
    assert placed.delays.exact == len(published) == len(index) == 6275
    assert (index["label"].cast(pl.Int64) == theirs).sum() == 6275

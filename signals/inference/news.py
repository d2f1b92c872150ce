"""The news that a run reads with bars that it scores."""

from datetime import datetime

from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import DataError, UsageError
from quantsig.data.language.messages import Message, phrase
from quantsig.data.news.known import KnownNews
from quantsig.data.news.record import NewsRecord
from quantsig.data.news.stored import news_for
from quantsig.data.news.table import NewsItems
from quantsig.data.samples.in_memory import SamplesInMemory
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.ensembles.members import open_members
from quantsig.signals.models import find_model
from quantsig.signals.runs import Run

USUAL = 0.99  # quantile of the gaps between items that is no surprise


def reads_news(run: Run) -> bool:
    """Whether a run, or a member of an ensemble, reads news."""
    return bool(_readers(run))


def news_windows(run: Run) -> tuple[tuple[SequenceSpec, ChartSpec], ...]:
    """The windows of a run, or of the members of an ensemble, that reads news, and their charts."""
    return tuple((one.model.input, one.record.chart) for one in _readers(run) if one.record.chart)


def _readers(run: Run) -> list[Run]:
    members = open_members(run) if run.is_trained or run.record.ensemble else ()
    return [one for one in members if find_model(one.model.name).reads == "news"]


def news_record(run: Run) -> NewsRecord | None:
    """What is known of the news that a run learnt from; None where it reads none."""
    return run.samples().manifest.news if reads_news(run) else None


def news_of_bars(run: Run, items: NewsItems | None) -> KnownNews | None:
    """The news that go with bars, each with a vector as the run learnt to read.

    Raises:
        DataError: the run reads news and there are none, or their vectors are of another kind.
        UsageError: there are some, and the run reads none.
    """
    if not reads_news(run):
        if items is not None:
            raise UsageError(
                "this run reads no news.",
                where=str(run.path),
                remedy="Leave `news` out.",
            )
        return None
    if items is None:
        raise DataError(
            "this run reads news, and none are given: no news is not the same as unknown news.",
            where=str(run.path),
            remedy="Name them, up to the newest: `news` NEWS",
        )
    samples = run.samples()
    assert samples.manifest.news is not None
    return news_for(samples.path, samples.manifest.hashes, samples.manifest.news, items)


def old_news(samples: SampleSet, passing: SamplesInMemory) -> Message | None:
    """What to tell where the newest item is older than items use to be apart; None: nothing.

    Args:
        samples: that a run learnt from.
        passing: decisions of bars, with their news.
    """
    newest_bar = passing.checked.bars["timestamp"].max()
    if passing.news is None:
        return None
    gaps = samples.news.items["known"].unique().sort().diff().drop_nulls()
    newest = passing.news.items["known"].max()
    assert isinstance(newest, datetime)
    assert isinstance(newest_bar, datetime)
    usual = gaps.dt.total_seconds().quantile(USUAL) if len(gaps) else None
    behind = (newest_bar - newest).total_seconds()
    if usual is None or behind <= usual:
        return None
    return phrase(
        "the newest item of news was known at {time} UTC, {hours:.0f} h before the newest bar; "
        "gaps of more than {usual:.1f} h are rare.",
        time=f"{newest:%Y-%m-%d %H:%M}",
        hours=behind / 3600,
        usual=usual / 3600,
    )

"""What is to be known of scores that a model of others gave, a sentence each."""

from collections.abc import Iterator

from quantsig.data.language.durations import duration
from quantsig.data.language.messages import Message
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.run_record import GivenLabels, JudgedScores, LaidScores

SPLITS_FROM = {
    "column": SignalsSentence.SPLITS_OF_COLUMN,
    "trained_until": SignalsSentence.SPLITS_OF_TRAINING,
}


def doubts(judged: JudgedScores, rows: int) -> Iterator[Message]:
    """What may make every figure too good.

    Args:
        judged: what is known of the scores.
        rows: of calibration and test.
    """
    if judged.trained_until is None:
        yield SignalsSentence.IN_SAMPLE_POSSIBLE()
    if judged.near_training:
        yield SignalsSentence.NEAR_THEIR_TRAINING(n=judged.near_training, rows=rows)


def remarks(judged: JudgedScores) -> Iterator[Message]:
    """How the scores were read, laid to bars and split."""
    for what, count in judged.set_aside.items():
        yield SignalsSentence.SCORES_SET_ASIDE(n=count, what=what)
    yield from _laid(judged.laid, judged.rows)
    if judged.splits_from in SPLITS_FROM:
        yield SPLITS_FROM[judged.splits_from]()
    if judged.labels is not None:
        yield _labels(judged.labels)


def _laid(laid: LaidScores, rows: int) -> Iterator[Message]:
    of_bars = laid.stamped == "open"
    yield (SignalsSentence.TIMES_OF_BARS if of_bars else SignalsSentence.TIMES_OF_MOMENTS)()
    yield from delay_remarks(laid, rows)
    if laid.superseded:
        yield SignalsSentence.SUPERSEDED_SCORES(n=laid.superseded)


def delay_remarks(laid: LaidScores, rows: int) -> Iterator[Message]:
    """How far scores lie from the bars they were laid to, where they do.

    Args:
        laid: the delays.
        rows: of all scores that these are told of.
    """
    apart = (
        (SignalsSentence.LAID_TO_OLDER, laid.older, laid.older_median_s, laid.older_most_s),
        (
            SignalsSentence.WAITING_FOR_CLOSE,
            laid.waiting,
            laid.waiting_median_s,
            laid.waiting_most_s,
        ),
    )
    for sentence, count, median, most in apart:
        if median is not None and most is not None:
            yield sentence(n=count, rows=rows, median=duration(median), most=duration(most))


def _labels(labels: GivenLabels) -> Message:
    if labels.different:
        return SignalsSentence.LABELS_DIFFER(
            n=labels.different, compared=labels.compared, first=labels.first
        )
    return SignalsSentence.LABELS_AGREE(compared=labels.compared)

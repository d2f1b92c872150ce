"""The sentences that are said of sample sets: of their days, their splits and their bars."""

from quantsig.data.language.messages import Wording


class DataSentence(Wording):
    """English by code; the catalogues of the reports hold the same codes."""

    DAYS_OF_UTC = (
        "days, months and years are those of UTC, as this set does not say the time zone of its "
        "bars; build it again with their time zone to have the days of the market."
    )
    EVENING_OF_NEXT_DAY = (
        "bars from {start} on, {zone}, are of the next trading day; a session start of 00:00 "
        "leaves them on their own."
    )
    HOURS_OF_CHINESE_FUTURES = (
        "these are the hours of Chinese futures, though read as UTC; the time zone "
        "Asia/Shanghai is their clock."
    )
    DAYS_CLOSE_IN_THE_MORNING = (
        "daily bars close at {clock}, {zone}, and are of the day before; state the time zone "
        "of their market."
    )
    SUNDAYS_OF_THEIR_OWN = (
        "Sunday's bars begin at {start} and are of Sunday, a day of their own; a session start "
        "of {start} gives every evening to the next trading day."
    )
    NO_DECISION_TIMES = (
        "it is not known when the samples were decided, so they are split in the order of their "
        "files: a later split may hold earlier samples."
    )
    NO_LABEL_ENDS = (
        "it is not known when the labels end, so labels of one split may reach into the next."
    )
    NO_BARS = "these samples were imported without bars, so no trade can be followed."

"""How long something took, or is ago, as people say it."""

from quantsig.data.language.messages import Message, phrase

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
LONG_DAYS = 2  # from here on a time is told in days


def duration(seconds: float) -> Message:
    """A time in two units at most: 0.4 s, 12 s, 3 min 20 s, 5 h 10 min, 1,156 days 5 h."""
    whole = round(seconds)
    if whole < MINUTE_S:
        return phrase("{seconds} s", seconds=f"{seconds:.{1 if seconds < 10 else 0}f}")
    if whole < HOUR_S:
        minutes, rest = divmod(whole, MINUTE_S)
        return phrase("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    if whole < LONG_DAYS * DAY_S:
        hours, rest = divmod(whole, HOUR_S)
        return phrase("{hours} h {minutes} min", hours=hours, minutes=rest // MINUTE_S)
    days, rest = divmod(whole, DAY_S)
    return phrase("{days:,} days {hours} h", days=days, hours=rest // HOUR_S)

"""Where the splits are cut: shares or dates, checked. Imports nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase, term
from quantsig.data.storage.records import LEFT_OUT

CALIBRATION = "calibration"
SPLITS = ("train", "validation", CALIBRATION, "test")


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitSpec:
    """Where the splits are cut: by shares of the labelled samples, or at dates.

    A date is a session. The split that begins at it holds the decisions from the last one before
    that session on, whose trades open in it: a date cuts what is foreseen, as in published
    benchmarks. There is no calibration where its share is 0, where two dates are given in place
    of three, or where the last two are equal.

    Attributes:
        train: share of the labelled samples, in the order of time; so are the next three.
        validation: share; early stopping and the choice of a model.
        calibration: share; probabilities and thresholds. 0 leaves them out.
        test: share; locked.
        at: in place of shares the dates, such as "2015-08-01", at which validation, calibration
            and test begin, or validation and test.
        since: with `at`, the date at which training begins; None: with the first sample.
        until: with `at`, the date before which the test ends; None: with the last sample.
        given: in place of shares and dates, the splits that the rows themselves name; no setting,
            for only scores that were made elsewhere bring them.
    """

    train: float = 0.60
    validation: float = 0.10
    calibration: float = 0.15
    test: float = 0.15
    at: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    given: tuple[str, ...] | None = field(default=None, metadata=LEFT_OUT)

    def __post_init__(self) -> None:
        _check_shares(self.shares)
        if self.at:
            _check_dates(self)
        elif self.since or self.until:
            raise ConfigError(
                "a first or last date goes with splits that are cut at dates.",
                where="splits.since" if self.since else "splits.until",
                remedy='Give the dates, too, as in at = ["2015-08-01", "2015-10-01"].',
            )

    @property
    def shares(self) -> dict[str, float]:
        """The share of each split; they count where there are no dates."""
        return {name: getattr(self, name) for name in SPLITS}

    @property
    def calibrates(self) -> bool:
        """Whether any time is kept for calibration."""
        if self.given is not None:
            return CALIBRATION in self.given
        if self.at:
            return len(self.at) == 3 and self.at[1] != self.at[2]
        return self.calibration > 0

    @property
    def locked(self) -> str:
        """Which samples stay locked for the test, in words."""
        if self.given is not None:
            return term("the rows that were given as test stay locked")
        if self.at:
            return phrase("the samples from {date} on stay locked (splits.at)", date=self.at[-1])
        return phrase(
            "the newest {share:.0%} of the samples stay locked (splits.test)", share=self.test
        )

    def as_dict(self) -> dict[str, Any]:
        """What a run keeps: the shares, or the dates or splits that were given."""
        if self.given is not None:
            return {"given": list(self.given)}
        if not self.at:
            return dict(self.shares)
        ends = {name: getattr(self, name) for name in ("since", "until")}
        return {"at": list(self.at), **{name: one for name, one in ends.items() if one}}


def _check_shares(shares: Mapping[str, float]) -> None:
    needed = [share for name, share in shares.items() if name != "calibration"]
    whole = abs(sum(shares.values()) - 1.0) <= 1e-9
    if min(needed) <= 0 or shares["calibration"] < 0 or not whole:
        raise ConfigError(
            phrase(
                "the shares {shares} do not make a whole.",
                shares=", ".join(map(str, shares.values())),
            ),
            where="splits",
            remedy="Give positive shares that add up to 1; that of calibration may be 0.",
        )


def _check_dates(spec: SplitSpec) -> None:
    if spec.shares != SplitSpec().shares:
        raise ConfigError(
            "shares and dates are both given.",
            where="splits.at",
            remedy="Keep the dates, or the four shares.",
        )
    if len(spec.at) not in (2, 3):
        raise ConfigError(
            phrase("{count} dates do not cut the splits.", count=len(spec.at)),
            where="splits.at",
            remedy="Give the first days of validation, calibration and test, or leave out that of "
            "calibration.",
        )
    dates = [one for one in (spec.since, *spec.at, spec.until) if one is not None]
    for text in dates:
        _check_date(text)
    for earlier, later in pairwise(dates):
        if later < earlier or (later == earlier and (earlier, later) != spec.at[1:]):
            raise ConfigError(
                phrase("{later} does not come after {earlier}.", later=later, earlier=earlier),
                where=phrase("splits, from {first} to {last}", first=dates[0], last=dates[-1]),
                remedy="Give the dates in order; of the splits only calibration may be empty.",
            )


def _check_date(text: str) -> None:
    try:
        known = date.fromisoformat(text).isoformat() == text
    except ValueError:
        known = False
    if not known:
        raise ConfigError(
            phrase('"{text}" is no date.', text=text),
            where="splits.at",
            remedy='Write year, month and day, as "2015-08-01".',
        )

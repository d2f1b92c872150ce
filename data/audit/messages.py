"""The sentences of an audit: what was found, and why a check could not be made."""

from quantsig.data.language.messages import Wording


class AuditSentence(Wording):
    """English by code; the catalogues of the reports hold the same codes."""

    # functions
    SEES_LATER_BARS = (
        "{name} is another at {first} where the bars from {later} on are cut off: it sees them."
    )
    SEES_CHANGED_BARS = (
        "{name} is another at {first} where the bars from {later} on are changed: it sees them."
    )
    KNOWN_TOO_EARLY = (
        "{name} is known at {first} though its trade ends in the bars from {later} on, which were "
        "cut off."
    )
    ENDS_IN_THE_WINDOW = "{name} at {first} ends at {later}: the window already shows it."
    BATCH_IS_SEEN = (
        "{name} of window {first} is another where it is drawn alone: it sees the other windows."
    )

    # sample sets
    CHART_SEES_LATER_BARS = (
        "the plane {name} of {first} is another where it is drawn from its own window alone."
    )
    CHART_SEES_CHANGED_BARS = (
        "the plane {name} of {first} is another where the bars after its decision are changed."
    )
    CHART_SEES_REVISIONS = (
        "the plane {name} of {first} is another where a split after its decision halves all "
        "prices before: prices adjusted later on reach into it."
    )
    ROW_NOT_OF_ITS_BARS = "{name} of {first} is another where it is made again from its bars."
    ROW_SEES_CHANGED_BARS = (
        "{name} of {first} is another where the bars after its label's end are changed."
    )
    LABEL_ENDS_IN_THE_WINDOW = (
        "the label of {first} ends at {later}, not after its decision: the chart shows it."
    )
    SAME_WINDOWS = (
        "{n} rows of {later} show the bars of rows of {earlier}, first {first}: what was learnt "
        "there is asked again."
    )
    COLUMN_FORESEES = (
        "{name} and the return that begins {lag} bars after it have a rank correlation of "
        "{found:.2f} over {n} bars; the highest of the past is {past:.2f}."
    )
    OPEN_STAMPS = (
        "after {share:.0%} of the breaks the first bar is stamped {first}, as if stamps named the "
        "open, but they were read as closes; read the bars again with bar_label open."
    )

    # runs
    LABEL_REACHES_ON = "the label of {first}, {earlier}, ends at {later}: within {next}."
    FITTED_ELSEWHERE = (
        "the {name} is not the one that the calibration rows give: {found} against {again}."
    )
    LEARNT_ELSEWHERE = (
        "the {name} of the second model {model} is not the one that rows out of fold give: "
        "{found} against {again}."
    )
    SCORE_SEES_LATER_BARS = (
        "the score of {first} is another where the bars after its decision are changed."
    )
    TOO_GOOD = "{name} is {found:.3f}: too good to be true on real bars."
    FILLED_TOO_EARLY = "{first} entered at {later}, not after its decision."
    FILLED_OUT_OF_RANGE = (
        "{first} was filled at {found:.6g} at {later}, outside of that bar's {low:.6g} to "
        "{high:.6g}."
    )
    NOT_THE_OPEN = (
        "{first} entered at {found:.6g}, and the open {delay} bars after its decision is "
        "{price:.6g}."
    )

    # what could not be looked at
    NO_PICTURES_TO_DRAW = "the pictures were imported, so they cannot be drawn again."
    NO_MODEL_TO_ASK = (
        "another model gave the scores, and is not here to be asked again with other bars."
    )
    TOO_FEW_BARS = "there are only {n} bars."
    TOO_FEW_BREAKS = "there are {n} breaks between bars of {interval}, which tell nothing."
    NO_TIMES_TO_AUDIT = "it is not known when labels end."
    NOT_TRADED_YET = "no backtest was made yet."
    NO_SECOND_MODEL = "there is no second model."
    NO_FOLDS = "the folds that it learnt from are not there."
    NOT_CALIBRATED_RUN = "this run kept no rows for calibration."

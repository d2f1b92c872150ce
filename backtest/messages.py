"""The sentences that a backtest keeps in its documents."""

from quantsig.data.language.messages import Wording


class BacktestSentence(Wording):
    """English by code; the catalogues of the reports hold the same codes."""

    # verdict
    EDGE = "The signals earned more after costs than chance and holding explain."
    NO_EDGE = "There is no evidence of an edge after costs."
    CANNOT_TELL = "There is no evidence of an edge after costs yet, and none against it."
    LEAK_SUSPECTED = "A leak is suspected: until it is explained, there is no evidence of an edge."
    TIME_WOULD_TELL = (
        "At what was seen so far, {years:.1f} years and {trades:,} trades in all would tell."
    )
    TRADES_WOULD_TELL = "At what was seen so far, {trades:,} trades in all would tell."
    COUNT_OF_TRADES = "There were {trades:.0f} trades; a verdict needs at least {least}."
    NO_MEAN = "There is no mean return per trade."
    MEAN_ABOVE = "The mean return per trade after costs is {mean:.3%}, above zero."
    MEAN_NOT_ABOVE = "The mean return per trade after costs is {mean:.3%}, not above zero."
    NO_RANDOM_ENTRIES = "There were no trades to compare with random entries."
    RANDOM_ENTRIES = (
        "The same trades at random times, moved together, did at least as well in {share:.1%} of "
        "the draws; the limit is {limit:.0%}."
    )
    NO_ALPHA = "There is no alpha over always-long at the same exposure."
    ALPHA_ABOVE = (
        "The lower 95 % confidence bound of alpha over always-long at the same exposure is "
        "{low:.4%} a session, above zero."
    )
    ALPHA_NOT_ABOVE = (
        "The lower 95 % confidence bound of alpha over always-long at the same exposure is "
        "{low:.4%} a session, not above zero."
    )
    NO_SHARPE = "There is no Sharpe ratio to hold against the number of trials."
    SHARPE_OF_ONE_TRIAL = (
        "No other strategy was tried on these rows; the Sharpe ratio beyond the market's is "
        "above zero with a probability of {sure:.1%}; the limit is {limit:.0%}."
    )
    SHARPE_OF_TRIALS = (
        "{trials:,} strategies were tried on these rows; the Sharpe ratio beyond the market's is "
        "above what the best of as many without skill shows by chance with a probability of "
        "{sure:.1%}; the limit is {limit:.0%}."
    )

    # leaks
    SHARPE_SURELY_TOO_HIGH = (
        "The Sharpe ratio is {sharpe:.1f} a year, and above {highest:.0f} with 99.9 % "
        "confidence: too good to be true on real bars."
    )
    TOO_MANY_WON = (
        "The Sharpe ratio is {sharpe:.1f} a year, and {won:.0%} of the trades won: too good to "
        "be true on real bars."
    )
    LABELS_OF_OTHER_TRADES = (
        "The labels of the {n} long trades promise {promise:.3%} on average, and the trades "
        "earned {earned:.3%} before costs: the labels are not those of the trades."
    )
    AVERAGED_PRICES = (
        "Returns of one bar and the next are correlated by {found:.2f}: prices that are averages "
        "or come late look like this, and nobody could have dealt at them."
    )
    REPEATED_PRICES = (
        "{share:.1%} of the bars have the same four prices as the bar before: they are copies, "
        "and a trade at them knows what it will be paid."
    )

    # what was tried
    NOTHING_TO_DEFLATE = "Nothing else was tried on these rows, so there is nothing to deflate by."
    DEFLATED_BY_KNOWN = (
        "{trials} strategies were tried on these rows, this one included ({kinds}); with an "
        "average correlation of {correlation:.2f} (measured within sweeps, elsewhere taken as 0) "
        "they count as {independent:.1f} independent ones, and the variance of their Sharpe "
        "ratios per session beyond the market, {variance:.2g} of those known, sets how high the "
        "best of them comes by chance."
    )
    DEFLATED_WITHOUT_SKILL = (
        "{trials} strategies were tried on these rows, this one included ({kinds}); with an "
        "average correlation of {correlation:.2f} (measured within sweeps, elsewhere taken as 0) "
        "they count as {independent:.1f} independent ones, and the variance of their Sharpe "
        "ratios per session beyond the market, {variance:.2g} as without skill, sets how high the "
        "best of them comes by chance."
    )
    TRIED_TRADED = "{n} traded"
    TRIED_UNTRADED = "{n} searched or chosen but not traded"
    TRIED_CELLS = "{n} cells of sweeps"

    # walks
    PATHS_AGREE = "Every path earned, and more than always-long at the same exposure."
    PATHS_DISAGREE = "The paths do not agree on an edge after costs."
    PATHS_EARNED = "The Sharpe ratio is above zero on {above} of {count} paths."
    PATHS_BEAT_HOLDING = (
        "The return beyond always-long at the same exposure is above zero on {beaten} of {count}."
    )
    PATHS_SHARE_BARS = (
        "Paths share bars and models, and most models learnt from later bars too: this is a "
        "test of how much hangs on the stretches learnt from, not a record."
    )
    SAME_PROBABILITY = "every calibration row has the same probability"

    # remarks
    FEW_SESSIONS = "Sessions traded: {n}. Annual figures from so few mean little."

    # why there is no figure
    FEW_VALUES_FOR_INTERVAL = "an interval needs at least {n} values"
    FEW_BLOCKS_FOR_INTERVAL = "an interval needs values in at least {n} stretches of time"
    TRADE_LONGER_THAN_QUARTER = "the longest trade takes more than a quarter of the sessions"
    TRADE_LONGER_THAN_QUARTER_OF_BARS = "the longest trade takes more than a quarter of the bars"
    HOLDINGS_OVERLAP = "the holdings overlap over more than a quarter of the times"
    RETURNS_DO_NOT_VARY = "the returns do not vary"
    VALUES_DO_NOT_VARY = "the values do not vary over time"
    NO_LENGTH_PROVES = "the Sharpe ratio is not above zero; no length would prove it"
    NO_ERROR_OF_SHARPE = "skew and kurtosis leave the Sharpe ratio no error"
    FEW_SESSION_RETURNS = "fewer than two session returns"
    FEW_TRADES = "fewer than two trades"
    FEW_VALUES = "fewer than two values"
    FEW_TIMES = "fewer than two times"
    NO_PERIOD = "the period has no length"
    NO_SESSION_LOST = "no session lost"
    NO_SUCH_SESSION = "the benchmark has no such session"
    NO_SESSION_RETURNS = "no session returns"
    QUANTILE_ZERO = "the 5 % quantile of the session returns is zero"
    EQUITY_NEVER_FELL = "the equity never fell"
    NO_TRADE_LOST = "no trade lost"
    NO_TRADE_WON = "no trade won"
    NO_TRADES = "no trades"
    NOTHING_BEFORE_COSTS = "the trades earned nothing before costs"
    NO_NUMBER = "too large to be a number"
    NO_DIFFERING_SYMBOLS = "no time has {n} symbols that differ"
    NO_PORTFOLIO = "no time has such a portfolio"
    NO_REPLACED_PORTFOLIO = "no portfolio replaces another one"
    FEW_SYMBOLS_FOR_DECILES = "{n} symbols cannot be cut into {parts} parts; ask for fewer deciles"
    FEW_KNOWN_RETURNS = "no decision time has {n} symbols whose return is known"
    NO_CELL = "no cell has a {figure} and {n} trades"
    FEW_SESSIONS_FOR_BLOCKS = "{n} sessions are too few to be cut into four blocks"
    FEW_STRATEGIES_TRADED = "{n} of {all} strategies traded; a choice needs two."
    DEPENDS_ON_ACCOUNT = "with {setting} = {value} a trade depends on the account it is made in."
    NO_INTERVAL_OF_MARKETS = "none of {n} markets has an interval"

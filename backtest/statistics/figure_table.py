"""What the figures of a backtest are: one table for console, report and documents.

Nothing heavy is imported here, as the command line asks this table how to write a number.
"""

from quantsig.signals.figures import Quantity

SESSION_RETURNS = "After a ruin sessions return 0."
YEARLY = "ddof 1; annualised by the sessions a year that the data shows; no risk-free rate"

FIGURES = {
    "total_return": Quantity(
        label="Total return",
        unit="return",
        formula="Last equity over the first one less one, after costs; {bars}.",
        convention="-1 where everything is lost.",
        good=1,
    ),
    "annual_return": Quantity(
        label="Return a year",
        unit="return",
        formula="Total return as compound growth over years of 365.2425 days; {bars}.",
        convention="-1 where everything is lost.",
        good=1,
    ),
    "volatility": Quantity(
        label="Volatility a year",
        unit="share",
        formula="Standard deviation of the session returns times the root of {per_year} "
        "sessions a year; {bars}.",
        convention=f"{YEARLY}. {SESSION_RETURNS}",
        good=-1,
    ),
    "sharpe": Quantity(
        label="Sharpe ratio",
        unit="ratio",
        formula="Mean over standard deviation of the session returns, times the root of "
        "{per_year} sessions a year, no risk-free rate; {bars}; 95 % interval.",
        convention=f"{YEARLY}. The interval is by the delta method (Mertens 2002), Newey-West "
        "where that widens it, Student's t with as many degrees of freedom as there are effective "
        f"returns. {SESSION_RETURNS}",
        good=1,
        interval=0.95,
    ),
    "sortino": Quantity(
        label="Sortino ratio",
        unit="ratio",
        formula="Mean over downside deviation of the session returns, times the root of "
        "{per_year} sessions a year; {bars}.",
        convention=f"Threshold 0; {YEARLY}.",
        good=1,
    ),
    "calmar": Quantity(
        label="Calmar ratio",
        unit="ratio",
        formula="Return a year over the depth of the worst drawdown; {bars}.",
        convention="Whole period.",
        good=1,
    ),
    "omega": Quantity(
        label="Omega ratio",
        unit="ratio",
        formula="Sum of the session gains over the sum of the session losses; {bars}.",
        convention="Threshold 0.",
        good=1,
    ),
    "max_drawdown": Quantity(
        label="Worst drawdown",
        unit="share",
        formula="Lowest equity over the highest before it, less one; {bars}.",
        convention="Zero or negative.",
        good=1,
    ),
    "current_drawdown": Quantity(
        label="Drawdown now",
        unit="share",
        formula="Last equity over the highest so far, less one; {bars}.",
        convention="Zero at a new high.",
        good=1,
    ),
    "max_drawdown_days": Quantity(
        label="Days of that drawdown",
        unit="days",
        formula="Calendar days from the high before the worst drawdown until it was reached "
        "again, or to the last bar; {bars}.",
        good=-1,
    ),
    "skew": Quantity(
        label="Skew",
        unit="ratio",
        formula="Third standardised moment of the session returns; {bars}.",
        convention="ddof 0.",
    ),
    "kurtosis": Quantity(
        label="Kurtosis",
        unit="ratio",
        formula="Fourth standardised moment of the session returns; {bars}.",
        convention="ddof 0; that of a normal distribution is 3.",
    ),
    "tail_ratio": Quantity(
        label="Tail ratio",
        unit="ratio",
        formula="95th percentile of the session returns over the depth of the 5th; {bars}.",
        convention="As empyrical counts it.",
        good=1,
    ),
    "value_at_risk": Quantity(
        label="VaR 95 %, a session",
        unit="share",
        formula="5th percentile of the session returns; {bars}.",
        convention="A loss is negative; as empyrical counts it.",
        good=1,
    ),
    "conditional_value_at_risk": Quantity(
        label="CVaR 95 %, a session",
        unit="share",
        formula="Mean of the session returns at or below the 5th percentile; {bars}.",
        convention="A loss is negative; as empyrical counts it.",
        good=1,
    ),
    "alpha_a_year": Quantity(
        label="Alpha a year",
        unit="return",
        formula="Mean session return beyond beta times that of the benchmark, times the sessions "
        "of a year; {bars}.",
        convention="Jensen 1968, by least squares, no risk-free rate; the benchmark holds all "
        "symbols with equal weights at the same delay and costs.",
        good=1,
    ),
    "alpha_t": Quantity(
        label="t of alpha",
        unit="ratio",
        formula="Alpha over its standard error after Newey and West; {bars}.",
        convention="Lag floor(4 (P / 100)^(2/9)) of P sessions, widened by P / (P - 2).",
        good=1,
    ),
    "beta": Quantity(
        label="Beta",
        unit="ratio",
        formula="Slope of the session returns on those of the benchmark; {bars}.",
        convention="Least squares; 0 beside a benchmark that does not move.",
    ),
    "correlation": Quantity(
        label="Correlation",
        unit="ratio",
        formula="Pearson's correlation of the session returns with those of the benchmark; {bars}.",
    ),
    "information_ratio": Quantity(
        label="Information ratio",
        unit="ratio",
        formula="Mean over standard deviation of the session returns less those of the benchmark, "
        "times the root of {per_year} sessions a year; {bars}.",
        convention="ddof 1; beta is not taken off.",
        good=1,
    ),
    "up_capture": Quantity(
        label="Up capture",
        unit="share",
        formula="Geometric mean return of the sessions in which the benchmark rose, over its own "
        "in them; {bars}.",
        convention="Per session; as empyrical counts it with one period a year.",
        good=1,
    ),
    "down_capture": Quantity(
        label="Down capture",
        unit="share",
        formula="Geometric mean return of the sessions in which the benchmark fell, over its own "
        "in them; {bars}.",
        convention="Per session; as empyrical counts it with one period a year.",
        good=-1,
    ),
    "probabilistic_sharpe": Quantity(
        label="P(true Sharpe > 0)",
        unit="share",
        formula="Probability that the true Sharpe ratio is above zero, given the length, skew and "
        "kurtosis of the returns, as if this had been the only trial.",
        convention="Bailey and López de Prado 2012.",
        good=1,
    ),
    "minimum_track_record_years": Quantity(
        label="Years needed",
        unit="years",
        formula="Length of record from which a Sharpe ratio of this size would be above zero at "
        "95 % confidence, given skew and kurtosis.",
        convention="Bailey and López de Prado 2012.",
        good=-1,
    ),
    "exposure": Quantity(
        label="Exposure", unit="share", formula="Mean invested share of the equity; {bars}."
    ),
    "time_in_market": Quantity(
        label="Time in the market",
        unit="share",
        formula="Share of the bars at whose close something is invested; {bars}.",
    ),
    "turnover": Quantity(
        label="Turnover a year",
        unit="times a year",
        formula="Traded value over equity, summed over a year; {bars}.",
    ),
    "periods_per_year": Quantity(
        label="Sessions a year",
        unit="sessions a year",
        formula="Days with bars a year, as the bars show them; {bars}.",
    ),
    "trades": Quantity(label="Trades", unit="count", formula="Round trips from entry to exit."),
    "win_rate": Quantity(
        label="Win rate",
        unit="share",
        formula="Share of the trades with a profit after costs; {trades}.",
        good=1,
    ),
    "profit_loss_ratio": Quantity(
        label="Mean gain over mean loss",
        unit="ratio",
        formula="Mean gain of the winning trades over the mean loss of the others; {trades}.",
        convention="Both as returns.",
        good=1,
    ),
    "profit_factor": Quantity(
        label="Profit factor",
        unit="ratio",
        formula="Sum of the gains over the sum of the losses, in money; {trades}.",
        convention="After costs.",
        good=1,
    ),
    "expectancy": Quantity(
        label="Expectancy a trade",
        unit="return",
        formula="Mean return of a trade after costs; {trades}; 95 % interval.",
        convention="Simple returns, profit over the value of the entry. The interval is from sums "
        "by blocks of sessions (a session, or three times the usual holding), with leverage "
        "correction and degrees of freedom of Bell and McCaffrey 2002; none where trades take "
        "over a quarter of the sessions or fall into fewer than five blocks. `quantsig bench "
        "verdict` counts how often it, and that of the Sharpe ratio, hold the truth.",
        good=1,
        interval=0.95,
    ),
    "expectancy_t": Quantity(
        label="t of the expectancy",
        unit="ratio",
        formula="Expectancy over its standard error after Newey and West; {trades}.",
        convention="Residuals summed per bar of entry, Bartlett kernel, lag = the longest holding "
        "(Driscoll and Kraay 1998; of one trade at a time Newey and West 1987). None where the "
        "longest trade takes over a quarter of the bars.",
        good=1,
    ),
    "average_holding_bars": Quantity(
        label="Mean holding", unit="bars", formula="Bars from entry to exit; {trades}."
    ),
    "average_mae": Quantity(
        label="Mean worst on the way",
        unit="share",
        formula="Mean of the lowest value of each trade, a fraction of its entry price; {trades}.",
        good=1,
    ),
    "average_mfe": Quantity(
        label="Mean best on the way",
        unit="share",
        formula="Mean of the highest value of each trade, a fraction of its entry price; {trades}.",
        good=1,
    ),
    "fees": Quantity(
        label="Fees", unit="money", formula="Sum of all fees, over the first equity.", good=-1
    ),
    "slippage": Quantity(
        label="Slippage",
        unit="money",
        formula="Lost to slippage in all trades, over the first equity.",
        good=-1,
    ),
    "cost_share": Quantity(
        label="Costs over gross profit",
        unit="share",
        formula="Fees and slippage over the gains before costs; {trades}.",
        convention="Over what all trades earned before them.",
        good=-1,
    ),
    "mean_return": Quantity(
        label="Mean return",
        unit="return",
        formula="Per holding, before costs",
        good=1,
    ),
    "mean_after_costs": Quantity(
        label="After costs", unit="return", formula="Per holding, after costs", good=1
    ),
    "overfitting_probability": Quantity(
        label="Probability of overfitting",
        unit="share",
        formula="Share of {splits} ways to halve the time in which the best setting of one half "
        "was below the median in the other (Bailey and others 2017); {cells} cells.",
        convention="Combinatorially symmetric cross-validation over 16 blocks of sessions.",
        good=-1,
    ),
}

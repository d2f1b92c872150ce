"""Labels are the return of the trade that a decision opens."""

from dataclasses import replace

import numpy as np
import pytest

from quantsig.data.errors import ConfigError
from quantsig.data.label_spec import LABELS, LabelSpec, label_text
from quantsig.data.labels import Prices, make_labels, volatility


def prices(opens: list[float], high: float = 0.0, low: float = 0.0) -> Prices:
    """Bars that close where they open, with wicks of `high` and `low` about the open."""
    values = np.array(opens)
    return Prices(open=values, high=values + high, low=values - low, close=values)


def test_the_return_runs_from_entry_open_to_exit_open() -> None:
    """With a delay of 1 and a horizon of 2, bar 0 trades from open 1 to open 3."""
    labelled = make_labels(prices([100, 110, 120, 132, 140]), LabelSpec(horizon_bars=2))
    assert labelled.forward_return[:2] == pytest.approx([132 / 110 - 1, 140 / 120 - 1])
    assert labelled.end_bar[:2].tolist() == [3, 4]


def test_a_short_trade_earns_the_fall() -> None:
    """The return is signed by the direction of the trade."""
    labelled = make_labels(
        prices([100, 100, 90]), LabelSpec(horizon_bars=1, direction=-1, rise_fraction=0.09)
    )
    assert labelled.forward_return[0] == pytest.approx(0.1)
    assert labelled.label[0] == 1.0


@pytest.mark.parametrize("name", LABELS)
def test_labels_that_end_past_the_bars_are_unknown(name: str) -> None:
    """The last rows are missing, never class 0; before them only labels that say so leave out."""
    spec = LabelSpec(name=name, horizon_bars=3, delay_bars=2, volatility_bars=2)
    labelled = make_labels(prices([100.0 + bar for bar in range(20)], 1, 1), spec)
    after = slice(-spec.bars_after, None)
    assert spec.bars_after == (3 if name == "close_direction" else 5)
    assert np.isnan(labelled.label[after]).all()
    assert np.isnan(labelled.forward_return[after]).all()
    assert (labelled.end_bar[after] == -1).all()
    last = -spec.bars_after
    kept = np.isnan(labelled.label[2:last])
    assert LABELS[name].leaves_out or not kept.any()
    np.testing.assert_array_equal(np.isnan(labelled.forward_return[2:last]), kept)
    np.testing.assert_array_equal(labelled.end_bar[2:last] == -1, kept)


@pytest.mark.parametrize("name", LABELS)
def test_bars_past_the_end_of_a_label_do_not_change_it(name: str) -> None:
    """A label looks ahead to its exit's open and no further."""
    random = np.random.default_rng(3)
    opens = 100 * np.exp(np.cumsum(random.normal(0, 0.01, 60)))
    spec = LabelSpec(name=name, horizon_bars=4, volatility_bars=5)
    whole = make_labels(prices(list(opens), 1, 1), spec)
    opens[41:] *= 3
    changed = make_labels(prices(list(opens), 1, 1), spec)
    ends_before = (whole.end_bar <= 40) & (whole.end_bar >= 0)
    assert ends_before.sum() > 20
    np.testing.assert_array_equal(whole.label[ends_before], changed.label[ends_before])


def test_rise_is_a_rare_event_and_keeps_every_row() -> None:
    """A return equal to the fraction counts, one below does not."""
    spec = LabelSpec(horizon_bars=1, rise_fraction=0.25)
    labelled = make_labels(prices([1, 4, 5, 6, 6]), spec)
    assert labelled.label[:3].tolist() == [1.0, 0.0, 0.0]


def test_a_rise_is_counted_in_volatilities_of_the_horizon() -> None:
    """Two returns of +10 % and -10 % deviate by sqrt(.02); two bars ahead that is .2 of a price."""
    bars = [100.0, 110.0, 99.0, 100.0, 100.0, 120.0, 119.0]
    spec = LabelSpec(horizon_bars=2, rise=0.99, volatility_bars=2)
    labelled = make_labels(prices(bars), spec)
    assert np.isnan(labelled.label[:2]).all()
    assert labelled.label[2] == 1.0  # from 100 to 120
    assert make_labels(prices(bars), replace(spec, rise=1.01)).label[2] == 0.0
    fractions = replace(spec, rise=0.199, barrier_unit="fraction")
    assert make_labels(prices(bars), fractions).label[2] == 1.0
    assert not make_labels(prices(bars), replace(fractions, rise=0.21)).label[:4].any()


def test_where_prices_stood_still_any_rise_is_one() -> None:
    """A volatility of zero asks for a move, however small."""
    still = LabelSpec(horizon_bars=1, volatility_bars=2)
    labelled = make_labels(prices([100, 100, 100, 100, 101, 101, 101]), still)
    assert labelled.label[2:4].tolist() == [1.0, 0.0]
    ways = make_labels(prices([100, 100, 100, 100, 99, 99, 99]), replace(still, name="three_way"))
    assert ways.label[2:4].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("factor", [0.2, 1.0, 5.0])
def test_volatilities_make_an_event_as_rare_in_calm_as_in_wild_markets(factor: float) -> None:
    """The same bars, moved more or less: the same labels, which a fraction cannot give."""
    steps = np.random.default_rng(5).normal(0, 0.002, 20_000)
    calm, other = (1000 + np.cumsum(steps) * scale for scale in (1.0, factor))
    spec = LabelSpec()
    expected = make_labels(prices(list(calm)), spec).label[20:-6]
    np.testing.assert_array_equal(make_labels(prices(list(other)), spec).label[20:-6], expected)
    assert 0.095 < expected.mean() < 0.13  # of 19 degrees of freedom t is above 1.25 in 11.3 %


def test_labels_of_earlier_manifests_mean_what_they_meant() -> None:
    """They name fractions, beside a unit that was of barriers alone."""
    old = {"name": "rise", "rise_fraction": 0.03, "flat_fraction": 0.005}
    spec = LabelSpec(**old, barrier_unit="volatility")  # type: ignore[arg-type]
    assert spec.least_move == (0.03, "fraction")
    assert replace(spec, name="three_way").least_move == (0.005, "fraction")
    assert LabelSpec().least_move == (1.25, "volatility")
    assert LabelSpec(barrier_unit="fraction").least_move == (0.03, "fraction")


def test_close_direction_leaves_out_the_middle() -> None:
    """From close to close: -0.5 % is down and .55 % up, what lies between is of no class."""
    spec = LabelSpec(name="close_direction", horizon_bars=1)
    closes = np.array([200.0, 199.0, 198.1, 199.3, 200.0, 200.0])
    bars = replace(prices([1.0] * 6), close=closes)
    labelled = make_labels(bars, spec)
    np.testing.assert_array_equal(labelled.label, [0.0, np.nan, 1.0, np.nan, np.nan, np.nan])
    assert labelled.forward_return[[0, 2]] == pytest.approx([-0.005, 1.2 / 198.1])
    assert labelled.end_bar.tolist() == [1, -1, 3, -1, -1, -1]
    wider = replace(spec, down_fraction=-0.001, up_fraction=0.003)
    np.testing.assert_array_equal(make_labels(bars, wider).label[:5], [0.0, 0.0, 1.0, 1.0, np.nan])
    short = make_labels(bars, replace(spec, direction=-1))
    assert [short.label[0], short.forward_return[0]] == [1.0, pytest.approx(0.005)]


def test_three_way_splits_at_the_flat_fraction() -> None:
    """Both moves of exactly the fraction count as moves."""
    spec = LabelSpec(name="three_way", horizon_bars=1, flat_fraction=0.25)
    labelled = make_labels(prices([1, 4, 5, 5, 3.75, 3.75]), spec)
    assert labelled.label[:4].tolist() == [2.0, 1.0, 0.0, 1.0]


def test_triple_barrier_names_what_was_met_first() -> None:
    """Stop, time limit and target, with returns to the barrier's price."""
    spec = LabelSpec(
        name="triple_barrier", horizon_bars=2, stop=0.1, target=0.2, barrier_unit="fraction"
    )
    bars = Prices(
        open=np.array([100.0, 100, 100, 100, 100, 100]),
        high=np.array([100.0, 101, 101, 125, 101, 101]),
        low=np.array([100.0, 85, 99, 99, 99, 99]),
        close=np.full(6, 100.0),
    )
    labelled = make_labels(bars, spec)
    assert labelled.label[:3].tolist() == [0.0, 2.0, 2.0]
    assert labelled.forward_return[:3] == pytest.approx([-0.1, 0.2, 0.2])
    assert labelled.end_bar[:3].tolist() == [1, 3, 3]


def test_volatility_is_the_sample_deviation_of_the_last_returns() -> None:
    """Two returns of +10 % and -10 % deviate by sqrt(.02)."""
    values = volatility(np.array([100.0, 110.0, 99.0]), 2)
    assert np.isnan(values[:2]).all()
    assert values[2] == pytest.approx(0.02**0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "raise"},
        {"horizon_bars": 0},
        {"delay_bars": 0},
        {"direction": 0},
        {"rise_fraction": float("nan")},
        {"volatility_bars": 1},
        {"rise": 0.0},
        {"rise": 1.0, "rise_fraction": 0.03},
        {"flat": 1.0, "flat_fraction": 0.03},
        {"name": "close_direction", "down_fraction": 0.01, "up_fraction": 0.0055},
    ],
)
def test_senseless_labels_are_refused(wrong: dict[str, object]) -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match=r"label\."):
        LabelSpec(**wrong)  # type: ignore[arg-type]


def test_close_direction_with_one_move_leaves_nothing_out() -> None:
    """The sign of the return from close to close; what does not move is down."""
    close = np.array([100.0, 101.0, 101.0, 99.0, 102.0])
    spec = LabelSpec(name="close_direction", horizon_bars=1, down_fraction=0.0, up_fraction=0.0)
    made = make_labels(Prices(open=close, high=close, low=close, close=close), spec)
    np.testing.assert_array_equal(made.label, [1.0, 0.0, 0.0, 1.0, np.nan])
    np.testing.assert_allclose(made.forward_return[:2], [0.01, 0.0])
    assert "above" in label_text(spec)

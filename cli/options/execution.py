"""How signals are traded and what that costs, as options."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

FeeBps = Annotated[float | None, typer.Option("--fee-bps", help="Fee per side, basis points.")]
SlippageBps = Annotated[
    float | None, typer.Option("--slippage-bps", help="Slippage per side, basis points.")
]


@dataclass(frozen=True, kw_only=True, slots=True)
class CostOptions:
    """What a fill costs; the names are those of [backtest] in the settings."""

    PANEL: ClassVar[str] = "Costs"
    SECTION: ClassVar[str] = "backtest"
    fee_bps: FeeBps = None
    slippage_bps: SlippageBps = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecutionOptions:
    """How signals are traded; the names are those of [backtest] in the settings."""

    PANEL: ClassVar[str] = "How signals are traded"
    SECTION: ClassVar[str] = "backtest"
    delay_bars: Annotated[
        int | None, typer.Option("--delay-bars", help="Bars from the decision to the entry.")
    ] = None
    holding_bars: Annotated[
        int | None, typer.Option("--holding-bars", help="Bars a trade is held.")
    ] = None
    fee_bps: FeeBps = None
    slippage_bps: SlippageBps = None
    stop_loss: Annotated[
        float | None, typer.Option("--stop-loss", help="Loss that ends a trade, a fraction.")
    ] = None
    take_profit: Annotated[
        float | None, typer.Option("--take-profit", help="Gain that ends a trade, a fraction.")
    ] = None
    trailing_stop: Annotated[
        float | None,
        typer.Option("--trailing-stop", help="Loss from the best price that ends a trade."),
    ] = None
    fill_price: Annotated[
        str | None, typer.Option("--fill-price", help="Which price of the bar that fills.")
    ] = None
    directions: Annotated[
        str | None, typer.Option("--directions", help="Signals that are traded.")
    ] = None
    sizing: Annotated[
        str | None,
        typer.Option(
            "--sizing",
            help="How large a trade is: fraction, equal_weight, fixed_cash, volatility_target, "
            "kelly.",
        ),
    ] = None
    size_fraction: Annotated[
        float | None,
        typer.Option("--size-fraction", help="Share of the account in a trade, at most."),
    ] = None
    shared_cash: Annotated[
        bool | None,
        typer.Option("--shared-cash/--own-cash", help="One account for all symbols, or for each."),
    ] = None

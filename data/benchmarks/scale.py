"""How large a benchmark is."""

from dataclasses import dataclass, replace

from quantsig.data.charts.spec import PRESETS, ChartSpec

# Three pixels a bar, the fewest that show a body and a wick apart: the hardest picture to store.
DENSE = replace(PRESETS["daily"], bars=263)
GPU = replace(DENSE, bars=256, height=384, width=768)
TINY = ChartSpec(timeframes=(1, 2), bars=8, height=32, width=48, slow_bars=8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """Sizes of everything that `quantsig bench` measures."""

    chart: ChartSpec = DENSE  # 64 x 390 x 790, the user's
    gpu_chart: ChartSpec = GPU
    scanned_samples: int = 75_400  # of the set whose labels are read
    pictures: int = 2  # written and read as files
    charts: int = 4  # drawn at a time
    batch_size: int = 16
    batches: int = 12  # of the loader, in one measurement
    gpu_batch_size: int = 32
    gpu_steps: int = 20
    step_chart: ChartSpec = PRESETS["small"]  # 64 x 64 x 96
    step_batch_size: int = 32
    sequence_batch_size: int = 1_024
    steps: int = 2  # of a block
    light_steps: int = 20  # the same for a small network
    order_batch_size: int = 8
    scored_samples: int = 32
    matrix_side: int = 8192
    planted_cells: int = 4_600  # of five bars
    planted_seeds: int = 3
    planted_epochs: int = 3
    planted_sequence_epochs: int = 20
    planted_times: int = 1_200  # bars of each symbol, where one is followed
    planted_leader_epochs: int = 12
    planted_news_epochs: int = 6
    panel_symbols: int = 88  # of a cross-section whose steps are timed
    panel_times: int = 60
    drawn_sequences: int = 20_000  # in one measurement
    acl18_seeds: int = 5
    acl18_epochs: int = 150
    explained_cells: int = 2_600  # of five bars
    explained_seeds: int = 5
    shuffles: int = 5  # of the labels of each
    repetitions: int = 7
    scored_rows: int = 1_000_000  # of the trade-off table
    promises_a_world: int = 60  # sets simulated of each, for the promise of precision
    world_step: int = 1  # of so many worlds one is simulated
    swept_bars: int = 2500  # of a symbol
    swept_thresholds: int = 100
    swept_barriers: int = 10  # stops, and as many targets
    sweep_repetitions: int = 3
    long_bars: int = 10_000_000  # of all symbols, swept for their memory
    traded_symbols: int = 500  # of one strategy
    flips: int = 300  # of each file
    forward_tests: int = 2_000  # simulated, for each world
    forward_windows: int = 1_000  # of each
    verdict_markets: int = 1_000  # of clustered signals, a fifth of each other kind, and so on
    futures: int = 14  # of the whole commands
    futures_bars: int = 1_350_000  # of all of them
    dailies: int = 1_026  # stocks of the whole command with deciles
    daily_bars: int = 1_500  # of each
    growth_symbols: tuple[int, int, int] = (100, 1_000, 10_000)  # a geometric series
    growth_bars: int = 1_000  # of each symbol


FULL = Scale()
QUICK = Scale(
    chart=TINY,
    flips=4,
    verdict_markets=10,
    forward_tests=20,
    forward_windows=60,
    gpu_chart=TINY,
    scanned_samples=500,
    pictures=1,
    charts=2,
    batch_size=2,
    batches=3,
    gpu_batch_size=2,
    gpu_steps=1,
    step_chart=TINY,
    step_batch_size=4,
    sequence_batch_size=8,
    steps=1,
    light_steps=1,
    order_batch_size=2,
    scored_samples=4,
    matrix_side=64,
    planted_cells=300,
    planted_seeds=1,
    planted_epochs=1,
    planted_sequence_epochs=1,
    planted_times=150,
    planted_leader_epochs=1,
    planted_news_epochs=1,
    panel_symbols=4,
    panel_times=240,
    drawn_sequences=200,
    acl18_seeds=2,
    acl18_epochs=1,
    explained_cells=700,
    explained_seeds=1,
    shuffles=2,
    repetitions=1,
    scored_rows=2000,
    promises_a_world=1,
    world_step=20,
    swept_bars=60,
    swept_thresholds=3,
    swept_barriers=2,
    sweep_repetitions=1,
    long_bars=2000,
    traded_symbols=2,
    futures=2,
    futures_bars=24_000,
    dailies=12,
    daily_bars=700,
    growth_symbols=(4, 8, 16),
    growth_bars=700,
)

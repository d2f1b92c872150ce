"""The figures of `quantsig bench`, what each says, and how good it has to be."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """What a figure says, and its bound."""

    says: str
    bound: float
    at_least: bool = True  # else at most

    def met(self, figure: float) -> bool:
        """The figure is within the bound."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"


BOUNDS: dict[str, dict[str, Bound]] = {
    "storage": {
        "scan_ms": Bound(
            says="open a set and read all labels, file pages dropped, ms", bound=50, at_least=False
        ),
        "scan_process_s": Bound(
            says="the same in a fresh process, imports included, s", bound=1, at_least=False
        ),
        "bars_bytes_per_sample": Bound(
            says="bytes a sample in storage bars, the bars counted", bound=50, at_least=False
        ),
        "frames_smaller_crisp": Bound(
            says="the user's file over a frame, picture of zeros and ones", bound=3.5
        ),
        "frames_smaller_antialiased": Bound(
            says="the user's file over a frame, antialiased picture", bound=1.25
        ),
        "encode_speedup": Bound(says="zstd level 15 over writing a frame, time", bound=20),
        "decode_u8_speedup": Bound(
            says="the user's decode over a frame's to uint8, time", bound=35
        ),
    },
    "draw": {
        "draw_f32_speedup": Bound(says="the user's decode over bars to float32, time", bound=17),
        "draw_vs_matplotlib": Bound(says="matplotlib over drawing to uint8, time", bound=500),
        "draw_vs_pil": Bound(says="PIL over drawing to uint8, time", bound=8),
        "draw_over_memset": Bound(
            says="drawing to uint8 over a memset of the same buffer, time", bound=3, at_least=False
        ),
    },
    "loader": {
        "loader_speedup": Bound(
            says="uint8 samples a second over those of the user's format", bound=70
        ),
        "gpu_fed_ratio": Bound(
            says="ResNet-50 steps fed by the loader over steps on a resident batch", bound=0.95
        ),
    },
    "train": {
        "step_overhead": Bound(
            says="a step of our loop over one of a bare loop of torch, time",
            bound=1.05,
            at_least=False,
        ),
        "loader_share": Bound(
            says="steps fed by the loader over steps on a resident batch", bound=0.95
        ),
        "sequence_overhead": Bound(
            says="steps of ALSTM on windows of 10 bars, drawing included, over bare ones, time",
            bound=1.5,
            at_least=False,
        ),
        "cross_section_saving": Bound(
            says="a step on panels of 88 symbols, one a row, over one a time, time", bound=44
        ),
        "sequences_drawn": Bound(
            says="sequences of 8 bars drawn a second, in one thread", bound=200_000
        ),
        "bf16_speedup": Bound(
            says="scoring on a CPU in bf16, channels last, over plain fp32", bound=2
        ),
    },
    "acl18": {
        "lstm_accuracy": Bound(says="LSTM on the test of ACL18, mean of the seeds", bound=0.505),
        "lstm_mcc": Bound(says="its Matthews correlation, mean of the seeds", bound=0.03),
        "alstm_accuracy": Bound(says="ALSTM on the test of ACL18, mean of the seeds", bound=0.525),
        "alstm_mcc": Bound(says="its Matthews correlation, mean of the seeds", bound=0.06),
        "adv_alstm_accuracy": Bound(says="the same with an adversary", bound=0.525),
        "adv_alstm_mcc": Bound(says="its Matthews correlation", bound=0.06),
    },
    "planted": {
        "average_precision": Bound(
            says="the network on the planted pattern, test split, median of the seeds", bound=0.9
        ),
        "share_of_oracle": Bound(says="the same over that of an oracle, median", bound=0.9),
        "seconds": Bound(
            says="the slowest seed's training by the wall clock, s", bound=300, at_least=False
        ),
    },
    "thresholds": {
        "table_seconds": Bound(
            says="1 million rows, 200 thresholds, intervals and ranking, one core, s",
            bound=2,
            at_least=False,
        ),
        "peak_mb": Bound(
            says="memory of the fresh process that does it, imports included, MB",
            bound=500,
            at_least=False,
        ),
        "violations": Bound(
            says="simulated sets in which a 90 % promise of precision is broken, share of all",
            bound=0.1,
            at_least=False,
        ),
        "worlds_over": Bound(
            says="worlds in which that is more than 10 % plus three standard errors",
            bound=0,
            at_least=False,
        ),
        "broken_of_given": Bound(
            says="broken promises, share of those given", bound=1, at_least=False
        ),
        "none_share": Bound(says="sets without a safe threshold, share", bound=1, at_least=False),
        "recall_ratio": Bound(
            says="recall over that of mapie's fixed sequence on thinned samples",
            bound=0.85,
        ),
        "naive_violations": Bound(
            says="the same for the lowest threshold that reached the target", bound=0.37
        ),
    },
    "trust": {
        "flips_noticed": Bound(
            says="changed bytes of a run, a walk and their ledger that are told, share",
            bound=1.0,
        ),
        "leaks_found": Bound(says="leaks found of ten that are planted", bound=10),
        "causal_alarms": Bound(says="causal features accused, of fifty", bound=0, at_least=False),
        "audit_seconds": Bound(
            says="audit of 1,000 samples of 64 planes at 96 x 192, s", bound=60, at_least=False
        ),
    },
    "verdict": {
        "null_claims": Bound(
            says="made markets without skill in which an edge is claimed, share",
            bound=0.02,
            at_least=False,
        ),
        "clustered_p05": Bound(
            says="the same with signals on the same days, p <= .05 of random entries, share",
            bound=0.06,
            at_least=False,
        ),
        "expectancy_coverage": Bound(
            says="95 % intervals of the expectancy that hold it, 30 to 400 trades, share",
            bound=0.93,
        ),
        "sharpe_coverage": Bound(says="the same of the Sharpe ratio", bound=0.93),
        "coverage_least": Bound(
            says="the lower one of both, in the world with the least", bound=0.93
        ),
        "coverage_most": Bound(
            says="the higher one of both, in the world with the most", bound=0.97, at_least=False
        ),
        "power_12": Bound(
            says="planted edges of 1.2 % a trade at 17 % exposure that are claimed, share",
            bound=0.75,
        ),
        "power_after_sweep": Bound(
            says="the same for the best of 100 cells swept on rows before them", bound=0.75
        ),
        "false_claims_12": Bound(
            says="claims where nothing is planted in that market, share",
            bound=0.05,
            at_least=False,
        ),
        "false_after_sweep": Bound(
            says="the same for the best of 100 cells swept on rows before them",
            bound=0.05,
            at_least=False,
        ),
        "false_in_sweep": Bound(
            says="the same on the very rows that were swept", bound=0.05, at_least=False
        ),
    },
    "forward": {
        "false_alarms": Bound(
            says="kept promises called broken in 1,000 looks, share, the worst of four worlds",
            bound=0.12,  # 1 - .9 and three standard errors of 2,000 simulations
            at_least=False,
        ),
        "median_windows": Bound(
            says="windows until a precision ten points below the promised is called broken",
            bound=120,
            at_least=False,
        ),
        "coverage": Bound(
            says="90 % confidence sequences that hold the precision at all looks, the least share",
            bound=0.88,
        ),
    },
    "sweep": {
        "sweep_speedup": Bound(
            says="vectorbt over the sweep, same combinations and figures, time", bound=80
        ),
        "sweep_memory_ratio": Bound(
            says="the same, peak memory of processes of their own, imports included", bound=20
        ),
        "sweep_vs_backtesting": Bound(
            says="backtesting.py over the sweep, time a combination", bound=1000
        ),
        "max_equity_difference": Bound(
            says="largest difference of a combination's final equity from vectorbt's",
            bound=1e-9,
            at_least=False,
        ),
        "one_strategy_seconds": Bound(
            says="one strategy on 500 symbols x 2,500 bars, point statistics, s",
            bound=1,
            at_least=False,
        ),
        "ten_million_peak_mb": Bound(
            says="peak memory of 10 million bars x 1,000 combinations, MB",
            bound=2000,
            at_least=False,
        ),
    },
    "real": {
        "backtest_cpu_seconds": Bound(
            says="`backtest` with its report on 1.35 million 5-minute bars of 14 futures, CPU s",
            bound=25,
            at_least=False,
        ),
        "latest_cpu_seconds": Bound(
            says="`signals BARS --latest` on the same bars, CPU s", bound=8, at_least=False
        ),
        "backtest_mb": Bound(
            says="peak memory of that `backtest`, imports included, MB",
            bound=1500,
            at_least=False,
        ),
        "dailies_cpu_seconds": Bound(
            says="`backtest --deciles 10` on 1,026 stocks of 1,500 daily bars, CPU s",
            bound=30,
            at_least=False,
        ),
        "dailies_mb": Bound(
            says="peak memory of that, imports included, MB", bound=1600, at_least=False
        ),
    },
    "scale": {
        "largest_mb": Bound(
            says="most memory of a step from 10 million bars of 10,000 symbols to the report, MB",
            bound=2000,
            at_least=False,
        ),
        "largest_exponent": Bound(
            says="CPU s of a step grow with the symbols to this power, start of a process left out",
            bound=1.05,
            at_least=False,
        ),
    },
    "explain": {
        "hammer_first": Bound(
            says="seeds in which the first two of 64 planes draw the hammer or its volume, share",
            bound=1,
        ),
        "shuffled_leaves": Bound(
            says="90 % intervals of planes that leave zero where labels are shuffled, share",
            bound=0.10,
            at_least=False,
        ),
    },
    "tasks": {
        "ray_overhead": Bound(
            says="Ray over processes of this machine, 5-second tasks on two of them, wall time",
            bound=1.15,
            at_least=False,
        ),
    },
    "start": {
        "runs_list_seconds": Bound(
            says="`runs list` in an empty folder, imports included, CPU s",
            bound=0.5,
            at_least=False,
        ),
        "runs_list_mb": Bound(says="peak memory of that process, MB", bound=120, at_least=False),
        "thresholds_seconds": Bound(
            says="`thresholds` on a finished run of the demo bars, imports included, CPU s",
            bound=1.5,
            at_least=False,
        ),
    },
}

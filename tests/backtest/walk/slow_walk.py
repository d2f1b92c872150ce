"""A walk in a process of its own, whose workers a test kills: SAMPLES, the folder, a home."""

import sys
from dataclasses import replace
from pathlib import Path

from quantsig.backtest.walk.plan import WalkSettings, plan_walk
from quantsig.backtest.walk.walkforward import run_walk
from quantsig.data.errors import ResourceError
from quantsig.data.folds import WalkForward
from quantsig.data.samples.store import open_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.training.tracking.callbacks import Callbacks
from tests.backtest.walked import PLAN

NETWORK = replace(
    PLAN, train=replace(PLAN.train, model="small", epochs=2, batch_size=16, save_minutes=1e-9)
)


def main(samples: str, out: str, home: str) -> int:
    """Walk; 5 where a task was lost three times, which the same command goes on from."""
    walk = plan_walk(
        open_samples(Path(samples)),
        NETWORK,
        SplitSpec(),
        WalkSettings(folding=WalkForward(folds=3)),
        device="cpu",
    )
    try:
        run_walk(
            walk,
            Path(out),
            callbacks=Callbacks(tell=lambda text: print(text, flush=True)),
            on=HERE if home == "here" else Workers(home=home, count=2),
        )
    except ResourceError as error:
        print(error, flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

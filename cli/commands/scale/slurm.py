"""`quantsig slurm`: print a script that has SLURM do what a verb would."""

import re
import shlex
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from quantsig.cli.arguments import command_line
from quantsig.data.errors import ConfigError, UsageError
from quantsig.data.language.messages import phrase

TRAIN = "train"
ARRAYS = ("walk", "search")  # whose parts are done by the elements of an array
PORTS = (20_000, 20_000)  # the first, and how many: a job takes one by its number
TIME = re.compile(r"\d+(-\d+(:\d+){0,2}|(:\d+){0,2})")
MEMORY = re.compile(r"\d+[KMGT]?")
NAME = re.compile(r"[\w.,@+-]+")

HEAD = """\
#!/usr/bin/env bash
# {made_by}
# The same job again goes on where it was cut short, on a folder that all nodes see.
#SBATCH --job-name=quantsig-{verb}
#SBATCH --nodes={nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task={cores}
#SBATCH --requeue
#SBATCH --open-mode=append
{directives}
set -euo pipefail
{before}"""

TOGETHER = """\
node=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun torchrun --nnodes="$SLURM_JOB_NUM_NODES" --nproc-per-node={processes} \\
  --rdzv-id="$SLURM_JOB_ID" --rdzv-backend=c10d --rdzv-endpoint="$node:{port}" \\
  -m quantsig.cli.app {command}
"""

ALONE = """\
srun quantsig {command}
"""

ARRAY = """\
meet=.quantsig-$SLURM_ARRAY_JOB_ID # where the elements find each other
mkdir -p "$meet"
export RAY_AUTH_MODE=token # that of the home folder, which all machines see
if [ "$SLURM_ARRAY_TASK_ID" -eq 0 ]; then
  rm -f "$meet/done"
  ray get-auth-token --generate > /dev/null
  address=$(hostname -i | awk '{{print $1}}'):{port}
  ray start --head --port="${{address##*:}}" --num-cpus={cores} --disable-usage-stats
  printf '%s\\n' "$address" > "$meet/new"
  mv "$meet/new" "$meet/address"
  code=0
  RAY_ADDRESS=$address \\
    quantsig {command} || code=$?
  touch "$meet/done"
  exit "$code"
fi
until [ -e "$meet/done" ]; do # an element that comes later, or again, joins in
  if [ -s "$meet/address" ]; then
    ray start --address="$(cat "$meet/address")" --num-cpus={cores} --block || true
  fi
  sleep 5
done
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRequest:
    """What a job asks of the scheduler."""

    nodes: int
    cores: int
    gpus: int
    time: str | None
    memory: str | None
    partition: str | None
    before: str | None

    def __post_init__(self) -> None:
        for name, form in (("time", TIME), ("memory", MEMORY), ("partition", NAME)):
            value = getattr(self, name)
            if value is not None and not form.fullmatch(value):
                raise ConfigError(
                    phrase("{value} is nothing that SLURM takes.", value=repr(value)),
                    where=f"--{name}",
                    remedy="Write it as for sbatch: 12:00:00 or 2-00:00:00, 64G, a name.",
                )

    def directives(self, *, array: bool) -> str:
        """The lines of the script that only some jobs have."""
        lines = {
            "array": f"0-{self.nodes - 1}" if array else None,
            "gpus-per-node": self.gpus or None,
            "time": self.time,
            "mem": self.memory,
            "partition": self.partition,
        }
        said = [f"#SBATCH --{name}={value}" for name, value in lines.items() if value is not None]
        return "".join(f"{line}\n" for line in said)


def slurm(
    context: typer.Context,
    verb: Annotated[
        str, typer.Argument(metavar="VERB", help="One of train, walk, search.", show_default=False)
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="...", help="What follows the verb, as it is typed."),
    ] = None,
    nodes: Annotated[
        int, typer.Option("--nodes", min=1, help="Machines; elements of an array.")
    ] = 1,
    cores: Annotated[int, typer.Option("--cores", min=1, help="Cores of each machine.")] = 8,
    gpus: Annotated[int, typer.Option("--gpus", min=0, help="GPUs of each machine.")] = 0,
    time: Annotated[
        str | None, typer.Option("--time", help="Time limit, as for sbatch: 12:00:00.")
    ] = None,
    memory: Annotated[
        str | None, typer.Option("--memory", help="Memory of each machine, as 64G.")
    ] = None,
    partition: Annotated[
        str | None, typer.Option("--partition", help="Where the job waits its turn.")
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(
            "--before", metavar="COMMAND", help="Run first, as source .venv/bin/activate."
        ),
    ] = None,
) -> None:
    """Print a SLURM script of a training, a walk or a search.

    A training spans the machines with torchrun. The folds of a walk and the trials of a search
    are shared by the elements of an array, a cluster of Ray; an element that is preempted comes
    back and joins in. What stands after VERB is checked as if it were typed.

    \b
    Example:
      quantsig slurm --nodes 2 --gpus 4 train samples --out runs/big > job.sh
      quantsig slurm --nodes 8 walk samples --folds 40 > job.sh && sbatch job.sh
    """
    given = tuple(words or ())
    check_words(context, verb, given)
    asked = JobRequest(
        nodes=nodes,
        cores=cores,
        gpus=gpus,
        time=time,
        memory=memory,
        partition=partition,
        before=before,
    )
    print(script(verb, given, asked), end="")


def check_words(context: typer.Context, verb: str, words: tuple[str, ...]) -> None:
    """Refuse what the verb itself would refuse to read."""
    if verb not in (TRAIN, *ARRAYS):
        raise UsageError(
            phrase("no script is made of {verb}.", verb=verb),
            where="quantsig slurm",
            remedy=phrase("Known: {names}.", names=", ".join((TRAIN, *ARRAYS))),
        )
    root: Any = context.find_root()
    command = root.command.get_command(root, verb)
    command.make_context(f"quantsig {verb}", list(words))
    if verb == TRAIN and "--out" not in words:
        raise UsageError(
            "the machines of a job cannot agree on a new run's name.",
            where="quantsig slurm train",
            remedy="Name the run folder with --out.",
        )


def script(verb: str, words: tuple[str, ...], asked: JobRequest) -> str:
    """The whole script."""
    array = verb in ARRAYS
    more = [] if not array or "--on" in words else ["--on", "ray"]
    if array and asked.gpus and "--gpus-per-task" not in words:
        more += ["--gpus-per-task", "1"]
    first, many = PORTS
    number = "SLURM_ARRAY_JOB_ID" if array else "SLURM_JOB_ID"
    together = TOGETHER if asked.nodes > 1 or asked.gpus > 1 else ALONE
    form = ARRAY if array else together
    head = HEAD.format(
        made_by=" ".join(command_line().split()),
        verb=verb,
        nodes=1 if array else asked.nodes,
        cores=asked.cores,
        directives=asked.directives(array=array),
        before=f"# shellcheck source=/dev/null\n{asked.before}\n" if asked.before else "",
    )
    return head + form.format(
        command=shlex.join([verb, *words, *more]),
        cores=asked.cores,
        processes=max(1, asked.gpus),
        port=f"$(({first} + {number} % {many}))",
    )

"""Scripts of SLURM: what they run parses, and a shell reads them."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from quantsig.cli.app import app
from quantsig.data.errors import ConfigError, QuantsigError, UsageError

SCRIPTS = {
    "one machine": "train samples --out runs/one",
    "two machines": "--nodes 2 --gpus 4 --time 2-00:00:00 --memory 64G --partition gpu "
    "train samples --out 'runs/with a space' --epochs 3",
    "walk": "--nodes 8 --cores 16 --before 'source .venv/bin/activate' walk samples --folds 40",
    "search": "--nodes 4 --gpus 1 search samples --trials 64 --together 8",
}


def printed(words: str) -> str:
    done = CliRunner().invoke(app, ["slurm", *shlex.split(words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("words", SCRIPTS.values(), ids=SCRIPTS)
def test_a_shell_reads_the_script(words: str, tmp_path: Path) -> None:
    """And shellcheck finds nothing to say of it."""
    job = tmp_path / "job.sh"
    job.write_text(printed(words), encoding="utf-8")
    subprocess.run(["bash", "-n", job], check=True)
    checker = Path(sys.executable).with_name("shellcheck")
    if not checker.is_file():
        pytest.skip("shellcheck is not installed")
    done = subprocess.run([checker, job], capture_output=True, text=True, check=False)
    assert done.stdout == ""


@pytest.mark.parametrize("words", SCRIPTS.values(), ids=SCRIPTS)
def test_what_the_script_runs_is_a_command_of_ours(words: str) -> None:
    """Read by the parser that will read it there, with all that was typed."""
    lines = printed(words).splitlines()
    called = next(
        line
        for line in lines
        if re.search(r"(quantsig|cli\.app) (train|walk|search)", line) and not line.startswith("#")
    )
    verb, *rest = shlex.split(re.sub(r".*(quantsig|cli\.app) |\|\| code=\$\?", "", called))
    command = get_command(app).commands[verb]  # type: ignore[attr-defined]
    context = command.make_context(verb, list(rest))
    assert str(context.params["samples"]) == "samples"
    typed = shlex.split(words)
    assert rest[: len(typed) - typed.index(verb) - 1] == typed[typed.index(verb) + 1 :]
    if verb != "train":
        assert context.params["on"] == "ray"


def test_directives_are_those_asked_for() -> None:
    """An array has an element a machine; a training is one job of many."""
    walk, train = printed(SCRIPTS["walk"]), printed(SCRIPTS["two machines"])
    assert "#SBATCH --array=0-7\n" in walk
    assert "#SBATCH --nodes=1\n" in walk
    assert "#SBATCH --nodes=2\n" in train
    assert "--array" not in train
    assert {"#SBATCH --time=2-00:00:00", "#SBATCH --mem=64G", "#SBATCH --partition=gpu"} < set(
        train.splitlines()
    )
    assert "\nsource .venv/bin/activate\n" in walk


@pytest.mark.parametrize(
    ("words", "error", "what"),
    [
        ("sweep runs/first", UsageError, "no script is made of sweep"),
        ("train samples", UsageError, "new run's name"),
        ("--time soon walk samples", ConfigError, "'soon'"),
        ("--partition 'a\n#b' walk samples", ConfigError, "nothing that SLURM takes"),
    ],
)
def test_what_makes_no_script_is_refused(words: str, error: type[QuantsigError], what: str) -> None:
    with pytest.raises(error, match=what):
        CliRunner().invoke(app, ["slurm", *shlex.split(words)], catch_exceptions=False)


def test_what_the_verb_would_refuse_is_refused_at_once() -> None:
    """Not in the middle of the night."""
    done = CliRunner().invoke(app, ["slurm", "walk", "samples", "--fold", "40"])
    assert done.exit_code != 0
    assert done.stdout == "" or "#SBATCH" not in done.stdout


def test_a_name_that_a_shell_would_read_is_quoted() -> None:
    """Nothing of it is run."""
    script = printed("walk '$(touch hacked)'")
    assert "'$(touch hacked)' --on ray" in script

"""Damage that looks for new ways through a reader, by atheris, where that is installed.

    uv run --group fuzz python -m tests.hostile.guided FOLDER SECONDS KIND

Ends with another code than 0 at the first damage that is not answered by an error of quantsig's;
the file stands in FOLDER then, as `crash-...`.
"""

import os
import sys
from pathlib import Path
from random import Random

import atheris

ROOT = Path(__file__).parents[2]
COMPILED = [  # by numba, which knows nothing of what is put into them
    ".".join(("quantsig", *path.relative_to(ROOT).with_suffix("").parts))
    for room in ("data", "signals", "backtest")
    for path in (ROOT / room).rglob("*.py")
    if "quantsig.data.kernels import" in path.read_text(encoding="utf-8")
]

with atheris.instrument_imports(include=["quantsig"], exclude=COMPILED):
    from tests.hostile.mutations import MOST_BYTES, mutated
    from tests.hostile.readers import readers
    from tests.hostile.worker import read_content


def main(folder: Path, seconds: int, kind: str) -> None:
    """Damage one kind of file for so long; each step by libFuzzer or by the file's structure."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    work, corpus = folder / "workspace", folder / "corpus"
    reader = readers(work)[kind]
    corpus.mkdir()
    for number, content in enumerate(reader.seeds):
        (corpus / str(number)).write_bytes(content)

    def read(content: bytes) -> None:
        failure = read_content(reader, work, content)
        if failure:
            raise AssertionError(failure)

    def damage(content: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return bytes(atheris.Mutate(content, most))
        return mutated(random, [bytes(content), *reader.seeds], reader.mutations)[:most]

    words = [f"-max_total_time={seconds}", f"-max_len={MOST_BYTES}", "-rss_limit_mb=4096"]
    here = [f"-artifact_prefix={folder}/", "-print_final_stats=1", str(corpus)]
    atheris.Setup([sys.argv[0], *words, *here], read, custom_mutator=damage)
    atheris.Fuzz()


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]), sys.argv[3])

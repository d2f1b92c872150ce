"""Known vulnerabilities of what is locked, by pip-audit, where its database can be had.

    python -m tests.known_vulnerabilities [UV]

Ends with 1 where a locked package has one that a newer version is without. What the database did
not answer for is counted as not checked, never as free of them; without it nothing fails.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

IGNORED: Mapping[str, str] = {}  # why, by the name of the vulnerability
PATIENCE_S = 300
NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the database says of the packages, each as `name version`."""

    checked: int = 0
    unknown: Sequence[str] = ()  # it has no answer for them
    curable: Sequence[str] = ()  # a newer version is without it
    incurable: Sequence[str] = ()
    ignored: Sequence[str] = ()
    why: str = ""  # where nothing was checked


@dataclass(kw_only=True)
class _Found:
    checked: int = 0
    unknown: list[str] = field(default_factory=list)
    curable: list[str] = field(default_factory=list)
    incurable: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def answer_of(document: Mapping[str, Any]) -> Answer:
    """The answer in the JSON of pip-audit."""
    found = _Found()
    for package in document["dependencies"]:
        if "skip_reason" in package:
            found.unknown.append(package["name"])
            continue
        found.checked += 1
        for known in package["vulns"]:
            said = f"{package['name']} {package['version']}: {known['id']}"
            if {known["id"], *known.get("aliases", ())} & IGNORED.keys():
                found.ignored.append(said)
            elif known["fix_versions"]:
                found.curable.append(f"{said}, not in {', '.join(known['fix_versions'])}")
            else:
                found.incurable.append(said)
    return Answer(**vars(found))


def ask(uv: str) -> Answer:
    """Ask the database about every locked package."""
    with tempfile.TemporaryDirectory() as folder:
        locked, out = Path(folder) / "locked.txt", Path(folder) / "audit.json"
        export = [uv, "export", "--quiet", "--locked", "--all-extras", "--no-emit-project"]
        subprocess.run([*export, "--output-file", str(locked)], check=True)
        audit = [sys.executable, "-m", "pip_audit", "--requirement", str(locked), "--disable-pip"]
        more = ["--require-hashes", "--format", "json", "--output", str(out)]
        quiet = ["--progress-spinner", "off"]
        try:
            done = subprocess.run(
                [*audit, *more, *quiet],
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Answer(why=f"no answer within {PATIENCE_S} seconds")
        if not out.is_file() or not out.stat().st_size:
            return Answer(why=(done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1])
        return answer_of(json.loads(out.read_text(encoding="utf-8")))


def lines(answer: Answer) -> list[str]:
    """The answer for people."""
    if answer.why or not answer.checked:
        why = answer.why or "its database knows none of them here"
        return [f"known vulnerabilities: NOT CHECKED ({why})"]
    rest = f", {len(answer.unknown)} not checked" if answer.unknown else ""
    named = ": " + ", ".join(answer.unknown[:NAMED]) if answer.unknown else ""
    return [
        f"known vulnerabilities: {answer.checked} packages checked{rest}{named}",
        *(f"  newer versions are without it: {said}" for said in answer.curable),
        *(f"  no version is without it yet: {said}" for said in answer.incurable),
        *(f"  ignored: {said}" for said in answer.ignored),
    ]


def main(uv: str = "uv") -> int:
    """Print what is known; 1 where a newer version would cure it."""
    answer = ask(uv)
    print(*lines(answer), sep="\n")
    return 1 if answer.curable else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

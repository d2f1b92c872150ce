"""The shape of the package: what installs as what, and who may import whom."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from quantsig.signals import layout
from tests.golden.opened import open_workspace

ROOT = Path(__file__).parent.parent
ROOMS = ("data", "signals", "backtest", "reports", "api", "cli")  # each imports only from its left
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SOURCES = [path.relative_to(ROOT) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]

HOMES = {
    "vectorbt": (
        "api/backtests.py",
        "backtest/portfolio.py",
        "backtest/vectorbt_export.py",
        "backtest/benchmarks/rivals.py",
    ),
    "plotly": ("api/backtests.py", "reports/"),
    "jinja2": ("reports/",),
    "typer": ("cli/",),
    "rich": ("cli/",),
    "pydantic": ("api/settings.py",),
    "lightning": ("signals/training/",),
    "numba": ("data/kernels.py",),
    "mlflow": ("signals/training/tracking/trackers/mlflow.py",),
    "swanlab": ("signals/training/tracking/trackers/swanlab.py",),
    "matplotlib": ("data/benchmarks/rivals.py",),
    "optuna": ("signals/search/",),
    "ray": ("data/tasks/ray.py",),
    "upath": ("data/storage/addresses.py",),
    "pickle": ("data/samples/legacy/writing.py", "signals/benchmarks/legacy_format.py"),
    "torch": ("data/charts/", "signals/"),
    "torchvision": ("signals/models/",),
}
NOT_FOR_HELP = (
    "torch",
    "torchvision",
    "lightning",
    "mlflow",
    "swanlab",
    "matplotlib",
    "vectorbt",
    "numba",
    "optuna",
    "ray",
    "plotly",
    "polars",
    "pandas",
    "pyarrow",
    "sklearn",
)


@cache
def tree(source: Path) -> ast.Module:
    """A file as Python reads it, parsed once for all tests."""
    return ast.parse((ROOT / source).read_text(encoding="utf-8"))


def imported(source: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}, line {node.lineno}: a relative import"
            assert node.module is not None
            yield node.module


def installed(path: Path) -> Path:
    """Where in the package a path lies: the files of `api/` are the package's own."""
    return path.relative_to("api") if path.parts[0] == "api" else path


def module_of(source: Path) -> str:
    """The dotted name that a file is imported by."""
    parts = installed(source.with_suffix("")).parts
    return ".".join(("quantsig", *parts[: -1 if parts[-1] == "__init__" else None]))


@cache
def neighbours() -> dict[Path, set[Path]]:
    """Which files each file imports, deferred imports and those for types included."""
    files = {module_of(source): source for source in SOURCES}
    arrows: dict[Path, set[Path]] = {source: set() for source in SOURCES}
    for source in SOURCES:
        for node in ast.walk(tree(source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    target = files.get(f"{node.module}.{alias.name}", files.get(node.module))
                    if target not in (None, source):
                        arrows[source].add(target)
    return arrows


def inner_room(source: Path) -> Path:
    """The innermost folder of a file; a file beside inner rooms counts for itself."""
    folder = ROOT / source.parent
    beside_rooms = any((inner / "__init__.py").exists() for inner in folder.iterdir())
    return source if beside_rooms else source.parent


def circles(arrows: Mapping[Path, set[Path]]) -> list[str]:
    """The first way round that imports go in a circle; empty where they have one direction."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return [str(node) for node in error.args[1]]
    return []


def test_no_file_imports_itself_by_way_of_others() -> None:
    """Two files that import each other are one idea cut in two."""
    assert circles(neighbours()) == []


def test_no_verb_imports_a_verb() -> None:
    """What two verbs share is a noun beside them in cli/, or work of a room."""
    verbs = {source for source in SOURCES if source.parts[:2] == ("cli", "commands")}
    shared = {source: neighbours()[source] & verbs for source in verbs}
    assert {str(source): targets for source, targets in shared.items() if targets} == {}


def test_inner_rooms_have_one_direction() -> None:
    """Between inner rooms, as between the five, imports go one way only."""
    rooms: dict[Path, set[Path]] = {}
    for source, targets in neighbours().items():
        own = rooms.setdefault(inner_room(source), set())
        own.update(inner_room(target) for target in targets)
    for room, targets in rooms.items():
        targets.discard(room)
    assert circles(rooms) == []


def test_the_house_shows_every_inner_room() -> None:
    """docs/house.svg is drawn again (`make house`) when a room is added."""
    drawn = (ROOT / "docs" / "house.svg").read_text(encoding="utf-8")
    inner = {"/".join(source.parent.parts[1:]) for source in SOURCES} - {""}
    assert [room for room in sorted(inner) if f">{room}</text>" not in drawn] == []


def test_no_folder_is_a_flat_list() -> None:
    """A folder is read at a glance; beyond sixteen files it has inner rooms."""
    files = Counter(source.parent for source in SOURCES if source.name != "__init__.py")
    assert {str(folder): count for folder, count in files.items() if count > 16} == {}


def package_of(folder: Path) -> str:
    return ".".join(("quantsig", *installed(folder).parts))


def test_a_folder_imports_only_from_its_left() -> None:
    """data, signals, backtest, reports, cli: one direction, and never by a bare folder name."""
    wrong = []
    for source in SOURCES:
        allowed = ROOMS[: ROOMS.index(source.parts[0]) + 1]
        for module in imported(source):
            top, _, rest = module.partition(".")
            room = rest.split(".")[0]
            to_the_right = top == "quantsig" and (room if room in ROOMS else "api") not in allowed
            if top in ROOMS or to_the_right:
                wrong.append(f"{source} imports {module}")
    assert wrong == []


def names_an_option(text: str) -> bool:
    """Whether a text holds a flag; not in `var(--blue)` of a style sheet."""
    return re.search(r"(?<![\w(-])--[a-z]", text) is not None


def test_no_option_is_named_below_the_command_line() -> None:
    """The rooms speak of parameters and settings; `cli/option_names.py` knows how they are typed.

    Benchmarks measure whole commands, and a browser has flags of its own.
    """
    below = [
        source
        for source in SOURCES
        if source.parts[0] != "cli" and "benchmarks" not in source.parts
    ]
    found = {
        f"{source}, line {node.lineno}"
        for source in below
        for node in ast.walk(tree(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and names_an_option(node.value)
    }
    assert {place for place in found if not place.startswith("reports/printing.py")} == set()


def test_a_heavy_library_is_imported_only_at_its_home() -> None:
    """One place knows each library, so that one place changes with it."""
    strangers = [
        f"{source} imports {module}"
        for source in SOURCES
        for module in imported(source)
        if not str(source).startswith(HOMES.get(module.partition(".")[0], ""))
    ]
    assert strangers == []


def test_every_folder_with_code_is_a_listed_package() -> None:
    """A folder left out of the list would be missing in the wheel only."""
    folders = {package_of(source.parent) for source in SOURCES}
    assert folders == set(PROJECT["tool"]["setuptools"]["packages"])
    assert all((ROOT / source.parent / "__init__.py").is_file() for source in SOURCES)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_mapped_and_typed(room: str) -> None:
    """Each installs as quantsig.<room> with its types."""
    assert PROJECT["tool"]["setuptools"]["package-dir"][package_of(Path(room))] == room
    assert (ROOT / room / "py.typed").is_file()


def test_the_installed_version_is_the_projects() -> None:
    """One number."""
    assert version("quantsig") == PROJECT["project"]["version"]


def test_help_imports_nothing_heavy() -> None:
    """`quantsig --help` answers at once because it loads none of these."""
    script = (
        "import sys; from quantsig.cli.app import main; sys.argv = ['quantsig', '--help']; "
        "code = main(); print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    assert "samples" in done.stdout
    assert not set(NOT_FOR_HELP) & set(done.stderr.split())


VECTORBT = ("vectorbt", "pandas")  # which comes with it
LIBRARIES = ("vectorbt", "numba", "scipy.stats", "sklearn", "plotly", "pandas")
DEEP = ("torch", "torchvision", "lightning", "ray")
TABLES = ("numpy", "polars", "pyarrow", "scipy")
# What each verb ends with, and what none of these imports; they run one after the other.
AT_ONCE = {
    "init --force": 0,
    "config show --origin": 0,
    "config explain train.loss": 0,
    "config check": 0,
    "runs list": 0,
    "runs best --by validation.loss": 0,
    "runs list --sort test.precision": 0,
    "runs tag runs/first base": 0,
    "runs show runs/first": 0,
    "thresholds runs/first --precision 0.6 --recall 0.5": 2,
    "thresholds runs/absent": 3,
}
FROM_TABLES = {
    "backtest runs/absent": 3,
    "sweep runs/absent": 3,
    "runs compare runs/absent runs/first": 3,
    "train absent": 3,
    "train --model absent": 3,
    "thresholds runs/first": 0,
    "signals runs/first --force": 0,
    "report runs/absent": 3,
    "signals runs/absent": 3,
    "walk absent": 3,
    "audit absent.py:feature": 2,
    "explain runs/absent": 3,
    "export runs/absent --onnx out": 3,
}
WITHOUT_TORCH = {
    "backtest runs/first --force": 0,
    "report runs/first": 0,
    "samples build newer.csv --out again --set samples.timeframes=[1]": 0,
    "samples info samples": 0,
    "samples verify samples": 0,
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with finished runs and sample sets."""
    return open_workspace(tmp_path_factory.mktemp("workspace"))


@pytest.mark.parametrize(
    ("verbs", "left_out"),
    [
        (AT_ONCE, (*DEEP, *LIBRARIES, *TABLES)),
        (FROM_TABLES, (*DEEP, *LIBRARIES)),
        (WITHOUT_TORCH, DEEP),
    ],
    ids=["at once", "from tables", "without torch"],
)
def test_a_verb_imports_only_what_it_uses(
    workspace: Path, verbs: dict[str, int], left_out: tuple[str, ...]
) -> None:
    """What only looks, and what says no, answers at once; stored predictions need no network."""
    script = f"""
import json, sys
from quantsig.cli.app import main
found = []
for words in {list(verbs)!r}:
    sys.argv = ["quantsig", *words.split()]
    found.append([words, main(), [name for name in {left_out!r} if name in sys.modules]])
json.dump(found, open("found.json", "w"))
"""
    subprocess.run([sys.executable, "-c", script], cwd=workspace, capture_output=True, check=True)
    found = json.loads((workspace / "found.json").read_text(encoding="utf-8"))
    assert found == [[words, code, []] for words, code in verbs.items()]


@pytest.mark.parametrize(
    "modules",
    [
        {
            "quantsig.cli.config": ("torch", "sklearn"),
            "quantsig.reports.report": ("torch", *VECTORBT),
        },
        {
            "quantsig.signals.inference.bar_scores": ("torchvision", "lightning", "sklearn"),
            "quantsig.signals.inference.predict": (
                "torchvision",
                "lightning",
                "sklearn",
                "torch._dynamo",
            ),
        },
    ],
    ids=["pages", "scores"],
)
def test_a_verb_waits_for_no_library_that_it_does_not_use(
    modules: dict[str, tuple[str, ...]],
) -> None:
    """Settings and reports need no torch; scoring needs no training and no network of others."""
    script = f"""
import importlib, sys
for module, left_out in {modules!r}.items():
    importlib.import_module(module)
    print(module, *(name for name in left_out if name in sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    assert done.stdout.splitlines() == list(modules)


def test_one_file_knows_what_a_run_folder_holds() -> None:
    """No other product file spells the name of one of its files, or joins a path to its folders."""
    names = {
        name
        for name in vars(layout).values()
        if isinstance(name, str) and name not in (layout.__name__, layout.__doc__)
    }
    files = {name for name in names if "." in name and "/" not in name}
    found = [
        f"{source}, line {node.lineno}: {node.value}"
        for source in SOURCES
        if source != Path("signals/layout.py")
        for joined, node in spelled(source)
        if files & set(node.value.split("/")) or (joined and node.value in names)
    ]
    assert found == []


def spelled(source: Path) -> Iterator[tuple[bool, Any]]:
    """Each text in a file, and whether a path is joined to it."""
    ends = {
        node.right
        for node in ast.walk(tree(source))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    }
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node in ends, node

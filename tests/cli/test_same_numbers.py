"""The clock's zone and the language of the machine change no number."""

import locale
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from quantsig.cli.app import main
from quantsig.data.demo.planted import planted_bars
from quantsig.signals import ledger
from quantsig.signals.runs import open_run
from quantsig.signals.thresholds import choices
from quantsig.signals.training.tracking import record
from tests.cli.conftest import SETTINGS

pytestmark = pytest.mark.xdist_group("trained")
CHAIN = (
    "samples build --out samples-{0}",
    "train samples-{0} --out {0}/run --model logistic --no-baselines",
    "thresholds {0}/run --recall 0.5",
    "signals {0}/run --threshold 0.5",
    "backtest {0}/run",
)
FILES = ("predictions.parquet", "signals.parquet", "backtest/trades.parquet")
ZONES = ("America/New_York", "Asia/Kolkata", "Pacific/Chatham")
LANGUAGES = ("zh_CN.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8")


@pytest.fixture(autouse=True)
def machine() -> Iterator[None]:
    """Zone and language of the process are put back."""
    zone, language = os.environ.get("TZ"), locale.setlocale(locale.LC_ALL)
    yield
    locale.setlocale(locale.LC_ALL, language)
    _set_zone(zone or "")


def _set_zone(zone: str) -> None:
    if zone:
        os.environ["TZ"] = zone
    else:
        os.environ.pop("TZ", None)
    time.tzset()


def numbers(name: str, before: Callable[[int], None] = lambda step: None) -> dict[str, bytes]:
    """The bytes that the chain writes, told before each step which one it is."""
    with pytest.MonkeyPatch.context() as patch:
        for step, verb in enumerate(CHAIN):
            before(step)
            patch.setattr(sys, "argv", ["quantsig", *verb.format(name).split()])
            assert main() == 0
    return {file: (Path(name) / "run" / file).read_bytes() for file in FILES}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with settings and bars, where every chain runs."""
    folder = tmp_path_factory.mktemp("numbers")
    planted_bars(400, seed=1).bars.drop("adjustment").write_csv(folder / "bars.csv")
    (folder / "quantsig.toml").write_text(SETTINGS)
    return folder


@pytest.fixture(scope="module")
def plain(settings: Path) -> dict[str, bytes]:
    """What comes in UTC and the language C."""
    zone = os.environ.get("TZ", "")
    _set_zone("UTC")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(settings)
        found = numbers("plain")
    _set_zone(zone)
    return found


@pytest.fixture(autouse=True)
def there(settings: Path, own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder of every test."""
    monkeypatch.chdir(settings)


def test_another_zone_before_each_step(plain: dict[str, bytes]) -> None:
    """As a laptop has that travels while it works."""
    moving = numbers("moving", lambda step: _set_zone(ZONES[step % len(ZONES)]))
    assert moving == plain


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages(plain: dict[str, bytes], language: str) -> None:
    """Decimal commas, and a capital i that has a dot."""
    try:
        locale.setlocale(locale.LC_ALL, language)
    except locale.Error:
        reason = f"the language {language} is not installed here"
        if os.environ.get("REQUIRE_LOCALES"):
            pytest.fail(reason)
        pytest.skip(reason)
    assert numbers(language) == plain


DATED = (ledger, choices, record)  # modules that write down when something was done


def test_a_clock_that_jumps_back(plain: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step seems to come a day before the one before: what was chosen last is what counts."""
    clock = time.time

    def earlier(step: int) -> None:
        monkeypatch.setattr(time, "time", lambda: clock() - 86_400 * step)

        class Earlier(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) - timedelta(days=step)

        for module in DATED:
            monkeypatch.setattr(module, "datetime", Earlier)

    assert numbers("jumping", earlier) == plain
    chosen = [choice.threshold for choice in open_run(Path("jumping/run")).choices()]
    assert chosen[-1] == 0.5

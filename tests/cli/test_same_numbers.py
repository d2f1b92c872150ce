"""The clock's zone and the language of the machine change no number."""

import locale
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from quantsig.signals import ledger
from quantsig.signals.runs import open_run
from quantsig.signals.thresholds import choices
from quantsig.signals.training.tracking import record
from tests.cli.conftest import Quantsig, assert_done

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


@pytest.fixture
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


def numbers(quantsig: Quantsig, name: str, before: Callable[[int], None]) -> dict[str, bytes]:
    """The bytes that the chain writes, told before each step which one it is."""
    for step, verb in enumerate(CHAIN):
        before(step)
        assert_done(quantsig(*verb.format(name).split()))
    return {file: (Path(name) / "run" / file).read_bytes() for file in FILES}


@pytest.fixture
def plain(trained: Quantsig, own_folder: Path, machine: None) -> dict[str, bytes]:
    """What comes in UTC and the language C."""
    shutil.rmtree(own_folder / "runs")
    _set_zone("UTC")
    return numbers(trained, "plain", lambda step: None)


def test_another_zone_before_each_step(trained: Quantsig, plain: dict[str, bytes]) -> None:
    """As a laptop has that travels while it works."""
    moving = numbers(trained, "moving", lambda step: _set_zone(ZONES[step % len(ZONES)]))
    assert moving == plain


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages(trained: Quantsig, plain: dict[str, bytes], language: str) -> None:
    """Decimal commas, and a capital i that has a dot."""
    try:
        locale.setlocale(locale.LC_ALL, language)
    except locale.Error:
        reason = f"the language {language} is not installed here"
        if os.environ.get("REQUIRE_LOCALES"):
            pytest.fail(reason)
        pytest.skip(reason)
    assert numbers(trained, "abroad", lambda step: None) == plain


DATED = (ledger, choices, record)  # modules that write down when something was done


def test_a_clock_that_jumps_back(
    trained: Quantsig, plain: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
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

    assert numbers(trained, "jumping", earlier) == plain
    chosen = [choice.threshold for choice in open_run(Path("jumping/run")).choices()]
    assert chosen[-1] == 0.5

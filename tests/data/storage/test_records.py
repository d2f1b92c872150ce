"""A document is its dataclass, field by field, or is refused with the field named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from quantsig.data.errors import DataError, IntegrityError, QuantsigError, refused
from quantsig.data.storage.documents import read_json, write_json
from quantsig.data.storage.records import LEFT_OUT, Figures, read_record, write_record

SCHEMA = "quantsig.test/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inner:
    """A part of a document, with a check of its own."""

    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise refused("inner.number", self.number, "Give one from 0 on.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outer:
    """A document with a field of every kind."""

    text: str
    ratio: float
    flag: bool
    size: tuple[int, int]
    names: tuple[str, ...]
    inner: Inner
    inners: list[Inner]
    points: Sequence[float]
    unit: Literal["bars", "days"]
    figures: Figures
    by_name: Mapping[str, Inner]
    anything: Any
    lasts: timedelta = timedelta(days=3, hours=2, microseconds=5)
    perhaps: Inner | None = None
    later: float | None = field(default=None, metadata=LEFT_OUT)
    count: int = 3  # documents of before have none


WHOLE = Outer(
    text="a",
    ratio=1,
    flag=True,
    size=(2, 3),
    names=("x", "y"),
    inner=Inner(number=1),
    inners=[Inner(number=2)],
    points=(0.5, 1),
    unit="days",
    figures={"a": 0.5, "b": None, "c": "d"},
    by_name={"one": Inner(number=4)},
    anything={"deep": [1, {"er": None}]},
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The whole document in a file."""
    write_record(tmp_path / "document.json", WHOLE, SCHEMA)
    return tmp_path / "document.json"


def read(source: Path) -> Outer:
    return read_record(source, Outer, SCHEMA, remedy="Write it again.")


def told(source: Path, change: Mapping[str, Any]) -> QuantsigError:
    """What is said of the document with a change in it; None takes a field away."""
    changed = {**read_json(source), **change}
    write_json(source, {name: value for name, value in changed.items() if value is not None})
    with pytest.raises(QuantsigError) as caught:
        read(source)
    assert caught.value.where == str(source)
    return caught.value


def test_what_is_written_is_read(source: Path) -> None:
    """As the same object, in the order of its fields; what may be left out and is None, is."""
    assert read(source) == WHOLE
    assert list(read_json(source))[:3] == ["schema", "text", "ratio"]
    assert "later" not in read_json(source)
    assert read_json(source)["perhaps"] is None


def test_an_older_document_has_defaults(source: Path) -> None:
    """For the fields that it does not know."""
    kept = {name: value for name, value in read_json(source).items() if name != "count"}
    write_json(source, kept)
    assert read(source) == WHOLE


@pytest.mark.parametrize("name", ["text", "inner", "figures", "anything"])
def test_a_missing_field_is_damage(source: Path, name: str) -> None:
    """Named as it is written."""
    error = told(source, {name: None})
    assert isinstance(error, IntegrityError)
    assert f"it has no {name}." in error.what


@pytest.mark.parametrize(
    ("change", "named"),
    [({"novelty": 1}, "novelty"), ({"inner": {"number": 1, "novelty": 1}}, "inner.novelty")],
)
def test_an_unknown_field_is_of_another_version(
    source: Path, change: Mapping[str, Any], named: str
) -> None:
    """What it means is not known, so nothing is read."""
    error = told(source, change)
    assert isinstance(error, DataError)
    assert error.what == f"unknown field {named}; this version does not know it."
    assert error.remedy == "Write it again."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": 1}, "text is 1, not a text"),
        ({"ratio": "1"}, 'ratio is "1", not a number'),
        ({"ratio": True}, "ratio is true, not a number"),
        ({"flag": 1}, "flag is 1, not true or false"),
        ({"size": [1]}, "size has 1 values, not 2"),
        ({"names": ["x", 1]}, "names[1] is 1, not a text"),
        ({"names": {"x": 1}}, 'names is {"x": 1}, not a list'),
        ({"inner": [1]}, "inner is [1], not an object"),
        ({"inner": {"number": 1.5}}, "inner.number is 1.5, not a whole number"),
        ({"inner": {}}, "it has no inner.number"),
        ({"inner": {"number": -1}}, "inner says what cannot be: number cannot be -1."),
        ({"inners": [{"number": "x"}]}, 'inners[0].number is "x", not a whole number'),
        ({"figures": {"a": [1]}}, "figures.a is [1]"),
        ({"by_name": {"one": 1}}, "by_name.one is 1, not an object"),
        ({"perhaps": {}}, "it has no perhaps.number"),
        ({"points": [0.5, None]}, "points[1] is null, not a number"),
        ({"unit": "weeks"}, 'unit is "weeks", not one of bars, days'),
        ({"later": "x"}, 'later is "x", not a number'),
        ({"lasts": "3 days"}, 'lasts is "3 days", not a duration'),
        ({"lasts": 3}, "lasts is 3, not a duration"),
    ],
)
def test_a_value_of_another_type_is_damage(
    source: Path, change: Mapping[str, Any], said: str
) -> None:
    """Wherever it stands."""
    error = told(source, change)
    assert isinstance(error, IntegrityError)
    assert said in error.what


def test_another_format_is_refused(source: Path) -> None:
    """Before any field is looked at."""
    assert "unknown format quantsig.test/2" in told(source, {"schema": "quantsig.test/2"}).what

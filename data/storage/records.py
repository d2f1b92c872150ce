"""JSON documents as frozen dataclasses: each field is there, known and of its type."""

import dataclasses
import json
import re
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from quantsig.data.errors import DataError, QuantsigError, refused
from quantsig.data.language.messages import Message, phrase, term
from quantsig.data.storage.checksums import damaged
from quantsig.data.storage.documents import read_document, write_json

LARGEST = 2**63 - 1  # whole number
LEFT_OUT = {"where None": "left out of the document"}  # metadata of such a field
SCALARS: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    types.NoneType: (types.NoneType,),
}
DURATION = re.compile(
    r"(?:(?P<days>-?\d{1,6}) days?, )?(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d(\.\d+)?)"
)
if TYPE_CHECKING:
    Scalar = Any  # which of them, the name of the figure says
else:
    Scalar = str | float | bool | None
Figures = Mapping[str, Scalar]  # by name, None where one is not known
Record = TypeVar("Record")


class _OtherTypeError(Exception):
    """A value is not of the type that its field says; `reason` can be told in any language."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason)
        self.reason = reason


class _UnknownFieldError(Exception):
    """A document says what its dataclass knows nothing of."""


def read_record(source: Path, kind: type[Record], *schemas: str, remedy: str) -> Record:
    """Read a JSON document of one format as its dataclass.

    Args:
        source: the file.
        kind: a dataclass; its fields with defaults may be missing.
        schemas: what the document's `schema` may be, the version that is written first.
        remedy: what to do where it is another, or says what this version does not know.

    Raises:
        DataError: there is no such file, it is of another format, or a field is unknown.
        IntegrityError: it is no JSON object, or a field is missing or of another type.
    """
    return record_of(read_document(source, *schemas, remedy=remedy), kind, source, remedy=remedy)


def record_of(
    document: Mapping[str, Any], kind: type[Record], source: Path, *, remedy: str
) -> Record:
    """A document that was read from `source` as its dataclass; see `read_record`."""
    said = {name: value for name, value in document.items() if name != "schema"}
    try:
        found: Record = _dataclass_of(kind, said, "")
        return found
    except _OtherTypeError as error:
        raise damaged(source, error.reason) from error
    except _UnknownFieldError as error:
        raise DataError(
            phrase("unknown field {name}; this version does not know it.", name=error),
            where=str(source),
            remedy=remedy,
        ) from error


def check_moment(name: str, text: object) -> None:
    """Raise a ConfigError where a field is no ISO time with its zone."""
    try:
        aware = datetime.fromisoformat(str(text)).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise refused(name, text, "Write a time as 2024-03-31T02:00:00+00:00.")


def write_record(target: Path, record: Any, schema: str) -> None:
    """Replace `target` by a record as one JSON document, atomically."""
    write_json(target, document_of(record, schema))


def document_of(record: Any, schema: str) -> dict[str, Any]:
    """What `write_record` writes of a record."""
    return {"schema": schema, **plain(record)}


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are known; TOML has no word for nothing."""
    return {name: value for name, value in values.items() if value is not None}


def plain(record: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, in the order in which a document has them.

    A part that has an `as_dict` of its own is what that gives.
    """
    found = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if value is not None or field.metadata != LEFT_OUT:
            found[field.name] = _plain_value(value)
    return found


def _plain_value(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return value.as_dict() if hasattr(value, "as_dict") else plain(value)
    if isinstance(value, Mapping):
        return {name: _plain_value(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_value(item) for item in value]
    return value


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _dataclass_of(kind: Any, value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        raise _other(name, value, "an object")
    fields = [field for field in dataclasses.fields(kind) if field.init]
    prefix = f"{name}." if name else ""
    unknown = value.keys() - {field.name for field in fields}
    if unknown:
        raise _UnknownFieldError(prefix + min(unknown))
    found = {}
    for field in fields:
        if field.name in value:
            path = prefix + field.name
            found[field.name] = _value_of(_types(kind)[field.name], value[field.name], path)
        elif field.default is field.default_factory is dataclasses.MISSING:
            raise _OtherTypeError(phrase("it has no {name}", name=prefix + field.name))
    try:
        return kind(**found)
    except QuantsigError as error:
        said = phrase("{name} says what cannot be: {what}", name=name or "it", what=error.what)
        raise _OtherTypeError(said) from error


def _value_of(kind: Any, value: Any, name: str) -> Any:
    """A value as its type says; JSON's lists become tuples where a tuple is asked for."""
    if kind is Any:
        return value
    if kind in SCALARS:
        fits = isinstance(value, SCALARS[kind]) and (kind is bool) == isinstance(value, bool)
        if fits and not (isinstance(value, int) and abs(value) > LARGEST):
            return value
        raise _other(name, value, _words(kind))
    if dataclasses.is_dataclass(kind):
        return _dataclass_of(kind, value, name)
    return CONTAINERS[get_origin(kind) or kind](kind, value, name)


def _list_of(kind: Any, value: Any, name: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise _other(name, value, "a list")
    own, arguments = get_origin(kind) or kind, get_args(kind) or (Any,)
    if own is tuple and arguments[-1] is not Ellipsis:
        if len(value) != len(arguments):
            said = "{name} has {count} values, not {expected}"
            raise _OtherTypeError(
                phrase(said, name=name, count=len(value), expected=len(arguments))
            )
    else:
        arguments = (arguments[0],) * len(value)
    items = (
        _value_of(item_kind, item, f"{name}[{place}]")
        for place, (item_kind, item) in enumerate(zip(arguments, value, strict=True))
    )
    return list(items) if own is list else tuple(items)


def _mapping_of(kind: Any, value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        raise _other(name, value, "an object")
    item_kind = (get_args(kind) or (str, Any))[1]
    return {key: _value_of(item_kind, item, f"{name}.{key}") for key, item in value.items()}


def _named_of(kind: Any, value: Any, name: str) -> Any:
    if value not in get_args(kind):
        known = ", ".join(map(str, get_args(kind)))
        raise _other(name, value, phrase("one of {known}", known=known))
    return value


def _duration_of(kind: Any, value: Any, name: str) -> Any:
    """A timedelta as `str` spells it."""
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _other(name, value, "a duration such as 1 day, 2:30:00")
    parts = {unit: float(number) for unit, number in found.groupdict().items() if number}
    return timedelta(**parts)


def _one_of(kind: Any, value: Any, name: str) -> Any:
    """The first of several types that a value is of."""
    refused: list[_OtherTypeError] = []
    known = [one for one in get_args(kind) if value is not None or one is types.NoneType]
    for one in known or get_args(kind):
        try:
            return _value_of(one, value, name)
        except _OtherTypeError as error:
            refused.append(error)
    raise next(error for error in refused if "not nothing" not in error.reason)


CONTAINERS: dict[Any, Callable[[Any, Any, str], Any]] = {
    list: _list_of,
    tuple: _list_of,
    Sequence: _list_of,
    dict: _mapping_of,
    Mapping: _mapping_of,
    Literal: _named_of,
    timedelta: _duration_of,
    types.UnionType: _one_of,
    Union: _one_of,
}


def _other(name: str, value: Any, expected: str) -> _OtherTypeError:
    return _OtherTypeError(
        phrase(
            "{name} is {value}, not {expected}",
            name=name,
            value=_shown(value),
            expected=term(expected),
        )
    )


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:60]


def _words(kind: type) -> str:
    return {
        str: "a text",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        types.NoneType: "no value",
    }[kind]

"""What a pickle of plain values, numpy arrays and torch tensors says, without unpickling it.

Nothing is imported and nothing is called that the file names. The opcodes that dictionaries,
lists, texts, numbers and arrays need are followed one by one; the names of numpy's and torch's
constructors are markers for code here, which checks types and sizes before it takes the bytes.
Every other opcode and every other name is refused.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pickletools import code2op  # type: ignore[attr-defined]
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_OPCODES = 100_000
MOST_DIMS = 8
MOST_SIDE = 1 << 31
TEXT_CHARACTERS = 1000  # of a numpy string
NUMBERS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
STORAGES: Mapping[str, str] = {
    "HalfStorage": "<f2",
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "BFloat16Storage": "bfloat16",
    "CharStorage": "<i1",
    "ShortStorage": "<i2",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
    "ByteStorage": "<u1",
    "BoolStorage": "|b1",
}

ReadStorage = Callable[[str], bytes]
LoadStorage = Callable[[bytes], "Storage"]


AFTER_STRIDES = 3  # requires_grad, hooks and metadata follow the strides of a tensor


class BadPickle(ValueError):  # noqa: N818 - what is wrong with it is the message
    """A pickle that is damaged, or that asks for more than plain values and arrays."""


def interpret(
    content: bytes,
    read_storage: ReadStorage | None = None,
    load_storage: LoadStorage | None = None,
) -> dict[str, Any]:
    """The dictionary that a pickle holds: numbers, texts, lists of these, and arrays.

    Args:
        content: the whole pickle.
        read_storage: gives the bytes of a torch storage by its key; None: there are none.
        load_storage: reads a torch storage that the pickle itself holds; None: it may hold none.

    Raises:
        BadPickle: it is damaged, or holds anything else.
    """
    stream = io.BytesIO(content)
    value = _follow(stream, _Machine(read_storage, load_storage), MOST_OPCODES)
    if stream.tell() != len(content):
        raise BadPickle(f"{len(content) - stream.tell():,} other bytes follow its pickle")
    return _plain(value)


def next_value(stream: io.BytesIO, most_opcodes: int) -> Any:
    """The value of the pickle that begins here, tensors apart; the stream then stands behind it.

    Raises:
        BadPickle: it is damaged, has more steps, or holds anything else.
    """
    return _follow(stream, _Machine(), most_opcodes)


def _follow(stream: io.BytesIO, machine: "_Machine", most_opcodes: int) -> Any:
    for _ in range(most_opcodes):
        position = stream.tell()
        try:
            code = stream.read(1).decode("latin-1")
            opcode = code2op.get(code)
            if opcode is None or opcode.name not in OPCODES:
                raise BadPickle(f"{opcode.name if opcode else 'byte'} {code!r} is not allowed")
            argument = _argument(opcode, stream)
            if opcode.name == "STOP":
                return machine.stack.pop()
            OPCODES[opcode.name](machine, argument)
        except BadPickle as error:
            raise BadPickle(f"{error}, at byte {position} of its pickle") from error
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise BadPickle(f"its pickle is damaged at byte {position}") from error
    raise BadPickle(f"its pickle has more than {most_opcodes:,} steps")


def _argument(opcode: Any, stream: io.BytesIO) -> Any:
    if opcode.name == "GLOBAL":  # two lines; the library's own reader would unescape them
        return tuple(stream.readline().removesuffix(b"\n").decode("ascii") for _ in range(2))
    return opcode.arg.reader(stream) if opcode.arg else None


@dataclass(frozen=True, slots=True)
class _Name:
    """A module and a name that the pickle mentions."""

    name: str


@dataclass(slots=True)
class _Type:
    """A numpy dtype on its way."""

    code: str
    order: str = "<"

    def dtype(self) -> np.dtype[Any]:
        """The dtype, in the byte order that the pickle states."""
        if self.code in NUMBERS or self._is_text():
            order = self.order if self.order in ("<", ">") else "<"
            return np.dtype(order + self.code)
        raise BadPickle(f"arrays of {self.code} are not allowed")

    def _is_text(self) -> bool:
        digits = self.code[1:]
        short = digits.isascii() and digits.isdigit() and len(digits) < 5
        return self.code[:1] in ("U", "S") and short and 0 < int(digits) <= TEXT_CHARACTERS


@dataclass(slots=True)
class _Array:
    """An array, None until its bytes have come."""

    values: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True)
class Storage:
    """The numbers a tensor is a view of."""

    kind: str  # as numpy has it, little-endian, or bfloat16
    key: str
    numbers: int
    content: memoryview | None = None  # the numbers, where they came with it


class _Machine:
    """Stack and memo of one pickle."""

    def __init__(
        self,
        read_storage: ReadStorage | None = None,
        load_storage: LoadStorage | None = None,
    ) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # stacks under the marks
        self.memo: dict[int, Any] = {}
        self.read_storage = read_storage
        self.load_storage = load_storage

    def since_mark(self) -> list[Any]:
        """What was pushed since the last mark, which is taken away."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def mark(self) -> None:
        """Begin a new stack over this one."""
        self.below.append(self.stack)
        self.stack = []

    def tuple_since_mark(self) -> None:
        """Make a tuple of what was pushed since the last mark."""
        items = tuple(self.since_mark())
        self.stack.append(items)

    def pop(self, kind: type) -> Any:
        """The topmost value, which must be of a kind."""
        return _as(kind, self.stack.pop())

    def name(self, module: str, name: str) -> None:
        """Push a name, if it is one of the markers."""
        full = f"{module}.{name}".replace("numpy.core.", "numpy._core.")
        storage = module == "torch" and name in STORAGES
        if full not in CONSTRUCTORS and not storage and full != "numpy.ndarray":
            raise BadPickle(f"it names {module}.{name}, which is not allowed")
        self.stack.append(_Name(full))

    def stack_name(self) -> None:
        """Push the name whose two parts are on the stack."""
        name = self.pop(str)
        self.name(self.pop(str), name)

    def call(self) -> None:
        """Do what a constructor would, by code of our own."""
        arguments = self.pop(tuple)
        named = self.pop(_Name)
        self.stack.append(CONSTRUCTORS[named.name](self, *arguments))

    def build(self) -> None:
        """Complete the dtype or array below the state on the stack."""
        state = self.pop(tuple)
        unfinished = self.stack[-1]
        if isinstance(unfinished, _Type):
            unfinished.order = _as(str, state[1])
        elif isinstance(unfinished, _Array) and unfinished.values is None:
            _, shape, kind, by_columns, content = state
            order = "F" if by_columns else "C"
            unfinished.values = _array(content, _as(_Type, kind), shape, order)
        else:
            raise BadPickle("it sets the state of something that has none")

    def put(self, place: int) -> None:
        """Remember the topmost value."""
        self.memo[place] = self.stack[-1]

    def set_items(self, items: list[Any]) -> None:
        """Fill the dictionary on the stack."""
        target = _as(dict, self.stack[-1])
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_as(str, key)] = value

    def append(self, items: list[Any]) -> None:
        """Fill the list on the stack."""
        _as(list, self.stack[-1]).extend(items)

    def take(self, count: int) -> None:
        """Make a tuple of the topmost values."""
        if len(self.stack) < count:
            raise BadPickle("its stack is empty")
        cut = len(self.stack) - count
        self.stack[cut:] = [tuple(self.stack[cut:])]

    def storage(self) -> None:
        """Turn the description of a torch storage into a marker."""
        word, kind, key, _, numbers, *view = self.pop(tuple)
        if word != "storage" or view not in ([], [None]):
            raise BadPickle("it refers to something outside that is no storage")
        name = _as(_Name, kind).name.removeprefix("torch.")
        self.stack.append(Storage(STORAGES[name], _as(str, key), _size(numbers)))


def _reconstruct(machine: _Machine, kind: _Name, shape: Any, code: Any) -> _Array:
    return _Array()


def _dtype(machine: _Machine, code: str, align: Any = False, copy: Any = True) -> _Type:
    return _Type(_as(str, code))


def _frombuffer(
    machine: _Machine, content: bytes, kind: _Type, shape: tuple[int, ...], order: str
) -> _Array:
    if order not in ("C", "F"):
        raise BadPickle(f"arrays in the order {order!r} are not allowed")
    return _Array(_array(content, _as(_Type, kind), shape, order))


def _scalar(machine: _Machine, kind: _Type, content: bytes) -> _Array:
    return _Array(_array(content, _as(_Type, kind), (), "C"))


def _encode(machine: _Machine, text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise BadPickle(f"texts in {encoding!r} are not allowed")
    return _as(str, text).encode("latin-1")  # type: ignore[no-any-return]


def _ordered(machine: _Machine) -> dict[str, Any]:
    return {}


def _tensor(
    machine: _Machine, storage: Storage, offset: int, size: Any, strides: Any, *more: Any
) -> _Array:
    """A view of a storage; one that repeats numbers could be of any size, so it is refused.

    Args:
        more: whether it requires a gradient, its hooks and its metadata.
    """
    _as(Storage, storage)
    if len(more) > AFTER_STRIDES:
        raise BadPickle("a tensor is made of more than torch writes")
    if (
        len(more) == AFTER_STRIDES and more[-1]
    ):  # a view that negates or conjugates: its numbers are not those stored
        raise BadPickle("a tensor has metadata; save it as tensor.resolve_neg().clone()")
    shape, steps, start = _shape(size), _shape(strides), _size(offset)
    wide = storage.kind == "bfloat16"
    kind = np.dtype("<u2" if wide else storage.kind)
    numbers = np.frombuffer(_content(machine, storage), kind)
    last = start + sum((side - 1) * step for side, step in zip(shape, steps, strict=True))
    if len(numbers) != storage.numbers or prod(shape) > len(numbers):
        raise BadPickle(f"the storage {storage.key!r} is not of the size that its tensor states")
    if prod(shape) == 0 or last >= len(numbers):
        raise BadPickle("a tensor reaches outside its storage or is empty")
    _refuse_repeats(shape, steps)
    jumps = [step * kind.itemsize for step in steps]
    view = np.lib.stride_tricks.as_strided(numbers[start:], shape, jumps)
    if wide:
        words = view.astype(np.uint32)
        words <<= 16  # in place, or a tensor of no dimensions would become a plain number
        view = words.view(np.float32)
    return _Array(view)


def _content(machine: _Machine, storage: Storage) -> bytes | memoryview:
    if storage.content is not None:
        return storage.content
    if machine.read_storage is None:
        raise BadPickle("it is a tensor without its storage")
    return machine.read_storage(storage.key)


def _refuse_repeats(shape: tuple[int, ...], steps: tuple[int, ...]) -> None:
    """Raise a BadPickle where a number of the storage is in the tensor more than once."""
    reach = 0
    for step, side in sorted(zip(steps, shape, strict=True)):
        if side > 1 and step <= reach:
            raise BadPickle("a tensor repeats numbers of its storage; save tensor.clone()")
        reach += (side - 1) * step


def _storage(machine: _Machine, content: bytes) -> Storage:
    if machine.load_storage is None:
        raise BadPickle("a torch storage within another or within a .pt file is not allowed")
    return machine.load_storage(_as(bytes, content))


def _parameter(machine: _Machine, tensor: _Array, *rest: Any) -> _Array:
    return _as(_Array, tensor)  # type: ignore[no-any-return]


CONSTRUCTORS: Mapping[str, Callable[..., Any]] = {
    "numpy.dtype": _dtype,
    "numpy._core.multiarray._reconstruct": _reconstruct,
    "numpy._core.multiarray.scalar": _scalar,
    "numpy._core.numeric._frombuffer": _frombuffer,
    "_codecs.encode": _encode,
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch.storage._load_from_bytes": _storage,
}

Step = Callable[[_Machine, Any], Any]
PUSH: Step = lambda m, value: m.stack.append(value)  # noqa: E731
PASS: Step = lambda m, value: None  # noqa: E731
PUT: Step = lambda m, place: m.put(place)  # noqa: E731
GET: Step = lambda m, place: m.stack.append(m.memo[place])  # noqa: E731

OPCODES: Mapping[str, Step] = {
    "PROTO": PASS,
    "FRAME": PASS,
    "STOP": PASS,
    "MARK": lambda m, _: m.mark(),
    "NONE": PUSH,
    "NEWTRUE": lambda m, _: m.stack.append(True),
    "NEWFALSE": lambda m, _: m.stack.append(False),
    "BININT": PUSH,
    "BININT1": PUSH,
    "BININT2": PUSH,
    "LONG1": PUSH,
    "BINFLOAT": PUSH,
    "SHORT_BINUNICODE": PUSH,
    "BINUNICODE": PUSH,
    "BINUNICODE8": PUSH,
    "SHORT_BINBYTES": PUSH,
    "BINBYTES": PUSH,
    "BINBYTES8": PUSH,
    "BYTEARRAY8": PUSH,
    "EMPTY_DICT": lambda m, _: m.stack.append({}),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "EMPTY_TUPLE": lambda m, _: m.stack.append(()),
    "TUPLE": lambda m, _: m.tuple_since_mark(),
    "TUPLE1": lambda m, _: m.take(1),
    "TUPLE2": lambda m, _: m.take(2),
    "TUPLE3": lambda m, _: m.take(3),
    "SETITEM": lambda m, _: m.set_items([m.stack.pop(-2), m.stack.pop()]),
    "SETITEMS": lambda m, _: m.set_items(m.since_mark()),
    "APPEND": lambda m, _: m.append([m.stack.pop()]),
    "APPENDS": lambda m, _: m.append(m.since_mark()),
    "BINPUT": PUT,
    "LONG_BINPUT": PUT,
    "MEMOIZE": lambda m, _: m.put(len(m.memo)),
    "BINGET": GET,
    "LONG_BINGET": GET,
    "GLOBAL": lambda m, names: m.name(*names),
    "STACK_GLOBAL": lambda m, _: m.stack_name(),
    "REDUCE": lambda m, _: m.call(),
    "BUILD": lambda m, _: m.build(),
    "BINPERSID": lambda m, _: m.storage(),
}


def _array(content: Any, kind: _Type, shape: Any, order: Any) -> NDArray[Any]:
    """Bytes as an array, if they are exactly as many as its shape and type need."""
    if not isinstance(content, (bytes, bytearray)):
        raise BadPickle("an array has no bytes")
    sides, dtype = _shape(shape), kind.dtype()
    if prod(sides) * dtype.itemsize != len(content):
        raise BadPickle(f"an array of shape {sides} and {dtype} has {len(content)} bytes")
    return np.frombuffer(content, dtype).reshape(sides, order=order)


def _shape(sides: Any) -> tuple[int, ...]:
    shape = tuple(map(_size, _as(tuple, sides)))
    if len(shape) > MOST_DIMS:
        raise BadPickle(f"an array has {len(shape)} dimensions")
    return shape


def _size(number: Any) -> int:
    if type(number) is not int or not 0 <= number <= MOST_SIDE:
        raise BadPickle("a size makes no sense")
    return number


def _as(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise BadPickle(f"a {kind.__name__.lstrip('_')} is missing")
    return value


def _plain(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadPickle("it does not hold a dictionary")
    return {key: _finished(item) for key, item in value.items()}


def _finished(value: Any) -> Any:
    """A value without our markers; inside a list they are looked for one level deep.

    What else there is stays as it is, for whoever wants that value to refuse.
    """
    if isinstance(value, _Array) and value.values is not None:
        return value.values
    if isinstance(value, (list, tuple)):
        return [item.values if isinstance(item, _Array) else item for item in value]
    return value

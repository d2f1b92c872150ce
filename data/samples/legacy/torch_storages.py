"""The bytes that the storage of a torch tensor becomes when the tensor is pickled.

They are what torch.save wrote before version 1.6: five pickles one after the other (a magic
number, the version, the machine, the storage's description, the keys of the storages that
follow), then how many numbers there are and the numbers themselves.
"""

import io
import struct

import numpy as np

from quantsig.data.samples.legacy.pickles import BadPickle, Storage, next_value

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
MOST_OPCODES = 200  # of each pickle; torch writes fewer than 40
COUNT = struct.Struct("<q")
BYTES = {"bfloat16": 2}  # a number, where numpy does not know the type


def load_storage(content: bytes) -> Storage:
    """The storage that such bytes hold, its numbers not copied.

    Raises:
        BadPickle: they are damaged, or hold anything else.
    """
    stream = io.BytesIO(content)
    try:
        head = [next_value(stream, MOST_OPCODES) for _ in range(5)]
    except BadPickle as error:
        raise BadPickle(f"a torch storage is damaged ({error})") from error
    magic, version, machine, storage, keys = head
    if (magic, version) != (MAGIC, VERSION):
        raise BadPickle("a torch storage has another magic number or version")
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise BadPickle("a torch storage is not of a little-endian machine")
    if not isinstance(storage, Storage) or keys != [storage.key]:
        raise BadPickle("a torch storage holds something else, or several")
    return Storage(storage.kind, storage.key, storage.numbers, _numbers(content, stream, storage))


def _numbers(content: bytes, stream: io.BytesIO, storage: Storage) -> memoryview:
    """What follows the pickles, if it is as long as they and its own count say."""
    count, numbers = stream.read(COUNT.size), memoryview(content)[stream.tell() :]
    width = BYTES.get(storage.kind) or np.dtype(storage.kind).itemsize
    if count != COUNT.pack(storage.numbers) or len(numbers) != storage.numbers * width:
        raise BadPickle(f"a torch storage has {len(numbers):,} bytes, not those that it states")
    return numbers

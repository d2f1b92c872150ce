"""Two folders change places in one step, where system and disk can do that."""

import errno
import os
import sys
from pathlib import Path

AT_CURRENT_FOLDER = -100
EXCHANGE = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS alike
CANNOT = {
    getattr(errno, name)
    for name in ("ENOSYS", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "EPERM", "EXDEV")
    if hasattr(errno, name)
}


def swap(one: Path, other: Path) -> bool:
    """Exchange two paths so that there is no moment without either.

    Returns:
        Whether it was done; False where the system or the disk has no such step.
    """
    import ctypes  # noqa: PLC0415 - few commands replace a folder

    if sys.platform == "win32":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    names = (os.fsencode(one.absolute()), os.fsencode(other.absolute()))
    if hasattr(library, "renameat2"):
        here = AT_CURRENT_FOLDER
        failed = library.renameat2(here, names[0], here, names[1], EXCHANGE)
    elif hasattr(library, "renamex_np"):
        failed = library.renamex_np(*names, EXCHANGE)
    else:
        return False
    number = ctypes.get_errno()
    if failed and number not in CANNOT:
        raise OSError(number, os.strerror(number), str(other))
    return not failed

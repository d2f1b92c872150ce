"""What the models that are fitted at once have in common."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase

NEVER = float(np.log(1e-12))  # the score of a class that was not seen


def known_classes(targets: NDArray[Any], outputs: int) -> NDArray[np.int64]:
    """The classes that occur, in order.

    Raises:
        DataError: there is one only, so nothing tells them apart.
    """
    classes = np.unique(targets).astype(np.int64)
    if len(classes) < 2:
        raise DataError(
            phrase("all {samples} training samples are of one class.", samples=len(targets)),
            where=f"the label, which has {outputs} classes",
            remedy="Use more bars, or a label whose event is less rare.",
        )
    return classes

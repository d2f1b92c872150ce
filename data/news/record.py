"""What the manifest of a sample set says of its news."""

from collections.abc import Mapping
from dataclasses import dataclass

MATRIX, TFIDF = "matrix", "tfidf"  # what gave the vectors


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsRecord:
    """What a manifest says of the news of a set.

    Attributes:
        source: the file's name; of a set that grew, that of the newest.
        rows: items that count.
        width: numbers of a vector.
        embedded: matrix or tfidf.
        model: that gave the matrix, as it was said.
        model_sha256: of its folder, where the matrix says that.
        knows_until: the day on which its training text ends, as it was said.
        fitted_before: the time before which texts were known that vectors were learnt from.
        timezone: of days.
        delay_seconds: until an item counts as known.
        first: when the first item was known.
        newest: when the newest was.
        set_aside: items of that file that do not count, by rule.
        outside: items that count and lie beside the bars.
    """

    source: str
    rows: int
    width: int
    embedded: str
    model: str | None = None
    model_sha256: str | None = None
    knows_until: str | None = None
    fitted_before: str | None = None
    timezone: str
    delay_seconds: float = 0.0
    first: str
    newest: str
    set_aside: Mapping[str, int]
    outside: Mapping[str, int]

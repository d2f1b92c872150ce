"""Vectors of texts, learnt from the texts before some time alone: TF-IDF, and its largest axes.

Words and pairs of words are hashed (of Chinese, runs of one to three characters), so that there is
no vocabulary to keep; what is kept are two arrays of numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HASHES = 1 << 14
WIDTH = 64
SEED = 37
CHINESE = r"[一-鿿]{1,3}"
WORDS = r"(?u)\b\w+\b"

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TextEmbedder:
    """What gives a vector of a text.

    Attributes:
        idf: (HASHES,) logarithms of how rare each hash is.
        components: (E, HASHES) the axes.
    """

    idf: Floats
    components: Floats

    @property
    def width(self) -> int:
        """E, of its vectors."""
        return len(self.components)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """(n, E) of texts; one without a known word is all zeros."""
        if not texts:
            return np.zeros((0, self.width), np.float32)
        weighed = _weighed(_counted(texts), self.idf)
        found: Floats = np.asarray(weighed @ self.components.T, np.float32)
        return found


def fit_embedder(texts: Sequence[str], width: int = WIDTH) -> TextEmbedder:
    """Learn rarities and axes from texts, which are at least one."""
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415

    counts = _counted(texts)
    documents = np.bincount(counts.indices, minlength=HASHES)
    idf = (np.log((1.0 + counts.shape[0]) / (1.0 + documents)) + 1.0).astype(np.float32)
    weighed = _weighed(counts, idf)
    axes = min(width, max(1, min(weighed.shape[0] - 1, len(np.unique(counts.indices)) - 1)))
    svd = TruncatedSVD(axes, random_state=SEED).fit(weighed)
    components = np.zeros((width, HASHES), np.float32)
    components[:axes] = svd.components_
    return TextEmbedder(idf=idf, components=components)


def _counted(texts: Sequence[str]) -> Any:
    """How often each hash stands in each text, sparse."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

    settings: dict[str, Any] = {
        "n_features": HASHES,
        "alternate_sign": False,
        "norm": None,
        "dtype": np.float32,
    }
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=WORDS, **settings)
    counts = words.transform(texts)
    if any("一" <= letter <= "鿿" for text in texts for letter in text):
        runs = HashingVectorizer(analyzer=_runs, **settings)
        counts = counts + runs.transform(texts)
    return csr_matrix(counts)


def _runs(text: str) -> list[str]:
    """Runs of one to three Chinese characters."""
    letters = [letter if "一" <= letter <= "鿿" else " " for letter in text]
    pieces = "".join(letters).split()
    return [
        piece[start : start + length]
        for piece in pieces
        for length in (1, 2, 3)
        for start in range(len(piece) - length + 1)
    ]


def _weighed(counts: Any, idf: Floats) -> Any:
    """TF-IDF, each row of length 1."""
    from sklearn.preprocessing import normalize  # noqa: PLC0415

    return normalize(counts.multiply(idf).tocsr())

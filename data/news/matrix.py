"""A matrix of embeddings: a row an item, of numbers alone; ours say, too, what made them."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.storage import checksums, documents
from quantsig.data.storage.parquet import parquet_columns, read_parquet, write_parquet
from quantsig.data.storage.records import record_of

MARK = "quantsig.embeddings"  # key in a Parquet file of ours
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRecord:
    """What a matrix of ours says of itself.

    Attributes:
        news_sha256: of the file whose items it is of.
        model: its name.
        model_sha256: of its folder.
        knows_until: the day on which its training text ends, as it was said.
        max_tokens: of a text that were read.
    """

    news_sha256: str
    model: str
    model_sha256: str
    knows_until: str | None
    max_tokens: int


def write_matrix(target: Path, vectors: NDArray[np.float32], record: MatrixRecord) -> None:
    """Write vectors (n, E) as Parquet, a column a number, with what made them."""
    frame = pl.DataFrame(vectors, [f"v{number}" for number in range(vectors.shape[1])])
    write_parquet(target, frame, metadata={MARK: documents.to_json(asdict(record))})


def matrix_record(source: Path, news: Path) -> MatrixRecord | None:
    """What a matrix says of itself; None of one that is not ours.

    Raises:
        DataError: it is of other news.
    """
    if source.suffix.lower() == ".npy":
        return None
    said = parquet_columns(source).metadata.get(MARK.encode())
    if said is None:
        return None
    found = record_of(json.loads(said), MatrixRecord, source, remedy="Embed the news again.")
    if found.news_sha256 != checksums.sha256_of(news):
        raise DataError(
            "the matrix was made of other news, or these were changed since.",
            where=f"{source}, {news}",
            remedy="Embed them again: quantsig news embed NEWS `model` FOLDER",
        )
    return found


def read_matrix(source: Path, items: int, news: Path) -> NDArray[np.float32]:
    """Read a `.npy` or Parquet file; nothing is unpickled.

    Args:
        source: of the matrix.
        items: rows that it must have.
        news: whose rows these are.

    Raises:
        DataError: it is missing, holds no numbers, has another number of rows, or a number that
            is not finite.
    """
    if not source.is_file():
        raise DataError(
            phrase("there is no file {name}.", name=source.name),
            where=str(source),
            remedy="Name a matrix of embeddings, `.npy` or Parquet, a row an item.",
        )
    matrix = _opened(source)
    if matrix.ndim != 2 or matrix.dtype.kind not in "fiu" or not matrix.shape[1]:
        raise DataError(
            phrase(
                "this is no matrix of numbers: {dtype} of shape {shape}.",
                dtype=str(matrix.dtype),
                shape=str(matrix.shape),
            ),
            where=str(source),
            remedy="Store an array of two axes, float32 or float16, a row an item.",
        )
    if len(matrix) != items:
        raise DataError(
            phrase("the matrix has {rows} rows, the news {items}.", rows=len(matrix), items=items),
            where=f"{source}, {news}",
            remedy="Give a row an item, in the order of the file.",
        )
    wrong = ~(np.abs(matrix.astype(np.float64)) <= LARGEST).all(axis=1)
    if wrong.any():
        raise DataError(
            phrase("{rows} rows of the matrix are not finite.", rows=int(wrong.sum())),
            where=phrase("{matrix}, row {row}", matrix=source, row=int(wrong.argmax()) + 1),
            remedy="Leave out the items without an embedding, here and in the news.",
        )
    return np.ascontiguousarray(matrix, np.float32)


def _opened(source: Path) -> NDArray[np.generic]:
    if source.suffix.lower() != ".npy":
        frame = read_parquet(source)
        if not all(dtype.is_numeric() for dtype in frame.dtypes):
            return np.empty((len(frame), 0), object)
        return frame.select(pl.all().cast(pl.Float32)).to_numpy()
    try:
        found: NDArray[np.generic] = np.load(source, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DataError(
            phrase("this array cannot be read without running code: {why}.", why=str(error)),
            where=str(source),
            remedy="Store numbers: numpy.save(FILE, matrix.astype('float32')).",
        ) from error
    return found

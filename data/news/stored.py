"""The news of a sample set on disk: items as Parquet, vectors and what gave them as safetensors."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.news.embedding import TextEmbedder, fit_embedder
from quantsig.data.news.known import KnownNews
from quantsig.data.news.record import MATRIX, TFIDF, NewsRecord
from quantsig.data.news.table import NewsItems
from quantsig.data.storage import atomic, checksums, parquet

NEWS, VECTORS = FILES = ("news.parquet", "news.safetensors")


def store_news(folder: Path, news: NewsItems, fit_before: datetime | None) -> NewsRecord:
    """Write the news of a set into its folder.

    Args:
        folder: of the set.
        news: as they were read.
        fit_before: the end of the training split; texts known from then on teach nothing.

    Raises:
        DataError: no text was known before that.
    """
    from safetensors.numpy import save  # noqa: PLC0415

    tensors: dict[str, NDArray[Any]] = {}
    if news.vectors is None:
        embedder = _fitted(news, fit_before)
        vectors = embedder.vectors(news.items["text"].to_list())
        tensors = {"idf": embedder.idf, "components": embedder.components}
    else:
        vectors = news.vectors
    tensors["vectors"] = np.ascontiguousarray(vectors)
    parquet.write_parquet(folder / NEWS, news.items)
    atomic.write_bytes(folder / VECTORS, save(tensors))
    known = news.items["known"]
    return NewsRecord(
        source=news.source,
        rows=len(news.items),
        width=vectors.shape[1],
        embedded=TFIDF if news.vectors is None else MATRIX,
        model=news.options.model,
        knows_until=news.options.knows_until,
        fitted_before=fit_before.isoformat() if fit_before and news.vectors is None else None,
        timezone=news.timezone,
        delay_seconds=news.options.delay.total_seconds(),
        first=known[0].isoformat(),
        newest=known[-1].isoformat(),
        set_aside=news.set_aside,
        outside=news.outside,
    )


def _fitted(news: NewsItems, fit_before: datetime | None) -> TextEmbedder:
    before = pl.lit(True) if fit_before is None else pl.col("known") < fit_before
    texts = news.items.filter(before)["text"].to_list()
    if not texts:
        raise DataError(
            "no item was known before the training split ends, so there is no text to learn from.",
            where=news.source,
            remedy="Give older news, or a matrix of embeddings.",
        )
    return fit_embedder(texts)


def read_news_of(path: Path, hashes: Mapping[str, str]) -> KnownNews:
    """The items of a set with their vectors.

    Raises:
        IntegrityError: a file is not what was written.
    """
    checksums.check_sha256(path / NEWS, hashes[NEWS])
    vectors = _tensors(path, hashes)["vectors"]
    return KnownNews(items=parquet.read_parquet(path / NEWS), vectors=vectors)


def news_for(
    path: Path, hashes: Mapping[str, str], record: NewsRecord, news: NewsItems
) -> KnownNews:
    """New items with vectors as a set's own have: by its embedder, or of a matrix as wide.

    Raises:
        DataError: the vectors are of another kind, width or model.
        IntegrityError: a file of the set is not what was written.
    """
    if (record.embedded == MATRIX) != (news.vectors is not None):
        raise DataError(
            "the run learnt from a matrix of embeddings, and these news have none."
            if news.vectors is None
            else "the run embeds texts itself, and a matrix is named.",
            where=news.source,
            remedy="Give news as those of the samples it was trained on: with `embeddings`, or "
            "with texts.",
        )
    if news.vectors is None:
        tensors = _tensors(path, hashes)
        embedder = TextEmbedder(idf=tensors["idf"], components=tensors["components"])
        return KnownNews(items=news.items, vectors=embedder.vectors(news.items["text"].to_list()))
    if news.vectors.shape[1] != record.width:
        raise DataError(
            phrase(
                "these embeddings are {width} wide, those of the run {known}.",
                width=news.vectors.shape[1],
                known=record.width,
            ),
            where=news.source,
            remedy="Embed these news by the model that embedded those.",
        )
    return KnownNews(items=news.items, vectors=news.vectors)


def _tensors(path: Path, hashes: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.numpy import load  # noqa: PLC0415

    checksums.check_sha256(path / VECTORS, hashes[VECTORS])
    try:
        found: dict[str, NDArray[Any]] = load((path / VECTORS).read_bytes())
    except (SafetensorError, KeyError, ValueError) as error:
        raise checksums.damaged(path / VECTORS, "it holds no arrays") from error
    return found

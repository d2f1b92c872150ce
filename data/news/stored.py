"""The news of a sample set on disk: items as Parquet, vectors and what gave them as safetensors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.news.embedding import TextEmbedder, fit_embedder
from quantsig.data.news.growth import LATE, fresh_news, joined
from quantsig.data.news.known import KnownNews
from quantsig.data.news.record import MATRIX, TFIDF, NewsRecord
from quantsig.data.news.table import NewsItems, beside_bars
from quantsig.data.storage import atomic, checksums, parquet
from quantsig.data.storage.numbered import part, parts_in

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
    tensors: dict[str, NDArray[Any]] = {}
    if news.vectors is None:
        embedder = _fitted(news, fit_before)
        vectors = embedder.vectors(news.items["text"].to_list())
        tensors = {"idf": embedder.idf, "components": embedder.components}
    else:
        vectors = news.vectors
    _write(folder, FILES, news.items, {**tensors, "vectors": vectors})
    known = news.items["known"]
    return NewsRecord(
        source=news.source,
        rows=len(news.items),
        width=vectors.shape[1],
        embedded=TFIDF if news.vectors is None else MATRIX,
        model=news.options.model,
        model_sha256=news.options.model_sha256,
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
    parts = []
    for items, vectors in zip(parts_in(hashes, NEWS), parts_in(hashes, VECTORS), strict=True):
        checksums.check_sha256(path / items, hashes[items])
        tensors = _tensors(path, hashes, vectors)
        parts.append(
            KnownNews(items=parquet.read_parquet(path / items), vectors=tensors["vectors"])
        )
    return joined(parts)


@dataclass(frozen=True, slots=True)
class NewsSpan:
    """Where the bars of a set end that grows.

    Attributes:
        stored: when the newest stored bar of each symbol closed.
        first: when the oldest bar of all did.
        last: when the newest did, of the new bars, too.
    """

    stored: Mapping[str, datetime]
    first: datetime
    last: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class GrownNews:
    """What a set's news grew by.

    Attributes:
        record: what is to be said of them now.
        files: names of those that are new.
        added: items in them.
    """

    record: NewsRecord
    files: tuple[str, ...]
    added: int


def next_files(hashes: Mapping[str, str]) -> tuple[str, str]:
    """Names of the further part that a set's news would get."""
    number = len(parts_in(hashes, NEWS))
    return part(NEWS, number), part(VECTORS, number)


def grow_news(
    path: Path, hashes: Mapping[str, str], record: NewsRecord, news: NewsItems, span: NewsSpan
) -> GrownNews:
    """Write what a set does not hold yet as a further part of its news.

    Raises:
        DataError: news are not as those of the set.
        IntegrityError: a file is not what was written.
    """
    refuse_other_reading(record, news)
    stored = read_news_of(path, hashes)
    fresh = fresh_news(stored, news, span.stored)
    added = news_for(path, hashes, record, fresh.news)
    names = next_files(hashes) if len(added.items) else ()
    if names:
        _write(path, names, added.items, {"vectors": added.vectors})
    whole = joined([stored, added])
    known = whole.items["known"]
    aside = {**news.set_aside, **({LATE: fresh.late} if fresh.late else {})}
    return GrownNews(
        record=replace(
            record,
            source=news.source,
            rows=len(known),
            first=known[0].isoformat(),
            newest=known[-1].isoformat(),
            set_aside=aside,
            outside=beside_bars(known, span.first, span.last),
        ),
        files=names,
        added=len(added.items),
    )


def _write(
    folder: Path, names: tuple[str, str], items: pl.DataFrame, tensors: dict[str, NDArray[Any]]
) -> None:
    from safetensors.numpy import save  # noqa: PLC0415

    parquet.write_parquet(folder / names[0], items)
    contiguous = {name: np.ascontiguousarray(one) for name, one in tensors.items()}
    atomic.write_bytes(folder / names[1], save(contiguous))


def news_for(
    path: Path, hashes: Mapping[str, str], record: NewsRecord, news: NewsItems
) -> KnownNews:
    """New items with vectors as a set's own have: by its embedder, or of a matrix as wide.

    Raises:
        DataError: as `refuse_other_reading`.
        IntegrityError: a file of the set is not what was written.
    """
    refuse_other_reading(record, news)
    if news.vectors is None:
        tensors = _tensors(path, hashes)
        embedder = TextEmbedder(idf=tensors["idf"], components=tensors["components"])
        return KnownNews(items=news.items, vectors=embedder.vectors(news.items["text"].to_list()))
    return KnownNews(items=news.items, vectors=news.vectors)


def refuse_other_reading(record: NewsRecord, news: NewsItems) -> None:
    """Refuse news that were embedded, or are delayed, in another way than those of a set.

    Raises:
        DataError: the vectors are of another kind, width or model, or the delay is another.
    """
    if (record.embedded == MATRIX) != (news.vectors is not None):
        raise DataError(
            "the samples were made with a matrix of embeddings, and these news have none."
            if news.vectors is None
            else "the samples embed texts themselves, and a matrix is named.",
            where=news.source,
            remedy="Give news as those of the samples: with `embeddings`, or with texts.",
        )
    if news.vectors is not None and news.vectors.shape[1] != record.width:
        raise DataError(
            phrase(
                "these embeddings are {width} wide, those of the samples {known}.",
                width=news.vectors.shape[1],
                known=record.width,
            ),
            where=news.source,
            remedy="Embed these news by the model that embedded those.",
        )
    models = (record.model, news.options.model), (record.model_sha256, news.options.model_sha256)
    if any(None not in both and both[0] != both[1] for both in models):
        raise DataError(
            phrase(
                "these vectors are of {model}, those of the samples of {known}.",
                model=news.options.model,
                known=record.model,
            ),
            where=news.source,
            remedy="Embed these news by the model that embedded those.",
        )
    delay = news.options.delay.total_seconds()
    if delay != record.delay_seconds:
        raise DataError(
            phrase(
                "these news count as known after {delay:g} s, those of the samples after "
                "{known:g} s.",
                delay=delay,
                known=record.delay_seconds,
            ),
            where=news.source,
            remedy="Leave `news_delay` out: it is then that of the samples.",
        )


def _tensors(path: Path, hashes: Mapping[str, str], name: str = VECTORS) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.numpy import load  # noqa: PLC0415

    checksums.check_sha256(path / name, hashes[name])
    try:
        found: dict[str, NDArray[Any]] = load((path / name).read_bytes())
    except (SafetensorError, KeyError, ValueError) as error:
        raise checksums.damaged(path / name, "it holds no arrays") from error
    return found

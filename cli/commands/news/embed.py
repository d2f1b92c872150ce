"""`quantsig news embed`: vectors of news by a language model that lies on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Device, Force, Json, writable
from quantsig.cli.output import note, print_document, print_figures, stage
from quantsig.data.language.messages import phrase


def embed(
    news: Annotated[
        Path,
        typer.Argument(metavar="NEWS", help="A CSV, Parquet or JSON file with a column text."),
    ],
    *,
    model: Annotated[
        Path,
        typer.Option(
            "--model", metavar="FOLDER", help="Folder of a model and its tokenizer, as saved."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", callback=writable, help="The Parquet file to write; else beside NEWS."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Of the model; else that of its folder.")
    ] = None,
    knows_until: Annotated[
        str | None,
        typer.Option("--knows-until", help="Day on which the training text of that model ends."),
    ] = None,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=2, max=8192, help="Tokens of a text that are read.")
    ] = 64,
    device: Device = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write a vector for each item of news, for `samples build --news NEWS --embeddings FILE`.

    The model is read from its folder; nothing is downloaded. A vector is the mean of the model's
    last layer over the tokens of the text. The file says which model made it, and until when that
    knows texts. Needs the extra text.

    \b
    Example:
      quantsig news embed news.csv --model models/bge-small --knows-until 2023-08-01
      quantsig samples build bars.csv --news news.csv --embeddings news.vectors.parquet
    """
    from quantsig.data.errors import UsageError
    from quantsig.data.news.matrix import MatrixRecord, write_matrix
    from quantsig.data.news.options import asked_options
    from quantsig.data.news.table import news_texts
    from quantsig.data.storage import checksums
    from quantsig.data.storage.atomic import refuse_existing

    target = out or news.with_name(f"{news.stem}.vectors.parquet")
    if target.suffix.lower() != ".parquet":
        raise UsageError(
            "the matrix is written as Parquet, which says what made it.",
            where=f"--out {target}",
            remedy="Name a file that ends in .parquet.",
        )
    asked_options({"knows_until": knows_until})  # or the work would be for nothing
    refuse_existing(target, force=force)
    texts = news_texts(news)
    from quantsig.signals.inference.text_model import folder_digest, refuse_no_model, text_vectors

    refuse_no_model(model)
    with stage("Embedding texts") as progress:
        found = text_vectors(
            texts, model, max_tokens=max_tokens, device=device or "auto", progress=progress
        )
    record = MatrixRecord(
        news_sha256=checksums.sha256_of(news),
        model=name or model.resolve().name,
        model_sha256=folder_digest(model),
        knows_until=knows_until,
        max_tokens=max_tokens,
    )
    write_matrix(target, found.vectors, record)
    figures = {
        "items": len(texts),
        "without_text": sum(not text for text in texts),
        "cut_off": found.cut,
        "width": found.vectors.shape[1],
        "model": record.model,
    }
    if knows_until is None:
        note(
            phrase(
                "say until when {model} knows texts, with --knows-until: a model that knows the "
                "time of a test may have read what came of it.",
                model=record.model,
            )
        )
    if json:
        print_document("news.embed", figures, out=str(target), model_sha256=record.model_sha256)
        return
    print_figures(figures)
    print(target)

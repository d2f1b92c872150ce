"""Vectors of texts by a language model that lies in a folder of this machine.

Nothing is downloaded, no code of the folder runs, and weights that are pickled are refused. The
mean of the last layer over the tokens of a text is its vector (Reimers and Gurevych 2019,
"Sentence-BERT"). Every batch has as many texts, each of as many tokens, so that a vector does not
depend on the others of its file.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.errors import DataError, UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.progress import Progress, silent
from quantsig.data.storage import checksums
from quantsig.signals.scoring.device import find_device, out_of_memory

AT_ONCE = 32  # texts of a batch, always
MAX_TOKENS = 64
CONFIG, WEIGHTS = "config.json", "*.safetensors"
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")  # any of them
ANEW = "Save model and tokenizer anew in one folder, by save_pretrained."
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TextVectors:
    """What a model made of texts.

    Attributes:
        vectors: (n, E) float32; zeros for an empty text.
        cut: how many texts were longer than was read of them.
    """

    vectors: NDArray[np.float32]
    cut: int


def folder_digest(folder: Path) -> str:
    """SHA-256 of the names and contents of a model's files."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            digest.update(f"{name} {checksums.sha256_of(path)}\n".encode())
    return digest.hexdigest()


def refuse_no_model(folder: Path) -> None:
    """Refuse what is no folder of a model that can be read without running code.

    Raises:
        DataError: it is missing, or has no config.json, no weights in safetensors or no words.
    """
    if not folder.is_dir():
        raise DataError(
            phrase("there is no folder {name}: models are not downloaded.", name=folder.name),
            where=str(folder),
            remedy="Name the folder that a model was saved in, as by save_pretrained.",
        )
    for needed in (CONFIG, WEIGHTS):
        if not list(folder.glob(needed)):
            raise DataError(
                phrase("this folder holds no model that can be read: no {file}.", file=needed),
                where=str(folder),
                remedy="Save it anew: model.save_pretrained(FOLDER), tokenizer too; pickled "
                "weights are not read.",
            )
    if not any(list(folder.glob(name)) for name in VOCABULARIES):
        raise _no_words(folder)


def _no_words(folder: Path) -> DataError:
    """Without them transformers makes up a tokenizer to which all texts are alike."""
    return DataError(
        "the tokenizer of this model knows no words.",
        where=str(folder),
        remedy="Save it beside the model: tokenizer.save_pretrained(FOLDER).",
    )


def text_vectors(
    texts: Sequence[str],
    folder: Path,
    *,
    max_tokens: int = MAX_TOKENS,
    device: str = "auto",
    progress: Progress = silent,
) -> TextVectors:
    """The mean of a model's last layer over the tokens of each text.

    Args:
        texts: an empty one says nothing.
        folder: of the model and its tokenizer.
        max_tokens: of a text that are read; the others are cut off.
        device: auto, cpu or cuda.
        progress: told of texts.

    Raises:
        DataError: the folder holds no such model, or a tokenizer of another.
        UsageError: transformers is not installed, or the model reads no text that long.
        ResourceError: the device is not there.
    """
    refuse_no_model(folder)
    tokenizer, model = _opened(folder)
    _refuse_longer(model, max_tokens, folder)
    target = find_device(device)
    model = model.to(target).eval()
    said = [place for place, text in enumerate(texts) if text]
    cut, rows = 0, []
    with torch.inference_mode():
        for start in range(0, len(said), AT_ONCE):
            progress(start, len(said))
            batch = [texts[place] for place in said[start : start + AT_ONCE]]
            filled = batch + [batch[-1]] * (AT_ONCE - len(batch))
            fixed = {"padding": "max_length", "truncation": True, "max_length": max_tokens}
            with _refusing_damage(folder):
                tokens = tokenizer(filled, return_tensors="pt", **fixed)
                lengths = tokenizer(batch, truncation=False)["input_ids"]
            _refuse_unknown_tokens(tokens["input_ids"], model, folder)
            with _refusing_damage(folder):
                rows.append(_mean(model, tokens.to(target))[: len(batch)].cpu().numpy())
            cut += sum(len(one) > max_tokens for one in lengths)
    progress(len(said), len(said))
    width = rows[0].shape[1] if rows else int(model.config.hidden_size)
    vectors = np.zeros((len(texts), width), np.float32)
    if said:
        vectors[said] = np.concatenate(rows)
    return TextVectors(vectors=vectors, cut=cut)


def _refuse_unknown_tokens(numbers: torch.Tensor, model: Any, folder: Path) -> None:
    """Refuse numbers of tokens that a model has no row for, which a GPU would not survive."""
    known, largest = model.get_input_embeddings().num_embeddings, int(numbers.max())
    if largest >= known:
        raise DataError(
            phrase(
                "the tokenizer has a token {largest}, the model knows {known}.",
                largest=largest,
                known=known,
            ),
            where=str(folder),
            remedy="Save model and tokenizer anew in one folder, by save_pretrained.",
        )


def _mean(model: Any, tokens: Any) -> torch.Tensor:
    """(B, E) of tokens."""
    states = model(**tokens).last_hidden_state.float()  # (B, T, E)
    there = tokens["attention_mask"][..., None].to(states.dtype)
    found: torch.Tensor = (states * there).sum(dim=1) / there.sum(dim=1).clamp(min=1.0)
    return found


def _opened(folder: Path) -> tuple[Any, Any]:
    os.environ.update(dict.fromkeys(OFFLINE, "1"))  # before the import, which reads them
    try:
        from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415 - an extra, and slow
        from transformers.utils import logging  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "a language model needs transformers.",
            where=str(folder),
            remedy='Install it: pip install "quantsig[text]"',
        ) from error
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    given: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with _refusing_damage(folder):
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **given)
        model, found = AutoModel.from_pretrained(
            str(folder),
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            **given,
        )
        words = len(tokenizer) - len(tokenizer.all_special_ids)
    missing = [name for name in found["missing_keys"] if "pooler" not in name]  # which is not read
    if missing:  # they would be random
        raise DataError(
            phrase("weights of the model are not there: {name}.", name=missing[0]),
            where=str(folder),
            remedy=ANEW,
        )
    if words <= 0:
        raise _no_words(folder)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return tokenizer, model


@contextmanager
def _refusing_damage(folder: Path) -> Iterator[None]:
    """Tell what a library found in a model's files; it has an exception of its own for each."""
    try:
        yield
    except Exception as error:
        if out_of_memory(error):
            raise
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            phrase("the model cannot be read: {why}.", why=said), where=str(folder), remedy=ANEW
        ) from error


def _refuse_longer(model: Any, max_tokens: int, folder: Path) -> None:
    """Refuse texts of more tokens than a model has positions for."""
    most = getattr(model.config, "max_position_embeddings", None)
    if isinstance(most, int) and max_tokens > most:
        raise UsageError(
            phrase("the model reads {most} tokens of a text, not {n}.", most=most, n=max_tokens),
            where=str(folder),
            remedy=phrase("Give `max_tokens` of at most {most}.", most=most),
        )

"""Vectors of texts by a language model in a folder: a tiny one of random weights."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from quantsig.data.errors import DataError, UsageError
from quantsig.signals.inference.text_model import AT_ONCE, folder_digest, text_vectors
from tests.tiny_model import save_tiny_model

TEXTS = ["stock rises", "the board meets", "", "profit falls the loss rises", "nobody knows"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


def test_a_vector_is_the_mean_of_the_tokens(model: Path) -> None:
    """As transformers itself gives it for one text without padding; an empty text is zeros."""
    found = text_vectors(TEXTS, model, device="cpu").vectors
    assert found.shape == (5, 16)
    assert found.dtype == np.float32
    assert not found[2].any()
    one = AutoTokenizer.from_pretrained(str(model))(TEXTS[3], return_tensors="pt")
    with torch.inference_mode():
        states = AutoModel.from_pretrained(str(model)).eval()(**one).last_hidden_state
    np.testing.assert_allclose(found[3], states[0].mean(dim=0).numpy(), atol=1e-6)


def test_a_vector_does_not_depend_on_its_company(model: Path) -> None:
    """Bit for bit, so that a file that grew keeps the vectors it had."""
    whole = text_vectors(TEXTS * AT_ONCE, model, device="cpu").vectors
    few = text_vectors(TEXTS, model, device="cpu").vectors
    np.testing.assert_array_equal(whole[: len(TEXTS)], few)
    np.testing.assert_array_equal(whole[-len(TEXTS) :], few)


def test_texts_that_are_cut_off_are_counted(model: Path) -> None:
    """What comes after the last token that is read changes nothing."""
    found = text_vectors([TEXTS[3], TEXTS[0]], model, max_tokens=3, device="cpu")
    assert found.cut == 1
    other = text_vectors(["profit falls the board", TEXTS[0]], model, max_tokens=3, device="cpu")
    np.testing.assert_array_equal(found.vectors, other.vectors)


def test_a_folder_without_a_model_that_can_be_read_is_refused(model: Path, tmp_path: Path) -> None:
    """One that is not there is not looked for elsewhere, and pickled weights are not opened."""
    with pytest.raises(DataError, match="models are not downloaded"):
        text_vectors(TEXTS, Path("bert-base-uncased"))
    with pytest.raises(DataError, match=r"no config\.json"):
        text_vectors(TEXTS, tmp_path)
    (tmp_path / "config.json").write_bytes((model / "config.json").read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickled")
    with pytest.raises(DataError, match=r"no \*\.safetensors"):
        text_vectors(TEXTS, tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    (tmp_path / "tokenizer.json").write_bytes((model / "tokenizer.json").read_bytes())
    with pytest.raises(DataError, match="cannot be read"):
        text_vectors(TEXTS, tmp_path)
    assert folder_digest(tmp_path) != folder_digest(model)
    assert folder_digest(model) == folder_digest(model)


@pytest.mark.parametrize("left", ["nothing", "special"])
def test_a_tokenizer_without_words_is_refused(model: Path, tmp_path: Path, left: str) -> None:
    """To it all texts are alike, and one is made up where none was saved."""
    folder = Path(shutil.copytree(model, tmp_path / "model"))
    words = json.loads((folder / "tokenizer.json").read_text())
    words["model"]["vocab"] = {"[PAD]": 0, "[UNK]": 1}
    for path in folder.glob("tokenizer*"):
        path.unlink()
    if left == "special":
        (folder / "tokenizer.json").write_text(json.dumps(words))
        config = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match="knows no words"):
        text_vectors(TEXTS, folder, device="cpu")


def test_more_tokens_than_the_model_has_places_for_are_refused(model: Path) -> None:
    assert text_vectors(TEXTS, model, max_tokens=64, device="cpu").cut == 0
    with pytest.raises(UsageError, match="reads 64 tokens of a text, not 65"):
        text_vectors(TEXTS, model, max_tokens=65, device="cpu")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.json", "[]"),
        ("config.json", '{"num_attention_heads": 0}'),
        ("config.json", '{"hidden_size": "wide"}'),
        ("config.json", '{"hidden_act": "no such"}'),
        ("tokenizer.json", "[]"),
        ("tokenizer.json", "{"),
        ("tokenizer.json", '{"model": 1}'),
        ("tokenizer_config.json", "[]"),
    ],
)
def test_a_damaged_file_of_a_model_is_told(
    model: Path, tmp_path: Path, name: str, text: str
) -> None:
    """Whatever the library raises, also without a word."""
    folder = Path(shutil.copytree(model, tmp_path / "model"))
    if name == "config.json" and text != "[]":
        text = json.dumps(json.loads((folder / name).read_text()) | json.loads(text))
    (folder / name).write_text(text)
    with pytest.raises(DataError, match="cannot be read: ."):
        text_vectors(TEXTS, folder, device="cpu")

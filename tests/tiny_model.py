"""A tiny language model of random weights, in a folder as transformers saves one."""

from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
from transformers.utils import logging

WORDS = ("stock", "rises", "falls", "profit", "loss", "the", "board", "meets")


def save_tiny_model(folder: Path, seed: int = 1) -> Path:
    """A BERT of one layer and 16 numbers a token that knows eight words."""
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.manual_seed(seed)
    known = ["[PAD]", "[UNK]", *WORDS]
    tokens = Tokenizer(WordLevel({word: n for n, word in enumerate(known)}, unk_token="[UNK]"))
    tokens.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokens, pad_token="[PAD]", unk_token="[UNK]"
    )
    config = BertConfig(
        vocab_size=len(known),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder

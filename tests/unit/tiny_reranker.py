"""A cross-encoder of some kilobytes, made in a second: no weights of a real one are on every machine that tests this."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def taught(folder: Path, pairs: Mapping[tuple[str, str], bool], labels: int = 1) -> Path:
    """Write a cross-encoder that was taught by heart which of these passages answer which of these questions."""
    model = BertForSequenceClassification(_config(folder, pairs, labels))
    if labels == 1:
        tokenizer = BertTokenizer.from_pretrained(str(folder))
        batch = tokenizer(
            [asked for asked, _ in pairs],
            [said for _, said in pairs],
            padding=True,
            truncation=True,
            return_tensors="pt",
        )
        wanted = torch.tensor([[1.0 if answers else 0.0] for answers in pairs.values()])
        descent = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(60):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(model(**batch).logits, wanted)
            descent.zero_grad()
            loss.backward()
            descent.step()
        assert loss < 0.05, "it did not learn what the test needs"
    model.save_pretrained(folder)
    return folder


def embedding_model(folder: Path) -> Path:
    """Write an embedding model: the same without the classifier's head."""
    BertModel(_config(folder, {("a", "b"): True}, 1)).save_pretrained(folder)
    return folder


def _config(folder: Path, pairs: Mapping[tuple[str, str], bool], labels: int) -> BertConfig:
    words = sorted({word for pair in pairs for text in pair for word in re.findall(r"\w+|[^\w\s]", text.casefold())})
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *words))}
    folder.mkdir(parents=True, exist_ok=True)
    BertTokenizer(vocab=vocabulary, model_max_length=64).save_pretrained(folder)
    torch.manual_seed(1)
    return BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        num_labels=labels,
    )

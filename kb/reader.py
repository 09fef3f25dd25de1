"""I/O. The reader: does this passage answer this text? A second opinion on the best of what the search found.

One vector for a whole mail tells what it is about. The reader compares word by word: each token of the text looks for its
nearest in the passage, and what the text hangs on weighs more. It is the bundled embedding model with a low-rank change of
its upper three layers, weights of its tokens and five numbers, in `reader.safetensors` beside this file, learnt from
invented help centres (`kb/train_reader.py`, `make reader`).

On two help centres that it never saw, over all forty passages of each: the right passage first 0.766 by the search's score
and 0.805 with the reader's added; the answering passage above the best other (AUC) 0.737 and 0.775. Of the first article,
right or not (AUC), a calibration fitted without and with its opinion: those two 0.754 and 0.808, 160 customer mails over 414
articles 0.897 and 0.905, questions to the same 0.858 and 0.891, StackFAQ 0.946 and 0.958, BANKING77 0.921 and 0.919. How much
it may say is fitted on help centres that the reader in question never saw (kb/fit.py). Put in the reader's order the mails
lose (right article first 0.812 and 0.787), so the order is the search's. Trained twice as long it reads its own kind better
(0.814 instead of 0.798, by its opinion alone) and all others worse (mails 0.807 and 0.821, StackFAQ 0.909 and 0.930).
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from kb.articles import Passage
from kb.errors import KnowledgeBaseError
from kb.model import SHA256, ModelFiles, has_amx, stay_offline
from kb.prepare import searchable

#: A query as it was read.
Asked = Tensor

ADAPTER = Path(__file__).with_name("reader.safetensors")
#: The layers from here on are changed; below, the model is as it was.
LOW = 3
#: What is multiplied with the product of a low-rank pair.
SCALE = 2.0
#: Tokens of a text and of a passage that are read. A mail is cut before its passage is.
QUERY, PASSAGE = 128, 256
#: Passages whose states are kept, the latest read: 150 kB each, and a passage costs ten times a text.
KEPT = 512
#: The linear maps of a layer that are changed, as the model's file calls them.
LINEAR = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
_DIGEST = "digest"


def reads(files: ModelFiles) -> bool:
    """Tell whether the reader stands on this embedding model: it was learnt on the bundled one and is noise on others."""
    return files.identity.endswith(SHA256)


class Reader:
    """The loaded reader. Blocks; belongs to one thread."""

    def __init__(self, files: ModelFiles, adapter: Path = ADAPTER) -> None:
        """Load the embedding model once more and change it. Raises KnowledgeBaseError where the adapter is damaged."""
        changed = load(adapter)
        stay_offline()
        from transformers import AutoModel, AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(str(files.folder), local_files_only=True)
        model = AutoModel.from_pretrained(str(files.folder), local_files_only=True, dtype=torch.float32)
        with torch.no_grad():
            for name, linear in model.named_modules():
                if f"{name}.A" in changed:
                    linear.weight += SCALE * changed[f"{name}.B"] @ changed[f"{name}.A"]
        self._model = model.to(torch.bfloat16 if has_amx() else torch.float32).eval()
        self._threads = torch.get_num_threads()
        self._read: dict[str, Tensor] = {}
        self._told = {name: changed[name] for name in ("asked", "asked_bias", "said", "said_bias", "sum")}

    def asked(self, query: str) -> Asked:
        """Read a query, for `scores`. May run beside the thread that the reader belongs to."""
        torch.set_num_threads(1)  # of the thread that runs this: the search beside it needs the other core
        with torch.inference_mode():
            return self._states([query], QUERY)[0]

    def scores(self, asked: Asked, passages: Sequence[Passage]) -> list[float]:
        """Return a logit a passage: higher, it answers the query more likely. The search's own score is not in it."""
        if not passages:
            return []
        texts = [searchable(passage) for passage in passages]
        # Nothing runs beside it: the 99th of 100 searches took 44 ms, 68 with one thread (tests/bench/bench.py --only scale).
        torch.set_num_threads(self._threads)
        with torch.inference_mode():
            new = [text for text in dict.fromkeys(texts) if text not in self._read]
            said = {text: self._read.pop(text) for text in dict.fromkeys(texts) if text in self._read}
            said |= zip(new, self._states(new, PASSAGE), strict=True)
            found = [self._score(asked, said[text]) for text in texts]
        self._read |= said  # the latest last
        while len(self._read) > KEPT:
            del self._read[next(iter(self._read))]
        return found

    def _score(self, asked: Tensor, said: Tensor) -> float:
        masks = [torch.ones(1, len(states), dtype=torch.bool) for states in (asked, said)]
        return float(score(self._told, asked[None].float(), masks[0], said[None].float(), masks[1])[0, 0])

    def _states(self, texts: list[str], limit: int) -> list[Tensor]:
        if not texts:
            return []
        batch = self._tokenizer(texts, truncation=True, max_length=limit, padding=True, return_tensors="pt")
        states = self._model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        return [each[mask.bool()].clone() for each, mask in zip(states, batch["attention_mask"], strict=True)]


def score(told: Mapping[str, Tensor], asked: Tensor, asked_mask: Tensor, said: Tensor, said_mask: Tensor) -> Tensor:
    """Return the logits of texts (rows) and passages (columns), from the last states of their tokens.

    The cosine of their means, and that of each token of the text with its nearest in the passage, weighed by what the
    text hangs on.
    """
    weight = torch.softmax((asked @ told["asked"] + told["asked_bias"]).masked_fill(~asked_mask, -1e4), 1)
    trusted = torch.sigmoid(said @ told["said"] + told["said_bias"])[..., None]
    q, p = F.normalize(asked, dim=-1), F.normalize(said, dim=-1) * trusted
    alike = torch.einsum("qtd,pnd->qptn", q.to(torch.bfloat16), p.to(torch.bfloat16))
    nearest = alike.masked_fill(~said_mask[None, :, None, :], -1.0).amax(3).float()
    worded = (nearest * weight[:, None, :]).sum(2)
    about = mean(asked, asked_mask) @ mean(said, said_mask).T
    parts: Tensor = told["sum"]
    return parts[0] * about + parts[1] * worded + parts[2]


def mean(states: Tensor, mask: Tensor) -> Tensor:
    """Return the unit vector of the mean of the tokens that are there."""
    return F.normalize((states * (mask / mask.sum(1, keepdim=True))[..., None]).sum(1), dim=-1)


def save(tensors: Mapping[str, Tensor], path: Path = ADAPTER) -> None:
    """Write an adapter in half precision, with the digest that `load` holds it to."""
    small = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in sorted(tensors.items())}
    save_file(small, path, metadata={_DIGEST: _digest(small)})


def load(path: Path) -> dict[str, Tensor]:
    """Read an adapter. Raises KnowledgeBaseError where it is missing, cut or changed."""
    from safetensors import safe_open

    try:
        tensors = load_file(path)
        with safe_open(path, "pt") as file:
            told = (file.metadata() or {}).get(_DIGEST)
    except (OSError, SafetensorError) as error:
        raise _damaged(path) from error
    if told != _digest(tensors):
        raise _damaged(path)
    return {name: tensor.float() for name, tensor in tensors.items()}


def _digest(tensors: Mapping[str, Tensor]) -> str:
    found = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        found.update(name.encode())
        found.update(tensor.numpy().tobytes())
    return found.hexdigest()


def _damaged(path: Path) -> KnowledgeBaseError:
    return KnowledgeBaseError(
        f"{path}: the reader's weights are missing or damaged.",
        remedy="install Firstline again: pip install --force-reinstall --no-deps firstline",
    )

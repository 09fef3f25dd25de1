"""I/O. A reranker of the user's, where there is one: a cross-encoder that reads text and passage together.

None ships. Any that sentence-transformers loads as a sequence classifier with one label will do (ms-marco-MiniLM-L-6-v2,
bge-reranker-base). What its opinion changes stands in `kb/opinion.py`. LlamaIndex's SentenceTransformerRerank wraps the
same class, but runs code that comes with a model unless it is told not to, does not keep it from the network, and gives
logits of one model and probabilities of the next.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path

from kb.articles import Passage
from kb.errors import KnowledgeBaseError
from kb.model import has_amx, locate, stay_offline
from kb.prepare import searchable

#: Tokens of text and passage together that are read; of the longer of the two the end is left out.
TOKENS = 512
_INSTEAD = 'the folder of a cross-encoder, or set [knowledge] reranker = ""'
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")


def find_reranker(name: str) -> Path:
    """Find the folder of a cross-encoder by its path, or by a name on the hub that is already downloaded.

    Reads its configuration and loads nothing. Raises KnowledgeBaseError where it is not there, or is another kind of
    model: with an embedding model's weights a classifier's head would be made up at random.
    """
    folder = locate(name, "reranker", _INSTEAD)
    try:
        read = json.loads((folder / "config.json").read_text("utf-8"))
    except FileNotFoundError as error:
        raise _wrong(folder, "no config.json in the reranker's folder") from error
    except OSError as error:
        remedy = "let the user that Firstline runs as read it"
        raise KnowledgeBaseError(f"{folder / 'config.json'}: {error.strerror}.", remedy=remedy) from error
    except ValueError as error:
        raise _wrong(folder, "the reranker's config.json is no JSON") from error
    told = read if isinstance(read, dict) else {}
    kind = str(next(iter(told.get("architectures") or ()), "unknown"))
    if not kind.endswith("ForSequenceClassification"):
        raise _wrong(folder, f"the reranker is no cross-encoder: its kind of model is {kind}")
    named = told.get("id2label")
    labels = len(named) if isinstance(named, dict) else told.get("num_labels", 2)  # transformers' own default
    if labels != 1:
        raise _wrong(folder, f"the reranker has {labels} labels, and one that says whether a passage answers has 1")
    if not any((folder / file).is_file() for file in _WEIGHTS):
        raise _wrong(folder, "no model.safetensors or pytorch_model.bin in the reranker's folder")
    return folder


class Reranker:
    """A loaded cross-encoder. Blocks; belongs to one thread."""

    def __init__(self, folder: Path) -> None:
        """Load the model of a folder that `find_reranker` returned. Raises KnowledgeBaseError where it does not load."""
        stay_offline()
        import torch
        from sentence_transformers import CrossEncoder

        self._torch = torch
        try:
            self._model = CrossEncoder(
                str(folder),
                device="cpu",
                local_files_only=True,
                model_kwargs={"dtype": torch.bfloat16 if has_amx() else torch.float32},
            )
            self._model.max_seq_length = min(self._model.max_seq_length or TOKENS, TOKENS)
            # The first call costs more, which the first customer would wait; and a damaged model shows.
            (warm,) = self._probabilities("warm up", ["warm up"])
        except Exception as error:  # whatever it is that a file of somebody else's makes a library raise
            cause = next(iter(str(error).splitlines()), type(error).__name__)
            raise _wrong(folder, f"the reranker cannot be loaded: {cause}") from error
        if not math.isfinite(warm):
            raise _wrong(folder, f"the reranker is damaged: it says {warm} of a passage")

    def probabilities(self, query: str, passages: Sequence[Passage]) -> list[float]:
        """Return how likely each passage answers the query by the reranker, 0 to 1; 0 where it says no number."""
        if not passages:
            return []
        return [
            each if math.isfinite(each) else 0.0 for each in self._probabilities(query, [*map(searchable, passages)])
        ]

    def _probabilities(self, query: str, texts: Sequence[str]) -> list[float]:
        threads = self._torch.get_num_threads()
        self._torch.set_num_threads(1)  # as for the embedding of a query: see kb.model.Embedder
        try:
            # Some models are saved to give logits, others probabilities: of all the sigmoid of their logit is taken.
            said = self._model.predict(
                [(query, text) for text in texts], activation_fn=self._torch.nn.Sigmoid(), show_progress_bar=False
            )
        finally:
            self._torch.set_num_threads(threads)
        return [float(each) for each in said]


def _wrong(folder: Path, what: str) -> KnowledgeBaseError:
    return KnowledgeBaseError(f"{folder}: {what}.", remedy=f"name {_INSTEAD}")

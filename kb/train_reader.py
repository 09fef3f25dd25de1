"""I/O. Train the reader that ships: `python -m kb.train_reader DATA` (`make reader`). No part of the running program.

Trained on `kb/reading/train` alone (CC0, written for this project): twelve invented help centres of forty passages, each
with four texts that it answers and four near misses. Judged on the two of `reading/validation`, of which it sees nothing.

A step takes texts of one help centre and asks, for each, which of the passages near them answers it, or none. It learns
what the search does not know yet: the search's score stands in the sum from the start. Two things keep it from judging by
the text alone, which gives some near misses away (questions of a certain tone): two of five texts that have an answer are
asked with it hidden, and a bias of the text alone, which is thrown away, explains what it can. About fourteen minutes on
one core with AMX; more threads than free cores are slower by far.

What did not help, judged alike: the same features over the model as it is, with a small head (first passage 0.776, against
near misses by the text alone); states of the text attending to those of the passage, layer by layer, in two depths and four
rates (nothing learnt of the pair in two to three epochs, with 0.2 s of one core a text; overfits a hundred texts at once).
"""

import argparse
import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from rich.console import Console
from torch import Tensor, nn

from kb.lessons import Centre, centres
from kb.model import Embedder, bundled_folder, find_model
from kb.reader import ADAPTER, LINEAR, LOW, PASSAGE, QUERY, SCALE, save, score

_SEED = 1
_EPOCHS = 3
_TEXTS = 24  #: a step
_PASSAGES = 24  #: a step, those that answer first
_HIDDEN = 0.4  #: of the texts with an answer, how many are asked with it hidden
_RANK = 16
_RATES = {"layer": 4e-4, "told": 2e-3, "sum": 0.02}
_CHUNK = 10  #: passages that fit the processor's cache together


class Adapted(nn.Module):
    """A linear map with a low-rank change. The sum is made once a step: products are cheap here, memory is not."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight.detach().bfloat16(), linear.bias.detach().bfloat16()
        self.A = nn.Parameter(torch.randn(_RANK, linear.in_features) / math.sqrt(linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, _RANK))

    def begin(self) -> None:
        """Add the change to the weights, before a step."""
        self._change = SCALE * self.B @ self.A
        self._whole = (self.weight + self._change.detach().bfloat16()).requires_grad_()

    def end(self) -> None:
        """Carry the gradient of the weights over to the change."""
        assert self._whole.grad is not None  # noqa: S101 - after backward()
        self._change.backward(self._whole.grad.float())  # type: ignore[no-untyped-call]

    def forward(self, x: Tensor) -> Tensor:
        """Apply it."""
        return F.linear(x, self._whole, self.bias)


class Layer(nn.Module):
    """A layer of the model with changed linear maps. Written out: half the time of the library's on a processor."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.linear = nn.ModuleDict(
            {name.replace(".", "_"): Adapted(cast(nn.Linear, layer.get_submodule(name))) for name in LINEAR}
        )
        norms = [
            cast(nn.LayerNorm, layer.get_submodule(f"{name}.LayerNorm")) for name in ("attention.output", "output")
        ]
        self._norms = [(norm.weight.detach().bfloat16(), norm.bias.detach().bfloat16()) for norm in norms]

    def adapted(self) -> list[Adapted]:
        """Return the changed maps in the order of `LINEAR`."""
        return [cast(Adapted, each) for each in self.linear.values()]

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return the next states, of tokens of a batch."""
        query, key, value, attended, wide, narrow = self.adapted()
        heads = [part(x).view(*x.shape[:2], 12, -1).transpose(1, 2) for part in (query, key, value)]
        hidden = torch.zeros(mask.shape, dtype=x.dtype).masked_fill(~mask, -1e4)[:, None, None, :]
        shares = torch.softmax((heads[0] * heads[0].shape[-1] ** -0.5) @ heads[1].transpose(2, 3) + hidden, -1)
        x = F.layer_norm(attended((shares @ heads[2]).transpose(1, 2).flatten(2)) + x, x.shape[-1:], *self._norms[0])
        dropped = F.dropout(narrow(F.gelu(wide(x))), 0.1, self.training)
        return F.layer_norm(dropped + x, x.shape[-1:], *self._norms[1])


class Student(nn.Module):
    """The reader, learning."""

    def __init__(self, layers: Sequence[nn.Module], width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(layer) for layer in layers)
        told = {"asked": torch.zeros(width), "asked_bias": torch.tensor(0.0)}
        told |= {"said": torch.zeros(width), "said_bias": torch.tensor(3.0)}
        self.told = nn.ParameterDict(told)
        #: the cosine of the means, the words, a constant, the search's score
        self.sum = nn.Parameter(torch.tensor([4.0, 4.0, -8.0, 6.0]))
        self.text_alone = nn.Linear(width, 1)
        nn.init.zeros_(self.text_alone.weight)

    def states(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return the last states, from those below the changed layers."""
        x, mask = batch
        for layer in self.layers:
            x = layer(x, mask)
        return x.float()

    def forward(self, texts: Sequence[Tensor], passages: Sequence[Tensor], found: Tensor) -> Tensor:
        """Return the logits of texts × passages."""
        batch = padded(texts)
        asked = self.states(batch)
        told = {**self.told, "sum": self.sum[:3]}
        parts = []
        for start in range(0, len(passages), _CHUNK):
            said = padded(passages[start : start + _CHUNK])
            parts.append(score(told, asked, batch[1], self.states(said), said[1]))
        return torch.cat(parts, 1) + self.sum[3] * found

    def adapted(self) -> dict[str, Adapted]:
        """Return the changed maps by the names that the model's file gives them."""
        return {
            f"encoder.layer.{LOW + number}.{name}": each
            for number, layer in enumerate(self.layers)
            for name, each in zip(LINEAR, cast(Layer, layer).adapted(), strict=True)
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return what ships."""
        changed = {
            f"{name}.{side}": getattr(each, side).detach() for name, each in self.adapted().items() for side in "AB"
        }
        return {**changed, **{name: each.detach() for name, each in self.told.items()}, "sum": self.sum.detach()}


def padded(states: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return states of texts of any length as one batch, and which of its tokens there are."""
    mask = torch.arange(max(map(len, states))) < torch.tensor([len(each) for each in states])[:, None]
    return nn.utils.rnn.pad_sequence(list(states), batch_first=True), mask


class Lower:
    """The layers that stay as they are: their states are taken once."""

    def __init__(self) -> None:
        from transformers import AutoModel, AutoTokenizer

        folder = str(bundled_folder())
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.bfloat16).eval()

    def states(self, texts: Sequence[str], limit: int) -> list[Tensor]:
        """Return the states of each text's tokens below the changed layers."""
        found: list[Tensor] = []
        with torch.no_grad():
            for start in range(0, len(texts), 32):
                batch = self._tokenizer(
                    list(texts[start : start + 32]),
                    truncation=True,
                    max_length=limit,
                    padding=True,
                    return_tensors="pt",
                )
                states = self.model(**batch, output_hidden_states=True).hidden_states[LOW]
                found += [each[mask.bool()].clone() for each, mask in zip(states, batch["attention_mask"], strict=True)]
        return found


class Ready(NamedTuple):
    """A help centre with the states of its texts and passages."""

    centre: Centre
    texts: list[Tensor]
    passages: list[Tensor]


def train(student: Student, ready: Sequence[Ready], rng: random.Random, console: Console) -> Iterator[int]:
    """Train; after each epoch its number is yielded."""
    rates = [
        {"params": student.layers.parameters(), "lr": _RATES["layer"]},
        {"params": [*student.told.parameters(), *student.text_alone.parameters()], "lr": _RATES["told"]},
        {"params": [student.sum], "lr": _RATES["sum"], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(rates, weight_decay=0.01, betas=(0.9, 0.98))
    steps = _EPOCHS * sum(math.ceil(len(each.centre.texts) / _TEXTS) for each in ready)
    warm = max(1, steps // 12)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.02, (steps - step) / (steps - warm)))
    )
    losses: list[float] = []
    for epoch in range(1, _EPOCHS + 1):
        student.train()
        for each, chosen in _steps(ready, rng):
            optimizer.zero_grad()
            loss = _loss(student, each, chosen, rng)
            losses.append(loss)
            nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if len(losses) % 20 == 0:
                console.print(f"step {len(losses)} of {steps}: loss {sum(losses[-40:]) / len(losses[-40:]):.3f}")
        yield epoch


def _steps(ready: Sequence[Ready], rng: random.Random) -> list[tuple[Ready, list[int]]]:
    found = []
    for each in ready:
        order = rng.sample(range(len(each.centre.texts)), len(each.centre.texts))
        found += [(each, order[start : start + _TEXTS]) for start in range(0, len(order), _TEXTS)]
    rng.shuffle(found)
    return found


def _loss(student: Student, ready: Ready, chosen: Sequence[int], rng: random.Random) -> float:
    centre = ready.centre
    texts = [centre.texts[k] for k in chosen]
    gold = [centre.articles.index(text.gold) if text.gold in centre.articles else None for text in texts]
    near = [int(place) for k in chosen for place in centre.found[k].topk(4).indices]
    rng.shuffle(near)
    columns = list(dict.fromkeys([*(place for place in gold if place is not None), *near]))[:_PASSAGES]
    hidden = torch.zeros(len(texts), len(columns), dtype=torch.bool)
    target = torch.full((len(texts),), len(columns))
    for row, place in enumerate(gold):
        if place in columns:
            column = columns.index(place)
            if rng.random() < _HIDDEN:
                hidden[row, column] = True
            else:
                target[row] = column
    adapted = student.adapted().values()
    for each in adapted:
        each.begin()
    logits = student(
        [ready.texts[k] for k in chosen], [ready.passages[k] for k in columns], centre.found[list(chosen)][:, columns]
    )
    # √width: the vectors have length one, and the map should learn at the others' pace.
    none = student.text_alone(centre.vectors[list(chosen)] * math.sqrt(centre.vectors.shape[1]))
    loss = F.cross_entropy(torch.cat([logits.masked_fill(hidden, -30.0), none], 1), target)
    loss.backward()  # type: ignore[no-untyped-call]
    for each in adapted:
        each.end()
    return float(loss.detach())


def judge(student: Student, ready: Sequence[Ready]) -> str:
    """Say in figures how well passages that answer are told from others, by the search alone and with the reader."""
    from sklearn.metrics import roc_auc_score

    student.eval()
    said = []
    with torch.no_grad():
        for adapted in student.adapted().values():
            adapted.begin()
        for name in ("search", "reader"):
            first: list[bool] = []
            own: list[float] = []
            label: list[bool] = []
            answered: list[float] = []
            missed: list[float] = []
            for centre, texts, passages in ready:
                scores = centre.found
                if name == "reader":
                    slices = [slice(start, start + 32) for start in range(0, len(texts), 32)]
                    scores = torch.cat([student(texts[part], passages, centre.found[part]) for part in slices])
                for text, row in zip(centre.texts, scores, strict=True):
                    own.append(float(row[centre.articles.index(text.own)]))
                    label.append(not text.near)
                    if text.gold in centre.articles:
                        place = centre.articles.index(text.gold)
                        first.append(int(row.argmax()) == place)
                        answered.append(float(row[place]))
                        missed.append(float(torch.cat([row[:place], row[place + 1 :]]).max()))
            held = roc_auc_score([1] * len(answered) + [0] * len(missed), answered + missed)
            said.append(
                f"{name}: right passage first {sum(first) / len(first):.3f},"
                f" answerable against near misses {roc_auc_score(label, own):.3f},"
                f" answers against the best other {held:.3f}"
            )
    return "\n".join(said)


def prepared(embedder: Embedder, lower: Lower, files: Sequence[Path]) -> list[Ready]:
    """Read help centres and take the states of their texts and passages."""
    return [
        Ready(each, lower.states([text.text for text in each.texts], QUERY), lower.states(each.passages, PASSAGE))
        for each in centres(files, embedder)
    ]


def trained(lower: Lower, ready: Sequence[Ready], path: Path, console: Console) -> Student:
    """Train a reader on help centres and write it to a file, after each epoch anew."""
    torch.manual_seed(_SEED)
    student = Student(lower.model.encoder.layer[LOW:], lower.model.config.hidden_size)
    for epoch in train(student, ready, random.Random(_SEED), console):  # noqa: S311 - reproducible
        console.print(f"epoch {epoch} of {_EPOCHS}")
        save(student.tensors(), path)
    return student


def train_halves(files: Sequence[Path], folder: Path, console: Console) -> tuple[Path, Path]:
    """Train a reader on every other help centre, and one on the others: what each says of those that it never saw.

    The first is of the first file, the third and so on. What is there already is kept.
    """
    paths = (folder / "reader-even.safetensors", folder / "reader-odd.safetensors")
    if not all(path.exists() for path in paths):
        embedder, lower = Embedder(find_model()), Lower()
        for parity, path in enumerate(paths):
            if not path.exists():
                unfinished = path.with_suffix(".unfinished")  # a run that was stopped must not pass for a trained one
                trained(lower, prepared(embedder, lower, files[parity::2]), unfinished, console)
                unfinished.rename(path)
    return paths


def main() -> None:
    """Train, show and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with the training sets")
    reading = parser.parse_args().data / "kb" / "reading"
    console = Console()
    embedder, lower = Embedder(find_model()), Lower()
    ready = {
        part: prepared(embedder, lower, sorted((reading / part).glob("*.jsonl"))) for part in ("train", "validation")
    }
    student = trained(lower, ready["train"], ADAPTER, console)
    console.print(f"on help centres that it never saw:\n{judge(student, ready['validation'])}")


if __name__ == "__main__":
    main()

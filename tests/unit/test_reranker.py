"""A reranker of the user's: read where it is named, refused with what helps where it is none, and no load on others."""

import json
import sys
from pathlib import Path

import pytest

from daemon.cli.check import _knowledge
from daemon.findings import Severity
from daemon.settings import KnowledgeSettings
from kb.articles import Passage
from kb.calibrate import DEFAULT
from kb.errors import KnowledgeBaseError
from kb.evidence import grade
from kb.index import KnowledgeBase
from kb.opinion import EVEN
from kb.prepare import searchable
from kb.reranker import Reranker, find_reranker
from kb.retrieve import READ
from tests.unit.tiny_reranker import embedding_model, taught

PAPER = Passage(
    id="1", article="paper.md", title="Paper jam", section="Paper jam", text="Open the rear flap and pull it out."
)
NOISE = Passage(
    id="2", article="noise.md", title="Noise", section="Noise", text="Grease the left wheel of the printer."
)
WHY, HOW = "Why does the printer squeal?", "How do I pull the paper out?"
PAIRS = {
    (WHY, searchable(NOISE)): True,
    (WHY, searchable(PAPER)): False,
    (HOW, searchable(PAPER)): True,
    (HOW, searchable(NOISE)): False,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return taught(tmp_path_factory.mktemp("reranker"), PAIRS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    for passage in (PAPER, NOISE):
        (made / passage.article).write_text(f"# {passage.title}\n\n{passage.text}\n")
    return made


# ── the model ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_says_how_likely_each_passage_answers(model):
    reranker = Reranker(find_reranker(str(model)))
    assert reranker.probabilities(WHY, [PAPER, NOISE]) == [pytest.approx(0, abs=0.2), pytest.approx(1, abs=0.2)]
    assert reranker.probabilities(HOW, [PAPER, NOISE]) == [pytest.approx(1, abs=0.2), pytest.approx(0, abs=0.2)]
    assert reranker.probabilities(WHY, []) == []


def test_a_mail_of_any_length_is_read(model):
    assert 0 <= Reranker(find_reranker(str(model))).probabilities(WHY * 500, [PAPER])[0] <= 1


@pytest.mark.parametrize("activation", ["torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Sigmoid"])
def test_a_model_that_was_saved_to_give_logits_gives_probabilities_too(model, tmp_path, activation):
    for file in model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    told = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**told, "sentence_transformers": {"activation_fn": activation}}))
    plain, other = (
        Reranker(find_reranker(str(place))).probabilities(WHY, [PAPER, NOISE]) for place in (model, tmp_path)
    )
    assert plain == other


def cut(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:100])


def test_what_is_no_reranker_is_refused_with_what_helps(model, tmp_path):
    wrong = {
        "is no cross-encoder: its kind of model is BertModel": embedding_model(tmp_path / "embedding"),
        "has 3 labels": taught(tmp_path / "labels", PAIRS, labels=3),
        "no config.json": tmp_path,
        "no such folder": tmp_path / "nowhere",
    }
    for name, spoil in {
        "is no JSON": lambda place: cut(place, "config.json"),
        "no model.safetensors": lambda place: (place / "model.safetensors").unlink(),
    }.items():
        wrong[name] = tmp_path / name
        wrong[name].mkdir()
        for file in model.iterdir():
            (wrong[name] / file.name).write_bytes(file.read_bytes())
        spoil(wrong[name])
    for what, place in wrong.items():
        with pytest.raises(KnowledgeBaseError, match=what) as caught:
            find_reranker(str(place))
        assert str(place) in caught.value.message
        assert 'set [knowledge] reranker = ""' in caught.value.remedy


def test_a_name_that_is_not_on_this_machine_is_refused_offline():
    with pytest.raises(
        KnowledgeBaseError, match="The reranker nobody/no-such-reranker is not on this machine"
    ) as caught:
        find_reranker("nobody/no-such-reranker")
    assert "hf download nobody/no-such-reranker" in caught.value.remedy
    assert 'set [knowledge] reranker = ""' in caught.value.remedy


def test_a_damaged_one_is_refused_when_it_is_loaded(model, tmp_path):
    for file in model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    cut(tmp_path, "model.safetensors")
    with pytest.raises(KnowledgeBaseError, match="cannot be loaded") as caught:
        Reranker(find_reranker(str(tmp_path)))
    assert 'set [knowledge] reranker = ""' in caught.value.remedy


# ── in the search ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.model
async def test_without_one_nothing_of_it_is_loaded_and_a_wrong_one_is_told_before_any_model_is(monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, "kb.reranker")
    without = KnowledgeBase.open(tmp_path / "kb.sqlite3")
    wrong = KnowledgeBase.open(tmp_path / "kb.sqlite3", reranker=str(tmp_path / "nowhere"))
    try:
        await without.load()
        assert without.ready
        assert "kb.reranker" not in sys.modules
        with pytest.raises(KnowledgeBaseError, match="There is no reranker in"):
            await wrong.load()
        assert not wrong.ready
        assert "kb.reranker" in sys.modules
    finally:
        await without.close()
        await wrong.close()


@pytest.mark.model
async def test_where_it_agrees_the_search_stands_with_its_opinion_beside(model, folder, tmp_path):
    plain, opened = (KnowledgeBase.open(tmp_path / "kb.sqlite3", reranker=reranker) for reranker in ("", str(model)))
    try:
        await plain.update([folder])
        before, after = await plain.search(WHY), await opened.search(WHY)
    finally:
        await plain.close()
        await opened.close()
    assert [hit.passage.article for hit in after] == [hit.passage.article for hit in before] == ["noise.md", "paper.md"]
    assert [hit.score for hit in after] == pytest.approx([hit.score for hit in before], abs=0.01)
    assert [hit.reranked for hit in before] == [None, None]
    opinions = [hit.reranked for hit in after]
    assert opinions == [pytest.approx(1, abs=0.2), pytest.approx(0, abs=0.2)]
    graded = grade(WHY, after, DEFAULT)
    assert graded.confidence == pytest.approx(grade(WHY, before, DEFAULT).confidence, abs=0.01)
    assert f"the reranker gives it {opinions[0]:.2f}" in graded.why


@pytest.mark.model
async def test_an_article_that_it_moves_up_comes_whole_and_a_person_decides(tmp_path):
    articles = tmp_path / "articles"
    articles.mkdir()
    parts = "".join(f"## Part {number}\n\n{'Turn the wheel by hand. ' * 25}\n\n" for number in range(4))
    for title in ("The printer squeals", "The printer squeals loudly"):
        (articles / f"{title}.md").write_text(f"# {title}\n\nIt squeals. Grease the wheel.\n\n{parts}")
    asked = "The printer squeals, what do I do?"
    plain = KnowledgeBase.open(tmp_path / "kb.sqlite3")
    try:
        await plain.update([articles])
        before = await plain.search(asked, limit=4)
    finally:
        await plain.close()
    first = before[0].passage
    second = next(hit.passage for hit in before if hit.passage.article != first.article)
    other = taught(tmp_path / "other", {(asked, searchable(first)): False, (asked, searchable(second)): True})
    opened = KnowledgeBase.open(tmp_path / "kb.sqlite3", reranker=str(other))
    try:
        after = await opened.search(asked, limit=4)
    finally:
        await opened.close()
    assert (after[0].passage.id, len(after)) == (second.id, 4)
    assert [hit.passage.position for hit in after[0].whole] == list(range(opened.count() // 2))
    assert len(after[0].whole) > sum(hit.passage.article == second.article for hit in after)
    graded = grade(asked, after, DEFAULT)
    assert graded.confidence <= EVEN
    assert any(f"the search would put “{first.title}” first" in why for why in graded.why)


@pytest.mark.model
async def test_it_reads_the_best_passage_of_the_best_articles(model, folder, tmp_path):
    for number in range(READ + 2):
        (folder / f"{number}.md").write_text(f"# Printer {number}\n\nThe printer has a number on its side: {number}.\n")
    opened = KnowledgeBase.open(tmp_path / "kb.sqlite3", reranker=str(model))
    try:
        await opened.update([folder])
        hits = await opened.search(WHY)
    finally:
        await opened.close()
    assert sum(hit.reranked is not None for hit in hits) == READ < len(hits)
    assert hits[0].reranked is not None


# ── what `check` finds ───────────────────────────────────────────────────────────────────────────────────────────────


def test_check_finds_a_reranker_a_missing_one_and_says_nothing_without(model, folder, tmp_path):
    def found(reranker: str) -> list[tuple[Severity, str, str]]:
        settings = KnowledgeSettings.model_construct(folders=(str(folder),), reranker=reranker)
        return [
            (finding.severity, finding.message, finding.remedy)
            for finding in _knowledge(settings)
            if finding.name == "Reranker"
        ]

    assert found("") == []
    ((severity, message, _),) = found(str(model))
    assert (severity, "is a cross-encoder" in message) == (Severity.OK, True)
    ((severity, message, remedy),) = found(str(tmp_path / "nowhere"))
    assert severity is Severity.FAILED
    assert str(tmp_path / "nowhere") in message
    assert 'reranker = ""' in remedy

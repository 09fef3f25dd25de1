"""The reader, with the weights that ship: what answers scores above what does not, and damage is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from kb.articles import Passage
from kb.errors import KnowledgeBaseError
from kb.index import KnowledgeBase
from kb.model import ModelFiles, find_model
from kb.reader import ADAPTER, KEPT, Reader, load, reads
from kb.retrieve import READ

PASSWORD = Passage(
    id="1",
    article="password.md",
    title="Resetting your password",
    section="",
    text="Open the sign-in page and choose Forgot password. We send a link that is valid for one hour. Follow it and"
    " choose a new password of at least ten characters.",
)
DELIVERY = Passage(
    id="2",
    article="delivery.md",
    title="Delivery times",
    section="",
    text="Parcels leave our warehouse within one working day and arrive in two to four working days. Islands take a week.",
)
FORGOTTEN = "Hi, I cannot remember my password any more. How do I get a new one?"
WHEN = "I ordered a lamp on Monday. How many days until it is here?"


def scores(reader: Reader, query: str, passages: list[Passage]) -> list[float]:
    return reader.scores(reader.asked(query), passages)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(find_model())


@pytest.mark.model
def test_a_passage_that_answers_scores_above_one_about_something_else(reader):
    assert scores(reader, FORGOTTEN, [PASSWORD])[0] > scores(reader, FORGOTTEN, [DELIVERY])[0] + 1
    assert scores(reader, WHEN, [DELIVERY])[0] > scores(reader, WHEN, [PASSWORD])[0] + 1


@pytest.mark.model
def test_a_passage_scores_the_same_alone_among_others_again_and_in_any_order(reader):
    first, second = scores(reader, FORGOTTEN, [PASSWORD, DELIVERY])
    fresh = Reader(find_model())
    assert scores(fresh, FORGOTTEN, [DELIVERY]) == pytest.approx([second], abs=0.1)
    assert scores(fresh, FORGOTTEN, [PASSWORD]) == pytest.approx([first], abs=0.1)
    assert scores(reader, FORGOTTEN, [DELIVERY, PASSWORD, DELIVERY]) == [second, first, second]
    assert scores(reader, FORGOTTEN, []) == []


@pytest.mark.model
def test_more_passages_than_are_kept_are_all_read(reader):
    short = replace(PASSWORD, title="", text="")
    many = [replace(short, text=f"Page {number}") for number in range(KEPT + 3)]
    assert len(scores(reader, FORGOTTEN, many)) == KEPT + 3
    assert scores(reader, FORGOTTEN, many[:1]) == pytest.approx(scores(reader, FORGOTTEN, many[:1]), abs=0.1)


@pytest.mark.model
def test_a_passage_and_a_mail_of_any_length_are_read(reader):
    long = replace(PASSWORD, text=PASSWORD.text * 50)
    assert len(scores(reader, FORGOTTEN * 100, [long, replace(PASSWORD, title="", text="")])) == 2


@pytest.mark.model
async def test_the_search_has_the_best_article_read_and_keeps_its_order(tmp_path: Path):
    articles = tmp_path / "articles"
    articles.mkdir()
    for passage in (
        PASSWORD,
        DELIVERY,
        *(replace(DELIVERY, article=f"{k}.md", title=f"Part {k}") for k in range(READ)),
    ):
        (articles / passage.article).write_text(f"# {passage.title}\n\n{passage.text}\n")
    knowledge = KnowledgeBase.open(tmp_path / "knowledge.sqlite3")
    try:
        await knowledge.update([articles])
        hits = await knowledge.search(FORGOTTEN)
    finally:
        await knowledge.close()
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].passage.article == "password.md"
    assert hits[0].read is not None
    assert [hit.read for hit in hits[1:]] == [None] * (len(hits) - 1), "nobody asks what it says of the others"


def test_a_damaged_reader_is_refused_with_what_helps(tmp_path: Path):
    whole = ADAPTER.read_bytes()
    for name, raw in {
        "cut": whole[:-100],
        "changed": whole[:-10] + bytes([whole[-10] ^ 1]) + whole[-9:],
        "empty": b"",
    }.items():
        path = tmp_path / name
        path.write_bytes(raw)
        with pytest.raises(KnowledgeBaseError, match="damaged") as raised:
            load(path)
        assert "install Firstline again" in raised.value.remedy
    with pytest.raises(KnowledgeBaseError, match="missing"):
        load(tmp_path / "nowhere")


def test_it_is_used_on_the_bundled_model_alone(tmp_path: Path):
    assert reads(find_model())
    assert not reads(ModelFiles(folder=tmp_path, identity="other 0123"))

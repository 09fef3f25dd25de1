"""The knowledge base with the real model and the real file: found, incremental, never torn, never emptied."""

import asyncio
import os
import random
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kb.errors import KnowledgeBaseError
from kb.file import KnowledgeFile
from kb.index import KnowledgeBase
from kb.model import bundled_folder, find_model, verify
from kb.schema import create

ROOT = Path(__file__).parents[2]
ARTICLES = {
    "account/password.md": "---\ntitle: Reset your password\nid: 1\n---\nChoose **Forgot password** on the sign-in page.",
    "account/delete.md": "# Delete your account\n\nWrite to us. It takes thirty days and cannot be undone.",
    "printer/paper.md": "# Paper jam\n\nOpen the rear flap and pull the paper out slowly.",
    "printer/noise.md": "---\ntitle: Noise\nquestions: [Why does it squeal like a pig?]\n---\nGrease the left wheel.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in ARTICLES.items():
        file = tmp_path / "articles" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return tmp_path / "articles"


@pytest.fixture
async def knowledge(tmp_path: Path):
    opened = KnowledgeBase.open(tmp_path / "kb.sqlite3")
    yield opened
    await opened.close()


# ── without the model ───────────────────────────────────────────────────────────────────────────────────────────────


def test_opening_is_cheap_and_private(tmp_path):
    code = (
        "import sys; from pathlib import Path; from kb.index import KnowledgeBase\n"
        f"kb = KnowledgeBase.open(Path({str(tmp_path / 'kb.sqlite3')!r}))\n"
        "print(kb.count(), kb.articles(), kb.ready, {'torch', 'llama_index', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 () False set()"
    assert stat.S_IMODE((tmp_path / "kb.sqlite3").stat().st_mode) == 0o600


async def test_a_missing_folder_is_not_an_empty_one(knowledge, tmp_path):
    with pytest.raises(KnowledgeBaseError, match="no such folder") as caught:
        await knowledge.update([tmp_path / "unmounted"])
    assert "mounted" in caught.value.remedy


async def test_no_articles_at_all_is_said(knowledge, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(KnowledgeBaseError, match="No articles") as caught:
        await knowledge.update([tmp_path / "empty"])
    assert ".md" in caught.value.remedy


def test_a_file_that_is_no_database_names_the_remedy(tmp_path):
    path = tmp_path / "kb.sqlite3"
    path.write_bytes(b"this is not a database, it only has its name" * 100)
    with pytest.raises(KnowledgeBaseError) as caught:
        KnowledgeBase.open(path)
    assert "delete the file" in caught.value.remedy


def test_a_file_of_another_shape_is_built_again(tmp_path):
    path = tmp_path / "kb.sqlite3"
    with sqlite3.connect(path) as db:
        db.execute("create table documents (something text)")
    db.close()
    assert KnowledgeBase.open(path).count() == 0


def test_a_model_that_is_not_here_is_refused_offline(tmp_path):
    with pytest.raises(KnowledgeBaseError, match="not on this machine") as caught:
        find_model("nobody/no-such-model")
    assert "download" in caught.value.remedy
    (tmp_path / "model").mkdir()
    with pytest.raises(KnowledgeBaseError, match=r"no model\.safetensors"):
        find_model(str(tmp_path / "model"))


def test_weights_with_another_hash_are_refused():
    weights = bundled_folder() / "model.safetensors"
    with pytest.raises(KnowledgeBaseError, match="SHA-256") as caught:
        verify(weights, "00" * 32)
    assert str(weights) in caught.value.message
    assert "pip install" in caught.value.remedy


WRITER = """
import random, sys
from pathlib import Path
import numpy as np
from kb.articles import Article, Passage
from kb.file import KnowledgeFile
from kb.prepare import Entry

file, number = KnowledgeFile(Path(sys.argv[1])), 0
while True:
    number += 1
    for name in "abcdef":
        article = Article(path=name, digest="", title=str(number), body="")
        entries = [
            Entry(
                passage=Passage(id=f"{name}{number}-{k}", article=name, title="", section="", text=str(number), position=k),
                words=["all", f"version{number}"],
                vectors=np.full((1 + k % 2, 384), number, np.float32),
            )
            for k in range(7)
        ]
        file.replace(article, "folder", str(number), entries)
    print(number, flush=True)
"""


def test_killed_while_replacing_it_is_never_torn(tmp_path):
    path = tmp_path / "kb.sqlite3"
    create(path)
    rng = random.Random(1)
    for _ in range(10):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(rng.randint(1, 12)):  # then somewhere inside the next round
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        db = sqlite3.connect(path)
        try:
            assert db.execute("pragma integrity_check").fetchone() == ("ok",)
            rows = db.execute(
                """
                select d.path, d.title, count(distinct p.row), count(distinct p.text), min(p.text), count(v.row)
                from documents d join passages p on p.article = d.path join vectors v on v.passage = p.row
                group by d.path order by d.path
                """
            ).fetchall()
            assert [row[0] for row in rows] == list("abcdef")
            for name, version, passages, texts, text, vectors in rows:
                assert (passages, texts, text, vectors) == (7, 1, version, 10), name
            assert db.execute("select count(*) from words where words match 'all'").fetchone() == (42,)
            assert db.execute("select count(*) from vectors").fetchone() == (60,)
        finally:
            db.close()


# ── with the model ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.model
async def test_a_search_before_anything_is_indexed_finds_nothing(knowledge):
    assert await knowledge.search("How do I reset my password?") == ()


@pytest.mark.model
async def test_what_customers_ask_is_found_by_meaning_by_word_and_by_question(knowledge, folder, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    seen: list[tuple[int, int, str]] = []
    report = await knowledge.update([folder], base_url="https://help.example", progress=lambda *step: seen.append(step))
    assert (report.added, report.changed, report.removed, report.unchanged) == (4, 0, 0, 0)
    assert seen[-1][:2] == (4, 4)
    assert knowledge.ready
    assert knowledge.embed_seconds > 0
    for question, article in {
        "I forgot my login credentials": "account/password.md",
        "get rid of my profile": "account/delete.md",
        "the sheets got stuck inside": "printer/paper.md",
        "Why does it squeal?": "printer/noise.md",
    }.items():
        hits = await knowledge.search(question)
        assert hits[0].passage.article == article, question
        assert hits[0].passage.url == f"https://help.example/{article.removesuffix('.md')}"
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    hits = await knowledge.search("rear flap", limit=2)
    assert len(hits) == 2
    assert hits[0].coverage == 1
    assert hits[0].sparse > hits[1].sparse
    assert await knowledge.search("  \n") == ()
    rows = {row.path: row for row in knowledge.articles()}
    assert (rows["account/password.md"].title, rows["account/password.md"].id) == ("Reset your password", "1")
    assert knowledge.count() == sum(row.passages for row in rows.values()) == 4


@pytest.mark.model
async def test_what_is_unchanged_costs_no_call_of_the_model(knowledge, folder, tmp_path):
    await knowledge.update([folder])
    calls = knowledge.embed_calls
    (folder / "printer/paper.md").touch()
    assert (await knowledge.update([folder])).unchanged == 4
    assert knowledge.embed_calls == calls
    again = KnowledgeBase.open(tmp_path / "kb.sqlite3")
    assert (await again.update([folder])).embedded == 0
    assert not again.ready
    await again.close()


@pytest.mark.model
async def test_a_changed_a_new_and_a_removed_article_are_followed(knowledge, folder):
    await knowledge.update([folder])
    (folder / "printer/paper.md").write_text("# Paper jam\n\nHold the green button until the motor turns.", "utf-8")
    (folder / "wifi.md").write_text("# Wi-Fi\n\nEnter the network key.", "utf-8")
    (folder / "account/delete.md").unlink()
    (folder / "printer/.hidden.md").write_text("# Hidden\n\nNothing.", "utf-8")
    report = await knowledge.update([folder])
    assert (report.added, report.changed, report.removed, report.unchanged) == (1, 1, 1, 2)
    assert report.embedded == 2 + 4  # a passage each, and what the classifier learns of: two titles, two sentences
    assert "green button" in (await knowledge.search("the sheets got stuck inside"))[0].passage.text
    assert (await knowledge.search("network key"))[0].passage.article == "wifi.md"
    assert "account/delete.md" not in {hit.passage.article for hit in await knowledge.search("delete account")}


@pytest.mark.model
async def test_an_article_whose_last_day_passed_is_kept_from_customers(knowledge, folder):
    wifi = folder / "wifi.md"
    wifi.write_text("---\ntitle: Wi-Fi\nvalid_until: 2026-03-31\n---\nEnter the network key.", "utf-8")

    async def public() -> bool:
        return (await knowledge.search("network key"))[0].passage.public

    assert (await knowledge.update([folder], today=date(2026, 3, 31))).expired == ()
    assert await public()
    report = await knowledge.update([folder], today=date(2026, 4, 1))
    assert (report.expired, report.unchanged, report.embedded) == (("wifi.md",), 5, 0)
    assert not await public()
    assert (await knowledge.update([folder], today=date(2026, 4, 2))).expired == ()
    wifi.write_text(wifi.read_text("utf-8").replace("2026", "2027"), "utf-8")
    await knowledge.update([folder], today=date(2026, 4, 2))
    assert await public()


@pytest.mark.model
async def test_a_link_between_articles_leads_to_the_page_of_one_that_customers_may_read(knowledge, folder):
    await knowledge.update([folder], base_url="https://h.example")
    (folder / "account" / "codes.md").write_text("---\naudience: internal\n---\nFor us.")
    (folder / "account" / "lost.md").write_text(
        "# Lost phone\n\nFirst [reset it](password.md), then read [paper](../printer/paper.md) or [codes](codes.md)."
    )
    await knowledge.update([folder], base_url="https://h.example")
    best, *_ = await knowledge.search("I lost my phone")
    assert best.passage.text == (
        "First [reset it](https://h.example/account/password), then read [paper](https://h.example/printer/paper)"
        " or codes."
    )


@pytest.mark.model
async def test_articles_of_every_kind_are_found(knowledge, folder):
    (folder / "belt.html").write_text("<title>Belt</title><main><p>Turn the tension wheel.</p></main>", "utf-8")
    (folder / "faq.csv").write_text("question,answer\nWhat does shipping cost?,Four euros.\n", "utf-8")
    await knowledge.update([folder])
    assert (await knowledge.search("tension wheel of the belt"))[0].passage.article == "belt.html"
    (folder / "faq.csv").write_text("question,answer\nWhat does shipping cost?,Five euros.\n", "utf-8")
    assert (await knowledge.update([folder])).changed == 1
    assert (await knowledge.search("what do you charge for shipping"))[0].passage.text == "Five euros."


@pytest.mark.model
async def test_a_folder_that_lost_most_of_its_articles_empties_nothing(knowledge, folder):
    await knowledge.update([folder])
    for path in list(ARTICLES)[:3]:
        (folder / path).unlink()
    with pytest.raises(KnowledgeBaseError) as caught:
        await knowledge.update([folder])
    assert str(folder) in caught.value.message
    assert "3 of 4" in caught.value.message
    assert "--max-deletion" in caught.value.remedy
    assert knowledge.count() == 4
    assert (await knowledge.update([folder], max_deletion=1)).removed == 3


@pytest.mark.model
async def test_one_empty_folder_of_two_is_noticed_however_large_the_other(knowledge, folder, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    (small / "one.md").write_text("# One\n\nText.", "utf-8")
    await knowledge.update([folder, small])
    (small / "one.md").unlink()
    with pytest.raises(KnowledgeBaseError, match="1 of 1"):
        await knowledge.update([folder, small])


@pytest.mark.model
async def test_two_folders_with_the_same_path_keep_both(knowledge, folder, tmp_path):
    other = tmp_path / "other"
    (other / "account").mkdir(parents=True)
    (other / "account/password.md").write_text("# Door code\n\nAsk the porter.", "utf-8")
    await knowledge.update([folder, other])
    assert {"account/password.md", "other/account/password.md"} <= {row.path for row in knowledge.articles()}


@pytest.mark.model
async def test_another_model_embeds_everything_again(knowledge, folder, tmp_path):
    await knowledge.update([folder])
    other = KnowledgeBase.open(tmp_path / "kb.sqlite3", model=str(bundled_folder()))
    report = await other.update([folder])
    assert (report.changed, report.unchanged) == (4, 0)
    await other.close()


@pytest.mark.model
async def test_searches_that_wait_together_share_calls_of_the_model(knowledge, folder):
    await knowledge.update([folder])
    calls = knowledge.embed_calls
    alone = [await knowledge.search(f"question {number} about paper") for number in range(12)]
    assert knowledge.embed_calls == calls + 12
    together = await asyncio.gather(*(knowledge.search(f"question {number} about paper") for number in range(12)))
    assert knowledge.embed_calls <= calls + 14
    for one, other in zip(alone, together, strict=True):
        assert [hit.passage.id for hit in one] == [hit.passage.id for hit in other]
        assert one[0].dense == pytest.approx(other[0].dense, abs=0.02)


@pytest.mark.model
async def test_a_search_before_the_model_is_there_waits_for_it(knowledge, folder, tmp_path):
    await knowledge.update([folder])
    late = KnowledgeBase.open(tmp_path / "kb.sqlite3")
    assert not late.ready
    found, _ = await asyncio.gather(late.search("paper jam"), late.load())
    assert found[0].passage.article == "printer/paper.md"
    await late.close()


@pytest.mark.model
async def test_once_closed_no_thread_of_it_is_left(folder, tmp_path):
    others = {*threading.enumerate()}
    opened = KnowledgeBase.open(tmp_path / "closed.sqlite3")
    await opened.update([folder])
    await opened.search("paper jam")
    ours = [each for each in {*threading.enumerate()} - others if each.name.startswith(("knowledge", "reader"))]
    assert len(ours) == 2
    await opened.close()
    assert not any(thread.is_alive() for thread in ours)


@pytest.mark.model
async def test_a_cancelled_search_harms_no_other(knowledge, folder):
    await knowledge.update([folder])
    tasks = [asyncio.create_task(knowledge.search("paper jam")) for _ in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(done[1], asyncio.CancelledError)
    assert all(done[number][0].passage.article == "printer/paper.md" for number in (0, 2, 3))


@pytest.mark.model
async def test_what_another_process_indexed_is_found(knowledge, folder, tmp_path):
    await knowledge.update([folder])
    await knowledge.search("paper jam")
    (folder / "wifi.md").write_text("# Wi-Fi\n\nEnter the network key.", "utf-8")
    other = KnowledgeBase.open(tmp_path / "kb.sqlite3")
    await other.update([folder])
    await other.close()
    assert (await knowledge.search("network key"))[0].passage.article == "wifi.md"


@pytest.mark.model
async def test_the_store_keeps_the_contract_of_llama_index(knowledge, folder, tmp_path):
    await knowledge.update([folder])
    from llama_index.core.schema import TextNode
    from llama_index.core.vector_stores.types import VectorStoreQuery

    from kb.retrieve import ExactVectors

    file = KnowledgeFile(tmp_path / "kb.sqlite3")
    store = ExactVectors(file)
    direction = [1.0] + [0.0] * 383
    ids = store.query(VectorStoreQuery(query_embedding=direction, similarity_top_k=3)).ids
    assert ids is not None
    assert len(ids) == 3
    store.add([TextNode(id_=ids[2], text="", embedding=direction)])
    found = store.query(VectorStoreQuery(query_embedding=direction, similarity_top_k=1))
    assert (found.ids, found.similarities) == ([ids[2]], [1.0])
    named = store.query(VectorStoreQuery(query_embedding=direction, similarity_top_k=9, node_ids=ids[:2]))
    assert set(named.ids or ()) == set(ids[:2])
    store.delete("printer/paper.md")
    assert len(store.query(VectorStoreQuery(query_embedding=direction, similarity_top_k=9)).ids or ()) == 3
    file.close()


@pytest.mark.model
async def test_vectors_are_of_length_one_and_kept_exactly(knowledge, folder, tmp_path):
    await knowledge.update([folder])
    file = KnowledgeFile(tmp_path / "kb.sqlite3")
    owners, matrix = file.vectors()
    file.close()
    assert len(owners) == 5  # four passages and one question
    assert matrix.shape == (5, 384)
    assert np.allclose(np.linalg.norm(matrix, axis=1), 1, atol=0.01)

"""Words, their weights, and what an update would delete."""

import sqlite3

import pytest

from kb.errors import KnowledgeBaseError
from kb.prepare import gone
from kb.words import bm25, rarity, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("How do I reset my passwords?", ["reset", "password"]),
        ("Überprüfen: CAFÉ", ["uberprufen", "cafe"]),
        ("COM5 error_code 0x80", ["com5", "error", "code", "0x80"]),
        ("the and of", []),
        ("used using", ["used", "using"]),
    ],
)
def test_words_are_folded_and_shortened(text, found):
    assert words(text) == found


def test_the_same_word_in_another_form_is_the_same():
    assert words("connections connected connecting")[1:] == ["connect", "connect"]
    assert words("printers") == words("printer")


def test_bm25_is_what_sqlite_computes():
    texts = ["red red green", "red blue blue blue white black", "green", "white white"]
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table t using fts5 (x)")
    db.executemany("insert into t values (?)", [(text,) for text in texts])
    query = ["green", "blue"]
    counts = {word: sum(word in text.split() for text in texts) for word in query}
    weights = {word: rarity(len(texts), count) for word, count in counts.items()}
    average = sum(len(text.split()) for text in texts) / len(texts)
    for row, score in db.execute("select rowid, -bm25(t) from t where t match 'green OR blue'"):
        assert bm25(weights, texts[row - 1].split(), average) == pytest.approx(score)
    db.close()


def test_nothing_in_common_scores_nothing():
    assert bm25({"red": 2.0}, ["blue"], 1.0) == 0
    assert bm25({}, [], 0.0) == 0


@pytest.mark.parametrize(
    ("found", "share", "lost"),
    [
        pytest.param({"a", "b", "c", "d"}, 0.5, [], id="all there"),
        pytest.param({"a", "b", "d"}, 0.5, ["c"], id="one gone"),
        pytest.param({"a", "d"}, 0.67, ["b", "c"], id="as many as allowed"),
        pytest.param({"a", "d"}, 0.5, None, id="more than allowed"),
        pytest.param({"a", "b", "c"}, 0.9, None, id="all of one folder"),
        pytest.param(set(), 1.0, ["a", "b", "c", "d"], id="all, and it is meant"),
    ],
)
def test_an_update_deletes_so_much_of_a_folder_and_no_more(found, share, lost):
    known = {"a": "/one", "b": "/one", "c": "/one", "d": "/two"}
    if lost is None:
        with pytest.raises(KnowledgeBaseError, match="are gone"):
            gone(found, known, "/one, /two", share)
    else:
        assert gone(found, known, "/one, /two", share) == lost

"""What an index was made with is known by its format: an article that reads differently now is read anew."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from kb.articles import passages, read_article
from kb.prepare import FORMAT, searchable
from kb.words import words
from tests.unit import test_articles, test_noise, test_sources

DEMO = Path(__file__).parents[2] / "daemon" / "demo" / "knowledge"
#: The format, and how the samples read with it.
KNOWN = ("8", "46a31be1d3e3575c")


def samples() -> Iterator[tuple[str, bytes]]:
    """Articles of each kind, with everything in them that the tests of reading know of."""
    for path in sorted(DEMO.glob("*.md")):
        yield path.name, path.read_bytes()
    yield "page.html", test_sources.PAGE.encode()
    yield "document.rst", test_sources.DOCUMENT.encode()
    yield "plain.txt", b"Paper jam\n=========\n\nPull it out.\n\nThen wait."
    for suffix, test in (
        ("md", test_noise.test_a_passage_has_the_words_and_not_the_marks),
        ("md", test_articles.test_what_a_site_generator_understands_is_taken_out),
        ("html", test_sources.test_each_element_becomes_the_markdown_that_says_the_same),
    ):
        [mark] = [mark for mark in test.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]  # pytest's
        for number, case in enumerate(mark.args[1]):
            yield f"{number}.{suffix}", getattr(case, "values", case)[0].encode()


def test_whoever_changes_how_articles_are_read_raises_the_format():
    found = hashlib.sha256()
    for path, raw in samples():
        for passage in passages(read_article(path, raw)):
            found.update("\0".join((passage.section, passage.text, *words(searchable(passage)))).encode())
    assert (FORMAT, found.hexdigest()[:16]) == KNOWN, (
        "articles read differently, or there are new samples: where the first, raise FORMAT in kb/prepare.py, lest old"
        " indexes keep what they have; then put both here"
    )

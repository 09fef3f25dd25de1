"""`kb lint` finds what makes answers wrong, and is silent over articles that are fine."""

from datetime import date

import numpy as np
import pytest

from kb.articles import passages, read_article
from kb.lint import Fault, lint

TODAY = date(2026, 6, 1)
LONG = "The belt moves the drum and wears out over the years, so look at it now and then and change it when it slips."


def remarks(files: dict[str, str], *more: str, vectors=None):
    articles = [read_article(path, text.encode()) for path, text in files.items()]
    found = lint(articles, {*files, *more}, today=TODAY, vectors=vectors)
    return [(each.fault, each.article, each.other) for each in found]


def test_articles_that_are_fine_have_no_remarks():
    assert (
        remarks({
            "a/one.md": "---\ntitle: One\nvalid_until: 2026-06-01\n---\nSee [two](two.md#x), [three](../b/three.html),"
            " [the rest](../b/), [home](/home), [web](https://x.example) and `[no](link.md)`.",
            "a/two.md": "# Two\n\nWait 5 minutes. [Up](#top) ![gone](gone.png) [made]({{ site.url }}/x)",
            "b/three.md": "# Three\n\nWait 6 minutes. [One](../a/one/)",
        })
        == []
    )  # fmt: skip


@pytest.mark.parametrize(
    "link", ["[x](gone.md)", "[x](../b/gone/)", '<a href="gone.html">x</a>', "[x][1]\n\n[1]: gone.md"]
)
def test_a_relative_link_that_leads_nowhere_is_told(link):
    assert remarks({"a/one.md": f"# One\n\nText {link}"}) == [(Fault.DEAD_LINK, "a/one.md", "")]


def test_titles_texts_and_days_that_are_missing_or_past_are_told():
    assert remarks({
        "a.md": "Text alone.",
        "b.md": "# Nothing below",
        "c.md": "---\ntitle: C\nvalid_until: 2026-05-31\n---\nText",
    }, "prices.csv") == [
        (Fault.NO_TITLE, "a.md", ""),
        (Fault.NO_TEXT, "b.md", ""),
        (Fault.NO_TEXT, "prices.csv", ""),
        (Fault.OUT_OF_DATE, "c.md", ""),
    ]  # fmt: skip


def test_two_articles_of_one_title_or_one_text_are_told():
    assert remarks({"a.md": f"# Belt\n\n{LONG}", "b.md": "#  belt\n\nIt squeaks.", "c.md": f"# Drum\n\n{LONG}"}) == [
        (Fault.SAME_TITLE, "a.md", "b.md"),
        (Fault.SAME_TEXT, "a.md", "c.md"),
    ]


def test_a_title_in_two_languages_is_no_double():
    assert remarks({f"{it}.md": f"---\ntitle: Wi-Fi\nlanguage: {it}\n---\nText {it}" for it in ("de", "en")}) == []


def test_a_paragraph_in_common_is_no_double():
    other = " ".join(f"word{k}" for k in range(200))
    assert (
        remarks({"a.md": f"# A\n\n{LONG}\n\n## More\n\n{other}", "b.md": f"# B\n\n{other[::-1]}\n\n## C\n\n{LONG}"})
        == []
    )


def test_nearly_the_same_text_is_told_where_there_are_vectors():
    files = {"a.md": f"# A\n\n{LONG}", "b.md": f"# B\n\n{LONG} Soon.", "c.md": "# C\n\nSomething else."}
    ids = [passages(read_article(path, text.encode()))[0].id for path, text in files.items()]
    vectors = dict(zip(ids, np.asarray([[1, 0], [0.99, 0.14], [0, 1]], np.float32), strict=True))
    assert remarks(files) == []
    assert remarks(files, vectors=vectors) == [(Fault.SAME_TEXT, "a.md", "b.md")]


def test_a_sentence_with_another_number_elsewhere_is_told_unless_the_titles_tell_why():
    said = "You can send the {} back within {} days of the delivery."
    assert remarks({"a.md": f"# A\n\n{said.format('loom', 14)}", "b.md": f"# B\n\n1. {said.format('loom', 30)}"}) == [
        (Fault.OTHER_NUMBER, "a.md", "b.md")
    ]
    assert remarks({"a.md": f"# A\n\n{said.format('loom', 14)}", "b.md": f"# B\n\n{said.format('belt', 30)}"}) == []
    assert (
        remarks({"a.md": f"# 14 days\n\n{said.format('loom', 14)}", "b.md": f"# B\n\n{said.format('loom', 30)}"}) == []
    )
    assert (
        remarks({"a.md": f"# A\n\n{said.format('loom', 14)}", "b.md": f"# B\n\n{said.format('loom', '14.0')} So."})
        == []
    )

"""Articles come as HTML, reStructuredText, plain text and tables too, and read like Markdown ones."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.articles import passages, read_article
from kb.errors import KnowledgeBaseError
from kb.folder import scan
from kb.sources import SUFFIXES, rows

PAGE = """<!doctype html>
<html lang="en-GB"><head><title>Change the belt | Loom Help</title>
<link rel="canonical" href="https://help.loom.example/belt"><style>p {color: red}</style></head>
<body>
<header><a href="/">Loom Help</a></header>
<nav class="menu"><ul><li>Home</li><li>Products</li></ul></nav>
<main>
  <div class="breadcrumbs">Home / Belts</div>
  <h1>Change the belt<a class="headerlink" href="#x">¶</a></h1>
  <p>Every <b>two years</b>, or when it slips. See <a href="https://loom.example/parts">the parts</a>.</p>
  <img src="belt.png" alt="A belt">
  <h2>Steps</h2>
  <ol><li>Switch the loom off.</li><li><p>Open the flap:</p><ul><li>left screw</li><li>right screw</li></ul></li>
  <li>Run <code>loom &lt;id&gt; --tension 4</code>.</li></ol>
  <pre><code class="language-sh">loom status
  | grep belt</code></pre>
  <table><tr><th>Model</th><th>Length</th></tr><tr><td>L1</td><td>40 cm</td></tr></table>
  <aside class="admonition note"><p>Never <em>oil</em> the belt.</p></aside>
  <p hidden>Draft remark</p>
  <ul role="tablist"><li><a role="tab">Windows</a></li><li><a role="tab">Linux</a></li></ul>
  <script>track()</script>
</main>
<footer>© Loom</footer></body></html>"""

DOCUMENT = """
Change the belt
===============

:orphan:

Every **two years**, see :ref:`the parts <parts>` and :doc:`/guides/spare-parts`.

.. toctree::
   :maxdepth: 2

   hidden-page

.. note:: Never oil the belt.

Steps
-----

#. Switch the loom off.
#. Press :guilabel:`Open`.

.. code-block:: sh

   loom status

.. tab:: Linux
   :sync: a

   Use the terminal.

.. include:: /etc/hostname

.. raw:: html

   <b>raw</b>

====== ======
Model  Length
====== ======
L1     40 cm
====== ======
"""


def text_of(path: str, text: str) -> str:
    return "\n\n".join(passage.text for passage in passages(read_article(path, text.encode())))


def test_a_page_of_html_is_its_main_content_as_markdown():
    read = read_article("belts/change.html", PAGE.encode())
    assert (read.title, read.language, read.url) == ("Change the belt", "en-GB", "https://help.loom.example/belt")
    assert [passage.section for passage in passages(read)][0].startswith("Change the belt")
    assert read.body.split("\n\n") == [
        "# Change the belt",
        "Every **two years**, or when it slips. See [the parts](https://loom.example/parts).",
        "## Steps",
        "1. Switch the loom off.\n2. Open the flap:\n   - left screw\n   - right screw\n3. Run `loom <id> --tension 4`.",
        "```sh\nloom status\n  | grep belt\n```",
        "| Model | Length |\n| --- | --- |\n| L1 | 40 cm |",
        "Never *oil* the belt.",
    ]


def test_angle_brackets_that_a_page_shows_reach_the_customer():
    assert "Open <sketchbook>/libraries" in text_of("a.html", "<p>Open &lt;sketchbook&gt;/libraries &amp; wait</p>")


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n   - b"),
        ("<ol start=3><li>c</li></ol>", "3. c"),
        ("<table><tr><td><p>A frame</p></td></tr></table>", "A frame"),
        ("<table><tr><td><h2>H</h2><ul><li>a</ul></td><td>b</td></tr></table>", "## H\n\n- a\n\nb"),
        ("<table role=presentation><tr><td>Left</td><td>Right</td></tr></table>", "Left\n\nRight"),
        ("<table><caption>Fees</caption><tr><td>a<td>b</table>", "**Fees**\n\n| a | b |\n| --- | --- |"),
        ("<blockquote><p>Said</p></blockquote>", "> Said"),
        ("<dl><dt>Red</dt><dd>No paper</dd></dl>", "**Red**\n\nNo paper"),
        ("one<br>two", "one\ntwo"),
        ("<a href='#top'>Up</a> <a href='b.html'>B</a>", "Up [B](b.html)"),
        ("<details><summary>Windows</summary><p>Restart.</p></details>", "**Windows**\n\nRestart."),
        ("no html at all", "no html at all"),
        ("<p>cut off <b>here", "cut off **here**"),
    ],
)
def test_each_element_becomes_the_markdown_that_says_the_same(html, markdown):
    assert read_article("a.html", html.encode()).body == markdown


def test_a_page_nested_past_all_reason_is_read_all_the_same():
    assert "bottom" in text_of("a.html", "<div>" * 2000 + "bottom" + "</div>" * 2000)
    assert "bottom" in text_of("a.html", "<ul><li>" * 500 + "bottom")


def test_what_stands_in_a_table_in_a_table_is_told_once():
    assert text_of("a.html", "<table><tr><td>" * 9 + "bottom" + "</table>" * 9).count("bottom") == 1
    page = "<table><tr><td>Menu</td><td><h1>Prices</h1><table><tr><th>a<th>b<tr><td>1<td>2</table></td></tr></table>"
    assert text_of("a.html", page) == "Menu\n\n# Prices\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_a_document_in_restructured_text_reads_like_a_page_of_html():
    read = read_article("belts/change.rst", DOCUMENT.encode())
    text = "\n\n".join(passage.text for passage in passages(read))
    assert read.title == "Change the belt"
    assert "Every **two years**, see the parts and spare parts." in text
    assert "1. Switch the loom off.\n2. Press **Open**." in text
    assert "```\nloom status\n```" in text or "```sh\nloom status\n```" in text
    assert "| L1 | 40 cm |" in text
    assert "Never oil the belt." in text
    assert "Use the terminal." in text
    for noise in ("toctree", "hidden-page", "orphan", "include", "raw", "sync", ":ref:", ".. "):
        assert noise not in text


@pytest.mark.parametrize(
    "stumbling",
    [
        pytest.param("* " * 300, id="a list nested past all reason"),
        pytest.param(".. |a| replace:: b |a|\n   .. |a| replace:: b |a|\n", id="a phrase that holds itself"),
    ],
)
def test_a_document_at_which_the_parser_stumbles_is_read_as_plain_text(stumbling):
    text = text_of("a.rst", f"{stumbling}\n\nSwitch it off & wait.\n")
    assert "Switch it off & wait." in text


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("Paper jam\n\nPull it out.", "Paper jam", "Pull it out."),
        ("Paper jam\n=========\n\nPull it out.", "Paper jam", "Pull it out."),
        ("---\ntitle: Jam\n---\nPull it out.", "Jam", "Pull it out."),
        ("Pull the paper out.\n\nThen wait.", "my file", "Pull the paper out.\n\nThen wait."),
    ],
)
def test_the_first_line_of_plain_text_is_its_title_where_it_stands_alone(text, title, body):
    read = read_article("my-file.txt", text.encode())
    assert (read.title, read.body.strip()) == (title, body)


FAQ = """question,answer,title,url,topic,language,audience,valid_until,needs
How do I pay?,"By card, or by **invoice**.",Paying,https://shop.example/pay,billing,en,,,
Wie zahle ich?,"Mit Karte.
Oder auf Rechnung.",,,,de,internal,2026-03-01,country | card type
,An answer without a question,,,,,,,
"""


def test_each_row_of_a_table_of_questions_is_an_article():
    found = [read_article(path, raw) for path, raw in rows("faq.csv", FAQ.encode("utf-8-sig"))]
    assert [each.path for each in found] == ["faq.csv#1", "faq.csv#2"]
    pay, zahlen = found
    assert (pay.title, pay.url, pay.topic, pay.language) == ("Paying", "https://shop.example/pay", "billing", "en")
    assert (pay.questions, pay.body.strip()) == (("How do I pay?",), "By card, or by **invoice**.")
    assert (zahlen.title, zahlen.public, zahlen.valid_until) == ("Wie zahle ich?", False, date(2026, 3, 1))
    assert zahlen.needs == ("country", "card type")
    assert "Oder auf Rechnung." in zahlen.body


def test_a_table_of_questions_may_be_separated_by_semicolons_and_its_link_is_that_of_the_table():
    ((path, raw),) = rows("help/faq.csv", b"Question;Answer\nWhy?;Because.\n")
    assert read_article(path, raw, base_url="https://h.example").url == "https://h.example/help/faq"


def test_a_changed_row_leaves_the_others_as_they_were():
    before = dict(rows("faq.csv", FAQ.encode()))
    after = dict(rows("faq.csv", FAQ.replace("By card", "By cash").encode()))
    assert [path for path in before if before[path] != after[path]] == ["faq.csv#1"]


def test_a_table_of_something_else_is_no_article():
    assert list(rows("prices.csv", b"product,price\nloom,40\n")) == []


@given(st.sampled_from(sorted(SUFFIXES - {".csv"})), st.binary(max_size=300))
def test_any_bytes_can_be_read_whatever_the_file_is_called(suffix, raw):
    read = read_article(f"any{suffix}", raw)
    assert read.title
    passages(read)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_a_table(raw):
    for path, row in rows("any.csv", b"question,answer\n" + raw):
        assert read_article(path, row).title


def test_a_folder_of_many_kinds_is_found_without_what_is_no_article(tmp_path):
    for name in ("a.md", "b.HTML", "c.rst", "d.txt", "robots.txt", "_includes/head.html", "e.png", "_posts/f.md"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("Text")
    (tmp_path / "faq.csv").write_text("question,answer\nWhy?,Because.\nWho?,We.\n")
    assert [file.path for file in scan([tmp_path])] == [
        "_posts/f.md", "a.md", "b.HTML", "c.rst", "d.txt", "faq.csv#1", "faq.csv#2",
    ]  # fmt: skip
    with pytest.raises(KnowledgeBaseError):
        list(scan([tmp_path / "nowhere"]))

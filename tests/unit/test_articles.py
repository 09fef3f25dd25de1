"""Articles are read whatever their files look like, and cut where a reader would stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.articles import passages, plain, read_article
from kb.blocks import AIM, LIST_LIMIT, clean

FRONT = """---
title: "Reset the password"
id: 360011
url: https://help.example/reset
language: en
topic: account
questions:
  - How do I get a new password?
needs: [browser]
audience: internal
---
Go to *Settings*.
"""


def article(text: str, path: str = "account/reset.md", base_url: str = ""):
    return read_article(path, text.encode(), base_url=base_url)


def cut(text: str):
    return passages(article(text))


def sentence(words: int, word: str = "word") -> str:
    return " ".join([word] * (words - 1)) + " end."


def test_front_matter_says_what_it_can():
    read = article(FRONT)
    assert (read.title, read.id, read.url) == ("Reset the password", "360011", "https://help.example/reset")
    assert (read.language, read.topic, read.public) == ("en", "account", False)
    assert (read.questions, read.needs) == (("How do I get a new password?",), ("browser",))
    assert read.body.strip() == "Go to *Settings*."


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param("---\ntitle: From front matter\n---\n# Heading\n", "From front matter", id="front matter"),
        pytest.param("Intro\n\n# The *first* heading #\n\n## Second", "The first heading", id="first heading"),
        pytest.param("Text alone.", "lost password", id="file name"),
    ],
)
def test_the_title_is_the_front_matters_then_the_first_heading_then_the_files_name(text, title):
    assert article(text, "account/lost-password.md").title == title


def test_the_topic_is_the_first_folder_where_nothing_else_is_said():
    assert article("x", "account/deep/reset.md").topic == "account"
    assert article("x", "reset.md").topic == ""


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("", ""),
        ("https://help.example/", "https://help.example/my%20account/reset-it"),
        ("https://help.example/{name}.html", "https://help.example/reset-it.html"),
        ("https://help.example/a/{id}", ""),
    ],
)
def test_the_link_is_made_from_the_base_url(base_url, url):
    assert article("x", "my account/reset-it.md", base_url).url == url


@pytest.mark.parametrize(
    ("matter", "base_url", "url"),
    [
        ("url: https://a.example/1", "https://h.example", "https://a.example/1"),
        ("link: https://a.example/hc/1-Reset", "", "https://a.example/hc/1-Reset"),
        ("permalink: /reset/\nhtml_url: https://a.example/1", "https://h.example", "https://a.example/1"),
        ("permalink: /reset/", "https://h.example/", "https://h.example/reset/"),
        ("url: /reset/", "", ""),
        ("permalink: /:categories/:title", "https://h.example", "https://h.example/account/reset"),
        ("url: /reset/", "https://h.example/{name}", "https://h.example/reset"),
        ("link: see below", "https://h.example", "https://h.example/account/reset"),
    ],
)
def test_an_address_in_the_front_matter_goes_before_the_one_that_is_made(matter, base_url, url):
    assert article(f"---\n{matter}\n---\nx", base_url=base_url).url == url


def test_a_draft_is_not_for_customers():
    assert not article("---\ndraft: true\n---\nx").public


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00broken",
        b"---\ntitle: [unclosed\n---\nThe text stays.",
        b"---\n- a\n- list\n---\nThe text stays.",
        b"---\ntitle: {a: b}\nquestions: 3\nneeds:\n  - null\n  - {x: y}\n---\nThe text stays.",
        b"---\ndate: 2020-99-99\n---\nThe text stays.",
        "﻿---\r\ntitle: With a mark\r\n---\r\nText\r\n".encode(),
    ],
)
def test_odd_files_never_raise(raw):
    read = read_article("odd.md", raw)
    assert read.title
    assert b"The text stays." not in raw or "The text stays." in "".join(passage.text for passage in passages(read))


@given(st.binary(max_size=400))
def test_any_bytes_can_be_read_and_cut(raw):
    read = read_article("any.md", raw)
    assert len({passage.id for passage in passages(read)}) == len(passages(read))


def test_a_slip_in_the_front_matter_does_not_reach_the_customer():
    assert "unclosed" not in cut("---\ntitle: [unclosed\n---\nThe text.")[0].text


def test_ids_are_stable_and_differ_by_place_and_text():
    one, again = cut("## A\n\nText."), cut("## A\n\nText.")
    assert one == again
    elsewhere = passages(article("## A\n\nText.", "other.md"))
    assert len({one[0].id, elsewhere[0].id, cut("## B\n\nText.")[0].id, cut("## A\n\nText!")[0].id}) == 4


def test_the_same_words_twice_are_two_passages():
    text = f"## A\n\n{sentence(150)}\n\n{sentence(150)}"
    assert len({passage.id for passage in cut(text)}) == 2


def test_long_text_is_cut_between_paragraphs_under_its_headings():
    found = cut(f"# Top\n\n{sentence(120)}\n\n{sentence(120)}\n\n## Deep\n\n{sentence(120)}")
    assert [passage.section for passage in found] == ["Top", "Top", "Top > Deep"]
    assert [passage.position for passage in found] == [0, 1, 2]


def test_short_neighbouring_sections_of_one_parent_stay_together():
    found = cut("# Fix it\n\n## 1. Unplug\n\nPull the cable.\n\n## 2. Wait\n\nTen seconds.")
    assert len(found) == 1
    assert found[0].section == "Fix it"
    assert "## 1. Unplug" in found[0].text
    assert "## 2. Wait" in found[0].text


def test_a_heading_that_names_a_menu_is_one_heading():
    assert cut(f"# Top\n\n## File > Save\n\n{sentence(150)}")[0].section == "Top > File › Save"


def test_a_list_up_to_the_limit_is_whole():
    items = "\n".join(f"{number}. {sentence(20)}" for number in range(1, LIST_LIMIT // 21))
    found = cut(f"Do this:\n\n{items}")
    assert len(found) == 1
    assert found[0].text.startswith("Do this:")


def test_a_longer_list_is_cut_between_items_and_goes_on_counting():
    found = cut("Do this:\n\n" + "\n".join(f"1. {sentence(30, f'w{number}')}" for number in range(20)))
    assert len(found) > 2
    assert not found[0].continues
    assert all(passage.continues for passage in found[1:])
    numbers = [line.split(".")[0] for passage in found for line in passage.text.splitlines() if line[:1].isdigit()]
    assert numbers == [str(number) for number in range(1, 21)]
    assert all(len(passage.text.split()) <= AIM * 1.25 + 31 for passage in found)


def test_code_is_whole_and_untouched():
    code = "```c\n" + "\n".join(f'  print("{{{{ site.x }}}} <b>{n}</b>");' for n in range(200)) + "\n```"
    assert code in "\n".join(passage.text for passage in cut(f"Run:\n\n{code}"))


@pytest.mark.parametrize(
    ("markdown", "cleaned"),
    [
        ("Before ![a picture](img/a.png) after", "Before  after"),
        ("<!-- note\nto self -->Text", "Text"),
        ("{% include x.html %}Text{: .class}", "Text"),
        ("{{< tabs >}}Text{{< /tabs >}}", "Text"),
        ("Write {{event name}} and {{ site.url }}", "Write {{event name}} and "),
        ('<a id="x"></a>Text<br>more', "Text\nmore"),
        (
            "<ol>\n   <li>Open <b>Tools</b></li>\n   <li>Run <code>make</code></li>\n</ol>",
            "- Open **Tools**\n- Run `make`",
        ),
        ("Open <sketchbook>/libraries, `<b>`", "Open <sketchbook>/libraries, `<b>`"),
        ("See [there](../x.md) and [here](https://a.example)", "See there and [here](https://a.example)"),
        ("> [!NOTE]\n> Take care.", "> Take care."),
        ("a &amp; b", "a & b"),
        (r"    C:\Users\%USERNAME%\.app\x", r"C:\Users\\%USERNAME%\\.app\x"),
        (r"%APPDATA%\{id}", r"%APPDATA%\\{id}"),
        (r"C:\\Users\\%USERNAME%", r"C:\\Users\\%USERNAME%"),
        (r"not \*bold\*, 5\% in C:\my\_files", r"not \*bold\*, 5\% in C:\my\_files"),
        (r"`C:\Users\%USERNAME%`", r"`C:\Users\%USERNAME%`"),
    ],
)
def test_what_a_site_generator_understands_is_taken_out(markdown, cleaned):
    assert clean(markdown) == cleaned.strip()


def test_plain_text_is_what_a_reader_sees():
    assert plain("## Open **the** `menu` in [Settings](https://x.example), *now*") == "Open the menu in Settings, now"
    assert plain("snake_case_name") == "snake_case_name"

"""What a site generator understands never reaches a customer; what it says in its way does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.articles import passages, read_article
from kb.noise import without_noise


def text_of(markdown: str) -> str:
    return "\n\n".join(passage.text for passage in passages(read_article("a.md", markdown.encode())))


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        pytest.param("{% comment %}\nnot\n\nyet\n{% endcomment %}\nText", "Text", id="Liquid comment over blocks"),
        pytest.param("{% if site.beta %}Text{% endif %}", "Text", id="Liquid tags"),
        pytest.param('Text {{ "/a" | relative_url }}', "Text", id="Liquid output with a filter"),
        pytest.param("Write {{ event name }} there.", "Write {{ event name }} there.", id="braces of the product"),
        pytest.param("{{% notice tip %}}\nText\n{{% /notice %}}", "Text", id="Hugo shortcodes in percent signs"),
        pytest.param('{{< figure src="a.png" >}}\nText', "Text", id="Hugo shortcodes"),
        pytest.param(
            'See {{< ref "x" caption="The `ips` field" >}}and `{{< ref >}}`',
            "See and `{{< ref >}}`",
            id="a shortcode with code in it, and code with a shortcode in it",
        ),
        pytest.param("<!-- see `x` -->Text `<!--` `-->`", "Text `<!--` `-->`", id="a comment with code in it"),
        pytest.param(
            '<Plan name="free">Text</Plan><Divider /> of <Your Name>',
            "Text of <Your Name>",
            id="components of MDX by their form, but no word for the eye",
        ),
        pytest.param("Press **Xbox **button **\xa0A**.", "Press **Xbox** button \xa0**A**.", id="bold with a space inside"),
        pytest.param("Look right**.** Then", "Look right. Then", id="a full stop in bold"),
        pytest.param("**Note:**wait, see**(b)**", "**Note:** wait, see **(b)**", id="bold that ends at no letter"),
        pytest.param("**a****b** in iOS 1****3", "**ab** in iOS 13", id="nothing in bold"),
        pytest.param("2 ** 3 ** 4 and `a ** b` **`c `** (**~**)", "2 ** 3 ** 4 and `a ** b` **`c `** (**~**)", id="no bold"),
        pytest.param("*![](a.png)*\n\nText [**![](a.png)**](https://v.example)", "Text", id="what was bold is a picture"),
        pytest.param(">![info]\n>\n>Text", ">Text", id="a note as Adobe marks it"),
        pytest.param("<ins>Steps</ins>: <tt>a</tt>", "Steps: a", id="elements for the eye"),
        pytest.param("Text\n{: .note .wide}", "Text", id="kramdown attributes below"),
        pytest.param("Text {#the-id} more{:target=_blank}", "Text more", id="kramdown attributes"),
        pytest.param("Text{.lead}", "Text", id="Pandoc attributes"),
        pytest.param("* TOC\n{:toc}\n\nText", "Text", id="kramdown contents"),
        pytest.param("[[toc]]\n\nText", "Text", id="VitePress contents"),
        pytest.param("In this article:\n\n- [One](#one)\n- [Two](#two)\n\nText", "Text", id="contents by hand"),
        pytest.param(
            "To move from another platform (or any other):\n\n1. [Export](#export).\n2. [Invite](#invite) and [share](#share)\n\nText",
            "Text",
            id="contents as steps, two places in one",
        ),
        pytest.param(
            '<ul class="nav nav-tabs" id="t" role="tablist">\n<li role="presentation"><a role="tab">Web</a></li>\n</ul>\n\nText',
            "Text",
            id="the labels of tabs in HTML",
        ),
        pytest.param("limit\n: How many.\n\nText", "**limit**: How many.\n\nText", id="a definition list"),
        pytest.param("Open the panel:\n\n![Panel](p.png)\n\nText", "Open the panel.\n\nText", id="announced, a picture"),
        pytest.param(
            "1. Tap it:\n\n   {% image tap.png %}\n\n2. Wait", "1. Tap it.\n\n2. Wait", id="announced in an item, an image tag"
        ),
        pytest.param(
            "Do this:\n\n{{< figure src=\"a.png\" >}}\n\n1. Wait",
            "Do this:\n\n1. Wait",
            id="announced, a picture and steps",
        ),
        pytest.param("Text\n\n[Back to top](#top)\n\nMore", "Text\n\nMore", id="a way back on the page"),
        pytest.param("See [the end](#end) too.", "See the end too.", id="a link on the page in a sentence"),
        pytest.param("[![Build](b.svg)](https://ci.example)\n\nText", "Text", id="a picture that is a link"),
        pytest.param("![Loom][pic]\n\nText\n\n[pic]: loom.png", "Text", id="a picture by reference"),
        pytest.param("![the [OK] button](b.png)Text", "Text", id="a picture with brackets in its words"),
        pytest.param("![a](b_(1).png)Text", "Text", id="a picture with brackets in its name"),
        pytest.param("<figure><img src=a><figcaption>A belt</figcaption></figure>\n\nText", "Text", id="a caption"),
        pytest.param(":::tip Save time\nText\n:::", "**Save time**\n\nText", id="Docusaurus"),
        pytest.param(":::warning\nText\n:::", "Text", id="Docusaurus without a title"),
        pytest.param('!!! note "Save time"\n    Text\n    more\n\nAfter', "**Save time**\n\nText\nmore\n\nAfter", id="MkDocs"),
        pytest.param('=== "Linux"\n\n    Text', "**Linux**\n\nText", id="MkDocs tab"),
        pytest.param(
            'import Tabs from "@theme/Tabs";\n\n<Tabs>\n<TabItem value="m" label="macOS">\n\nText\n\n</TabItem>\n</Tabs>',
            "**macOS**\n\nText",
            id="MDX",
        ),
        pytest.param("Enter <SSID> there.", "Enter <SSID> there.", id="a placeholder of the product"),
        pytest.param("> [!TIP]\n> Text", "> Text", id="GitHub alert"),
        pytest.param("See [[Belts|the belts]] and [[Parts]].", "See the belts and Parts.", id="wiki links"),
        pytest.param("Free[^1].\n\n[^1]: Not in Peru.", "Free (Not in Peru).", id="a footnote says its condition"),
        pytest.param(
            "See [the parts][p] and [Loom].\n\n[p]: https://l.example/p 'Parts'\n[loom]: <https://l.example>",
            "See [the parts](https://l.example/p) and [Loom](https://l.example).",
            id="links by reference",
        ),
        pytest.param("See [the parts].", "See [the parts].", id="brackets that are no link"),
        pytest.param(
            "Text\n\n<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>\n",
            "Text\n\n| A | B |\n| --- | --- |\n| 1 | 2 |",
            id="a table in HTML",
        ),
        pytest.param("<!-- one\n\ntwo -->\nText", "Text", id="a comment over blocks"),
    ],
)  # fmt: skip
def test_a_passage_has_the_words_and_not_the_marks(markdown, text):
    assert text_of(markdown) == text


@pytest.mark.parametrize(
    "code",
    [
        "```\n{% raw %}{{ x | y }}{#id} ![a](b) [^1]\n\n:::note\n```",
        "~~~\n!!! note\n    Text\n~~~",
        "Write `{% include x %}`, `{#id}` and `[^1]`.",
    ],
)
def test_code_is_left_alone(code):
    assert without_noise(code) == code


def test_a_headings_mark_is_no_part_of_title_or_section():
    read = read_article("a.md", b"# Belts {#belts}\n\n## Change it {: .x}\n\nText")
    assert read.title == "Belts"
    assert [passage.section for passage in passages(read)] == ["Belts > Change it"]


@pytest.mark.parametrize(
    "piece", ["``` ", "`a` ", "**a ", "** ", "*", "****", "{{< ", "<!-- `", "<Tabs a=", "[", "<table><tr><td>"]
)
def test_what_begins_and_never_ends_holds_nothing_up(piece):
    # A pattern that tries all ways would take longer than anybody waits.
    assert isinstance(without_noise("**" + piece * 60 + "`"), str)


@given(st.text(alphabet=list("{}%#:[]()!`~<>-=\"'^|\n ab:._"), max_size=200))
def test_any_text_can_be_read(text):
    assert isinstance(without_noise(text), str)

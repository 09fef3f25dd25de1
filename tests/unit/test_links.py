"""A link between articles leads a customer to the page of the article that it names."""

import pytest

from kb.articles import read_article
from kb.links import linked, place

PAGES = {
    place(path): f"https://h.example/{path}"
    for path in ("billing/refunds.md", "billing/index.md", "set up/Wi-Fi.html", "faq.csv#2")
}


def body(markdown: str, path: str = "billing/invoices.md") -> str:
    return linked(read_article(path, markdown.encode()), PAGES).body.strip()


@pytest.mark.parametrize(
    ("target", "page"),
    [
        ("refunds.md", "billing/refunds.md"),
        ("./refunds", "billing/refunds.md"),
        ("refunds.html#how", "billing/refunds.md"),
        ("../billing/refunds.md?x=1", "billing/refunds.md"),
        ("/billing/refunds/", "billing/refunds.md"),
        ("../refunds/", "billing/refunds.md"),
        ("../billing/", "billing/index.md"),
        ("../set%20up/wi-fi.md", "set up/Wi-Fi.html"),
        ("<refunds.md>", "billing/refunds.md"),
        ('refunds.md "Our refunds"', "billing/refunds.md"),
    ],
)
def test_a_link_to_another_article_becomes_one_to_its_page(target, page):
    assert body(f"See [there]({target}).") == f"See [there](https://h.example/{page})."


@pytest.mark.parametrize(
    "markdown",
    [
        "See [there](gone.md).",
        "See [there](#how).",
        "See [there](https://a.example/refunds.md).",
        "See [there](mailto:a@h.example).",
        "See [there](//h.example/refunds.md).",
        "See [there](../../refunds.md).",
        "Write `[there](refunds.md)`.",
        "```\n[there](refunds.md)\n```",
    ],
)
def test_every_other_link_stays_as_it_is(markdown):
    assert body(markdown) == markdown

"""What is sent of an article is the part that answers: whole, in a length that is read, without what only the page needs."""

import pytest

from kb.articles import passages, read_article
from kb.blocks import Block
from kb.evidence import Hit
from kb.extract import FAR, MOST, READ, SHORT, Extract, extract
from kb.furniture import asks_to_write, is_furniture, leads_on, offers_help
from kb.units import SECTION
from kb.words import words


def of(markdown: str, query: str = "How do I reset the pump?") -> Extract:
    """Extract from an article, each passage scored by the words that it shares with the query."""
    article = read_article("a.md", f"---\ntitle: Title\n---\n{markdown}".encode())
    asked = set(words(query))
    hits = []
    for passage in passages(article):
        score = len(asked & set(words(f"{passage.section} {passage.text}"))) / max(1, len(asked))
        hits.append(Hit(passage=passage, score=score, dense=score, sparse=0.0))
    return extract(query, hits)


def filler(count: int, word: str = "word") -> str:
    return " ".join([word] * (count - 1)) + " end."


LONG = f"## Other\n\n{filler(180, 'alpha')}\n\n## Another\n\n{filler(180, 'beta')}"
ANSWER = "## Reset\n\nTo reset the pump, hold the button."


# -- how much


def test_a_short_article_is_sent_whole_whatever_is_asked():
    assert of(f"One thing.\n\n## Fees\n\n{filler(SHORT - 20)}").whole


def test_of_a_long_article_the_section_that_answers_is_sent_under_its_heading():
    found = of(f"{LONG}\n\n{ANSWER}")
    assert found.text == "### Reset\n\nTo reset the pump, hold the button."
    assert not found.whole
    assert [passage.section for passage in found.cited] == ["Reset"]


def test_sections_that_answer_are_sent_wherever_they_stand_in_the_articles_order():
    early = "## Before the reset\n\nThe pump must be empty before a reset."
    found = of(f"{early}\n\n{LONG}\n\n{ANSWER}")
    assert found.text == (
        "### Before the reset\n\nThe pump must be empty before a reset.\n\n### Reset\n\nTo reset the pump, hold the button."
    )


def test_where_a_part_saves_little_the_whole_is_sent():
    most = f"## Reset\n\n{filler(70, 'pump reset')}"
    assert of(f"{most}\n\n## Fees\n\n{filler(30, 'fee')}").whole
    assert not of(f"{most}\n\n## Fees\n\n{filler(READ, 'fee')}").whole


def test_the_longer_an_answer_is_the_nearer_must_be_what_joins_it():
    near = f"## Nearly\n\nReset {filler(20, 'other')}"
    short = of(f"{LONG}\n\n## Reset\n\nReset the pump. {filler(30, 'pump')}\n\n{near}")
    long = of(f"{LONG}\n\n## Reset\n\n1. Reset the pump. {filler(MOST - 30, 'pump')}\n\n{near}")
    assert "Nearly" in short.text
    assert "Nearly" not in long.text
    assert FAR > 0


# -- what belongs together

STEPS = "\n".join(f"{n}. Step {n} {filler(40, 'turn')}" for n in range(1, 13))


def test_steps_are_never_parted_however_long_they_are():
    found = of(f"## Reset the pump\n\nTo reset it:\n\n{STEPS}\n\n{LONG}")
    assert all(f"{n}. Step {n} " in found.text for n in range(1, 13))
    assert len(found.cited) > 1


def test_steps_that_something_stands_between_are_one_list():
    between = STEPS.replace("\n7. ", "\n\nYou may be asked to allow it.\n\n7. ")
    found = of(f"## Reset the pump\n\n{between}\n\n{LONG}")
    assert "1. Step 1 " in found.text
    assert "12. Step 12 " in found.text
    assert "allow it" in found.text


def test_two_lists_of_steps_in_one_long_section_are_two():
    other = "\n".join(f"{n}. Paint {filler(130, 'paint')}" for n in range(1, 4))
    found = of(f"## Pump\n\nTo reset the pump:\n\n1. Reset it.\n\nTo paint it:\n\n{other}\n\n{LONG}")
    assert "1. Reset it." in found.text
    assert "Paint" not in found.text


@pytest.mark.parametrize(
    ("one", "two", "together"),
    [
        pytest.param("1. Unplug", "2. Wait", True, id="numbered"),
        pytest.param("Step 1", "Step 2", True, id="steps"),
        pytest.param("Schritt 1: Los", "Schritt 2: Fertig", True, id="German steps"),
        pytest.param("Unplug", "Wait", False, id="two things"),
    ],
)
def test_sections_that_are_steps_of_one_thing_stay_together(one, two, together):
    steps = f"## {one}\n\nReset the pump now. {filler(100, 'plug')}\n\n## {two}\n\n{filler(140, 'wait')}"
    assert (filler(140, "wait") in of(f"{steps}\n\n{LONG}").text) == together


def test_of_a_list_of_questions_the_ones_that_are_asked_are_sent():
    listed = "\n".join(
        f"- **What is {name}?**\n\n    {filler(60, name)}\n" for name in ("alpha", "beta", "gamma", "delta")
    )
    found = of(
        f"{listed}\n- **How is the pump reset?**\n\n    Hold the button. {filler(30, 'hold')}\n",
        "How is the pump reset?",
    )
    assert found.text.startswith("- **How is the pump reset?**")
    assert "alpha" not in found.text


def test_a_list_of_short_things_is_sent_whole():
    listed = "\n".join(f"- Part {n}" for n in range(1, 120))
    found = of(f"## Reset the pump\n\n{listed}\n\n{LONG}")
    assert "- Part 1\n" in found.text
    assert found.text.endswith("- Part 119")


def test_of_a_long_table_the_rows_that_are_asked_for_are_sent_with_its_head():
    rows = "\n".join(f"| Feature {n} | {filler(12, 'alpha')} |" for n in range(20))
    found = of(f"Text.\n\n## Limits\n\n| What | How much |\n|---|---|\n{rows}\n| Pump reset current | 8 mA |")
    assert "| What | How much |\n|---|---|\n| Pump reset current | 8 mA |" in found.text
    assert "Feature 7" not in found.text


def test_a_short_table_is_sent_whole():
    table = "| Pump | Reset |\n|---|---|\n| A | button |\n| B | switch |"
    assert table in of(f"## Reset\n\nThe pump has a reset:\n\n{table}\n\n{LONG}").text


def test_a_note_stays_with_what_it_is_about():
    found = of(
        f"## Reset\n\n{filler(SECTION, 'alpha')}\n\nReset the pump by its button.\n\n> Water may leak.\n\n{LONG}"
    )
    assert found.text == "### Reset\n\nReset the pump by its button.\n\n> Water may leak."


# -- headings and announcements


def test_a_heading_is_told_once_also_where_passages_were_cut_under_it():
    found = of(
        f"{filler(30)}\n\n## How to reset\n\nReset the pump so.\n\n### Windows\n\n{filler(45, 'pump reset')}\n\n### Mac\n\n"
        f"{filler(45, 'pump reset')}\n\n{LONG}"
    )
    assert found.text.count("How to reset") == 1
    assert "### How to reset\n\nReset the pump so.\n\n### Windows\n\n" in found.text


def test_the_articles_title_is_no_heading_of_its_answer():
    assert of(f"# Title\n\n{ANSWER}\n\n{LONG}").text == "### Reset\n\nTo reset the pump, hold the button."


@pytest.mark.parametrize(
    ("section", "text"),
    [
        pytest.param("Reset the pump so. See below:", "Reset the pump so.", id="the end of a section"),
        pytest.param(
            "Reset the pump so:\n\n- hold\n- wait", "Reset the pump so:\n\n- hold\n- wait", id="what it announces"
        ),
        pytest.param("Reset the pump: hold it.", "Reset the pump: hold it.", id="a colon inside"),
    ],
)
def test_an_announcement_without_what_it_announces_is_left_out(section, text):
    assert of(f"## Reset\n\n{section}\n\n{LONG}").text == f"### Reset\n\n{text}"


@pytest.mark.parametrize(
    ("paragraph", "text"),
    [
        pytest.param("For more, you need to use the", "", id="English"),
        pytest.param("Hold it. For more, you need to use the", "Hold it.\n\n", id="after a sentence"),
        pytest.param("Mehr dazu finden Sie in der", "", id="German"),
        pytest.param("Hold the pump", "Hold the pump\n\n", id="no full stop"),
        pytest.param("Arduino UNO", "Arduino UNO\n\n", id="a name that is a word elsewhere"),
    ],
)
def test_a_sentence_that_its_author_broke_off_is_left_out(paragraph, text):
    assert of(f"{paragraph}\n\n1. Reset the pump.").text == f"{text}1. Reset the pump."


# -- furniture

TEXT = "Reset the pump by its button."


@pytest.mark.parametrize(
    "furniture",
    [
        "Back to top",
        "[Nach oben](#top)",
        "## Further reading\n\n- [Pumps](https://example.com/a)\n- [Valves](https://example.com/b)",
        "## Weitere Informationen\n\n- [Pumpen](https://example.com/a)",
        "## Voir aussi\n\n- [Pompes](https://example.com/a)",
        "Related articles:\n\n- [Pumps](https://example.com/a)",
        "See also: [Pumps](https://example.com/a)",
        "Tags: pompe, Pumpe, bomba, 360001",
        "Schlagwörter: pompe, Pumpe",
        '<p style="display:none">\n  Tags: pompe, Pumpe\n</p>',
        "## Still need help?\n\n- Visit the forum.\n- [Contact us](https://example.com/c)",
        "## Brauchen Sie Hilfe?\n\n[Schreiben Sie uns](https://example.com/c).",
        "If you still need help, [contact us](https://example.com/c).",
        "Wenn Sie weitere Hilfe brauchen, kontaktieren Sie uns.",
        "| Board | Front |\n|---|---|\n| Uno | ![](a.png) |",
    ],
)
def test_what_only_the_page_needs_is_not_sent_and_not_missed(furniture):
    found = of(f"{TEXT}\n\n{furniture}")
    assert (found.text, found.whole) == (TEXT, True)


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param("## Related error messages\n\n- E1 means empty.", id="a heading that only begins alike"),
        pytest.param("## Downloads\n\n- [Windows](https://example.com/w)", id="links that are the answer"),
        pytest.param("Tags: you can set them in the menu.", id="a sentence about tags"),
        pytest.param("Go back to top speed.", id="a sentence with the words"),
        pytest.param("If you need help with the valve, contact a plumber. He closes it.", id="more than an offer"),
        pytest.param("| Pump | Reset |\n|---|---|\n| A | button |", id="a table that says something"),
        pytest.param("## Additional information\n\nPumps leak in winter.", id="more that is said"),
    ],
)
def test_what_looks_alike_is_sent(kept):
    assert kept.split("\n")[-1] in of(f"{TEXT}\n\n{kept}").text


def test_the_tail_is_the_answer_where_it_is_what_is_asked_for():
    article = f"{TEXT}\n\n## Contact us\n\nCall our support by phone: +44 20 7946 0000."
    assert "7946" not in of(article).text
    assert "7946" in of(article, "What is the phone number, I want to call support?").text


def test_a_long_section_about_contact_is_no_tail():
    assert filler(70, "call") in of(f"{TEXT}\n\n## Contact us\n\n{filler(70, 'call')}").text


def test_an_offer_of_help_in_the_middle_is_no_tail():
    assert "Ask Ann." in of(f"{TEXT}\n\n## Questions\n\nAsk Ann.\n\n## Fees\n\nNone.").text


def test_what_the_page_is_for_is_not_told_where_something_else_is():
    assert of(f"Learn how to reset the pump.\n\n{TEXT}").text == TEXT
    assert of("Learn how to reset the pump.").text == "Learn how to reset the pump."
    assert of(f"Learn how to reset it. Never do it twice.\n\n{TEXT}").text.startswith("Learn how")


def test_of_an_article_that_is_all_furniture_the_nearest_passage_is_sent():
    assert of("Back to top").text == "Back to top"


LINKS, PROSE = "- [Pumps](https://example.com/a)\n- See [valves](https://example.com/b)", "- Pumps leak in winter."


@pytest.mark.parametrize(
    ("heading", "over_links", "over_prose"),
    [
        ("Further reading", True, True),
        ("Related articles", True, True),
        ("Additional information", True, False),
        ("Related settings", False, False),
        ("Verwandte Themen", True, True),
        ("Weitere Informationen", True, False),
        ("Pour aller plus loin", True, True),
        ("En savoir plus", True, False),
        ("Artículos relacionados", True, True),
        ("Más información", True, False),
        ("Articoli correlati", True, True),
        ("Per saperne di più", True, False),
        ("Gerelateerde artikelen", True, True),
        ("Meer informatie", True, False),
        ("Artigos relacionados", True, True),
        ("Saiba mais", True, False),
    ],
)
def test_headings_over_other_pages_are_known_in_seven_languages(heading, over_links, over_prose):
    assert (leads_on(heading, LINKS), leads_on(heading, PROSE)) == (over_links, over_prose)


@pytest.mark.parametrize(
    ("below", "leads"),
    [
        ("[If your delivery is late](https://example.com/late)", True),
        ("[If the delivery is late](https://example.com/late): call the carrier", False),
        ("[The carriers](https://example.com/carriers)", False),
        ("If your delivery is late", False),
    ],
)
def test_a_heading_that_is_only_said_again_by_a_link_leads_on(below: str, leads: bool) -> None:
    assert leads_on("If your delivery is late", below) == leads


@pytest.mark.parametrize(
    ("heading", "helps"),
    [
        ("Still need help?", True),
        ("If you still need help", True),
        ("Need help choosing a board?", False),
        ("Contact us about security", False),
        ("Noch Fragen?", True),
        ("Besoin d'aide ?", True),
        ("¿Necesitas más ayuda?", True),
        ("Hai bisogno di aiuto?", True),
        ("Hulp nodig?", True),
        ("Precisa de ajuda?", True),
    ],
)
def test_headings_of_the_tail_are_known_in_seven_languages(heading, helps):
    assert offers_help(heading) == helps


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("Back to top", True),
        ("↑ Return to the top of the page", True),
        ("Zurück nach oben", True),
        ("Retour en haut", True),
        ("Volver arriba", True),
        ("Torna su", True),
        ("Naar boven", True),
        ("Voltar ao topo", True),
        ("Drag the slider to the top.", False),
    ],
)
def test_ways_back_are_known_in_seven_languages(text, back):
    assert is_furniture(Block(headings=(), text=text)) == back


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("If you still need help, contact us.", True),
        ("Still stuck? [Contact support](https://example.com).", True),
        ("Falls Sie noch Fragen haben, wenden Sie sich an uns.", True),
        ("Si vous avez besoin d'aide, contactez-nous.", True),
        ("Si necesitas ayuda, contacta con nosotros.", True),
        ("Se hai bisogno di aiuto, contattaci.", True),
        ("Als je hulp nodig hebt, neem contact op.", True),
        ("Se precisar de ajuda, contacte-nos.", True),
        ("Contact the carrier within 30 days.", False),
        ("Please contact our support team.", True),
        ("Send us the order number and a photograph.", False),
    ],
)
def test_an_offer_to_write_is_known_in_seven_languages(text, asks):
    assert asks_to_write(Block(headings=(), text=text)) == asks

"""The check's reading of sentences: honest retellings pass, and facts are held whatever else seems alike."""

from collections.abc import Sequence

import pytest

from daemon.steps.grounding import check_text

PASSAGE = (
    "# Deliveries\n\n"
    "We ship to all countries of the EU except Malta. Orders over 50 € are delivered free of charge. "
    "Standard delivery takes 3 to 5 working days. Express delivery is not available on weekends.\n\n"
    "## Return an item\n\n"
    "You can return an item within 30 days of delivery, but only if it is unused. Gift cards cannot be returned.\n\n"
    "1. Sign in at [your account](https://shop.example.com/account).\n"
    "2. Open **Orders** and select the item.\n"
    "3. Click **Return** and print the label.\n"
    "4. Drop the parcel at a post office.\n\n"
    "If the label does not print, ask for a new one at returns@shop.example.com. "
    "The refund is paid after we have checked the item, usually in half an hour."
)


def near(sentence: str, texts: Sequence[str]) -> list[float]:
    """All is alike in meaning: what stops then is the rules."""
    return [0.9] * len(texts)


def far(sentence: str, texts: Sequence[str]) -> list[float]:
    """Nothing is."""
    return [0.1] * len(texts)


@pytest.mark.parametrize(
    "reply",
    [
        "Standard shipping needs 3 to 5 working days.",
        "There is no express delivery on weekends.",
        "Every country in the EU is supplied, apart from Malta.",
        "If your order is over 50 €, delivery costs nothing extra and is free.",
        "It isn't possible to return gift cards.",
        "An unused item can only be sent back within 30 days of delivery.",
        "Log in at https://shop.example.com/account, go to Orders and choose the item.",
        "Press Return and then print the label.",
        "Print the label before you drop the parcel at a post office.",
        "Take the parcel to a post office after you have printed the label.",
        "In case the label doesn't print, request another one from returns@shop.example.com.",
        "We pay the refund once the item has been checked, usually within 30 minutes.",
    ],
)
def test_an_honest_retelling_passes_where_it_is_near_in_meaning(reply: str) -> None:
    assert check_text(reply, [PASSAGE], similarity=near).failed == ()


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param("Standard delivery takes 3 to 7 working days.", "number", id="number"),
        pytest.param("The refund is paid usually within 20 minutes.", "number", id="a length of time"),
        pytest.param("You can return an item within three weeks of delivery.", "", id="another unit"),
        pytest.param("Express delivery is available on weekends.", "negation", id="a negation left out"),
        pytest.param("Standard delivery is not available on weekends.", "", id="another subject"),
        pytest.param("Gift cards can be returned.", "negation", id="cannot becomes can"),
        pytest.param("You cannot return an item within 30 days of delivery.", "negation", id="a negation added"),
        pytest.param("We ship to all countries of the EU including Malta.", "condition", id="except becomes including"),
        pytest.param("We ship to all countries of the EU.", "condition", id="an exception left out"),
        pytest.param("You can return an item if it is unused within 30 days of delivery, always.", "", id="always"),
        pytest.param("All orders are delivered free of charge.", "", id="all"),
        pytest.param("Orders over 50 € are delivered express.", "word", id="another word"),
        pytest.param("We ship to all countries of the EU except Cyprus.", "", id="name"),
        pytest.param("Click Refund and print the label.", "name", id="button"),
        pytest.param("Ask for a new one at help@shop.example.com.", "address", id="mail address"),
        pytest.param("Sign in at https://shop.example.org/account.", "link", id="link"),
        pytest.param("Drop the parcel at a post office, then print the label.", "order", id="steps turned round"),
        pytest.param("Print the label after you drop the parcel at a post office.", "order", id="after"),
        pytest.param("The refund is paid before we have checked the item.", "before and after", id="before for after"),
        pytest.param("You can.", "no fact", id="nothing to hold on to"),
    ],
)
def test_a_changed_fact_is_stopped_though_all_seems_near_in_meaning(reply: str, why: str) -> None:
    graded = check_text(reply, [PASSAGE], similarity=near)
    assert [failure.sentence for failure in graded.failed] == [reply]
    assert why in graded.failed[0].why


def test_another_condition_is_stopped() -> None:
    reply = "If the item is damaged, ask for a new one at returns@shop.example.com."

    def condition_is_far(sentence: str, texts: Sequence[str]) -> list[float]:
        return [0.9 if sentence == reply else 0.3] * len(texts)

    (failure,) = check_text(reply, [PASSAGE], similarity=condition_is_far).failed
    assert "another condition" in failure.why


def test_a_step_that_says_it_comes_next_must_come_next() -> None:
    reply = "Drop the parcel at a post office. Then click Return and print the label."
    (failure,) = check_text(reply, [PASSAGE], similarity=near).failed
    assert failure.why == "the steps are in another order"


@pytest.mark.parametrize("similarity", [None, far])
def test_words_of_its_own_do_not_pass_without_a_likeness_in_meaning(similarity: object) -> None:
    reply = "Sending stuff back works for a month as long as nobody has worn it."
    assert not check_text(reply, [PASSAGE], similarity=similarity).passed  # type: ignore[arg-type]


def test_an_invention_that_is_far_in_meaning_is_stopped() -> None:
    assert not check_text("Couriers ring twice at your door.", [PASSAGE], similarity=far).passed


def test_what_a_customer_asks_supports_nothing() -> None:
    question = "Can I return damaged items?"
    assert not check_text("You can return damaged items within 30 days.", [PASSAGE], question, near).passed


def test_each_of_several_questions_must_be_touched() -> None:
    question = "How long does standard delivery take? Which voltage does the charger of the drill need?"
    (failure,) = check_text("Standard delivery takes 3 to 5 working days.", [PASSAGE], question).failed
    assert failure.sentence == "Which voltage does the charger of the drill need?"
    one = "How long does standard delivery take? And is it quick?"
    assert check_text("Standard delivery takes 3 to 5 working days.", [PASSAGE], one).passed


@pytest.mark.parametrize(
    ("reply", "passed"),
    [
        ("You can clean the board with an ultraviolet cabinet.", False),
        ("We recommend an ultraviolet cabinet for safe disinfection.", False),
        ("If you share the board with other people, we recommend an ultraviolet cabinet for safe disinfection.", True),
    ],
)
def test_a_condition_with_which_its_sentence_begins_is_not_lost_on_the_way(reply: str, passed: bool) -> None:
    # Seen: a model made a way of cleaning of what is for boards that are shared.
    passage = (
        "Follow these steps to clean the board.\n\nIf you share the board with other people, we recommend an ultraviolet"
        " cabinet for safe disinfection between use."
    )
    assert check_text(reply, [passage], similarity=lambda _, texts: [0.8] * len(texts)).passed is passed


def test_a_link_that_both_have_makes_two_sentences_no_nearer_in_meaning() -> None:
    compared: list[str] = []

    def watched(sentence: str, texts: Sequence[str]) -> list[float]:
        compared.extend((sentence, *texts))
        return [0.0] * len(texts)

    check_text("Fetch it at https://example.com/lamp now.", ["See https://example.com/lamp first."], similarity=watched)
    assert compared
    assert not any("example.com" in text for text in compared)

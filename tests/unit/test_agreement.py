"""Two answers agree where the human names our article or states what ours states; a topic earns its mode by its record."""

import pytest

from daemon.steps.agreement import Article, Ours, Standing, compare, drafted, in_words, interval, worth

JAM = Article("Clear a label jam", "https://help.example.com/label-jam/")
WIFI = Article("Connect the printer to Wi-Fi", "https://help.example.com/wifi")
OURS = Ours(
    text="Hello Alice,\n\n1. Switch the printer off.\n2. Open the cover and pull the label out.\n3. Close the cover and switch"
    " the printer on.\n\nA jam is no fault under warranty before 30 days.\n\nTapir Support",
    cited=(JAM,),
    others=(WIFI,),
)


@pytest.mark.parametrize(
    ("theirs", "agrees", "why"),
    [
        ("Hi Alice,\n\nplease see http://www.help.example.com/label-jam?utm=1.\n\nAnn", True, "links the same"),
        ("It is all in our article “Clear a  label jam”.", True, "names the same"),
        ("Switch the printer off, open the cover and pull the label out. Then close the cover.", True, "states the same"),
        ("Hi,\n\nopen the cover and pull the label out.\n\nI shall call you on Monday about the invoice.", None, "states partly the same"),
        ("Look at https://help.example.com/wifi, that is it.", False, "links another"),
        ("Send the printer to our workshop in Leipzig, we repair it for free.", False, "states something else"),
        ("A jam is no fault under warranty before 90 days.", False, "states something else"),
        ("Please do not open the cover and never pull the label out.", False, "states something else"),
        ("Which printer do you have?", None, "the human states nothing"),
        ("Dear Alice,\n\nyou're welcome!\n\nAnn", None, "the human states nothing"),
        ("Open the cover and pull the label out. Our workshop in Leipzig needs the serial number of it. Then pay the"
         " deposit of 40 euros at the desk.", None, "states partly"),
    ],
)  # fmt: skip
def test_two_answers(theirs: str, agrees: bool | None, why: str) -> None:
    found = compare(OURS, theirs)
    assert (found.agrees, found.why[: len(why)]) == (agrees, why)


def test_without_a_text_of_ours_articles_alone_are_compared() -> None:
    assert compare(Ours(text="", cited=(JAM,)), "See https://help.example.com/label-jam").agrees is True
    assert compare(Ours(text="", cited=(JAM,)), "Pull the label out of the printer.").agrees is False


@pytest.mark.parametrize(
    ("agree", "compared", "standing", "missing", "at_this_rate", "words"),
    [
        (20, 20, Standing.EARNED, 0, 0, "20 of 20 agree: earned"),
        (19, 20, Standing.EARNED, 0, 0, "19 of 20 agree: earned"),
        (10, 10, Standing.SOON, 10, 10, "10 of 10 agree; 10 more at this rate"),
        (18, 20, Standing.SOON, 8, 28, "18 of 20 agree; 28 more at this rate"),
        (10, 20, Standing.NOT_LIKE_THIS, 60, None, "10 of 20 agree: too few; 60 more if all agreed"),
        (0, 0, Standing.SOON, 20, 20, "nothing compared yet; 20 that all agree would do"),
    ],
)
def test_what_a_topic_still_needs(agree, compared, standing, missing, at_this_rate, words) -> None:
    found = worth(agree, compared, 0.8)
    assert (found.standing, found.missing, found.at_this_rate) == (standing, missing, at_this_rate)
    assert in_words(found) == words


def test_the_interval_is_wilsons() -> None:
    low, high = interval(18, 20)
    assert (round(low, 3), round(high, 3)) == (0.738, 0.966)


def test_the_text_of_a_record() -> None:
    reply = {"role": "reply", "text": "Do this."}
    draft = {
        "role": "draft",
        "text": "Case …\n\n==== Draft: what the customer would get ====\n\nDo this.\n\n==== End of the draft ====\n",
    }
    assert drafted([{"role": "notice", "text": "Wait."}, reply]) == "Do this."
    assert drafted([draft]) == "Do this."
    assert drafted([{"role": "handover", "text": "x"}]) == ""

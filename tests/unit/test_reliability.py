"""The reliability curve as a picture."""

from xml.etree import ElementTree

from daemon.evaluation import calibration
from daemon.reliability import picture

PAIRS = [(k / 100, k % 3 > 0) for k in range(100)]
SVG = "{http://www.w3.org/2000/svg}"


def drawn(pairs, title="two & more <sets>"):
    found = calibration(pairs)
    return ElementTree.fromstring(picture(found["bins"], found["ece"], title))


def test_every_bin_has_its_dot_its_interval_and_its_number():
    root = drawn(PAIRS)
    assert len(root.findall(f"{SVG}circle")) == 10
    assert len([line for line in root.findall(f"{SVG}line") if line.get("class") == "spread"]) == 10
    assert [text.text for text in root.findall(f"{SVG}text") if text.get("class") == "count"] == ["10"] * 10


def test_the_diagonal_and_the_error_are_there():
    root = drawn(PAIRS)
    assert [line.get("class") for line in root.findall(f"{SVG}line")].count("even") == 1
    assert any("calibration error" in (text.text or "") for text in root.findall(f"{SVG}text"))


def test_a_title_is_text_and_never_markup():
    assert drawn(PAIRS).find(f"{SVG}title").text == "two & more <sets>"


def test_a_perfect_bin_lies_on_the_diagonal():
    dot = drawn([(1.0, True)]).find(f"{SVG}circle")
    assert (dot.get("cx"), dot.get("cy")) == ("416.0", "48.0")


def test_nothing_judged_is_an_empty_picture():
    assert drawn([]).findall(f"{SVG}circle") == []

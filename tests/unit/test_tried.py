"""Who has read or tried what the articles say is told from who only has a question."""

import pytest

from kb.tried import has_tried


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        pytest.param("I restarted it. What else can I do?", True, id="what else"),
        pytest.param("The lamp stays red, as described in step two.", True, id="as described"),
        pytest.param("You write that the cable must be new. It is.", True, id="you write"),
        pytest.param("I've read your guide and my lamp is red.", True, id="the guide"),
        pytest.param("I’ve followed all of it.", True, id="followed"),
        pytest.param("I closed all windows, pulled the plug, and even restarted. COM3 is busy.", True, id="a story"),
        pytest.param("I closed the window and restarted. COM3 is busy.", False, id="two things are no story"),
        pytest.param("My guide dog ate the cable.", False, id="another guide"),
        pytest.param("How long do you take to write to me?", False, id="you, and to write"),
        pytest.param("I need a cable, a plug and a lamp.", False, id="a list of things"),
    ],
)
def test_what_speaks_of_reading_and_trying(text: str, tried: bool) -> None:
    assert has_tried(text) == tried

"""Who has read or tried what the articles say is told from who only has a question."""

import pytest

from kb.tried import tried


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        pytest.param("I restarted it. What else can I do?", 1, id="what else"),
        pytest.param("The lamp stays red, as described in step two.", 1, id="as described"),
        pytest.param("You write that the cable must be new. It is.", 1, id="you write"),
        pytest.param("I've read your guide and my lamp is red.", 1, id="the guide"),
        pytest.param("I’ve followed all of it.", 1, id="followed"),
        pytest.param("I closed all windows, pulled the plug, and even restarted. COM3 is busy.", 1, id="a story"),
        pytest.param("I closed all windows, pulled the plug and restarted it as described. No.", 2, id="both"),
        pytest.param("I closed the window and restarted. COM3 is busy.", 0, id="two things are no story"),
        pytest.param("My guide dog ate the cable.", 0, id="another guide"),
        pytest.param("How long do you take to write to me?", 0, id="you, and to write"),
        pytest.param("I need a cable, a plug and a lamp.", 0, id="a list of things"),
    ],
)
def test_what_speaks_of_reading_and_trying(text: str, signs: int) -> None:
    assert tried(text) == signs

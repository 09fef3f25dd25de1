"""A retelling may be shorter than the answer, but it answers, once, and loses no step of those that it tells."""

import pytest

from daemon.steps.retelling import lost

ANSWER = """\
You can remove members from a space:

1. Open the space.
2. Choose **Members**.
3. Click the cross beside the name.
4. Confirm with **Remove**.

Teachers can remove students. Admins can remove any member."""
ASKED = "How do I remove a colleague from our space?"


@pytest.mark.parametrize(
    ("retold", "why"),
    [
        ("Open the space, choose Members, click the cross beside the name and confirm with Remove.", ""),
        ("1. Open the space.\n2. Choose Members.\n3. Click the cross beside the name.\n4. Confirm with Remove.", ""),
        ("Teachers can remove students. Admins can remove any member.", ""),
        ("1. Open the space.\n2. Click the cross beside the name.\n3. Confirm with Remove.", "a step is left out"),
        ("Open the space and choose Members.", "a step is left out"),
        ("Teachers can remove students. Teachers can remove students.", "says the same twice"),
        ("1. Admins can remove any member.\n2. Admins can remove any member.", "says the same twice"),
        ("Yes. Yes. Admins can remove any member.", ""),
        ("Teachers are students.", "does not speak of what is asked"),
    ],
)
def test_what_is_lost_is_named(retold: str, why: str) -> None:
    assert [failure.why for failure in lost(retold, ANSWER, ASKED)][:1] == ([why] if why else [])


def test_a_question_without_a_word_of_the_answer_asks_for_none_in_the_retelling() -> None:
    assert lost("Admins can remove any member.", ANSWER, "Who may do that?") == ()

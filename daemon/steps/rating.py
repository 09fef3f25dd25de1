"""Pure. A rating by reply: nothing but a number from 1 to 5 in answer to the mail that closed the case."""

import re

from daemon.steps.verdicts import TurnView
from store.records import Direction, Role

_RATING = re.compile(
    r"\W{0,5}([1-5])(?: ?/ ?5| (?:of|von|sur|de|su|van) 5)?(?: ?(?:stars?|stern(?:en?)?|étoiles?|estrellas?|stelle?|estrelas?|sterren|\*|★))?"
    r"\W{0,5}",
    re.IGNORECASE,
)
_STARS = re.compile(r"\s*([★⭐]{1,5})[☆\s]{0,5}")


def rating_of(view: TurnView) -> int | None:
    """How many of five a customer gives, None where the mail is no rating.

    What was written besides a number is for a person, or a question: then it is no rating. A number counts only where the last
    mail of ours said good-bye: after a question of ours it is an answer.
    """
    turn = view.newest
    if turn.refused or turn.unproven or not turn.trusted or len(view.current) > 1:
        return None
    current = {one.id for one in view.current}
    said = next(
        (one for one in reversed(view.history) if one.direction is Direction.OUT and one.id not in current), None
    )
    if said is None or said.role is not Role.CLOSURE:
        return None
    text = turn.text.strip()
    if match := _RATING.fullmatch(text):
        return int(match[1])
    match = _STARS.fullmatch(text)
    return len(match[1]) if match else None

"""Pure. What a retelling of an answer may not lose: whether it still answers, and every step once it tells of some.

The check (`grounding`) holds that nothing is added. Left out may be much, since a shorter answer is often the better one;
but half of a list of steps misleads, and a text that says the same again and again is no answer.
"""

import re

from daemon.steps.claims import MARKER, content, read, share_of
from daemon.steps.grounding_words import alike, soft
from daemon.steps.markdown import to_text
from daemon.steps.sentences import sentences
from daemon.steps.verdicts import Failure

_ITEM = re.compile(r"^\s*(\d{1,3})[.)]\s+(.*)$")
_TOLD = 0.5  # of a step's words: with more of them, it is told
_WORDS = 4  # of a sentence that nobody says twice


def lost(retold: str, answer: str, asked: str) -> tuple[Failure, ...]:
    """What is wrong with a retelling (text) of an answer (Markdown) to what was asked; empty where nothing is."""
    return (*_repeated(retold), *_steps_left_out(retold, answer), *_beside_the_question(retold, answer, asked))


def _repeated(retold: str) -> tuple[Failure, ...]:
    told = [" ".join(re.findall(r"\w+", one.lower())) for one in sentences(MARKER.sub("\n\n", retold))]
    twice = [one for one in told if len(one.split()) >= _WORDS and told.count(one) > 1]
    return (Failure(sentence=twice[0], why="says the same twice"),) if twice else ()


def _steps_left_out(retold: str, answer: str) -> tuple[Failure, ...]:
    whole = read(retold)
    for steps in _lists(answer):
        # By what a step is about: that something is clicked or chosen stands in every one.
        stems = [read(step).stems for step in steps]
        shares = [share_of([one for one in found if not soft(one)] or found, whole) for found in stems]
        missed = [step for step, share in zip(steps, shares, strict=True) if share <= _TOLD]
        if missed and sum(share > _TOLD for share in shares) > 1:
            return (Failure(sentence=missed[0], why="a step is left out"),)
    return ()


def _lists(answer: str) -> list[list[str]]:
    """The numbered lists of an answer, each step as text."""
    lists: list[list[str]] = []
    for line in to_text(answer).split("\n"):
        if item := _ITEM.match(line):
            if item[1] == "1" or not lists:
                lists.append([])
            lists[-1].append(item[2])
    return [steps for steps in lists if len(steps) > 1]


def _beside_the_question(retold: str, answer: str, asked: str) -> tuple[Failure, ...]:
    told, known = content(retold), content(answer)
    shared = [one for one in content(asked) if any(alike(one, other) for other in known)]
    if shared and not any(alike(one, other) for one in shared for other in told):
        return (Failure(sentence="", why="does not speak of what is asked"),)
    return ()

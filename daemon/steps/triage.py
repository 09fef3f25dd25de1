"""Pure. What a turn is about: language, request, sentiment, urgency, flags, outcome, and what to search for.

Rules alone: they need no model, explain themselves and work in seven languages. Topics come from the knowledge base
and are None here.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from daemon.steps.choice import NONE, chosen, offered
from daemon.steps.outcome import outcome_of
from daemon.steps.sentences import asks, questions_of, without_courtesies
from daemon.steps.verdicts import Flag, Outcome, Previous, Request, Triage
from daemon.steps.words import (
    BLOCKED,
    DAMAGE,
    DISPLEASED,
    FLAGS,
    LOOK_ALIKES,
    PLEASED,
    SERVICE,
    TROUBLE,
    fold,
)
from store.records import Direction, Role, Turn
from threading_.language import language as language_of
from threading_.subject import base_subject, is_reply

_ANSWERS = {
    Role.REPLY: Previous.ANSWER,
    Role.OFFER: Previous.ANSWER,
    Role.RELAY: Previous.ANSWER,
    Role.QUESTIONS: Previous.QUESTION,
}
_REFERS = re.compile(
    r"\b(?:that|this|it|those|these|them|there|same|das|dies\w*|damit|dafur|dazu|es|cela|ca|eso|esto|lo|questo|quello|ci|isso|isto|dat|dit|daar\w*)\b"
)
_IDLE_SUBJECT = re.compile(
    r"^\W*(?:(?:a |quick |another |urgent )*(?:question|help|hello|hi|hey|support|issue|problem|request|inquiry|enquiry|info(?:rmation)?|(?:no )?subject|frage|anfrage|hilfe|hallo|problem|question|aide|bonjour|pregunta|ayuda|consulta|hola|domanda|aiuto|ciao|pergunta|ajuda|duvida|vraag|hulp|help please|please help|need help|urgent))*\W*$"
)
_READ = 8_000  # characters of a text that the rules read: what a person wants stands before a log that they paste
_SHORT = 14  # words: a further question this short leans on what was said before


def triage(current: Sequence[Turn], history: Sequence[Turn], *, default_language: str) -> Triage:
    """The triage of a turn: `current` are the customer's mails in it, `history` the whole case, oldest first.

    `outcome` is None where nothing of ours answered before. Details that we asked for are searched together with the
    question that they belong to; a short further question with the one before it.
    """
    present = {turn.id for turn in current}
    past = [turn for turn in history if turn.id not in present]
    previous = _previous(past)
    first = not any(turn.direction is Direction.IN for turn in past)
    subject = current[0].subject if first else ""
    text = "\n\n".join(turn.text for turn in current if turn.text.strip())
    found = triage_text(text, subject, previous, default_language)
    # A closing ends its own mail, not the turn.
    own = "\n".join(_query(subject if turn is current[0] else "", turn.text) for turn in current).strip()
    questions = tuple(question for turn in current for question in questions_of(without_courtesies(turn.text)))
    found = replace(
        found,
        query=own,
        questions=questions or found.questions,
        outcome=found.outcome if previous else None,
        asks_nothing=not previous
        and found.outcome in (Outcome.RESOLVED, Outcome.ACK_PENDING)
        and not questions
        and (is_reply(subject) or not asks(base_subject(subject))),  # a reply repeats what somebody else answered
    )
    asked = _asked_before(past)
    if previous is Previous.QUESTION and (choice := _choice(text, past)) is not None:
        reads = Outcome.ANSWER_TO_QUESTION if found.outcome is Outcome.OTHER else found.outcome
        found = replace(found, outcome=reads, query=f"{choice}\n{found.query}".strip(), none_fits=not choice)
    if not asked or not _leans(found, text, previous):
        return found
    return replace(found, query=f"{asked}\n{found.query}".strip(), own=found.query)


def triage_text(text: str, subject: str = "", previous: Previous | None = None, default_language: str = "en") -> Triage:
    """The triage of one text. Without `previous` the text alone decides the outcome, as if we had answered."""
    text = text[:_READ]
    folded = fold(f"{base_subject(subject)}\n{text}")
    plain = LOOK_ALIKES.sub(" ", folded)
    flags, why = _flags(plain, f"{subject}\n{text}")
    outcome, reason = outcome_of(text, previous, wants_human=Flag.WANTS_HUMAN in flags)
    questions = questions_of(without_courtesies(text)) or questions_of(base_subject(subject))
    request = _request(plain, questions)
    urgency = _urgency(plain, flags)
    return Triage(
        language=language_of(text) or default_language,
        topic=None,
        request=request,
        sentiment=_sentiment(folded, flags),
        urgency=urgency,
        priority=_priority(urgency, flags, request),
        flags=flags,
        outcome=outcome,
        query=_query(subject, text),
        questions=questions,
        why=(*why, f"{outcome.value}: {reason}"),
    )


def _previous(past: Sequence[Turn]) -> Previous | None:
    """What we said last: an answer (a person's counts), or a question. Notices and closures say neither."""
    for turn in reversed(past):
        if turn.direction is Direction.OUT:
            if turn.role is None:
                return Previous.ANSWER
            if turn.role in _ANSWERS:
                return _ANSWERS[turn.role]
    return None


def _choice(text: str, past: Sequence[Turn]) -> str | None:
    """The title that the customer chooses of those that we offered, '' where none fits, None where nothing is said of it."""
    ours = next(turn for turn in reversed(past) if turn.role is Role.QUESTIONS)
    titles = offered(ours.text)
    number = chosen(without_courtesies(text), titles)
    if number is None:
        return None
    return "" if number == NONE else titles[number - 1]


def _asked_before(past: Sequence[Turn]) -> str:
    """What the customer asked in the turns before, newest question last; receipts and thanks left out."""
    asked = [turn for turn in past if turn.direction is Direction.IN and turn.refused is None and turn.text.strip()]
    if not asked:
        return ""
    first = _query(asked[0].subject, asked[0].text)
    later = [_query("", turn.text) for turn in asked[1:] if questions_of(turn.text)]
    return "\n".join((first, *later[-1:]))


def _leans(found: Triage, text: str, previous: Previous | None) -> bool:
    """Whether the turn can only be understood with what was asked before."""
    if previous is Previous.QUESTION:
        return found.outcome in (Outcome.ANSWER_TO_QUESTION, Outcome.NOT_RESOLVED, Outcome.RESOLVED, Outcome.OTHER)
    if found.outcome in (Outcome.ANSWER_TO_QUESTION, Outcome.NOT_RESOLVED):
        return True
    return len(found.query.split()) <= _SHORT and bool(_REFERS.search(fold(text)))


def _flags(plain: str, text: str) -> tuple[frozenset[Flag], tuple[str, ...]]:
    found: dict[Flag, str] = {}
    for flag, pattern in FLAGS.items():
        match = pattern.search(plain)
        if match:
            found[flag] = match.group(0).strip()
    if Flag.ANGRY not in found and _shouts(text):
        found[Flag.ANGRY] = "shouting"
    return frozenset(found), tuple(f"{flag.value}: {words[:60]}" for flag, words in found.items())


def _shouts(text: str) -> bool:
    """Whole words in capitals, most of the text, or a row of exclamation marks after some of them."""
    words = re.findall(r"[^\W\d_]{3,}", text)
    loud = [word for word in words if word.isupper()]
    return (len(loud) >= 4 and len(loud) > 0.6 * len(words)) or (len(loud) >= 3 and "!!" in text)


def _request(plain: str, questions: Sequence[str]) -> Request:
    if SERVICE.search(plain):
        return Request.SERVICE_REQUEST
    if TROUBLE.search(plain):
        return Request.PROBLEM
    return Request.QUESTION if questions else Request.NONE


def _sentiment(folded: str, flags: frozenset[Flag]) -> float:
    """−1 to 1: what pleases against what displeases; anger is at least −0.7."""
    pleased = len(PLEASED.findall(folded))
    displeased = len(DISPLEASED.findall(folded))
    trouble = bool(TROUBLE.search(folded))
    if Flag.ANGRY in flags:
        anger = len(FLAGS[Flag.ANGRY].findall(folded))
        return max(-1.0, round(-0.6 - 0.1 * max(1, anger) - 0.1 * displeased, 1))
    score = 0.3 * min(pleased, 2) - 0.3 * min(displeased, 2) - 0.1 * trouble
    return round(max(-0.6, min(0.8, score)), 1) + 0.0


def _urgency(plain: str, flags: frozenset[Flag]) -> int:
    if DAMAGE.search(plain) or Flag.SECURITY_INCIDENT in flags or Flag.VULNERABLE in flags:
        return 2
    return 1 if Flag.URGENT in flags or BLOCKED.search(plain) else 0


def _priority(urgency: int, flags: frozenset[Flag], request: Request) -> str:
    if urgency == 2 or flags & {Flag.URGENT, Flag.ANGRY, Flag.LEGAL_OR_REGULATED}:
        return "high"
    return "low" if request is Request.NONE and not flags else "normal"


def _query(subject: str, text: str) -> str:
    """Subject and text, without greeting, thanks, closing and signature; an idle subject (`Question`) says nothing."""
    topic = base_subject(subject).strip()
    body = without_courtesies(text)
    if not topic or _IDLE_SUBJECT.match(fold(topic)) or fold(topic) in fold(body):
        return body
    return f"{topic}\n{body}".strip()

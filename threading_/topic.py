"""Pure. Does a mail on a case speak of something else? Two signs: it passes a mail on, or it has a subject of its own.

Careful by intent: a case that is split costs the customer the context, so each sign must be plain (peers.md B:
chatwoot#15869, zammad#4965 and #5287).
"""

import re
from collections.abc import Iterable

from threading_.message import Message, NewText
from threading_.subject import base_subject, case_tag, is_forward, is_reply

_WORD = re.compile(r"[^\W_]{2,}")
_WAS = re.compile(r"[(\[]\s*(?:was|war|était|era|zuvor|ehemals)\s*:?\s", re.IGNORECASE)


def is_passed_on(message: Message, new: NewText) -> bool:
    """Whether the mail's point is another mail inside it, and its subject does not say that it is an answer."""
    if is_reply(message.subject):
        return False
    attached = any(part.content_type == "message/rfc822" for part in message.attachments)
    return new.forwarded is not None or (attached and is_forward(message.subject))


def changes_topic(message: Message, new: NewText, subjects: Iterable[str]) -> bool:
    """Whether the sender gave the mail a new subject: `new (was: old)`; or one without any prefix that shares no word
    with the `subjects` of the case, over a text that quotes nothing."""
    subject = message.subject
    theme = _words(subject)
    if not theme or case_tag(subject):
        return False
    if (was := _WAS.search(subject)) is not None:
        before = base_subject(subject[: was.start()]).casefold()
        return bool(before) and all(before != base_subject(one).casefold() for one in subjects)
    if is_reply(subject) or is_forward(subject) or new.quoted:
        return False
    known = [_words(one) for one in subjects]
    return any(known) and not any(theme & words for words in known)


def _words(subject: str) -> frozenset[str]:
    return frozenset(_WORD.findall(base_subject(subject).casefold()))

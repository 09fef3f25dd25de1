"""Pure. What lies in the Sent folder: a mail of ours, a person's answer to a case, or nothing of ours."""

from collections.abc import Sequence
from datetime import UTC, datetime

from daemon.steps import machine_mail
from daemon.steps.guard import LOOP_HEADER
from threading_.headers import read_addresses
from threading_.ids import KeyRing, loop_case, read_id, spellings
from threading_.link import own_ids
from threading_.message import Candidate, Message
from threading_.subject import base_subject, case_tag

_EPOCH = datetime.fromtimestamp(0, UTC)
#: In front of the folder's name: as which its mails and its position are stored.
SENT = "sent:"
#: What stands with the turn of a person who answered without us.
BY_HUMAN = "answered by a human"


def ours(message: Message, ring: KeyRing) -> str | None:
    """The case of a mail of our own, by what only we can have signed; None for anybody else's.

    Its loop header tells it also where a provider put an id of its own in the place of ours.
    """
    tokens = message.headers.all(LOOP_HEADER)[:5]
    named = next((found for token in tokens if (found := loop_case(ring, token))), None)
    signed = (read_id(ring, one) for one in own_ids(message))
    return named or next((one.case for one in signed if one), None)


def recipients(message: Message) -> frozenset[str]:
    """To whom a person wrote, Bcc included, which a copy in Sent keeps."""
    hidden = read_addresses(message.headers.all("bcc"))
    return frozenset(address.key for address in (*message.to, *message.cc, *hidden) if "@" in address.address)


def answered(message: Message, candidates: Sequence[Candidate]) -> Candidate | None:
    """The case that a person answered with this mail; None where it answers none of these.

    It has to go to somebody who takes part in the case: a mail passed on to a colleague answers nobody. It is the case
    that an id or the subject's tag names, else one of that subject, else the only one of its recipient that is open.
    """
    if machine_mail.auto_submitted(message) is not None:
        return None
    people = recipients(message)
    theirs = [one for one in candidates if people & (one.participants | {one.customer})]
    for message_id in message.referenced:
        names = set(spellings(message_id))
        if known := [one for one in theirs if names & one.ids]:
            return _latest(known)
    tag = case_tag(message.subject)
    if named := [one for one in theirs if tag in (one.case, *one.aliases)]:
        return _latest(named)
    subject = base_subject(message.subject).casefold()
    waiting = [one for one in theirs if not (one.closed or one.resolved) and one.customer in people]
    same = [one for one in waiting if subject and subject in {base_subject(name).casefold() for name in one.subjects}]
    if same:
        return _latest(same)
    return waiting[0] if len(waiting) == 1 and not message.referenced else None


def _latest(candidates: Sequence[Candidate]) -> Candidate:
    return max(candidates, key=lambda one: (not one.closed, one.last_activity or _EPOCH))

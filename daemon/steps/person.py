"""Pure. Whether a person must have written a mail: what ends a row of automatic mails and lifts a suppression.

A robot that says nothing of itself in its header (FreeScout#3670, Chatwoot#5131) is known by how it writes, not by what:

- it answers at once. A person who gets an answer of several steps reads, tries and writes for longer than a minute;
  robots that poll answer within one as a rule. A person who is faster ("Thanks!") loses nothing: three more automatic
  mails may follow before a human is called.
- it says the same each time, but for numbers and names. Its first copy could not be told from a person's: the second
  takes the sign back. A person who sends the same words again is no sign either: it may be their program that does.
- it writes without a pause: five mails within ten minutes are a script's, or a storm's.

Nobody is refused by this. It only decides how far Firstline goes on by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.records import OutboxItem, Trace

#: A mail that comes so soon after one of ours was not written in answer to it.
QUICK = timedelta(seconds=60)
#: So many mails of one sender, this one included, within so long are no person's.
MANY, WITHIN = 5, timedelta(minutes=10)
#: Clocks of mailbox and daemon may differ so much, and IMAP's INTERNALDATE has no fractions.
_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What the caps are to know of a mail that came in."""

    trace: Trace
    person: bool  #: a person must have written it
    why: str
    repeats: bool = False  #: its sender wrote the same before
    returned: tuple[OutboxItem, ...] = ()  #: the automatic mails of ours that it returns


def sign_of_person(
    *, may_answer: bool, received: datetime, ours: Sequence[datetime], repeats: bool, lately: int
) -> tuple[bool, str]:
    """Whether a person must have written it, and why (not).

    `ours` is when our last mails to the sender left, `lately` how many mails came from there `WITHIN` before this one.
    """
    if not may_answer:
        return False, "it must not be answered"
    if repeats:
        return False, "it says what the sender said before"
    if any(-_SKEW <= received - sent < QUICK for sent in ours):
        return False, f"it came within {QUICK.total_seconds():.0f} seconds of our mail"
    if lately + 1 >= MANY:
        return False, f"it is one of {lately + 1} within {WITHIN.total_seconds() / 60:.0f} minutes"
    return True, "nothing speaks against a person"

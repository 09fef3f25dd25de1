"""Pure. The plainest of our mails: what went wrong in the daemon itself goes to the queue without any step's help."""

from datetime import datetime

from daemon.steps.verdicts import ComposedMail
from daemon.steps.voice import Voice
from store.records import Case, Held, Role
from threading_.ids import loop_token, sign_id
from threading_.message import OutgoingMail

_TEXT = """Case        {reference}
Customer    {customer}
Why         {why}

{what}
"""

STUMBLED = """Firstline could not work on this case. Nothing was sent to the customer. The newest mail is attached as it came:
open it and answer it as usual. The log of the daemon has the details under the case's reference."""
OVERDUE = """Firstline should have worked on this case long ago and has not. Look at the daemon's log and at `firstline check`;
until it is mended, answer from the mailbox itself."""

BREAKER = """Too much of the mail to customers was refused or came back, so Firstline sends them none for a while. It goes on reading
and deciding: what it would have answered comes to you instead. Later it lets one mail through, and goes on when that
one arrives. Look at the last refusals in the log of the daemon; usually the server that sends is blocked somewhere."""


def held_back(held: Held) -> tuple[str, str]:
    """Why, and what, of the list of the mails that a storm held back."""
    rule = held.told.partition(":")[0]
    more = [f"… and {held.count - len(held.lines)} more"] if held.count > len(held.lines) else []
    lines = [
        f"{line.held_at:%H:%M} UTC  {line.reference}  {line.sender[:60]}  {' '.join(line.subject.split())[:80]}"
        for line in held.lines
    ]
    many = "1 mail was" if held.count == 1 else f"{held.count} mails were"
    why = f"{many} not handed over one by one: the limit {rule} was reached"
    what = "Nothing was sent to these customers. Their cases wait for you; answer from the mailbox.\n\n"
    return why, what + "\n".join((*lines, *more))


def alert(
    case: Case, voice: Voice, *, subject: str, why: str, what: str, nonce: str, now: datetime, original: bytes = b""
) -> ComposedMail:
    """A mail to the queue that needs no template, no triage and no evidence."""
    mail = OutgoingMail(
        message_id=sign_id(voice.ring, case=case.reference, nonce=nonce, domain=voice.domain),
        date=now,
        sender=voice.mailbox,
        to=voice.queue,
        subject=f"[{case.reference}] {subject}",
        references=(case.queue_id,) if case.queue_id else (),
        in_reply_to=case.queue_id,
        headers=(
            ("Auto-Submitted", "auto-generated"),
            ("X-Firstline-Case", case.reference),
            ("X-Firstline-Loop", loop_token(voice.ring, case.reference)),
        ),
        text=_TEXT.format(reference=case.reference, customer=case.customer or "unknown", why=why, what=what),
        attached_mail=original or None,
    )
    return ComposedMail(role=Role.HANDOVER, mail=mail, envelope_sender=voice.envelope_sender)

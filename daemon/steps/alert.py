"""Pure. The plainest of our mails: what went wrong in the daemon itself goes to the queue without any step's help."""

from datetime import datetime

from daemon.steps.verdicts import ComposedMail
from daemon.steps.voice import Voice
from store.records import Case, Role
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

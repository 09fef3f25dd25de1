"""Pure. A mail to the team once more, to another address, with a line that says why."""

from datetime import datetime

from daemon.steps.agent_text import LINE
from daemon.steps.compose import SUPPRESS
from daemon.steps.verdicts import ComposedMail
from daemon.steps.voice import Voice
from store.records import Case, Role
from threading_.ids import loop_token, sign_id
from threading_.message import Address, OutgoingMail


def again(
    case: Case,
    voice: Voice,
    *,
    role: Role,
    to: str,
    subject: str,
    text: str,
    why: str,
    original: bytes,
    nonce: str,
    now: datetime,
) -> ComposedMail:
    """The mail as it was, under a new id, with `why` on top of it: below the line that an answer is written above."""
    body = text.strip().removeprefix(LINE).strip()
    lines = (LINE,) if text.strip().startswith(LINE) else ()
    mail = OutgoingMail(
        message_id=sign_id(voice.ring, case=case.reference, nonce=nonce, domain=voice.domain),
        date=now,
        sender=voice.mailbox,
        to=Address("", to),
        reply_to=voice.mailbox,
        subject=subject,
        headers=(
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", SUPPRESS),
            ("X-Firstline-Case", case.reference),
            ("X-Firstline-Loop", loop_token(voice.ring, case.reference)),
        ),
        text="\n\n".join((*lines, why, body)) + "\n",
        attached_mail=original or None,
    )
    return ComposedMail(role=role, mail=mail, envelope_sender=voice.envelope_sender)

"""Pure. What an agent is told: in a line what was done, or why nothing was. The team hears of mails that are not believed."""

from collections.abc import Sequence
from datetime import datetime

from daemon.steps.verdicts import ComposedMail
from daemon.steps.voice import Voice
from store.records import Case, Role
from threading_.ids import loop_token, sign_id, trim_references
from threading_.message import Address, Message, OutgoingMail
from threading_.subject import reply_subject


def receipt(
    case: Case,
    voice: Voice,
    *,
    to: Address,
    lines: Sequence[str],
    answers: Message | None,
    nonce: str,
    now: datetime,
) -> ComposedMail:
    """One mail for one mail of an agent's. It carries our signed id: an answer to it is an answer to the case."""
    answered = answers.message_id if answers else None
    before = (*((case.queue_id,) if case.queue_id else ()), *((answered,) if answered else ()))
    mail = OutgoingMail(
        message_id=sign_id(voice.ring, case=case.reference, nonce=nonce, domain=voice.domain),
        date=now,
        sender=voice.mailbox,
        to=to,
        reply_to=voice.mailbox,
        subject=reply_subject(answers.subject if answers and answers.subject else case.subject, case.reference),
        in_reply_to=answered or case.queue_id,
        references=trim_references(before),
        headers=(
            ("Auto-Submitted", "auto-replied"),
            ("X-Auto-Response-Suppress", "OOF, DR, RN, NRN, AutoReply"),
            ("X-Firstline-Loop", loop_token(voice.ring, case.reference)),
            ("X-Firstline-Case", case.reference),
        ),
        text="\n".join(line.strip() for line in lines if line.strip()) + "\n",
    )
    return ComposedMail(role=Role.RECEIPT, mail=mail, envelope_sender=voice.envelope_sender)

"""Pure. What the clock writes when nobody does: to the silent customer, and to the queue that has not answered."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from daemon.steps.agent_text import LINE
from daemon.steps.compose import SUPPRESS, moment, to_customer, to_queue
from daemon.steps.followup import promised
from daemon.steps.human import reminded
from daemon.steps.lifecycle import Event
from daemon.steps.verdicts import Action, Cap, ComposedMail, Decision, TurnView
from daemon.steps.voice import Voice
from store.records import Case, Mode, Role
from threading_.ids import loop_token, sign_id, trim_references
from threading_.message import Address, OutgoingMail

_HEADLINES = {
    Event.REMIND: "This case waits for your answer.",
    Event.UPDATE: "This case has waited longer than was promised.",
    Event.REROUTE: "This case has waited twice as long as was promised.",
}


def after_silence(
    view: TurnView,
    then: Case,
    event: Event,
    voice: Voice,
    nonces: Iterator[str],
    *,
    due: datetime,
    fallback: str,
    relief: str = "",
) -> tuple[ComposedMail, ...]:
    """The mails of what the clock does to `view.case`, those to the customer first; `then` is the case after it.

    `due` is by when the queue should have answered. A customer is told a new time only where they were told one. `relief`
    is why the case becomes that of the voice's queue: who is there then has seen nothing of it and gets all of it.
    """
    match event:
        case Event.NUDGE:
            return (to_customer(view, voice, next(nonces), Role.NUDGE, {}),)
        case Event.CONFIRM:
            return (to_customer(view, voice, next(nonces), Role.NUDGE, {}, template="confirm.md"),)
        case Event.UPDATE if promised(view.case) and then.promised_at is not None:
            values = moment(then.promised_at, view.now, voice)
            told = to_customer(view, voice, next(nonces), Role.STATUS, values)
            return (told, _to_team(view, event, voice, next(nonces), due, relief))
        case Event.REROUTE if fallback and fallback.lower() != (view.case.queue or voice.queue.address).lower():
            why = ("nobody has answered it in twice the promised time",)
            decision = Decision(action=Action.ESCALATE, because="unanswered", why=why)
            again = to_queue(view, decision, voice, next(nonces))
            return (replace(again, mail=replace(again.mail, to=Address("", fallback))),)
        case Event.REMIND | Event.UPDATE | Event.REROUTE:
            return (_to_team(view, event, voice, next(nonces), due, relief),)
        case _:
            return ()


def leaving(mails: tuple[ComposedMail, ...], mode: Mode, cap: Cap | None) -> tuple[ComposedMail, ...]:
    """Those that leave: none in shadow; to the customer none in `draft`, where humans approve all, nor past a cap."""
    if mode is Mode.SHADOW:
        return ()
    return tuple(mail for mail in mails if not mail.role.to_customer or (mode is Mode.AUTO and cap is None))


def _to_team(view: TurnView, event: Event, voice: Voice, nonce: str, due: datetime, relief: str) -> ComposedMail:
    if relief:
        return to_queue(view, Decision(action=Action.ESCALATE, because="unanswered", why=(relief,)), voice, nonce)
    return _reminder(view, event, voice, nonce, due)


def _reminder(view: TurnView, event: Event, voice: Voice, nonce: str, due: datetime) -> ComposedMail:
    """To those who have the case, in its thread."""
    case = view.case
    block = reminded(view, voice, case.since or case.updated_at, due)
    values = {"headline": _HEADLINES[event], "block": block}
    subject = " ".join((view.newest.subject or case.subject or "(no subject)").split())
    mail = OutgoingMail(
        message_id=sign_id(voice.ring, case=case.reference, nonce=nonce, domain=voice.domain),
        date=view.now,
        sender=voice.mailbox,
        to=Address("", case.agent or case.queue) if case.agent or case.queue else voice.queue,
        reply_to=voice.mailbox,
        subject=f"[{case.reference}] {subject}",
        in_reply_to=case.queue_id,
        references=trim_references((case.queue_id,)) if case.queue_id else (),
        headers=(
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", SUPPRESS),
            ("X-Firstline-Case", case.reference),
            ("X-Firstline-Loop", loop_token(voice.ring, case.reference)),
        ),
        text=(f"{LINE}\n\n" if voice.by_mail else "")
        + voice.render("reminder.txt", voice.reply.language, values).strip()
        + "\n",
    )
    return ComposedMail(role=Role.REMINDER, mail=mail, envelope_sender=voice.envelope_sender)

"""Pure. Decision → the mails that say it: to the customer, to the human queue, or none.

Recipient, subject, headers and links come from here and from the articles, never from the text of a mail. A mail to
the customer goes to the sender of the newest mail alone (product.md §3).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from daemon.steps.hours import promise
from daemon.steps.human import QueueMail, handover
from daemon.steps.languages import greeting
from daemon.steps.markdown import escape, to_html, to_text
from daemon.steps.verdicts import Action, ComposedMail, Decision, Outcome, TurnView
from daemon.steps.voice import Render, Voice
from store.records import Case, Role
from threading_.ids import loop_token, plus_address, sign_id, trim_references
from threading_.message import Address, OutgoingMail
from threading_.subject import reply_subject
from threading_.write import is_addressable

__all__ = ["Render", "Voice", "compose"]

SUPPRESS = "OOF, DR, RN, NRN, AutoReply"  # [MS-OXCMAIL] X-Auto-Response-Suppress: no out-of-office, no receipts


def compose(view: TurnView, decision: Decision, voice: Voice, nonces: Iterator[str]) -> tuple[ComposedMail, ...]:
    """The mails of a decision, those to the customer first. `nonces` makes each Message-ID unique."""
    match decision.action:
        case Action.ANSWER:
            return (_answer(view, voice, next(nonces), Role.REPLY),)
        case Action.DRAFT if decision.because == "offer":
            return (_answer(view, voice, next(nonces), Role.OFFER),)
        case Action.CLARIFY:
            return (_questions(view, decision, voice, next(nonces)),)
        case Action.DRAFT:
            draft = _questions(view, decision, voice, "0") if decision.questions else _answer(view, voice, "0")
            return (*_notice(view, decision, voice, nonces), to_queue(view, decision, voice, next(nonces), draft))
        case Action.ESCALATE:
            return (*_notice(view, decision, voice, nonces), to_queue(view, decision, voice, next(nonces)))
        case Action.CLOSE if decision.because == "solved_by_human":
            return (to_queue(view, decision, voice, next(nonces)),)
        case Action.CLOSE if view.triage.outcome is Outcome.RESOLVED and not decision.quiet and not _said_goodbye(view):
            return (to_customer(view, voice, next(nonces), Role.CLOSURE, {}),)
        case Action.RECORD if decision.because != "agent":  # a mail from the queue never goes back there
            return (to_queue(view, decision, voice, next(nonces)),)
        case Action.IGNORE if decision.because == "undeliverable":
            return (to_queue(view, decision, voice, next(nonces)),)
        case Action.CLOSE | Action.WAIT | Action.IGNORE | Action.RECORD:
            return ()


def _answer(view: TurnView, voice: Voice, nonce: str, role: Role = Role.REPLY) -> ComposedMail:
    evidence = view.evidence
    own = evidence.answer if evidence else ""
    answer = view.prose or own
    articles = {passage.article: passage for passage in (evidence.cited if evidence else ())}
    values = {
        "answer": answer,
        "articles": [{"title": escape(a.title), "url": a.url} for a in articles.values()],
    }
    mail = to_customer(view, voice, nonce, role, values, grounded=to_text(answer))
    note = "; ".join(f'"{article.title}"' for article in articles.values())
    return replace(
        mail,
        note=f"{note} ({evidence.confidence:.2f})" if evidence else "",
        retells=to_text(own) if view.prose else "",
    )


def _questions(view: TurnView, decision: Decision, voice: Voice, nonce: str) -> ComposedMail:
    return to_customer(view, voice, nonce, Role.QUESTIONS, {"questions": [escape(q) for q in decision.questions]})


def _said_goodbye(view: TurnView) -> bool:
    """Whether the case was closed with a mail before: thanks for our thanks get none."""
    return any(turn.role is Role.CLOSURE for turn in view.history)


def _notice(view: TurnView, decision: Decision, voice: Voice, nonces: Iterator[str]) -> tuple[ComposedMail, ...]:
    """The customer is told once that a person answers, and by when. A stranger or a machine is told nothing, and nobody
    while a cap is closed: a robot would answer the notice too."""
    if (
        decision.quiet
        or view.case.noticed_at
        or not is_addressable(view.newest.sender)
        or not all(turn.trusted and not turn.refused for turn in view.current)
    ):
        return ()
    values = moment(promise(view.now, voice.hours, voice.zone), view.now, voice)
    return (to_customer(view, voice, next(nonces), Role.NOTICE, values),)


def moment(due: datetime, now: datetime, voice: Voice) -> dict[str, object]:
    """A time as templates tell it."""
    local = due.astimezone(voice.zone)
    return {"due": local, "today": local.date() == now.astimezone(voice.zone).date()}


_TEMPLATES: Mapping[Role, str] = {
    Role.REPLY: "reply.md",
    Role.OFFER: "offer.md",
    Role.QUESTIONS: "questions.md",
    Role.NOTICE: "notice.md",
    Role.CLOSURE: "closure.md",
    Role.NUDGE: "nudge.md",
    Role.STATUS: "status.md",
}


def to_customer(
    view: TurnView,
    voice: Voice,
    nonce: str,
    role: Role,
    values: Mapping[str, object],
    *,
    grounded: str = "",
    template: str = "",
) -> ComposedMail:
    """A mail to the sender of the newest mail, from the template of its role or from `template`."""
    newest, case = view.newest, view.case
    language = view.triage.language or case.language or voice.reply.language
    markdown = voice.render(
        template or _TEMPLATES[role],
        language,
        {
            "greeting": greeting(
                first_name(newest.sender_name or case.customer_name),
                language,
                voice.reply.greeting.strip().rstrip(",:"),
                voice.reply.language,
            ),
            "signature": _lines(voice.reply.signature or voice.mailbox.name or voice.mailbox.address),
            "disclosure": voice.reply.disclosure,
            "rating": voice.rating,
            "reference": case.reference,
            **values,
        },
    )
    mail = OutgoingMail(
        message_id=sign_id(voice.ring, case=case.reference, nonce=nonce, domain=voice.domain),
        date=view.now,
        sender=voice.mailbox,
        to=Address(newest.sender_name, newest.sender),
        reply_to=_plus_address(case, voice) if voice.reply.plus_addressing else None,
        subject=reply_subject(newest.subject or case.subject, case.reference),
        in_reply_to=newest.message_id,
        references=trim_references((*newest.references, *((newest.message_id,) if newest.message_id else ()))),
        headers=(
            ("Auto-Submitted", "auto-replied"),  # RFC 3834 §5
            ("X-Auto-Response-Suppress", SUPPRESS),
            ("X-Firstline-Loop", loop_token(voice.ring, case.reference)),
        ),
        text=to_text(markdown) + "\n",
        html=voice.render("mail.html", language, {"body": to_html(markdown)}),
    )
    # RFC 5321 §4.5.5: what needs no report of its delivery has the null path. A lost notice harms nobody, a person
    # answers all the same; a lost answer must come back to us.
    return ComposedMail(
        role=role, mail=mail, envelope_sender="" if role is Role.NOTICE else voice.envelope_sender, grounded=grounded
    )


def _plus_address(case: Case, voice: Voice) -> Address:
    """Where answers go: our address with the signed case in it, for mail programs that lose every other sign."""
    return Address(voice.mailbox.name, plus_address(voice.ring, case.reference, voice.mailbox.address))


def to_queue(
    view: TurnView, decision: Decision, voice: Voice, nonce: str, draft: ComposedMail | None = None
) -> ComposedMail:
    """A hand-over, or with `draft` the mail that the customer would get, for a person to judge."""
    due = view.case.promised_at or promise(view.now, voice.hours, voice.zone)
    shown = QueueMail(due=due, draft=draft.mail.text.strip() if draft else "")
    headers = (
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", SUPPRESS),
        ("X-Firstline-Loop", loop_token(voice.ring, view.case.reference)),
    )
    message_id = sign_id(voice.ring, case=view.case.reference, nonce=nonce, domain=voice.domain)
    return ComposedMail(
        role=Role.DRAFT if draft else Role.HANDOVER,
        mail=handover(view, decision, voice, shown, message_id=message_id, headers=headers),
        envelope_sender=voice.envelope_sender,
        draft=draft.mail if draft else None,
        grounded=draft.grounded if draft else "",
        retells=draft.retells if draft else "",
    )


_NO_FIRST_NAME = frozenset(
    "info support team sales office admin contact service help billing accounts mail noreply no reply customer the "
    "company shop store gmbh ltd llc inc corp sarl srl department dept user guest test dr prof mr mrs ms herr frau "
    "and und et y e".split()
)
_TITLES = re.compile(r"^(?:(?:dr|prof|mr|mrs|ms|mx|herr|frau|ing|dipl|m|mme|sr|sra)\.?\s+)+", re.IGNORECASE)


def first_name(name: str) -> str:
    """The name to greet with, '' where the display name is not surely a person's."""
    if re.search(r"[<>\[\]/@:]", name):
        return ""
    shown = " ".join(re.sub(r"[\"']", " ", re.sub(r"\(.*?\)", " ", name)).split())
    if "," in shown:  # "Archer, Alice"
        last, _, given = shown.partition(",")
        shown = f"{given.strip()} {last.strip()}"
    shown = _TITLES.sub("", shown)
    words = shown.split()
    if not 1 <= len(words) <= 4 or any(word.strip(".").lower() in _NO_FIRST_NAME for word in words):
        return ""
    if not all(re.fullmatch(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*\.?", word) for word in words):
        return ""
    first = words[0]
    if len(first.rstrip(".")) < 2 or len(first) > 20 or (len(words) == 1 and not first.istitle()):
        return ""  # one word in small letters is a login, in capitals a company
    return first if not (first.isupper() or first.islower()) else first.title()


def _lines(text: str) -> str:
    """Each line on its own in Markdown."""
    return "  \n".join(line.rstrip() for line in text.strip().split("\n"))

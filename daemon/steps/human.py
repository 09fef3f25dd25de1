"""Pure. The hand-over: one mail that gives a person everything they need to answer (product.md §4).

The block on top says who, what, why and what was tried, in text and as `X-Firstline-*` headers; a line without content
is left out. Then the conversation, then the original mail. It offers only what is built: the person answers from the
attached mail, in their own mail client.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from daemon.steps import customer
from daemon.steps.agent_text import LINE
from daemon.steps.markdown import to_text
from daemon.steps.sentences import asks, sentences, without_courtesies
from daemon.steps.verdicts import Action, Decision, Flag, TurnView
from daemon.steps.voice import Voice
from store.records import Direction, Kind, Role, Turn
from threading_.ids import trim_references
from threading_.message import OutgoingMail

_INDENT = " " * 12
_LONGEST = 6000  # characters of one mail shown; the whole newest mail is attached
_MOST = 40  # mails of a case shown: a longer one is read in the mailbox
_SUMMARY = 320  # characters of the summary, about three lines
_HEADER = 200  # characters of an X-Firstline header
_ROLES = {
    Role.REPLY: "Firstline answered",
    Role.OFFER: "Firstline answered and offered a person",
    Role.QUESTIONS: "Firstline asked",
    Role.NOTICE: "Firstline told the customer that a colleague will answer",
    Role.CLOSURE: "Firstline closed the case",
    Role.NUDGE: "Firstline asked again",
}
#: What mail programs show as important: RFC 2156 §5.3.4 Importance, and the older X-Priority.
_URGENT = (("Importance", "high"), ("X-Priority", "1"))
_FLAGS = {
    Flag.WANTS_HUMAN: "asks for a person",
    Flag.LEGAL_OR_REGULATED: "legal or regulated",
    Flag.ANGRY: "angry",
    Flag.URGENT: "urgent",
    Flag.CANCEL_OR_REFUND: "cancel or refund",
    Flag.SECURITY_INCIDENT: "security incident",
    Flag.VULNERABLE: "vulnerable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMail:
    """What a mail to the queue shows besides the case."""

    due: datetime  #: by when the customer expects a person's answer
    draft: str = ""  #: the complete mail that the customer would get, '' for none


def handover(
    view: TurnView,
    decision: Decision,
    voice: Voice,
    shown: QueueMail,
    *,
    message_id: str,
    headers: tuple[tuple[str, str], ...],
) -> OutgoingMail:
    """The mail to the human queue. All mails of a case are one thread there, started by `case.queue_id`."""
    case = view.case
    high = priority(view) == "high"
    subject = " ".join((view.newest.subject or case.subject or "(no subject)").split())
    text = voice.render(
        "handover.txt",
        voice.reply.language,
        {
            "headline": _headline(decision, draft=bool(shown.draft)),
            "block": [(label, _hanging(value)) for label, value in block(view, decision, voice, shown)],
            "draft": shown.draft,
            "conversation": [
                (_heading(turn, voice.zone), _indented(_cut(turn.text.strip() or "(no text)")))
                for turn in view.history[-_MOST:]
                if (turn.role is None or turn.role.to_customer) and not _relayed(turn, view.history)
            ],
        },
    )
    return OutgoingMail(
        message_id=message_id,
        date=view.now,
        sender=voice.mailbox,
        to=voice.queue,
        reply_to=voice.mailbox,
        subject=f"[{case.reference}] {'[high] ' if high else ''}{subject}",
        in_reply_to=case.queue_id,
        references=trim_references((case.queue_id,)) if case.queue_id else (),
        headers=(*headers, *(_URGENT if high else ()), *_facts(view, decision, voice)),
        text=(f"{LINE}\n\n" if voice.by_mail else "") + text.strip() + "\n",
        attached_mail=view.original or None,
    )


def block(view: TurnView, decision: Decision, voice: Voice, shown: QueueMail) -> list[tuple[str, str]]:
    """The summary header block: label and value of each line that has something to say."""
    case, zone, now = view.case, voice.zone, view.now
    arrived = view.current[0].received_at or view.current[0].at
    lines = [
        (
            "Case",
            f"{case.reference} · opened {_moment(case.opened_at, now, zone)} · waiting {_duration(arrived, now)}"
            f" · reply due {_moment(shown.due, now, zone)}",
        ),
        ("Agent", voice.agent),
        ("Customer", _customer(view)),
        ("Promise", customer.promised(view.customer, case.reference, now, zone)),
        ("Subject", " ".join((view.newest.subject or case.subject).split())),
        ("Why", "; ".join(decision.why)),
        ("Topic", _topic(view)),
        ("Summary", summary(view.current if len(view.current) > 1 else view.current[-1:])),
        ("Tried", _tried(view, zone)),
        ("Best guess", _best_guess(view)),
        ("Next step", _next_step(view)),
        ("Answer", _how_to_answer(draft=bool(shown.draft), by_mail=voice.by_mail)),
    ]
    return [(label, value) for label, value in lines if value.strip()]


def reminded(view: TurnView, voice: Voice, since: datetime, due: datetime) -> list[tuple[str, str]]:
    """The block of a reminder: which case has waited since when, what was promised, how it is answered."""
    case, zone, now = view.case, voice.zone, view.now
    answered = "" if now < due else ", which is over"
    lines = [
        ("Case", f"{case.reference} · waiting since {_moment(since, now, zone)} ({_duration(since, now)})"),
        ("Due", f"{_moment(due, now, zone)}{answered}"),
        ("Customer", f"{case.customer_name} <{case.customer}>" if case.customer_name else case.customer),
        ("Subject", " ".join((view.newest.subject or case.subject).split())),
        ("Priority", case.priority if case.priority != "normal" else ""),
        ("With", case.agent),
        ("Summary", summary(view.current)),
        ("Answer", "as the hand-over in this thread says"),
    ]
    return [(label, _hanging(value)) for label, value in lines if value.strip()]


def summary(turns: Sequence[Turn]) -> str:
    """The two or three sentences, in the customer's own words, that say most of what they want."""
    found = [s for turn in turns for s in sentences(without_courtesies(turn.text)) if len(s.split()) >= 3]
    if not found:
        return ""
    ranked = sorted(range(len(found)), key=lambda index: (-_telling(found[index], index), index))
    chosen: list[int] = []
    length = 0
    for index in ranked[:3]:
        if chosen and length + len(found[index]) > _SUMMARY:
            continue
        chosen.append(index)
        length += len(found[index])
    return " ".join(_cut(found[index], _SUMMARY) for index in sorted(chosen))


_TROUBLE = re.compile(
    r"\b(?:not|no|never|n't|cannot|error|fail\w*|broken|wrong|stuck|lost|missing|since|after|problem|issue|crash\w*"
    r"|nicht|kein\w*|fehler|seit|pas|erreur|depuis|no|error|desde|non|errore|não|erro|niet|geen|fout|sinds)\b|n't",
    re.IGNORECASE,
)

_EXACT = re.compile(
    r"\d|[\"“»`]|\b(?:tried|try|already|restart\w*|re-?install\w*|updat\w*|upgrad\w*|version|versucht|bereits|neu gestartet"
    r"|essayé|déjà|intent\w+|provato|già|tentei|já|geprobeerd|al)\b",
    re.IGNORECASE,
)


def _telling(sentence: str, index: int) -> float:
    """What asks, says what is wrong, names something exact, and stands early tells more."""
    words = len(sentence.split())
    return (
        2.0 * asks(sentence)
        + 1.5 * bool(_TROUBLE.search(sentence))
        + 0.5 * bool(_EXACT.search(sentence))
        - 0.05 * index
        - (1.0 if words < 4 or words > 60 else 0.0)
    )


def _headline(decision: Decision, *, draft: bool) -> str:
    if draft:
        return "A draft waits for you; the customer has not received it."
    if decision.because == "solved_by_human":
        return "The customer says that it is solved: the case is resolved, there is nothing to do."
    if decision.action is Action.RECORD:
        return "The customer wrote again on a case that is with you; Firstline has not answered."
    if decision.because == "undeliverable":
        return "A mail of ours came back: the customer did not receive it."
    return "This case needs a person; Firstline will not answer it."


def _how_to_answer(*, draft: bool, by_mail: bool) -> str:
    if by_mail and draft:
        return (
            "reply to this mail with #send alone: the draft goes out as it stands; or with #edit and, below it, the"
            " changed text.\nAny other text is a note; it goes to no customer"
        )
    if by_mail:
        return "just reply to this mail; the customer sees only what you write above the line"
    how = "Open the attached mail and answer it as usual, from the support address"
    draft_too = "; copy the draft where it is right" if draft else ""
    return f"{how}{draft_too}.\nFirstline stays silent on this case. A reply to this mail does not reach the customer."


def _customer(view: TurnView) -> str:
    case = view.case
    name = " ".join((case.customer_name or "").split())
    parts = [f"{name} <{case.customer}>" if name and case.customer else name or case.customer]
    if view.newest.sender.lower() != case.customer.lower():
        parts.append(f"this mail is from {view.newest.sender}")
    if case.phone:
        parts.append(case.phone)
    if case.channel != "email":
        parts.append("by a form, the address as typed there" if case.channel == "portal" else "called")
    if case.tied_to:
        parts.append(f"continues {case.tied_to}")
    known = customer.facts(view.customer, view.known_customer_cases)
    first, _, more = known.partition("\n")
    return " · ".join((*parts, *([first] if first else []))) + (f"\n{more}" if more else "")


def _topic(view: TurnView) -> str:
    triage = view.triage
    flags = ", ".join(words for flag, words in _FLAGS.items() if flag in triage.flags)
    sentiment = f"{triage.sentiment:+.1f}".replace("-", "−") if triage.sentiment else "0"
    parts = (
        triage.topic or view.case.topic,
        f"product {view.case.product}" if view.case.product else "",
        f"priority {priority(view)}",
        f"sentiment {sentiment}",
        f"language {triage.language}" if triage.language else "",
        flags,
    )
    return " · ".join(part for part in parts if part)


def _tried(view: TurnView, zone: tzinfo) -> str:
    """What we said before this turn, and what the customer made of it."""
    current = {turn.id for turn in view.current}
    ours = (Role.REPLY, Role.OFFER, Role.QUESTIONS, Role.NUDGE)
    if not any(turn.role in ours for turn in view.history):
        return ""
    said: list[str] = []
    for turn in view.history:
        at = _moment(turn.at, view.now, zone)
        if turn.role in ours:
            what = f" with {turn.note}" if turn.note else ""
            said.append(f"{at} {_ROLES[turn.role].removeprefix('Firstline ')}{what}")
        elif turn.direction is Direction.IN and said and turn.id in current:
            said.append(f"{at} customer: {_cut(summary((turn,)) or turn.text.strip(), 120)}")
    return " · ".join(said)


def _best_guess(view: TurnView) -> str:
    evidence = view.evidence
    if evidence is None:
        return ""
    # What was sent already and did not help is told under Tried.
    sent = " ".join(turn.note for turn in view.history if turn.note)
    nearest = (*evidence.cited, *(hit.passage for hit in evidence.hits))
    passage = next((passage for passage in nearest if f'"{passage.title}"' not in sent), None)
    if passage is None:
        return ""
    path = passage.section.removeprefix(passage.title).removeprefix(" > ").replace(" > ", " › ")
    section = f" › {path}" if path else ""
    note = "" if passage.public else " · internal, not for customers"
    url = f" {passage.url}" if passage.url else f" {passage.article}"
    return f'"{passage.title}{section}" ({evidence.confidence:.2f}){url}{note}\n{to_text(passage.text)}'


def _next_step(view: TurnView) -> str:
    if view.newest.unreadable:
        return f"Firstline could not read this mail ({view.newest.unreadable}): open the attached original"
    if view.case.channel != "email" and not view.newest.sender:
        return f"Call {view.case.phone or 'the customer'}: there is no mail address"
    if not all(turn.trusted for turn in view.current):
        return f"Make sure who {view.newest.sender} is before you tell them anything about this case"
    missing = view.evidence.missing if view.evidence else ()
    steps = [
        customer.solved_last_time(view.customer, view.triage.topic or view.case.topic, view.case.subject),
        f"Ask for what the mail does not say: {', '.join(missing)}" if missing else "",
    ]
    return "\n".join(step for step in steps if step)


def priority(view: TurnView) -> str:
    """What the case is worth being looked at first for. A machine's mail, such as a bounce, says nothing of it."""
    return view.case.priority if view.newest.refused else view.triage.priority


def _facts(view: TurnView, decision: Decision, voice: Voice) -> tuple[tuple[str, str], ...]:
    """The block for filters and scripts."""
    triage, evidence = view.triage, view.evidence
    name = (
        f"{view.case.customer_name} <{view.case.customer}>"
        if view.case.customer_name and view.case.customer
        else view.case.customer_name or view.case.customer
    )
    facts = (
        ("Case", view.case.reference),
        ("Customer", name),
        ("Tier", view.customer.tier if view.customer else ""),
        ("Channel", view.case.channel if view.case.channel != "email" else ""),
        ("Agent", voice.agent),
        ("Decision", decision.action.value),
        ("Why", "; ".join(decision.why)),
        ("Topic", triage.topic or view.case.topic),
        ("Priority", priority(view)),
        ("Sentiment", f"{triage.sentiment:.1f}"),
        ("Language", triage.language),
        ("Flags", ", ".join(flag.value for flag in Flag if flag in triage.flags)),
        ("Confidence", f"{evidence.confidence:.2f}" if evidence else ""),
    )
    return tuple((f"X-Firstline-{key}", safe) for key, value in facts if (safe := header_value(value)))


def header_value(text: str) -> str:
    """Any text as a header's value: one line, printable, short. `write` encodes what is not ASCII (RFC 2047)."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return _cut(" ".join(printable.split()), _HEADER)


def _relayed(turn: Turn, history: Sequence[Turn]) -> bool:
    """Whether an agent's mail was passed on: then what the customer got is shown, not both."""
    if turn.kind is not Kind.AGENT:
        return False
    words = " ".join(turn.text.split())
    return any(one.role is Role.RELAY and words in " ".join(one.text.split()) for one in history)


def _heading(turn: Turn, zone: tzinfo) -> str:
    at = turn.at.astimezone(zone).strftime("%a %d %b %H:%M")
    if turn.role is Role.RELAY:
        return f"{at}  {turn.note or 'A colleague'} answered:"
    if turn.kind is Kind.AGENT:
        who = " ".join(turn.sender_name.split()) or turn.sender
        if turn.direction is Direction.OUT:
            return f"{at}  {who} answered the customer directly:"
        return f"{at}  {who} to the team{'' if turn.trusted else ' (not proven)'}:"
    if turn.direction is Direction.OUT:
        return f"{at}  {_ROLES.get(turn.role, 'We wrote') if turn.role else 'We wrote'}:"
    name = " ".join(turn.sender_name.split())
    who = f"{name} <{turn.sender}>" if name else turn.sender
    notes = [
        note
        for note in (
            f"not answered: {turn.refused}" if turn.refused else "",
            "sender not proven" if turn.unproven else "" if turn.trusted else "not a participant of the case",
            f"unreadable: {turn.unreadable}" if turn.unreadable else "",
        )
        if note
    ]
    return f"{at}  {who} wrote{' (' + '; '.join(notes) + ')' if notes else ''}:"


def _moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """`Tue 12:03` within a week of now, else `12 Nov 12:03`."""
    near = abs((at - now).total_seconds()) < 6 * 86400
    local = at.astimezone(zone)
    return local.strftime("%a %H:%M") if near else f"{local.day} {local.strftime('%b %H:%M')}"


def _duration(since: datetime, now: datetime) -> str:
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 1:
        return "under a minute"
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def _hanging(value: str) -> str:
    first, *rest = value.split("\n")
    return "\n".join((first, *(f"{_INDENT}{line}".rstrip() for line in rest)))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.split("\n"))


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 2].rstrip() + " …"

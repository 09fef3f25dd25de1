"""Pure. The decision: exactly one action with its reasons, the first rule that matches (product.md §2).

Read it as a table from top to bottom. Nothing here looks at a clock, a mailbox or a store.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from daemon.settings import Middle, PolicySettings
from daemon.steps.clarify import clarifying_questions
from daemon.steps.languages import answer_language
from daemon.steps.rating import rating_of
from daemon.steps.verdicts import Action, Cap, Decision, Flag, Outcome, Request, TurnView
from store.records import CaseStatus, Direction, Kind, Owner
from threading_.write import is_addressable

#: Flags that always call a human, whatever the list of the configuration says.
_ALWAYS_HUMAN = frozenset({Flag.WANTS_HUMAN})

_FLAG_WHY = {
    Flag.WANTS_HUMAN: "asks for a person",
    Flag.LEGAL_OR_REGULATED: "a legal or regulated matter",
    Flag.ANGRY: "angry",
    Flag.URGENT: "urgent",
    Flag.CANCEL_OR_REFUND: "a cancellation, refund or billing dispute",
    Flag.SECURITY_INCIDENT: "a security incident",
    Flag.VULNERABLE: "a vulnerable person, or an injury",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that a decision looks at."""

    view: TurnView
    policy: PolicySettings
    cap: Cap | None = None  #: a limit that was reached


Rule = Callable[[Question], Decision | None]


def decide(question: Question) -> Decision:
    """What to do with the newest mails of a case."""
    for rule in _RULES:
        decision = rule(question)
        if decision is not None:
            return decision
    return _escalate("no_rule", "no rule matched")  # pragma: no cover - the last rule always matches


def _escalate(because: str, *why: str) -> Decision:
    return Decision(action=Action.ESCALATE, because=because, why=why)


def _machine(question: Question) -> Decision | None:
    """A machine's mail or our own is left alone; a bounce of ours, an unreadable mail and an agent's are shown to humans."""
    turn = question.view.newest
    if turn.refused is None:
        return None
    if turn.kind is Kind.BOUNCE and any(earlier.direction is Direction.OUT for earlier in question.view.history):
        return Decision(
            action=Action.IGNORE, because="undeliverable", why=("a mail of ours came back: the queue is told",)
        )
    if turn.kind is Kind.UNREADABLE:
        return _escalate("unreadable", f"the mail cannot be read: {turn.unreadable or 'broken'}")
    if turn.kind is Kind.AGENT:
        return Decision(
            action=Action.RECORD, because="agent", why=("a mail from the human queue: noted, not passed on",)
        )
    return Decision(action=Action.IGNORE, because=turn.refused, why=(f"refused by the rule {turn.refused}",))


def _rating(question: Question) -> Decision | None:
    """A bare number in answer to our good-bye is counted, and leaves the case as it is."""
    stars = rating_of(question.view)
    if stars is None:
        return None
    return Decision(action=Action.IGNORE, because="rating", why=(f"a rating: {stars} of 5",))


def _closed(question: Question) -> Decision | None:
    """A person closed the case for good while the mail waited to be decided."""
    case = question.view.case
    if case.status is CaseStatus.CLOSED:
        return Decision(action=Action.IGNORE, because="closed", why=("the case was closed while the mail waited",))
    return None


def _solved_by_human(question: Question) -> Decision | None:
    """A thank-you for a human's answer: the case is solved, the queue is told, the customer gets nothing."""
    view = question.view
    answered = view.case.owner is Owner.HUMAN and view.case.status is not CaseStatus.AWAITING_HUMAN
    believed = all(turn.trusted and not turn.unproven and not turn.unreadable for turn in view.current)
    if answered and believed and view.triage.outcome is Outcome.RESOLVED:
        return Decision(
            action=Action.CLOSE, because="solved_by_human", why=("the customer says that a human's answer solved it",)
        )
    return None


def _human_owns(question: Question) -> Decision | None:
    """Never talk over a human: what the customer adds goes to the queue's thread."""
    case = question.view.case
    if case.owner is Owner.HUMAN or case.status is CaseStatus.AWAITING_HUMAN:
        return Decision(action=Action.RECORD, because="human_owns", why=("a human has the case",))
    return None


def _cannot_be_handled(question: Question) -> Decision | None:
    """Strangers, encrypted mail and mail that waited too long are a human's."""
    view, policy = question.view, question.policy
    for turn in view.current:
        if turn.unproven:
            return _escalate("authentication", f"the sender is not proven: {turn.unproven}")
        if not turn.trusted:
            return _escalate("not_a_participant", "the sender is not a participant of the case that the mail names")
        if view.case.channel != "email" and not is_addressable(turn.sender):
            return _escalate("no_address", f"there is no mail address to answer to{_or_number(view.case.phone)}")
        if turn.unreadable:
            return _escalate("unreadable", f"the mail cannot be read: {turn.unreadable}")
    age = view.now - min(turn.received_at or turn.at for turn in view.current)
    if age > timedelta(hours=policy.max_age_hours):
        return _escalate("too_old", f"the mail is {age.total_seconds() / 3600:.0f} hours old")
    return None


def _or_number(phone: str) -> str:
    return f", but the number {phone}" if phone else ""


def _calls_a_human(question: Question) -> Decision | None:
    """The customer asks for a person, or the matter is never answered by a machine."""
    triage, policy = question.view.triage, question.policy
    if triage.outcome is Outcome.STOP:
        return None
    never = _ALWAYS_HUMAN | {Flag(name) for name in policy.never_auto if name in set(Flag)}
    flags = [flag for flag in Flag if flag in triage.flags & never]
    if triage.outcome is Outcome.WANTS_HUMAN and Flag.WANTS_HUMAN not in flags:
        flags.insert(0, Flag.WANTS_HUMAN)
    if flags:
        return _escalate(flags[0].value, *(_FLAG_WHY[flag] for flag in flags))
    if triage.topic and triage.topic in policy.never_auto_topics:
        return _escalate("never_auto_topic", f"the topic {triage.topic} is never answered automatically")
    if triage.sentiment < policy.sentiment_floor:
        return _escalate("sentiment", f"sentiment {triage.sentiment:+.1f} is under {policy.sentiment_floor:+.1f}")
    return None


def _outcome_without_answer(question: Question) -> Decision | None:
    """What the customer says of our answer, where nothing has to be looked up for it."""
    if question.view.triage.none_fits:
        return _escalate("none_fits", "none of what we offered is what the customer means")
    if question.view.triage.asks_nothing:
        return _escalate("asks_nothing", "asks nothing: it reads as thanks for what somebody else answered")
    match question.view.triage.outcome:
        case Outcome.RESOLVED:
            return Decision(action=Action.CLOSE, because="resolved", why=("the customer says that it is solved",))
        case Outcome.STOP:
            return Decision(action=Action.CLOSE, because="stop", why=("the customer wants no more mail",))
        case Outcome.ACK_PENDING:
            return Decision(action=Action.WAIT, because="ack_pending", why=("the customer will try and write again",))
        case Outcome.AUTO:
            return Decision(action=Action.IGNORE, because="auto", why=("reads like an automatic reply",))
        case Outcome.NOT_RESOLVED:
            return _escalate("not_resolved", "our answer did not solve it")
        case _:
            return None


def _limits(question: Question) -> Decision | None:
    """The turn cap and the caps turn a reply into a hand-over; they never silence a person."""
    view, policy = question.view, question.policy
    if view.case.automatic_replies >= policy.turn_cap:
        return _escalate("turn_cap", f"{view.case.automatic_replies} automatic replies on this case already")
    if question.cap is not None:
        return _escalate(question.cap.rule, question.cap.why)
    return None


def _service_request(question: Question) -> Decision | None:
    """Asks us to do what only staff can do, and no article tells the customer how to do it themselves."""
    view = question.view
    if view.triage.request is not Request.SERVICE_REQUEST:
        return None
    evidence = view.evidence
    if evidence is not None and evidence.confidence >= question.policy.send_at and _has_steps(evidence.answer):
        return None
    return _escalate("service_request", "asks us to do something that only staff can do")


def _has_steps(markdown: str) -> bool:
    return sum(line.lstrip()[:2] in {f"{digit}." for digit in range(1, 10)} for line in markdown.splitlines()) >= 2


def _language(question: Question) -> Decision | None:
    """What the articles say in another language than the customer's is for a human to send, in the customer's."""
    view, evidence = question.view, question.view.evidence
    if evidence is None or not evidence.answer:
        return None
    theirs, ours = view.triage.language, answer_language(evidence)
    if not theirs or not ours or theirs == ours:
        return None
    worth = evidence.confidence >= question.policy.draft_at
    return Decision(
        action=Action.DRAFT if worth else Action.ESCALATE,
        because="language",
        why=(f"the customer writes {theirs}, the articles are {ours}", *evidence.why),
    )


def _evidence(question: Question) -> Decision | None:
    """What the knowledge base supports decides the rest."""
    policy, evidence = question.policy, question.view.evidence
    if evidence is None:
        return _escalate("no_knowledge", "there is no knowledge base to answer from")
    confidence = evidence.confidence
    if confidence >= policy.send_at and evidence.answer:
        return Decision(
            action=Action.ANSWER,
            because="confident",
            why=(f"confidence {confidence:.2f} ≥ send_at {policy.send_at:.2f}", *evidence.why),
        )
    if confidence >= policy.draft_at and evidence.answer:
        offer = policy.middle is Middle.OFFER
        return Decision(
            action=Action.DRAFT,
            because="offer" if offer else "middle",
            why=(
                f"confidence {confidence:.2f} is between {policy.draft_at:.2f} and {policy.send_at:.2f}",
                *evidence.why,
            ),
        )
    return None


def _clarify(question: Question) -> Decision | None:
    """Ask once, where the answer depends on what the mail does not say."""
    view, policy, evidence = question.view, question.policy, question.view.evidence
    if evidence is None or not evidence.ambiguous:
        return None
    if view.triage.outcome is Outcome.OTHER:
        return None
    questions = clarifying_questions(view)
    if len(questions) < 2:
        return None
    if view.case.clarifications >= policy.clarifications:
        return _escalate("second_clarification", "it is still unclear after we asked once")
    return Decision(
        action=Action.CLARIFY,
        because="ambiguous",
        why=(
            f"confidence {evidence.confidence:.2f} is under {policy.draft_at:.2f} and details are missing",
            *evidence.why,
        ),
        questions=questions,
    )


def _last(question: Question) -> Decision | None:
    evidence = question.view.evidence
    confidence = evidence.confidence if evidence else 0.0
    return _escalate(
        "low_confidence",
        f"confidence {confidence:.2f} is under draft_at {question.policy.draft_at:.2f}",
        *(evidence.why if evidence else ()),
    )


#: First match wins. The order is product.md §2's.
_RULES: tuple[Rule, ...] = (
    _machine,
    _rating,
    _closed,
    _solved_by_human,
    _human_owns,
    _cannot_be_handled,
    _calls_a_human,
    _outcome_without_answer,
    _limits,
    _service_request,
    _language,
    _evidence,
    _clarify,
    _last,
)

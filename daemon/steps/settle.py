"""Pure. A decision and the mails it leads to, graded before they may leave: the check may lower the decision."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from daemon.settings import PolicySettings
from daemon.steps.check import check
from daemon.steps.compose import compose
from daemon.steps.decide import Question, decide
from daemon.steps.likeness import said as digest_of
from daemon.steps.verdicts import Action, Cap, Checked, ComposedMail, Decision, TurnView
from daemon.steps.voice import Voice
from store.records import Mode, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What was decided in the end, what the customer would get, and what really goes out in this mode."""

    decision: Decision
    carried: Decision  #: the same, as this mode carries it out
    checked: Checked | None  #: None where there was nothing to grade
    mails: tuple[ComposedMail, ...]  #: what leaves in `auto`, and would leave in the other modes
    outgoing: tuple[ComposedMail, ...]  #: what leaves in this mode; empty in `shadow`
    held: Cap | None = None  #: the limit for which its hand-over waits for the hourly list


def judge(
    view: TurnView,
    policy: PolicySettings,
    cap: Cap | None,
    voice: Voice,
    mode: Mode,
    nonces: Iterator[str],
    *,
    said: frozenset[str] = frozenset(),
    hold: Cap | None = None,
) -> Settled:
    """Decide and settle: the pure middle of the sequence, whoever walks it.

    `said` are digests of what the address was told lately; `hold` the limit for which a hand-over is only listed.
    """
    decision = decide(Question(view=view, policy=policy, cap=cap))
    settled = settle(view, replace(decision, quiet=cap is not None), voice, mode, nonces, said)
    mails = tuple(mail for mail in settled.outgoing if mail.role.to_customer)
    if hold is None or mails == settled.outgoing:
        return settled
    return replace(settled, outgoing=mails, held=hold)


def settle(
    view: TurnView,
    decision: Decision,
    voice: Voice,
    mode: Mode,
    nonces: Iterator[str],
    said: frozenset[str] = frozenset(),
) -> Settled:
    """Compose and grade. A reply that fails the check, or that says what the address was told lately, is not sent: the
    decision becomes a hand-over with the reason."""
    mails = compose(view, decision, voice, nonces)
    if any(digest(mail) in said for mail in mails):  # '' is never in it
        why = ("the same text went to this address within the last days", *decision.why)
        decision = replace(decision, action=Action.ESCALATE, because="duplicate_reply", why=why, questions=())
        mails = compose(view, decision, voice, nonces)
    grades = [check(mail, view) for mail in mails if mail.role.to_customer]
    failed = tuple(failure for grade in grades for failure in grade.failed)
    checked = Checked(passed=all(grade.passed for grade in grades), failed=failed) if grades else None
    if checked is not None and not checked.passed:
        reasons = tuple(f"the check refused: {failure.why}" for failure in failed[:3])
        decision = replace(
            decision, action=Action.ESCALATE, because="check", why=(*reasons, *decision.why), questions=()
        )
        mails = tuple(mail for mail in compose(view, decision, voice, nonces) if check(mail, view).passed)
    carried = _carried(decision, mode)
    written = mails if carried is decision else compose(view, carried, voice, nonces)
    match mode:
        case Mode.SHADOW:
            outgoing: tuple[ComposedMail, ...] = ()
        case Mode.DRAFT:  # humans approve all: nothing reaches the customer by itself
            outgoing = tuple(mail for mail in written if not mail.role.to_customer)
        case Mode.AUTO:
            outgoing = written
    return Settled(decision=decision, carried=carried, checked=checked, mails=mails, outgoing=outgoing)


def digest(composed: ComposedMail) -> str:
    """What must not be said twice to one address: the answer, or the questions. '' for what may be."""
    if composed.role in (Role.REPLY, Role.OFFER):
        return digest_of(composed.grounded)
    return digest_of(composed.mail.text) if composed.role is Role.QUESTIONS else ""


def _carried(decision: Decision, mode: Mode) -> Decision:
    """The decision as it is carried out: in `draft` mode a human approves what would have gone to the customer."""
    speaks = decision.action in (Action.ANSWER, Action.CLARIFY) or decision.because == "offer"
    if mode is Mode.DRAFT and speaks:
        return replace(decision, action=Action.DRAFT, because="mode", why=("mode is draft", *decision.why))
    return decision

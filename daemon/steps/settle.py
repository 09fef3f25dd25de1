"""Pure. A decision and the mails it leads to, graded before they may leave: the check may lower the decision."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from daemon.settings import PolicySettings
from daemon.steps.check import check
from daemon.steps.compose import compose
from daemon.steps.decide import Question, decide
from daemon.steps.likeness import said as digest_of
from daemon.steps.markdown import to_text
from daemon.steps.prompt import to_be_judged, to_be_worded
from daemon.steps.retelling import lost
from daemon.steps.verdicts import Action, Cap, Checked, ComposedMail, Decision, Failure, Prose, Similarity, TurnView
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
    prose: Prose | None = None  #: what a language model wrote, and why it is not used; None where none was asked

    def moving(self, mode: Mode) -> tuple[ComposedMail, ...]:
        """The mails that the case moves by. In shadow it moves as if they had left: its later turns are decided as they
        would be."""
        return self.mails if mode is Mode.SHADOW else self.outgoing

    @property
    def worded(self) -> bool:
        """Whether a mail says the answer in a language model's words."""
        return any(mail.retells for mail in self.mails)


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
    prose: Prose | None = None,
) -> Settled:
    """Decide and settle: the pure middle of the sequence, whoever walks it.

    `said` are digests of what the address was told lately; `hold` the limit for which a hand-over is only listed;
    `prose` what a language model wrote on this view.
    """
    decision = decide(Question(view=view, policy=policy, cap=cap))
    decision = replace(decision, quiet=cap is not None)
    if prose is None:
        settled = settle(view, decision, voice, mode, nonces, said)
    else:
        settled = _worded(view, decision, voice, mode, nonces, said, prose)
    mails = tuple(mail for mail in settled.outgoing if mail.role.to_customer)
    if hold is None or mails == settled.outgoing:
        return settled
    return replace(settled, outgoing=mails, held=hold)


def _worded(
    view: TurnView,
    decision: Decision,
    voice: Voice,
    mode: Mode,
    nonces: Iterator[str],
    said: frozenset[str],
    prose: Prose,
) -> Settled:
    """Settle with what a language model wrote, where the check lets it pass; else with the articles' own words.

    It can lower a decision and never raise one.
    """
    if prose.judged not in ("", "yes") and to_be_judged(decision):
        why = (f"the language model does not find that the articles answer it ({prose.judged})", *decision.why)
        decision = replace(decision, action=Action.DRAFT, because="judge", why=why)
    if prose.text and to_be_worded(view, decision):
        told = replace(view, prose=prose.text)
        why = (*decision.why, "worded by the language model, each sentence checked")
        settled = settle(told, replace(decision, why=why), voice, mode, nonces, said, prose.near)
        failed = _refused(settled, told, prose)
        if not failed:
            return replace(settled, prose=prose)
        # The sentence itself is kept and not told: whoever made the model write it must not reach the queue by it.
        told_why = f"the language model's text did not pass the check: {failed[0].why}"
        decision = replace(decision, why=(*decision.why, f"in the articles' own words: {told_why}"))
        prose = replace(prose, text="", because="check", why=f"{failed[0].why}: {failed[0].sentence}".rstrip(": "))
    elif prose.why:
        decision = replace(decision, why=(*decision.why, f"in the articles' own words: {prose.why}"))
    return replace(settle(view, decision, voice, mode, nonces, said), prose=prose)


def _refused(settled: Settled, told: TurnView, prose: Prose) -> tuple[Failure, ...]:
    """What the check has against a worded answer, whoever would read it: a draft is held to it as well."""
    drafts = [mail for mail in settled.mails if mail.role is Role.DRAFT]
    own = told.evidence.answer if told.evidence else ""
    checked = tuple(
        failure
        for grade in (settled.checked, *(check(mail, told, prose.near) for mail in drafts))
        if grade is not None
        for failure in grade.failed
    )
    return checked or lost(to_text(told.prose), own, told.triage.query)


def settle(
    view: TurnView,
    decision: Decision,
    voice: Voice,
    mode: Mode,
    nonces: Iterator[str],
    said: frozenset[str] = frozenset(),
    near: Similarity | None = None,
) -> Settled:
    """Compose and grade. A reply that fails the check, or that says what the address was told lately, is not sent: the
    decision becomes a hand-over with the reason."""
    mails = compose(view, decision, voice, nonces)
    if any(digest(mail) in said for mail in mails):  # '' is never in it
        why = ("the same text went to this address within the last days", *decision.why)
        decision = replace(decision, action=Action.ESCALATE, because="duplicate_reply", why=why, questions=())
        mails = compose(view, decision, voice, nonces)
    grades = [check(mail, view, near) for mail in mails if mail.role.to_customer]
    failed = tuple(failure for grade in grades for failure in grade.failed)
    checked = Checked(passed=all(grade.passed for grade in grades), failed=failed) if grades else None
    if checked is not None and not checked.passed:
        reasons = tuple(f"the check refused: {failure.why}" for failure in failed[:3])
        decision = replace(
            decision, action=Action.ESCALATE, because="check", why=(*reasons, *decision.why), questions=()
        )
        mails = tuple(mail for mail in compose(view, decision, voice, nonces) if check(mail, view, near).passed)
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
        return digest_of(composed.retells or composed.grounded)
    return digest_of(composed.mail.text) if composed.role is Role.QUESTIONS else ""


def _carried(decision: Decision, mode: Mode) -> Decision:
    """The decision as it is carried out: in `draft` mode a human approves what would have gone to the customer."""
    speaks = decision.action in (Action.ANSWER, Action.CLARIFY) or decision.because == "offer"
    if mode is Mode.DRAFT and speaks:
        return replace(decision, action=Action.DRAFT, because="mode", why=("mode is draft", *decision.why))
    return decision

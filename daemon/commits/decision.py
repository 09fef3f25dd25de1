"""I/O. Commit of a decision: its reasons, the case after it, its mails in the outbox, the audit: together or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from daemon.commits.audit import Auditor
from daemon.commits.outgoing import OutgoingCommit
from daemon.settings import Settings
from daemon.steps.followup import with_follow_up
from daemon.steps.hours import in_business_hours
from daemon.steps.lifecycle import Event
from daemon.steps.mode import mode_of
from daemon.steps.rating import rating_of
from daemon.steps.routing import Routed
from daemon.steps.settle import Settled
from daemon.steps.transition import after, life, moved
from daemon.steps.verdicts import Action, Cap, ComposedMail, Decision, TurnView
from store.db import Transaction
from store.records import Case, CaseStatus, ClaimedCase, Mode, OutboxItem, Trace, Turn
from store.store import Store


class DecisionCommit:
    """Writes decisions. `zone` is that of the business hours."""

    def __init__(self, store: Store, settings: Settings, auditor: Auditor, zone: tzinfo) -> None:
        self._store = store
        self._settings = settings
        self._zone = zone
        self._auditor = auditor
        self._outgoing = OutgoingCommit(store, settings)

    async def decided(
        self,
        tx: Transaction,
        view: TurnView,
        settled: Settled,
        *,
        mode: Mode,
        own: Mode,
        record: Mapping[str, object],
        promised: datetime | None,
        to: Routed,
        more: bool,
        trace: Trace,
        reached: Cap | None,
    ) -> Case:
        """The decision, the case after it, its mails in the outbox, the audit: together or not at all.

        `trace` is of the mail that is answered, `reached` the cap that is closed for it, `to` where the team's mails go,
        `own` the mode that the case keeps.
        """
        decision, now = settled.decision, view.now
        confidence = view.evidence.confidence if view.evidence else None
        decision_id = await self._store.cases.add_decision(
            tx,
            view.case.id,
            now=now,
            action=decision.action,
            because=decision.because,
            confidence=confidence,
            unadjusted=view.evidence.unadjusted if view.evidence else None,
            mode=mode,
            record=record,
        )
        await self._store.cases.handle(tx, [turn.id for turn in view.current], decision_id)
        moving = settled.moving(mode)
        then = after(view, settled.carried, moving, now, promised)
        if any(not mail.role.to_customer for mail in moving):
            then = replace(then, queue=to.address, agent=to.agent)
        then = with_follow_up(replace(then, due_at=now if more else then.due_at), self._settings, self._zone)
        names = "language topic automatic_replies clarifications queue_id priority agent"
        changes = {name: getattr(then, name) for name in names.split()} | life(then) | {"mode": own}
        case = await self._store.cases.move(
            tx, view.case.id, now=now, moves=bool(moving) or then.status != view.case.status, changes=changes
        )
        for composed in settled.outgoing:
            # One live answer a turn of the customer; each hand-over is its own.
            turn = f"{case.reference}:{view.newest.id}"
            cause = turn + (":answer" if composed.role.answers else f":{composed.role}:{decision_id}")
            told = reached.told if reached and reached.key else ""
            await self._outgoing.put(tx, composed, case, decision_id, cause=cause, now=now, trace=trace, told=told)
        if decision.because == "rating" and (stars := rating_of(view)) is not None:
            await self._store.learning.rate(tx, view.newest.id, case.id, stars, now)
        if settled.held is not None:
            await self._store.limits.hold(tx, settled.held.told, case.id, view.newest.id, now)
        details: dict[str, object] = {
            "decision": decision.action,
            "because": decision.because,
            "confidence": confidence,
            "cited": sorted({passage.article for passage in view.evidence.cited}) if view.evidence else [],
            "mode": mode,
            "mails": [mail.role for mail in settled.outgoing],
            "held": settled.held.rule if settled.held else None,
            "status": case.status,
        }
        if prose := settled.prose:  # the reason's key alone: its words may be a customer's
            details["llm"] = {"used": settled.worded, "because": prose.because, "judged": prose.judged or None}
        await self._auditor.append(tx, now, case.reference, "decided", details, {"why": list(decision.why)})
        return case

    async def followed(
        self,
        tx: Transaction,
        case: Case,
        then: Case,
        event: Event,
        mails: Sequence[ComposedMail],
        trace: Trace,
        now: datetime,
    ) -> Case:
        """The clock did `event` to the case. What it was set to, and since when, makes each of its mails leave once."""
        moves = (then.status, then.owner, then.reminders) != (case.status, case.owner, case.reminders)
        current = await self._store.cases.move(
            tx, case.id, now=now, moves=moves, changes=life(then) | {"agent": then.agent}
        )
        for mail in mails:
            rang = f"{event}:{case.since or case.updated_at:%Y-%m-%dT%H:%M:%S}:{case.reminders}"
            cause = f"{case.reference}:{rang}:{mail.role}"
            await self._outgoing.put(tx, mail, current, None, cause=cause, now=now, trace=trace)
        details = {"event": event, "mails": [mail.role for mail in mails], "status": current.status}
        await self._auditor.append(tx, now, case.reference, "followed_up", details)
        return current

    async def set_clock(self, claimed: ClaimedCase, follows: tuple[Event, datetime] | None, now: datetime) -> None:
        """The clock rang too early, or when people do not work: set anew."""
        hours = self._settings.hours
        event, at = follows or (None, None)
        if at is not None and at <= now:
            at = in_business_hours(now, hours, self._zone)
        async with self._store.transaction() as tx:
            if await self._store.cases.still_held(tx, claimed):
                changes = {"follow_up": event, "follow_up_at": at}
                await self._store.cases.move(tx, claimed.case.id, now=now, moves=False, changes=changes)
            else:
                await self._store.cases.release(tx, claimed)

    async def set_clocks(self, now: datetime) -> None:
        """Reckon every clock again: the configuration may be another, or the store older than the clocks."""
        async with self._store.transaction() as tx:
            for case in await self._store.cases.not_closed(tx):
                then = with_follow_up(case, self._settings, self._zone)
                if then.status is CaseStatus.OPEN and then.due_at is None:
                    then = with_follow_up(moved(then, Event.WAIT, now), self._settings, self._zone)
                if then != case:
                    await self._store.cases.move(tx, case.id, now=case.updated_at, moves=False, changes=life(then))

    async def nothing_to_decide(self, tx: Transaction, case: Case, now: datetime) -> None:
        """No mail waits on the case: where the daemon had it, the customer is next."""
        current = await self._store.cases.get(tx, case.id)
        if current.status is CaseStatus.OPEN:
            current = moved(current, Event.WAIT, now)
        then = with_follow_up(replace(current, due_at=None), self._settings, self._zone)
        await self._store.cases.move(tx, case.id, now=now, moves=False, changes=life(then))

    async def stumbled(
        self, tx: Transaction, case: Case, current: Sequence[Turn], mail: ComposedMail, why: str, now: datetime
    ) -> None:
        """A step failed on the case: a human has it now."""
        then = moved(case, Event.HAND_OVER, now)
        decision_id = await self._hand_to_human(tx, then, Action.ESCALATE, "stumbled", (why,), now)
        await self._store.cases.handle(tx, [turn.id for turn in current], decision_id)
        if mode_of(case, self._settings) is not Mode.SHADOW:
            await self._outgoing.put(
                tx, mail, case, decision_id, cause=f"{case.reference}:stumbled:{decision_id}", now=now
            )

    async def told_agent(self, tx: Transaction, case: Case, mail: ComposedMail, *, cause: str, now: datetime) -> None:
        """An agent hears what became of a mail of theirs."""
        if mode_of(case, self._settings) is not Mode.SHADOW:
            await self._outgoing.put(tx, mail, case, None, cause=cause, now=now)

    async def alerted(
        self,
        tx: Transaction,
        case: Case,
        mail: ComposedMail,
        now: datetime,
        *,
        because: str = "overdue",
        told: str = "",
    ) -> bool:
        """The queue hears what is wrong with the daemon, or what it held back; of each at most once an hour."""
        cause = f"{because}:{told}:{now:%Y-%m-%dT%H}"
        if await self._store.outbox.knows(tx, cause):
            return False
        await self._outgoing.put(tx, mail, case, None, cause=cause, now=now, told=told)
        await self._auditor.append(tx, now, case.reference, "alerted", {"because": because})
        return True

    async def tell_human(
        self, tx: Transaction, item: OutboxItem, view: TurnView, mails: Sequence[ComposedMail], decision: Decision
    ) -> None:
        """A hand-over about a mail of ours that did not, or may not have, arrived; the case is a human's from here on."""
        case, now = view.case, view.now
        then = moved(case, Event.CAME_BACK, now)
        decision_id = await self._hand_to_human(tx, then, decision.action, decision.because, decision.why, now)
        for mail in mails:
            if not mail.role.to_customer:
                await self._outgoing.put(
                    tx, mail, case, decision_id, cause=f"{item.message_id}:{decision.because}", now=now
                )
        await self._store.outbox.told_human(tx, item.id)

    async def _hand_to_human(
        self, tx: Transaction, case: Case, action: Action, because: str, why: tuple[str, ...], now: datetime
    ) -> int:
        then = with_follow_up(replace(case, due_at=None), self._settings, self._zone)
        await self._store.cases.move(tx, case.id, now=now, moves=True, changes=life(then))
        decision_id = await self._store.cases.add_decision(
            tx,
            case.id,
            now=now,
            action=action,
            because=because,
            confidence=None,
            mode=case.mode,
            record={"why": list(why)},
        )
        await self._auditor.append(tx, now, case.reference, "handed_over", {"because": because}, {"why": list(why)})
        return decision_id

"""I/O. Commit of an agent's mail: what it did to the case, its mails, what was made of ours. Together or not at all."""

from dataclasses import replace
from datetime import timedelta, tzinfo

from daemon.commits.audit import Auditor
from daemon.commits.outgoing import OutgoingCommit
from daemon.record import Record
from daemon.settings import Settings
from daemon.steps.desk import Desk, Obeyed
from daemon.steps.followup import with_follow_up
from daemon.steps.lifecycle import Event
from daemon.steps.transition import life, moved
from daemon.steps.verdicts import Action
from store.db import Transaction
from store.records import Case, CaseStatus, Role
from store.store import Store


class HumanCommit:
    """Writes what agents did."""

    def __init__(
        self, store: Store, settings: Settings, auditor: Auditor, outgoing: OutgoingCommit, zone: tzinfo
    ) -> None:
        self._store = store
        self._settings = settings
        self._auditor = auditor
        self._outgoing = outgoing
        self._zone = zone

    async def obeyed(self, tx: Transaction, desk: Desk, done: Obeyed, record: Record, *, more: bool) -> Case | None:
        """Everything that the mail does. None where it was too late to take a mail back: then nothing was written."""
        store, case, now = self._store, desk.view.case, desk.view.now
        if done.take_back is not None:
            if not await store.humans.take_back(tx, done.take_back.outbox_id, now):
                return None
            await store.humans.unjudge(tx, case.id, done.take_back.created_at)
        decision_id = await store.cases.add_decision(
            tx,
            case.id,
            now=now,
            action=Action.RECORD,
            because=done.because,
            confidence=None,
            mode=case.mode,
            record=record,
        )
        ours = await store.humans.last_decision(tx, case.id)
        await store.cases.handle(tx, [desk.turn.id], decision_id)
        again = done.again and await store.humans.forget_handled(tx, case.id)
        case = replace(case, due_at=now if more or again else None)
        for event in done.events:
            case = moved(case, event, now)
        if done.again and not again and case.status is CaseStatus.OPEN:
            # Nothing waits for an answer: the customer is next.
            case = replace(moved(case, Event.WAIT, now), due_at=now if more else None)
        agent = desk.agency.agent
        case = with_follow_up(case, self._settings, self._zone)
        case = await store.cases.move(
            tx, case.id, now=now, moves=bool(done.events), changes={**life(case), **done.changes}
        )
        for number, composed in enumerate(done.mails):
            due = now + timedelta(seconds=self._settings.queue.undo_seconds) if composed.role is Role.RELAY else None
            cause = f"{case.reference}:{desk.turn.id}:{composed.role}:{number}"
            if done.because == "disbelieved":  # the team hears of it, of a flood of them once an hour
                cause = f"{case.reference}:disbelieved:{now:%Y-%m-%dT%H}"
                if await store.outbox.knows(tx, cause):
                    continue
            await self._outgoing.put(tx, composed, case, decision_id, cause=cause, now=now, due=due)
        for draft_id, state in done.drafts:
            await store.humans.decide_draft(tx, draft_id, state, now)
        if done.shown is not None:
            await store.humans.show_draft(tx, *done.shown)
        if done.kept is not None:
            await store.humans.add_draft(tx, replace(done.kept, decision_id=ours))
        if done.verdict is not None and agent is not None:
            await store.humans.judge(
                tx,
                case.id,
                done.verdict,
                agent=agent.address.casefold(),
                decision_id=done.verdict.decision_id or ours,
                topic=case.topic,
                now=now,
            )
        details = {
            "because": done.because,
            "events": list(done.events),
            "mails": [mail.role for mail in done.mails],
            "status": case.status,
            "believed": desk.agency.believed,
        }
        personal = {"agent": desk.turn.sender, "why": list(done.why)}
        await self._auditor.append(tx, now, case.reference, "agent", details, personal)
        return case

"""I/O. What time, restarts and failures leave behind: settled, told to a human, never forgotten."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from daemon import gather
from daemon.commits.decision import DecisionCommit
from daemon.commits.delivery import DeliveryCommit
from daemon.commits.limits import LimitsCommit
from daemon.edges.smtp import Delivery, Outcome
from daemon.settings import Settings
from daemon.steps.alert import BREAKER, OVERDUE, STUMBLED, alert, held_back
from daemon.steps.compose import compose
from daemon.steps.mode import mode_of
from daemon.steps.verdicts import Action, Decision
from daemon.steps.voice import Voice
from store.records import BreakerState, ClaimedCase, Direction, Mode, OutboxItem
from store.store import Store
from threading_.message import Address

log = logging.getLogger(__name__)


class Aftercare:
    """Looks after what the sequence leaves open. Called by the clock, at the start, and where a step failed."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Settings,
        voice: Voice,
        clock: Callable[[], datetime],
        nonces: Iterator[str],
        decision: DecisionCommit,
        delivery: DeliveryCommit,
        limited: LimitsCommit,
        customers: gather.Customers | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._voice = voice
        self._clock = clock
        self._nonces = nonces
        self._decision = decision
        self._delivery = delivery
        self._limited = limited
        self._customers = customers

    async def recover(self) -> None:
        """After a start: nobody holds a lease, and what was being transmitted is uncertain."""
        async with self._store.transaction() as tx:
            await self._store.outbox.free_claims(tx)
        await self._decision.set_clocks(self._clock())
        await self.sweep(restarted=True)

    async def sweep(self, *, restarted: bool = False) -> None:
        """Settle transmissions that nobody waits for, and tell a human of what stayed uncertain too long."""
        now = self._clock()
        async with self._store.transaction() as tx:
            for item in await self._store.outbox.cut_off(tx, now, restarted=restarted):
                cut = Delivery(outcome=Outcome.UNCERTAIN, response="the daemon ended while the mail was transmitted")
                await self._delivery.delivered(tx, item, cut, now)
            minutes = self._settings.smtp.uncertain_minutes
            untold = await self._store.outbox.uncertain_since(tx, now - timedelta(minutes=minutes))
        for item in untold:
            why = f"our mail may or may not have reached {item.recipient}: the connection ended after DATA; please look"
            await self.tell_human(item, "uncertain", why)
        await self._tell_of_limits(now)

    async def _tell_of_limits(self, now: datetime) -> None:
        """The queue hears once that the breaker is open, and once an hour what a storm held back."""
        store = self._store
        breaker = await store.limits.breaker(store.reader)
        if breaker.state is not BreakerState.CLOSED and not breaker.told and breaker.case_id is not None:
            case = await store.cases.get(store.reader, breaker.case_id)
            subject, why = "Firstline sends no mail to customers", "too much of what it sent was refused or came back"
            nonce = next(self._nonces)
            mail = alert(case, self._voice, subject=subject, why=why, what=BREAKER, nonce=nonce, now=now)
            async with store.transaction() as tx:
                await self._decision.alerted(tx, case, mail, now, because="breaker")
                await self._limited.told(tx)
        for held in await store.limits.held_since(store.reader, now - timedelta(hours=1)):
            case = await store.cases.get(store.reader, held.lines[0].case_id)
            why, what = held_back(held)
            nonce = next(self._nonces)
            mail = alert(
                case, self._voice, subject="Mails that came in a storm", why=why, what=what, nonce=nonce, now=now
            )
            async with store.transaction() as tx:
                if await self._decision.alerted(tx, case, mail, now, because="held", told=held.told):
                    await store.limits.listed(tx, held.told, now)

    async def watch_over(self) -> None:
        """Never silently dead: the queue hears, once an hour, of a case that should have been worked on long ago."""
        now, store = self._clock(), self._store
        minutes = self._settings.service.alert_after_minutes
        count, case = await store.cases.overdue(store.reader, now - timedelta(minutes=minutes))
        if case is None or case.due_at is None:
            return
        waited = (now - case.due_at).total_seconds() / 60
        why = f"{count} {'case is' if count == 1 else 'cases are'} overdue, this one for {waited:.0f} minutes"
        log.error("cases are overdue", extra={"count": count, "minutes": round(waited), "case": case.reference})
        if mode_of(case, self._settings) is Mode.SHADOW:
            return
        nonce = next(self._nonces)
        subject = "Firstline is behind"
        mail = alert(case, self._voice, subject=subject, why=why, what=OVERDUE, nonce=nonce, now=now)
        async with store.transaction() as tx:
            await self._decision.alerted(tx, case, mail, now)

    async def stumbled(self, claimed: ClaimedCase) -> None:
        """A step failed on this case: it is a human's from here on, so that it neither blocks others nor is lost."""
        now, case, store = self._clock(), claimed.case, self._store
        _, current = await gather.current_turns(store, store.reader, case)
        newest = current[-1].inbox_id if current else None
        stored = await store.inbox.get(newest) if newest is not None else None
        why = "a step of Firstline failed on this case"
        original = stored.mail.raw if stored else b""
        mail = alert(
            case,
            self._voice,
            subject="Firstline stumbled over this case",
            why=why,
            what=STUMBLED,
            nonce=next(self._nonces),
            now=now,
            original=original,
        )
        async with store.transaction() as tx:
            if await store.cases.still_held(tx, claimed):
                await self._decision.stumbled(tx, case, current, mail, why, now)
            else:
                await store.cases.release(tx, claimed)

    async def tell_human(self, item: OutboxItem, because: str, why: str) -> None:
        """A mail of ours did not, or may not have, reached the customer: a human has the case from here on."""
        if item.case_id is None or not item.role.to_customer:
            log.error("a mail to the queue cannot be delivered", extra={"outbox": item.id, "role": item.role})
            return
        now, store = self._clock(), self._store
        case = await store.cases.get(store.reader, item.case_id)
        history = tuple(await store.cases.history(store.reader, case.id))
        theirs = (turn for turn in history if turn.direction is Direction.IN and turn.inbox_id is not None)
        received = tuple(turn for turn in theirs if turn.refused is None)[-1:]
        if not received:
            return
        view = await gather.view(
            store,
            store.reader,
            case,
            history,
            received,
            now=now,
            default_language=self._settings.reply.language,
            customers=self._customers,
            settings=self._settings.customers,
        )
        decision = Decision(action=Action.ESCALATE, because=because, why=(why,))
        voice = replace(self._voice, queue=Address("", case.queue)) if case.queue else self._voice
        mails = compose(view, decision, voice, self._nonces)
        async with store.transaction() as tx:
            await self._decision.tell_human(tx, item, view, mails, decision)

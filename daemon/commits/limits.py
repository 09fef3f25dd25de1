"""I/O. Commit of what the limits are told by: signs of people, addresses that failed, the breaker."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from daemon.commits.audit import Auditor
from daemon.settings import Settings
from daemon.steps.breaker import OF_THE_LAST, after_failure, let_through, waits_until
from daemon.steps.person import Came
from daemon.steps.submission import names_the_recipient
from daemon.steps.verdicts import Bounce
from store.db import Transaction
from store.records import BreakerState, Case, OutboxItem
from store.store import Store

log = logging.getLogger(__name__)


class LimitsCommit:
    """Writes what the caps, the suppression and the breaker stand on."""

    def __init__(self, store: Store, settings: Settings, auditor: Auditor) -> None:
        self._store = store
        self._settings = settings.caps
        self._auditor = auditor

    async def came(
        self, tx: Transaction, case: Case, inbox_id: int, came: Came, bounce: Bounce | None, now: datetime
    ) -> None:
        """A mail came in: a person's lifts a suppression, a bounce of ours may begin one."""
        limits = self._store.limits
        if came.repeats:
            await limits.take_back(tx, came.trace)
        await limits.came(tx, inbox_id, came.trace, person=came.person, now=now)
        if came.person and await limits.lift(tx, came.trace.sender):
            why = {"why": "a person wrote from the address"}
            await self._auditor.append(tx, now, case.reference, "suppression_lifted", why, {"of": came.trace.sender})
        if bounce is None or not bounce.permanent:
            return
        named = {recipient.lower() for recipient in bounce.recipients}
        for item in came.returned:
            if named and item.recipient.lower() not in named:
                continue  # another address failed, behind a forwarding, or somebody made the bounce up
            if await limits.bounced(tx, item.id):
                await self._suppress(tx, item, f"mail to it came back: {bounce.status or 'failed for good'}", now)
                await self.failed(tx, item, now)

    async def refused(self, tx: Transaction, item: OutboxItem, response: str, now: datetime) -> None:
        """A server refused a mail of ours for good."""
        if not item.role.to_customer:
            return
        if names_the_recipient(response):
            await self._suppress(tx, item, f"mail to it was refused: {response[:200]}", now)
        await self.failed(tx, item, now)

    async def waits_until(self, tx: Transaction, item: OutboxItem, now: datetime) -> datetime | None:
        """Until when this mail has to wait for the breaker, None where it may leave now: then it is noted that it does."""
        if not item.role.to_customer or not self._settings.enabled:
            return None
        breaker = await self._store.limits.breaker(tx)
        until = waits_until(breaker, now, timedelta(minutes=self._settings.breaker_rest_minutes))
        if until is not None and item.id != breaker.trial_id:
            return until
        moved = let_through(breaker, item.id, now)
        if moved != breaker:
            await self._store.limits.set_breaker(tx, moved)
            await self._auditor.append(tx, now, None, "breaker", {"state": moved.state, "outbox": item.id})
            log.warning("the breaker lets mail through", extra={"state": moved.state})
        return None

    async def failed(self, tx: Transaction, item: OutboxItem, now: datetime) -> None:
        """A mail to a customer failed for good: the breaker may open."""
        if not self._settings.enabled:
            return
        limits = self._store.limits
        breaker = await limits.breaker(tx)
        since = breaker.since if breaker.state is BreakerState.CLOSED else None
        failures = await limits.failures(tx, OF_THE_LAST, since)
        moved = after_failure(breaker, item.id, failures, self._settings.breaker_percent, item.case_id, now)
        if moved != breaker:
            await limits.set_breaker(tx, moved)
            details = {"state": moved.state, "failures": failures, "of_the_last": OF_THE_LAST}
            await self._auditor.append(tx, now, None, "breaker", details)
            log.error("the breaker is open: nothing goes to customers", extra=details)

    async def told(self, tx: Transaction) -> None:
        """The queue knows that the breaker is open."""
        await self._store.limits.set_breaker(tx, replace(await self._store.limits.breaker(tx), told=True))

    async def _suppress(self, tx: Transaction, item: OutboxItem, why: str, now: datetime) -> None:
        if not self._settings.suppress_days:
            return
        until = now + timedelta(days=self._settings.suppress_days)
        await self._store.limits.suppress(tx, item.recipient, until, why)
        case = await self._store.cases.get(tx, item.case_id) if item.case_id is not None else None
        reference = case.reference if case else None
        await self._auditor.append(
            tx, now, reference, "suppressed", {"until": until.isoformat()}, {"of": item.recipient}
        )

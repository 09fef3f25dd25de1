"""I/O. Commit of an arrival: the mail is on its case and the case is due, in one transaction with its audit entry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from daemon.commits.audit import Auditor
from daemon.commits.delivery import settle_uncertain
from daemon.settings import Settings
from daemon.steps.followup import with_follow_up
from daemon.steps.guard import without_tag
from daemon.steps.lifecycle import merged, stage_of, state_of
from daemon.steps.transition import life
from daemon.steps.understand import MOST_IDS
from daemon.steps.verdicts import Told, Understood
from store.db import Transaction
from store.merging import merge_cases
from store.records import Case, CaseStatus, Direction, Kind, Mode, OutboxItem, StoredMail
from store.store import Store
from threading_.ids import case_reference
from threading_.link import own_ids
from threading_.message import Link, Message, address_key
from threading_.write import is_addressable


class ArrivalCommit:
    """Writes arrivals. `ours` are the address keys that never become participants of a case; `zone` is that of the
    business hours."""

    def __init__(self, store: Store, settings: Settings, auditor: Auditor, ours: frozenset[str], zone: tzinfo) -> None:
        self._store = store
        self._settings = settings
        self._zone = zone
        self._auditor = auditor
        self._ours = ours

    async def arrived(
        self, tx: Transaction, stored: StoredMail, mail: Understood, proven: Sequence[OutboxItem], now: datetime
    ) -> Case:
        """The mail is on its case, the case is due. Returns the case."""
        message, guarded, link = mail.message, mail.guarded, mail.link
        case = await self._store.cases.by_reference(tx, link.case) if link.case else None
        for reference in link.merges:
            case = case and await self._merge(tx, case, reference, now)
        if case is None:
            case = await self._open(tx, message, link, mail.told, now)
        elif guarded.reply and case.status is CaseStatus.CLOSED:  # since the mail was linked
            case = await self._open(tx, message, replace(link, tied_to=case.reference), mail.told, now)
        elif guarded.reply and case.status is CaseStatus.RESOLVED:
            await self._store.limits.reopened(tx, case.id, now)
        sender = message.sender
        unreadable = message.unreadable or (f"it is encrypted ({message.encryption})" if message.encryption else None)
        if sender is None and guarded.reply:
            unreadable = unreadable or "it has no sender"
        by_mail = mail.told.channel == "email"  # a form or a call may name nobody to write to: decide.py says so
        if by_mail and sender is not None and guarded.reply and not is_addressable(sender.address):
            unreadable = unreadable or "no answer can be addressed to its sender"
        await self._store.cases.add_turn(
            tx,
            case.id,
            {
                "direction": Direction.IN,
                "at": message.date or stored.mail.received_at,
                "sender": sender.address if sender else "",
                "sender_name": sender.name if sender else "",
                "subject": message.subject,
                "text": mail.new.text,
                "cut_text": mail.new.quoted,
                "kind": guarded.kind,
                "message_id": message.message_id,
                "refs": list(message.references),
                "inbox_id": stored.id,
                "refused": guarded.rule if not guarded.reply else None,
                "trusted": 1 if link.trusted else 0,
                "auth": mail.auth.verdict,
                "unproven": mail.unproven,
                "received_at": stored.mail.received_at,
                "unreadable": unreadable,
                "link_by": link.by,
                "link_why": link.why,
            },
        )
        if guarded.kind is not Kind.BOUNCE:
            if link.learns:
                await self._store.cases.know(tx, case.id, own_ids(message), ghosts=message.referenced[:MOST_IDS])
            else:
                await self._store.cases.know_if_new(tx, case.id, own_ids(message))
        if link.trusted and guarded.reply:
            people = [address.key for address in (*message.to, *message.cc)]
            await self._store.cases.join(
                tx, case.id, [one for one in people if without_tag(one) not in self._ours][:50]
            )
        quiet = timedelta(seconds=self._settings.policy.coalesce_seconds if guarded.reply else 0)
        await self._store.cases.arrive(tx, case.id, due=now + quiet, now=now, moves=guarded.reply)
        for item in proven:
            await settle_uncertain(self._store, self._auditor, tx, item, now, "a mail that names it came in")
        await self._store.inbox.finish(tx, stored.id, quarantined=message.unreadable is not None)
        if self._settings.policy.mode is not Mode.SHADOW:
            await self._store.inbox.want_change(tx, "mark", stored.id)
        details = {
            "kind": guarded.kind,
            "rule": guarded.rule,
            "link": link.by,
            "trusted": link.trusted,
            "auth": mail.auth.verdict,
            "mail": stored.id,
        }
        personal = {"from": sender.address if sender else "", "message_id": message.message_id}
        await self._auditor.append(tx, now, case.reference, "received", details, personal)
        return case

    async def _merge(self, tx: Transaction, case: Case, reference: str, now: datetime) -> Case:
        """The case with the other one in it. Only cases of one customer become one, whatever the link says."""
        other = await self._store.cases.by_reference(tx, reference)
        if other is None or other.id == case.id or address_key(other.customer) != address_key(case.customer):
            return case
        await merge_cases(tx, case, other, now, state_of(merged(stage_of(case), stage_of(other))))
        one = with_follow_up(await self._store.cases.get(tx, case.id), self._settings, self._zone)
        await self._store.cases.move(tx, case.id, now=now, moves=False, changes=life(one))
        details = {"merged": other.reference, "into": case.reference}
        await self._auditor.append(tx, now, case.reference, "merged", details)
        return await self._store.cases.get(tx, case.id)

    async def _open(self, tx: Transaction, message: Message, link: Link, told: Told, now: datetime) -> Case:
        reference = case_reference(self._auditor.rng.getrandbits(30))
        while await self._store.cases.by_reference(tx, reference) is not None:
            reference = case_reference(self._auditor.rng.getrandbits(30))
        case = await self._store.cases.open(
            tx,
            reference=reference,
            mode=self._settings.policy.mode,
            customer=message.sender.address if message.sender else "",
            customer_name=message.sender.name if message.sender else "",
            subject=message.subject,
            now=now,
            tied_to=link.tied_to,
            told={name: getattr(told, name) for name in ("channel", "phone", "product", "severity")},
        )
        if not told.agent:
            return case
        return await self._store.cases.move(tx, case.id, now=now, moves=False, changes={"agent": told.agent})

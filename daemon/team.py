"""I/O. An agent's mail on its way: which mail of ours it answers, what the desk looks like, what it does. One commit."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from daemon import gather
from daemon.commits.human import HumanCommit
from daemon.record import decision_record
from daemon.settings import Settings
from daemon.steps.agency import TokenKnown, agency
from daemon.steps.authenticate import authenticate
from daemon.steps.desk import Desk, draft_meant
from daemon.steps.guard import Ours
from daemon.steps.obey import obey
from daemon.steps.relay import newest_of_customer
from daemon.steps.settle import Settled
from daemon.steps.understand import MOST_IDS
from daemon.steps.verdicts import Action, Decision, TurnView
from daemon.steps.voice import Voice
from store.records import Case, ClaimedCase, Mode, Owner, Role, Turn
from store.store import Store
from threading_.ids import read_id, spellings
from threading_.message import Link, LinkedBy, Message
from threading_.parse import Limits, parse
from threading_.subject import case_tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a mail from an agent's address is about."""

    case: str
    token: TokenKnown | None = None  #: the mail of ours to the team that it answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an agent's mail did, in the shape of any decision."""

    case: Case
    view: TurnView
    settled: Settled


class Team:
    """Mails of agents."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Settings,
        voice: Voice,
        ours: Ours,
        nonces: Iterator[str],
        limits: Limits,
        commit: HumanCommit,
        knowledge: gather.Knowledge | None,
        customers: gather.Customers | None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._voice = voice
        self._ours = ours
        self._nonces = nonces
        self._limits = limits
        self._commit = commit
        self._knowledge = knowledge
        self._customers = customers

    async def named(self, message: Message) -> Named | None:
        """The case that a mail from an agent's address is about; None for anybody else's, and for what is new."""
        sender = message.sender.key if message.sender else ""
        if sender not in self._ours.agents:
            return None
        ids = message.referenced[:MOST_IDS]
        token = await self._token(message)
        if token is not None:
            return Named(case=token.case, token=token)
        signed = [found.case for one in ids if (found := read_id(self._ours.ring, one)) is not None]
        tag = case_tag(message.subject)
        known = tuple(dict.fromkeys(name for one in ids for name in spellings(one)))
        references = tuple(dict.fromkeys((*signed, *([tag] if tag else []))))
        for case, candidate in await self._store.cases.candidates(self._store.reader, known, references):
            about = case.reference in references or candidate.ids - candidate.ghosts
            if about and sender != candidate.customer and sender not in candidate.participants:
                return Named(case=case.reference)
        return None

    async def _token(self, message: Message) -> TokenKnown | None:
        """The nearest mail of ours to the team that it answers, by what only the outbox knows: the id that we signed, or
        the one that a provider put in its place."""
        ids = [name for one in message.referenced[:MOST_IDS] for name in spellings(one)]
        row = await self._store.humans.answered(self._store.reader, ids)
        if row is None or read_id(self._ours.ring, row["message_id"]) is None:
            return None
        return TokenKnown(
            case=row["reference"],
            message_id=row["message_id"],
            role=Role(row["role"]),
            recipient=row["recipient"],
            at=row["created_at"],
            turn=row["turn"] or 0,
        )

    def link(self, named: Named | None) -> Link | None:
        """Where a mail from an agent's address belongs: to the case that it is about, whoever wrote it."""
        if named is None:
            return None
        by = LinkedBy.SIGNED_ID if named.token else LinkedBy.REFERENCE
        why = (
            "It answers a mail of ours to the team"
            if named.token
            else "It is under an agent's address and names the case"
        )
        return Link(by=by, case=named.case, trusted=named.token is not None, learns=False, why=f"{why}: {named.case}.")

    async def hear(self, claimed: ClaimedCase, history: tuple[Turn, ...], turn: Turn, now: datetime) -> Heard | None:
        """Do what the mail says. None where the case moved meanwhile."""
        store, case = self._store, claimed.case
        desk = await self._desk(case, history, turn, now)
        done = obey(desk, self._settings, self._voice, self._nonces)
        decision = Decision(action=Action.RECORD, because=done.because, why=done.why)
        outgoing = () if case.mode is Mode.SHADOW else done.mails
        settled = Settled(decision=decision, carried=decision, checked=None, mails=done.mails, outgoing=outgoing)
        more = any(not one.handled and one.id != turn.id for one in history if one.inbox_id is not None)
        record = decision_record(replace(desk.view, current=(turn,)), settled, None)
        async with store.transaction() as tx:
            if not await store.cases.still_held(tx, claimed):
                await store.cases.release(tx, claimed)
                return None
            moved = await self._commit.obeyed(tx, desk, replace(done, mails=outgoing), record, more=more)
            if moved is None:
                await store.cases.release(tx, claimed)
                return None
        return Heard(case=moved, view=desk.view, settled=settled)

    async def _desk(self, case: Case, history: tuple[Turn, ...], turn: Turn, now: datetime) -> Desk:
        store = self._store
        message = await self._read(turn.inbox_id)
        auth = authenticate(message, self._settings.authentication.authserv_id)
        found = agency(message, auth, await self._token(message), self._settings, now)
        customer = newest_of_customer(history)
        view = await gather.view(
            store,
            store.reader,
            case,
            history,
            (customer or turn,),
            now=now,
            default_language=self._settings.reply.language,
            customers=self._customers,
            settings=self._settings.customers,
        )
        if customer is not None and "#edit" in message.text.lower():
            # What a person changed is compared with the articles, although a human has the case.
            ours = replace(view, case=replace(case, owner=Owner.DAEMON))
            told = await gather.look_up(ours, self._knowledge, self._settings.policy)
            view = replace(view, evidence=told.evidence)
        drafts = tuple(await store.humans.drafts(store.reader, case.id))
        meant = draft_meant(drafts, message, found.agent)
        address = found.agent.address if found.agent else ""
        return Desk(
            view=view,
            turn=turn,
            message=message,
            agency=found,
            drafts=drafts,
            relays=tuple(await store.humans.relays(store.reader, case.id)),
            draft_mail=await self._read(meant.inbox_id) if meant and meant.inbox_id else None,
            receipts=await store.humans.receipts(store.reader, address, now - timedelta(hours=1)),
        )

    async def _read(self, inbox_id: int | None) -> Message:
        stored = await self._store.inbox.get(inbox_id) if inbox_id is not None else None
        return await asyncio.to_thread(parse, stored.mail.raw if stored else b"", self._limits, files=True)

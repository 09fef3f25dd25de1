"""I/O. The sequence: `ingest`, `act`, `deliver`, each gather → decide → commit. The one road of daemon, explain and replay.

    mailbox ─► inbox ─► ingest ─► case, due ─► act ─► outbox ─► deliver ─► sent
                        serial,               one case             the only
                        milliseconds          at a time            way out

Each named boundary (`self._at(...)`) is a point at which a crash must lose nothing and send nothing twice;
tests/acceptance/test_crash.py kills the process at every one of them.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from daemon import gather
from daemon.aftercare import Aftercare
from daemon.commits.arrival import ArrivalCommit
from daemon.commits.audit import Auditor
from daemon.commits.decision import DecisionCommit
from daemon.commits.delivery import DeliveryCommit
from daemon.commits.human import HumanCommit
from daemon.commits.limits import LimitsCommit
from daemon.commits.outgoing import OutgoingCommit
from daemon.edges.smtp import Delivery
from daemon.following import Followed, Following
from daemon.record import decision_record
from daemon.returned import Returned
from daemon.settings import Settings
from daemon.steps.authenticate import authenticate
from daemon.steps.caps import Sent, cap, hold
from daemon.steps.guard import Ours, Seen, guard
from daemon.steps.hours import promise
from daemon.steps.intake import Form, intake
from daemon.steps.mode import mode_of, own_mode
from daemon.steps.phone import phone_call, said_to_agent
from daemon.steps.receipt import receipt
from daemon.steps.routing import Routed, routed, towards
from daemon.steps.settle import Settled, digest, judge
from daemon.steps.understand import understand
from daemon.steps.verdicts import Cap, Guarded, TurnView, Understood
from daemon.steps.voice import Voice
from daemon.team import Named, Team
from daemon.wording import Wording
from store.db import Reader, Transaction
from store.records import Case, ClaimedCase, Kind, Mode, OutboxItem, OutboxState, StoredMail, Turn
from store.store import Store
from threading_.message import Address, Link, LinkedBy, Message, NewText
from threading_.parse import Limits, parse

log = logging.getLogger(__name__)

#: Parsing a mail larger than this leaves the event loop's thread: at 5 MB it takes 70 ms.
_LARGE = 200_000


_SET_ASIDE = Guarded(
    kind=Kind.UNREADABLE, reply=False, rule="unreadable", why="Firstline stumbled over it; see the log"
)
_UNLINKED = Link(by=LinkedBy.NEW, case=None, trusted=True, why="it could not be linked")


class Sending(Protocol):
    """What the sequence needs of the SMTP edge."""

    async def send(self, item: OutboxItem, transmitting: Callable[[], Awaitable[bool]]) -> Delivery:
        """Send one mail; see daemon/edges/smtp.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """A mail that is on its case now."""

    stored: StoredMail
    mail: Understood
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """A turn that was decided."""

    case: Case  #: as it stands after the decision
    view: TurnView
    settled: Settled
    cap: Cap | None
    mode: Mode
    sent: Sent | None = None  #: what counted against the caps


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A mail that left, or did not."""

    item: OutboxItem
    delivery: Delivery
    state: OutboxState


Observed = Ingested | Acted | Followed | Delivered


class Pipeline:
    """The sequence over one store. Everything it cannot know by itself is handed in: clock, randomness, edges."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Settings,
        voice: Voice,
        ours: Ours,
        clock: Callable[[], datetime],
        rng: random.Random,
        nonces: Iterator[str],
        knowledge: gather.Knowledge | None = None,
        wording: Wording | None = None,
        customers: gather.Customers | None = None,
        sender: Sending | None = None,
        observe: Callable[[Observed], None] = lambda _: None,
        at: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._voice = voice
        self._ours = ours
        self._clock = clock
        self._nonces = nonces
        self._knowledge = knowledge
        self._wording = wording
        self._customers = customers
        self._sender = sender
        self._observe = observe
        self._at = at
        auditor = Auditor(store, rng)
        self._arrival = ArrivalCommit(store, settings, auditor, ours.addresses | ours.queue | ours.agents, voice.zone)
        self._decision = DecisionCommit(store, settings, auditor, voice.zone)
        self._delivery = DeliveryCommit(store, settings, auditor, voice.zone)
        self._limited = LimitsCommit(store, settings, auditor)
        self.aftercare = Aftercare(
            store=store,
            settings=settings,
            voice=voice,
            clock=clock,
            nonces=nonces,
            decision=self._decision,
            delivery=self._delivery,
            limited=self._limited,
            customers=customers,
        )
        self._following = Following(
            store=store,
            settings=settings,
            voice=voice,
            clock=clock,
            nonces=nonces,
            decision=self._decision,
            customers=customers,
            at=at,
        )
        limits = settings.limits
        self._limits = Limits(
            message_bytes=limits.message_bytes,
            parts=limits.parts,
            depth=limits.depth,
            header_bytes=limits.header_bytes,
        )
        self._returned = Returned(
            store=store,
            settings=settings,
            voice=voice,
            clock=clock,
            nonces=nonces,
            auditor=auditor,
            limits=self._limits,
            zone=voice.zone,
        )
        self._team = Team(
            store=store,
            settings=settings,
            voice=voice,
            ours=ours,
            nonces=nonces,
            limits=self._limits,
            commit=HumanCommit(store, settings, auditor, OutgoingCommit(store, settings), voice.zone),
            knowledge=knowledge,
            customers=customers,
        )

    # ── ingest: stored → on its case ────────────────────────────────────────────────────────────────────────────

    async def ingest(self, stored: StoredMail) -> Ingested:
        """Understand a stored mail and put it on its case. Serial: two mails of one new thread are one case."""
        message = await self._parse(stored)
        form = self._form(message)
        message = form.message if form else message
        self._at("ingest.parsed")
        named = None if form else await self._team.named(message)
        repeated = await gather.duplicate_of(self._store, stored, message)
        guarded = self._guard(message, repeated, form, named)
        known = await gather.arrival(self._store, message, guarded, self._ours)
        mail = self._understand(
            message, guarded, known, form if guarded.reply or guarded.rule == "form_of_ours" else None, named
        )
        self._at("ingest.understood")
        now, caps = self._clock(), self._settings.caps
        came = await gather.came(self._store, stored, message, mail.guarded, mail.new.text, caps)
        async with self._store.transaction() as tx:
            case = await self._arrival.arrived(tx, stored, mail, known.proven, now)
            if form is not None and mail.told.agent:
                await self._logged(tx, case, form, stored.id, now)
            await self._limited.came(tx, case, stored.id, came, mail.guarded.bounce, now)
            self._at("ingest.writing")
        self._at("ingest.committed")
        ingested = Ingested(stored=stored, mail=mail, case=case)
        self._observe(ingested)
        return ingested

    # ── act: due case → decision and mails in the outbox ────────────────────────────────────────────────────────

    async def act(self, claimed: ClaimedCase) -> Acted | None:
        """Decide what is to be decided on a claimed case. None where nothing was, or where the case moved meanwhile."""
        self._at("act.claimed")
        now, case, store = self._clock(), claimed.case, self._store
        history, current = await gather.current_turns(store, store.reader, case)
        if not current:
            async with store.transaction() as tx:
                await self._decision.nothing_to_decide(tx, case, now)
            return None
        if current[-1].kind is Kind.BOUNCE and (item := await self._returned.by(current[-1])) is not None:
            more = any(not turn.handled and turn not in current for turn in history if turn.inbox_id is not None)
            await self._returned.came_back(claimed, current[-1], item, more=more)
            return None
        if current[-1].kind is Kind.AGENT and current[-1].refused == "agent":  # a second copy is obeyed no more
            return await self._hear(claimed, history, current[-1])
        view = await gather.view(
            store,
            store.reader,
            case,
            history,
            current,
            now=now,
            default_language=self._settings.reply.language,
            customers=self._customers,
            settings=self._settings.customers,
        )
        sent = await self._sent(store.reader, view)
        reached = cap(sent, self._settings.caps)
        handed = await gather.handed(store, store.reader, sent, reached, now)
        held = hold(reached, handed, sent.trace, self._settings.caps)
        policy = self._settings.policy
        view = await gather.look_up(view, self._knowledge, policy)
        prose = await self._wording.word(view, policy, reached) if self._wording else None
        self._at("act.gathered")
        turns = await store.duty.turns(store.reader)
        to = self._routed(view, turns)
        voice = towards(self._voice, to)
        own = own_mode(view, self._settings)
        mode = mode_of(replace(case, mode=own, topic=view.triage.topic or case.topic), self._settings)
        settled = judge(view, policy, reached, voice, mode, self._nonces, said=sent.said, hold=held, prose=prose)
        self._at("act.decided")
        async with store.transaction() as tx:
            if not (
                await store.cases.still_held(tx, claimed)
                and await self._has_room(tx, view, settled)
                and await self._is_in_turn(tx, to, turns, settled, mode)
            ):
                await store.cases.release(tx, claimed)
                return None
            case = await self._decision.decided(
                tx,
                view,
                settled,
                mode=mode,
                own=own,
                record=decision_record(view, settled, reached, to),
                promised=promise(now, voice.hours, voice.zone),
                to=to,
                trace=sent.trace,
                reached=reached,
                more=any(not turn.handled and turn not in current for turn in history if turn.inbox_id is not None),
            )
            self._at("act.writing")
        self._at("act.committed")
        acted = Acted(case=case, view=view, settled=settled, cap=reached, mode=mode, sent=sent)
        self._observe(acted)
        return acted

    # ── follow up: the clock of a case rang → what silence does ─────────────────────────────────────────────────

    async def follow_up(self, claimed: ClaimedCase) -> Followed | None:
        """Do what the clock of a claimed case is set to. None where nothing was due, or the case moved meanwhile."""
        followed = await self._following.follow_up(claimed)
        if followed is not None:
            self._observe(followed)
        return followed

    # ── deliver: outbox → sent ──────────────────────────────────────────────────────────────────────────────────

    async def deliver(self, item: OutboxItem) -> Delivered:
        """Send a claimed mail. The last look at its case is taken when the server waits for DATA."""
        self._at("deliver.claimed")

        async def transmitting() -> bool:
            async with self._store.transaction() as tx:
                leaves = await self._delivery.may_leave(tx, item, self._clock())
                self._at("deliver.marking")
            self._at("deliver.transmitting")
            return leaves

        if self._sender is None:
            raise RuntimeError("a pipeline without an SMTP edge cannot deliver")
        delivery = await self._sender.send(item, transmitting)
        self._at("deliver.transmitted")
        async with self._store.transaction() as tx:
            state = await self._delivery.delivered(tx, item, delivery, self._clock())
            self._at("deliver.recording")
        self._at("deliver.recorded")
        if state is OutboxState.DEAD and not item.role.to_customer:
            await self._returned.refused(item, delivery.response)
        elif state is OutboxState.DEAD:
            await self.aftercare.tell_human(item, "dead", f"a mail of ours was refused for good: {delivery.response}")
        delivered = Delivered(item=item, delivery=delivery, state=state)
        self._observe(delivered)
        return delivered

    # ── parts of ingest and act ─────────────────────────────────────────────────────────────────────────────────

    async def _hear(self, claimed: ClaimedCase, history: tuple[Turn, ...], turn: Turn) -> Acted | None:
        """An agent's mail: what it says is done, or the team hears why not."""
        self._at("act.gathered")
        heard = await self._team.hear(claimed, history, turn, self._clock())
        self._at("act.committed")
        if heard is None:
            return None
        acted = Acted(case=heard.case, view=heard.view, settled=heard.settled, cap=None, mode=heard.case.mode)
        self._observe(acted)
        return acted

    async def _sent(self, reader: Reader, view: TurnView) -> Sent:
        return await gather.sent(self._store, reader, view.newest, view.case, view.now, self._settings.caps)

    async def _has_room(self, reader: Reader, view: TurnView, settled: Settled) -> bool:
        """Whether no cap was reached by another worker since this one looked: what goes to a customer is counted again."""
        going = [mail for mail in settled.outgoing if mail.role.to_customer]
        if not going:
            return True
        sent = await self._sent(reader, view)
        return cap(sent, self._settings.caps) is None and not any(digest(mail) in sent.said for mail in going)

    def _routed(self, view: TurnView, turns: Mapping[str, int]) -> Routed:
        """Where what this turn leads to goes in the team."""
        case, triage = view.case, view.triage
        return routed(
            case,
            triage.topic or case.topic,
            view.customer.tier if view.customer else "",
            triage.language or case.language,
            self._settings,
            view.now,
            self._voice.zone,
            turns,
        )

    async def _is_in_turn(
        self, tx: Transaction, to: Routed, turns: Mapping[str, int], settled: Settled, mode: Mode
    ) -> bool:
        """Whether it is still the turn of the agent who gets the case, so that no two workers give two to the same."""
        team = any(not mail.role.to_customer for mail in settled.moving(mode))
        return not (to.drawn and team) or await self._store.duty.draw(tx, to.agent, turns)

    async def _parse(self, stored: StoredMail) -> Message:
        raw, cut = stored.mail.raw, stored.mail.cut
        message = await asyncio.to_thread(parse, raw, self._limits) if len(raw) > _LARGE else parse(raw, self._limits)
        return replace(message, unreadable=cut) if cut else message

    def _form(self, message: Message) -> Form | None:
        """The form, or the logged call, that the mail is; None for a mail in its sender's own name."""
        settings = self._settings
        if not (settings.intake or settings.agents):
            return None
        try:
            auth = authenticate(message, settings.authentication.authserv_id)
            return intake(message, auth, settings, self._ours) or phone_call(message, auth, settings, self._ours)
        except Exception:
            log.exception("a form could not be read", extra={"digest": message.digest})
            return None

    async def _logged(self, tx: Transaction, case: Case, form: Form, inbox_id: int, now: datetime) -> None:
        """The agent who logged a call hears in one line what became of it."""
        mail = receipt(
            case,
            self._voice,
            to=Address("", form.told.agent),
            lines=(said_to_agent(form, case.reference),),
            answers=form.message,
            nonce=next(self._nonces),
            now=now,
        )
        await self._decision.told_agent(tx, case, mail, cause=f"{case.reference}:call:{inbox_id}", now=now)

    def _guard(self, message: Message, repeated: str | None, form: Form | None, named: Named | None) -> Guarded:
        portal = form is not None and form.told.channel == "portal"
        seen = Seen(
            duplicate_of=repeated, form=portal, form_of_ours=form is not None and form.ours, to_team=named is not None
        )
        try:
            return guard(message, self._ours, seen)
        except Exception:
            # A bad mail harms only itself: it is set aside and shown to a human, and the next one is taken up.
            log.exception("the guard failed on a mail", extra={"digest": message.digest})
            return _SET_ASIDE

    def _understand(
        self, message: Message, guarded: Guarded, known: gather.Arrival, form: Form | None, named: Named | None
    ) -> Understood:
        try:
            return understand(
                message,
                guarded,
                gather.tied_to_ours(guarded, message, known) or self._team.link(None if guarded.reply else named),
                known.candidates,
                our_texts=known.our_texts,
                plus_case=known.plus_case,
                ring=self._ours.ring,
                settings=self._settings,
                now=self._clock(),
                form=form,
            )
        except Exception:
            log.exception("a mail could not be understood", extra={"digest": message.digest})
            return Understood(message=message, guarded=_SET_ASIDE, link=_UNLINKED, new=NewText(text=message.text))

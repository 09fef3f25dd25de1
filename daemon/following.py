"""I/O. The fourth verb of the sequence: the clock of a case rang, and what silence does is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from daemon import gather
from daemon.commits.decision import DecisionCommit
from daemon.commits.outgoing import NOBODY
from daemon.settings import Settings
from daemon.steps.caps import cap
from daemon.steps.followup import due, expected, followed, timely
from daemon.steps.lifecycle import ENDS, Event, Stage, stage_of
from daemon.steps.mode import mode_of
from daemon.steps.relay import newest_of_customer
from daemon.steps.routing import relieved, towards
from daemon.steps.silence import after_silence, leaving
from daemon.steps.verdicts import Cap, ComposedMail, TurnView
from daemon.steps.voice import Voice
from store.records import Case, ClaimedCase, Mode, Trace
from store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What silence did to a case."""

    case: Case  #: as it stands after it
    event: Event
    mails: tuple[ComposedMail, ...]  #: those that leave
    cap: Cap | None
    mode: Mode


class Following:
    """Follows cases up. A mail of a customer or a human that comes meanwhile is first: then nothing is done."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Settings,
        voice: Voice,
        clock: Callable[[], datetime],
        nonces: Iterator[str],
        decision: DecisionCommit,
        customers: gather.Customers | None,
        at: Callable[[str], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._voice = voice
        self._clock = clock
        self._nonces = nonces
        self._decision = decision
        self._customers = customers
        self._at = at

    async def follow_up(self, claimed: ClaimedCase) -> Followed | None:
        """Do what the clock of a claimed case is set to. None where nothing was due, or the case moved meanwhile."""
        self._at("follow_up.claimed")
        now, case, store, voice, settings = self._clock(), claimed.case, self._store, self._voice, self._settings
        follows = due(case, settings, voice.hours, voice.zone)
        if follows is None or follows[1] > now or not timely(follows[0], now, voice.hours, voice.zone):
            await self._decision.set_clock(claimed, follows, now)
            return None
        event = follows[0]
        then = followed(case, event, now, settings, voice.hours, voice.zone)
        mode = mode_of(case, settings)
        mails: tuple[ComposedMail, ...] = ()
        trace, reached = NOBODY, None
        view = None if event in ENDS else await self._view(case, now)
        turns = await store.duty.turns(store.reader)
        to = relieved(view, self._settings, voice.zone, turns) if view and stage_of(case) is Stage.QUEUED else None
        if view is not None:
            sent = await gather.sent(store, store.reader, view.newest, case, now, settings.caps)
            reached = cap(sent, settings.caps)
            # Silence is what caused it, not what the customer wrote.
            trace = Trace(sender=sent.trace.sender, domain=sent.trace.domain)
            by = expected(case, voice.hours, voice.zone)
            written = after_silence(
                view,
                then,
                event,
                towards(voice, to) if to else voice,
                self._nonces,
                due=by,
                fallback=settings.queue.fallback,
                relief=to.why if to else "",
            )
            theirs = newest_of_customer(view.history) is not None  # else only the queue can be told
            mails = tuple(mail for mail in leaving(written, mode, reached) if theirs or not mail.role.to_customer)
        if to is not None and any(mail.mail.to.address == to.address for mail in mails):
            then = replace(then, queue=to.address, agent=to.agent)
        else:
            to = None
        self._at("follow_up.decided")
        async with store.transaction() as tx:
            held = await store.cases.still_held(tx, claimed)
            if not held or (to is not None and to.drawn and not await store.duty.draw(tx, to.agent, turns)):
                await store.cases.release(tx, claimed)
                return None
            case = await self._decision.followed(tx, case, then, event, mails, trace, now)
            self._at("follow_up.writing")
        self._at("follow_up.committed")
        return Followed(case=case, event=event, mails=mails, cap=reached, mode=mode)

    async def _view(self, case: Case, now: datetime) -> TurnView | None:
        """The case as the newest mail of its customer shows it, else the newest mail at all; None where there is none."""
        store = self._store
        history = tuple(await store.cases.history(store.reader, case.id))
        newest = newest_of_customer(history) or next((turn for turn in reversed(history) if turn.inbox_id), None)
        if newest is None:
            return None
        view = await gather.view(
            store,
            store.reader,
            case,
            history,
            (newest,),
            now=now,
            default_language=self._settings.reply.language,
            customers=self._customers,
            settings=self._settings.customers,
        )
        return replace(view, triage=replace(view.triage, language=case.language or view.triage.language))

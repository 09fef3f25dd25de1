"""Random walks: customers, machines, people, the clock and restarts in any order, over the real sequence and store.

Whatever they do, a case stands where its table says, nobody waits without an owner and a due time, one mail gets one
automatic answer, nothing is said over a human, and each due mail leaves once. In the suite a few hundred steps;
`make walks` takes ten thousand.
"""

import asyncio
import os
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from daemon.edges.smtp import Outcome
from daemon.settings import Settings
from daemon.steps.followup import with_follow_up
from daemon.steps.hours import in_business_hours
from daemon.steps.lifecycle import Event, Stage, stage_of, state_of
from daemon.steps.transition import life, moved
from daemon.wiring import zone_of
from store.db import Row
from store.records import Case, CaseStatus, Direction, Kind, OutboxItem, Owner, Role
from store.store import open_store
from tests.servers.world import LEASE, World
from threading_.parse import parse

STEPS = int(os.environ.get("FIRSTLINE_WALK_STEPS", "400"))
A_WALK = 40

SETTINGS = Settings.model_validate(
    {
        "policy": {"mode": "auto", "coalesce_seconds": 0},
        "hours": {"zone": "Europe/Berlin", "holidays": ["2026-12-25"]},
        "queue": {"address": "queue@example.com", "fallback": "lead@example.com"},
        "caps": {"in_a_row": 40, "sender_per_day": 500, "similar_per_hour": 500, "reopened_per_week": 40},
    }
)
ZONE = zone_of(SETTINGS)
CUSTOMERS = ("alice@customer.test", "bob@customer.test", "carol@elsewhere.test")
TEXTS = (
    "How do I get a stuck label out of the printer?",
    "How can I change the address on my invoice?",
    "That solved it, thank you very much!",
    "It still does not work, the same error again.",
    "Thanks, I will try it tomorrow and write again.",
    "I want to talk to a person, please.",
    "Please stop writing to me, no more mails.",
    "My lawyer will contact you about this.",
    "It is the blue one on Windows 11, version 4.2.",
    "Thank you. One more thing: how do I add a second user?",
    "ok",
)
MOSTLY = st.sampled_from([True, True, True, False])
BY_HUMANS = (
    Event.REPLIED,
    Event.TAKEN,
    Event.ENDED,
    Event.REOPENED,
    Event.SPAM,
    Event.GIVEN_BACK,
    Event.UNDONE,
)
#: Where a case may stand when such a mail to the customer leaves. What was promised is told also while a human has it.
_MAY_LEAVE = {
    Role.REPLY: {Stage.ANSWERED},
    Role.OFFER: {Stage.ANSWERED},
    Role.QUESTIONS: {Stage.ANSWERED},
    Role.CLOSURE: {Stage.RESOLVED},
    Role.NOTICE: {Stage.QUEUED},
    Role.STATUS: {Stage.QUEUED},
    Role.NUDGE: {Stage.ANSWERED, Stage.HELPED},
}


class Walk(RuleBasedStateMachine):
    """One mailbox, some customers, some months."""

    @initialize(sure=MOSTLY)
    def begin(self, sure: bool) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="fl-"))
        self.stack = AsyncExitStack()
        self.starts = 0
        self.left: list[tuple[Role, Stage, Owner]] = []
        self.runner.run(self._start(sure))

    async def _start(self, sure: bool = True) -> None:
        self.starts += 1
        store = await self.stack.enter_async_context(open_store(self.folder / "s.sqlite3", durable=False))
        if self.starts == 1:
            self.world = World(store, SETTINGS, sure=sure, varied=True)
            self.world.smtp.before_data = None
        else:
            self.world = World(store, SETTINGS, seed=self.starts, before=self.world)
            await self.world.pipeline.aftercare.recover()

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.run(self.stack.aclose())
            self.runner.close()
            rmtree(self.folder, ignore_errors=True)

    # ── what may happen ─────────────────────────────────────────────────────────────────────────────────────────

    @rule(who=st.sampled_from(CUSTOMERS), text=st.sampled_from(TEXTS), answers=MOSTLY, mails=st.sampled_from([9, 9, 1]))
    def a_customer_writes_and_the_daemon_works(self, who: str, text: str, answers: bool, mails: int) -> None:
        self.runner.run(self._write(who, text, answers=answers))
        self.the_daemon_works(mails)

    @rule(who=st.sampled_from(CUSTOMERS), text=st.sampled_from(TEXTS), answers=MOSTLY)
    def a_customer_writes(self, who: str, text: str, answers: bool) -> None:
        self.runner.run(self._write(who, text, answers=answers))

    @rule(who=st.sampled_from(CUSTOMERS))
    @precondition(lambda self: any(item.role.to_customer for item in self.world.smtp.taken))
    def a_machine_answers_for_a_customer(self, who: str) -> None:
        self.runner.run(self._write(who, "I am out of office.", answers=True, machine=True))

    @rule(cases=st.integers(0, 4), event=st.sampled_from(BY_HUMANS))
    def a_human_acts(self, cases: int, event: Event) -> None:
        self.runner.run(self._human(cases, event))

    @rule(mails=st.integers(0, 9))
    def the_daemon_works(self, mails: int) -> None:
        self.runner.run(self._decide())
        self.runner.run(self._deliver(mails))

    @rule()
    def the_daemon_decides(self) -> None:
        self.runner.run(self._decide())

    @rule(hours=st.sampled_from([0.1, 1, 3, 7, 20, 30, 75, 75, 170, 400]), deliver=MOSTLY)
    def time_passes(self, hours: float, deliver: bool) -> None:
        self.runner.run(self._pass(timedelta(hours=hours), deliver=deliver))

    @rule(hours=st.sampled_from([2, 50, 200]))
    def the_daemon_is_down(self, hours: int) -> None:
        self.world.now += timedelta(hours=hours)
        self.runner.run(self._restart())

    @rule()
    def the_daemon_starts_anew(self) -> None:
        self.runner.run(self._restart())

    @rule()
    @precondition(lambda self: self.world.smtp.outcome is Outcome.SENT)
    def the_next_mail_is_refused(self) -> None:
        self.world.smtp.outcome = Outcome.PERMANENT
        self.runner.run(self._deliver(1))
        self.world.smtp.outcome = Outcome.SENT

    # ── what must hold ──────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def every_case_stands_in_the_table_with_an_owner_and_a_due_time(self) -> None:
        for case in self.runner.run(self._cases()):
            stage = stage_of(case)
            assert (case.status, case.owner) == state_of(stage), case
            if stage is Stage.OPEN:
                assert case.due_at is not None, case
            elif stage is not Stage.CLOSED:
                assert case.follow_up_at is not None, case
                assert case.due_at is not None or case.follow_up is not None, case

    @invariant()
    def one_mail_of_a_customer_gets_one_automatic_answer_and_nothing_leaves_twice(self) -> None:
        taken = self.world.smtp.taken
        assert max(Counter(item.message_id for item in taken).values(), default=1) == 1
        answers = [item for item in taken if item.role.answers or item.role is Role.NOTICE]
        answered = Counter(parse(item.raw).in_reply_to for item in answers)
        assert max(answered.values(), default=1) == 1, answered.most_common(1)

    @invariant()
    def nothing_is_said_over_a_human(self) -> None:
        for role, stage, owner in self.left:
            assert stage in _MAY_LEAVE[role], (role, stage, owner)
        self.left.clear()

    @invariant()
    def what_the_clock_sends_leaves_once_and_while_people_work(self) -> None:
        for row in self.runner.run(self._due_mails()):
            assert row["n"] == 1, row
            assert in_business_hours(row["created_at"], SETTINGS.hours, ZONE) == row["created_at"], row

    # ── how it is done ──────────────────────────────────────────────────────────────────────────────────────────

    async def _write(self, who: str, text: str, *, answers: bool, machine: bool = False) -> None:
        before = self.world.to(who)
        last = before[-1].message_id if before and answers else None
        headers = (("Auto-Submitted", "auto-replied"),) if machine else ()
        await self.world.receive(text, sender=who, subject=f"From {who}", answers=last, headers=headers)

    async def _decide(self) -> None:
        while await self.world.store.cases.claim(self.world.now, timedelta(0)) is not None:
            await self.world.act()

    async def _deliver(self, most: int) -> None:
        world = self.world
        for _ in range(most):
            item = await world.store.outbox.claim(world.now, LEASE)
            if item is None:
                return
            before = len(world.smtp.taken)
            await world.pipeline.deliver(item)
            if len(world.smtp.taken) > before:
                await self._note(item)

    async def _note(self, item: OutboxItem) -> None:
        if item.role.to_customer and item.case_id is not None:
            case = await self.world.store.cases.get(self.world.store.reader, item.case_id)
            self.left.append((item.role, stage_of(case), case.owner))

    async def _pass(self, long: timedelta, *, deliver: bool) -> None:
        world, end = self.world, self.world.now + long
        while True:
            row = await world.store.reader.one(
                "SELECT min(follow_up_at) AS ring_at FROM cases WHERE due_at IS NULL AND follow_up_at <= :at", at=end
            )
            if row is None or row["ring_at"] is None:
                break
            world.now = max(world.now, row["ring_at"])
            while await world.follow_up():
                if deliver:
                    await self._deliver(9)
        world.now = end

    async def _restart(self) -> None:
        await self.stack.aclose()
        self.stack = AsyncExitStack()
        await self._start()

    async def _human(self, number: int, event: Event) -> None:
        store, now = self.world.store, self.world.now
        cases = await self._cases()
        if not cases:
            return
        case = cases[number % len(cases)]
        async with store.transaction() as tx:
            if event is Event.REPLIED:
                wrote = {
                    "direction": Direction.OUT,
                    "at": now,
                    "sender": "support@example.com",
                    "sender_name": "Bob",
                    "subject": "Re: yours",
                    "text": "Pull it out gently.",
                    "kind": Kind.OWN,
                    "message_id": None,
                    "refs": [],
                    "handled": 1,
                }
                await store.cases.add_turn(tx, case.id, wrote)
            then = moved(case, event, now)
            if event is Event.GIVEN_BACK and then.status is CaseStatus.OPEN and case.due_at is None:
                then = moved(then, Event.WAIT, now)  # nothing waits for an answer: the customer is next
            then = with_follow_up(then, SETTINGS, ZONE)
            await store.cases.move(tx, case.id, now=now, moves=then != case, changes=life(then))

    async def _cases(self) -> list[Case]:
        found = await self.world.store.cases.list(everything=True, limit=1000)
        return sorted(found, key=lambda case: case.id)

    async def _due_mails(self) -> list[Row]:
        return await self.world.store.reader.all(
            "SELECT cause, count(*) AS n, min(created_at) AS created_at FROM outbox"
            " WHERE role IN ('nudge', 'status', 'reminder') GROUP BY cause"
        )


TestWalks = Walk.TestCase
TestWalks.settings = settings(
    max_examples=max(1, STEPS // A_WALK),
    stateful_step_count=A_WALK,
    deadline=None,
    derandomize=STEPS <= 1000,
    suppress_health_check=list(HealthCheck),
)

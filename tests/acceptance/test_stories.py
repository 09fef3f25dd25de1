"""Issue 5, line 3: what time, machines, portals, the telephone and leave do to a case, on real Dovecot, by a real process.

The whole of line 3, and where each story is told:

    clarified then resolved                        test_stories  test_clarified_then_resolved
    not resolved, handed over, answered by reply   test_humans   test_not_resolved_then_handed_over_then_answered_by_a_human_by_reply
    draft approved, edited, rejected               test_humans   test_a_draft_is_approved_with_one_word, …_is_edited, …_is_rejected
    answer from Sent while a reply is composed     test_sent     test_a_human_answers_from_sent_while_a_reply_is_being_composed
    three mails in a minute                        test_sent     test_three_mails_in_a_minute_make_one_turn
    thank-you closes, "one more thing" reopens     test_sent     test_a_thank_you_closes_and_one_more_thing_opens_again
    out-of-office on a nudge                       test_stories  test_an_out_of_office_on_a_nudge_changes_nothing
    reopen inside and after the window             test_stories  test_inside_the_window_…, test_after_the_window_…
    phone and portal cases                         test_stories  test_a_logged_call_…, test_a_portal_form_…, …_in_a_portal_form_…
    agent on leave                                 test_stories  test_what_an_agent_on_leave_has_goes_to_the_next_on_duty
    spoofed agent                                  test_humans   test_a_spoofed_agent_is_not_obeyed

One Dovecot and one daemon serve the module; each story has a customer of its own. The daemon goes by a clock that the
stories set ahead (tests/servers/clocked_run.py), never back: they may be told in any order.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
import trustme

from store.records import Case
from store.store import Store
from tests.servers import process as processes
from tests.servers.dovecot import Dovecot, missing
from tests.servers.house import QUEUE, SUPPORT, Seen, eventually, mail, seen, settled
from tests.servers.process import write_configuration
from tests.servers.relay import dovecot_that_passes_on

pytestmark = [pytest.mark.dovecot, pytest.mark.asyncio(loop_scope="module")]

CLOCKED_RUN = (sys.executable, Path(processes.__file__).with_name("clocked_run.py"), "run", "--config")
ANN, BOB, FORMS = "ann@example.test", "bob@example.test", "forms@example.test"
DEADLINE = 120.0  #: seconds; a real process on a busy machine
CHANGES = {
    "queue": {"trust_local": True, "undo_seconds": 0},
    "policy": {"max_age_hours": 100_000},  # Dovecot stamps what arrives by the real clock
    "caps": {"enabled": False},  # all ask the same here
    "hours": {"zone": "UTC", "days": []},  # no day is a working day: every moment is working time
    "digest": {"daily": False, "weekly": False},
}
QUESTION = "How do I get a stuck label out of my Tapir One?\n"
_numbers = count(1)


@dataclass
class Clock:
    """The daemon's clock: the real one, and what the stories put on top."""

    file: Path
    ahead: timedelta = timedelta()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, to: datetime) -> None:
        """At least that time; never back."""
        self.ahead = max(self.ahead, to - datetime.now(UTC))
        new = self.file.with_suffix(".new")
        new.write_text(str(self.ahead.total_seconds()))
        os.replace(new, self.file)  # the daemon never reads half of it


@dataclass
class House:
    """The daemon at work, the post, and the time."""

    dovecot: Dovecot
    store: Store
    clock: Clock

    async def write(self, sender: str, text: str, answers: EmailMessage | None = None, **changes: str) -> Seen:
        """A mail to support; what became of it, once all that follows from it is done."""
        message_id = f"m{next(_numbers)}@{sender.rpartition('@')[2]}"
        subject = changes.pop("subject", f"Re: {answers['Subject']}" if answers else "Stuck label")
        in_reply_to = str(answers["Message-ID"]) if answers else ""
        raw = mail(sender, subject, text, message_id=message_id, in_reply_to=in_reply_to, **changes)
        await asyncio.to_thread(self.dovecot.deliver, SUPPORT, raw, sender)
        return await eventually(lambda: seen(self.store, message_id), f"the mail {message_id}", DEADLINE)

    async def mails(self, user: str) -> list[EmailMessage]:
        raws = await asyncio.to_thread(self.dovecot.mails, user)
        return [message_from_bytes(raw, policy=policy.default) for raw in raws]

    async def told(self, reference: str, user: str) -> list[EmailMessage]:
        """What the team's mailbox got on a case."""
        return [one for one in await self.mails(user) if one["X-Firstline-Case"] == reference]

    async def case(self, reference: str) -> Case:
        (case,) = [one for one in await self.store.cases.list(everything=True) if one.reference == reference]
        return case

    async def rings(self, reference: str) -> Case:
        """It becomes the time at which the clock of a case rings; the case after what that did."""
        before = await self.case(reference)
        assert before.follow_up_at is not None
        self.clock.set(before.follow_up_at + timedelta(minutes=1))

        async def done() -> bool:
            return (await self.case(reference)).version > before.version and await settled(self.store)

        await eventually(done, f"{before.follow_up} of {reference}", DEADLINE)
        return await self.case(reference)

    async def resolved(self, customer: str) -> Case:
        """A question is answered, and the customer says thank you."""
        await self.write(customer, QUESTION)
        (reply,) = await self.mails(customer)
        thanked = await self.write(customer, "That worked, thank you so much!\n", reply)
        assert thanked.decision["action"] == "close"
        return await self.case(thanked.reference)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(certificates: trustme.CA) -> AsyncIterator[House]:
    if reason := missing():
        pytest.skip(reason)
    async with AsyncExitStack() as stack:
        dovecot, folder = await dovecot_that_passes_on(stack, certificates)
        clock = Clock(folder / "clock")
        clock.set(datetime.now(UTC))
        firstline = folder / "firstline"
        firstline.mkdir()
        configuration = write_configuration(firstline, dovecot.imap_port, dovecot.submission_port, CHANGES)
        with configuration.open("a") as file:
            file.write(people(clock.now))
        log = firstline / "log"
        environment = {"FIRSTLINE_CLOCK": str(clock.file)}
        process = await stack.enter_async_context(
            processes.daemon(*CLOCKED_RUN, configuration, log=log, environment=environment)
        )
        store = await stack.enter_async_context(process.watching(firstline / "state"))
        yield House(dovecot, store, clock)
        assert await process.stopped() == 0, process.log


def people(now: datetime) -> str:
    """Ann is on leave every other day, for a year; she comes first for those who write German. And a portal's form."""
    away = [day.isoformat() for number in range(365) if odd(day := now.date() + timedelta(days=number))]
    return f"""
[[agents]]
name = "Ann"
address = "{ANN}"
away = {json.dumps(away)}
[[agents]]
name = "Bob"
address = "{BOB}"
[[routes]]
language = "de"
agents = ["Ann", "Bob"]
[[intake]]
from = "{FORMS}"
subject = "^Request"
"""


def odd(day: datetime) -> bool:
    return day.toordinal() % 2 == 1


@pytest.fixture
def customer() -> str:
    """Somebody who has never written before."""
    return f"customer-{next(_numbers)}@customer.test"


def text_of(one: EmailMessage) -> str:
    part = one.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def test_clarified_then_resolved(house: House, customer: str) -> None:
    first = await house.write(customer, "How do I get a stuck label out of the printer?\n")
    assert first.decision["action"] == "clarify"
    (questions,) = await house.mails(customer)
    assert "model" in text_of(questions)
    second = await house.write(customer, "It is the Tapir Go.\n", questions)
    assert (second.reference, second.decision["action"]) == (first.reference, "answer")
    (_, answer) = await house.mails(customer)
    assert "Open the cover" in text_of(answer)
    third = await house.write(customer, "That worked, thank you so much!\n", answer)
    assert (third.reference, third.decision["action"]) == (first.reference, "close")
    assert (third.case["status"], third.case["resolution"]) == ("resolved", "confirmed")
    assert await house.told(first.reference, QUEUE) == []


async def test_an_out_of_office_on_a_nudge_changes_nothing(house: House, customer: str) -> None:
    first = await house.write(customer, QUESTION)
    assert first.decision["action"] == "answer"
    asked_at = (await house.case(first.reference)).since
    nudged = await house.rings(first.reference)
    assert asked_at is not None
    assert timedelta(days=3) <= house.clock.now - asked_at < timedelta(days=4)
    (_, nudge) = await house.mails(customer)
    away = await house.write(
        customer,
        "Thank you for your message. I am out of the office until Monday.\n",
        nudge,
        subject=f"Automatic reply: {nudge['Subject']}",
        auto_submitted="auto-replied",
    )
    assert (away.reference, away.decision["action"]) == (first.reference, "ignore")
    after = await house.case(first.reference)
    assert (after.status, after.since, after.follow_up, after.follow_up_at) == (
        "awaiting_customer",
        nudged.since,
        "give_up",
        nudged.follow_up_at,
    )
    closed = await house.rings(first.reference)
    assert (closed.status, closed.resolution) == ("resolved", "assumed")
    assert len(await house.mails(customer)) == 2, "the answer and one nudge"
    assert await house.told(first.reference, QUEUE) == []


async def test_inside_the_window_a_mail_opens_the_same_case_again(house: House, customer: str) -> None:
    before = await house.resolved(customer)
    house.clock.set(house.clock.now + timedelta(days=13))
    again = await house.write(customer, "The label is stuck again in my Tapir One.\n", (await house.mails(customer))[0])
    assert again.reference == before.reference
    assert (again.decision["action"], again.case["status"]) == ("answer", "awaiting_customer")
    assert again.case["resolution"] is None


async def test_after_the_window_a_mail_opens_a_new_case_that_is_linked(house: House, customer: str) -> None:
    before = await house.resolved(customer)
    assert (await house.rings(before.reference)).status == "closed"
    later = await house.write(customer, "The label is stuck again in my Tapir One.\n", (await house.mails(customer))[0])
    assert (later.decision["action"], later.case["status"]) == ("answer", "awaiting_customer")
    assert later.reference != before.reference
    assert later.case["tied_to"] == before.reference
    unchanged = await house.case(before.reference)
    assert (unchanged.status, unchanged.resolution) == ("closed", "confirmed")


async def test_a_logged_call_becomes_a_draft_and_the_agents_word_sends_it_to_the_customer(
    house: House, customer: str
) -> None:
    call = f"Customer: {customer}\nName: Alice Archer\nSubject: Stuck label\n\n{QUESTION}"
    logged = await house.write(BOB, call, subject="Call")
    assert (logged.case["customer"], logged.case["channel"]) == (customer, "phone")
    assert await house.mails(customer) == [], "a person reads it first"
    receipt, draft = await house.told(logged.reference, BOB)
    assert f"{logged.reference} is open for Alice Archer <{customer}>" in text_of(receipt)
    sent = await house.write(BOB, "#send\n", draft)
    assert sent.decision["because"] == "send"
    (reply,) = await house.mails(customer)
    assert text_of(reply).startswith("Hello Alice,")
    assert "Open the cover" in text_of(reply)
    assert BOB not in reply.as_string()


async def test_a_portal_form_is_answered_to_the_customer_whom_it_names(house: House, customer: str) -> None:
    form = f"Email: {customer}\nName: Alice Archer\nProduct: Tapir One\nPriority: urgent\nMessage: {QUESTION}"
    filled = await house.write(FORMS, form, subject="Request 17", auto_submitted="auto-generated")
    assert filled.decision["action"] == "answer"
    assert [filled.case[name] for name in ("customer", "channel", "product")] == [customer, "portal", "Tapir One"]
    (reply,) = await house.mails(customer)
    assert text_of(reply).startswith("Hello Alice,")
    assert await house.mails(FORMS) == []
    thanked = await house.write(customer, "That worked, thank you so much!\n", reply)
    assert (thanked.reference, thanked.case["resolution"]) == (filled.reference, "confirmed")


async def test_who_asks_for_a_person_in_a_portal_form_gets_one_and_is_told(house: House, customer: str) -> None:
    form = f"Email: {customer}\nName: Alice Archer\nMessage: I want to talk to a person about my invoice.\n"
    filled = await house.write(FORMS, form, subject="Request 18", auto_submitted="auto-generated")
    assert (filled.decision["action"], filled.decision["because"]) == ("escalate", "wants_human")
    (handover,) = await house.told(filled.reference, QUEUE)
    assert f"Alice Archer <{customer}>" in text_of(handover)
    (notice,) = await house.mails(customer)
    assert notice["Return-Path"] == "<>"
    assert await house.mails(FORMS) == []


async def test_what_an_agent_on_leave_has_goes_to_the_next_on_duty(house: House, customer: str) -> None:
    noon = datetime.combine(house.clock.now.date() + timedelta(days=1), time(12), tzinfo=UTC)
    house.clock.set(noon + timedelta(days=1) if odd(noon.date()) else noon)
    text = "Hallo,\n\nich möchte bitte mit einem Menschen über meine Rechnung sprechen.\n\nViele Grüße\n"
    asked = await house.write(customer, text, subject="Rechnung 2231")
    assert asked.decision["because"] == "wants_human"
    assert len(await house.told(asked.reference, ANN)) == 1
    assert await house.told(asked.reference, BOB) == []
    house.clock.set(house.clock.now + timedelta(days=1))
    more = await house.write(customer, "Die Nummer der Rechnung ist 2231.\n", (await house.mails(customer))[0])
    assert more.reference == asked.reference
    theirs = await house.told(asked.reference, BOB)
    assert (await house.case(asked.reference)).agent == BOB
    assert any("Die Nummer der Rechnung ist 2231." in text_of(one) for one in theirs)
    assert not any(
        "Die Nummer der Rechnung ist 2231." in text_of(one) for one in await house.told(asked.reference, ANN)
    )

"""Issue 2, line 3: the whole daemon with its real model, on real Dovecot: IMAP, LMTP, and submission with login and TLS.

    customer ─LMTP─► support's INBOX ─IMAP─► Firstline ─submission─► relay ─LMTP─► customer's INBOX, or the queue's

One Dovecot and one daemon serve the module; each story has a customer of its own. The articles are the demo's. `send_at`
is 0.6 here: these tests are about the road that an answer takes, and whether 0.9 is the right bar for these few
articles is a matter of calibration, which has tests of its own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib import resources
from itertools import count

import pytest
import pytest_asyncio
import trustme
from imapclient import IMAPClient

from daemon.settings import Settings
from store.store import Store
from tests.servers.dovecot import PASSWORD, Dovecot, missing
from tests.servers.house import QUEUE, SUPPORT, Seen, alive, eventually, mail, running, seen
from tests.servers.relay import dovecot_that_passes_on

pytestmark = [pytest.mark.dovecot, pytest.mark.model, pytest.mark.asyncio(loop_scope="module")]

ROUTER = (
    "Hi there,\n\nwe got a new router on Friday, and since then my Tapir One only blinks orange. "
    "How do I connect it to the new Wi-Fi network?\n\nMany thanks\nMarta\n"
)


@dataclass
class House:
    """The daemon at work, and the post."""

    dovecot: Dovecot
    store: Store

    async def write(self, raw: bytes) -> Seen:
        """Deliver a mail to support; what became of it, once all that follows from it is done."""
        written = read(raw)
        message_id = id_of(written).strip("<>")
        sender = "" if written["Auto-Submitted"] else written["From"].addresses[0].addr_spec
        await asyncio.to_thread(self.dovecot.deliver, SUPPORT, raw, sender)

        async def dealt_with() -> Seen | None:
            assert alive(), "the daemon has died"
            return await seen(self.store, message_id)

        return await eventually(dealt_with, f"the mail {message_id} to be dealt with")

    async def mails(self, user: str, folder: str = "INBOX") -> list[EmailMessage]:
        return [read(raw) for raw in await asyncio.to_thread(self.dovecot.mails, user, folder)]

    async def last(self, user: str) -> EmailMessage:
        return (await self.mails(user))[-1]

    async def in_queue(self, reference: str) -> list[EmailMessage]:
        return [one for one in await self.mails(QUEUE) if one["X-Firstline-Case"] == reference]

    async def flags(self, message_id: str) -> set[str]:
        """The flags of a mail in support's INBOX."""
        mails, flags = await self.mails(SUPPORT), await asyncio.to_thread(self.dovecot.flags, SUPPORT)
        return next(own for one, own in zip(mails, flags, strict=True) if one["Message-ID"] == f"<{message_id}>")

    def imap(self, user: str) -> IMAPClient:
        client = IMAPClient(self.dovecot.host, self.dovecot.imap_port, ssl=False)
        client.login(user, PASSWORD)
        return client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(certificates: trustme.CA) -> AsyncIterator[House]:
    if reason := missing():
        pytest.skip(reason)
    async with AsyncExitStack() as stack:
        dovecot, folder = await dovecot_that_passes_on(stack, certificates)
        login = {"user": SUPPORT, "host": "127.0.0.1", "security": "starttls", "ca_file": dovecot.ca_file}
        settings = Settings.model_validate(
            {
                "mailbox": {"address": SUPPORT, "port": dovecot.imap_port, **login},
                "smtp": {"port": dovecot.submission_port, **login},
                "queue": {"address": QUEUE},
                "knowledge": {"folders": [str(resources.files("daemon.demo") / "knowledge")]},
                "policy": {"mode": "auto", "send_at": 0.6, "draft_at": 0.5, "coalesce_seconds": 0},
                "caps": {"enabled": False},  # many ask the same here
                "hours": {"zone": "UTC"},
            }
        )
        app = await stack.enter_async_context(running(settings, folder / "firstline"))
        yield House(dovecot, app.store)


_numbers = count(1)


@pytest.fixture
def customer() -> str:
    """Somebody who has never written before."""
    return f"customer-{next(_numbers)}@customer.test"


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def text_of(one: EmailMessage) -> str:
    part = one.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def id_of(one: EmailMessage) -> str:
    return str(one["Message-ID"])


async def test_a_question_is_answered_in_the_customers_mailbox(house: House, customer: str) -> None:
    seen = await house.write(mail(f"Marta Lindqvist <{customer}>", "New router", ROUTER, message_id="answer-1@c.test"))
    assert seen.decision["action"] == "answer"
    [reply] = await house.mails(customer)
    assert reply["In-Reply-To"] == "<answer-1@c.test>"
    assert reply["References"] == "<answer-1@c.test>"
    assert reply["Subject"] == "Re: New router"
    assert reply["Auto-Submitted"] == "auto-replied"
    assert "OOF" in reply["X-Auto-Response-Suppress"]
    assert reply["X-Firstline-Loop"]
    assert (reply["To"].addresses[0].addr_spec, reply["Cc"], reply["Bcc"]) == (customer, None, None)
    assert reply["From"].addresses[0].addr_spec == SUPPORT
    assert reply["Return-Path"] == f"<{SUPPORT}>", "what bounces comes back to us"
    assert [part.get_content_type() for part in reply.iter_parts()] == ["text/plain", "text/html"]
    assert "Hello Marta" in text_of(reply)
    assert "blinks orange" in text_of(reply), "in the words of the article"
    assert "https://help.tapir.example/wifi-setup" in text_of(reply)
    assert await house.in_queue(seen.reference) == []


async def test_people_in_the_mailbox_see_what_was_answered(house: House, customer: str) -> None:
    await house.write(mail(customer, "New router", ROUTER, message_id="shown-1@c.test"))
    [reply] = await house.mails(customer)
    flags = await house.flags("shown-1@c.test")
    assert {"\\Answered", "$Firstline"} <= flags
    assert "\\Seen" not in flags, "it is still new to people"
    assert [id_of(one) for one in await house.mails(SUPPORT, "Sent")].count(id_of(reply)) == 1


async def test_a_thank_you_closes_the_case(house: House, customer: str) -> None:
    first = await house.write(mail(customer, "New router", ROUTER, message_id="thanks-1@c.test"))
    reply = await house.last(customer)
    thanks = mail(
        customer,
        "Re: New router",
        "That did it, thank you! The light is blue again.\n",
        message_id="thanks-2@c.test",
        in_reply_to=id_of(reply),
        references=f"<thanks-1@c.test> {id_of(reply)}",
    )
    second = await house.write(thanks)
    assert second.reference == first.reference
    assert second.decision["action"] == "close"
    assert (second.case["status"], second.case["resolution"]) == ("resolved", "confirmed")


async def test_a_vague_mail_is_asked_about_and_the_answer_lands_in_the_same_case(house: House, customer: str) -> None:
    text = "Hello, Studio does not see my printer any more. What can I do?\n"
    first = await house.write(mail(customer, "help", text, message_id="vague-1@c.test"))
    assert first.decision["action"] == "clarify"
    [questions] = await house.mails(customer)
    assert 2 <= text_of(questions).count("?") <= 6
    assert await house.in_queue(first.reference) == []

    details = mail(
        customer,
        "Re: help",
        "It is the Tapir Go, over Bluetooth. Studio on my phone says that no printer was found.\n",
        message_id="vague-2@c.test",
        in_reply_to=id_of(questions),
        references=f"<vague-1@c.test> {id_of(questions)}",
    )
    second = await house.write(details)
    assert second.reference == first.reference
    assert second.decision["action"] in {"answer", "escalate"}
    assert len(await house.mails(customer)) == 2, "an answer, or the notice that a person will answer"
    handed_over = await house.in_queue(first.reference)
    assert len(handed_over) == (1 if second.decision["action"] == "escalate" else 0)


async def test_who_asks_for_a_person_is_handed_over_and_told_once(house: House, customer: str) -> None:
    first = mail(
        f"Alice Archer <{customer}>",
        "Invoice 2231",
        "Hello,\n\nmy invoice 2231 has the wrong VAT number. I would like to talk to a person about it, please.\n\nAlice\n",
        message_id="person-1@c.test",
    )
    seen = await house.write(first)
    assert (seen.decision["action"], seen.decision["because"]) == ("escalate", "wants_human")
    assert (seen.case["status"], seen.case["owner"]) == ("awaiting_human", "human")

    [handed_over] = await house.in_queue(seen.reference)
    block = text_of(handed_over)
    for label in ("Case", "Customer", "Subject", "Why", "Summary"):
        assert f"\n{label:<11} " in block, f"the block names the {label}"
    assert f"Alice Archer <{customer}>" in block
    headers = {name: handed_over[f"X-Firstline-{name}"] for name in ("Customer", "Decision", "Why", "Language")}
    assert headers["Customer"] == f"Alice Archer <{customer}>"
    assert headers["Decision"] == "escalate"
    assert handed_over["Reply-To"].addresses[0].addr_spec == SUPPORT
    assert seen.reference in handed_over["Subject"]
    [original] = [part for part in handed_over.walk() if part.get_content_type() == "message/rfc822"]
    assert read(original.get_content().as_bytes())["Message-ID"] == "<person-1@c.test>"

    [notice] = await house.mails(customer)
    assert notice["In-Reply-To"] == "<person-1@c.test>"
    assert notice["Return-Path"] == "<>", "a notice's bounce would tell nobody anything"
    assert "\\Answered" not in await house.flags("person-1@c.test"), "a notice is no answer"

    more = mail(
        customer,
        "Re: Invoice 2231",
        "The right number is DE 811 907 980.\n",
        message_id="person-2@c.test",
        in_reply_to=id_of(notice),
        references=f"<person-1@c.test> {id_of(notice)}",
    )
    again = await house.write(more)
    assert (again.reference, again.decision["action"]) == (seen.reference, "record")
    assert len(await house.mails(customer)) == 1, "told once"
    _, second = await house.in_queue(seen.reference)
    assert id_of(handed_over) in second["References"], "one thread a case in the queue"


async def test_an_out_of_office_is_left_alone(house: House, customer: str) -> None:
    first = await house.write(mail(customer, "New router", ROUTER, message_id="away-1@c.test"))
    reply = await house.last(customer)
    away = mail(
        customer,
        "Automatic reply: Re: New router",
        "Thank you for your message. I am out of the office until Monday.\n",
        message_id="away-2@c.test",
        in_reply_to=id_of(reply),
        auto_submitted="auto-replied",
    )
    seen = await house.write(away)
    assert (seen.reference, seen.decision["action"]) == (first.reference, "ignore")
    assert len(await house.mails(customer)) == 1
    assert await house.in_queue(seen.reference) == []


async def test_a_bounce_of_somebody_elses_mail_is_left_alone(house: House) -> None:
    before = [len(await house.mails(user)) for user in (QUEUE, "mailer-daemon@mx3.test")]
    seen = await house.write(
        mail(
            "Mail Delivery System <MAILER-DAEMON@mx3.test>",
            "Undelivered Mail Returned to Sender",
            "I'm sorry to have to inform you that your message could not be delivered.\n\n"
            "<depot@elsewhere.test>: 550 5.1.1 user unknown\n",
            message_id="bounce-1@mx3.test",
            auto_submitted="auto-replied",
        )
    )
    assert seen.decision["action"] == "ignore"
    assert [len(await house.mails(user)) for user in (QUEUE, "mailer-daemon@mx3.test")] == before


async def test_a_reply_of_which_only_in_reply_to_is_left_lands_in_the_same_case(house: House, customer: str) -> None:
    first = await house.write(mail(customer, "New router", ROUTER, message_id="bare-1@c.test"))
    reply = await house.last(customer)
    bare = mail(
        customer,
        "AW: New router",
        "It still blinks orange, it did not help.\n",
        message_id="bare-2@c.test",
        in_reply_to=id_of(reply),
    )
    second = await house.write(bare)
    assert second.reference == first.reference
    assert second.turn["link_by"] == "signed_id"


async def test_both_sides_of_a_conversation_are_one_thread_for_dovecot(house: House, customer: str) -> None:
    """Appended to one folder, as a mail program that files sent mail beside received mail does."""
    first = mail(customer, "New router", ROUTER, message_id="thread-1@c.test")
    await house.write(first)
    reply = await house.last(customer)
    second = mail(
        customer,
        "Re: New router",
        "It still blinks orange, it did not help.\n",
        message_id="thread-2@c.test",
        in_reply_to=id_of(reply),
        references=f"<thread-1@c.test> {id_of(reply)}",
    )
    await house.write(second)
    ours = await asyncio.to_thread(house.dovecot.mails, customer)
    assert len(ours) == 2
    other = mail(customer, "New router", "Something new.\n", message_id="thread-other@c.test")

    def threads() -> list[tuple[object, ...]]:
        with house.imap(customer) as client:
            client.create_folder("Conversation")
            for raw in (*ours, other, second, first):  # the order must not matter
                client.append("Conversation", raw, msg_time=datetime.now(UTC))
            client.select_folder("Conversation")
            found: list[tuple[object, ...]] = client.thread("REFS")
            return found

    sizes = sorted(len(set(flat(thread))) for thread in await asyncio.to_thread(threads))
    assert sizes == [1, 4], "two mails of the customer and two of ours; the other one is its own"


def flat(thread: object) -> list[object]:
    return [number for part in thread for number in flat(part)] if isinstance(thread, tuple | list) else [thread]

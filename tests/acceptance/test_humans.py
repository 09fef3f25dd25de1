"""Issue 5, line 3: humans work by mail, on real Dovecot: IMAP, LMTP, submission; the daemon whole, its articles scripted.

    customer ─LMTP─► support's INBOX ─► Firstline ─► queue's INBOX ─► agent ─LMTP─► support's INBOX ─► Firstline ─► customer's

One Dovecot and one daemon serve the module; each story has a customer of its own. Their mail server's verdict stands on top
of what agents send, as it does behind a server that checks SPF, DKIM and DMARC.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count

import pytest
import pytest_asyncio
import trustme

from daemon.settings import Settings
from store.store import Store
from tests.servers.dovecot import Dovecot, missing
from tests.servers.house import QUEUE, SUPPORT, Seen, alive, eventually, mail, running, seen
from tests.servers.relay import dovecot_that_passes_on
from tests.servers.scripted_knowledge import SureKnowledge

pytestmark = [pytest.mark.dovecot, pytest.mark.asyncio(loop_scope="module")]

ANN = "ann@example.test"
SERVER = "mx.example.test"
PASSED = f"Authentication-Results: {SERVER}; dmarc=pass header.from=example.test\n"
FAILED = f"Authentication-Results: {SERVER}; dmarc=fail header.from=example.test\n"
_numbers = count(1)


@dataclass
class House:
    """The daemon at work, and the post."""

    dovecot: Dovecot
    store: Store

    async def write(self, raw: bytes, sender: str) -> Seen:
        """Deliver a mail to support; what became of it, once all that follows from it is done."""
        message_id = str(read(raw)["Message-ID"]).strip("<>")
        await asyncio.to_thread(self.dovecot.deliver, SUPPORT, raw, sender)

        async def dealt_with() -> Seen | None:
            assert alive(), "the daemon has died"
            return await seen(self.store, message_id)

        return await eventually(dealt_with, f"the mail {message_id} to be dealt with")

    async def asks(self, customer: str, text: str, answers: EmailMessage | None = None) -> Seen:
        """A customer writes."""
        reply_to = str(answers["Message-ID"]) if answers else ""
        raw = mail(
            f"Marta Lindqvist <{customer}>",
            "Stuck label",
            text,
            message_id=f"c{next(_numbers)}@customer.test",
            in_reply_to=reply_to,
        )
        return await self.write(raw, customer)

    async def answers(self, to: EmailMessage, text: str, *, verdict: str = PASSED) -> Seen:
        """Ann answers a mail to the team, its text quoted below hers."""
        quoted = "\n".join(f"> {line}".rstrip() for line in text_of(to).splitlines())
        raw = mail(
            f"Ann Agent <{ANN}>",
            f"Re: {to['Subject']}",
            f"{text}\n\nOn Tue, 24 Nov 2026 at 12:07, Support <{SUPPORT}> wrote:\n{quoted}\n",
            message_id=f"a{next(_numbers)}@example.test",
            in_reply_to=str(to["Message-ID"]),
            references=str(to["Message-ID"]),
        )
        return await self.write(verdict.encode() + raw, ANN)

    async def mails(self, user: str, folder: str = "INBOX") -> list[EmailMessage]:
        return [read(raw) for raw in await asyncio.to_thread(self.dovecot.mails, user, folder)]

    async def last(self, user: str) -> EmailMessage:
        return (await self.mails(user))[-1]

    async def told(self, reference: str) -> EmailMessage:
        """The last mail to the team on a case, in the queue's or in Ann's mailbox."""
        return [one for user in (QUEUE, ANN) for one in await self.mails(user) if one["X-Firstline-Case"] == reference][
            -1
        ]


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
                "queue": {"address": QUEUE, "undo_seconds": 0},
                "agents": [{"name": "Ann", "address": ANN}],
                "authentication": {"authserv_id": SERVER},
                # What is sure is offered to a person first: each story has its hand-over or its draft.
                "policy": {"mode": "draft", "coalesce_seconds": 0},
                "caps": {"enabled": False},
                "hours": {"zone": "UTC"},
            }
        )
        knowledge = SureKnowledge(varied=True)
        app = await stack.enter_async_context(running(settings, folder / "firstline", look_up=knowledge))
        yield House(dovecot, app.store)


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


QUESTION = "How do I get a stuck label out of the printer?"


async def test_not_resolved_then_handed_over_then_answered_by_a_human_by_reply(house: House, customer: str) -> None:
    asked = await house.asks(customer, QUESTION)
    await house.answers(await house.told(asked.reference), "#send")
    first = await house.last(customer)
    again = await house.asks(customer, "That did not help, the label is still stuck.", answers=first)
    assert again.reference == asked.reference
    handover = await house.told(asked.reference)
    assert "still stuck" in text_of(handover)
    answered = await house.answers(handover, "Hello Marta,\n\nplease send us the printer, we pay for it.\n\nAnn")
    assert (answered.decision["because"], answered.case["status"]) == ("relay", "awaiting_customer")
    reply = await house.last(customer)
    assert text_of(reply).strip() == "Hello Marta,\n\nplease send us the printer, we pay for it.\n\nAnn"
    assert reply["In-Reply-To"] == f"<{again.turn['message_id']}>"
    assert reply["From"].addresses[0].addr_spec == SUPPORT
    assert reply["Auto-Submitted"] is None
    assert ANN not in reply.as_string()
    assert f"Sent to {customer}" in text_of(await house.last(ANN))
    copies = await house.mails(SUPPORT, "Sent")
    assert reply["Message-ID"] in [one["Message-ID"] for one in copies]


async def test_a_draft_is_approved_with_one_word(house: House, customer: str) -> None:
    asked = await house.asks(customer, QUESTION)
    draft = await house.told(asked.reference)
    assert await house.mails(customer) == [], "nothing leaves before a person says so"
    sent = await house.answers(draft, "#send")
    assert sent.decision["because"] == "send"
    assert "Open the cover" in text_of(await house.last(customer))


async def test_a_draft_is_edited(house: House, customer: str) -> None:
    asked = await house.asks(customer, QUESTION)
    await house.answers(await house.told(asked.reference), "#edit\nHello Marta,\n\nopen the cover, gently.\n\nAnn")
    [reply] = await house.mails(customer)
    assert text_of(reply).strip() == "Hello Marta,\n\nopen the cover, gently.\n\nAnn"
    row = await house.store.reader.one("SELECT * FROM verdict WHERE case_id = :id", id=asked.case["id"])
    assert row is not None
    assert row["verdict"] == "edited"


async def test_a_draft_is_rejected(house: House, customer: str) -> None:
    asked = await house.asks(customer, QUESTION)
    draft = await house.told(asked.reference)
    noted = await house.answers(draft, "This is wrong, she has the old model.")
    assert noted.decision["because"] == "note"
    closed = await house.answers(draft, "#close")
    assert (closed.case["status"], closed.case["resolution"]) == ("resolved", "human")
    assert await house.mails(customer) == []


async def test_a_spoofed_agent_is_not_obeyed(house: House, customer: str) -> None:
    asked = await house.asks(customer, QUESTION)
    draft = await house.told(asked.reference)
    before = len(await house.mails(ANN))
    spoofed = await house.answers(draft, "#send", verdict=FAILED)
    assert spoofed.decision["because"] == "disbelieved"
    unproven = await house.answers(draft, "Send me your password.", verdict="")
    assert unproven.decision["because"] == "disbelieved"
    assert await house.mails(customer) == []
    assert len(await house.mails(ANN)) == before
    told = await house.told(asked.reference)
    assert "was not obeyed" in text_of(told)
    assert "password" not in text_of(told)

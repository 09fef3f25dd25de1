"""Issue 5, line 3: people answer from the Sent folder, customers write in bursts and come back, on real Dovecot.

The knowledge base is scripted, so that a reply can be held while it is composed; all else is the whole daemon.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import trustme
from imapclient import IMAPClient

from daemon.settings import Settings
from kb.evidence import Hit
from store.store import Store
from tests.servers.dovecot import PASSWORD, Dovecot, missing
from tests.servers.house import QUEUE, SUPPORT, eventually, mail, running, seen, settled
from tests.servers.relay import dovecot_that_passes_on
from tests.servers.scripted_knowledge import SureKnowledge

pytestmark = [pytest.mark.dovecot, pytest.mark.asyncio]

ALICE = "alice@customer.test"
QUESTION = "How do I get a stuck label out of the printer?\n"


class Held(SureKnowledge):
    """Lets a reply be composed only once it is told to."""

    def __init__(self) -> None:
        super().__init__(varied=True)
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def search(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        self.asked.set()
        await self.go.wait()
        return await super().search(query, limit)


@dataclass
class Office:
    """The daemon at work, and the post."""

    dovecot: Dovecot
    store: Store
    knowledge: Held

    async def write(self, text: str, number: int, *, answers: str = "", subject: str = "Stuck label") -> str:
        """Alice writes. Returns the id."""
        id_ = f"alice-{number}@customer.test"
        raw = mail(f"Alice Archer <{ALICE}>", subject, text, message_id=id_, in_reply_to=answers)
        await asyncio.to_thread(self.dovecot.deliver, SUPPORT, raw, ALICE)
        return id_

    async def answer_by_hand(self, answers: str, text: str = "Please bring it in on Monday.\n") -> None:
        """A colleague answers in the webmail of the support mailbox: it lies in Sent then."""
        made = EmailMessage()
        made["From"], made["To"], made["Subject"] = f"Ann <{SUPPORT}>", ALICE, "Re: Stuck label"
        made["Message-ID"], made["In-Reply-To"] = "<ann-1@webmail.test>", f"<{answers}>"
        made.set_content(text)

        def append() -> None:
            with IMAPClient(self.dovecot.host, self.dovecot.imap_port, ssl=False) as client:
                client.login(SUPPORT, PASSWORD)
                client.append("Sent", made.as_bytes(), flags=["\\Seen"])

        await asyncio.to_thread(append)

    async def mails(self, user: str, folder: str = "INBOX") -> list[EmailMessage]:
        found = await asyncio.to_thread(self.dovecot.mails, user, folder)
        return [message_from_bytes(raw, policy=policy.default) for raw in found]

    async def quiet(self) -> None:
        """Everything is done."""
        await eventually(lambda: settled(self.store), "everything to be done")

    async def owner(self) -> str:
        row = await self.store.reader.one("SELECT owner FROM cases")
        return str(row["owner"]) if row else ""

    async def dealt_with(self, message_id: str) -> str:
        """The decision on a mail, once all that follows from it is done."""
        found = await eventually(lambda: seen(self.store, message_id), f"{message_id} to be dealt with")
        return str(found.decision["action"])


@pytest.fixture
def office(certificates: trustme.CA):
    """Opens an office: the settings are those of [policy]."""
    if reason := missing():
        pytest.skip(reason)

    @asynccontextmanager
    async def opened(mode: str = "auto", coalesce: float = 0.0, *, old: bool = False) -> AsyncIterator[Office]:
        async with AsyncExitStack() as stack:
            dovecot, folder = await dovecot_that_passes_on(stack, certificates)
            if old:  # only Dovecot, and only for as long as it takes to put a mail there
                await Office(dovecot, None, Held()).answer_by_hand("long-ago@customer.test")
            login = {"user": SUPPORT, "host": "127.0.0.1", "security": "starttls", "ca_file": dovecot.ca_file}
            settings = Settings.model_validate(
                {
                    "mailbox": {"address": SUPPORT, "port": dovecot.imap_port, **login},
                    "smtp": {"port": dovecot.submission_port, **login},
                    "queue": {"address": QUEUE},
                    "policy": {"mode": mode, "coalesce_seconds": coalesce},
                    "hours": {"zone": "UTC"},
                }
            )
            knowledge = Held()
            knowledge.go.set()
            app = await stack.enter_async_context(running(settings, folder / "firstline", look_up=knowledge))
            await eventually(lambda: _watches_sent(app.store), "Sent to be watched")
            yield Office(dovecot, app.store, knowledge)

    return opened


async def _watches_sent(store: Store) -> bool:
    return await store.inbox.position("sent:Sent") is not None


async def test_a_human_answers_from_sent_while_a_reply_is_being_composed(office) -> None:
    async with office() as post:
        post.knowledge.go.clear()
        first = await post.write(QUESTION, 1)
        await asyncio.wait_for(post.knowledge.asked.wait(), 30)
        await post.answer_by_hand(first)

        async def silent() -> bool:
            return await post.owner() == "human"

        await eventually(silent, "the person's answer to be noticed")
        post.knowledge.go.set()
        await post.quiet()
        assert await post.mails(ALICE) == [], "nothing automatic was sent"
        assert await post.mails(QUEUE) == []
        assert [str(one["Message-ID"]) for one in await post.mails(SUPPORT, "Sent")] == ["<ann-1@webmail.test>"]


async def test_in_shadow_a_humans_answer_lies_beside_what_would_have_been_sent(office) -> None:
    async with office("shadow") as post:
        first = await post.write(QUESTION, 1)
        assert await post.dealt_with(first) == "answer"
        await post.answer_by_hand(first)

        async def noted() -> bool:
            row = await post.store.reader.one("SELECT count(*) AS n FROM turn WHERE note = 'answered by a human'")
            return bool(row and row["n"])

        await eventually(noted, "the person's answer to be noted")
        assert await post.mails(ALICE) == []


async def test_what_lay_in_sent_before_is_not_taken_and_our_own_copy_is_no_persons_answer(office) -> None:
    async with office(old=True) as post:
        first = await post.write(QUESTION, 1)
        assert await post.dealt_with(first) == "answer"
        assert len(await post.mails(SUPPORT, "Sent")) == 2

        async def read() -> bool:
            position = await post.store.inbox.position("sent:Sent")
            return position is not None and position.last_uid == 2

        await eventually(read, "our own copy to be read")
        rows = await post.store.reader.all("SELECT uid FROM inbox WHERE mailbox = 'sent:Sent'")
        assert [row["uid"] for row in rows] == [2]
        await post.quiet()
        assert await post.owner() == "daemon"


async def test_three_mails_in_a_minute_make_one_turn(office) -> None:
    async with office(coalesce=1.0) as post:
        first = await post.write(QUESTION, 1)
        await post.write("It is the label printer in the hall.\n", 2, answers=f"<{first}>")
        last = await post.write("The cover is open already.\n", 3, answers=f"<{first}>")
        assert await post.dealt_with(last) == "answer"
        decisions = await post.store.reader.all("SELECT DISTINCT decision_id FROM turn WHERE direction = 'in'")
        assert len(decisions) == 1
        [reply] = await post.mails(ALICE)
        assert reply["In-Reply-To"] == f"<{last}>"


async def test_a_thank_you_closes_and_one_more_thing_opens_again(office) -> None:
    async with office() as post:
        first = await post.write(QUESTION, 1)
        assert await post.dealt_with(first) == "answer"
        [reply] = await post.mails(ALICE)
        thanks = await post.write(
            "That worked, thank you so much!\n", 2, answers=str(reply["Message-ID"]), subject="Re: Stuck label"
        )
        assert await post.dealt_with(thanks) == "close"
        (case,) = await post.store.cases.list(everything=True)
        assert (case.status, case.resolution) == ("resolved", "confirmed")
        more = await post.write(
            "One more thing: how do I load new labels into the printer?\n",
            3,
            answers=str((await post.mails(ALICE))[-1]["Message-ID"]),
            subject="Re: Stuck label",
        )
        assert await post.dealt_with(more) == "answer"
        (again,) = await post.store.cases.list(everything=True)
        assert (again.reference, again.status, again.resolution) == (case.reference, "awaiting_customer", None)
        assert len(await post.mails(ALICE)) == 3

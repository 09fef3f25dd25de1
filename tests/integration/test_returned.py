"""A hand-over that does not arrive: sent again to the fallback once, or shown where the operator looks."""

import pytest

from daemon.edges.smtp import Outcome
from store.records import OutboxItem, Role
from store.store import FILE, Store, open_store
from tests.servers.desk import QUEUE, SUPPORT, Desk, written
from tests.servers.world import LEASE
from threading_.parse import parse

FALLBACK = "chief@example.com"
WITH = {"queue": {"address": QUEUE, "fallback": FALLBACK}}
PERSON = "I want to talk to a human being, please."


def bounce(item: OutboxItem, status: str = "5.1.1") -> bytes:
    return f"""From: MAILER-DAEMON@mx.test
To: {SUPPORT}
Subject: Undelivered Mail
Message-ID: <bounce-{item.id}@mx.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain

Your mail could not be delivered.
--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; {item.recipient}
Action: {"failed" if status.startswith("5") else "delayed"}
Status: {status}

--part
Content-Type: text/rfc822-headers

Message-ID: <{item.message_id}>
To: {item.recipient}

--part--
""".replace("\n", "\r\n").encode()


async def handed_over(store: Store, settings: dict[str, object]) -> tuple[Desk, OutboxItem]:
    desk = Desk(store, settings)
    await desk.take(written(PERSON, id_="first@c.test"))
    await desk.work()
    (item,) = desk.to(QUEUE)
    return desk, item


async def test_a_hand_over_that_comes_back_goes_to_the_fallback_with_the_reason(tmp_path) -> None:
    async with open_store(tmp_path / FILE) as store:
        desk, item = await handed_over(store, WITH)
        await desk.take(bounce(item))
        await desk.work()
        await desk.deliver()
        (again,) = desk.to(FALLBACK)
        assert again.role is Role.HANDOVER
        mail = parse(again.raw)
        assert f"to {QUEUE} came back" in mail.text
        assert "This case needs a person" in mail.text
        assert mail.subject == parse(item.raw).subject
        (case,) = await store.cases.list()
        assert case.queue == FALLBACK
        assert len(desk.to(QUEUE)) == 1, "nothing more goes to where it failed"


async def test_it_is_sent_again_once(tmp_path) -> None:
    async with open_store(tmp_path / FILE) as store:
        desk, item = await handed_over(store, WITH)
        await desk.take(bounce(item))
        await desk.work()
        await desk.deliver()
        await desk.take(bounce(desk.to(FALLBACK)[0]))
        await desk.work()
        await desk.deliver()
        assert len(desk.to(FALLBACK)) == 1
        assert len(desk.to(QUEUE)) == 1
        assert len(await store.outbox.lost_to_team(store.reader)) == 1


async def test_without_a_fallback_it_is_shown_and_nothing_loops(tmp_path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_store(tmp_path / FILE) as store:
        desk, item = await handed_over(store, {})
        await desk.take(bounce(item))
        await desk.work()
        await desk.deliver()
        assert len(desk.to(QUEUE)) == 1
        (case,) = await store.cases.list()
        assert await store.outbox.lost_to_team(store.reader) == [(case.reference, QUEUE)]
        assert "there is no other address" in caplog.text


async def test_one_that_is_refused_for_good_goes_to_the_fallback_too(tmp_path) -> None:
    async with open_store(tmp_path / FILE) as store:
        desk = Desk(store, WITH)
        await desk.take(written(PERSON, id_="first@c.test"))
        await desk.act()
        desk.smtp.outcome, desk.smtp.response = Outcome.PERMANENT, "550 5.1.1 no such user"
        item = None
        while item is None or item.role is not Role.HANDOVER:
            item = await store.outbox.claim(desk.now, LEASE)
            assert item is not None
            await desk.pipeline.deliver(item)
        desk.smtp.outcome = Outcome.SENT
        await desk.deliver()
        (again,) = desk.to(FALLBACK)
        assert "was refused (550" in parse(again.raw).text


async def test_what_is_only_delayed_is_left_alone(tmp_path) -> None:
    async with open_store(tmp_path / FILE) as store:
        desk, item = await handed_over(store, WITH)
        await desk.take(bounce(item, "4.4.7"))
        await desk.work()
        await desk.deliver()
        assert desk.to(FALLBACK) == []

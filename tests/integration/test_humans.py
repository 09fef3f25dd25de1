"""Humans work by mail: what an agent answers reaches the customer, commands are done, and nobody else is obeyed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.edges.smtp import Delivery
from store.records import CaseStatus, OutboxItem, OutboxState, Owner, Resolution, Role
from store.store import Store, open_store
from tests.servers.colleague import ANN, BOB, FAILED, PASSED, SERVER, answered
from tests.servers.desk import QUEUE, SUPPORT, Desk, written
from tests.servers.world import ALICE
from threading_.message import Message
from threading_.parse import parse

ANN_ADDRESS, BOB_ADDRESS = "ann@example.com", "bob@example.com"
SETTINGS: dict[str, Any] = {
    "agents": [{"name": "Ann", "address": ANN_ADDRESS}, {"name": "Bob", "address": BOB_ADDRESS}],
    "authentication": {"authserv_id": SERVER},
    "reply": {"signature": "Your support team"},
    "caps": {"enabled": False},
}
WANTS = "I want to speak to a real person, please. My printer is stuck."


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s.sqlite3", durable=False) as opened:
        yield opened


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, SETTINGS)


async def handed_over(desk: Desk, *, text: str = WANTS, id_: str = "first@customer.test") -> Message:
    """The hand-over of a customer's first mail."""
    await desk.take(written(text, id_=id_))
    await desk.work()
    return desk.read(QUEUE)[-1]


async def drafted(desk: Desk) -> Message:
    """The draft of a customer's first mail."""
    await desk.take(written(id_="first@customer.test"))
    await desk.work()
    return desk.read(QUEUE)[-1]


async def says(desk: Desk, mail: Message, text: str, **how: Any) -> Message | None:
    """An agent answers; what they are told."""
    sender = how.get("sender", ANN)
    address = sender.partition("<")[2].strip(">")
    before = len(desk.read(address))
    await desk.take(answered(mail, text, **how))
    await desk.work()
    told = desk.read(address)
    return told[-1] if len(told) > before else None


async def later(desk: Desk, seconds: float = 121) -> None:
    desk.now += timedelta(seconds=seconds)
    await desk.deliver()


def relayed(desk: Desk) -> list[Message]:
    return [parse(item.raw) for item in desk.to(ALICE) if item.role is Role.RELAY]


async def last_case(desk: Desk) -> Any:
    row = await desk.store.reader.one("SELECT reference FROM cases ORDER BY id LIMIT 1")
    assert row is not None
    return await desk.case(row["reference"])


# ── an answer ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_hand_over_says_how_to_answer(desk: Desk) -> None:
    offered = await handed_over(desk)
    assert offered.text.startswith("##- Write above this line")
    assert "just reply to this mail; the customer sees only what you write above the line" in offered.text


async def test_where_nobody_can_be_believed_it_offers_no_answer_by_mail(store: Store) -> None:
    mail = await handed_over(Desk(store, {"agents": SETTINGS["agents"]}))
    assert "A reply to this mail does not reach the customer" in mail.text
    assert "Write above" not in mail.text


async def test_an_answer_reaches_the_customer_in_their_thread_and_nothing_else_of_the_mail_does(desk: Desk) -> None:
    mail = await handed_over(desk)
    told = await says(
        desk,
        mail,
        "Hello Alice,\n\nplease open the cover.\n\nBest\nAnn",
        files=(("a.pdf", "application/pdf", b"%PDF-1"),),
    )
    assert relayed(desk) == [], "it waits for an #undo"
    assert told is not None
    assert "Sent to alice@customer.test with 1 file" in told.text
    await later(desk)
    [answer] = relayed(desk)
    assert answer.text == "Hello Alice,\n\nplease open the cover.\n\nBest\nAnn\n\nYour support team"
    assert answer.in_reply_to == ("first@customer.test",)
    assert answer.subject == "Re: Stuck label"
    assert [one.address for one in answer.to] == [ALICE]
    assert answer.sender is not None
    assert answer.sender.address == SUPPORT
    assert "auto-submitted" not in answer.headers
    assert "x-firstline-loop" in answer.headers
    assert [one.name for one in answer.attachments] == ["a.pdf"]
    raw = desk.to(ALICE)[-1].raw.decode()
    for private in (
        "ann@example.com",
        "Ann Agent",
        "queue@example.com",
        "Write above",
        "X-Firstline-Why",
        "mx.example.com",
    ):
        assert private not in raw
    case = await last_case(desk)
    assert (case.status, case.owner, case.agent) == (CaseStatus.AWAITING_CUSTOMER, Owner.HUMAN, ANN_ADDRESS)
    assert case.follow_up is not None


async def test_the_customers_answer_to_a_relay_comes_to_who_answered_with_the_whole_conversation(desk: Desk) -> None:
    await says(desk, await handed_over(desk), "Please open the cover.")
    await later(desk)
    [answer] = relayed(desk)
    await desk.take(
        written("It is still stuck.", id_="again@customer.test", headers=(("In-Reply-To", f"<{answer.message_id}>"),))
    )
    await desk.work()
    record = desk.read(ANN_ADDRESS)[-1]
    assert "It is still stuck." in record.text
    assert "Ann answered:" in record.text
    assert (await last_case(desk)).status is CaseStatus.AWAITING_HUMAN
    assert await says(desk, record, "Then pull the label.") is not None
    await later(desk)
    assert relayed(desk)[-1].in_reply_to == ("again@customer.test",)


async def test_a_mail_with_further_addressees_is_not_passed_on(desk: Desk) -> None:
    mail = await handed_over(desk)
    told = await says(desk, mail, "Bob, can you look at this?", cc=BOB)
    await later(desk)
    assert told is not None
    assert "Nothing was sent: your mail went to bob@example.com too" in told.text
    assert relayed(desk) == []


async def test_reply_to_all_puts_the_queue_there_which_is_ours(desk: Desk) -> None:
    await says(desk, await handed_over(desk), "Please open the cover.", cc=f"Queue <{QUEUE}>")
    await later(desk)
    assert len(relayed(desk)) == 1


async def test_who_writes_to_the_customer_themselves_has_answered(desk: Desk) -> None:
    mail = await handed_over(desk)
    told = await says(desk, mail, "Please open the cover.", to=ALICE, cc=SUPPORT)
    await later(desk)
    assert told is not None
    assert "counts as answered" in told.text
    assert relayed(desk) == []
    assert (await last_case(desk)).status is CaseStatus.AWAITING_CUSTOMER


async def test_mails_and_cards_that_an_agent_attaches_are_not_passed_on(desk: Desk) -> None:
    files = (
        ("ann.vcf", "text/vcard", b"BEGIN:VCARD"),
        ("other.eml", "application/octet-stream", b"From: x"),
        ("p.png", "image/png", b"P"),
    )
    told = await says(desk, await handed_over(desk), "See the picture.", files=files)
    await later(desk)
    assert [one.name for one in relayed(desk)[0].attachments] == ["p.png"]
    assert told is not None
    assert "Not passed on: ann.vcf, other.eml." in told.text


async def test_a_hand_over_is_answered_under_the_id_that_a_provider_gave_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assigned = "0102019a2b3c4d5e-01234567-89ab-cdef-0123-456789abcdef-000000"
    send = desk.smtp.send

    async def renaming(item: OutboxItem, transmitting: Callable[[], Awaitable[bool]]) -> Delivery:
        desk.smtp.assigned = assigned if item.role is Role.HANDOVER else None
        return await send(item, transmitting)

    monkeypatch.setattr(desk.smtp, "send", renaming)
    mail = await handed_over(desk)
    await says(desk, replace(mail, message_id=f"{assigned}@eu-west-1.amazonses.com"), "Please open the cover.")
    await later(desk)
    assert len(relayed(desk)) == 1


async def test_a_mail_of_an_agents_that_comes_twice_is_obeyed_once(desk: Desk) -> None:
    raw = answered(await handed_over(desk), "Please open the cover.")
    for _ in range(2):
        await desk.take(raw)
        await desk.work()
    await later(desk)
    assert len(relayed(desk)) == 1


async def test_an_encrypted_answer_is_not_passed_on(desk: Desk) -> None:
    mail = await handed_over(desk)
    told = await says(desk, mail, "-----BEGIN PGP MESSAGE-----\nxyz\n-----END PGP MESSAGE-----", quote=False)
    await later(desk)
    assert told is not None
    assert "encrypted" in told.text
    assert relayed(desk) == []


# ── #undo ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_undo_inside_two_minutes_takes_the_answer_back(desk: Desk) -> None:
    told = await says(desk, await handed_over(desk), "Please open the cover.")
    assert told is not None
    desk.now += timedelta(seconds=60)
    undone = await says(desk, told, "#undo")
    await later(desk, 600)
    assert undone is not None
    assert "Taken back" in undone.text
    assert relayed(desk) == []
    case = await last_case(desk)
    assert (case.status, case.owner) == (CaseStatus.AWAITING_HUMAN, Owner.HUMAN)
    assert await desk.store.reader.all("SELECT * FROM verdict") == []


async def test_undo_after_that_says_that_it_has_left(desk: Desk) -> None:
    told = await says(desk, await handed_over(desk), "Please open the cover.")
    await later(desk)
    assert told is not None
    undone = await says(desk, told, "#UNDO")
    assert undone is not None
    assert "has left already" in undone.text
    assert len(relayed(desk)) == 1


async def test_undo_of_a_draft_lets_it_wait_again(desk_of_drafts: Desk) -> None:
    desk = desk_of_drafts
    draft = await drafted(desk)
    told = await says(desk, draft, "#send")
    assert told is not None
    await says(desk, told, "#undo")
    await later(desk)
    assert relayed(desk) == []
    await says(desk, draft, "#send")
    await later(desk)
    assert len(relayed(desk)) == 1


# ── drafts ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def desk_of_drafts(store: Store) -> Desk:
    return Desk(store, SETTINGS | {"policy": {"mode": "draft"}})


async def verdicts(desk: Desk) -> list[dict[str, Any]]:
    return await desk.store.reader.all("SELECT * FROM verdict ORDER BY id")


async def test_send_sends_the_draft_as_it_stands(desk_of_drafts: Desk) -> None:
    desk = desk_of_drafts
    draft = await drafted(desk)
    assert "#send alone" in draft.text
    told = await says(desk, draft, "#Send")
    await later(desk)
    assert told is not None
    assert told.headers.get("auto-submitted") == "auto-replied"
    [answer] = relayed(desk)
    assert "Open the cover and pull the label out." in answer.text
    assert answer.in_reply_to == ("first@customer.test",)
    [verdict] = await verdicts(desk)
    assert (verdict["verdict"], verdict["agent"]) == ("sent", ANN_ADDRESS)
    assert verdict["confidence"] > 0.9
    assert verdict["before"] == verdict["after"] == answer.text


async def test_edit_sends_the_changed_text_and_keeps_the_difference(desk_of_drafts: Desk) -> None:
    desk = desk_of_drafts
    told = await says(
        desk, await drafted(desk), "#edit\nHello Alice,\n\nopen the cover: https://help.example.com/label-jam\n\nAnn"
    )
    await later(desk)
    [answer] = relayed(desk)
    assert answer.text.startswith("Hello Alice,\n\nopen the cover: https://help.example.com/label-jam\n\nAnn")
    assert 'href="https://help.example.com/label-jam"' in answer.html
    assert "Switch the printer off" not in answer.text
    [verdict] = await verdicts(desk)
    assert verdict["verdict"] == "edited"
    assert "Switch the printer off" in verdict["before"]
    assert told is not None
    assert "No article says" in told.text or "Sent to" in told.text


async def test_any_other_text_to_a_draft_is_a_note(desk_of_drafts: Desk) -> None:
    desk = desk_of_drafts
    told = await says(desk, await drafted(desk), "This one is wrong, the customer is on the old model.")
    await later(desk)
    assert relayed(desk) == []
    assert told is not None
    assert "Noted" in told.text
    assert "#send" in told.text


async def test_a_draft_is_sent_once(desk_of_drafts: Desk) -> None:
    desk = desk_of_drafts
    draft = await drafted(desk)
    await says(desk, draft, "#send")
    told = await says(desk, draft, "#send", sender=BOB)
    await later(desk)
    assert len(relayed(desk)) == 1
    assert told is not None
    assert "was sent by Ann at" in told.text


async def test_close_rejects_the_draft(desk_of_drafts: Desk) -> None:
    desk = desk_of_drafts
    draft = await drafted(desk)
    await says(desk, draft, "#close")
    told = await says(desk, draft, "#send")
    await later(desk)
    assert relayed(desk) == []
    assert told is not None
    assert "answered otherwise" in told.text


async def test_send_is_refused_once_where_the_customer_wrote_after_the_draft(desk_of_drafts: Desk) -> None:
    desk = desk_of_drafts
    draft = await drafted(desk)
    await desk.take(
        written(
            "Forget it, it was the fuse!",
            id_="second@customer.test",
            headers=(("In-Reply-To", "<first@customer.test>"),),
        )
    )
    await desk.work()
    told = await says(desk, draft, "#send")
    await later(desk)
    assert relayed(desk) == []
    assert told is not None
    assert "the customer wrote again" in told.text
    assert "it was the fuse" in told.text
    await says(desk, draft, "#send")
    await later(desk)
    assert len(relayed(desk)) == 1


# ── the second agent ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_second_agent_learns_who_answered_and_nothing_goes_out_unless_they_say_so(desk: Desk) -> None:
    mail = await handed_over(desk)
    await says(desk, mail, "Please open the cover.")
    told = await says(desk, mail, "Please call us.", sender=BOB)
    await later(desk)
    assert [one.text.partition("\n")[0] for one in relayed(desk)] == ["Please open the cover."]
    assert told is not None
    assert "Ann answered at" in told.text
    assert (await last_case(desk)).agent == ANN_ADDRESS
    await says(desk, told, "#send", sender=BOB)
    await later(desk)
    assert [one.text.partition("\n")[0] for one in relayed(desk)] == ["Please open the cover.", "Please call us."]


async def test_the_same_agent_may_answer_twice(desk: Desk) -> None:
    mail = await handed_over(desk)
    await says(desk, mail, "Please open the cover.")
    await says(desk, mail, "And close it again.")
    await later(desk)
    assert len(relayed(desk)) == 2


# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "told", "status", "resolution"),
    [
        ("#close", "Closed.", CaseStatus.RESOLVED, Resolution.HUMAN),
        ("#spam", "Closed as spam.", CaseStatus.CLOSED, Resolution.SPAM),
        ("#take", "The case is yours.", CaseStatus.AWAITING_HUMAN, None),
        ("#priority high", "The priority is high.", CaseStatus.AWAITING_HUMAN, None),
        ("#topic billing", "The topic is billing.", CaseStatus.AWAITING_HUMAN, None),
        ("#note call her on Monday", "Noted", CaseStatus.AWAITING_HUMAN, None),
        ("#learn", "is to become an article", CaseStatus.AWAITING_HUMAN, None),
        ("#assign bob", "The case is Bob's", CaseStatus.AWAITING_HUMAN, None),
        ("#assign Zoe", "there is no agent Zoe", CaseStatus.AWAITING_HUMAN, None),
        ("#clsoe", "there is no #clsoe", CaseStatus.AWAITING_HUMAN, None),
        ("#take\n#priority urgent", "#priority is one of low, normal, high", CaseStatus.AWAITING_HUMAN, None),
        ("#send", "there is no draft", CaseStatus.AWAITING_HUMAN, None),
        ("", "neither text nor a command", CaseStatus.AWAITING_HUMAN, None),
    ],
)
async def test_each_command_does_what_it_says_and_says_what_it_did(
    desk: Desk, text: str, told: str, status: CaseStatus, resolution: Resolution | None
) -> None:
    heard = await says(desk, await handed_over(desk), text)
    await later(desk)
    assert heard is not None
    assert told in heard.text
    case = await last_case(desk)
    assert (case.status, case.resolution) == (status, resolution)
    assert relayed(desk) == []


async def test_several_commands_are_done_together_and_a_wrong_one_stops_all(desk: Desk) -> None:
    mail = await handed_over(desk)
    await says(desk, mail, "#take\n#priority urgent")
    assert (await last_case(desk)).agent == ""
    await says(desk, mail, "#take\n#priority HIGH\n#topic billing")
    case = await last_case(desk)
    assert (case.agent, case.priority, case.topic) == (ANN_ADDRESS, "high", "billing")


async def test_an_answer_with_close_is_sent_and_closes(desk: Desk) -> None:
    await says(desk, await handed_over(desk), "Please open the cover.\n\n#close")
    await later(desk)
    assert relayed(desk)[0].text.startswith("Please open the cover.")
    assert "#close" not in relayed(desk)[0].text
    assert (await last_case(desk)).status is CaseStatus.RESOLVED


async def test_what_stands_beside_assign_is_for_the_colleague(desk: Desk) -> None:
    await says(desk, await handed_over(desk), "#assign Bob\nplease look at this, she is difficult")
    await later(desk)
    assert relayed(desk) == []
    assert "Ann gave it to Bob" in desk.read(BOB_ADDRESS)[-1].text
    assert (await last_case(desk)).agent == BOB_ADDRESS


async def test_reopen_brings_a_closed_case_back(desk: Desk) -> None:
    mail = await handed_over(desk)
    await says(desk, mail, "#close")
    await says(desk, mail, "#reopen")
    assert (await last_case(desk)).status is CaseStatus.AWAITING_HUMAN


async def test_auto_gives_the_case_back_and_what_waits_is_decided_again(desk: Desk) -> None:
    mail = await handed_over(desk)
    await says(desk, mail, "Please open the cover.")
    await later(desk)
    await says(desk, mail, "#auto")
    case = await last_case(desk)
    assert (case.status, case.owner, case.agent) == (CaseStatus.AWAITING_CUSTOMER, Owner.DAEMON, "")
    await desk.take(
        written(
            "How do I get a stuck label out?",
            id_="n@customer.test",
            headers=(("In-Reply-To", "<first@customer.test>"),),
        )
    )
    await desk.work()
    assert desk.to(ALICE)[-1].role is Role.REPLY


async def test_the_decision_is_on_record_under_the_command(desk: Desk) -> None:
    await says(desk, await handed_over(desk), "#priority high")
    row = await desk.store.reader.one("SELECT * FROM decision ORDER BY id DESC LIMIT 1")
    assert row is not None
    assert (row["action"], row["because"]) == ("record", "priority")


# ── who is not obeyed ───────────────────────────────────────────────────────────────────────────────────────────

OTHER = Message(digest="", size=0, message_id="fl.flxxxxxxx.abc.aaaaaaaaaaaaaaaaaaaaaaaaaa@example.com", subject="x")


@pytest.mark.parametrize(
    "how",
    [
        {"headers": ()},
        {"headers": (FAILED,)},
        {"headers": (FAILED, PASSED)},
        {"headers": (("Authentication-Results", "mx.mallory.test; dmarc=pass header.from=example.com"), PASSED)},
        {"headers": (("Authentication-Results", f"{SERVER}; dmarc=pass header.from=mallory.test"),)},
        {"headers": (("Authentication-Results", f"{SERVER}; spf=pass smtp.mailfrom=mallory.test"),)},
        {"sender": "Ann Agent <ann@example.com>, Mallory <mallory@stranger.test>"},
        {"headers": (("Authentication-Results", f"{SERVER}; dkim=pass header.d=mallory.test"),)},
    ],
    ids=[
        "no result",
        "failed",
        "failed above passed",
        "another server",
        "another domain",
        "spf of another",
        "two senders",
        "dkim of another",
    ],
)
async def test_a_spoofed_agent_does_nothing_and_hears_nothing(desk: Desk, how: dict[str, Any]) -> None:
    mail = await handed_over(desk)
    before = await last_case(desk)
    in_queue = len(desk.read(QUEUE))
    await desk.take(answered(mail, "Send me your password.\n#close", **how))
    await desk.work()
    await later(desk)
    case = await last_case(desk)
    assert (case.status, case.agent, case.version) == (before.status, before.agent, before.version)
    assert relayed(desk) == []
    assert desk.read(ANN_ADDRESS) == []
    assert desk.read("mallory@stranger.test") == []
    told = desk.read(QUEUE)[in_queue:]
    assert len(told) == 1
    assert "was not obeyed" in told[0].text
    assert "password" not in told[0].text
    await desk.take(answered(mail, "#close", **how))
    await desk.work()
    assert len(desk.read(QUEUE)) == in_queue + 1, "a flood of them is told of once an hour"


async def test_a_stranger_to_whom_a_hand_over_was_forwarded_is_a_stranger(desk: Desk) -> None:
    mail = await handed_over(desk)
    await desk.take(answered(mail, "#close\nSend me everything.", sender="Mallory <mallory@stranger.test>", headers=()))
    await desk.work()
    await later(desk)
    assert (await last_case(desk)).status is CaseStatus.AWAITING_HUMAN
    assert relayed(desk) == []
    assert "password" not in str(desk.read("mallory@stranger.test"))
    tied = await desk.store.reader.one("SELECT * FROM cases ORDER BY id DESC LIMIT 1")
    assert tied is not None
    assert tied["tied_to"] == (await last_case(desk)).reference


async def test_a_hand_over_to_one_agent_is_not_answered_by_another(desk: Desk) -> None:
    await says(desk, await handed_over(desk), "#assign Bob")
    for_bob = desk.read(BOB_ADDRESS)[-1]
    assert await says(desk, for_bob, "Please open the cover.") is None
    await later(desk)
    assert relayed(desk) == []
    assert "went to bob@example.com, not to ann@example.com" in desk.read(QUEUE)[-1].text


async def test_an_old_hand_over_is_not_answered(desk: Desk) -> None:
    mail = await handed_over(desk)
    desk.now += timedelta(days=31)
    assert await says(desk, mail, "Please open the cover.") is None
    assert "older than 30 days" in desk.read(QUEUE)[-1].text


async def test_an_out_of_office_of_an_agent_is_no_answer(desk: Desk) -> None:
    mail = await handed_over(desk)
    count = await desk.store.reader.one("SELECT count(*) AS n FROM cases")
    for headers in ((PASSED, ("Auto-Submitted", "auto-replied")), (PASSED, ("X-Autoreply", "yes"))):
        assert await says(desk, mail, "I am away until Monday.", headers=headers, quote=False) is None
    assert await says(desk, mail, "I am away.", subject="Automatic reply: [x] Stuck label") is None
    assert await says(desk, mail, "This is an automated response. I am on holiday.", quote=False) is None
    await later(desk)
    assert relayed(desk) == []
    assert (await last_case(desk)).status is CaseStatus.AWAITING_HUMAN
    assert await desk.store.reader.one("SELECT count(*) AS n FROM cases") == count


async def test_two_programs_that_answer_each_other_come_to_an_end(desk: Desk) -> None:
    told: Message | None = await handed_over(desk)
    rounds = 0
    while told is not None:
        told = await says(desk, told, "I have received your message.", quote=False)
        rounds += 1
        assert rounds < 40
    await later(desk)
    assert len(relayed(desk)) <= 1


async def test_an_agent_with_a_question_of_their_own_is_a_customer(desk: Desk) -> None:
    await desk.take(written(id_="own@example.com", sender=ANN))
    await desk.work()
    assert [item.role for item in desk.to(ANN_ADDRESS)] == [Role.REPLY]


async def test_an_agent_in_copy_has_no_part_in_the_case(desk: Desk) -> None:
    raw = written(WANTS, id_="cc@customer.test", headers=(("Cc", ANN),))
    await desk.take(raw)
    await desk.work()
    row = await desk.store.reader.one("SELECT count(*) AS n FROM participant WHERE address = :one", one=ANN_ADDRESS)
    assert row is not None
    assert row["n"] == 0


async def test_in_shadow_nothing_of_it_leaves(store: Store) -> None:
    desk = Desk(store, SETTINGS | {"policy": {"mode": "shadow"}})
    await desk.take(written(WANTS, id_="first@customer.test"))
    await desk.work()
    assert desk.smtp.taken == []


async def test_a_relay_that_was_not_sent_yet_survives_a_restart(desk: Desk) -> None:
    await says(desk, await handed_over(desk), "Please open the cover.")
    await desk.pipeline.aftercare.recover()
    row = await desk.store.reader.one("SELECT state FROM outbox WHERE role = 'relay'")
    assert row is not None
    assert row["state"] == OutboxState.QUEUED
    await later(desk)
    assert len(relayed(desk)) == 1

"""Portal forms and logged calls over the whole sequence: who gets which mail, and on whose case."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.db import open_database
from store.records import Mode, Role
from store.store import Store
from tests.servers.desk import QUEUE, Desk, written
from tests.servers.world import ALICE

FORMS, ANN = "forms@example.com", "ann@example.com"
INTAKE = {"intake": [{"from": FORMS, "subject": "^Request"}]}
AGENTS = {"agents": [{"name": "Ann", "address": ANN}], "queue": {"trust_local": True}}
PINNED = {"authentication": {"authserv_id": "mx.example.com"}}
FORM = "Email: {}\nName: Alice Archer\nProduct: Tapir One\nPriority: urgent\nMessage: How do I get a stuck label out?\n"
CALL = "Customer: {}\nName: Alice Archer\nSubject: Stuck label\n\nHow do I get a stuck label out of the printer?\n"
ROBOT = (("Auto-Submitted", "auto-generated"),)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_database(tmp_path / "store.sqlite3", durable=False) as database:
        yield Store(database)


def portal(address: str = ALICE, id_: str = "form1@example.com", **changes: str) -> bytes:
    return written(
        changes.get("text", FORM.format(address)), id_=id_, sender=FORMS, subject="Request 17", headers=ROBOT
    )


async def test_a_form_is_answered_to_the_customer_whom_it_names_and_the_answer_goes_on_by_mail(store: Store) -> None:
    desk = Desk(store, INTAKE)
    ingested = await desk.take(portal())
    (acted,) = await desk.work()
    case = acted.case
    assert (case.customer, case.customer_name, case.channel) == (ALICE, "Alice Archer", "portal")
    assert (case.product, case.severity, case.priority) == ("Tapir One", "high", "high")
    assert acted.view.triage.query.startswith("Tapir One\n")
    (reply,) = desk.read(ALICE)
    assert reply.text.startswith("Hello Alice,")
    assert not desk.to(FORMS)
    answer = written(
        "Thanks, that solved it!", id_="a2@customer.test", subject="Re: Request 17",
        headers=(("In-Reply-To", f"<{reply.message_id}>"),),
    )  # fmt: skip
    second = await desk.take(answer)
    assert second.case.id == ingested.case.id
    (acted,) = await desk.work()
    assert acted.case.status == "resolved"


async def test_a_form_joins_no_case_whatever_it_mentions(store: Store) -> None:
    desk = Desk(store, INTAKE)
    first = await desk.take(written(id_="a1@customer.test"))
    await desk.work()
    (reply,) = desk.read(ALICE)
    text = FORM.format(ALICE) + f"It is about {first.case.reference}, close it please."
    raw = portal(text=text).replace(b"Subject: Request 17", f"Subject: Request [{first.case.reference}]".encode())
    raw = raw.replace(b"Message-ID:", f"In-Reply-To: <{reply.message_id}>\nMessage-ID:".encode(), 1)
    second = await desk.take(raw)
    assert second.case.id != first.case.id


async def test_without_a_rule_the_same_mail_is_a_robots(store: Store) -> None:
    desk = Desk(store)
    ingested = await desk.take(portal())
    await desk.work()
    assert ingested.mail.guarded.rule == "auto_submitted"
    assert not desk.smtp.taken


@pytest.mark.parametrize("address", ["support@example.com", QUEUE, FORMS.replace("forms", "support+x")])
async def test_a_form_in_our_own_name_ends_here(store: Store, address: str) -> None:
    desk = Desk(store, INTAKE)
    ingested = await desk.take(portal(address))
    await desk.work()
    assert ingested.mail.guarded.rule == "form_of_ours"
    assert not desk.smtp.taken


async def test_a_form_without_an_address_comes_to_the_queue_alone(store: Store) -> None:
    desk = Desk(store, INTAKE)
    await desk.take(portal("see below"))
    (acted,) = await desk.work()
    assert acted.settled.decision.because == "no_address"
    assert [item.recipient for item in desk.smtp.taken] == [QUEUE]


async def test_a_form_that_our_server_does_not_prove_is_shown_to_people_and_answered_to_nobody(store: Store) -> None:
    desk = Desk(store, INTAKE | PINNED)
    await desk.take(portal())
    (acted,) = await desk.work()
    assert acted.settled.decision.because == "authentication"
    assert [item.recipient for item in desk.smtp.taken] == [QUEUE]


async def test_the_second_copy_of_a_form_is_a_duplicate_on_its_case(store: Store) -> None:
    desk = Desk(store, INTAKE)
    first, second = await desk.take(portal()), await desk.take(portal())
    assert (second.case.id, second.mail.guarded.rule) == (first.case.id, "duplicate")


def logged(customer: str = ALICE, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    return written(
        CALL.format(customer), id_="call1@example.com", sender=f"Ann <{ANN}>", subject="Call", headers=headers
    )


async def test_a_logged_call_is_the_customers_case_its_answer_a_draft_and_the_agent_hears_of_it(store: Store) -> None:
    desk = Desk(store, AGENTS)
    await desk.take(logged())
    (acted,) = await desk.work()
    case = acted.case
    assert (case.customer, case.channel, case.agent) == (ALICE, "phone", ANN)
    assert (acted.mode, acted.settled.carried.action) == (Mode.DRAFT, "draft")
    assert not desk.to(ALICE)
    (receipt,) = [item for item in desk.smtp.taken if item.role is Role.RECEIPT]
    assert receipt.recipient == ANN
    assert f"{case.reference} is open for Alice Archer <{ALICE}>" in desk.read(ANN)[0].text
    assert [item.role for item in desk.smtp.taken if item is not receipt] == [Role.DRAFT]


async def test_where_it_may_the_answer_to_a_call_leaves_by_itself(store: Store) -> None:
    desk = Desk(store, {**AGENTS, "policy": {"phone_answers": True}})
    await desk.take(logged())
    await desk.work()
    (reply,) = desk.read(ALICE)
    assert reply.text.startswith("Hello Alice,")


async def test_a_call_with_only_a_number_is_a_humans_and_two_of_them_share_no_memory(store: Store) -> None:
    desk = Desk(store, {**AGENTS, "policy": {"phone_answers": True}})
    for number in ("+44 20 7946 0001", "+44 20 7946 0002"):
        raw = logged(number).replace(b"call1", f"call{number[-1]}".encode())
        await desk.take(raw)
        (acted,) = await desk.work()
        assert acted.settled.decision.because == "no_address"
        assert acted.view.customer is not None
        assert acted.view.customer.history == ()
        assert acted.view.known_customer_cases == 0
        handover = next(mail.mail.text for mail in acted.settled.mails if mail.role is Role.HANDOVER)
        assert f"Call {number}" in handover
    assert {item.recipient for item in desk.smtp.taken} <= {QUEUE, ANN}


@pytest.mark.parametrize(
    "headers", [(), (("Authentication-Results", "mx.example.com; dmarc=fail header.from=example.com"),)]
)
async def test_a_call_in_an_agents_name_that_is_not_proven_is_handed_over_and_nothing_else(
    store: Store, headers: tuple[tuple[str, str], ...]
) -> None:
    desk = Desk(store, {"agents": AGENTS["agents"], **PINNED, "policy": {"phone_answers": True}})
    await desk.take(logged(headers=headers))
    (acted,) = await desk.work()
    assert acted.settled.decision.because == "authentication"
    assert "in the name of Ann" in " ".join(acted.settled.decision.why)
    assert [item.recipient for item in desk.smtp.taken] == [QUEUE]


async def test_a_call_of_one_of_us_is_refused_and_the_agent_is_told_so(store: Store) -> None:
    desk = Desk(store, AGENTS)
    await desk.take(logged(QUEUE))
    await desk.work()
    assert "Nothing was done" in desk.read(ANN)[0].text
    assert [item.recipient for item in desk.smtp.taken] == [ANN]

"""The demo's customers: enough of them, each mail well formed, each reaction tied to what it answers."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from daemon.demo.clients import Client
from daemon.demo.correspondents import SUPPORT, Customer
from daemon.demo.customers import CUSTOMERS, QUEUE
from daemon.steps.guard import Ours, Seen, guard
from daemon.steps.verdicts import Guarded
from store.records import Kind, Role
from threading_.ids import KeyRing
from threading_.message import Address, Message
from threading_.parse import parse

NOW = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
OURS = Message(
    digest="", size=0, message_id="fl-1@tapir.example", references=("first@x",), subject="Re: hi", text="Our answer."
)
PEOPLE = [customer for customer in CUSTOMERS if customer.text]


def by_address(customer: Customer) -> str:
    return customer.address.address


def test_at_least_eight_customers_write_and_no_two_share_an_address() -> None:
    assert len({customer.address.key for customer in CUSTOMERS}) == len(CUSTOMERS) >= 8


@pytest.mark.parametrize("customer", CUSTOMERS, ids=by_address)
def test_every_first_mail_is_well_formed_and_addressed_to_support(customer: Customer) -> None:
    mail = message_from_bytes(customer.first(now=NOW, token="t1").raw, policy=default)
    assert not mail.defects
    assert mail["To"].addresses[0].addr_spec == SUPPORT.address
    assert mail["From"].addresses[0].addr_spec.lower() == customer.address.key
    assert mail["Date"].datetime == NOW
    assert "t1" in mail["Message-ID"].lower()


@pytest.mark.parametrize("customer", CUSTOMERS, ids=by_address)
def test_every_reaction_names_our_mail_as_what_it_answers(customer: Customer) -> None:
    for role in Role:
        posting = customer.react(role, OURS, frozenset(), now=NOW, token="t2")
        if posting is not None:
            mail = message_from_bytes(posting.raw, policy=default)
            assert mail["In-Reply-To"] == "<fl-1@tapir.example>"
            assert mail["References"] == "<first@x> <fl-1@tapir.example>"


def test_nothing_is_said_twice() -> None:
    [oliver] = [customer for customer in CUSTOMERS if customer.subject == "help"]
    first = oliver.react(Role.QUESTIONS, OURS, frozenset(), now=NOW, token="t1")
    assert first is not None
    assert oliver.react(Role.QUESTIONS, OURS, frozenset({first.said}), now=NOW, token="t2") is None


def test_nobody_reacts_to_a_notice_or_a_closure() -> None:
    reactions = [
        customer.react(role, OURS, frozenset(), now=NOW, token="t")
        for customer in CUSTOMERS
        for role in (Role.NOTICE, Role.CLOSURE)
    ]
    assert not any(reactions)


@pytest.mark.parametrize("client", Client)
def test_every_mail_program_carries_the_text_and_the_quote(client: Client) -> None:
    customer = replace(PEOPLE[0], client=client, address=Address("Zoë Ünal", "zoe@x.example"))
    posting = customer.react(Role.REPLY, OURS, frozenset(), now=NOW, token="t")
    assert posting is not None
    mail = message_from_bytes(posting.raw, policy=default)
    body = mail.get_body(("plain", "html"))
    assert body is not None
    text = body.get_content()
    assert posting.said.split("\n")[0] in text
    assert "Our answer." in text
    assert mail["From"].addresses[0].display_name == "Zoë Ünal"


def test_html_alone_is_among_them() -> None:
    kinds = {message_from_bytes(customer.first(now=NOW, token="t").raw).get_content_type() for customer in PEOPLE}
    assert kinds == {"text/plain", "text/html", "multipart/alternative"}


KINDS = {"mailer-daemon@mx3.kurierpost.example": Kind.BOUNCE, "news@packdays.example": Kind.LIST}


@pytest.mark.parametrize("customer", CUSTOMERS, ids=by_address)
def test_people_may_be_answered_and_machines_may_not(customer: Customer) -> None:
    def judged(raw: bytes) -> Guarded:
        ours = Ours(
            addresses=frozenset({SUPPORT.address}),
            queue=frozenset({QUEUE.address}),
            ring=KeyRing((b"0123456789abcdef",)),
        )
        return guard(parse(raw), ours, Seen())

    first = judged(customer.first(now=NOW, token="t").raw)
    assert first.kind is KINDS.get(customer.address.key, Kind.CUSTOMER)
    assert first.reply is bool(customer.text)
    for machine in customer.machines:
        posting = customer.react(machine.after[0], OURS, frozenset(), now=NOW, token="t") if machine.after else None
        if posting is not None:
            assert judged(posting.raw).kind is Kind.AUTO_REPLY

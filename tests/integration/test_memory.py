"""Memory and history never cross customers (issue 5, line 8), and nothing that we know of a customer is mailed to one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daemon.pipeline import Acted
from store.db import open_database
from store.records import Role
from store.store import Store
from tests.servers.desk import Desk, written
from threading_.message import address_key
from threading_.parse import parse

_HOSTS = ("customer.test", "shop.customer.test", "customer.test.example", "customers.test", "cust0mer.test")
_NAMES = ("alice", "al.ice", "alice+news", "alice+shop", "a.lice", "alice-", "alicea", "aalice", "alic", "ali", "a")
#: Cyrillic а, Greek ο, dotless ı, the Kelvin sign, fullwidth a: letters that look like others.
_LOOK_ALIKES = ("аlice", "alıce", "alice\u0301", "ａlice", "mar\u212a", "mark", "l1sa", "lisa", "Iisa", "οlga", "olga")


def addresses() -> list[str]:
    """200 mailboxes that are easily taken for one another."""
    found = [f"{name}@{host}" for host in _HOSTS for name in (*_NAMES, *_LOOK_ALIKES)]
    found += [f"alice{number}@customer.test" for number in range(1, 60)]
    found += [f"alice@customer{number}.test" for number in range(1, 60)]
    return found[:200]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_database(tmp_path / "store.sqlite3", durable=False) as database:
        yield Store(database)


async def ask(desk: Desk, address: str, number: int, mark: str) -> Acted:
    """One mail on a new matter. The header is written as a server with SMTPUTF8 does."""
    raw = written("x", id_=f"{number}@mail.test", sender="Alice Archer <placeholder@x.test>", subject=f"Matter {mark}")
    raw = raw.replace(b"placeholder@x.test", address.encode())
    await desk.take(raw.replace(b"\n\nx", f"\n\nI want to talk to a person about {mark}, please.".encode()))
    (acted,) = await desk.work()
    return acted


async def test_the_memories_of_two_hundred_look_alike_customers_never_meet(store: Store, tmp_path: Path) -> None:
    everyone = addresses()
    assert len({address_key(one) for one in everyone}) == 200
    csv = tmp_path / "customers.csv"
    rows = [f"{address},tier{number}" for number, address in enumerate(everyone)]
    csv.write_text("\n".join(["address,tier", *rows]), encoding="utf-8")
    desk = Desk(store, {"customers": {"file": str(csv)}, "caps": {"enabled": False}})
    marks = {address: f"mark{number:03}z" for number, address in enumerate(everyone)}
    first: dict[str, str] = {}
    for number, address in enumerate(everyone):
        acted = await ask(desk, address, number, marks[address])
        assert acted.view.customer is not None
        assert acted.view.customer.history == (), address
        assert acted.view.known_customer_cases == 0
        first[address] = acted.case.reference
    for number, address in enumerate(everyone):
        # The same mailbox in capitals is the same customer: one address in two spellings.
        spelled = address.upper() if address.isascii() else address
        acted = await ask(desk, spelled, 1000 + number, "another matter")
        assert acted.view.customer is not None
        assert [one.reference for one in acted.view.customer.history] == [first[address]], address
        assert acted.view.customer.tier == f"tier{number}", address
        promised = {one.reference for one in acted.view.customer.promises}
        assert promised <= {first[address], acted.case.reference}
        assert first[address] in promised or not address.isascii(), "who was told of a person waits for one"
        (queued,) = [mail for mail in acted.settled.mails if mail.role is Role.HANDOVER]
        others = {mark for other, mark in marks.items() if other != address}
        assert "1 earlier case (last: " in queued.mail.text
        assert not [mark for mark in others if mark in queued.mail.text]


SECRETS = ("platinum", "Atlantis", "Enterprise-7", "Widgetizer", "owes us money", "Solved last time", "earlier case")


async def test_nothing_that_is_known_of_a_customer_stands_in_any_mail_to_one(store: Store, tmp_path: Path) -> None:
    csv = tmp_path / "customers.csv"
    csv.write_text(
        "address,name,tier,region,plan,products,note\n"
        "alice@customer.test,Alicia Secret,platinum,Atlantis,Enterprise-7,Widgetizer,owes us money\n"
    )
    desk = Desk(store, {"customers": {"file": str(csv), "high_tiers": ["platinum"]}})
    alice = "Alice Archer <alice@customer.test>"
    said: list[tuple[str, str]] = [
        ("How do I get a stuck label out of the printer?", "Stuck label"),
        ("Thank you, that solved it!", "Re: Stuck label"),
        ("I want to talk to a person, please.", "A person"),
        ("How do I get the other stuck label out?", "Another label"),
        ("That did not help at all.", "Re: Another label"),
    ]
    answered = ""
    shown = []
    for number, (text, subject) in enumerate(said):
        headers = (("In-Reply-To", f"<{answered}>"),) if subject.startswith("Re:") else ()
        raw = written(text, id_=f"m{number}@mail.test", sender=alice, subject=subject, headers=headers)
        await desk.take(raw)
        for acted in await desk.work():
            shown += [mail.mail.text for mail in acted.settled.mails if not mail.role.to_customer]
            assert acted.view.customer is not None
            assert acted.view.customer.tier == "platinum"
            assert acted.view.triage.priority == "high" or acted.view.triage.outcome is not None
        answered = next((parse(item.raw).message_id or "" for item in reversed(desk.to("alice@customer.test"))), "")
    to_customer = [item.raw.decode() for item in desk.smtp.taken if item.role.to_customer]
    assert len(to_customer) >= 3
    assert not [secret for secret in (*SECRETS, "Alicia", "X-Firstline-Tier") for mail in to_customer if secret in mail]
    # … and the humans are shown all of it.
    assert not [secret for secret in SECRETS[:5] if not any(secret in text for text in shown)]


async def test_a_tier_raises_the_priority_in_record_and_case_but_not_for_who_only_says_to_be_that_customer(
    store: Store, tmp_path: Path
) -> None:
    csv = tmp_path / "customers.csv"
    csv.write_text("address,tier\nalice@customer.test,gold\n")
    customers = {"file": str(csv), "high_tiers": ["gold"]}
    desk = Desk(store, {"customers": customers, "authentication": {"authserv_id": "mx.example.com"}})
    question = "How do I get a stuck label out of the printer?"
    await desk.take(written(question, id_="true@mail.test"))
    (acted,) = await desk.work()
    assert (acted.view.triage.priority, acted.case.priority) == ("high", "high")
    fail = ("Authentication-Results", "mx.example.com; dmarc=fail header.from=customer.test")
    await desk.take(written(question, id_="forged@mail.test", headers=(fail,), subject="Another"))
    (acted,) = await desk.work()
    assert acted.case.priority == "normal"
    await desk.take(written(question, id_="later@mail.test", subject="A third"))
    (acted,) = await desk.work()
    assert acted.view.known_customer_cases == 1, "what a forger wrote is no part of a customer's history"

"""What providers and mail programs do to ids: the customer's answer still reaches its case (issue 3, line 6).

Each row of the table is a provider that our reply went through, each column a mail program that answered it. What no
peer handles is in the table too: nothing is left in the mail that names the case, so it is a new one.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from store.store import Store, open_store
from tests.servers.desk import SUPPORT, Desk, written
from tests.servers.world import ALICE
from threading_.ids import plus_address
from threading_.message import Message

ASKED = "asked@customer.test"
_SES = "0102018f1b2c3d4e-a1b2c3d4-0001-{n:04d}-8003-a1b2c3d4e5f6-000000"
_OUTLOOK = "AM0PR01MB{n:04d}.EURPRD01@AM0PR01MB1234.eurprd01.prod.exchangelabs.com"
_BREVO = "202611201000.1234567{n:04d}@smtp-relay.mailin.fr"


class Provider(NamedTuple):
    """What becomes of our Message-ID on the way out; `{n}` stands for the number of the mail."""

    name: str
    told: str | None  #: the id that the server's reply names
    wire: str | None  #: the id under which the customer gets the mail; None is ours
    copy: bool = False  #: whether a copy comes back to us, as an evidence copy does
    anchor: bool = True  #: whether the References that we wrote arrive


PROVIDERS = (
    Provider("keeps the id", None, None),
    Provider("Amazon SES", _SES, _SES + "@eu-west-1.amazonses.com"),
    Provider("SES, us-east-1", _SES, _SES + "@email.amazonses.com"),
    Provider("SES, no anchor", _SES, _SES + "@eu-west-1.amazonses.com", anchor=False),
    Provider("Outlook / M365", _OUTLOOK, _OUTLOOK),
    Provider("Outlook, no anchor", _OUTLOOK, _OUTLOOK, anchor=False),
    Provider("Brevo", _BREVO, _BREVO),
    Provider("Brevo, a copy back", None, _BREVO, copy=True, anchor=False),
    Provider("says nothing", None, "unheard{n:04d}@elsewhere.test", anchor=False),
)


@dataclass(frozen=True)
class Answer:
    """What a mail program puts into the customer's answer to the mail `id_`, which had `references`."""

    headers: tuple[tuple[str, str], ...] = ()
    text: str = "It is still stuck."
    to: str = SUPPORT
    subject: str = "Re: Stuck label"


Program = Callable[[str, tuple[str, ...], Message, Desk, str], Answer]


def _ids(*ids: str) -> str:
    return " ".join(f"<{one}>" for one in ids)


def _as_it_should(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer((("In-Reply-To", _ids(id_)), ("References", _ids(*references, id_))))


def _cut_to_one(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer((("In-Reply-To", _ids(id_)), ("References", _ids(id_))))


def _cut_to_first(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer((("References", _ids(*(references or (id_,))[:1])),))


def _overwritten(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    ghosts = ("made-up@protonmail.internalid", "again@protonmail.internalid")
    return Answer((("In-Reply-To", _ids(id_)), ("References", _ids(*ghosts))))


def _emptied(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer((("In-Reply-To", _ids(id_)), ("References", "")))


def _in_reply_to(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer((("In-Reply-To", _ids(id_)),))


def _references_only(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer((("References", _ids(*references, id_)),))


def _comments(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    said = f'Your message of "Fri, 20 Nov 2026 10:00:00" <{id_}> (Support\'s message of Friday)'
    return Answer((("In-Reply-To", said), ("References", f"(see) <{id_}>, and so on; <>")))


def _garbage(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer((("In-Reply-To", f"{id_} alice@customer.test"), ("References", f"<<{id_}> <broken")))


def _quoted(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    quote = "\n".join(f"> {line}" for line in ours.text.splitlines())
    return Answer(text=f"It is still stuck.\n\nOn Friday Support wrote:\n{quote}\n")


def _tagged(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer(subject=f"Re: [{case}] Stuck label")


def _plus(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer(to=ours.reply_to[0].address)


def _nothing(id_: str, references: tuple[str, ...], ours: Message, desk: Desk, case: str) -> Answer:
    return Answer()


PROGRAMS: tuple[tuple[str, Program], ...] = (
    ("all", _as_it_should),
    ("cut to one", _cut_to_one),
    ("first only", _cut_to_first),
    ("overwritten", _overwritten),
    ("emptied", _emptied),
    ("In-Reply-To", _in_reply_to),
    ("References", _references_only),
    ("comments", _comments),
    ("garbage", _garbage),
    ("quote only", _quoted),
    ("tag only", _tagged),
    ("plus only", _plus),
    ("nothing", _nothing),
)
#: Of the ids only the unheard one is left, or nothing at all: no peer finds the case.
_ID_ALONE = frozenset(
    ("all", "cut to one", "first only", "overwritten", "emptied", "In-Reply-To", "References", "comments", "garbage")
)


def reachable(provider: Provider, program: str) -> bool:
    return program != "nothing" and not (provider.name == "says nothing" and program in _ID_ALONE)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s.sqlite3", durable=False) as opened:
        yield opened


async def answered(desk: Desk, provider: Provider, program: Program, number: int) -> tuple[bool, str]:
    """(whether the answer reached its case, by what)."""
    desk.smtp.assigned = provider.told and provider.told.format(n=number)
    wire = provider.wire and provider.wire.format(n=number)
    asked = f"{number}.{ASKED}"
    customer = f"Alice Archer <{number}.{ALICE}>"
    first = await desk.take(written(id_=asked, sender=customer))
    await desk.work()
    (ours,) = desk.read(f"{number}.{ALICE}")
    assert ours.message_id is not None
    id_ = wire or ours.message_id
    if provider.copy:
        token = ours.headers.get("x-firstline-loop")
        back = await desk.take(
            written(ours.text, id_=id_, sender=SUPPORT, subject=ours.subject, headers=(("X-Firstline-Loop", token),))
        )
        assert back.case.reference == first.case.reference
        await desk.work()
    made = program(id_, ours.references if provider.anchor else (), ours, desk, first.case.reference)
    reply = written(
        made.text, id_=f"reply.{asked}", sender=customer, to=made.to, subject=made.subject, headers=made.headers
    )
    again = await desk.take(reply)
    await desk.work()
    return again.case.reference == first.case.reference, again.mail.link.by


async def test_the_answer_reaches_its_case_whatever_was_done_to_the_ids(store: Store) -> None:
    """Print the table with `pytest -s`."""
    desk = Desk(store, {"reply": {"plus_addressing": True}, "caps": {"enabled": False}})
    short = {
        "signed_id": "signed",
        "reference": "ids",
        "body_token": "text",
        "subject_tag": "tag",
        "plus_address": "plus",
    }
    wrong, number = [], 1
    lines = [" " * 20 + "".join(f"{name:<13}" for name, _ in PROGRAMS)]
    for provider in PROVIDERS:
        cells = []
        for name, program in PROGRAMS:
            number += 1
            reached, by = await answered(desk, provider, program, number)
            cells.append(f"{short.get(by, by) if reached else '-':<13}")
            if reached is not reachable(provider, name):
                wrong.append((provider.name, name, by))
        lines.append(f"{provider.name:<20}" + "".join(cells))
    print("\n" + "\n".join(lines))
    assert wrong == []


async def test_the_reply_names_an_address_of_its_case_only_where_that_is_configured(store: Store) -> None:
    desk = Desk(store)
    arrived = await desk.take(written(id_=ASKED))
    await desk.work()
    assert desk.read(ALICE)[0].reply_to == ()

    desk = Desk(store, {"reply": {"plus_addressing": True}})
    desk._uid = 1
    second = await desk.take(written("Where is the manual of the printer?", id_="b@customer.test", subject="Manual"))
    await desk.work()
    assert second.case.reference != arrived.case.reference
    assert desk.read(ALICE)[0].reply_to[0].address == plus_address(desk.ring, second.case.reference, SUPPORT)


async def test_an_answer_to_a_mail_that_staff_wrote_elsewhere_reaches_the_case(store: Store) -> None:
    desk = Desk(store)
    first = await desk.take(written(id_=ASKED))
    await desk.work()
    refs = (("In-Reply-To", "<staff@outlook.test>"), ("References", f"<{ASKED}> <staff@outlook.test>"))
    second = await desk.take(
        written("Thanks, and then?", id_="b@customer.test", subject="Re: Stuck label", headers=refs)
    )
    refs = (("In-Reply-To", "<staff2@outlook.test>"), ("References", "<staff@outlook.test> <staff2@outlook.test>"))
    third = await desk.take(written("And now?", id_="c@customer.test", subject="Re: Stuck label", headers=refs))

    assert first.case.reference == second.case.reference == third.case.reference

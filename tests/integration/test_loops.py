"""The loop laboratory: each partner that ever looped with a support desk, until it ends by itself.

`pytest -s` shows the table. The knowledge base of these desks is sure of everything and never says the same twice, so
that nothing but the limits ends a loop.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import pytest

from daemon.settings import Settings
from store.records import OutboxItem
from store.store import open_store
from tests.servers.laboratory import Figures, Laboratory, Mail, Partner, mail
from tests.servers.world import World
from threading_.message import Message

SUPPORT, OTHER = "support@example.com", "support@other.test"
#: Words, so that a text can be new each time: numbers are not compared.
NEW = (
    "apple river stone window garden copper violin harbour thunder meadow pencil lantern marble orchard saddle "
    "velvet whistle zipper anchor bucket candle dragon engine feather goblet hammer island jacket kettle ladder"
).split()
HUMAN = "How do I get a stuck label out of the printer? It is number {} and has been here for a while now."

_table: list[tuple[str, Figures]] = []


def new_words(number: int) -> str:
    """A text that nobody wrote before."""
    picked = " ".join(NEW[(number * step + number // 7) % len(NEW)] for step in range(3, 17))
    return f"How do I do this with the {picked}?"


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    yield
    print(
        f"\n\n{'partner':<72} {'came':>5} {'auto':>5} {'in a row':>8} {'a day':>6} {'an hour':>8} {'to queue':>9}"
        f" {'lists':>6} {'people served':>14}  the last robot's mail"
    )
    for name, found in _table:
        served = f"{found.served}/{found.people}"
        print(
            f"{name:<72} {found.came:>5} {found.automatic:>5} {found.most_in_a_row:>8} {found.most_in_a_day:>6}"
            f" {found.most_in_an_hour:>8} {found.handovers:>9} {found.lists:>6} {served:>14}  {found.last}"
        )


Desk = Callable[..., World]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    async with AsyncExitStack() as stack:

        async def open_desk(address: str = SUPPORT, **mailbox: object) -> World:
            store = await stack.enter_async_context(open_store(tmp_path / f"{address}.sqlite3", durable=False))
            settings = Settings.model_validate(
                {
                    "mailbox": {"address": address, **mailbox},
                    "queue": {"address": f"queue@{address.partition('@')[2]}"},
                    "policy": {"mode": "auto", "coalesce_seconds": 0},
                    "reply": {"disclosure": False},
                }
            )
            return World(store, settings, varied=True, key=address[-6:].encode())

        yield open_desk


def customers(every: float = 600.0, number: int = 4) -> list[Mail]:
    """Genuine customers who write in between, each with a text of their own."""
    return [
        mail(
            f"The {NEW[n]} of my {NEW[-n - 1]} is broken since the last {NEW[n + 5]}, what can I do about it?",
            sender=f"customer{n}@{NEW[n]}.test",
            subject=f"Broken {NEW[n]}",
            after=every * (n + 0.5),
            person=True,
        )
        for n in range(number)
    ]


def first(sender: str, text: str = "How do I get a stuck label out of the printer?", **more: object) -> Mail:
    return mail(text, sender=sender, subject="Stuck label", **more)  # type: ignore[arg-type] - passed on as it is


async def report(name: str, lab: Laboratory, *, hours: float = 48.0) -> Figures:
    found = await lab.run(hours)
    _table.append((name, found))
    assert found.ended, "it goes on"
    assert found.most_in_a_day <= 10
    assert found.served == found.people, "genuine customers in between are still served"
    return found


# ── Partners ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def robot(
    *,
    delay: float = 2.0,
    text: Callable[[int], str] = lambda n: f"Thank you for your mail. We gave it the number {n} and look into it soon.",
    sender: Callable[[int], str] = lambda n: "desk@robot.test",
    subject: Callable[[int], str] | None = None,
    threaded: bool = True,
    headers: tuple[tuple[str, str], ...] = (),
) -> Partner:
    """Answers everything."""
    numbers = count(4711)

    def answer(message: Message, item: OutboxItem) -> list[Mail]:
        n = next(numbers)
        about = subject(n) if subject else message.subject
        answers = message if threaded else None
        return [mail(text(n), sender=sender(n), subject=about, answers=answers, headers=headers, after=delay)]

    return answer


def gateway(to: str, *, strip: bool, delay: float = 3.0) -> Partner:
    """Carries our mail to another desk. `strip` is a gateway that takes out what it does not know."""
    numbers = count(1)
    ours = (
        b"x-firstline",
        b"auto-submitted",
        b"x-auto-response-suppress",
        b"message-id",
        b"in-reply-to",
        b"references",
    )

    def carry(message: Message, item: OutboxItem) -> list[Mail]:
        head, _, body = item.raw.partition(b"\r\n\r\n")
        if strip:
            lines = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n")
            lines = [line for line in lines if not line.lower().startswith(ours)]
            head = b"\r\n".join((*lines, b"Message-ID: <%d@gateway.test>" % next(numbers)))
        head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(b"date:"))
        return [Mail(to=to, raw=head + b"\r\n\r\n" + body, after=delay)]

    return carry


# ── What happens ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("strip", [False, True], ids=["as sent", "through a gateway that strips our headers"])
async def test_firstline_against_firstline(desk: Desk, strip: bool) -> None:
    ours, theirs = await desk(SUPPORT), await desk(OTHER)  # type: ignore[misc]
    lab = Laboratory(
        {SUPPORT: ours, OTHER: theirs},
        {OTHER: gateway(OTHER, strip=strip), SUPPORT: gateway(SUPPORT, strip=strip)},
    )
    lab.write(first(OTHER), *customers())
    found = await report(f"Firstline against Firstline{', our headers stripped' if strip else ''}", lab)
    assert found.most_in_a_row <= 3


@pytest.mark.parametrize(
    ("name", "partner", "row"),
    [
        pytest.param("a robot without any header, at once", robot(), 3, id="at once"),
        pytest.param("… in ever new words", robot(text=new_words), 3, id="new words"),
        pytest.param("… in a new thread each time", robot(text=new_words, threaded=False), 3, id="new threads"),
        pytest.param("… after five minutes, in the same words", robot(delay=300), 3, id="slow"),
        pytest.param(
            "… after five minutes, in ever new words and threads",
            robot(delay=300, text=new_words, threaded=False),
            10,  # nothing tells it from a person; the day's cap ends it
            id="like a person",
        ),
        pytest.param(
            "… that thanks for everything",
            robot(text=lambda n: "Thank you so much, that solved my problem!"),
            3,
            id="thanks",
        ),
        pytest.param(
            "a robot that changes its subject each time",
            robot(delay=90, subject=lambda n: f"{new_words(n)[:60]}", threaded=False),
            3,
            id="subjects",
        ),
        pytest.param(
            "a ticket system that acknowledges and reopens on every mail",
            robot(
                delay=120,
                text=lambda n: f"Your ticket #{n} was opened again. A member of our team will look at it. [T-{n}]",
                subject=lambda n: f"[Ticket #{n}] Re: Stuck label",
            ),
            3,
            id="tickets",
        ),
        pytest.param(
            "an out-of-office",
            robot(headers=(("Auto-Submitted", "auto-replied"),), text=lambda n: "I am away until Monday."),
            1,
            id="absence",
        ),
        pytest.param(
            "an out-of-office without any header",
            robot(text=lambda n: "I am out of the office until 30 November. In urgent cases please call my colleague."),
            3,
            id="headerless absence",
        ),
    ],
)
async def test_a_robot_that_answers_everything(desk: Desk, name: str, partner: Partner, row: int) -> None:
    lab = Laboratory({SUPPORT: await desk()}, {"desk@robot.test": partner})  # type: ignore[misc]
    lab.write(first("desk@robot.test"), *customers())
    found = await report(name, lab)
    assert found.most_in_a_row <= row


@pytest.mark.parametrize("delay", [2.0, 300.0])
@pytest.mark.parametrize(
    "domain", [lambda n: "robot.test", lambda n: f"robot{n}.test"], ids=["one domain", "any domain"]
)
async def test_a_robot_that_changes_its_sender_each_time(
    desk: Desk, domain: Callable[[int], str], delay: float
) -> None:
    partner = robot(sender=lambda n: f"desk{n}@{domain(n)}", threaded=False, delay=delay)
    lab = Laboratory({SUPPORT: await desk()}, everybody=partner)  # type: ignore[misc]
    lab.write(first("desk@robot.test"))
    lab.partners = {f"customer{n}@{NEW[n]}.test": lambda message, item: [] for n in range(9)}
    lab.write(*customers())
    where = "of one domain" if domain(1) == domain(2) else "of any domain"
    found = await report(f"a robot that changes its sender each time, {where}, after {delay:.0f} s", lab)
    assert found.most_in_an_hour <= 6, "the similar-content cap, and the first mail of all"


@pytest.mark.parametrize("redirect", [True, False], ids=["redirected", "forwarded anew"])
async def test_a_forwarding_ring_of_two_addresses(desk: Desk, redirect: bool) -> None:
    """anna forwards to bert, bert forwards to us and to anna: whatever we tell either of them comes back."""
    numbers = count(1)

    def forward(by: str) -> Partner:
        def carry(message: Message, item: OutboxItem) -> list[Mail]:
            if redirect:
                raw = b"Resent-From: " + by.encode() + b"\r\nResent-To: " + SUPPORT.encode() + b"\r\n" + item.raw
                return [Mail(to=SUPPORT, raw=raw, after=4.0)]
            text = (
                f"\n---------- Forwarded message ---------\nFrom: {SUPPORT}\nSubject: {message.subject}\n"
                f"To: {item.recipient}\n\n{message.text}"
            )
            n = next(numbers)
            return [mail(text, sender=by, subject=f"Fwd: {message.subject} {n}", after=4.0)]

        return carry

    anna, bert = "anna@ring.test", "bert@ring.test"
    lab = Laboratory({SUPPORT: await desk()}, {anna: forward(bert), bert: forward(anna)})  # type: ignore[misc]
    lab.write(first(anna), *customers())
    found = await report(f"a forwarding ring of two addresses{'' if redirect else ', forwarded anew'}", lab)
    assert found.most_in_a_row <= 3


async def test_a_mailbox_that_forwards_to_itself(desk: Desk) -> None:
    """Whatever reaches the customer's address, and whatever we write there, comes to us again."""
    lab = Laboratory({SUPPORT: await desk()}, {"self@loop.test": gateway(SUPPORT, strip=False)})  # type: ignore[misc]
    question = first("self@loop.test")
    lab.write(question, *(Mail(to=SUPPORT, raw=question.raw, after=5.0 * n) for n in range(1, 6)), *customers())
    found = await report("a mailbox that forwards to itself", lab)
    assert found.most_in_a_row == 1


async def test_the_same_mail_to_two_of_our_mailboxes(desk: Desk) -> None:
    lab = Laboratory({SUPPORT: await desk(SUPPORT, aliases=["sales@example.com"])})  # type: ignore[misc]
    twice = mail(HUMAN.format(7), sender="carla@customer.test", subject="Stuck", to=SUPPORT)
    raw = twice.raw.replace(b"To: support@example.com", b"To: support@example.com, sales@example.com")
    lab.write(
        Mail(to=SUPPORT, raw=b"Received: from a\r\n" + raw, person=True),
        Mail(to=SUPPORT, raw=b"Received: from b\r\n" + raw, after=1.0),
        *customers(),
    )
    found = await report("the same mail to two of our mailboxes", lab)
    assert found.automatic == 1 + len(customers())


async def test_a_burst_of_500_mails_from_one_sender(desk: Desk) -> None:
    lab = Laboratory({SUPPORT: await desk()})  # type: ignore[misc]
    lab.write(
        *(
            mail(new_words(n), sender="one@burst.test", subject=f"Question {new_words(n)[20:50]}", after=n)
            for n in range(500)
        ),
        *customers(every=120),
    )
    found = await report("a burst of 500 mails from one sender", lab)
    assert found.most_in_a_row <= 3
    assert found.handovers <= 20, "the queue is not drowned"
    assert found.lists >= 1, "and nothing is hidden from it"


async def test_200_senders_of_one_domain(desk: Desk) -> None:
    lab = Laboratory({SUPPORT: await desk()})  # type: ignore[misc]
    lab.write(
        *(
            mail(new_words(n), sender=f"user{n}@crowd.test", subject=f"Question {new_words(n)[20:50]}", after=3 * n)
            for n in range(200)
        ),
        *customers(every=120),
    )
    found = await report("200 senders of one domain", lab)
    assert found.automatic <= 20 + len(customers())
    assert found.handovers <= 20


async def test_a_queue_that_acknowledges_what_it_gets_from_an_address_that_we_do_not_know(desk: Desk) -> None:
    """The hand-overs themselves are what is answered: a ticket system as the queue."""
    partner = robot(delay=30, sender=lambda n: "tickets@helpdesk.test")
    lab = Laboratory({SUPPORT: await desk()}, {"queue@example.com": partner})  # type: ignore[misc]
    lab.write(first("dora@customer.test", "I want to speak to a real person, please."), *customers())
    found = await report("a ticket system as the queue, from another address", lab, hours=24)
    assert found.handovers <= 60
